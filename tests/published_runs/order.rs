//! From lines to a run of atomic handlings.
//!
//! P's handlers are not atomic: other machines run between two sends of one handler. A run here is an order of
//! whole handlings, so it is one that keeps
//!
//! 1. each machine's own order,
//! 2. cause before effect,
//! 3. for each inbox the order in which what it handled was sent. Messages of the set-up are not in this (here
//!    all have asked before the first step), nor are commands (here they take effect at once), nor what only P
//!    has.
//!
//! Of all those, the one nearest to the order of the lines: at each place the first line that can be there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::meaning::Meaning;
use super::read::{Line, Run};

/// The run's handlings in such an order, by their number, counted from 0.
///
/// # Errors
///
/// The handlings that are left when no line can be next: they wait for each other.
pub(crate) fn linearise(run: &Run) -> Result<Vec<usize>, Vec<usize>> {
    let before = before(run);
    let mut waits: Vec<usize> = vec![0; run.lines.len()];
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); run.lines.len()];
    for &(first, second) in &before {
        after[first].push(second);
        waits[second] += 1;
    }
    let free = (0..run.lines.len()).filter(|&line| waits[line] == 0);
    let mut free: BinaryHeap<Reverse<usize>> = free.map(Reverse).collect();
    let mut order = Vec::with_capacity(run.lines.len());
    while let Some(Reverse(line)) = free.pop() {
        order.push(line);
        for &next in &after[line] {
            waits[next] -= 1;
            if waits[next] == 0 {
                free.push(Reverse(next));
            }
        }
    }
    if order.len() == run.lines.len() {
        return Ok(order);
    }
    Err((0..run.lines.len()).filter(|&line| waits[line] > 0).collect())
}

/// Pairs of handlings of which the first must come first.
fn before(run: &Run) -> BTreeSet<(usize, usize)> {
    let mut before = BTreeSet::new();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    let mut last_sender: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, line) in run.lines.iter().enumerate() {
        if let Some(last) = last.insert(&line.machine, index) {
            before.insert((last, index));
        }
        if line.by == 0 {
            continue;
        }
        before.insert((line.by - 1, index));
        if !is_in_an_inbox(line) {
            continue;
        }
        if let Some(sender) = last_sender.insert(&line.machine, line.by - 1)
            && sender != line.by - 1
        {
            before.insert((sender, line.by - 1));
        }
    }
    before
}

/// Whether what was handled is a message here, too.
fn is_in_an_inbox(line: &Line) -> bool {
    match line.row.meaning {
        Meaning::Step(_) => true,
        Meaning::Command(_) | Meaning::Told(_) | Meaning::Nothing(_) | Meaning::Missing(_) => false,
    }
}

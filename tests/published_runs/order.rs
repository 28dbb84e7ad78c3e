//! From lines to a run of atomic handlings.
//!
//! P's handlers are not atomic: other machines run between two sends of one handler. A run here is an order of
//! whole handlings, so it is one that keeps
//!
//! 1. each machine's own order, but for P's fronts of global tables and databases, which have no steps here;
//! 2. cause before effect,
//! 3. for each inbox the order in which what it handled was sent. Messages of the set-up are not in this (here
//!    all have asked before the first step), nor are commands (here they take effect at once), nor what only P
//!    has, nor what comes to a replicator (here it comes from the tables).
//!
//! Of all those, the one nearest to the order of the lines: at each place the first line that can be there. The last
//! handling of a machine of which nothing follows comes behind all others: what it sends was not sent in P, or
//! not handled, when the run ended.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::meaning::{Kind, Meaning, Message};
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
    let is_last = without_consequence(run);
    let free = (0..run.lines.len()).filter(|&line| waits[line] == 0);
    let mut free: BinaryHeap<Reverse<(bool, usize)>> =
        free.map(|line| Reverse((is_last[line], line))).collect();
    let mut order = Vec::with_capacity(run.lines.len());
    while let Some(Reverse((_, line))) = free.pop() {
        order.push(line);
        for &next in &after[line] {
            waits[next] -= 1;
            if waits[next] == 0 {
                free.push(Reverse((is_last[next], next)));
            }
        }
    }
    if order.len() == run.lines.len() {
        return Ok(order);
    }
    Err((0..run.lines.len()).filter(|&line| waits[line] > 0).collect())
}

/// By handling: whether it is the last of its machine, a step here, and the cause of no other.
fn without_consequence(run: &Run) -> Vec<bool> {
    let mut without: Vec<bool> = run.lines.iter().map(is_in_an_inbox).collect();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, line) in run.lines.iter().enumerate() {
        if let Some(last) = last.insert(&line.machine, index) {
            without[last] = false;
        }
        if line.by > 0 {
            without[line.by - 1] = false;
        }
    }
    without
}

/// Pairs of handlings of which the first must come first.
fn before(run: &Run) -> BTreeSet<(usize, usize)> {
    let mut before = BTreeSet::new();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    // By machine: what it handled, with the number of sending and the handling that sent it.
    let mut inboxes: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for (index, line) in run.lines.iter().enumerate() {
        if !matches!(line.row.kind, Kind::Front | Kind::DatabaseFront)
            && let Some(last) = last.insert(&line.machine, index)
        {
            before.insert((last, index));
        }
        if line.by == 0 {
            continue;
        }
        before.insert((line.by - 1, index));
        let has_an_order = line.row.kind != Kind::Replicator && !is_asked_twice(run, line);
        if is_in_an_inbox(line) && has_an_order {
            inboxes.entry(&line.machine).or_default().push((line.sent, sender(run, line)));
        }
    }
    for inbox in inboxes.values_mut() {
        inbox.sort_unstable();
        let pairs = inbox.windows(2).map(|pair| (pair[0].1, pair[1].1));
        before.extend(pairs.filter(|(first, second)| first != second));
    }
    // A row that its table has not handled when the run ends came to it behind all that it has.
    for (replicated, table) in on_their_way(run) {
        if let Some(&(_, last)) = inboxes.get(table.as_str()).and_then(|inbox| inbox.last()) {
            before.insert((last, replicated));
        }
    }
    before
}

/// The rows that a replicator has handled and the table of the other region has not, with that table.
fn on_their_way(run: &Run) -> Vec<(usize, String)> {
    let causes: BTreeSet<usize> = run.lines.iter().map(|line| line.by).collect();
    let row = |(index, line): (usize, &Line)| {
        let stage = line.machine.strip_suffix("-replicator")?;
        let region = line.details.region.filter(|_| !causes.contains(&(index + 1)))?;
        Some((index, format!("{stage}-table@{}", 3 - region)))
    };
    run.lines.iter().enumerate().filter_map(row).collect()
}

/// The handling that sent what a line handles: behind a front of a table, the one that asked the front.
fn sender(run: &Run, line: &Line) -> usize {
    let by = line.by - 1;
    match run.lines[by].row.kind {
        Kind::Front | Kind::DatabaseFront if run.lines[by].by > 0 => run.lines[by].by - 1,
        _ => by,
    }
}

/// Whether it is a request for a delivery that P's failover name sends to both queues: one of them is ignored.
fn is_asked_twice(run: &Run, line: &Line) -> bool {
    let is_request = line.row.meaning == Meaning::Step(Message::Receive);
    run.is_passive() && is_request && line.by > 0 && run.lines[line.by - 1].row.kind == Kind::OutDns
}

/// Whether what was handled is a message here, too.
fn is_in_an_inbox(line: &Line) -> bool {
    match line.row.meaning {
        Meaning::Step(_) => true,
        Meaning::Command(_) | Meaning::Told(_) | Meaning::Nothing(_) => false,
    }
}

//! Simpler schedules: fewer deviations from the fair one.

use std::sync::Arc;

use super::search::{Found, Search, is_fault, spread};
use crate::explore::Runner;
use crate::scheduler::Deviation;

/// Makes the schedule simpler, until no single deviation can be left out; whether it has.
pub(super) fn simplify(best: &mut Found, search: &mut Search<'_>) -> bool {
    let before = best.deviations.len();
    if before == 0 {
        return false;
    }
    let mut runner = Runner::new(Arc::clone(&best.plan));
    let accept = |best: &mut Found, found: Option<Found>, search: &Search<'_>| match found {
        Some(found) if found.deviations.len() < best.deviations.len() => {
            *best = found;
            search.watch.show(best);
        }
        Some(_) | None => {}
    };
    if before > 1 {
        let end = search.end(1);
        let found = search.with_one(&mut runner, end);
        accept(best, found, search);
    }
    leave_out(best, search, &mut runner);
    if best.deviations.len() > 2 {
        let found = with_two(search, &mut runner);
        accept(best, found, search);
        let (max, end) = (best.deviations.len() - 1, search.end(1));
        let found = search.with_few(&mut runner, max, end);
        accept(best, found, search);
        leave_out(best, search, &mut runner);
    }
    best.deviations.len() < before
}

/// Delta debugging: leaves out groups of deviations, large ones first, down to single ones. A run
/// may carry out fewer deviations than it was given, so the list can shrink by more.
fn leave_out(best: &mut Found, search: &mut Search<'_>, runner: &mut Runner) {
    let mut group = best.deviations.len();
    loop {
        let mut at = 0;
        let mut is_shorter = false;
        while at < best.deviations.len() {
            if search.is_over() {
                return;
            }
            let end = (at + group).min(best.deviations.len());
            let mut rest: Vec<Deviation> = best.deviations[..at].to_vec();
            rest.extend(&best.deviations[end..]);
            match search.with(runner, &rest) {
                Some(found) if found.deviations.len() < best.deviations.len() => {
                    *best = found;
                    search.watch.show(best);
                    is_shorter = true;
                }
                Some(_) | None => at = end,
            }
        }
        match (group, is_shorter) {
            (0 | 1, false) => return,
            (0 | 1, true) => {}
            (_, _) => group = group.min(best.deviations.len()).div_ceil(2).max(1),
        }
    }
}

/// Looks for the failure in the runs with two deviations: two faults, then a fault and a slow
/// machine, as far as the effort goes.
fn with_two(search: &mut Search<'_>, runner: &mut Runner) -> Option<Found> {
    let (_, first) = search.alternatives(runner, &[]);
    let (faults, holds): (Vec<_>, Vec<_>) = first.into_iter().partition(is_fault);
    for (first, wants_fault) in [(&faults, true), (&holds, true), (&faults, false)] {
        let end = search.end(1);
        for one in spread(first) {
            if search.is_past(end) {
                break;
            }
            let (_, second) = search.alternatives(runner, &[one]);
            let fits = |other: &Deviation| is_fault(other) == wants_fault;
            let second: Vec<Deviation> = second.into_iter().filter(fits).collect();
            for other in spread(&second) {
                // A large scenario has thousands of second deviations, and each is a long run.
                if search.is_past(end) {
                    break;
                }
                let found = search.with(runner, &[one, other]);
                if found.is_some() {
                    return found;
                }
            }
        }
    }
    None
}

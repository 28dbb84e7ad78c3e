//! Simpler schedules: fewer deviations from the fair one.

use super::alternatives::is_fault;
use super::nearby::Fits;
use super::search::{Found, Runs, Search};
use crate::scheduler::Deviation;

/// Makes the schedule simpler, until no single deviation can be left out; whether it has.
pub(super) fn simplify(best: &mut Found, search: &mut Search<'_>) -> bool {
    let before = best.deviations.len();
    if before == 0 {
        return false;
    }
    let runs = &mut Runs::of(&best.case);
    if before > 1 {
        let end = search.end(1);
        let found = search.with_one(runs, &[], end, &|_| true);
        accept(best, found, search);
    }
    let all = search.effort.steps_max;
    leave_out(best, runs, search, all);
    if best.deviations.len() > 2 {
        let found = with_two(runs, search);
        accept(best, found, search);
        let (max, end) = (best.deviations.len() - 1, search.end(1));
        let found = search.with_few(runs, max, end, &|_| true);
        accept(best, found, search);
        leave_out(best, runs, search, all);
    }
    best.deviations.len() < before
}

fn accept(best: &mut Found, found: Option<Found>, search: &mut Search<'_>) {
    if let Some(found) = found
        && found.deviations.len() < best.deviations.len()
        && search.needs_its_causes(&found, true)
    {
        *best = found;
        search.watch.show(best);
    }
}

/// Leaves out deviations that the failure does not need, until then.
pub(super) fn leave_out_what_is_not_needed(best: &mut Found, search: &mut Search<'_>, end: u64) {
    let runs = &mut Runs::of(&best.case);
    leave_out(best, runs, search, end);
}

/// Puts the faults that the failure needs at other steps, if it takes no unlikely order of steps then: what
/// the scenario lets happen tells more than who was slow meanwhile.
pub(super) fn prefer_the_fair_order(best: &mut Found, search: &mut Search<'_>, end: u64) {
    let faults: Vec<Deviation> = best.deviations.iter().copied().filter(is_fault).collect();
    if faults.is_empty() || faults.len() == best.deviations.len() {
        return;
    }
    let case = best.case.clone();
    if let Some(found) = search.with_these(&case, &faults, end) {
        *best = found;
        search.watch.show(best);
    }
}

/// Delta debugging: leaves out groups of deviations, large ones first, down to single ones. A run
/// may carry out fewer deviations than it was given, so the list can shrink by more.
fn leave_out(best: &mut Found, runs: &mut Runs, search: &mut Search<'_>, end: u64) {
    let mut group = best.deviations.len();
    loop {
        let mut at = 0;
        let mut is_shorter = false;
        while at < best.deviations.len() {
            if search.is_past(end) {
                return;
            }
            let until = (at + group).min(best.deviations.len());
            let mut rest: Vec<Deviation> = best.deviations[..at].to_vec();
            rest.extend(&best.deviations[until..]);
            let found = search.with(runs, &rest);
            let fewer = found.filter(|found| found.deviations.len() < best.deviations.len());
            match fewer.filter(|found| search.needs_its_causes(found, true)) {
                Some(found) => {
                    *best = found;
                    search.watch.show(best);
                    is_shorter = true;
                }
                None => at = until,
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
fn with_two(runs: &mut Runs, search: &mut Search<'_>) -> Option<Found> {
    let fault = |deviation: &Deviation| is_fault(deviation);
    let hold = |deviation: &Deviation| !is_fault(deviation);
    let pairs: [(Fits<'_>, Fits<'_>); 3] = [(&fault, &fault), (&hold, &fault), (&fault, &hold)];
    for pair in pairs {
        let end = search.end(1);
        let found = search.with_both(runs, &[], end, pair);
        if found.is_some() {
            return found;
        }
    }
    None
}

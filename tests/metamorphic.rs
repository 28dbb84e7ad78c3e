//! What a verdict must not depend on: the same system asked in another way, or with more going wrong, is not
//! more sound. Over drawn tiny systems, sound and unsound ones, which an exhaustive search can complete.
//!
//! Each property has a canary: a change that is *not* harmless, or a judge that is wrong, which the same
//! code has to find. A failure is shrunk and shows the scenario as a file.
//!
//! Cases are the same in each run; more and others are drawn by
//! `PROPTEST_CASES=2000 PROPTEST_RNG_SEED=7 cargo test --test suite metamorphic::`.

use std::sync::Arc;

use active_active::explore::{
    Progress, SearchProgress, Strategy as Search, Sweep, SweepReport, Verified, Verify,
    VerifyReport,
};
use active_active::plan::Plan;
use active_active::scenario::{Scenario, Topology};
use active_active::scheduler::{Scheduler, Timed};
use active_active::spec::PropertyName;
use active_active::strategy;
use proptest::prelude::*;

mod change;
mod draw;
mod drawn;
mod naive;
mod question;

use change::Change;
use question::{Tried, assert_never, both, search, search_among};

/// What the states of a search may take: some thousand states.
const BYTES_MAX: u64 = 1 << 18;

fn plan(scenario: &Scenario) -> Arc<Plan> {
    Arc::new(Plan::new(scenario).expect("what is drawn is valid"))
}

fn verify(scenario: &Scenario, threads: usize, reduces: bool) -> VerifyReport {
    let plan = plan(scenario);
    let verify = Verify { threads, reduces, bytes_max: BYTES_MAX, shorten_max: 0, plan };
    verify.run(&SearchProgress::default())
}

fn violated(report: &VerifyReport) -> Option<PropertyName> {
    match &report.verdict {
        Verified::Violated(found) => Some(found.violation.property()),
        Verified::Holds | Verified::Incomplete(_) => None,
    }
}

/// A violation survives the change.
fn survives(change: Change) -> impl Fn(&Scenario, u16, &mut Tried) -> Result<(), String> {
    move |before, number, tried| {
        let Some(after) = change(before, number) else {
            tried.left_out += 1;
            return Ok(());
        };
        let first = verify(before, 1, true);
        let Some(property) = violated(&first) else { return Ok(()) };
        let second = verify(&after, 1, true);
        tried.count(&second);
        match second.verdict {
            Verified::Holds => {
                Err(both(&format!("{property} was violated, and now all holds"), before, &after))
            }
            Verified::Violated(_) | Verified::Incomplete(_) => Ok(()),
        }
    }
}

/// As [`survives`], of what is judged on the way: what happens at the end may undo the rest.
fn survives_on_the_way(
    change: Change,
) -> impl Fn(&Scenario, u16, &mut Tried) -> Result<(), String> {
    move |before, number, tried| {
        let first = violated(&verify(before, 1, true));
        match first.is_some_and(|property| !property.is_liveness()) {
            true => survives(change)(before, number, tried),
            false => Ok(()),
        }
    }
}

/// The change changes nothing about the verdict, in either direction.
fn is_the_same(change: Change) -> impl Fn(&Scenario, u16, &mut Tried) -> Result<(), String> {
    move |before, number, tried| {
        let Some(after) = change(before, number) else {
            tried.left_out += 1;
            return Ok(());
        };
        let (first, second) = (verify(before, 1, true), verify(&after, 1, true));
        tried.count(&second);
        match (&first.verdict, &second.verdict) {
            (Verified::Holds, Verified::Violated(_)) | (Verified::Violated(_), Verified::Holds) => {
                let verdicts = (violated(&first), violated(&second));
                Err(both(&format!("violated before and after: {verdicts:?}"), before, &after))
            }
            (Verified::Holds, Verified::Holds)
            | (Verified::Violated(_), Verified::Violated(_))
            | (Verified::Incomplete(_), _)
            | (_, Verified::Incomplete(_)) => Ok(()),
        }
    }
}

#[test]
fn a_violation_survives_one_more_fault_in_the_budget() {
    let result = search(150, survives(change::one_more_in_the_budget));
    assert_never("a budget", (20, 0), result);
    assert!(search(400, survives(change::no_budget)).is_err(), "the canary");
}

#[test]
fn a_violation_survives_a_fault_at_the_end_of_the_script() {
    let result = search(150, survives_on_the_way(change::fault_at_the_end));
    assert_never("a fault", (20, 0), result);
    assert!(search(400, survives_on_the_way(change::no_faults)).is_err(), "the canary");
}

#[test]
fn a_violation_survives_lines_that_change_nothing() {
    let harmless: [(&str, Change); 3] = [
        ("await quiescent", change::quiescent_at_the_end),
        ("recover *", change::recovery_at_the_end),
        ("a second recovery", change::second_recovery),
    ];
    for (name, change) in harmless {
        assert_never(name, (5, 0), search(100, survives(change)));
    }
    assert!(search(400, survives(change::quiescent_everywhere)).is_err(), "the canary");
}

#[test]
fn a_violation_survives_the_split_of_a_batch() {
    let among = draw::with_large_batches;
    let result = search_among(among(), 100, survives(change::split_batch));
    assert_never("a split batch", (10, 0), result);
    let wrong = search_among(among(), 600, survives(change::split_and_forgotten));
    assert!(wrong.is_err(), "the canary");
}

#[test]
fn a_violation_survives_a_question_that_is_asked_twice() {
    assert_never("asked twice", (15, 0), search(150, survives(change::asked_twice)));
    assert!(search(400, survives(change::never_asked)).is_err(), "the canary");
}

#[test]
fn a_verdict_does_not_depend_on_names_and_on_the_unit_of_weights() {
    let same: [(&str, Change); 3] = [
        ("stages", change::renamed_stages),
        ("regions", change::exchanged_regions),
        ("weights", change::multiplied_weights),
    ];
    for (name, change) in same {
        assert_never(name, (5, 5), search(100, is_the_same(change)));
    }
    assert!(search(500, is_the_same(change::forgotten_design)).is_err(), "the canary");
}

fn sweep<S: Scheduler>(
    plan: &Arc<Plan>,
    (runs, threads): (u64, usize),
    scheduler: impl Fn() -> S + Sync,
) -> SweepReport {
    let sweep = Sweep { plan: Arc::clone(plan), runs, threads, steps_max: u64::MAX };
    sweep.run(scheduler, &Progress::default())
}

/// What a sweep shows, without names.
fn shown(report: &SweepReport) -> impl PartialEq + std::fmt::Debug + use<> {
    let SweepReport { violation, .. } = report;
    let violation = violation.as_ref().map(|(run, found)| (*run, found.property(), found.step));
    (report.runs, report.steps, report.inconclusive, violation, report.runs_with_operator)
}

/// Every run is the same run, so a sweep of the renamed system is the same sweep.
fn sweeps_are_the_same(
    change: Change,
) -> impl Fn(&Scenario, u16, &mut Tried) -> Result<(), String> {
    move |before, number, tried| {
        let Some(after) = change(before, number) else { return Ok(()) };
        let (first, second) = (plan(before), plan(&after));
        for strategy in Search::ALL {
            let swept = |plan: &Arc<Plan>| {
                let prepared = strategy.prepare(plan, 3);
                sweep(plan, (40, 1), || prepared.scheduler())
            };
            let (one, other) = (shown(&swept(&first)), shown(&swept(&second)));
            if one != other {
                return Err(both(&format!("{strategy}: {one:?}, then {other:?}"), before, &after));
            }
        }
        tried.held += 1;
        Ok(())
    }
}

#[test]
fn a_sweep_of_a_renamed_system_is_the_same_sweep() {
    let result = search(60, sweeps_are_the_same(change::renamed_stages));
    assert_never("renamed", (0, 60), result);
    let result = search(400, sweeps_are_the_same(change::forgotten_design));
    assert!(result.is_err(), "the canary");
}

/// One thread and several say the same; `judge` is asked on so many threads.
fn any_number_of_threads_says_the_same(
    judge: impl Fn(&Scenario, usize) -> VerifyReport,
) -> impl Fn(&Scenario, u16, &mut Tried) -> Result<(), String> {
    move |scenario, _, tried| {
        let (one, three) = (judge(scenario, 1), judge(scenario, 3));
        tried.count(&one);
        let differ = match (&one.verdict, &three.verdict) {
            (Verified::Incomplete(_), _) | (_, Verified::Incomplete(_)) => false,
            (Verified::Holds, _) => {
                (&one.verdict, one.states, one.evidence != three.evidence)
                    != (&three.verdict, three.states, false)
            }
            (Verified::Violated(_), _) => violated(&three).is_none(),
        };
        let plan = plan(scenario);
        let swept = |threads| {
            sweep(&plan, (200, threads), || Search::Portfolio.prepare(&plan, 3).scheduler())
        };
        if differ || swept(1) != swept(3) {
            let text = format!("{:?}, then {:?}", one.verdict, three.verdict);
            return Err(both(&text, scenario, scenario));
        }
        Ok(())
    }
}

#[test]
fn nothing_depends_on_the_number_of_threads() {
    let judge = |scenario: &Scenario, threads| verify(scenario, threads, true);
    let result = search(60, any_number_of_threads_says_the_same(judge));
    assert_never("threads", (5, 5), result);
    // Several threads that lose the part of the states that a fault leads to.
    let forgetful = |scenario: &Scenario, threads| match threads {
        1 => verify(scenario, 1, true),
        _ => blind_to_the_budget(scenario),
    };
    assert!(search(200, any_number_of_threads_says_the_same(forgetful)).is_err(), "the canary");
}

/// A search that never tries what a scenario's faults do.
fn blind_to_faults(scenario: &Scenario) -> VerifyReport {
    verify(&change::no_faults(scenario, 0).unwrap_or_else(|| scenario.clone()), 1, true)
}

/// A search that never tries what the budget allows.
fn blind_to_the_budget(scenario: &Scenario) -> VerifyReport {
    verify(&change::no_budget(scenario, 0).unwrap_or_else(|| scenario.clone()), 1, true)
}

/// What a search with a reduction says is what one without says.
fn agrees(
    reduced: impl Fn(&Scenario) -> VerifyReport,
) -> impl Fn(&Scenario, u16, &mut Tried) -> Result<(), String> {
    move |scenario, _, tried| {
        let small = reduced(scenario);
        if !small.reduced && !small.exchanged {
            return Ok(());
        }
        let whole = verify(scenario, 1, false);
        match (&small.verdict, &whole.verdict) {
            (Verified::Holds, Verified::Violated(_)) | (Verified::Violated(_), Verified::Holds) => {
                let verdicts = (violated(&small), violated(&whole));
                return Err(both(&format!("reduced and whole: {verdicts:?}"), scenario, scenario));
            }
            (Verified::Incomplete(_), _) => tried.left_out += 1,
            (_, Verified::Incomplete(_) | Verified::Holds | Verified::Violated(_)) => {
                tried.count(&whole);
            }
        }
        Ok(())
    }
}

#[test]
fn verify_says_the_same_without_reduction() {
    let reduced = |scenario: &Scenario| verify(scenario, 1, true);
    let result = search_among(draw::reducible(1), 260, agrees(reduced));
    assert_never("reduction", (15, 20), result);
    let canary = search_among(draw::reducible(1), 600, agrees(blind_to_faults));
    assert!(canary.is_err(), "the canary");
}

/// No run of a sweep violates what was shown to hold in every run.
fn covers_sweeps(
    strategies: &[Search],
    runs: u64,
    judge: impl Fn(&Scenario) -> VerifyReport,
) -> impl Fn(&Scenario, u16, &mut Tried) -> Result<(), String> {
    move |scenario, number, tried| {
        let report = judge(scenario);
        tried.count(&report);
        if report.verdict != Verified::Holds {
            return Ok(());
        }
        let plan = plan(scenario);
        let mut swept: Vec<(&str, SweepReport)> = Vec::new();
        for strategy in strategies {
            let prepared = strategy.prepare(&plan, number.into());
            swept.push((strategy.name(), sweep(&plan, (runs, 1), || prepared.scheduler())));
        }
        swept.push(("timed", sweep(&plan, (runs, 1), || Timed::new(number.into()))));
        for (name, report) in swept {
            if let Some((run, violation)) = report.violation {
                let text = format!("{name} violates in run {run} what verify holds: {violation}");
                return Err(both(&text, scenario, scenario));
            }
        }
        Ok(())
    }
}

#[test]
fn what_a_sweep_finds_verify_finds() {
    let result = search(260, covers_sweeps(Search::ALL, 60, |scenario| verify(scenario, 1, true)));
    assert_never("sweep in verify", (20, 40), result);
    let canary = search(600, covers_sweeps(Search::ALL, 60, blind_to_the_budget));
    assert!(canary.is_err(), "the canary");
}

/// Larger systems, of which only a reduction has all orders in the memory there is: a long sweep finds nothing in
/// what it verified.
#[test]
fn what_6_000_runs_find_verify_finds_with_its_reduction() {
    let judge = |scenario: &Scenario| verify(scenario, 1, true);
    let question = covers_sweeps(&[Search::Portfolio], 6_000, judge);
    assert_never("6,000 runs", (2, 4), search_among(draw::reducible(2), 60, question));
    let question = covers_sweeps(&[Search::Portfolio], 6_000, blind_to_faults);
    assert!(search_among(draw::reducible(2), 100, question).is_err(), "the canary");
}

/// The naive judge finds the same, of the same property; `judge` is asked with the reduction and without.
fn is_what_the_naive_judge_says(
    judge: impl Fn(&Scenario, bool) -> VerifyReport,
) -> impl Fn(&Scenario, u16, &mut Tried) -> Result<(), String> {
    move |scenario, _, tried| {
        let Some(naive) = naive::judge(&plan(scenario), 1_500) else {
            tried.left_out += 1;
            return Ok(());
        };
        for reduces in [true, false] {
            let report = judge(scenario, reduces);
            let agree = match &report.verdict {
                Verified::Holds => naive.violated.is_empty(),
                Verified::Violated(found) => naive.violated.contains(&found.violation.property()),
                Verified::Incomplete(_) => true,
            };
            if !agree {
                let text = format!("naive: {:?}, verify: {:?}", naive.violated, report.verdict);
                return Err(both(&text, scenario, scenario));
            }
            tried.count(&report);
        }
        Ok(())
    }
}

#[test]
fn verify_says_what_a_naive_judge_of_all_orders_says() {
    let judge = |scenario: &Scenario, reduces| verify(scenario, 1, reduces);
    let result = search_among(draw::tiniest(), 500, is_what_the_naive_judge_says(judge));
    assert_never("naive", (50, 100), result);
    let blind = |scenario: &Scenario, _| blind_to_the_budget(scenario);
    let canary = search_among(draw::tiniest(), 4_000, is_what_the_naive_judge_says(blind));
    assert!(canary.is_err(), "the canary");
}

/// The sound designs that the strategies draw are accused in no order of all. As far as the memory reaches: a
/// search that is not complete has entered thousands of states, too.
#[test]
fn no_order_accuses_a_sound_design() {
    let small = (1u8..=2).prop_map(|containers| Topology {
        regions: 2,
        stages: vec!["first".to_owned()],
        containers,
        old_containers: 0,
    });
    let small = strategy::scenario_on(small);
    let small = small.prop_filter("few records", |scenario| scenario.records.total() <= 2);
    let small = small.boxed();
    let result = search_among(small.clone(), 600, is_not_accused);
    assert_never("sound", (0, 10), result);
    let unsound = small.prop_map(|mut scenario| {
        scenario.container.steps.rotate_right(1);
        scenario
    });
    assert!(search_among(unsound, 600, is_not_accused).is_err(), "the canary");
}

fn is_not_accused(scenario: &Scenario, _number: u16, tried: &mut Tried) -> Result<(), String> {
    let report = verify(scenario, 1, true);
    tried.count(&report);
    match &report.verdict {
        Verified::Violated(found) => Err(both(&found.violation.to_string(), scenario, scenario)),
        Verified::Holds | Verified::Incomplete(_) => Ok(()),
    }
}

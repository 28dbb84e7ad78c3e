//! Failures become small, and stay the failures that they were.

use std::mem::discriminant;
use std::sync::Arc;

use active_active::explore::minimise::{Part, shrunk};
use active_active::explore::{
    Choices, Ended, Minimal, Minimiser, Outcome, Runner, Size, Verdict, Watch,
};
use active_active::model::fault::{Fault, Target};
use active_active::model::options::{Delivery, DualWrite, Mirror};
use active_active::plan::names::target_name;
use active_active::plan::{DriverAction, Plan};
use active_active::report::{MinimalSummary, Palette, past};
use active_active::saved::{SavedRun, Schedule};
use active_active::scenario::Scenario;
use active_active::scenario::designs::{UNSOUND, Unsound};
use active_active::scheduler::{Deviate, Deviation, Random, RoundRobin};
use active_active::spec::{PropertyName, Violation};

mod incidents;
mod mechanism;
mod told;
use crate::common::plans;
use told::tells_the_same;

const SEED: u64 = 1;

/// Of each unsound design, and the scenario in which it shows, the size of the smallest failure: how
/// many records, stages, lines of script and deviations from the fair schedule. Lines that restrict what can
/// happen (`await`, `offline`, `recover` after a fault) are among the lines that stay.
///
/// Whoever adds a design to `scenario::designs` states here how small its failure becomes; the test
/// prints the line to add. A typical one has one or two records and one stage; more than
/// three deviations, or three records, want a better minimiser.
const SIZES: &[(&str, &str, [usize; 4])] = &[
    ("container.steps=remove,store,publish", "crash-anywhere", [1, 1, 1, 0]),
    ("container.steps=store,remove,publish", "crash-anywhere", [1, 1, 1, 0]),
    ("container.steps=publish,store,remove", "crash-anywhere", [1, 1, 1, 0]),
    ("container.steps=remove,store", "crash-anywhere", [1, 1, 1, 0]),
    ("relay.position=by-id", "outbox-watermark", [3, 1, 1, 1]),
    ("relay.claim=skip-locked", "two-relays", [3, 2, 1, 1]),
    ("relay.advance=before-publish", "outbox-anywhere", [1, 1, 1, 2]),
    ("relay.at_failover=from-newest", "outbox-failover", [1, 1, 1, 1]),
    ("relay.at_failover=kept", "outbox-failover", [2, 1, 1, 2]),
    ("container.on_duplicate=skip", "crash-anywhere", [1, 1, 1, 1]),
    ("budget.expire=1", "crash-anywhere", [1, 1, 1, 2]),
    ("container.on_dependency_failure=drop", "dependencies-fail", [1, 1, 2, 0]),
    ("container.on_duplicate=give-back", "crash-anywhere", [1, 1, 1, 1]),
    ("container.on_dependency_failure=give-back", "outage-dead-letters", [1, 1, 2, 0]),
    ("container.on_dependency_failure=read-on", "committed-past", [3, 1, 1, 1]),
    ("container.dual_write=compensate", "slow-consumer", [1, 1, 1, 3]),
    ("container.dual_write=compensate-if-alone", "compensation-lost", [1, 1, 1, 2]),
    ("container.batch=2", "poison-in-group", [3, 1, 1, 1]),
    ("container.on_batch_failure=all-back", "poisoned-batch", [3, 1, 1, 1]),
    ("container.on_batch_failure=failed-only-back", "batch-refused", [3, 1, 1, 2]),
    ("container.on_batch_failure=removed", "poisoned-batch", [1, 1, 1, 0]),
    ("records.poison=1", "poison-message", [3, 1, 1, 0]),
    ("records.new_format_from=1", "never-deployed", [1, 1, 1, 0]),
    ("container.on_new_format=give-back", "rollout-dead-letters", [1, 1, 5, 0]),
    ("container.on_new_format=drop", "producer-first", [1, 1, 1, 0]),
    ("container.on_new_format=ignore-fields", "producer-first", [1, 1, 1, 0]),
    ("container.on_new_format=give-back", "rollback-unreadable", [3, 1, 6, 1]),
    ("container.on_old_format=give-back", "old-format-queued", [3, 1, 3, 0]),
    ("container.on_old_format=give-back", "rollout-old-jobs", [3, 1, 5, 1]),
    ("container.on_old_format=drop", "old-format-queued", [2, 1, 3, 0]),
    ("container.on_stop=at-once", "deploy-repeats-jobs", [1, 1, 3, 1]),
    ("container.on_stop=at-once", "deploy-burns-attempts", [2, 1, 5, 1]),
    ("queue.dead_letters=owed", "poison-parked", [1, 1, 1, 0]),
    ("queue.parked_max=0", "outage-parked", [1, 1, 4, 0]),
    ("container.while_paused=drop", "f1-fail-container", [1, 1, 4, 0]),
    ("container.on_recover=forget", "crash-anywhere", [1, 1, 1, 1]),
    ("container.on_recover=forget", "crash-at-rest", [1, 1, 4, 0]),
    ("destination.dedupe=none", "crash-anywhere", [1, 1, 1, 1]),
    ("destination.dedupe=by-message-id", "crash-anywhere", [1, 1, 1, 1]),
    ("destination.dedupe=by-message-id", "redriven", [1, 1, 6, 0]),
    ("dns.acknowledge=before-enqueue", "inbound-queue-fails", [1, 1, 2, 1]),
    ("queue.positions_at_failover=latest", "mirrored-log", [1, 1, 3, 1]),
    ("queue.receive=destructive", "crash-anywhere", [1, 1, 1, 1]),
    ("queue.remove=head", "standard-queues", [3, 1, 1, 1]),
    ("queue.max_receives=1", "crash-anywhere", [1, 1, 1, 1]),
    ("destination.dedupe=none", "window-passes", [1, 1, 1, 2]),
    ("queue.deduplication=by-key", "deduplicated-by-key", [3, 1, 1, 0]),
    ("queue.groups=by-record", "scattered-groups", [2, 1, 1, 1]),
    ("queue.at_capacity=starve", "slack-job-queue", [3, 1, 5, 0]),
    ("container.on_unreadable=give-up", "google-unreadable-row", [2, 1, 6, 0]),
    ("table.conflict=last-writer-wins", "stranded-overwrite", [2, 1, 6, 0]),
    ("destination.versions=as-they-come", "two-regions-one-key", [2, 1, 1, 1]),
    ("table.conflict=first-applied", "two-regions-one-key", [2, 1, 1, 1]),
    ("table.clock=per-region", "clock-skew", [2, 1, 6, 1]),
    ("source.on_partial=ignore", "partial-batch", [2, 1, 4, 0]),
    ("container.on_fan_out=after-first", "fan-out-anywhere", [1, 2, 1, 0]),
    ("container.on_fan_out=best-effort", "fan-out-anywhere", [1, 2, 1, 1]),
    ("container.steps=store,publish,remove,call", "called-anywhere", [1, 1, 1, 1]),
    ("service.idempotency=by-attempt", "called-anywhere", [1, 1, 1, 1]),
    ("service.idempotency=none", "called-anywhere", [1, 1, 1, 1]),
    ("destination.window=1", "crash-anywhere", [2, 1, 1, 1]),
    ("service.window=1", "called-anywhere", [2, 1, 1, 1]),
    ("source.on_refusal=drop", "inbound-queue-fails", [1, 1, 4, 0]),
    ("table.insert=conditional", "lost-replies", [1, 1, 1, 2]),
    ("queue.max_receives=1", "lost-replies", [1, 1, 1, 1]),
    ("table.insert=append", "crash-anywhere", [1, 1, 1, 1]),
    ("replication.on_failure=drop", "f4-fail-replication", [1, 1, 4, 0]),
    ("replication.origin=all", "baseline", [1, 1, 1, 0]),
    ("replication.acknowledge=received", "received-not-applied", [1, 1, 4, 1]),
    ("replication.mode=eventual", "tables-lost", [1, 1, 2, 2]),
    ("dns.health_check=all-regions", "health-failover", [1, 1, 2, 0]),
    ("dns.health_check=by-name", "inbound-queue-out", [1, 1, 5, 0]),
    ("dns.plans=check-then-apply", "dynamodb-dns-plans", [1, 1, 3, 2]),
    ("aurora.forwarding=acknowledged-early", "aurora-f1", [2, 1, 1, 0]),
    ("aurora.forwarding=off", "aurora-f1", [2, 1, 1, 0]),
    ("aurora.switchover=at-once", "aurora-switchover", [1, 1, 2, 2]),
    ("aurora.fencing=best-effort", "aurora-failover", [1, 1, 2, 0]),
    ("aurora.switchover=at-once", "switchover-anywhere", [1, 1, 1, 1]),
    ("aurora.switchover=asked-again", "switchover-anywhere", [1, 1, 1, 1]),
    ("aurora.acknowledge=by-writer", "rolled-back-writes", [1, 1, 3, 2]),
    ("aurora.rpo_records_max=0", "ahead-of-all", [3, 1, 4, 0]),
    ("aurora.rpo_on=every-region", "one-region-left", [3, 1, 2, 0]),
    ("rpo.records=0", "aurora-failover", [1, 1, 2, 2]),
    ("rpo.records=0", "aurora-anywhere", [1, 1, 1, 1]),
    ("rpo.records=0", "loss-anywhere", [1, 1, 1, 1]),
    ("source.on_refusal=drop", "outage-anywhere", [1, 1, 1, 1]),
    ("dns.route=ignore-offline", "failover", [1, 1, 3, 0]),
    ("dns.route=ignore-offline", "not-fetched-from", [1, 1, 6, 0]),
    ("queue.storage=in-memory", "failures-anywhere", [1, 1, 1, 1]),
    ("queue.storage=in-memory", "broker-restart", [1, 1, 2, 2]),
    ("service.keys=in-memory", "service-restarts", [1, 1, 4, 1]),
    ("dns.resolver=keeps-first", "failover", [2, 1, 6, 0]),
    ("dns.resolver=keeps-first", "pinned-resolver", [2, 1, 4, 0]),
    ("aurora.fencing=best-effort", "failover-at-rest", [1, 1, 2, 0]),
];

/// The failures of a random sweep.
fn failures(plan: &Arc<Plan>) -> impl Iterator<Item = (SavedRun, Violation)> {
    let plan = Arc::clone(plan);
    let mut runner = Runner::new(Arc::clone(&plan));
    (0..2_000).filter_map(move |run| {
        let mut choices = Choices::default();
        let outcome = runner.run(&mut Random::new(SEED), run, &mut choices);
        let Verdict::Violated(violation) = &outcome.verdict else { return None };
        let saved = SavedRun::new(&plan, &choices.taken, &outcome).expect("it was judged");
        Some((saved, (**violation).clone()))
    })
}

fn first_failure(plan: &Arc<Plan>) -> (SavedRun, Violation) {
    let first = failures(plan).next();
    first.unwrap_or_else(|| panic!("the design is unsound: {}", plan.scenario().to_toml()))
}

fn minimise(saved: &SavedRun) -> Minimal {
    let minimal = Minimiser::default().minimise(saved, &Watch::default());
    minimal.unwrap_or_else(|| panic!("the run violates the spec: {}", saved.to_text()))
}

fn deviations(minimal: &Minimal) -> &[Deviation] {
    match minimal.saved.schedule() {
        Schedule::Deviations(deviations) => deviations,
        Schedule::Choices(_) | Schedule::Timed(_) => {
            panic!("a minimal run is written as deviations")
        }
    }
}

fn is_same(outcome: &Outcome, violation: &Violation) -> bool {
    match &outcome.verdict {
        Verdict::Violated(found) => {
            discriminant(&found.breach) == discriminant(&violation.breach)
                && is_gone(found) >= is_gone(violation)
                && starves(found, " behind it in ") >= starves(violation, " behind it in ")
                && starves(found, ", while records of ")
                    >= starves(violation, ", while records of ")
        }
        Verdict::Holds | Verdict::Inconclusive(_) => false,
    }
}

/// Whether a record that is in no queue is nowhere else: no machine works on it or gets it.
fn is_gone(violation: &Violation) -> bool {
    let has = ["still has it", "is on its way", "has not handled the request"];
    let is_somewhere = |reason: &String| has.iter().any(|text| reason.contains(text));
    !violation.because.iter().any(is_somewhere)
}

/// Whether a record that goes round without end keeps others from being delivered, or those behind it alone.
fn starves(violation: &Violation, words: &str) -> bool {
    violation.because.iter().any(|reason| reason.contains(words))
}

/// Takes away one thing more, in every possible way, and looks for the failure: with what is left
/// of the schedule, fairly, and in some random runs.
fn assert_nothing_can_be_left_out(design: &str, minimal: &Minimal) {
    let plan = minimal.saved.plan();
    let deviations = deviations(minimal);
    let mut runner = Runner::new(Arc::clone(plan));
    for left_out in 0..deviations.len() {
        let mut rest = deviations.to_vec();
        rest.remove(left_out);
        let outcome = runner.run(&mut Deviate::lenient(rest), 0, &mut ());
        assert!(!is_same(&outcome, &minimal.violation), "{design}: without {left_out}");
    }
    for &part in Part::ALL {
        // What happens in a scenario is not traded for a deviation from the fair schedule.
        let any_schedule =
            matches!(part, Part::Options | Part::Speeds | Part::Stages | Part::Records);
        for smaller in shrunk(plan.scenario(), part) {
            if is_but_for_its_about(&smaller.scenario, plan.scenario()) {
                continue;
            }
            let Ok(plan) = Plan::new(&smaller.scenario) else { continue };
            // Of a scenario that publishes nothing, nothing can be said.
            if !plan.actions().iter().any(|action| matches!(action, DriverAction::Publish(_))) {
                continue;
            }
            let plan = Arc::new(plan);
            let mut runner = Runner::new(Arc::clone(&plan));
            let mut found = None;
            let mut look = |scheduler: &mut dyn FnMut(&mut Runner, &mut Choices) -> Outcome| {
                let mut choices = Choices::default();
                let outcome = scheduler(&mut runner, &mut choices);
                if is_same(&outcome, &minimal.violation)
                    && is_of_its_causes(minimal, &smaller.scenario, &plan, &choices)
                    && (part != Part::Options || tells_the_same(minimal, &plan, &choices))
                {
                    found = Some(outcome);
                }
            };
            look(&mut |runner, choices| {
                runner.run(&mut Deviate::lenient(deviations.to_vec()), 0, choices)
            });
            look(&mut |runner, choices| runner.run(&mut RoundRobin::default(), 0, choices));
            for run in 0..if any_schedule { 200 } else { 0 } {
                look(&mut |runner, choices| runner.run(&mut Random::new(SEED), run, choices));
            }
            let text = smaller.scenario.to_toml();
            assert_eq!(found, None, "{design}: it fails without {part:?}:\n{text}");
        }
    }
}

/// Whether a scenario is another one only in what it says of itself, which nothing that happens depends on. A failed expectation
/// keeps that, since it keeps all options.
fn is_but_for_its_about(smaller: &Scenario, scenario: &Scenario) -> bool {
    let mut same = smaller.clone();
    same.about.clone_from(&scenario.about);
    same == *scenario
}

/// Whether a failure is gone as soon as one of its causes is put right, in the same order of events.
fn is_of_its_causes(
    minimal: &Minimal,
    scenario: &Scenario,
    plan: &Arc<Plan>,
    choices: &Choices,
) -> bool {
    let deviations = Deviate::from_choices(plan, &choices.taken);
    minimal.causes.iter().all(|cause| {
        if !cause.is_in(scenario) {
            return false;
        }
        let Some(right) = cause.put_right(scenario) else { return true };
        let mut scheduler = Deviate::lenient(deviations.clone());
        let outcome = Runner::new(right).run(&mut scheduler, 0, &mut ());
        !is_same(&outcome, &minimal.violation)
    })
}

/// What may be stated at most.
const AT_MOST: [usize; 4] = [3, 1, 9, 3];

/// What a picture marks is what the words are about.
fn assert_marked_is_told(design: &str, minimal: &Minimal) {
    let (layout, violation) = (&minimal.saved.plan().layout, &minimal.violation);
    let told = [&violation.what].into_iter().chain(&violation.because);
    let told: Vec<&str> = told.map(String::as_str).collect();
    for machine in violation.breach.machines(layout) {
        // "the destination" is what a sentence says of record-destination.
        let name = layout.name(machine).trim_start_matches("record-");
        assert!(told.iter().any(|words| words.contains(name)), "{design}: {name} in {told:?}");
    }
}

/// The line that the table should have, unless it has it.
fn assert_is_small(unsound: &Unsound) -> Option<String> {
    let plan = Arc::new(unsound.plan().unwrap_or_else(|error| panic!("{error}")));
    let (design, scenario) = (unsound.design, plan.scenario().name.clone());
    let (saved, violation) = first_failure(&plan);
    let minimal = minimise(&saved);
    let Size { records, stages, script_lines, deviations, .. } = minimal.size;
    let size = [records, stages, script_lines, deviations];
    let row = SIZES.iter().find(|row| (row.0, row.1) == (design, scenario.as_str()));
    let text = minimal.saved.to_text();
    let line = format!("(\"{design}\", \"{scenario}\", {size:?}),");
    let mut most = AT_MOST;
    // A stage that sends to two queues needs another one beside the destination, and the order that a relay does not keep is
    // judged where the next stage stores.
    let takes_two = ["container.on_fan_out=", "relay.claim="];
    most[1] += usize::from(takes_two.iter().any(|option| design.starts_with(option)));
    assert!(size.iter().zip(most).all(|(&size, most)| size <= most), "{line}\n{text}");
    assert_eq!(minimal.ended, Ended::Complete, "{design}");
    assert_eq!(discriminant(&minimal.violation.breach), discriminant(&violation.breach));
    assert_nothing_can_be_left_out(design, &minimal);
    assert_marked_is_told(design, &minimal);
    let read = SavedRun::parse(&text, design).unwrap_or_else(|error| panic!("{error}"));
    let replayed = read.replay();
    assert_eq!(replayed.outcome.verdict, Verdict::Violated(Box::new(minimal.violation)));
    assert!(replayed.matches_expected, "{design}");
    assert!(text.lines().count() < 50, "{design}: a page holds it\n{text}");
    let (story, _) = past::story(&minimal.saved);
    assert!((2..=30).contains(&story.len()), "{design}: a minute is enough: {story:#?}");
    (row.map(|row| row.2) != Some(size)).then_some(line)
}

#[test]
fn every_unsound_design_fails_in_a_few_steps() {
    let lines: Vec<String> = UNSOUND.iter().filter_map(assert_is_small).collect();
    assert!(lines.is_empty(), "SIZES should have\n{}", lines.join("\n"));
    assert_eq!(SIZES.len(), UNSOUND.len(), "a size is stated of a design that there is not");
}

#[test]
fn what_is_minimal_stays_as_it_is() {
    let plan = plans::plan("crash-anywhere", &["container.on_duplicate=skip"]);
    let minimal = minimise(&first_failure(&plan).0);
    let again = minimise(&minimal.saved);
    assert_eq!(again.saved, minimal.saved);
    assert_eq!((again.before, again.size), (minimal.size, minimal.size));
}

/// What a script expects is said of the system as it is: with another option, or of fewer records, it may be
/// false in itself, and the failure would be another one. So options stay, and there are as many records as
/// it takes: of three, more than three cannot be delivered; of four, a fair run delivers three first.
#[test]
fn a_failed_expectation_keeps_its_question() {
    let changes = ["script=publish 1,await delivered 3,expect delivered 3", "queue.max_receives=2"];
    let plan = plans::plan("baseline", &changes);
    let (saved, violation) = first_failure(&plan);
    let minimal = minimise(&saved);
    let scenario = minimal.saved.plan().scenario();
    assert_eq!((&scenario.records.batches[..], scenario.topology.stages.len()), (&[4][..], 1));
    assert_eq!(scenario.script, plan.scenario().script);
    assert_eq!(scenario.queue.max_receives, 2);
    assert_eq!(minimal.violation.what, violation.what);
    assert!(minimal.size.deviations <= 1, "{}", minimal.size);
}

/// One stage of three calls the external service, and the minimizer tries the others without it: the service is gone with the stage then. It
/// asked for its new name, and panicked.
#[test]
fn a_stage_that_alone_calls_the_service_is_tried_away() {
    let text = r#"
        name = "one-stage-calls"
        script = ["publish 1", "await delivered all"]
        topology.stages = ["check", "pay", "notify"]
        records.batches = [2]
        service.idempotency = "none"
        budget.crash = 1

        [stage.pay]
        container.steps = ["store", "call", "publish", "remove"]
    "#;
    let known = "service.idempotency=by-record";
    let out = "script=fail external-service,publish 1,await sometime,recover *,await delivered all";
    let cases: [(&[&str], PropertyName); 3] = [
        (&[], PropertyName::EffectOnce),
        (&[known, "container.on_duplicate=skip"], PropertyName::RemoveLast),
        (&[known, out, "destination.dedupe=none"], PropertyName::EffectOnce),
    ];
    for (changes, property) in cases {
        let minimal = minimise(&first_failure(&plans::plan(text, changes)).0);
        assert_eq!(minimal.violation.property(), property, "{changes:?}");
        assert_eq!(minimal.saved.plan().scenario().topology.stages.len(), 1, "{changes:?}");
    }
}

/// Of a log without a mirror a loss takes more: that would be another system, and its story says nothing of one that is behind.
#[test]
fn a_mirror_is_not_taken_away() {
    let plan = plans::plan("mirrored-log", &["rpo.records=0"]);
    let minimal = minimise(&first_failure(&plan).0);
    let queue = minimal.saved.plan().scenario().queue;
    assert_eq!((queue.delivery, queue.mirror), (Delivery::Log, Mirror::Asynchronous));
    assert_eq!(minimal.size.records, 1, "{}", minimal.size);
}

/// In a transaction a record that has a row may be skipped: without it the failure would be of another design.
#[test]
fn a_transaction_is_not_taken_away() {
    let changes = [
        "container.dual_write=transaction",
        "container.on_duplicate=skip",
        "budget.lost_reply=2",
        "budget.lose_region=1",
        "rpo.records=unlimited",
    ];
    let minimal = minimise(&first_failure(&plans::plan("crash-anywhere", &changes)).0);
    let container = &minimal.saved.plan().scenario().container;
    assert_eq!(container.dual_write, DualWrite::Transaction);
}

/// A limit that the system is built with is there, or it is not; a lower one is another system.
#[test]
fn a_limit_is_not_lowered() {
    let plan = plans::plan("crash-anywhere", &["queue.max_receives=2"]);
    let (saved, _) = first_failure(&plan);
    let minimal = minimise(&saved);
    let scenario = minimal.saved.plan().scenario();
    assert_eq!((scenario.queue.max_receives, scenario.budget.crash), (2, 2));
    let keys: Vec<String> = minimal.causes.iter().map(|cause| cause.key()).collect();
    assert_eq!(keys, ["queue.max_receives", "budget.crash"]);
}

#[test]
fn a_minimiser_that_is_stopped_keeps_the_failure() {
    let plan = plans::plan("crash-anywhere", &["table.insert=append"]);
    let (saved, _) = first_failure(&plan);
    let watch = Watch::default();
    watch.stop();
    let minimal = Minimiser::default().minimise(&saved, &watch).expect("it violates the spec");
    assert_eq!(minimal.ended, Ended::Interrupted);
    assert_eq!((minimal.size, &minimal.saved), (minimal.before, &saved));
}

/// Whoever is told that a search was not through, and gives more steps to what it reached, gets what a
/// search gets that was through at once.
#[test]
fn a_minimiser_that_runs_out_of_steps_says_so_and_more_of_them_go_on_from_there() {
    let plan = plans::plan("crash-anywhere", &["table.insert=append"]);
    let (saved, _) = first_failure(&plan);
    let at_once = minimise(&saved);
    assert_eq!(MinimalSummary::new(&at_once).sizes(&Palette::PLAIN).len(), 2);
    // So few steps that nothing smaller is found, and so many that something is.
    for (steps_max, is_smaller) in [(1_000, false), (100_000, true)] {
        let short = Minimiser { steps_max, ..Minimiser::default() };
        let minimal = short.minimise(&saved, &Watch::default()).expect("it violates the spec");
        assert_eq!(minimal.ended, Ended::OutOfSteps);
        assert_eq!(minimal.size < minimal.before, is_smaller, "{}", minimal.size);
        assert!(minimal.saved.replay().matches_expected);
        let lines = MinimalSummary::new(&minimal).sizes(&Palette::PLAIN);
        let warning = "  NOT THROUGH: it may become smaller; minimize the saved file with a higher --steps-max to go on";
        assert_eq!(lines.last().map(String::as_str), Some(warning));
        let again = minimise(&minimal.saved);
        assert_eq!((again.ended, again.before), (Ended::Complete, minimal.size));
        assert_eq!((at_once.ended, at_once.size), (Ended::Complete, again.size));
    }
}

/// An interrupt keeps what was reached, and the same search goes on from there.
#[test]
fn a_minimiser_that_was_interrupted_goes_on_from_what_it_reached() {
    let plan = plans::plan("crash-anywhere", &["table.insert=append"]);
    let (saved, _) = first_failure(&plan);
    let watch = Watch::default();
    watch.stop();
    let minimal = Minimiser::default().minimise(&saved, &watch).expect("it violates the spec");
    let lines = MinimalSummary::new(&minimal).sizes(&Palette::PLAIN);
    let warning =
        "  INTERRUPTED: it may become smaller; minimize the saved file to go on from here";
    assert_eq!(lines.last().map(String::as_str), Some(warning));
    let again = minimise(&minimal.saved);
    assert_eq!((again.ended, again.size), (Ended::Complete, minimise(&saved).size));
}

#[test]
fn nothing_comes_of_a_run_that_holds() {
    let plan = plans::plan("baseline", &[]);
    let mut choices = Choices::default();
    let outcome = Runner::new(Arc::clone(&plan)).run(&mut Random::new(1), 0, &mut choices);
    let saved = SavedRun::new(&plan, &choices.taken, &outcome).expect("it was judged");
    assert_eq!(Minimiser::default().minimise(&saved, &Watch::default()), None);
}

/// Of the 16 components of which some failed, the smallest failure names the one that matters.
#[test]
fn of_some_components_that_fail_the_one_that_matters_is_left() {
    for design in ["container.on_dependency_failure=drop", "source.on_refusal=drop"] {
        let (saved, _) = first_failure(&plans::plan("f5-fail-random", &[design]));
        let minimal = minimise(&saved);
        let plan = minimal.saved.plan();
        let faults: Vec<Fault> = plan.faults().collect();
        assert_eq!(faults.len(), 1, "{design}: {}", plan.scenario().to_toml());
        let line = format!("fail {}", target_name(faults[0].target, &plan.layout));
        assert!(minimal.saved.to_text().contains(&line), "{design}: {line}");
        let is_of_them = matches!(faults[0].target, Target::Queue(_) | Target::Table(_));
        assert!(is_of_them, "{design}: {line}");
    }
}

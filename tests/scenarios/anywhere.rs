//! Faults that may fall at any step: crashes, outages, lost replies, timeouts.

use std::collections::BTreeSet;
use std::sync::Arc;

use active_active::explore::{Choices, Observer, Phase, Reached, Runner, Verdict};
use active_active::model::event::{Holder, fault};
use active_active::model::fault::{FaultKind, FaultPoint, PointKind, Target};
use active_active::model::{Event, MachineId, RegionId, ReplicatorId, queue, service, table};
use active_active::plan::Plan;
use active_active::scenario::PropertyName;
use active_active::scheduler::{Random, RoundRobin, Scheduler};
use active_active::sim::{Choice, Simulation, Step};

use super::support::*;

#[test]
fn crash_anywhere_loses_nothing_and_absorbs_duplicates() {
    let coverage = holds_under_every_scheduler("crash-anywhere", |run| {
        all_is_everywhere(run);
        let crashes = run
            .events
            .all
            .iter()
            .filter(|event| matches!(event, Event::Fault(fault::Event::Faulted { .. })));
        assert!(crashes.count() <= 5, "the budget is five crashes");
    });
    let must = [
        Reached::Crashed,
        Reached::Returned,
        Reached::ContainerRecovered,
        Reached::Redelivery,
        Reached::DuplicateAbsorbed,
        Reached::StaleReply,
        Reached::OrderChanged,
        Reached::SeveralRegions,
    ];
    for what in must {
        assert!(coverage.runs(what) > RANDOM_RUNS / 2, "{}", what.text());
    }
}

/// A crash may fall late, and the scheduler need not restart what it crashed: then the awaits of
/// the script come true only after everything is healed. Both kinds of run must occur.
#[test]
fn crash_anywhere_ends_by_itself_in_some_runs_and_only_after_the_healing_in_others() {
    let mut runner = Runner::new(plans::plan("crash-anywhere", &[]));
    let helped = (0..RANDOM_RUNS)
        .filter(|&run| {
            let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
            outcome.awaited_until_heal.is_some()
        })
        .count() as u64;
    assert!((RANDOM_RUNS / 10..RANDOM_RUNS * 9 / 10).contains(&helped), "{helped} were helped");
}

/// What has become of it: it is in the in-queue until it is in the outbox, and there until it is in the next queue.
#[test]
fn an_outbox_loses_nothing_whatever_fails() {
    let coverage = holds_under_every_scheduler("outbox-anywhere", |run| {
        all_is_everywhere(run);
        let intended = |event: &&Event| {
            matches!(event, Event::Table(table::Event::Intended { passed: false, .. }))
        };
        let relayed = |event: &&Event| matches!(event, Event::Table(table::Event::Relayed { .. }));
        let all = &run.events.all;
        let intents = all.iter().filter(intended).count();
        assert_eq!(intents, all.iter().filter(relayed).count(), "each intent is done with");
        assert!(intents >= 30, "{intents}: each record, at each of three stages");
    });
    let must = [
        Reached::Crashed,
        Reached::Redelivery,
        Reached::DuplicateAbsorbed,
        Reached::ReplyLost,
        Reached::ComponentFailed,
    ];
    for what in must {
        assert!(coverage.runs(what) > RANDOM_RUNS / 4, "{}", what.text());
    }
}

/// The region takes what its outboxes have with it, and the verdict says how much.
#[test]
fn a_region_takes_the_intents_that_no_relay_has_read() {
    let script = "script=publish 1,publish 2,publish 3,await sometime,lose @1,await delivered all";
    let changes = [script, "budget.crash=0", "budget.fail=0", "rpo.records=unlimited"];
    let mut runner = Runner::new(plans::plan("outbox-anywhere", &changes));
    let (mut events, mut taken) = (Events::default(), 0);
    for run in 0..RANDOM_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut events);
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
        let intents = events.all.iter().filter(|event| {
            let holder = |holder: &Holder| matches!(holder, Holder::Outbox(..));
            matches!(event, Event::Fault(fault::Event::Lost { holder: of, .. }) if holder(of))
        });
        taken += intents.count() as u64;
    }
    assert!(taken > RANDOM_RUNS / 20, "{taken} intents were lost");
}

/// A relay is lost with its region while the next queue has its request, and the budget then refuses that. The refusal, and
/// the news of it, are about a record that the loss answers for.
#[test]
fn a_relay_that_is_lost_is_refused_in_vain() {
    let script = "script=publish 1,publish 2,publish 3,await sometime,lose @1,await delivered all";
    let changes = [script, "budget.fail=0", "budget.refuse=4", "rpo.records=unlimited"];
    assert_eq!(found("outbox-anywhere", &changes), None);
}

#[test]
fn region_outage_loses_nothing_wherever_it_falls() {
    let coverage = holds_under_every_scheduler("region-outage", all_is_everywhere);
    let must = [Reached::Crashed, Reached::ComponentFailed, Reached::WentOffline];
    reached_in_every_run(&coverage, &must);
    for what in [Reached::Redelivery, Reached::StaleReply, Reached::SourceRefused] {
        assert!(coverage.runs(what) > 0, "{}", what.text());
    }
}

#[test]
fn outages_anywhere_lose_nothing() {
    let coverage = holds_under_every_scheduler("outage-anywhere", |run| {
        all_is_everywhere(run);
        let crashes =
            run.events.all.iter().filter(|event| is_fault(event, FaultKind::Crash)).count();
        assert!(crashes <= 10 && crashes.is_multiple_of(5), "the budget is two outages");
    });
    let must = [
        Reached::Crashed,
        Reached::ComponentFailed,
        Reached::ContainerRecovered,
        Reached::SourceRefused,
        Reached::Redelivery,
        Reached::DuplicateAbsorbed,
        Reached::StaleReply,
    ];
    for what in must {
        assert!(coverage.runs(what) > RANDOM_RUNS / 20, "{}", what.text());
    }
}

/// A false alarm of `Settles`, found by the strategies when they began to draw times. A container that
/// a dependency stopped can be started again without end; each time it stores its record again, and with keys
/// and strong replication the row goes to the region that is cut off each time. All of that waits there
/// when the healing comes, and takes more steps than the number of records would explain.
#[test]
fn a_backlog_of_many_attempts_is_no_lack_of_rest() {
    let text = r#"
        name = "many-attempts"
        script = ["fail *-replicator@3", "fail outbound-queue@2", "publish 1", "await delivered all"]
        topology = { regions = 3, stages = ["only"], containers = 2 }
        records = { batches = [2], keys = 2 }
        dns.weights = [0, 1, 0]
        table.conflict = "version-checked"
        replication.mode = "strong"
        budget.crash = 20
    "#;
    let plan = plans::plan(text, &[]);
    let mut runner = Runner::new(Arc::clone(&plan));
    let (mut restarts, mut backlog) = (Restarts::default(), Backlog(0));
    assert_eq!(runner.run(&mut restarts, 0, &mut backlog).verdict, Verdict::Holds);
    let bound = plan.fair_steps_max(plan.records() as u64);
    assert!(backlog.0 > bound, "{} messages would do within {bound} steps", backlog.0);
}

/// The greatest number of messages that wait when a healing is over.
struct Backlog(u64);

impl Observer for Backlog {
    fn begin(&mut self, _simulation: &Simulation) {}

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase == Phase::Converge {
            let machines = (0..simulation.plan().layout.machines() as u16).map(MachineId);
            let waiting = machines.map(|machine| simulation.waiting(machine) as u64).sum();
            self.0 = self.0.max(waiting);
        }
    }

    fn step(&mut self, _step: &Step, _simulation: &Simulation) {}
}

/// Fair, but it starts every container again as soon as it can.
#[derive(Default)]
struct Restarts(RoundRobin);

impl Scheduler for Restarts {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.0.begin(plan, run);
    }

    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        let is_restart = |point: &FaultPoint| matches!(point, FaultPoint::Restart(_));
        let restart = simulation.enabled().fault_points().find(is_restart);
        restart.map(Choice::Fault).or_else(|| self.0.choose(simulation))
    }
}

/// An outage of the budget ends by itself in some runs, and some end after the other has begun.
#[test]
fn outages_anywhere_end_before_the_healing_in_many_runs() {
    let mut runner = Runner::new(plans::plan("outage-anywhere", &[]));
    let mut ended = 0;
    for run in 0..RANDOM_RUNS {
        let mut choices = Choices::default();
        runner.run(&mut Random::new(SEED), run, &mut choices);
        let ends = |choice: &&Choice| matches!(choice, Choice::Fault(FaultPoint::EndOutage(_)));
        ended += u64::from(choices.taken.iter().any(|choice| ends(&choice)));
    }
    assert!(ended > RANDOM_RUNS / 4, "in {ended} runs only");
}

#[test]
fn lost_replies_lose_no_record() {
    let coverage = holds_under_every_scheduler("lost-replies", |run| {
        all_is_everywhere(run);
        let lost = run
            .events
            .all
            .iter()
            .filter(|event| matches!(event, Event::Fault(fault::Event::Struck { .. })));
        assert!(lost.count() <= 5, "the budget is five replies");
    });
    for what in [Reached::ReplyLost, Reached::DuplicateAbsorbed, Reached::SourceRefused] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 10, "{}", what.text());
    }
}

/// A request is refused alone: what was refused is asked for again, a container that was refused stops, and its record
/// goes back to the queue.
#[test]
fn refused_requests_lose_no_record_and_stop_containers() {
    let coverage = holds_under_every_scheduler("refused-anywhere", |run| {
        all_is_everywhere(run);
        let refused = run.events.all.iter().filter(|event| {
            matches!(event, Event::Fault(fault::Event::Struck { by: PointKind::Refuse, .. }))
        });
        assert!(refused.count() <= 5, "the budget is five requests");
    });
    let must = [
        Reached::DependencyFailed,
        Reached::ContainerRecovered,
        Reached::Returned,
        Reached::DuplicateAbsorbed,
        Reached::SourceRefused,
    ];
    for what in must {
        assert!(coverage.runs(what) > RANDOM_RUNS / 10, "{}", what.text());
    }
    // No component fails: a request is refused by one that works.
    assert_eq!(coverage.runs(Reached::ComponentFailed), 0);
}

/// What is late arrives after all that was sent meanwhile, also after the death of its sender, and has no second effect.
#[test]
fn late_requests_of_dead_containers_have_no_effect() {
    let coverage = holds_under_every_scheduler("late-anywhere", |run| {
        all_is_everywhere(run);
        let late = run
            .events
            .all
            .iter()
            .filter(|event| matches!(event, Event::Fault(fault::Event::Late { .. })));
        let came = run
            .events
            .all
            .iter()
            .filter(|event| matches!(event, Event::Fault(fault::Event::CameLate { .. })));
        let (late, came) = (late.count(), came.count());
        assert!(late <= 3, "the budget is three requests");
        assert_eq!(late, came, "no message is lost");
    });
    for what in [Reached::RequestLate, Reached::DuplicateAbsorbed, Reached::StaleReply] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 10, "{}", what.text());
    }
    // A remove of a dead container, for a record that was delivered again.
    assert!(coverage.runs(Reached::StaleRemove) > 0);
}

/// What is on its way into a region that is lost arrives before the loss, and shares the fate of what is there.
#[test]
fn no_request_is_on_its_way_into_a_region_that_was_lost() {
    let changes = ["budget.lose_region=1", "rpo.records=unlimited"];
    let plan = plans::plan("late-anywhere", &changes);
    let (mut runner, mut elsewhere) = (Runner::new(Arc::clone(&plan)), 0);
    for run in 0..2 * RANDOM_RUNS {
        let mut events = Events::default();
        let outcome = runner.run(&mut Random::new(SEED), run, &mut events);
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
        let mut late: Vec<MachineId> = Vec::new();
        for event in &events.all {
            if let Event::Fault(fault::Event::Late { machine, .. }) = *event {
                late.push(machine);
            } else if let Event::Fault(fault::Event::CameLate { machine, .. }) = *event {
                let place = late.iter().position(|other| *other == machine);
                late.remove(place.expect("it was late before it came"));
            } else if let Event::Fault(fault::Event::LossEnded { target: Target::Region(region) }) =
                *event
            {
                let of = format!("@{region}");
                let there = |machine: &&MachineId| plan.layout.name(**machine).ends_with(&of);
                assert_eq!(late.iter().find(there), None, "run {run}");
                elsewhere += late.len();
            }
        }
    }
    assert!(elsewhere > 0, "some are on their way to the region that is left");
}

/// Each of these takes a refusal for the end of the matter; one refused request is enough.
#[test]
fn one_refused_request_breaks_who_goes_on_without_it() {
    let designs = [
        ("container.on_dependency_failure=drop", PropertyName::RemoveLast),
        ("source.on_refusal=drop", PropertyName::DeliveredAll),
    ];
    for (design, property) in designs {
        let plan = plans::plan("refused-anywhere", &["budget.refuse=1", design]);
        let mut runner = Runner::new(plan);
        let found = (0..RANDOM_RUNS).find_map(|run| {
            match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
                Verdict::Violated(violation) => Some(violation.property()),
                Verdict::Holds | Verdict::Inconclusive(_) => None,
            }
        });
        assert_eq!(found, Some(property), "{design}");
    }
}

#[test]
fn failures_and_pauses_anywhere_lose_nothing() {
    let coverage = holds_under_every_scheduler("failures-anywhere", |run| {
        all_is_everywhere(run);
        let count = |kind| run.events.all.iter().filter(|event| is_fault(event, kind)).count();
        let (failures, pauses) = (count(FaultKind::Fail), count(FaultKind::Pause));
        assert!(failures <= 3 && pauses <= 2, "{failures} failures and {pauses} pauses");
    });
    let must = [
        Reached::ComponentFailed,
        Reached::Paused,
        Reached::DependencyFailed,
        Reached::ContainerRecovered,
        Reached::Backlog,
        Reached::SourceRefused,
    ];
    for what in must {
        assert!(coverage.runs(what) > RANDOM_RUNS / 20, "{}", what.text());
    }
}

/// A replication that drops its backlog diverges by one failure of the budget, and not by one pause.
#[test]
fn a_failure_of_the_budget_finds_a_replication_that_drops_its_backlog() {
    let drops = "replication.on_failure=drop";
    for (fail, pause, diverges) in [(1, 0, true), (0, 1, false)] {
        let budget = [format!("budget.fail={fail}"), format!("budget.pause={pause}")];
        let plan = plans::plan("failures-anywhere", &[drops, &budget[0], &budget[1]]);
        let mut runner = Runner::new(plan);
        let mut found = BTreeSet::new();
        for run in 0..RANDOM_RUNS {
            if let Verdict::Violated(violation) =
                runner.run(&mut Random::new(SEED), run, &mut ()).verdict
            {
                found.insert(violation.property());
            }
        }
        let expected = [PropertyName::StoredEverywhere, PropertyName::Converged];
        assert_eq!(!found.is_empty(), diverges, "{found:?}");
        assert!(found.iter().all(|property| expected.contains(property)), "{found:?}");
    }
}

/// A failure and a pause of the budget end at a moment that the scheduler chooses, in some runs before any healing; what
/// the script let fail is not among them.
#[test]
fn failures_of_the_budget_end_in_some_runs_by_themselves() {
    let plan = plans::plan("failures-anywhere", &[]);
    let mut runner = Runner::new(Arc::clone(&plan));
    let (mut ended, mut healed) = (0, 0);
    for run in 0..RANDOM_RUNS {
        let mut choices = Choices::default();
        let outcome = runner.run(&mut Random::new(SEED), run, &mut choices);
        let ends = |choice: &&Choice| matches!(choice, Choice::Fault(FaultPoint::Recover(_)));
        ended += u64::from(choices.taken.iter().any(|choice| ends(&choice)));
        healed += u64::from(outcome.awaited_until_heal.is_some());
    }
    assert!(ended > RANDOM_RUNS / 4 && healed > 0, "{ended} ended, {healed} were healed");
}

#[test]
fn partitions_anywhere_lose_nothing() {
    let coverage = holds_under_every_scheduler("partitioned-anywhere", |run| {
        all_is_everywhere(run);
    });
    for what in [Reached::ComponentFailed, Reached::DependencyFailed, Reached::ContainerRecovered] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 20, "{}", what.text());
    }
    // Queues and DNS names are reached by all.
    assert_eq!(coverage.runs(Reached::SourceRefused), 0);
}

/// One container that cannot reach its table is enough, though the table works for all others.
#[test]
fn a_container_that_cannot_reach_its_table_and_drops_its_record_loses_it() {
    let drops = "container.on_dependency_failure=drop";
    let plan = plans::plan("partitioned-anywhere", &["budget.partition=1", drops]);
    let mut runner = Runner::new(plan);
    let found = (0..RANDOM_RUNS).find_map(|run| {
        match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
            Verdict::Violated(violation) => Some(violation.property()),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        }
    });
    assert_eq!(found, Some(PropertyName::RemoveLast));
}

/// A way that is cut leads nowhere until it is mended, and a region that is cut off is so in every stage.
#[test]
fn what_is_cut_stays_cut_until_it_is_mended() {
    let plan = plans::plan("partitioned-anywhere", &["records.batches=1", "script=publish 1"]);
    let mut simulation = Simulation::new(Arc::clone(&plan));
    simulation.step(simulation.enabled().nth_step(0));
    let choice = |name: &str| Choice::parse(name, &plan.layout).expect("it is a choice");
    simulation.step(choice("partition @2"));
    let links: Vec<Target> = (0..5).map(|id| Target::Link(ReplicatorId(id), RegionId(1))).collect();
    assert!(links.iter().all(|&link| simulation.is_disturbed(link)));
    assert!(!simulation.enabled().contains(choice("partition @2")));
    simulation.step(choice("rejoin @2"));
    assert!(!links.iter().any(|&link| simulation.is_disturbed(link)));
    simulation.step(choice("partition inbound-container@1"));
    assert!(!simulation.enabled().contains(choice("partition inbound-container@1")));
    assert!(simulation.enabled().contains(choice("rejoin inbound-container@1")));
}

/// Retention is longer than a restart: what waits for a container that an orchestrator starts again does not expire.
#[test]
fn no_record_expires_whose_consumer_comes_back() {
    holds_under_every_scheduler("expired-anywhere", |run| {
        all_is_everywhere(run);
        let expired = |event: &Event| matches!(event, Event::Queue(queue::Event::Expired { .. }));
        assert!(!run.events.all.iter().any(expired));
    });
}

/// A record that waits for an operator, visible or as a dead letter, may be gone when that one comes.
#[test]
fn a_record_that_waits_for_an_operator_expires() {
    // Nothing is awaited, and no letter is asked for at the end: what is left is to be kept.
    let changes = ["script=publish 1,publish 2,publish 3", "spec.leave_out=DeliveredAll"];
    for (design, of_dead) in [("container.restart=never", false), ("queue.max_receives=1", true)] {
        let plan = plans::plan("expired-anywhere", &[design, changes[0], changes[1]]);
        let (mut runner, mut expired) = (Runner::new(plan), BTreeSet::new());
        for run in 0..RANDOM_RUNS {
            let mut events = Events::default();
            let outcome = runner.run(&mut Random::new(SEED), run, &mut events);
            let of_run: BTreeSet<bool> = events.all.iter().filter_map(dead_or_not).collect();
            if let Verdict::Violated(violation) = outcome.verdict {
                assert_eq!(violation.property(), PropertyName::NeverLost, "{design}, run {run}");
                assert!(!of_run.is_empty(), "{design}, run {run}: nothing has expired");
            }
            expired.extend(of_run);
        }
        assert!(expired.contains(&of_dead), "{design}: {expired:?}");
    }
}

/// Of a record that expires: whether it was a dead letter.
fn dead_or_not(event: &Event) -> Option<bool> {
    if let Event::Queue(queue::Event::Expired { dead, .. }) = event { Some(*dead) } else { None }
}

/// A table that hangs refuses nothing, so there is nothing to refuse at it.
#[test]
fn a_table_that_hangs_refuses_no_request() {
    for (on_failure, refuses) in [("reject", true), ("hang", false)] {
        let on_failure = format!("table.on_failure={on_failure}");
        let plan = plans::plan("refused-anywhere", &[&on_failure]);
        let (mut runner, mut by_tables) = (Runner::new(Arc::clone(&plan)), false);
        for run in 0..RANDOM_RUNS / 10 {
            let mut choices = Choices::default();
            runner.run(&mut Random::new(SEED), run, &mut choices);
            let mut names = choices.taken.iter().map(|choice| choice.name(&plan.layout));
            by_tables |= names.any(|name| name.starts_with("refuse ") && name.contains("-table@"));
        }
        assert_eq!(by_tables, refuses, "{on_failure}");
    }
}

#[test]
fn standard_queues_deliver_twice_and_take_effect_once() {
    let coverage = holds_under_every_scheduler("standard-queues", |run| {
        assert_eq!(run.simulation.destination().order().len(), 20);
    });
    for what in [Reached::TimedOut, Reached::StaleRemove, Reached::Reordered] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 10, "{}", what.text());
    }
}

/// A row that is stored a second time is a second effect, and was counted as a duplicate that a table absorbed.
#[test]
fn a_second_row_is_no_absorbed_duplicate() {
    let mut runner = Runner::new(plans::plan("crash-anywhere", &["table.insert=append"]));
    let mut violated = 0;
    for run in 0..RANDOM_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        violated += u32::from(matches!(outcome.verdict, Verdict::Violated(_)));
    }
    assert!(violated > 0);
    assert_eq!(runner.coverage().runs(Reached::DuplicateAbsorbed), 0);
}

/// Containers never know whether a call had its effect, and call again: after a lost reply, after a refusal, after a
/// crash, in the other region. There is one effect all the same.
#[test]
fn a_call_has_one_effect_however_often_it_is_made() {
    let coverage = holds_under_every_scheduler("called-anywhere", |run| {
        all_is_everywhere(run);
        let plan = run.simulation.plan();
        for (record, stage) in
            plan.record_ids().flat_map(|id| plan.layout.stage_ids().map(move |stage| (id, stage)))
        {
            assert_eq!(run.simulation.effects(stage, record), 1, "{record}");
        }
        assert_eq!(run.simulation.service().effects(), 16);
    });
    for what in [Reached::RequestLate, Reached::ReplyLost, Reached::DependencyFailed] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 10, "{}", what.text());
    }
    let known = |changes: &[&str]| {
        let mut known = Known(0);
        let mut runner = Runner::new(plans::plan("called-anywhere", changes));
        (0..RANDOM_RUNS).for_each(|run| {
            runner.run(&mut Random::new(SEED), run, &mut known);
        });
        known.0
    };
    assert!(known(&[]) > RANDOM_RUNS / 4, "the service knows calls again");
    let no_fault = ["crash", "lost_reply", "refuse", "late", "fail"];
    let no_fault = no_fault.map(|key| format!("budget.{key}=0"));
    assert_eq!(known(&no_fault.each_ref().map(String::as_str)), 0, "each is called once");
}

/// How often the external service knew a call again.
struct Known(u64);

impl Observer for Known {
    fn begin(&mut self, _simulation: &Simulation) {}

    fn phase(&mut self, _phase: Phase, _simulation: &Simulation) {}

    fn step(&mut self, _step: &Step, simulation: &Simulation) {
        let is_known =
            |event: &&Event| matches!(event, Event::Service(service::Event::KnownAgain { .. }));
        self.0 += simulation.events().iter().filter(is_known).count() as u64;
    }
}

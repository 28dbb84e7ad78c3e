//! What the tests of scenarios share: every scheduler, and a run as its checks see it.

use std::collections::BTreeSet;
use std::sync::Arc;

use active_active::explore::{
    Choices, Coverage, Observer, Outcome, Phase, Reached, Runner, SearchProgress, Verdict,
    Verified, Verify,
};
use active_active::model::event::fault;
use active_active::model::fault::FaultKind;
use active_active::model::{Event, RecordId, TableId};
use active_active::plan::Plan;
use active_active::scenario::builtin;
use active_active::scheduler::seed::generator;
use active_active::scheduler::{Random, Replay, RoundRobin, Script};
use active_active::sim::{Simulation, Step};
use active_active::spec::PropertyName;
use rand::Rng;

pub(crate) use crate::common::plans;

pub(crate) const SEED: u64 = 20_260_101;

pub(crate) const RANDOM_RUNS: u64 = 1_000;

pub(crate) const SCRIPT_RUNS: u64 = 200;

pub(crate) const REPLAY_RUNS: u64 = 50;
pub(crate) const INCIDENT_RUNS: u64 = 200;

/// Writes down everything that happened.
#[derive(Default)]
pub(crate) struct Events {
    /// In order.
    pub(crate) all: Vec<Event>,
}

impl Events {
    fn extend(&mut self, simulation: &Simulation) {
        self.all.extend_from_slice(simulation.events());
    }
}

impl Observer for Events {
    fn begin(&mut self, _simulation: &Simulation) {
        self.all.clear();
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase == Phase::Heal {
            self.extend(simulation);
        }
    }

    fn step(&mut self, _step: &Step, simulation: &Simulation) {
        self.extend(simulation);
    }
}

/// One run as its checks see it.
pub(crate) struct Run<'a> {
    pub(crate) outcome: &'a Outcome,
    pub(crate) simulation: &'a Simulation,
    pub(crate) events: &'a Events,
}

/// Runs a scenario under every scheduler: it holds, and `check` is asked about each run.
pub(crate) fn holds_under_every_scheduler(name: &str, check: impl Fn(&Run<'_>)) -> Coverage {
    holds_with(name, &[], check)
}

/// As above, with changes of the scenario.
pub(crate) fn holds_with(name: &str, changes: &[&str], check: impl Fn(&Run<'_>)) -> Coverage {
    holds(name, changes, &check)
}

/// The same, compiled once.
fn holds(name: &str, changes: &[&str], check: &dyn Fn(&Run<'_>)) -> Coverage {
    let mut runner = Runner::new(plans::plan(name, changes));
    let mut events = Events::default();
    let judge = |outcome: &Outcome, runner: &Runner, events: &Events, how: &str| {
        assert_eq!(outcome.verdict, Verdict::Holds, "{name}, {how}");
        check(&Run { outcome, simulation: runner.simulation(), events });
    };
    for run in 0..RANDOM_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut events);
        judge(&outcome, &runner, &events, &format!("random run {run}"));
    }
    let outcome = runner.run(&mut RoundRobin::default(), 0, &mut events);
    judge(&outcome, &runner, &events, "round-robin");
    for run in 0..SCRIPT_RUNS {
        let outcome = runner.run(&mut arbitrary_script(run), 0, &mut events);
        judge(&outcome, &runner, &events, &format!("script {run}"));
    }
    for run in 0..REPLAY_RUNS {
        let mut recorded = Choices::default();
        let original = runner.run(&mut Random::new(SEED + 1), run, &mut recorded);
        let order = runner.simulation().destination().order().to_vec();
        let mut replay = Replay::new(recorded.taken);
        let outcome = runner.run(&mut replay, 0, &mut events);
        assert_eq!(replay.misfit(), None, "{name}, replay of run {run}");
        assert_eq!(outcome, original, "{name}, replay of run {run}");
        assert_eq!(runner.simulation().destination().order(), order);
        judge(&outcome, &runner, &events, &format!("replay {run}"));
    }
    runner.coverage().clone()
}

/// A script of up to 2,000 numbers of which nobody thought.
pub(crate) fn arbitrary_script(run: u64) -> Script {
    let mut numbers = generator(SEED, run);
    let length = numbers.next_u32() as usize % 2_000;
    Script::new((0..length).map(|_| numbers.next_u32() as u16).collect())
}

/// All records are at the destination, and once in every table of every region.
pub(crate) fn all_is_everywhere(run: &Run<'_>) {
    let plan = run.simulation.plan();
    let arrived: BTreeSet<RecordId> =
        run.simulation.destination().order().iter().copied().collect();
    assert_eq!(arrived.len(), plan.records());
    for table in (0..plan.layout.tables() as u16).map(TableId) {
        let rows = run.simulation.rows(table);
        assert!(plan.record_ids().all(|record| rows.get(record).rows == 1), "{table:?}");
    }
}

/// No await of the script needed the healing at the end.
pub(crate) fn ended_by_itself(run: &Run<'_>) {
    assert_eq!(run.outcome.awaited_until_heal, None);
}

pub(crate) fn reached_in_every_run(coverage: &Coverage, what: &[Reached]) {
    let runs = RANDOM_RUNS + 1 + SCRIPT_RUNS + 2 * REPLAY_RUNS;
    for &what in what {
        assert_eq!(coverage.runs(what), runs, "{}", what.text());
    }
}

pub(crate) fn is_fault(event: &Event, kind: FaultKind) -> bool {
    matches!(event, Event::Fault(fault::Event::Faulted { fault }) if fault.kind == kind)
}

/// The first violation, if there is one, in 2,000 random runs.
pub(crate) fn found(name: &str, changes: &[&str]) -> Option<PropertyName> {
    let mut runner = Runner::new(plans::plan(name, changes));
    (0..2_000).find_map(|run| match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
        Verdict::Violated(violation) => Some(violation.property()),
        Verdict::Holds => None,
        Verdict::Inconclusive(_) => panic!("{name} {changes:?}, run {run} is inconclusive"),
    })
}

/// The incident is found by its property, and each fix holds under every scheduler, with all that was published.
pub(crate) fn assert_mended(name: &str, fixes: &[&str]) {
    let (_, _, property) = builtin::INCIDENTS.iter().find(|it| it.0 == name).expect("it is listed");
    assert_eq!(found(name, &[]), Some(*property), "{name}");
    for fix in fixes {
        holds_with(name, &[fix], all_is_everywhere);
    }
}

/// What a search of all orders of a plan finds of which no steps are known to commute.
pub(crate) fn found_in_every_order(plan: &Arc<Plan>, reduces: bool) -> Option<PropertyName> {
    let verify = Verify { threads: 2, reduces, ..Verify::new(Arc::clone(plan)) };
    let report = verify.run(&SearchProgress::default());
    assert!(!report.reduced, "{}", plan.scenario().to_toml_without_defaults());
    match &report.verdict {
        Verified::Violated(found) => Some(found.violation.property()),
        Verified::Holds => None,
        Verified::Incomplete(why) => {
            panic!("{why:?}: {}", plan.scenario().to_toml_without_defaults())
        }
    }
}

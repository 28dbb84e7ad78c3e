//! Every schedule of a small system: proof where a sweep is evidence.
//!
//! ```
//! use std::sync::Arc;
//! use active_active::explore::{SearchProgress, Verified, Verify};
//! use active_active::plan::Plan;
//! use active_active::scenario::Scenario;
//!
//! let scenario = Scenario::parse(r#"
//!     name = "tiny"
//!     topology.stages = ["only"]
//!     records.batches = [1]
//!     budget.crash = 1
//!     script = ["publish 1", "await delivered all"]
//! "#)?;
//! let verify = Verify::new(Arc::new(Plan::new(&scenario)?));
//! let report = verify.run(&SearchProgress::default());
//! assert!(matches!(report.verdict, Verified::Holds));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;

mod locals;
mod point;
mod pool;
mod progress;
mod recent;
mod reduction;
mod search;
mod space;
mod store;
mod symmetry;
#[cfg(test)]
mod tiny;
mod worker;

pub use progress::Progress as SearchProgress;

use crate::explore::{Outcome, Runner, Verdict};
use crate::plan::Plan;
use crate::scheduler::Replay;
use crate::sim::Choice;
use crate::spec::Violation;
use locals::Locals;
use point::Point;
use reduction::Reduction;
use search::{Pass, Search, Task};
use store::Store;

/// An exhaustive search: every choice in every state that can be reached.
///
/// A state is that of the system *and* of the spec, for the spec remembers what the system does not.
/// States are told apart by 111 bits of a 128-bit hash. Every run that the scheduler of a
/// [`Runner`] could make is covered: all steps and all faults within the budget, in every order,
/// until nobody can step; then everything is healed, one fair schedule brings the system to rest, and
/// liveness is judged. Where the system can go round in circles, a run may end anywhere
/// on the way, and each such state is judged as an end, too.
#[derive(Clone, Debug)]
pub struct Verify {
    /// What is searched.
    pub plan: Arc<Plan>,
    /// On how many threads; at least one is used. The verdict does not depend on it.
    pub threads: usize,
    /// Whether steps that commute are tried in one order only, and states taken for one that differ in
    /// nothing but which record is where.
    pub reduces: bool,
    /// How many bytes the store of states may take.
    pub bytes_max: u64,
    /// After how many choices the search for a shorter violating run is given up.
    pub shorten_max: u64,
}

/// What an exhaustive search shows.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::explore::{Found, Incomplete, SearchProgress, Verified, Verify, VerifyReport};
/// use active_active::plan::Plan;
/// use active_active::report::{Palette, VerifySummary};
/// use active_active::scenario::Scenario;
/// use active_active::spec::PropertyName;
///
/// let scenario = Scenario::parse(r#"
///     name = "tiny"
///     topology.stages = ["only"]
///     records.batches = [1]
///     container.steps = ["publish", "store", "remove"]
///     script = ["publish 1"]
/// "#)?;
/// let verify = Verify::new(Arc::new(Plan::new(&scenario)?));
/// let report: VerifyReport = verify.run(&SearchProgress::default());
/// let Verified::Violated(found) = &report.verdict else { panic!("it publishes first") };
/// let Found { violation, is_shortest, .. } = &**found;
/// assert_eq!((violation.property(), *is_shortest), (PropertyName::StoreBeforeForward, true));
/// let summary = VerifySummary::new(&verify.plan, &report, None);
/// assert!(summary.text(&Palette::PLAIN).contains("VIOLATED"));
///
/// // Without room for what it has seen, a search proves nothing.
/// let crowded = Verify { bytes_max: 0, ..verify };
/// let sound = Scenario { container: Default::default(), ..scenario };
/// let crowded = Verify { plan: Arc::new(Plan::new(&sound)?), ..crowded };
/// let report = crowded.run(&SearchProgress::default());
/// assert_eq!(report.verdict, Verified::Incomplete(Incomplete::Memory));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyReport {
    /// The verdict.
    pub verdict: Verified,
    /// How many states were entered.
    pub states: u64,
    /// How many choices were taken between states.
    pub transitions: u64,
    /// How many steps these were, those included that the reduction joined with others.
    pub steps: u64,
    /// How many ends of runs were judged.
    pub ends: u64,
    /// The length of the longest run that was followed, in choices.
    pub depth: u64,
    /// How many bytes the store of states took.
    pub bytes: u64,
    /// How many states lie on cycles or behind one, each judged as an end.
    pub cyclic: u64,
    /// Whether steps that commute were tried in one order only.
    pub reduced: bool,
    /// Why they were not, if that was asked for.
    pub not_reduced_because: Option<&'static str>,
    /// Whether states were taken for one that differ in nothing but which record is where.
    pub exchanged: bool,
}

/// The verdict of an exhaustive search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verified {
    /// Every applicable property holds in every schedule.
    Holds,
    /// A property is violated.
    Violated(Box<Found>),
    /// Not all states were entered, and those that were show no violation. It is never "holds".
    Incomplete(Incomplete),
}

/// A run that violates the spec.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What is violated, and why.
    pub violation: Violation,
    /// The choices of the chaos phase.
    pub choices: Vec<Choice>,
    /// What the runner shows of these choices; none if it goes on where the run went round in circles.
    pub outcome: Option<Outcome>,
    /// Whether no run with fewer choices violates the spec (of those that the reduction leaves).
    pub is_shortest: bool,
}

/// Why a search did not enter all states.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Incomplete {
    /// The store was full.
    #[error("the memory that the states may take was used up")]
    Memory,
    /// Somebody stopped it.
    #[error("it was stopped")]
    Stopped,
}

const NOT_WANTED: &str = "nobody asked for it";

impl Verify {
    /// A search on one thread, reduced, with at most 1 GiB of states.
    pub fn new(plan: Arc<Plan>) -> Verify {
        Verify { plan, threads: 1, reduces: true, bytes_max: 1 << 30, shorten_max: 2_000_000 }
    }

    /// Makes the search.
    ///
    /// # Panics
    ///
    /// If a step panics: a defect of the simulator.
    pub fn run(&self, progress: &SearchProgress) -> VerifyReport {
        let wanted = if self.reduces { Reduction::of(&self.plan) } else { Err(NOT_WANTED) };
        let reduced = wanted.is_ok();
        let not_reduced_because = wanted.as_ref().err().copied().filter(|_| self.reduces);
        let reduction = wanted.unwrap_or_else(|_| Reduction::none(&self.plan));
        let (verdict, cyclic) = self.verdict(&reduction, progress);
        VerifyReport {
            verdict,
            states: progress.states(),
            transitions: progress.transitions(),
            steps: progress.steps(),
            ends: progress.ends(),
            depth: progress.depth(),
            bytes: progress.bytes(),
            cyclic,
            reduced,
            not_reduced_because,
            exchanged: self.reduces && symmetry::is_used(&self.plan),
        }
    }

    fn verdict(&self, reduction: &Reduction, progress: &SearchProgress) -> (Verified, u64) {
        let exchanges = self.reduces && symmetry::is_used(&self.plan);
        let by_parts = reduction.is_none() && !exchanges && Locals::suit(&self.plan);
        let scope = Scope { verify: self, reduction, by_parts, exchanges, progress };
        let pass = scope.pass(&Store::new(self.bytes_max), Task::Judge, progress);
        if let Some(choices) = pass.violation {
            return (Verified::Violated(Box::new(scope.shortest(choices))), 0);
        }
        match pass {
            Pass { is_full: true, .. } => (Verified::Incomplete(Incomplete::Memory), 0),
            Pass { is_cut: true, .. } => (Verified::Incomplete(Incomplete::Stopped), 0),
            Pass { is_uneven: false, .. } => (Verified::Holds, 0),
            Pass { .. } => scope.cycles(),
        }
    }
}

/// What the passes of one search have in common.
struct Scope<'a> {
    verify: &'a Verify,
    reduction: &'a Reduction,
    by_parts: bool,
    exchanges: bool,
    progress: &'a SearchProgress,
}

impl Scope<'_> {
    fn pass(&self, store: &Store, task: Task<'_>, counts: &SearchProgress) -> Pass {
        let Verify { plan, threads, .. } = self.verify;
        let threads = match task {
            // One thread, so that the run which is shown does not depend on their number.
            Task::Shorten(_) => 1,
            Task::Judge | Task::CountWays | Task::RemoveWays | Task::JudgeCycles(_) => *threads,
        };
        let Scope { reduction, by_parts, exchanges, progress, .. } = *self;
        let search =
            Search { plan, store, reduction, by_parts, exchanges, task, threads, counts, progress };
        search.run()
    }

    /// A violating run that is as short as can be found.
    fn shortest(&self, known: Vec<Choice>) -> Found {
        let store = Store::new(self.verify.bytes_max);
        let task = Task::Shorten(self.verify.shorten_max);
        let pass = self.pass(&store, task, &SearchProgress::default());
        let is_shortest = pass.violation.is_some() && !pass.is_full && !pass.is_cut;
        let choices = pass.violation.unwrap_or(known);
        let mut runner = Runner::new(Arc::clone(&self.verify.plan));
        let outcome = runner.run(&mut Replay::new(choices.clone()), 0, &mut ());
        let Verdict::Violated(violation) = &outcome.verdict else {
            unreachable!("a run that violates the spec does so again: {:?}", outcome.verdict);
        };
        let violation = (**violation).clone();
        Found { violation, choices, outcome: Some(outcome), is_shortest }
    }

    /// Looks for states that lead to themselves, and judges them as ends of runs: a system can stay
    /// there for as long as it likes. How many there are, those behind them included, comes with it.
    ///
    /// States are removed that nothing leads to, then those that nothing else leads to, and so on
    /// (Kahn 1962); what is left goes round in circles or comes behind what does.
    fn cycles(&self) -> (Verified, u64) {
        let ways = Store::new(self.verify.bytes_max);
        let (counted, removed) = (SearchProgress::default(), SearchProgress::default());
        for (task, counts) in [(Task::CountWays, &counted), (Task::RemoveWays, &removed)] {
            let pass = self.pass(&ways, task, counts);
            if let Some(why) = incomplete(&pass) {
                return (Verified::Incomplete(why), 0);
            }
        }
        let cyclic = counted.states() - removed.states();
        if cyclic == 0 {
            return (Verified::Holds, 0);
        }
        // Both stores together keep to the bound.
        let store = Store::new(self.verify.bytes_max.saturating_sub(ways.bytes()));
        let pass = self.pass(&store, Task::JudgeCycles(&ways), &SearchProgress::default());
        let verdict = match (incomplete(&pass), pass.violation) {
            (_, Some(choices)) => Verified::Violated(Box::new(self.endless(choices))),
            (Some(why), None) => Verified::Incomplete(why),
            (None, None) => Verified::Holds,
        };
        (verdict, cyclic)
    }

    /// A run that can stay for ever where it came to, and violates the spec when it is ended there.
    fn endless(&self, choices: Vec<Choice>) -> Found {
        let plan = &self.verify.plan;
        let mut point = Point::new(plan);
        for &choice in &choices {
            point
                .step(choice, plan)
                .expect("a run that violates the spec on its way was found before");
        }
        let mut runner = Runner::new(Arc::clone(plan));
        let breach = runner
            .judge_rest(&point.simulation, &point.spec)
            .expect_err("what was judged once is judged again");
        let violation = runner.spec().explain(breach, runner.simulation());
        let outcome = runner.run(&mut Replay::new(choices.clone()), 0, &mut ());
        let outcome = matches!(&outcome.verdict, Verdict::Violated(again)
            if again.property() == violation.property())
        .then_some(outcome);
        Found { violation, choices, outcome, is_shortest: false }
    }
}

/// Why the pass did not enter all states, if it did not.
fn incomplete(pass: &Pass) -> Option<Incomplete> {
    match pass {
        Pass { is_full: true, .. } => Some(Incomplete::Memory),
        Pass { is_cut: true, .. } => Some(Incomplete::Stopped),
        Pass { .. } => None,
    }
}

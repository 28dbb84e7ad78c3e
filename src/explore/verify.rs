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

mod livelock;
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

pub use progress::Progress as SearchProgress;

use crate::explore::Evidence;
use crate::plan::Plan;
use crate::run::{BroughtBack, Outcome, Runner, Verdict};
use crate::scheduler::Replay;
use crate::sim::Choice;
use crate::spec::{Settles, Violation};
use locals::Locals;
use point::Point;
use reduction::Reduction;
use search::{Pass, Search, Task};
use store::Store;

/// An exhaustive search: every choice in every state that can be reached.
///
/// A state is that of the system *and* of the spec, for the spec remembers what the system does not.
/// States are told apart by 111 bits of a 128-bit hash. Every run that the scheduler of a
/// [`Runner`] could make is covered: all steps and all faults within the budget, in every order, also
/// those that strike a quiescent system; every healing; and every order after it. Liveness is judged at
/// every state in which a run is over. Where the system can go round in cycles before it is healed, the
/// chaos may be ended anywhere on the way; where it can after that, and every machine that could step
/// does, it violates [`Settles`].
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
#[must_use]
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
    /// How many states lie on cycles or behind one.
    pub cyclic: u64,
    /// What the ends of runs show of their records, and which faults struck.
    pub evidence: Evidence,
    /// What only an operator would have brought back before some run went on (see
    /// [`BroughtBack::text`](crate::run::BroughtBack::text)).
    pub operator: Option<String>,
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
    /// The choices, healings included.
    pub choices: Vec<Choice>,
    /// What the runner shows of these choices; none if it goes on where the run went round in circles.
    pub outcome: Option<Outcome>,
    /// Whether no run with fewer choices violates the spec.
    pub is_shortest: bool,
}

/// Why a search did not enter all states.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Incomplete {
    /// The store was full.
    #[error("the memory that the states may take was used up")]
    Memory,
    /// It was stopped from outside.
    #[error("it was stopped")]
    Stopped,
    /// The system can go round in cycles, which a search with reduction does not judge.
    #[error("the system can go round in cycles")]
    Cyclic,
}

const NOT_WANTED: &str = "it was not asked for";
const CYCLIC: &str = "the system can go round in cycles before it is healed";

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
        let mut reduced = wanted.is_ok();
        let mut not_reduced_because = wanted.as_ref().err().copied().filter(|_| self.reduces);
        let reduction = wanted.unwrap_or_else(|_| Reduction::none(&self.plan));
        let (mut verdict, mut seen, mut cyclic) = self.verdict(&reduction, progress);
        if reduced && verdict == Verified::Incomplete(Incomplete::Cyclic) {
            (reduced, not_reduced_because) = (false, Some(CYCLIC));
            progress.restart();
            (verdict, seen, cyclic) = self.verdict(&Reduction::none(&self.plan), progress);
        }
        VerifyReport {
            verdict,
            states: progress.states(),
            transitions: progress.transitions(),
            steps: progress.steps(),
            ends: progress.ends(),
            depth: progress.depth(),
            bytes: progress.bytes(),
            cyclic,
            evidence: seen.evidence,
            operator: seen.operator.map(|first| first.text(&self.plan)),
            reduced,
            not_reduced_because,
            exchanged: self.reduces && symmetry::is_used(&self.plan),
        }
    }

    /// The verdict, what was seen on the way to it, and how many states lie on cycles.
    fn verdict(&self, reduction: &Reduction, progress: &SearchProgress) -> (Verified, Seen, u64) {
        let exchanges = self.reduces && symmetry::is_used(&self.plan);
        let by_parts = reduction.is_none() && !exchanges && Locals::suit(&self.plan);
        let scope = Scope { verify: self, reduction, by_parts, exchanges, progress };
        let mut pass = scope.pass(&Store::new(self.bytes_max), Task::Judge, None, progress);
        let (is_uneven, operator) = (pass.is_uneven, pass.operator);
        let mut seen = Seen { operator, evidence: std::mem::take(&mut pass.evidence) };
        let (verdict, cyclic) = match scope.conclude(pass) {
            Verified::Holds if is_uneven => scope.cycles(&mut seen),
            verdict @ (Verified::Holds | Verified::Violated(_) | Verified::Incomplete(_)) => {
                (verdict, 0)
            }
        };
        (verdict, seen, cyclic)
    }
}

/// What was seen in all states.
struct Seen {
    /// As [`Pass::operator`].
    operator: Option<BroughtBack>,
    /// As [`VerifyReport::evidence`].
    evidence: Evidence,
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
    fn pass(
        &self,
        store: &Store,
        task: Task<'_>,
        ended: Option<&Store>,
        counts: &SearchProgress,
    ) -> Pass {
        let Verify { plan, threads, .. } = self.verify;
        let threads = match task {
            // One thread, so that the run which is shown does not depend on their number.
            Task::Shorten { .. } | Task::NoteCycles(_) => 1,
            Task::Judge | Task::CountWays | Task::RemoveWays => *threads,
        };
        let Scope { reduction, by_parts, exchanges, progress, .. } = *self;
        let search = Search {
            plan,
            store,
            reduction,
            by_parts,
            exchanges,
            ended,
            task,
            threads,
            counts,
            progress,
        };
        search.run()
    }

    /// What a pass that judges comes to.
    fn conclude(&self, pass: Pass) -> Verified {
        match (incomplete(&pass), pass.violation) {
            (_, Some(choices)) => Verified::Violated(Box::new(self.shortest(choices))),
            (Some(why), None) => Verified::Incomplete(why),
            (None, None) => Verified::Holds,
        }
    }

    /// A violating run that is as short as can be found. That none is shorter is shown only by a search
    /// of every order: a reduced one leaves out runs that are shorter.
    fn shortest(&self, known: Vec<Choice>) -> Found {
        let (short, is_complete) = self.shorten(known);
        let is_whole = self.reduction.is_none() && !self.exchanges;
        if is_whole {
            return self.found(short, is_complete);
        }
        let (reduction, exchanges) = (&Reduction::none(&self.verify.plan), false);
        let whole = Scope { reduction, exchanges, ..*self };
        let (shortest, is_complete) = whole.shorten(short);
        self.found(shortest, is_complete)
    }

    /// The shortest violating run of this search that is no longer than a known one, and whether the
    /// search for it was completed.
    fn shorten(&self, known: Vec<Choice>) -> (Vec<Choice>, bool) {
        let store = Store::new(self.verify.bytes_max);
        let choices_max = self.verify.shorten_max;
        let task = Task::Shorten { choices_max, below: known.len() };
        let pass = self.pass(&store, task, None, &SearchProgress::default());
        (pass.violation.unwrap_or(known), !pass.is_full && !pass.is_cut)
    }

    /// A run that violates the spec, made again.
    fn found(&self, choices: Vec<Choice>, is_shortest: bool) -> Found {
        let mut runner = Runner::new(Arc::clone(&self.verify.plan));
        let outcome = runner.run(&mut Replay::new(choices.clone()), 0, &mut ());
        let Verdict::Violated(violation) = &outcome.verdict else {
            unreachable!("a run that violates the spec does so again: {:?}", outcome.verdict);
        };
        let violation = (**violation).clone();
        Found { violation, choices, outcome: Some(outcome), is_shortest }
    }

    /// Looks for states that lead to themselves. In the chaos a system can stay there for as long as it
    /// likes, so there the chaos may be ended; afterwards it may not stay there at all. How many states
    /// lie on cycles or behind one comes with the verdict.
    fn cycles(&self, seen: &mut Seen) -> (Verified, u64) {
        let (mut ways, mut cyclic) = match self.cyclic(None) {
            Ok(Some((_, 0))) => return (Verified::Holds, 0),
            Ok(Some(found)) => found,
            Ok(None) => unreachable!("a run that violates the spec was found before"),
            Err(why) => return (Verified::Incomplete(why), 0),
        };
        if !self.reduction.is_none() {
            // The argument for it is about healings of a quiescent system.
            return (Verified::Incomplete(Incomplete::Cyclic), cyclic);
        }
        // A system that was healed where it goes round can go round elsewhere, as the script goes on.
        while self.verify.plan.goes_round() {
            match self.cyclic(Some(&ways)) {
                Ok(Some((_, more))) if more == cyclic => break,
                Ok(Some(found)) => (ways, cyclic) = found,
                // The next pass, which judges, finds it again.
                Ok(None) => break,
                Err(why) => return (Verified::Incomplete(why), cyclic),
            }
        }
        let pass =
            self.pass(&self.rest(&ways), Task::Judge, Some(&ways), &SearchProgress::default());
        // It has every state of the first pass, and those behind the healings in between.
        seen.operator = seen.operator.into_iter().chain(pass.operator).min();
        seen.evidence.clone_from(&pass.evidence);
        if let Some(choices) = pass.violation {
            return (Verified::Violated(Box::new(self.found(choices, false))), cyclic);
        }
        if let Some(why) = incomplete(&pass) {
            return (Verified::Incomplete(why), cyclic);
        }
        let after = match self.cyclic(Some(&ways)) {
            Ok(Some((after, _))) => after,
            Ok(None) => unreachable!("the pass before has judged all of these runs"),
            Err(why) => return (Verified::Incomplete(why), cyclic),
        };
        let (store, task) = (self.rest(&after), Task::NoteCycles(&after));
        let pass = self.pass(&store, task, Some(&ways), &SearchProgress::default());
        let verdict = match (incomplete(&pass), pass.graph.livelock()) {
            (_, Some(choices)) => Verified::Violated(Box::new(self.endless(choices))),
            (Some(why), None) => Verified::Incomplete(why),
            (None, None) => Verified::Holds,
        };
        (verdict, cyclic)
    }

    /// A store for what is left of the memory beside another one.
    fn rest(&self, other: &Store) -> Store {
        Store::new(self.verify.bytes_max.saturating_sub(other.bytes()))
    }

    /// In how many ways each state is reached that leads to itself or comes behind one that does, and how
    /// many such states there are; nothing if a run violates the spec behind a healing in a state that ended, and the pass
    /// was not made to its end.
    ///
    /// States are removed that nothing leads to, then those that nothing else leads to, and so on
    /// (Kahn 1962); what is left goes round in cycles or comes behind what does.
    fn cyclic(&self, ended: Option<&Store>) -> Result<Option<(Store, u64)>, Incomplete> {
        let ways = Store::new(self.verify.bytes_max);
        let (counted, removed) = (SearchProgress::default(), SearchProgress::default());
        for (task, counts) in [(Task::CountWays, &counted), (Task::RemoveWays, &removed)] {
            let pass = self.pass(&ways, task, ended, counts);
            if let Some(why) = incomplete(&pass) {
                return Err(why);
            }
            if pass.violation.is_some() {
                return Ok(None);
            }
        }
        Ok(Some((ways, counted.states() - removed.states())))
    }

    /// A run that can stay for ever where it came to.
    fn endless(&self, choices: &[Choice]) -> Found {
        let plan = &self.verify.plan;
        let mut point = Point::new(plan);
        for &choice in choices {
            point
                .step(choice, plan)
                .expect("a run that violates the spec on its way was found before");
        }
        let steps = point.simulation.steps();
        let breach =
            Settles::exceeded(&point.simulation, steps).expect_err("it is always exceeded");
        let violation = point.spec.explain(breach, &point.simulation);
        let mut runner = Runner::new(Arc::clone(plan));
        let outcome = runner.run(&mut Replay::new(choices.to_vec()), 0, &mut ());
        let outcome = matches!(&outcome.verdict, Verdict::Violated(again)
            if again.property() == violation.property())
        .then_some(outcome);
        let violation = match outcome.as_ref().map(|outcome| &outcome.verdict) {
            Some(Verdict::Violated(again)) => (**again).clone(),
            Some(Verdict::Holds | Verdict::Inconclusive(_)) | None => violation,
        };
        Found { violation, choices: choices.to_vec(), outcome, is_shortest: false }
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

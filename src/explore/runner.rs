//! One run, judged: chaos, heal, converge.

use std::sync::Arc;

use crate::explore::coverage::Coverage;
use crate::explore::observer::{Observer, Phase};
use crate::model::{ContainerId, MachineId, container};
use crate::plan::Plan;
use crate::scheduler::{RoundRobin, Scheduler, Span};
use crate::sim::{Choice, Simulation};
use crate::spec::{Breach, Ending, Judgement, Lost, Seen, Settles, Spec, Violation};

/// What a run shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Every applicable property held to the end.
    Holds,
    /// A property was violated.
    Violated(Box<Violation>),
    /// The run was cut short before its end, so liveness was not judged. It is never "holds".
    Inconclusive(Cut),
}

/// Why a run was cut short.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cut {
    /// The caller's bound on steps.
    #[error("it was cut short after {0} steps, before liveness could be judged")]
    StepBound(u64),
    /// The scheduler had no choice to offer: a saved run that does not fit.
    #[error("the scheduler stopped at step {0}, before liveness could be judged")]
    Scheduler(u64),
}

/// A run and what it shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What it shows.
    pub verdict: Verdict,
    /// How many steps it took in all phases.
    pub steps: u64,
    /// The action of the script that did not come true before everything was healed.
    pub awaited_until_heal: Option<usize>,
    /// What losses destroyed of what was acknowledged.
    pub lost: Lost,
    /// What its end shows besides; nothing if it was not judged to its end, or violates the spec.
    pub ending: Option<Ending>,
}

/// Runs a plan again and again, in the memory of the first time.
///
/// ```
/// use std::sync::Arc;
/// use active_active::explore::{Runner, Verdict};
/// use active_active::plan::Plan;
/// use active_active::scenario::builtin;
/// use active_active::scheduler::Random;
///
/// let plan = Arc::new(Plan::new(&builtin::scenario("f1-fail-container")?)?);
/// let mut runner = Runner::new(plan);
/// for run in 0..100 {
///     let outcome = runner.run(&mut Random::new(1), run, &mut ());
///     assert_eq!(outcome.verdict, Verdict::Holds);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Runner {
    simulation: Simulation,
    spec: Spec,
    coverage: Coverage,
    steps_max: u64,
}

/// How the part of a run that is under way ended.
enum Stop {
    /// Nobody can take a step.
    Quiescent,
    /// So many steps were taken.
    Bound,
    /// A property is violated.
    Breach(Breach),
    /// It ends here, unjudged.
    Cut(Cut),
}

/// How a run goes on once every fault is healed.
struct Fair<'a, S> {
    scheduler: &'a mut S,
    turns: RoundRobin,
}

impl<S: Scheduler> Scheduler for Fair<'_, S> {
    fn begin(&mut self, _plan: &Plan, _run: u64) {}

    #[inline]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        self.scheduler.go_on(simulation, &mut self.turns)
    }

    #[inline]
    fn now(&self) -> Option<Span> {
        self.scheduler.now()
    }
}

impl Runner {
    /// A runner for this plan.
    pub fn new(plan: Arc<Plan>) -> Runner {
        let spec = Spec::new(&plan);
        Runner {
            simulation: Simulation::new(plan),
            spec,
            coverage: Coverage::default(),
            steps_max: u64::MAX,
        }
    }

    /// Cuts every run short after so many steps. A run that is cut is inconclusive.
    pub fn limit_steps(&mut self, steps_max: u64) {
        self.steps_max = steps_max;
    }

    /// One run: the scheduler decides until nobody can take a step, then everything is healed,
    /// then a fair scheduler brings the system to rest; the spec watches every step and judges
    /// the end.
    pub fn run<S: Scheduler, O: Observer>(
        &mut self,
        scheduler: &mut S,
        run: u64,
        observer: &mut O,
    ) -> Outcome {
        self.simulation.reset();
        self.spec.reset();
        scheduler.begin(self.simulation.plan(), run);
        observer.begin(&self.simulation);
        observer.phase(Phase::Chaos, &self.simulation);
        let mut awaited_until_heal = None;
        let bound = self.simulation.plan().chaos_steps_max();
        let stop = match self.advance(scheduler, observer, bound) {
            Stop::Quiescent | Stop::Bound => {
                self.converge(scheduler, observer, &mut awaited_until_heal)
            }
            stop @ (Stop::Breach(_) | Stop::Cut(_)) => stop,
        };
        self.coverage.end_run();
        let verdict = match stop {
            Stop::Quiescent | Stop::Bound => Verdict::Holds,
            Stop::Breach(breach) => {
                Verdict::Violated(Box::new(self.spec.explain(breach, &self.simulation)))
            }
            Stop::Cut(cut) => Verdict::Inconclusive(cut),
        };
        let (steps, lost) = (self.simulation.steps(), self.spec.losses().report());
        let holds = verdict == Verdict::Holds;
        let ending = holds.then(|| self.spec.ending(&self.simulation));
        Outcome { verdict, steps, awaited_until_heal, lost, ending }
    }

    /// Heals, lets a fair scheduler run, and does so again while the script goes on and may bring
    /// new faults; then judges liveness.
    ///
    /// A container that was paused may find a refusal from before the healing in its inbox, and
    /// stop after everything else was healed. So the system is healed once more if need be.
    fn converge<S: Scheduler, O: Observer>(
        &mut self,
        scheduler: &mut S,
        observer: &mut O,
        awaited: &mut Option<usize>,
    ) -> Stop {
        let mut once_more = true;
        loop {
            let plan = Arc::clone(self.simulation.plan());
            let script_at = self.simulation.driver().next();
            if self.simulation.driver().is_waiting() {
                awaited.get_or_insert(script_at);
            }
            self.simulation.heal();
            observer.phase(Phase::Heal, &self.simulation);
            let events = self.simulation.events();
            events.iter().for_each(|event| self.coverage.note_event(event));
            if let Err(breach) = self.spec.watch(events, self.simulation.steps(), &plan) {
                return Stop::Breach(breach);
            }
            observer.phase(Phase::Converge, &self.simulation);
            let bound = self.fair_steps_max();
            let fair = &mut Fair { scheduler, turns: RoundRobin::default() };
            match self.advance(fair, observer, bound) {
                Stop::Quiescent if self.simulation.driver().next() > script_at => once_more = true,
                Stop::Quiescent if once_more && self.is_a_container_stopped() => once_more = false,
                Stop::Quiescent => break,
                Stop::Bound => {
                    let judgement = Settles::exceeded(&self.simulation, bound);
                    return judgement.map_or_else(Stop::Breach, |()| Stop::Bound);
                }
                stop @ (Stop::Breach(_) | Stop::Cut(_)) => return stop,
            }
        }
        self.spec.judge_end(&self.simulation).map_or_else(Stop::Breach, |()| Stop::Quiescent)
    }

    /// What is to be said of a run whose chaos ends in this state: everything is healed, a fair
    /// scheduler brings the system to rest, and liveness is judged.
    ///
    /// # Errors
    ///
    /// The first violation.
    pub(crate) fn judge_rest(&mut self, simulation: &Simulation, spec: &Spec) -> Judgement {
        self.simulation.copy_from(simulation);
        self.spec.copy_from(spec);
        match self.converge(&mut RoundRobin::default(), &mut (), &mut None) {
            Stop::Quiescent | Stop::Bound => Ok(()),
            Stop::Breach(breach) => Err(breach),
            Stop::Cut(cut) => unreachable!("nothing cuts it short: {cut}"),
        }
    }

    fn is_a_container_stopped(&self) -> bool {
        let containers = 0..self.simulation.plan().layout.containers() as u16;
        let layout = &self.simulation.plan().layout;
        containers.map(ContainerId).any(|id| {
            let lost = self.simulation.is_lost(layout.container_place(id).0);
            !lost && self.simulation.container(id).state() != container::State::Processing
        })
    }

    /// Takes steps until something stops the run.
    #[inline]
    fn advance<S: Scheduler, O: Observer>(
        &mut self,
        scheduler: &mut S,
        observer: &mut O,
        bound: u64,
    ) -> Stop {
        let plan = Arc::clone(self.simulation.plan());
        let stop_at = self.simulation.steps().saturating_add(bound);
        while !self.simulation.enabled().is_quiescent() {
            let steps = self.simulation.steps();
            if steps >= stop_at {
                return Stop::Bound;
            }
            if steps >= self.steps_max {
                return Stop::Cut(Cut::StepBound(steps));
            }
            let Some(choice) = scheduler.choose(&self.simulation) else {
                return Stop::Cut(Cut::Scheduler(steps));
            };
            let step = self.simulation.step(choice);
            scheduler.took(&step, &self.simulation);
            if let Some(now) = scheduler.now() {
                observer.now(now);
            }
            observer.step(&step, &self.simulation);
            self.coverage.note_step(&step);
            let seen = Seen(self.simulation.steps());
            for event in self.simulation.events() {
                self.coverage.note_event(event);
                if let Err(breach) = self.spec.judge(event, seen, &plan) {
                    return Stop::Breach(breach);
                }
            }
        }
        Stop::Quiescent
    }

    fn fair_steps_max(&self) -> u64 {
        let plan = self.simulation.plan();
        let queued: u64 = plan
            .layout
            .region_ids()
            .map(|region| u64::from(self.simulation.progress().queued(region)))
            .sum();
        let machines = (0..plan.layout.machines() as u16).map(MachineId);
        let waiting: u64 = machines.map(|one| self.simulation.waiting(one) as u64).sum();
        // Containers that are started again and again while a dependency is out leave a backlog that has
        // nothing to do with the number of records: a row goes to every region for each attempt.
        let backlog = waiting * (plan.layout.regions as u64 + 1);
        plan.fair_steps_max(plan.records() as u64 + queued) + backlog
    }

    /// What the runs so far have reached.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Counts from 0 again what the runs reach.
    pub fn clear_coverage(&mut self) {
        self.coverage.clear();
    }

    /// The simulation as the last run left it.
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// The spec as the last run left it.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }
}

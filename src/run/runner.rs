//! One run, judged: chaos, heal, converge.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::metrics::Judge;
use crate::model::MachineId;
use crate::plan::{Plan, Strike};
use crate::run::coverage::Coverage;
use crate::run::healed::Healed;
use crate::run::observer::{Observer, Phase};
use crate::scheduler::{RoundRobin, Scheduler, Span, TimedRun};
use crate::sim::{Choice, Simulation, Step};
use crate::spec::ending::Times;
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
    /// The action of the script that did not come true before the first healing.
    pub awaited_until_heal: Option<usize>,
    /// What the run needed an operator for.
    pub healed: Healed,
    /// What losses destroyed of what was acknowledged.
    pub lost: Lost,
    /// What its end shows besides; nothing if it was not judged to its end, or violates the spec.
    pub ending: Option<Ending>,
    /// The run of the timed scheduler that it is, if the script expects something of its times: a schedule
    /// alone does not say what they are.
    pub timed: Option<TimedRun>,
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
    /// The faults of script and budget that have struck.
    struck: BTreeSet<Strike>,
    healed: Healed,
    steps_max: u64,
    /// If the script expects something of times: what judges a run that has one.
    judge: Option<Box<Judge>>,
}

/// How the part of a run that is under way ended.
enum Stop {
    /// No machine can take a step.
    Quiescent,
    /// So many steps were taken.
    Bound,
    /// The scheduler ends the chaos, though some machine can step.
    Healing,
    /// A property is violated.
    Breach(Breach),
    /// It ends here, unjudged.
    Cut(Cut),
}

/// How a run goes on that is closed and has not converged by the scheduler's own order.
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
    fn took(&mut self, step: &Step, simulation: &Simulation) {
        self.scheduler.took(step, simulation);
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
        let judge = (!plan.objectives().is_empty()).then(|| Box::new(Judge::new(&plan)));
        Runner {
            simulation: Simulation::new(plan),
            spec,
            coverage: Coverage::default(),
            struck: BTreeSet::new(),
            healed: Healed::default(),
            steps_max: u64::MAX,
            judge,
        }
    }

    /// Cuts every run short after so many steps. A run that is cut is inconclusive.
    pub fn limit_steps(&mut self, steps_max: u64) {
        self.steps_max = steps_max;
    }

    /// One run to its end: the scheduler decides, also which faults strike a quiescent system and when
    /// it is healed; it goes on after the healing, at first in its own order and then fairly. The spec
    /// watches every step and judges the end.
    pub fn run<S: Scheduler, O: Observer>(
        &mut self,
        scheduler: &mut S,
        run: u64,
        observer: &mut O,
    ) -> Outcome {
        self.simulation.reset();
        self.spec.reset();
        self.healed = Healed::default();
        scheduler.begin(self.simulation.plan(), run);
        let timed = self.judge.as_ref().and_then(|_| scheduler.timed());
        let (verdict, times) = match (self.judge.take(), timed) {
            (Some(mut judge), Some(_)) => {
                let judged = self.run_and_judge(scheduler, observer, &mut judge);
                self.judge = Some(judge);
                judged
            }
            (judge, _) => {
                self.judge = judge;
                (self.run_one(scheduler, observer), Times::default())
            }
        };
        let (steps, lost) = (self.simulation.steps(), self.spec.lost(&self.simulation));
        let holds = verdict == Verdict::Holds;
        let ending = || Ending { times, ..self.spec.ending(&self.simulation) };
        let (ending, healed) = (holds.then(ending), self.healed);
        let awaited_until_heal = healed.awaited;
        Outcome { verdict, steps, awaited_until_heal, healed, lost, ending, timed }
    }

    /// From the beginning to the verdict of the spec.
    fn run_one<S: Scheduler, O: Observer>(
        &mut self,
        scheduler: &mut S,
        observer: &mut O,
    ) -> Verdict {
        observer.begin(&self.simulation);
        observer.phase(Phase::Chaos, &self.simulation);
        let stop = self.run_to_the_end(scheduler, observer);
        self.coverage.end_run();
        match stop {
            Stop::Quiescent | Stop::Bound | Stop::Healing => Verdict::Holds,
            Stop::Breach(breach) => {
                Verdict::Violated(Box::new(self.spec.explain(breach, &self.simulation)))
            }
            Stop::Cut(cut) => Verdict::Inconclusive(cut),
        }
    }

    /// The same, and what the script expects of times is judged, too. Compiled once, for all schedulers: runs
    /// without such a script do not pay for it.
    fn run_and_judge(
        &mut self,
        mut scheduler: &mut dyn Scheduler,
        observer: &mut dyn Observer,
        judge: &mut Judge,
    ) -> (Verdict, Times) {
        let verdict = self.run_one(&mut scheduler, &mut (&mut *judge, observer));
        if verdict != Verdict::Holds {
            return (verdict, Times::default());
        }
        let (spec, simulation) = (&self.spec, &self.simulation);
        let is_excused = |record| spec.is_excused(record, simulation);
        match judge.judge(simulation.plan(), is_excused) {
            Ok(times) => (Verdict::Holds, times),
            Err(breach) => {
                let mut violation = spec.explain(breach, simulation);
                judge.explain(&mut violation, simulation.plan(), is_excused);
                (Verdict::Violated(Box::new(violation)), Times::default())
            }
        }
    }

    /// Lets the scheduler decide until the run is over, and judges liveness.
    ///
    /// A chaos that does not come to rest by itself is ended by a healing. A run that is closed and
    /// does not converge by the scheduler's order goes on fairly: that is what [`Settles`] is about.
    fn run_to_the_end<S: Scheduler, O: Observer>(
        &mut self,
        scheduler: &mut S,
        observer: &mut O,
    ) -> Stop {
        loop {
            let is_closed = self.simulation.is_closed();
            let bound = match is_closed {
                true => self.fair_steps_max(),
                false => self.simulation.plan().chaos_steps_max(),
            };
            let choice = match self.advance(scheduler, observer, bound) {
                Stop::Quiescent if self.simulation.is_over() => break,
                Stop::Quiescent => match scheduler.at_rest(&self.simulation) {
                    Some(choice) => choice,
                    None => return Stop::Cut(Cut::Scheduler(self.simulation.steps())),
                },
                Stop::Bound if !self.simulation.may_end() => {
                    match self.converge(scheduler, observer) {
                        Stop::Quiescent => continue,
                        stop @ (Stop::Bound | Stop::Healing | Stop::Breach(_) | Stop::Cut(_)) => {
                            return stop;
                        }
                    }
                }
                Stop::Bound => match scheduler.at_bound(&self.simulation) {
                    Some(choice) => choice,
                    None => return Stop::Cut(Cut::Scheduler(self.simulation.steps())),
                },
                Stop::Healing => Choice::Heal,
                stop @ (Stop::Breach(_) | Stop::Cut(_)) => return stop,
            };
            if self.simulation.steps() >= self.steps_max {
                return Stop::Cut(Cut::StepBound(self.simulation.steps()));
            }
            let judgement = match choice {
                Choice::Heal => self.heal(scheduler, observer),
                Choice::Step(_) | Choice::Resolve(_) | Choice::Fail(_) | Choice::Fault(_) => {
                    let plan = Arc::clone(self.simulation.plan());
                    self.take_aside(choice, scheduler, observer, &plan)
                }
            };
            if let Err(breach) = judgement {
                return Stop::Breach(breach);
            }
        }
        self.spec.judge_end(&self.simulation).map_or_else(Stop::Breach, |()| Stop::Quiescent)
    }

    /// Goes on fairly until no machine can step, which must come within a bound.
    fn converge<S: Scheduler, O: Observer>(&mut self, scheduler: &mut S, observer: &mut O) -> Stop {
        let bound = self.fair_steps_max();
        let fair = &mut Fair { scheduler, turns: RoundRobin::default() };
        match self.advance(fair, observer, bound) {
            // The script has gone on, and its faults make the system go round again.
            Stop::Bound if self.simulation.may_end() => Stop::Quiescent,
            Stop::Bound => {
                let judgement = Settles::exceeded(&self.simulation, bound);
                judgement.map_or_else(Stop::Breach, |()| Stop::Bound)
            }
            stop @ (Stop::Quiescent | Stop::Healing | Stop::Breach(_) | Stop::Cut(_)) => stop,
        }
    }

    /// The healing, noted with what nothing but an operator would have done.
    fn heal<S: Scheduler, O: Observer>(
        &mut self,
        scheduler: &mut S,
        observer: &mut O,
    ) -> Judgement {
        self.healed.note(&self.simulation, &self.spec);
        let step = self.simulation.step(Choice::Heal);
        scheduler.took(&step, &self.simulation);
        observer.phase(Phase::Heal, &self.simulation);
        let (events, plan) = (self.simulation.events(), self.simulation.plan());
        events.iter().for_each(|event| self.coverage.note_event(event, plan));
        self.spec.watch(events, self.simulation.steps(), self.simulation.plan())?;
        let phase = if self.simulation.is_closed() { Phase::Converge } else { Phase::Chaos };
        observer.phase(phase, &self.simulation);
        Ok(())
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
        let bounded_at = self.simulation.steps().saturating_add(bound);
        let stop_at = bounded_at.min(self.steps_max);
        while !self.simulation.is_quiescent() {
            let steps = self.simulation.steps();
            if steps >= stop_at {
                let is_bounded = steps >= bounded_at;
                return if is_bounded { Stop::Bound } else { Stop::Cut(Cut::StepBound(steps)) };
            }
            let Some(choice) = scheduler.choose(&self.simulation) else {
                return Stop::Cut(Cut::Scheduler(steps));
            };
            // The usual step is compiled for itself: whatever else a choice may be is decided once.
            let judgement = match choice {
                Choice::Step(machine) => {
                    self.take(Choice::Step(machine), scheduler, observer, &plan)
                }
                Choice::Heal => return Stop::Healing,
                Choice::Resolve(_) | Choice::Fail(_) | Choice::Fault(_) => {
                    self.take_aside(choice, scheduler, observer, &plan)
                }
            };
            if let Err(breach) = judgement {
                return Stop::Breach(breach);
            }
        }
        Stop::Quiescent
    }

    /// Takes what is no step of a machine that does what is due.
    #[cold]
    #[inline(never)]
    fn take_aside<S: Scheduler, O: Observer>(
        &mut self,
        choice: Choice,
        scheduler: &mut S,
        observer: &mut O,
        plan: &Plan,
    ) -> Judgement {
        self.take(choice, scheduler, observer, plan)
    }

    /// Takes one step, watched and judged.
    #[inline(always)]
    fn take<S: Scheduler, O: Observer>(
        &mut self,
        choice: Choice,
        scheduler: &mut S,
        observer: &mut O,
        plan: &Plan,
    ) -> Judgement {
        let step = self.simulation.step(choice);
        scheduler.took(&step, &self.simulation);
        if let Some(now) = scheduler.now() {
            observer.now(now);
        }
        observer.step(&step, &self.simulation);
        self.coverage.note_step(&step);
        if choice.can_strike() {
            self.struck.extend(self.simulation.struck());
        }
        let seen = Seen(self.simulation.steps());
        for event in self.simulation.events() {
            self.coverage.note_event(event, plan);
            self.spec.judge(event, seen, plan)?;
        }
        Ok(())
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

    /// Counts from 0 again what the runs reach, and forgets what struck in them.
    pub fn clear_coverage(&mut self) {
        self.coverage.clear();
        self.struck.clear();
    }

    /// Which faults of script and budget the runs so far were struck by.
    pub fn struck(&self) -> &BTreeSet<Strike> {
        &self.struck
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

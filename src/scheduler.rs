//! Schedulers: who steps next.
//!
//! A scheduler is an oracle over the choices of a [`Simulation`]. It is asked for the next choice
//! while some machine can take a step, and for a fault or the healing when none can; it sees
//! everything but changes nothing.
//!
//! Every one of them is a list of choices, and so every one is replaced by another without a change of the plan:
//!
//! ```
//! use std::sync::Arc;
//!
//! use active_active::explore::{Runner, Verdict};
//! use active_active::plan::Plan;
//! use active_active::scenario::builtin;
//! use active_active::explore::Strategy;
//! use active_active::scheduler::{Act, Deviate, Deviation, Random, RoundRobin, Scheduler, Script};
//!
//! fn verdict(plan: &Arc<Plan>, mut scheduler: impl Scheduler) -> Verdict {
//!     Runner::new(Arc::clone(plan)).run(&mut scheduler, 0, &mut ()).verdict
//! }
//!
//! let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
//! assert_eq!(verdict(&plan, RoundRobin::default()), Verdict::Holds);
//! assert_eq!(verdict(&plan, Random::new(1)), Verdict::Holds);
//! assert_eq!(verdict(&plan, Script::new(vec![3, 1, 4])), Verdict::Holds);
//! assert_eq!(verdict(&plan, Strategy::Pos.prepare(&plan, 1).scheduler()), Verdict::Holds);
//! // Every machine in turn, but the source has to wait at step 2.
//! let source = plan.layout.machine(active_active::model::layout::Place::Source);
//! let deviation = Deviation { step: 2, act: Act::Hold(source), fair: None };
//! assert_eq!(verdict(&plan, Deviate::lenient(vec![deviation])), Verdict::Holds);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Those that search measure the plan first, once for all threads; a
//! [`Strategy`](crate::explore::Strategy) does that and gives one of each kind:
//!
//! ```
//! use std::sync::Arc;
//!
//! use active_active::explore::Runner;
//! use active_active::plan::Plan;
//! use active_active::scenario::builtin;
//! use active_active::explore::strategy::{Prepared, Searcher};
//! use active_active::explore::{Feedback, Portfolio, Strategy};
//! use active_active::scheduler::{Delay, Pct, Pos, Profile, Scheduler, Surw};
//!
//! let plan = Arc::new(Plan::new(&builtin::scenario("crash-anywhere")?)?);
//! let steps = |mut scheduler: &mut dyn FnMut(&mut Runner) -> u64| {
//!     let mut runner = Runner::new(Arc::clone(&plan));
//!     scheduler(&mut runner)
//! };
//! let profile = Arc::new(Profile::new(&plan, 1));
//! let (mut delay, mut pct) = (Delay::new(profile.clone(), 1, 3), Pct::new(profile.clone(), 1, 3));
//! let (mut pos, mut surw) = (Pos::new(profile.clone(), 1), Surw::new(profile.clone(), 1));
//! let mut feedback = Feedback::new(plan.clone(), profile.clone(), 1, u64::MAX);
//! let mut portfolio = Portfolio::new(plan.clone(), &profile, 1, u64::MAX);
//! let all = [
//!     steps(&mut |runner| runner.run(&mut delay, 0, &mut ()).steps),
//!     steps(&mut |runner| runner.run(&mut pct, 0, &mut ()).steps),
//!     steps(&mut |runner| runner.run(&mut pos, 0, &mut ()).steps),
//!     steps(&mut |runner| runner.run(&mut surw, 0, &mut ()).steps),
//!     steps(&mut |runner| runner.run(&mut feedback, 0, &mut ()).steps),
//!     steps(&mut |runner| runner.run(&mut portfolio, 0, &mut ()).steps),
//! ];
//! assert!(all.iter().all(|&steps| steps > 1_000));
//!
//! // By its name, as the command line does it: the same scheduler, so the same run.
//! let prepared: Prepared = "pct:3".parse::<Strategy>()?.prepare(&plan, 1);
//! let mut searcher: Searcher = prepared.scheduler();
//! assert!(matches!(searcher, Searcher::Pct(_)));
//! assert_eq!(steps(&mut |runner| runner.run(&mut searcher, 0, &mut ()).steps), all[1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod answer;
pub mod delay;
pub mod deviate;
pub(crate) mod moments;
mod object;
pub mod pct;
pub mod pos;
pub mod profile;
#[cfg(test)]
pub(crate) mod program;
pub mod random;
pub mod replay;
pub mod round_robin;
pub mod script;
pub mod seed;
pub mod surw;
pub mod timed;

pub use delay::Delay;
pub use deviate::{Act, Deviate, Deviation};
pub use pct::Pct;
pub use pos::Pos;
pub use profile::Profile;
pub use random::Random;
pub use replay::{Misfit, Replay};
pub use round_robin::RoundRobin;
pub use script::Script;
pub use surw::Surw;
pub use timed::{Span, Timed, TimedRun, VirtualTime};

use crate::plan::Plan;
use crate::sim::{Choice, Simulation, Step};

/// Decides what happens next.
///
/// ```
/// use active_active::plan::Plan;
/// use active_active::scheduler::Scheduler;
/// use active_active::sim::{Choice, Simulation};
///
/// /// Always lets the last machine step that can.
/// struct Last;
///
/// impl Scheduler for Last {
///     fn begin(&mut self, _plan: &Plan, _run: u64) {}
///
///     fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
///         let enabled = simulation.enabled();
///         Some(enabled.nth_step(enabled.steps() - 1))
///     }
/// }
/// ```
pub trait Scheduler {
    /// A run begins: the `run`-th of its kind. Run *k* must choose the same whether or not other
    /// runs came before it.
    fn begin(&mut self, plan: &Plan, run: u64);

    /// One of the choices that are enabled, while a machine can step; `None` cuts the run short, which
    /// makes its verdict inconclusive.
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice>;

    /// One of the choices that are enabled, when no machine can step: a fault, for a fault can strike a
    /// quiescent system, or [`Choice::Heal`]. `None` cuts the run short.
    #[inline]
    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        let _ = simulation;
        Some(Choice::Heal)
    }

    /// What comes next when the chaos has lasted as long as it may: [`Choice::Heal`], though machines can
    /// step. A scheduler that follows a list finds the healing in its list.
    #[inline]
    fn at_bound(&mut self, simulation: &Simulation) -> Option<Choice> {
        let _ = simulation;
        Some(Choice::Heal)
    }

    /// What it chose was done: for those that learn from what they see.
    #[inline]
    fn took(&mut self, step: &Step, simulation: &Simulation) {
        let _ = (step, simulation);
    }

    /// Which of its runs depend on others.
    fn rhythm(&self) -> Rhythm {
        Rhythm::INDEPENDENT
    }

    /// One of the steps of a run that is closed and has not converged for as long as a fair run may
    /// take: from then on no machine may wait for ever. Unless a scheduler has a fair order of its own,
    /// the machines take turns.
    #[inline]
    fn go_on(&mut self, simulation: &Simulation, turns: &mut RoundRobin) -> Option<Choice> {
        turns.choose(simulation)
    }

    /// When what it chose last begins, and when it is finished, which is when it happens; if it
    /// knows a time.
    #[inline]
    fn now(&self) -> Option<Span> {
        None
    }

    /// Which run it makes, if its times follow from that.
    fn timed(&self) -> Option<TimedRun> {
        None
    }
}

impl<S: Scheduler + ?Sized> Scheduler for &mut S {
    fn begin(&mut self, plan: &Plan, run: u64) {
        (**self).begin(plan, run);
    }

    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        (**self).choose(simulation)
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        (**self).at_rest(simulation)
    }

    fn at_bound(&mut self, simulation: &Simulation) -> Option<Choice> {
        (**self).at_bound(simulation)
    }

    fn took(&mut self, step: &Step, simulation: &Simulation) {
        (**self).took(step, simulation);
    }

    fn rhythm(&self) -> Rhythm {
        (**self).rhythm()
    }

    fn go_on(&mut self, simulation: &Simulation, turns: &mut RoundRobin) -> Option<Choice> {
        (**self).go_on(simulation, turns)
    }

    fn now(&self) -> Option<Span> {
        (**self).now()
    }

    fn timed(&self) -> Option<TimedRun> {
        (**self).timed()
    }
}

/// Which runs of a scheduler depend on others: again and again, `free` runs that depend on none are
/// followed by `learning` runs, each of which depends on those before it in its group and on no
/// others.
///
/// A learning run can be made alone; the scheduler then makes those before it, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rhythm {
    /// How many runs depend on none.
    pub free: u64,
    /// How many runs make a group; 0: all runs are free.
    pub learning: u64,
}

impl Rhythm {
    /// No run depends on another.
    pub const INDEPENDENT: Rhythm = Rhythm { free: 1, learning: 0 };

    /// How many of the first so many runs depend on no others.
    ///
    /// ```
    /// use active_active::scheduler::Rhythm;
    ///
    /// let rhythm = Rhythm { free: 10, learning: 5 };
    /// assert_eq!([4, 12, 27, 31].map(|runs| rhythm.free_of(runs)), [4, 10, 20, 21]);
    /// assert_eq!(Rhythm::INDEPENDENT.free_of(u64::MAX), u64::MAX);
    /// ```
    pub fn free_of(self, runs: u64) -> u64 {
        let beat = self.free + self.learning;
        runs / beat * self.free + (runs % beat).min(self.free)
    }
}

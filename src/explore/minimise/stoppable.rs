//! A run that ends as soon as the minimizer is asked to stop: one of many records takes seconds, and an answer to
//! whether a failure needs its causes takes many of them.

use super::Watch;
use crate::plan::Plan;
use crate::scheduler::{RoundRobin, Scheduler, Span, TimedRun};
use crate::sim::{Choice, Simulation, Step};

/// Chooses as the scheduler does until the watch says stop; then it chooses nothing, which cuts the run short: it shows
/// nothing, and nothing may be concluded from that.
pub(super) struct Stoppable<'a, S> {
    pub(super) scheduler: &'a mut S,
    pub(super) watch: &'a Watch,
}

impl<S: Scheduler> Stoppable<'_, S> {
    /// What the scheduler chooses, unless it is to stop.
    #[inline]
    fn unless_stopped(&mut self, choose: impl FnOnce(&mut S) -> Option<Choice>) -> Option<Choice> {
        if self.watch.is_stopped() { None } else { choose(self.scheduler) }
    }
}

impl<S: Scheduler> Scheduler for Stoppable<'_, S> {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.scheduler.begin(plan, run);
    }

    #[inline]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        self.unless_stopped(|scheduler| scheduler.choose(simulation))
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        self.unless_stopped(|scheduler| scheduler.at_rest(simulation))
    }

    fn at_bound(&mut self, simulation: &Simulation) -> Option<Choice> {
        self.unless_stopped(|scheduler| scheduler.at_bound(simulation))
    }

    #[inline]
    fn took(&mut self, step: &Step, simulation: &Simulation) {
        self.scheduler.took(step, simulation);
    }

    #[inline]
    fn go_on(&mut self, simulation: &Simulation, turns: &mut RoundRobin) -> Option<Choice> {
        self.unless_stopped(|scheduler| scheduler.go_on(simulation, turns))
    }

    #[inline]
    fn now(&self) -> Option<Span> {
        self.scheduler.now()
    }

    fn timed(&self) -> Option<TimedRun> {
        self.scheduler.timed()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::run::{Cut, Runner, Verdict};
    use crate::scenario::builtin;

    /// Asks to stop at a step.
    struct AtStep<'a>(u64, &'a Watch);

    impl Scheduler for AtStep<'_> {
        fn begin(&mut self, _plan: &Plan, _run: u64) {}

        fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
            if simulation.steps() == self.0 {
                self.1.stop();
            }
            RoundRobin::default().choose(simulation)
        }
    }

    #[test]
    fn a_run_ends_within_a_step_of_the_interrupt() {
        let scenario = builtin::scenario("baseline").expect("it is built in");
        let mut runner = Runner::new(Arc::new(Plan::new(&scenario).expect("it is right")));
        let watch = Watch::default();
        let scheduler = &mut AtStep(20, &watch);
        let mut stoppable = Stoppable { scheduler, watch: &watch };
        let outcome = runner.run(&mut stoppable, 0, &mut ());
        assert_eq!(outcome.verdict, Verdict::Inconclusive(Cut::Scheduler(21)));
    }
}

//! Measuring many runs, on several threads.

use std::sync::{Arc, Mutex, PoisonError};

use crate::explore::threads::work_on;
use crate::explore::units::{Supply, Units};
use crate::metrics::Metrics;
use crate::plan::Plan;
use crate::run::Runner;
use crate::scheduler::Scheduler;

impl Metrics {
    /// Measures the runs `0..runs` of a scheduler, on so many threads; the result does not depend
    /// on how many. `scheduler` makes the scheduler of a thread.
    ///
    /// # Panics
    ///
    /// If a run panics: a defect of the simulator.
    pub fn of_runs<S: Scheduler>(
        plan: &Arc<Plan>,
        scheduler: impl Fn() -> S + Sync,
        runs: u64,
        threads: usize,
        steps_max: u64,
    ) -> Metrics {
        let all = Mutex::new(Metrics::new(plan));
        // Runs that learn from each other are made together: one alone would make them all again.
        let supply = Supply::new(Units::new(scheduler().rhythm(), runs), Vec::new());
        let work = || {
            let mut runner = Runner::new(Arc::clone(plan));
            runner.limit_steps(steps_max);
            let metrics = measured(&supply, &mut runner, scheduler());
            all.lock().unwrap_or_else(PoisonError::into_inner).merge(metrics);
        };
        work_on(threads, &|_| (), &work);
        all.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the runs measure that one thread makes.
fn measured<S: Scheduler>(supply: &Supply, runner: &mut Runner, mut scheduler: S) -> Metrics {
    let mut metrics = Metrics::new(runner.simulation().plan());
    while let Some(unit) = supply.take() {
        for run in unit {
            runner.run(&mut scheduler, run, &mut metrics);
            metrics.end_run();
        }
    }
    metrics
}

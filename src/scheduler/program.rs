//! Programs of a known number of interleavings, to test search strategies on.

use std::sync::Arc;

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::plan::Plan;
use crate::scenario::builtin;
use crate::scheduler::seed::below;

/// The plan of a built-in scenario, or of one that is written out.
pub(crate) fn plan(scenario: &str) -> Arc<Plan> {
    let text = builtin::text(scenario).unwrap_or(scenario);
    Arc::new(Plan::load(text, "test", &[]).unwrap_or_else(|error| panic!("{error}")))
}

/// Two regions and one stage: small enough for a search to have seen nearly all that there is.
pub(crate) const ONE_STAGE: &str = "
    name = 'one-stage'
    topology.stages = ['only']
    records.batches = [2]
    script = ['publish 1', 'await delivered all']
";

/// Threads that take a number of steps each, at any time.
pub(crate) struct Program {
    /// By thread.
    steps: Vec<u32>,
}

/// How far a program is.
pub(crate) struct State {
    /// By thread: how many steps are left.
    pub(crate) left: Vec<u32>,
    /// By thread: how many steps it has taken.
    pub(crate) taken: Vec<u32>,
}

impl State {
    pub(crate) fn can_step(&self, thread: u16) -> bool {
        self.left[usize::from(thread)] > 0
    }

    pub(crate) fn enabled(&self) -> Vec<u16> {
        (0..self.left.len() as u16).filter(|&thread| self.can_step(thread)).collect()
    }

    pub(crate) fn any(&self, numbers: &mut Xoshiro256PlusPlus) -> u16 {
        let enabled = self.enabled();
        enabled[below(numbers.next_u32(), enabled.len())]
    }
}

impl Program {
    pub(crate) fn new(steps: &[u32]) -> Program {
        Program { steps: steps.to_vec() }
    }

    pub(crate) fn threads(&self) -> usize {
        self.steps.len()
    }

    pub(crate) fn steps(&self) -> u64 {
        self.steps.iter().map(|&steps| u64::from(steps)).sum()
    }

    /// The order in which threads step when `choose` decides.
    pub(crate) fn run(&self, mut choose: impl FnMut(u64, &State) -> u16) -> Vec<u16> {
        let mut state = State { left: self.steps.clone(), taken: vec![0; self.steps.len()] };
        let mut order = Vec::new();
        for step in 0..self.steps() {
            let thread = choose(step, &state);
            assert!(state.can_step(thread), "thread {thread} has no step left");
            state.left[usize::from(thread)] -= 1;
            state.taken[usize::from(thread)] += 1;
            order.push(thread);
        }
        order
    }
}

/// The share of runs of which something is true.
pub(crate) fn share_of(runs: u64, is_so: impl FnMut(u64) -> bool) -> f64 {
    (0..runs).map(is_so).filter(|&so| so).count() as f64 / runs as f64
}

/// How far counts are from their expected shares (Pearson's chi-square).
pub(crate) fn chi_square(counts: &[(u64, f64)]) -> f64 {
    let total: u64 = counts.iter().map(|(count, _)| count).sum();
    let shares: f64 = counts.iter().map(|(_, share)| share).sum();
    let term = |&(count, share): &(u64, f64)| {
        let expected = total as f64 * share / shares;
        (count as f64 - expected).powi(2) / expected
    };
    counts.iter().map(term).sum()
}

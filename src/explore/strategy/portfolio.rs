//! All strategies together: none is the best for every bug.

use std::sync::Arc;

use crate::explore::strategy::feedback::{Feedback, GROUP};
use crate::plan::Plan;
use crate::scheduler::seed::mix;
use crate::scheduler::{Delay, Pct, Pos, Profile, Random, Rhythm, Scheduler, Surw};
use crate::sim::{Choice, Simulation, Step};

/// How many of the strategies have runs that depend on no others.
const MEMBERS: u64 = 6;
/// So many runs of theirs are followed by one group of [`Feedback`]: half the runs of all.
const FREE: u64 = 171 * MEMBERS;
/// The runs by feedback learn.
pub(crate) const RHYTHM: Rhythm = Rhythm { free: FREE, learning: GROUP };

/// Shares its runs among the strategies: uniform random choice, priorities with one and with three
/// changes, partial order sampling, selectively uniform walks and delays take turns for 1,026 runs,
/// and a group of 1,024 runs by feedback follows.
///
/// What one of the first six finds in *n* runs of its own is found in at most about 12 · *n*, and
/// while *n* is below 171 in 6 · *n*; nothing is out of reach because of a wrong choice of strategy.
#[derive(Debug)]
pub struct Portfolio {
    random: Random,
    shallow: Pct,
    deep: Pct,
    pos: Pos,
    surw: Surw,
    delay: Delay,
    feedback: Feedback,
    /// Whose run is under way.
    member: u64,
}

/// The member that learns.
const FEEDBACK: u64 = MEMBERS;

impl Portfolio {
    /// A scheduler whose runs all derive from this seed. Runs are cut short after `steps_max`
    /// steps, as those of the campaign are.
    pub fn new(plan: Arc<Plan>, profile: &Arc<Profile>, seed: u64, steps_max: u64) -> Portfolio {
        let profile = || Arc::clone(profile);
        let seed_of = |member: u64| mix(seed.wrapping_add(mix(member)));
        Portfolio {
            random: Random::new(seed_of(0)),
            shallow: Pct::new(profile(), seed_of(1), 2),
            pos: Pos::new(profile(), seed_of(2)),
            surw: Surw::new(profile(), seed_of(3)),
            delay: Delay::new(profile(), seed_of(4), 3),
            deep: Pct::new(profile(), seed_of(5), 4),
            feedback: Feedback::new(plan, profile(), seed_of(6), steps_max),
            member: 0,
        }
    }
}

/// Who makes a run, and which of theirs it is.
fn assign(run: u64) -> (u64, u64) {
    let (beat, rest) = (run / (FREE + GROUP), run % (FREE + GROUP));
    match rest.checked_sub(FREE) {
        Some(number) => (FEEDBACK, beat * GROUP + number),
        None => (rest % MEMBERS, beat * (FREE / MEMBERS) + rest / MEMBERS),
    }
}

/// Does the same with whichever member it is.
macro_rules! each {
    ($portfolio:expr, $scheduler:ident => $does:expr) => {{
        let Portfolio { random, shallow, deep, pos, surw, delay, feedback, member } = $portfolio;
        match *member {
            0 => {
                let $scheduler = random;
                $does
            }
            1 => {
                let $scheduler = shallow;
                $does
            }
            2 => {
                let $scheduler = pos;
                $does
            }
            3 => {
                let $scheduler = surw;
                $does
            }
            4 => {
                let $scheduler = delay;
                $does
            }
            5 => {
                let $scheduler = deep;
                $does
            }
            _ => {
                let $scheduler = feedback;
                $does
            }
        }
    }};
}

impl Scheduler for Portfolio {
    fn begin(&mut self, plan: &Plan, run: u64) {
        let (member, run) = assign(run);
        self.member = member;
        each!(self, scheduler => scheduler.begin(plan, run));
    }

    #[inline]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        each!(self, scheduler => scheduler.choose(simulation))
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        each!(self, scheduler => scheduler.at_rest(simulation))
    }

    #[inline]
    fn took(&mut self, step: &Step, simulation: &Simulation) {
        each!(self, scheduler => scheduler.took(step, simulation));
    }

    fn rhythm(&self) -> Rhythm {
        RHYTHM
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::scheduler::program::{ONE_STAGE, plan};

    /// The choices of a run, up to so many.
    fn choices(
        plan: &Arc<Plan>,
        scheduler: &mut impl Scheduler,
        run: u64,
        max: usize,
    ) -> Vec<Choice> {
        let mut simulation = Simulation::new(Arc::clone(plan));
        scheduler.begin(plan, run);
        let mut taken = Vec::new();
        while taken.len() < max && !simulation.enabled().is_quiescent() {
            let choice = scheduler.choose(&simulation).expect("a machine can step");
            let step = simulation.step(choice);
            scheduler.took(&step, &simulation);
            taken.push(choice);
        }
        taken
    }

    /// Each of the first six runs is one of the strategy that is named for it, with the depth and the number of
    /// delays that are named; and so is the next run of each.
    #[test]
    fn every_member_is_the_strategy_that_it_is_said_to_be() {
        let plan = plan("crash-anywhere");
        let profile = Arc::new(Profile::new(&plan, 1));
        let mut portfolio = Portfolio::new(Arc::clone(&plan), &profile, 7, u64::MAX);
        let mut of = |run| choices(&plan, &mut portfolio, run, 800);
        let ours: Vec<Vec<Choice>> = (0..12).map(&mut of).collect();
        let seed = |member: u64| mix(7u64.wrapping_add(mix(member)));
        let profile = || Arc::clone(&profile);
        for run in [0, 1] {
            let theirs = [
                choices(&plan, &mut Random::new(seed(0)), run, 800),
                choices(&plan, &mut Pct::new(profile(), seed(1), 2), run, 800),
                choices(&plan, &mut Pos::new(profile(), seed(2)), run, 800),
                choices(&plan, &mut Surw::new(profile(), seed(3)), run, 800),
                choices(&plan, &mut Delay::new(profile(), seed(4), 3), run, 800),
                choices(&plan, &mut Pct::new(profile(), seed(5), 4), run, 800),
            ];
            for (member, theirs) in theirs.into_iter().enumerate() {
                assert_eq!(ours[run as usize * 6 + member], theirs, "member {member}, run {run}");
            }
        }
    }

    /// Half of the runs learn: what the member for feedback is told, it keeps.
    #[test]
    fn the_runs_behind_the_free_ones_are_those_of_feedback() {
        let plan = plan(ONE_STAGE);
        let profile = Arc::new(Profile::new(&plan, 1));
        let seed = mix(7u64.wrapping_add(mix(FEEDBACK)));
        let mut portfolio = Portfolio::new(Arc::clone(&plan), &profile, 7, u64::MAX);
        let mut feedback = Feedback::new(Arc::clone(&plan), Arc::clone(&profile), seed, u64::MAX);
        for run in 0..30 {
            let ours = choices(&plan, &mut portfolio, FREE + run, usize::MAX);
            assert_eq!(ours, choices(&plan, &mut feedback, run, usize::MAX), "run {run}");
        }
        assert!(portfolio.feedback.kept() > 1);
    }

    #[test]
    fn every_member_makes_each_of_its_runs_once() {
        let runs = 3 * (FREE + GROUP);
        let assigned: BTreeSet<(u64, u64)> = (0..runs).map(assign).collect();
        let of = |member, count| (0..count).map(move |run| (member, run));
        let free = (0..MEMBERS).flat_map(|member| of(member, 3 * FREE / MEMBERS));
        let expected: BTreeSet<(u64, u64)> = free.chain(of(FEEDBACK, 3 * GROUP)).collect();
        assert_eq!(assigned, expected);
        assert_eq!(assigned.len() as u64, runs);
    }
}

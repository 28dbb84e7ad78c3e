//! When faults happen, for the strategies that plan a run before it begins.

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::model::fault::{FaultPoint, Path, PointKind, Subject};
use crate::model::id::{QueueId, RegionId, StageId};
use crate::model::layout::{Layout, Place};
use crate::plan::Plan;
use crate::scheduler::profile::Profile;
use crate::scheduler::seed::below;
use crate::sim::{Choice, Enabled, Simulation};

/// At most so many moments are drawn for a run.
const COUNT_MAX: u32 = 64;

/// The moments of a run at which a fault of the budget, its end, or the moment of an `await
/// sometime` is taken, uniform over a part of the profiled run (all of it, or a half, a quarter, … of
/// it: bugs need faults far apart and close together). In half of the runs there are as many as there
/// can be, because what needs them all is found by no fewer; in the others, as many as are drawn.
///
/// Each moment takes a kind of fault, uniform over the kinds that are offered, and one fault of
/// that kind. In half of the runs all of them concern the neighbourhood of one stage in one region,
/// because several faults that hit one record are what redundancy does not absorb.
#[derive(Clone, Debug)]
pub(crate) struct Moments {
    /// Steps, the latest first.
    at: Vec<u64>,
    /// How many faults are kept for when the system is quiescent.
    kept: usize,
    focus: Option<Focus>,
}

/// One stage in one region, and the queues before and behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Focus {
    region: RegionId,
    stage: StageId,
}

impl Moments {
    pub(crate) fn new() -> Moments {
        Moments { at: Vec::with_capacity(COUNT_MAX as usize), kept: 0, focus: None }
    }

    /// No moments.
    pub(crate) fn clear(&mut self) {
        self.at.clear();
        self.kept = 0;
        self.focus = None;
    }

    /// Draws the moments of a run.
    pub(crate) fn begin(
        &mut self,
        plan: &Plan,
        profile: &Profile,
        numbers: &mut Xoshiro256PlusPlus,
    ) {
        self.clear();
        if profile.faults == 0 {
            return;
        }
        if below(numbers.next_u32(), 2) == 0 {
            self.focus = Some(Focus::draw(&plan.layout, numbers));
        }
        let most = profile.faults.min(COUNT_MAX - 1) as usize + 1;
        let count = match below(numbers.next_u32(), 2) {
            0 => most,
            _ => below(numbers.next_u32(), most) + 1,
        };
        // In one run of four, some strike a quiescent system.
        self.kept = match below(numbers.next_u32(), 4) {
            0 => below(numbers.next_u32(), count) + 1,
            _ => 0,
        };
        let count = count - self.kept;
        let window = (profile.steps_max >> below(numbers.next_u32(), 7)).max(1);
        let first = within(numbers, profile.steps_max - window + 1);
        self.at.extend((0..count).map(|_| first + within(numbers, window)));
        self.at.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// The fault that is due now, if one is. One that is due and not offered stays due.
    #[inline]
    pub(crate) fn take(
        &mut self,
        simulation: &Simulation,
        numbers: &mut Xoshiro256PlusPlus,
    ) -> Option<Choice> {
        let due = self.at.last().is_some_and(|&at| at <= simulation.steps());
        if due { self.take_due(simulation, numbers) } else { None }
    }

    /// What happens to a quiescent system: a fault, if one is left or kept for this, or the healing.
    pub(crate) fn at_rest(
        &mut self,
        simulation: &Simulation,
        numbers: &mut Xoshiro256PlusPlus,
    ) -> Choice {
        let is_kept = self.kept > 0;
        let strikes = (is_kept || !self.at.is_empty()) && below(numbers.next_u32(), 4) != 0;
        let fault = if strikes { self.draw(simulation, numbers) } else { None };
        match (fault, is_kept) {
            (Some(_), true) => self.kept -= 1,
            (Some(_), false) => drop(self.at.pop()),
            (None, _) => {}
        }
        fault.unwrap_or(Choice::Heal)
    }

    #[cold]
    fn take_due(
        &mut self,
        simulation: &Simulation,
        numbers: &mut Xoshiro256PlusPlus,
    ) -> Option<Choice> {
        let choice = self.draw(simulation, numbers);
        if choice.is_some() {
            self.at.pop();
        }
        choice
    }

    /// One of the faults on offer that concern what this run is about.
    fn draw(&self, simulation: &Simulation, numbers: &mut Xoshiro256PlusPlus) -> Option<Choice> {
        let enabled = simulation.enabled();
        match self.focus {
            Some(focus) => {
                draw(enabled, numbers, |point| focus.concerns(point, &simulation.plan().layout))
            }
            None => draw(enabled, numbers, |_| true),
        }
    }
}

impl Focus {
    /// Any stage in any region.
    pub(crate) fn draw(layout: &Layout, numbers: &mut Xoshiro256PlusPlus) -> Focus {
        let region = RegionId(below(numbers.next_u32(), layout.regions) as u8);
        let stage = StageId(below(numbers.next_u32(), layout.stages.len()) as u8);
        Focus { region, stage }
    }

    /// That stage, in that region or in any.
    pub(crate) fn at(
        region: Option<RegionId>,
        stage: usize,
        layout: &Layout,
        numbers: &mut Xoshiro256PlusPlus,
    ) -> Focus {
        let any = Focus::draw(layout, numbers);
        Focus { region: region.unwrap_or(any.region), stage: StageId(stage as u8) }
    }

    /// Whether the fault strikes there. The moments of the script concern every machine.
    pub(crate) fn concerns(self, point: FaultPoint, layout: &Layout) -> bool {
        if let Subject::Region(region) | Subject::Path(Path::Region(region)) = point.subject() {
            return region == self.region;
        }
        let Some(place) = point.subject().place(layout) else { return false };
        if let Place::Container(id) = place {
            layout.container_place(id) == (self.region, self.stage)
        } else if let Place::Queue(id) = place {
            self.is_beside(id, layout)
        } else if let Place::Table(id) = place {
            layout.table_place(id) == (self.region, self.stage)
        } else if let Place::Replicator(id) = place {
            id.index() == self.stage.index()
        } else if let Place::Source | Place::InDns = place {
            self.stage.0 == 0
        } else if let Place::OutDns | Place::Destination = place {
            self.sends_to(layout.shape.last(), layout)
        } else {
            true
        }
    }

    fn is_beside(self, queue: QueueId, layout: &Layout) -> bool {
        let (region, position) = layout.queue_place(queue);
        let reads = position == self.stage.index();
        region == self.region && (reads || self.sends_to(position, layout))
    }

    fn sends_to(self, position: usize, layout: &Layout) -> bool {
        layout.shape.next(self.stage).contains(&(position as u8))
    }
}

/// How many kinds of fault points there are.
pub(crate) const KINDS: usize = PointKind::ALL.len();

/// Which kind it is, below [`KINDS`].
pub(crate) fn kind(point: FaultPoint) -> usize {
    point.kind() as usize
}

/// A fault of those that are offered and wanted: a kind, then one of that kind.
pub(crate) fn draw(
    enabled: Enabled<'_>,
    numbers: &mut Xoshiro256PlusPlus,
    wanted: impl Fn(FaultPoint) -> bool,
) -> Option<Choice> {
    let points = || enabled.fault_points().filter(|&point| wanted(point));
    let mut counts = [0usize; KINDS];
    points().for_each(|point| counts[kind(point)] += 1);
    let kinds = counts.iter().filter(|&&count| count > 0).count();
    if kinds == 0 {
        return None;
    }
    let number = below(numbers.next_u32(), kinds);
    let chosen = (0..KINDS).filter(|&kind| counts[kind] > 0).nth(number)?;
    let number = below(numbers.next_u32(), counts[chosen]);
    points().filter(|&point| kind(point) == chosen).nth(number).map(Choice::Fault)
}

/// A number of `0..bound`.
pub(crate) fn within(numbers: &mut Xoshiro256PlusPlus, bound: u64) -> u64 {
    ((u128::from(numbers.next_u64()) * u128::from(bound)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use super::*;
    use crate::model::id::{ContainerId, MachineId, ReplicatorId, TableId};
    use crate::scheduler::program::{chi_square, plan};
    use crate::scheduler::seed::generator;

    /// As many as there can be in half of the runs, any smaller number in the others; close together and far
    /// apart; early and late.
    #[test]
    fn moments_are_few_and_many_close_and_far_early_and_late() {
        let plan = plan("standard-queues");
        let profile = Profile::new(&plan, 1);
        let most = profile.faults as usize;
        let mut moments = Moments::new();
        let (mut counts, mut widths): (BTreeMap<usize, u64>, BTreeSet<u32>) = Default::default();
        let (mut early, mut late, mut focused) = (0, 0, 0);
        let (mut close, mut many) = (0, 0);
        for run in 0..8_000 {
            moments.begin(&plan, &profile, &mut generator(3, run));
            assert!(moments.at.is_sorted_by(|one, other| one >= other));
            assert!(moments.at.iter().all(|&at| at < profile.steps_max));
            *counts.entry(moments.at.len() + moments.kept).or_default() += 1;
            focused += u32::from(moments.focus.is_some());
            let (Some(&first), Some(&last)) = (moments.at.last(), moments.at.first()) else {
                // All are kept for a quiescent system.
                continue;
            };
            if moments.at.len() > 4 {
                widths.insert((profile.steps_max / (last - first).max(1)).ilog2());
                many += 1;
                close += u32::from((last - first) * 16 <= profile.steps_max);
            }
            early += u32::from(first < profile.steps_max / 8);
            late += u32::from(last >= profile.steps_max * 7 / 8);
        }
        let all: Vec<usize> = counts.keys().copied().collect();
        assert_eq!(all, (1..=most + 1).collect::<Vec<usize>>());
        let whole = counts[&(most + 1)];
        assert!((4_000..4_900).contains(&whole), "{whole} runs have as many as there can be");
        let fewer: Vec<(u64, f64)> = (1..=most).map(|count| (counts[&count], 1.0)).collect();
        assert!(chi_square(&fewer) < 3.0 * most as f64 + 20.0, "{counts:?}");
        assert!(widths.len() >= 6, "{widths:?}");
        // Three parts of seven are a sixteenth of the run or less.
        assert!(close * 7 > many * 2, "{close} of {many} are close together");
        assert!(early > 1_500 && late > 1_500, "{early} early, {late} late");
        assert!((3_700..4_300).contains(&focused), "{focused} around one stage");
    }

    /// A kind first, then one of that kind: five machines whose reply can be lost are not five times as likely
    /// as the one queue that can change its order.
    #[test]
    fn every_kind_that_is_on_offer_is_as_likely() {
        let plan = plan("standard-queues");
        let mut simulation = Simulation::new(Arc::clone(&plan));
        let kinds_of = |simulation: &Simulation| -> BTreeSet<usize> {
            simulation.enabled().fault_points().map(kind).collect()
        };
        let mut numbers = generator(4, 1);
        while kinds_of(&simulation).len() < 3 {
            let enabled = simulation.enabled();
            let choice = enabled.any_step(below(numbers.next_u32(), enabled.steps()));
            simulation.step(choice);
        }
        let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
        for _ in 0..9_000 {
            match draw(simulation.enabled(), &mut numbers, |_| true) {
                Some(Choice::Fault(point)) => *counts.entry(kind(point)).or_default() += 1,
                other => panic!("a fault is on offer, not {other:?}"),
            }
        }
        let even: Vec<(u64, f64)> = counts.values().map(|&count| (count, 1.0)).collect();
        assert_eq!(counts.len(), kinds_of(&simulation).len());
        // At most 11 degrees of freedom: one value in 30,000 is greater.
        assert!(chi_square(&even) < 40.0, "{counts:?}");
    }

    /// The neighborhood of the second stage in region 2: the queue in front of it and the one behind it.
    #[test]
    fn faults_around_a_stage_are_those_of_its_neighborhood() {
        let plan = plan("baseline");
        let layout = &plan.layout;
        let focus = Focus { region: RegionId(1), stage: StageId(1) };
        let concerns = |point| focus.concerns(point, layout);
        let of = |count: usize, is: &dyn Fn(u16) -> bool| -> Vec<u16> {
            (0..count as u16).filter(|&id| is(id)).collect()
        };
        let queue = |position| layout.queue(RegionId(1), position).0;
        let queues = of(layout.queues(), &|id| concerns(FaultPoint::Reorder(QueueId(id))));
        assert_eq!(queues, [queue(1), queue(2)]);
        let queues = of(layout.queues(), &|id| concerns(FaultPoint::TimeOut(QueueId(id))));
        assert_eq!(queues, [queue(1), queue(2)]);
        let container = layout.container(RegionId(1), StageId(1), 0).0;
        for point in [FaultPoint::Crash, FaultPoint::Restart] {
            let found = of(layout.containers(), &|id| concerns(point(ContainerId(id))));
            assert_eq!(found, [container]);
        }
        let table = layout.table(RegionId(1), StageId(1)).0;
        let tables = of(layout.tables(), &|id| concerns(FaultPoint::LoseTable(TableId(id))));
        assert_eq!(tables, [table]);
        for point in [FaultPoint::Switchover, FaultPoint::Failover] {
            let found =
                of(layout.stages.len(), &|id| concerns(point(ReplicatorId(id), RegionId(0))));
            assert_eq!(found, [1]);
        }
        for point in [FaultPoint::LoseRegion, FaultPoint::Outage, FaultPoint::EndOutage] {
            let found = of(layout.regions, &|id| concerns(point(RegionId(id as u8))));
            assert_eq!(found, [1]);
        }
        assert!(concerns(FaultPoint::GoOn));
        let machines = of(layout.machines(), &|id| concerns(FaultPoint::LoseReply(MachineId(id))));
        let names: Vec<&str> = machines.iter().map(|&id| layout.name(MachineId(id))).collect();
        assert_eq!(
            names.len(),
            6,
            "the driver, two queues, the container, the table, the replicator: {names:?}"
        );
    }
}

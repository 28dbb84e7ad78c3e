//! When faults happen, for the strategies that plan a run before it begins.

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::model::fault::FaultPoint;
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

    /// Whether the fault strikes there. The moments of the script concern everybody.
    pub(crate) fn concerns(self, point: FaultPoint, layout: &Layout) -> bool {
        let place = match point {
            FaultPoint::Crash(id) | FaultPoint::Restart(id) => Place::Container(id),
            FaultPoint::LoseReply(machine) => layout.places()[machine.index()],
            FaultPoint::TimeOut(id) | FaultPoint::Reorder(id) => Place::Queue(id),
            FaultPoint::GoOn => return true,
            FaultPoint::LoseTable(id) => Place::Table(id),
            FaultPoint::Switchover(id, _) | FaultPoint::Failover(id, _) => Place::Replicator(id),
            FaultPoint::LoseRegion(region)
            | FaultPoint::Outage(region)
            | FaultPoint::EndOutage(region) => return region == self.region,
        };
        match place {
            Place::Container(id) => layout.container_place(id) == (self.region, self.stage),
            Place::Queue(id) => self.is_beside(id, layout),
            Place::Table(id) => layout.table_place(id) == (self.region, self.stage),
            Place::Replicator(id) => id.index() == self.stage.index(),
            Place::Source | Place::InDns => self.stage.0 == 0,
            Place::OutDns | Place::Destination => self.stage.index() + 1 == layout.stages.len(),
            Place::Driver => true,
        }
    }

    fn is_beside(self, queue: QueueId, layout: &Layout) -> bool {
        let (region, position) = layout.queue_place(queue);
        let stage = self.stage.index();
        region == self.region && (position == stage || position == stage + 1)
    }
}

/// The kinds of fault points, as small numbers.
pub(crate) const KINDS: usize = 12;

/// Which kind it is, below [`KINDS`].
pub(crate) fn kind(point: FaultPoint) -> usize {
    match point {
        FaultPoint::Crash(_) => 0,
        FaultPoint::Restart(_) => 1,
        FaultPoint::LoseReply(_) => 2,
        FaultPoint::TimeOut(_) => 3,
        FaultPoint::Reorder(_) => 4,
        FaultPoint::GoOn => 5,
        FaultPoint::LoseTable(_) => 6,
        FaultPoint::LoseRegion(_) => 7,
        FaultPoint::Switchover(..) => 8,
        FaultPoint::Failover(..) => 9,
        FaultPoint::Outage(_) => 10,
        FaultPoint::EndOutage(_) => 11,
    }
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

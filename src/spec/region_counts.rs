//! `RegionCounts`: the spec of the published P model, for comparison.

use crate::model::event::Event;
use crate::model::layout::Place;
use crate::model::message::{Message, MessageKind};
use crate::model::queue;
use crate::plan::Plan;
use crate::sim::Step;

/// What the published spec counts of one component.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counts {
    /// Requests to send (queue) or to store (table).
    requested: u32,
    /// Sends that were acknowledged.
    completed: u32,
    /// Deliveries.
    received: u32,
    /// Requests to remove.
    removed: u32,
}

/// Counts, per queue and table, how many records were sent, completed, received, removed and
/// stored, and accepts when every count is one of the expected sizes.
///
/// This restates the published property `ActiveActiveIsSafeAndLive`, which becomes cold when all
/// counts equal the expected sizes (15 and 15; 5 and 25 after a failover). Known gaps, each shown
/// by a test:
///
/// * it compares counts and not identities: one record twice and another never is accepted;
/// * it counts requests and not effects: rows that replication lost are not missed;
/// * it accepts a component that never appeared: only those with an event are compared;
/// * with unequal sizes it accepts them swapped: which region should have how many is not asked.
///
/// The published property is a state machine that watches. It becomes content as soon as all counts of what it
/// has seen are as expected, which can be in the middle of a run: what has not been asked for anything is not
/// counted. From then on it ignores requests of queues, and expects no write and no acknowledgement; one that comes
/// all the same is "an event that cannot be handled" ([`RegionCounts::objection`]). Where replication is late that is a
/// false alarm, and P's own checker shows it in its sound tests.
///
/// It also objects to sound runs: a crash makes a record come twice, and the counts exceed the
/// sizes. So it is no part of the verdict.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::plan::Plan;
/// use active_active::scenario::builtin;
/// use active_active::sim::Simulation;
/// use active_active::spec::{CountMismatch, RegionCounts};
///
/// let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
/// let judge = |sizes: &[u32]| {
///     let mut simulation = Simulation::new(Arc::clone(&plan));
///     let mut counts = RegionCounts::new(&plan, sizes);
///     while !simulation.enabled().is_quiescent() {
///         let step = simulation.step(simulation.enabled().nth_step(0));
///         counts.watch(&step, simulation.events(), &plan);
///     }
///     counts.judge_end(&plan)
/// };
/// assert_eq!(judge(&RegionCounts::expected_sizes(&plan)), Ok(()));
/// let mismatch: CountMismatch = judge(&[4, 6]).expect_err("the ten records are five and five");
/// assert_eq!((mismatch.counter, mismatch.found), ("sent", 5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RegionCounts {
    /// The sizes that a region may have, in ascending order.
    expected: Vec<u32>,
    /// By queue: its counts; none if it never appeared.
    queues: Vec<Option<Counts>>,
    /// By table: its counts; none if it never appeared.
    tables: Vec<Option<Counts>>,
    /// By `replicator × regions + region`: how many writes of the region it was asked to replicate; none if it
    /// never was.
    replicated: Vec<Option<u32>>,
    /// By `table × regions + region`: how many writes of the region, another one, it was asked to apply; none if
    /// it never was.
    applied: Vec<Option<u32>>,
    /// All counts were as expected, once.
    content: bool,
    /// What came after that and was not expected, first.
    objection: Option<CountMismatch>,
}

/// A count that is none of the expected sizes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CountMismatch {
    /// The name of the component.
    pub component: String,
    /// Which count: `sent`, `completed`, `received`, `removed` or `stored`.
    pub counter: &'static str,
    /// How many there were.
    pub found: u32,
}

impl RegionCounts {
    /// A spec that expects the regions to get so many records, in whatever order.
    pub fn new(plan: &Plan, expected: &[u32]) -> RegionCounts {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        RegionCounts {
            expected,
            queues: vec![None; plan.layout.queues()],
            tables: vec![None; plan.layout.tables()],
            replicated: vec![None; plan.layout.stages.len() * plan.layout.regions],
            applied: vec![None; plan.layout.tables() * plan.layout.regions],
            content: false,
            objection: None,
        }
    }

    /// Each region's share by its weight, rounded down, which is what the published test writes down by
    /// hand. A healthy run has these sizes only where nothing but the weights decides, and they divide
    /// the records evenly: not with the failover policy, a time to live, random answers, or a script
    /// that moves the traffic. To be fair to this spec elsewhere, give it what a fair run
    /// of the sound design has, as `region-counts` of the package `bench/` does.
    pub fn expected_sizes(plan: &Plan) -> Vec<u32> {
        let weights: Vec<u32> = plan.scenario().dns.weights.clone();
        let regions = plan.layout.regions;
        let weights =
            if weights.iter().all(|&weight| weight == 0) { vec![1; regions] } else { weights };
        let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
        let share = |&weight: &u32| (plan.records() as u64 * u64::from(weight) / total) as u32;
        weights.iter().map(share).collect()
    }

    /// Takes note of a step and of what happened in it.
    pub fn watch(&mut self, step: &Step, events: &[Event], plan: &Plan) {
        if self.content {
            return self.expect_nothing(step, events, plan);
        }
        if self.count(step, events, plan) {
            self.content = self.judge_end(plan).is_ok() && self.is_replicated() && self.is_even();
        }
    }

    /// Counts what the step asked for and what happened in it. Whether there was anything to count.
    fn count(&mut self, step: &Step, events: &[Event], plan: &Plan) -> bool {
        let mut counted = false;
        if let (Some(machine), Some(pair)) = (step.choice.machine(), step.pair) {
            let place = plan.layout.places()[machine.index()];
            if let (Place::Queue(id), MessageKind::Send) = (place, pair.message) {
                self.queues[id.index()].get_or_insert_default().requested += 1;
                counted = true;
            } else if let (Place::Queue(id), MessageKind::Remove) = (place, pair.message) {
                self.queues[id.index()].get_or_insert_default().removed += 1;
                counted = true;
            } else if let (Place::Table(id), MessageKind::Insert) = (place, pair.message) {
                self.tables[id.index()].get_or_insert_default().requested += 1;
                counted = true;
            } else if let (Place::Table(id), Some(Message::Apply { region, .. })) =
                (place, step.message)
            {
                let place = id.index() * plan.layout.regions + region.index();
                *self.applied[place].get_or_insert_default() += 1;
                counted = true;
            } else if let (Place::Replicator(id), Some(Message::Replicate { region, .. })) =
                (place, step.message)
            {
                let place = id.index() * plan.layout.regions + region.index();
                *self.replicated[place].get_or_insert_default() += 1;
                counted = true;
            }
        }
        for event in events {
            if let Event::Queue(queue::Event::Enqueued { queue, .. }) = event {
                self.queues[queue.index()].get_or_insert_default().completed += 1;
                counted = true;
            }
            if let Event::Queue(queue::Event::Delivered { queue, .. }) = event {
                self.queues[queue.index()].get_or_insert_default().received += 1;
                counted = true;
            }
        }
        counted
    }

    /// Whether every write that was asked to be replicated or applied was, as far as any was.
    fn is_replicated(&self) -> bool {
        let mut counts = self.replicated.iter().chain(&self.applied).flatten();
        counts.all(|count| self.expected.contains(count))
    }

    /// Whether as many components have each of the sizes as regions are to have it: the published comparison of
    /// unequal sizes. Counts that are all the smaller size are not those of a whole run.
    fn is_even(&self) -> bool {
        let queues = || self.queues.iter().flatten();
        let of = |count: fn(&Counts) -> u32| queues().map(count).collect::<Vec<u32>>();
        let tables = self.tables.iter().flatten().map(|counts| counts.requested).collect();
        let rows = self.replicated.iter().chain(&self.applied).flatten().copied().collect();
        let kinds: [Vec<u32>; 6] = [
            of(|counts| counts.requested),
            of(|counts| counts.completed),
            of(|counts| counts.received),
            of(|counts| counts.removed),
            tables,
            rows,
        ];
        kinds.iter().all(|counts| {
            let number = |of: &[u32], size: u32| of.iter().filter(|&&found| found == size).count();
            let share = |size: u32| (number(counts, size), number(&self.expected, size));
            self.expected.windows(2).all(|sizes| {
                let ((one, wanted), (other, wanted_other)) = (share(sizes[0]), share(sizes[1]));
                one * wanted_other == other * wanted
            })
        })
    }

    /// It is content, and expects no write and no acknowledgement any more.
    fn expect_nothing(&mut self, step: &Step, events: &[Event], plan: &Plan) {
        if self.objection.is_some() {
            return;
        }
        let (layout, found) = (&plan.layout, 1);
        let name = |place| layout.name(layout.machine(place)).to_owned();
        let writes = step.message.is_some_and(|message| {
            matches!(
                message,
                Message::Insert { .. } | Message::Replicate { .. } | Message::Apply { .. }
            )
        });
        if let Some(machine) = step.choice.machine().filter(|_| writes) {
            let component = layout.name(machine).to_owned();
            self.objection = Some(CountMismatch { component, counter: "stored", found });
        }
        for event in events {
            if let Event::Queue(queue::Event::Enqueued { queue, .. }) = event {
                let component = name(Place::Queue(*queue));
                let mismatch = CountMismatch { component, counter: "completed", found };
                self.objection.get_or_insert(mismatch);
            }
        }
    }

    /// What came first of that which is not expected once all counts were as expected: a write (`stored`) or an
    /// acknowledgement (`completed`) more, at that component.
    pub fn objection(&self) -> Option<&CountMismatch> {
        self.objection.as_ref()
    }

    /// Whether the published spec accepts the run.
    ///
    /// # Errors
    ///
    /// The first count that is none of the expected sizes.
    pub fn judge_end(&self, plan: &Plan) -> Result<(), CountMismatch> {
        let layout = &plan.layout;
        let check = |place: Place, counter: &'static str, found: u32| {
            if self.expected.contains(&found) {
                return Ok(());
            }
            let component = layout.name(layout.machine(place)).to_owned();
            Err(CountMismatch { component, counter, found })
        };
        for (context, counts) in plan.queues.iter().zip(&self.queues) {
            let Some(counts) = counts else { continue };
            let place = Place::Queue(context.id);
            check(place, "sent", counts.requested)?;
            check(place, "completed", counts.completed)?;
            check(place, "received", counts.received)?;
            check(place, "removed", counts.removed)?;
        }
        for (context, counts) in plan.tables.iter().zip(&self.tables) {
            if let Some(counts) = counts {
                check(Place::Table(context.id), "stored", counts.requested)?;
            }
        }
        Ok(())
    }
}

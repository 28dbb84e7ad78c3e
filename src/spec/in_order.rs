//! `InOrder`.

use crate::model::event::Event;
use crate::model::fault::FaultKind;
use crate::model::id::{QueueId, RecordId, TableId};
use crate::model::options::Policy;
use crate::model::{destination, queue, source, table};
use crate::plan::{DriverAction, Plan};
use crate::sim::{Bytes, Simulation};
use crate::spec::breach::Whereabouts;
use crate::spec::{Breach, Judgement, PropertyName, RegionFifo};

#[cfg(test)]
pub(crate) mod fields;

/// Records reach each queue, each stage's table and the destination in the order of publishing; with business
/// keys, those of each key do.
///
/// What comes to a component a second time has reached it before. Queues and tables of the same place in the pipeline are
/// one component in all regions, so a region that takes over goes on where the other one ended. A record that was
/// refused, and is published again later, is published then.
///
/// It can be promised only where one region at a time is active, in addition to what
/// [`RegionFifo`](crate::spec::RegionFifo) asks for: with one weight that is not 0 and a script that changes no
/// routes, or with a failover policy that an operator switches (no health check, which does not wait until the
/// active region has drained). Catches a failover that does not wait for what is under way.
///
/// Source: the spec of the published active-passive model, which asks for one order at each component; Amazon SQS FIFO queues,
/// one message group.
#[derive(Clone, Debug)]
pub struct InOrder {
    applies: bool,
    /// How often a record was published that was not published last.
    published: u32,
    /// By record: its place in the order of publishing, counted from 1; 0: not yet.
    place: Vec<u32>,
    /// By record: which components it has reached, one bit each.
    reached: Vec<u64>,
    /// By `component × keys + key`: the place of the record that reached it last.
    last: Vec<u32>,
}

/// A component: queues by position, then tables by stage, then the destination.
#[derive(Clone, Copy)]
struct Component(usize);

impl InOrder {
    pub(super) fn new(plan: &Plan) -> InOrder {
        let applies = InOrder::not_applicable(plan).is_none();
        let length = |count: usize| if applies { count } else { 0 };
        let components = 2 * plan.layout.positions();
        InOrder {
            applies,
            published: 0,
            place: vec![0; length(plan.records() + 1)],
            reached: vec![0; length(plan.records() + 1)],
            last: vec![0; length(components * keys(plan))],
        }
    }

    /// Why it is not promised for this system, if it is not.
    pub(super) fn not_applicable(plan: &Plan) -> Option<&'static str> {
        if let Some(why) = RegionFifo::not_everywhere(plan) {
            return Some(why);
        }
        if plan.can_lose() {
            return Some("a region or a table can be lost");
        }
        if RegionFifo::moves_outbox(plan) {
            return Some("the relay of a global database goes to another region with the writer");
        }
        let dns = &plan.scenario().dns;
        if dns.health_threshold > 0 {
            return Some("a health check changes the region and waits for nothing");
        }
        if dns.policy == Policy::Failover {
            return None;
        }
        if dns.weights.iter().filter(|&&weight| weight > 0).count() != 1 {
            return Some("several regions are active");
        }
        let changes = plan.actions.iter().any(changes_routes);
        changes.then_some("the script changes the active region, with no failover policy")
    }

    /// Whether it judges such an event, or learns from it.
    pub(super) fn is_about(event: &Event) -> bool {
        matches!(
            event,
            Event::Source(source::Event::Published { .. })
                | Event::Queue(queue::Event::Enqueued { .. })
                | Event::Table(table::Event::Stored { .. })
                | Event::Destination(destination::Event::Arrived { .. })
        )
    }

    pub(super) fn reset(&mut self) {
        self.published = 0;
        self.place.fill(0);
        self.reached.fill(0);
        self.last.fill(0);
    }

    pub(super) fn copy_from(&mut self, other: &InOrder) {
        self.applies = other.applies;
        self.published = other.published;
        self.place.clone_from(&other.place);
        self.reached.clone_from(&other.reached);
        self.last.clone_from(&other.last);
    }

    /// Writes down what of a record can influence a later judgement.
    pub(super) fn write_record(&self, record: RecordId, bytes: &mut Bytes) {
        if self.applies {
            bytes.u32(self.place[record.index()]);
            bytes.u64(self.reached[record.index()]);
        }
    }

    /// Writes down what else can.
    pub(super) fn write(&self, bytes: &mut Bytes) {
        let InOrder { applies, published, place: _, reached: _, last } = self;
        if *applies {
            bytes.u32(*published);
            last.iter().for_each(|&last| bytes.u32(last));
        }
    }

    /// The source sends a record. One that no queue has is published now, whenever it was sent before.
    #[inline]
    pub(super) fn published(&mut self, record: RecordId) {
        // What was invented has no place.
        if !self.applies || self.reached.get(record.index()).is_none_or(|&reached| reached != 0) {
            return;
        }
        let place = &mut self.place[record.index()];
        if *place == 0 || *place != self.published {
            self.published += 1;
            *place = self.published;
        }
    }

    /// A queue has a record more.
    #[inline]
    pub(super) fn enqueued(&mut self, queue: QueueId, record: RecordId, plan: &Plan) -> Judgement {
        if !self.applies {
            return Ok(());
        }
        let (_, position) = plan.layout.queue_place(queue);
        self.reach(Component(position), Whereabouts::Queue(queue), record, plan)
    }

    /// A write for a container that asked this table.
    #[inline]
    pub(super) fn stored(&mut self, table: TableId, record: RecordId, plan: &Plan) -> Judgement {
        if !self.applies {
            return Ok(());
        }
        let (_, stage) = plan.layout.table_place(table);
        let component = Component(plan.layout.positions() + usize::from(stage.0));
        self.reach(component, Whereabouts::Table(table), record, plan)
    }

    /// The destination has a record.
    #[inline]
    pub(super) fn arrived(&mut self, record: RecordId, plan: &Plan) -> Judgement {
        if !self.applies {
            return Ok(());
        }
        let component = Component(2 * plan.layout.positions() - 1);
        self.reach(component, Whereabouts::Destination, record, plan)
    }

    fn reach(
        &mut self,
        component: Component,
        at: Whereabouts,
        record: RecordId,
        plan: &Plan,
    ) -> Judgement {
        let bit = 1 << component.0;
        match self.reached.get_mut(record.index()) {
            Some(reached) if *reached & bit == 0 => *reached |= bit,
            Some(_) | None => return Ok(()),
        }
        let place = self.place[record.index()];
        let last = &mut self.last[component.0 * keys(plan) + plan.key_of(record)];
        if place < *last {
            let by = self.place.iter().position(|place| place == last);
            let by = RecordId(by.expect("a record reached it last") as u16);
            return Err(Breach::Overtaken { property: PropertyName::InOrder, at, record, by });
        }
        *last = place;
        Ok(())
    }

    /// What was promised of the order, and what became of the two records.
    pub(super) fn why_overtaken(
        simulation: &Simulation,
        _at: Whereabouts,
        record: RecordId,
        by: RecordId,
    ) -> Vec<String> {
        let entered = |record| simulation.progress().entered(record);
        let mut reasons = vec![format!("record-source published {record} before {by}")];
        if entered(record) != entered(by) {
            let (first, second) = (entered(record), entered(by));
            reasons.push(format!(
                "{record} came to region {first}, {by} to region {second}: the regions changed while \
                 {record} was under way"
            ));
        }
        reasons
    }
}

/// Whether in-dns answers another region after this.
fn changes_routes(action: &DriverAction) -> bool {
    match action {
        DriverAction::Weights(_) => true,
        DriverAction::Fault(faults) | DriverAction::FaultSome(faults) => {
            faults.iter().any(|fault| fault.kind == FaultKind::Offline)
        }
        DriverAction::Publish(_)
        | DriverAction::Await(_)
        | DriverAction::Recover(_)
        | DriverAction::Redrive(_)
        | DriverAction::Check(_) => false,
    }
}

/// How many orders there are: one for each key, or one.
fn keys(plan: &Plan) -> usize {
    plan.keys().count().max(1)
}

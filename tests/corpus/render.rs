//! What happens in a run and where it ends, as text of the corpus' own: one line an event, one line a
//! machine or record. Nothing here depends on how a type is derived, laid out or numbered, or on the
//! words of reports; names of components are those of scenario files.

use std::fmt::Write;

use active_active::model::container::WhyBack;
use active_active::model::dns::DnsSide;
use active_active::model::event::fault;
use active_active::model::event::{Event, Holder};
use active_active::model::fault::{PointKind, Target};
use active_active::model::layout::Layout;
use active_active::model::{
    ContainerId, Place, QueueId, RecordCopy, RegionId, RegionSet, ReplicatorId, TableId,
};
use active_active::model::{
    container, destination, dns, queue, replicator, service, source, table,
};
use active_active::sim::Simulation;

/// Names of what events mention.
struct Names<'a>(&'a Layout);

impl<'a> Names<'a> {
    fn of(&self, place: Place) -> &'a str {
        self.0.name(self.0.machine(place))
    }

    fn queue(&self, id: QueueId) -> &'a str {
        self.of(Place::Queue(id))
    }

    fn container(&self, id: ContainerId) -> &'a str {
        self.of(Place::Container(id))
    }

    fn table(&self, id: TableId) -> &'a str {
        self.of(Place::Table(id))
    }

    /// The queue that an intent names, where the stage sends to several.
    fn one_of_several(&self, table: TableId, queue: QueueId) -> String {
        let layout = self.0;
        let stage = layout.table_place(table).1;
        match layout.shape.next(stage).len() {
            0 | 1 => String::new(),
            _ => format!(" {}", self.queue(queue)),
        }
    }

    fn replicator(&self, id: ReplicatorId) -> &'a str {
        self.of(Place::Replicator(id))
    }

    fn holder(&self, holder: Holder) -> String {
        match holder {
            Holder::Queue(id) => format!("queue {}", self.queue(id)),
            Holder::DeadLetters(id) => format!("dead-letters {}", self.queue(id)),
            Holder::Mirror(id) => format!("mirror {}", self.queue(id)),
            Holder::Table(id) => format!("table {}", self.table(id)),
            Holder::Stream(id) => format!("stream {}", self.table(id)),
            Holder::Log(id) => format!("log {}", self.table(id)),
            Holder::Outbox(id, queue) => {
                format!("outbox {}{}", self.table(id), self.one_of_several(id, queue))
            }
        }
    }

    fn target(&self, target: Target) -> String {
        match target {
            Target::Container(id) => self.container(id).to_owned(),
            Target::Queue(id) => self.queue(id).to_owned(),
            Target::Table(id) => self.table(id).to_owned(),
            Target::Replicator(id) => self.replicator(id).to_owned(),
            Target::Link(id, region) => format!("{} @{}", self.replicator(id), number(region)),
            Target::Dns(side, region) => format!("{} @{}", self::side(side), number(region)),
            Target::Service => self.0.name(self.0.machine(Place::Service)).to_owned(),
            Target::Region(region) => format!("@{}", number(region)),
            Target::Writer(id, region) => {
                format!("writer {} @{}", self.replicator(id), number(region))
            }
        }
    }
}

fn side(side: DnsSide) -> &'static str {
    match side {
        DnsSide::In => "in-dns",
        DnsSide::Out => "out-dns",
    }
}

/// A region as people count.
fn number(region: RegionId) -> usize {
    region.index() + 1
}

fn regions(set: RegionSet) -> String {
    let numbers: Vec<String> = set.iter().map(|region| number(region).to_string()).collect();
    numbers.join("+")
}

fn copy(copy: RecordCopy) -> String {
    format!("{}={}", copy.id.0, copy.value)
}

/// An event as a line.
#[expect(clippy::too_many_lines, reason = "a line or two for each kind of event")]
pub(crate) fn event(event: &Event, layout: &Layout, text: &mut String) {
    let names = Names(layout);
    let line = match *event {
        Event::Source(source::Event::Published { copy: c }) => format!("published {}", copy(c)),
        Event::Source(source::Event::Accepted { record }) => format!("accepted {}", record.0),
        Event::Source(source::Event::Refused { record }) => format!("refused {}", record.0),
        Event::Source(source::Event::BatchEnded { batch, complete }) => {
            format!("batch-ended {} {complete}", batch.0)
        }
        Event::Dns(dns::Event::Routed { record, region }) => {
            format!("routed {} @{}", record.0, number(region))
        }
        Event::Dns(dns::Event::FetchRouted { region }) => {
            format!("fetch-routed @{}", number(region))
        }
        Event::Dns(dns::Event::RoutesChanged { side: s, offline }) => {
            format!("routes-changed {} without {}", side(s), regions(offline))
        }
        Event::Dns(dns::Event::Probed { region, healthy }) => {
            format!("probed @{} {healthy}", number(region))
        }
        Event::Dns(dns::Event::HealthChanged { region, healthy }) => {
            format!("health-changed @{} {healthy}", number(region))
        }
        Event::Dns(dns::Event::WeightsChanged { weights }) => {
            let weights = weights.map(|weight| weight.to_string());
            format!("weights-changed {}", weights[..layout.regions].join(" "))
        }
        Event::Dns(dns::Event::PlanEnacted { plan, instead_of }) => {
            format!("plan-enacted {plan} for {instead_of}")
        }
        Event::Dns(dns::Event::PlanDeleted { plan }) => format!("plan-deleted {plan}"),
        Event::Queue(queue::Event::Enqueued { queue, copy: c }) => {
            format!("enqueued {} {}", names.queue(queue), copy(c))
        }
        Event::Queue(queue::Event::SendWaits { queue, record }) => {
            format!("send-waits {} {}", names.queue(queue), record.0)
        }
        Event::Queue(queue::Event::Delivered { queue, record, redelivery, gone }) => {
            format!("delivered {} {} {redelivery} {gone}", names.queue(queue), record.0)
        }
        Event::Queue(queue::Event::Deduplicated { queue, record }) => {
            format!("deduplicated {} {}", names.queue(queue), record.0)
        }
        Event::Queue(queue::Event::WindowPassed { queue }) => {
            format!("window-passed {}", names.queue(queue))
        }
        Event::Queue(queue::Event::Returned { queue, record }) => {
            format!("returned {} {}", names.queue(queue), record.0)
        }
        Event::Queue(queue::Event::TimedOut { queue, record }) => {
            format!("timed-out {} {}", names.queue(queue), record.0)
        }
        Event::Queue(queue::Event::Reordered { queue }) => {
            format!("reordered {}", names.queue(queue))
        }
        Event::Queue(queue::Event::DeadLettered { queue, record }) => {
            format!("dead-lettered {} {}", names.queue(queue), record.0)
        }
        Event::Fault(fault::Event::Late { machine, message }) => {
            format!("late {} {}", layout.name(machine), message.name())
        }
        Event::Fault(fault::Event::CameLate { machine, message }) => {
            format!("came-late {} {}", layout.name(machine), message.name())
        }
        Event::Queue(queue::Event::Redriven { queue, record }) => {
            format!("redriven {} {}", names.queue(queue), record.0)
        }
        Event::Queue(queue::Event::Expired { queue, record, dead }) => {
            format!("expired {} {} {dead}", names.queue(queue), record.0)
        }
        Event::Queue(queue::Event::Removed { queue, record }) => {
            format!("removed {} {}", names.queue(queue), record.0)
        }
        Event::Queue(queue::Event::Mirrored { queue, copy: c }) => {
            format!("mirrored {} {}", names.queue(queue), copy(c))
        }
        Event::Queue(queue::Event::PositionMirrored { queue, record }) => {
            format!("position-mirrored {} {}", names.queue(queue), record.0)
        }
        Event::Queue(queue::Event::TookOver { queue, copy: c }) => {
            format!("took-over {} {}", names.queue(queue), copy(c))
        }
        Event::Queue(queue::Event::Skipped { queue, record }) => {
            format!("skipped {} {}", names.queue(queue), record.0)
        }
        Event::Queue(queue::Event::CommitDue { queue, record }) => {
            format!("commit-due {} {}", names.queue(queue), record.0)
        }
        Event::Queue(queue::Event::StaleRemove { queue }) => {
            format!("stale-remove {}", names.queue(queue))
        }
        Event::Container(container::Event::Forwarding { container, record }) => {
            format!("forwarding {} {}", names.container(container), record.0)
        }
        Event::Container(container::Event::Became { container, state, refused_by }) => {
            let by = refused_by.map_or("-", |machine| layout.name(machine));
            format!("became {} {} {by}", names.container(container), state.name())
        }
        Event::Container(container::Event::GaveBack { container, record, why }) => {
            let why = match why {
                WhyBack::Unreadable => "gave-up".to_owned(),
                WhyBack::Poison => "gave-back poison".to_owned(),
                WhyBack::NewFormat => "gave-back new-format".to_owned(),
                WhyBack::OldFormat => "gave-back old-format".to_owned(),
                WhyBack::Duplicate => "gave-back duplicate".to_owned(),
                WhyBack::With(failed) => format!("gave-back with {}", failed.0),
                WhyBack::Refused(by) => format!("gave-back {}", layout.name(by)),
            };
            format!("{why} {} {}", names.container(container), record.0)
        }
        Event::Container(container::Event::CameAlong { container, record }) => {
            format!("came-along {} {}", names.container(container), record.0)
        }
        Event::Container(container::Event::WentOn { container, record }) => {
            format!("went-on {} {}", names.container(container), record.0)
        }
        Event::Container(container::Event::PutAside { container, record }) => {
            format!("put-aside {} {}", names.container(container), record.0)
        }
        Event::Container(container::Event::RemovesAll { container, record, why: _ }) => {
            format!("removes-all {} {}", names.container(container), record.0)
        }
        Event::Container(container::Event::PassedOver { container, record, refused_by }) => {
            let by = layout.name(refused_by);
            format!("passed-over {by} {} {}", names.container(container), record.0)
        }
        Event::Container(container::Event::NothingToRecover { container }) => {
            format!("nothing-to-recover {}", names.container(container))
        }
        Event::Container(container::Event::AnsweredAgain { container }) => {
            format!("answered-again {}", names.container(container))
        }
        Event::Container(container::Event::StaleReply { container }) => {
            format!("stale-reply {}", names.container(container))
        }
        Event::Table(table::Event::Stored { table, asked, copy: c, rows, duplicate }) => {
            let (table, asked) = (names.table(table), names.table(asked));
            format!("stored {table} by {asked} {} {rows} {duplicate}", copy(c))
        }
        Event::Table(table::Event::Applied { table, copy: c, rows }) => {
            format!("applied {} {} {rows}", names.table(table), copy(c))
        }
        Event::Table(table::Event::Intended { table, record, queue, passed }) => {
            let to = names.one_of_several(table, queue);
            format!("intended {} {} {passed}{to}", names.table(table), record.0)
        }
        Event::Table(table::Event::Passed { table, record }) => {
            format!("passed {} {}", names.table(table), record.0)
        }
        Event::Table(table::Event::Relayed { table, record, queue }) => {
            let to = names.one_of_several(table, queue);
            format!("relayed {} {}{to}", names.table(table), record.0)
        }
        Event::Table(table::Event::HandedOn { table, from, record }) => {
            format!("handed-on {} {} {}", names.table(table), names.table(from), record.0)
        }
        Event::Table(table::Event::Reopened { table, record }) => {
            format!("reopened {} {}", names.table(table), record.0)
        }
        Event::Table(table::Event::Skipped { table, record }) => {
            format!("skipped {} {}", names.table(table), record.0)
        }
        Event::Table(table::Event::Withdrawn { table, record, rows }) => {
            format!("withdrawn {} {} {rows}", names.table(table), record.0)
        }
        Event::Table(table::Event::NotWithdrawn { table, record }) => {
            format!("not-withdrawn {} {}", names.table(table), record.0)
        }
        Event::Table(table::Event::WithdrawnElsewhere { table, record, rows }) => {
            format!("withdrawn-elsewhere {} {} {rows}", names.table(table), record.0)
        }
        Event::Table(table::Event::Ignored { table, record }) => {
            format!("ignored {} {}", names.table(table), record.0)
        }
        Event::Table(table::Event::Forgot { table, record }) => {
            format!("forgot {} {}", names.table(table), record.0)
        }
        Event::Fault(fault::Event::ClockAhead { region }) => format!("clock-ahead {region}"),
        Event::Table(table::Event::KeyShown { table, record }) => {
            format!("shown {} {}", names.table(table), record.0)
        }
        Event::Replicator(replicator::Event::Replicated {
            replicator,
            record,
            region,
            reached,
        }) => {
            let (name, reached) = (names.replicator(replicator), regions(reached));
            format!("replicated {name} {} @{} to {reached}", record.0, number(region))
        }
        Event::Replicator(replicator::Event::WriterMoved { replicator, region }) => {
            format!("writer-moved {} @{}", names.replicator(replicator), number(region))
        }
        Event::Replicator(replicator::Event::ReplicationLost { replicator, record }) => {
            format!("replication-lost {} {}", names.replicator(replicator), record.0)
        }
        Event::Destination(destination::Event::Arrived { copy: c, region, counted, shown }) => {
            format!("arrived {} @{} {counted} {shown}", copy(c), number(region))
        }
        Event::Fault(fault::Event::Faulted { fault }) => {
            format!("faulted {} {}", fault.kind.name(), names.target(fault.target))
        }
        Event::Fault(fault::Event::Recovered { target, waiting }) => {
            format!("recovered {} {waiting}", names.target(target))
        }
        Event::Fault(fault::Event::Lost { holder, record }) => {
            format!("lost {} {}", names.holder(holder), record.0)
        }
        Event::Fault(fault::Event::LossEnded { target }) => {
            format!("loss-ended {}", names.target(target))
        }
        Event::Fault(fault::Event::Struck { machine, message, by: PointKind::LoseReply }) => {
            format!("reply-lost {} {}", layout.name(machine), message.name())
        }
        Event::Fault(fault::Event::Struck { machine, message, by }) => {
            format!("{} {} {}", by.name(), layout.name(machine), message.name())
        }
        Event::Service(service::Event::TookEffect { stage, record, times }) => {
            format!("took-effect {} {} {times}", stage.index(), record.0)
        }
        Event::Service(service::Event::KnownAgain { stage, record }) => {
            format!("known-again {} {}", stage.index(), record.0)
        }
        Event::ExpectationFailed { action } => format!("expectation-failed {action}"),
    };
    text.push_str(&line);
    text.push('\n');
}

/// The state in which a run ended: what every machine holds.
pub(crate) fn state(simulation: &Simulation) -> String {
    let plan = simulation.plan();
    let layout = &plan.layout;
    let mut text = String::new();
    let mut line =
        |line: std::fmt::Arguments<'_>| writeln!(text, "{line}").expect("a String grows");
    line(format_args!("driver at {}", simulation.driver().next()));
    line(format_args!("delivered {}", simulation.progress().delivered()));
    for record in plan.record_ids() {
        let has = simulation.destination().has(record);
        line(format_args!("record {} arrived {has}", record.0));
    }
    for (index, name) in layout.names().iter().enumerate() {
        let machine = active_active::model::MachineId(index as u16);
        line(format_args!("{name} waiting {}", simulation.waiting(machine)));
        match layout.places()[index] {
            Place::Queue(id) => {
                let dead = simulation.dead_letters(id).map(|item| (item, "dead"));
                let items = simulation.queue_items(id).map(|item| (item, "item"));
                for (item, what) in items.chain(dead) {
                    let (record, receives) = (copy(item.copy), item.receives);
                    line(format_args!("{what} {record} received {receives}"));
                }
            }
            Place::Table(id) => {
                let rows = simulation.rows(id);
                for record in plan.record_ids() {
                    let row = rows.get(record);
                    let (rows, value, here) = (row.rows, row.value, row.written_here);
                    line(format_args!("row {} {rows} {value} {here}", record.0));
                }
                for latest in simulation.latest(id) {
                    line(format_args!("key {} @{}", latest.record.0, number(latest.region)));
                }
            }
            Place::Container(id) => {
                let container = simulation.container(id);
                let hand = container.hand().map_or_else(String::new, |hand| copy(hand.copy));
                line(format_args!("{} {} {hand}", container.state().name(), container.crashed()));
            }
            Place::Replicator(id) => {
                let replicator = simulation.replicator(id);
                let unreachable = regions(replicator.unreachable());
                line(format_args!("writer @{}", number(replicator.writer())));
                line(format_args!("unreachable {unreachable}"));
            }
            Place::InDns | Place::OutDns => {
                let is_in = layout.places()[index] == Place::InDns;
                let dns = simulation.dns(if is_in { DnsSide::In } else { DnsSide::Out });
                let weights = &dns.weights()[..layout.regions];
                let (offline, failed) = (regions(dns.offline()), regions(dns.failed()));
                line(format_args!("weights {weights:?} offline {offline} failed {failed}"));
            }
            Place::Service => {
                line(format_args!("{:?}", simulation.service().state()));
                for record in plan.record_ids() {
                    for stage in layout.stage_ids() {
                        let effects = simulation.effects(stage, record);
                        line(format_args!("effects {} {} {effects}", stage.index(), record.0));
                    }
                }
            }
            Place::Driver | Place::Source | Place::Destination => {}
        }
    }
    text
}

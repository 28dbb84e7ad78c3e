//! Words for a violation: what happened, and the chain of reasons behind it.

use crate::model::container::State;
use crate::model::dns::DnsSide;
use crate::model::event::Holder;
use crate::model::fault::Target;
use crate::model::id::{ContainerId, QueueId, RecordId, RegionId, RegionSet, StageId, TableId};
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::model::options::{AtCapacity, Forwarding, Receive};
use crate::plan::names::target_name;
use crate::report::text::plural;
use crate::sim::Simulation;
use crate::spec::breach::{Breach, Violation, Whereabouts};
use crate::spec::ledger::Ledger;
use crate::spec::losses::{Losses, Lost};

mod restless;
mod unmet;

/// The regions of a set by number, or that there is none.
fn or_none(regions: RegionSet) -> String {
    if regions.is_empty() { "none".to_owned() } else { regions.to_string() }
}

/// The same where one does not say that regions are meant.
fn regions(regions: RegionSet) -> String {
    match regions.0.count_ones() {
        0 => "none".to_owned(),
        1 => format!("region {regions}"),
        _ => format!("regions {regions}"),
    }
}

/// Records by number, and not all if there are many.
pub(crate) fn numbers(records: &[u16]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<String> = records.iter().take(SHOWN).map(u16::to_string).collect();
    let word = if records.len() == 1 { "record" } else { "records" };
    match records.len().saturating_sub(SHOWN) {
        0 => format!("{word} {}", shown.join(", ")),
        more => format!("{word} {} and {more} more", shown.join(", ")),
    }
}

/// A breach with the words for it.
pub(super) fn violation(
    breach: Breach,
    simulation: &Simulation,
    ledger: &Ledger,
    losses: &Losses,
) -> Violation {
    let narrator = Narrator { simulation, ledger, losses };
    Violation {
        breach,
        step: simulation.steps(),
        what: narrator.what(breach),
        because: narrator.because(breach),
    }
}

struct Narrator<'a> {
    simulation: &'a Simulation,
    ledger: &'a Ledger,
    losses: &'a Losses,
}

impl Narrator<'_> {
    fn name(&self, place: Place) -> &str {
        let layout = &self.simulation.plan().layout;
        layout.name(layout.machine(place))
    }

    fn queue(&self, queue: QueueId) -> &str {
        self.name(Place::Queue(queue))
    }

    fn what(&self, breach: Breach) -> String {
        match breach {
            Breach::Invented { record, value, at } => {
                let at = self.whereabout(at);
                format!("{at} has {record} with value {value}, which nobody published")
            }
            Breach::ForwardedUnstored { container, record } => format!(
                "{} sends {record} on, and its own stage has not stored it",
                self.name(Place::Container(container))
            ),
            Breach::RemovedUnstored { queue, record } => {
                let name = self.queue(queue);
                format!("{record} was removed from {name} before its stage stored it")
            }
            Breach::RemovedUnforwarded { queue, record } => {
                let (name, next) = (self.queue(queue), self.next_after(queue));
                format!("{record} was removed from {name} before {next} had it")
            }
            Breach::Lost { record, queue } => self.lost(record, queue),
            Breach::SeveralRows { table, record, rows } => {
                format!("{} has {rows} rows for {record}", self.name(Place::Table(table)))
            }
            Breach::CountedAgain { record, region } => {
                format!(
                    "the destination counted {record} again when it came through region {region}"
                )
            }
            Breach::Misjudged { region, healthy, results } => misjudged(region, healthy, results),
            Breach::Misrouted { record, region, allowed } => {
                format!("in-dns sent {record} to region {region}; allowed was {}", regions(allowed))
            }
            Breach::Overtaken { table, record } => {
                let name = self.name(Place::Table(table));
                format!("{name} stored {record} after a record that came to the region later")
            }
            Breach::WentBack { table, record, newer } => self.went_back(table, record, newer),
            Breach::OverRpo { .. } | Breach::LostUnasked { .. } | Breach::CameBack { .. } => {
                self.loss(breach)
            }
            Breach::Unexpected { action } => {
                format!("'{}' does not hold", self.script_line(action))
            }
            Breach::StillWaiting { action } => {
                format!("'{}' never came true", self.script_line(action))
            }
            Breach::Restless { steps, .. } => self.restless(steps),
            Breach::Undelivered { record, count } => match count {
                1 => format!("{record} never reached the destination"),
                _ => format!("{count} records never reached the destination, first {record}"),
            },
            Breach::NotStored { record, table } => {
                format!("{record} was delivered, but {} lacks it", self.name(Place::Table(table)))
            }
            Breach::Diverged { .. } | Breach::KeyDiverged { .. } => self.diverged(breach),
            Breach::QueueNotEmpty { queue, record, count } => match count {
                1 => format!("{record} is still in {}", self.queue(queue)),
                _ => format!("{count} records are still in {}, first {record}", self.queue(queue)),
            },
            Breach::ContainerStuck { container } => {
                format!("{} takes no more work", self.name(Place::Container(container)))
            }
        }
    }

    /// In what two regions differ.
    fn diverged(&self, breach: Breach) -> String {
        let tables = |stage: StageId, first: RegionId, region: RegionId| {
            let stage = &self.simulation.plan().layout.stages[stage.index()];
            format!("{stage}-table@{first} and {stage}-table@{region} differ in")
        };
        if let Breach::Diverged { record, stage, first, region } = breach {
            return format!("{} {record}", tables(stage, first, region));
        }
        let Breach::KeyDiverged { stage, first, region, key, .. } = breach else {
            unreachable!("there is no other breach of two regions");
        };
        format!("{} what key {} shows", tables(stage, first, region), key + 1)
    }

    /// What a loss did that it must not.
    fn loss(&self, breach: Breach) -> String {
        if let Breach::LostUnasked { holder, record } = breach {
            return format!(
                "{record} disappeared from {}, which was not lost",
                self.holder(holder)
            );
        }
        if let Breach::CameBack { table, record } = breach {
            let name = self.name(Place::Table(table));
            return format!(
                "{name} has {record}, which was destroyed and which nobody has written again"
            );
        }
        let Breach::OverRpo { count, allowed, .. } = breach else {
            unreachable!("there is no other breach of a loss");
        };
        let (records, at_most) = match (count, allowed) {
            (1, 0) => ("1 record".to_owned(), "none".to_owned()),
            (1, _) => ("1 record".to_owned(), allowed.to_string()),
            (_, 0) => (format!("{count} records"), "none".to_owned()),
            (_, _) => (format!("{count} records"), format!("at most {allowed}")),
        };
        format!("{records} lost for good what was acknowledged; {at_most} may")
    }

    /// Which records lost what.
    fn lost_records(&self) -> Vec<String> {
        let Lost { undelivered, restorable, unreplicated } = self.losses.report();
        let numbers = |records: &[RecordId]| {
            numbers(&records.iter().map(|record| record.0).collect::<Vec<u16>>())
        };
        let mut reasons = Vec::new();
        if !undelivered.is_empty() {
            let left = match restorable.len() {
                0 => "no row is left either".to_owned(),
                all if all == undelivered.len() => "rows are left".to_owned(),
                _ => format!("rows are left of {}", numbers(&restorable)),
            };
            let of = numbers(&undelivered);
            reasons.push(format!("{of}: in no queue any more and not delivered; {left}"));
        }
        if !unreplicated.is_empty() {
            let of = numbers(&unreplicated);
            reasons.push(format!("{of}: a row was not replicated when its table was lost"));
        }
        reasons
    }

    fn holder(&self, holder: Holder) -> String {
        match holder {
            Holder::Queue(id) => self.queue(id).to_owned(),
            Holder::DeadLetters(id) => format!("the dead-letter queue of {}", self.queue(id)),
            Holder::Table(id) => self.name(Place::Table(id)).to_owned(),
            Holder::Log(id) => format!("the log on its way to {}", self.name(Place::Table(id))),
            Holder::Stream(id) => format!("the stream of {}", self.name(Place::Table(id))),
        }
    }

    fn whereabout(&self, at: Whereabouts) -> &str {
        match at {
            Whereabouts::Source => "record-source",
            Whereabouts::Queue(id) => self.queue(id),
            Whereabouts::Table(id) => self.name(Place::Table(id)),
            Whereabouts::Destination => "record-destination",
        }
    }

    fn lost(&self, record: RecordId, queue: Option<QueueId>) -> String {
        match queue {
            Some(queue) => format!(
                "{record} was accepted, is not delivered, and left the last queue that had it, {}",
                self.queue(queue)
            ),
            None => format!("{record} was accepted, and no queue has it"),
        }
    }

    fn went_back(&self, table: TableId, record: RecordId, newer: RecordId) -> String {
        let keys = self.simulation.plan().keys();
        format!(
            "{} shows {record}, version {} of key {}, and showed {newer}, version {}, before",
            self.name(Place::Table(table)),
            keys.version_of(record),
            keys.key_of(record) + 1,
            keys.version_of(newer)
        )
    }

    fn because(&self, breach: Breach) -> Vec<String> {
        match breach {
            Breach::ForwardedUnstored { container, record } => {
                let (region, stage) = self.simulation.plan().layout.container_place(container);
                vec![self.row_of(record, stage, region)]
            }
            Breach::RemovedUnstored { queue, record }
            | Breach::RemovedUnforwarded { queue, record } => self.stage_of(queue, record),
            Breach::Lost { record, queue } => {
                // The ledger does not know of the event that is judged: it would say that the
                // record still is where it was.
                let Some(queue) = queue else { return vec![self.request_of(record)] };
                let mut reasons: Vec<String> = self.keeps_no_copy(queue).into_iter().collect();
                reasons.extend(self.stage_of(queue, record));
                reasons
            }
            Breach::Undelivered { record, .. } | Breach::QueueNotEmpty { record, .. } => {
                self.whereabouts(record)
            }
            Breach::NotStored { record, table } => {
                let (_, stage) = self.simulation.plan().layout.table_place(table);
                self.rows_of(record, stage)
            }
            Breach::Diverged { record, stage, .. } => self.rows_of(record, stage),
            Breach::ContainerStuck { container } => vec![self.container(container)],
            Breach::Restless { .. } => self.why_restless(),
            Breach::Unexpected { action } | Breach::StillWaiting { action } => {
                self.why_unmet(action)
            }
            Breach::Misrouted { .. } | Breach::Misjudged { .. } => {
                let dns = self.simulation.dns(DnsSide::In);
                let regions = self.simulation.plan().layout.regions;
                let mut reasons = vec![format!(
                    "the weights are {:?}, offline: {}, unhealthy: {}",
                    &dns.weights()[..regions],
                    or_none(dns.offline()),
                    or_none(dns.health().unhealthy())
                )];
                let (newest, in_place, _) = dns.plans().parts();
                if let Some(plan) = in_place.filter(|&plan| plan < newest) {
                    reasons.push(format!(
                        "in-dns has plan {plan} in place, and plan {newest} is newer"
                    ));
                }
                reasons
            }
            Breach::OverRpo { .. } => self.lost_records(),
            Breach::Invented { .. }
            | Breach::LostUnasked { .. }
            | Breach::CameBack { .. }
            | Breach::SeveralRows { .. }
            | Breach::CountedAgain { .. }
            | Breach::Overtaken { .. }
            | Breach::WentBack { .. }
            | Breach::KeyDiverged { .. } => Vec::new(),
        }
    }

    /// The line of the script that an action was made of.
    fn script_line(&self, action: u16) -> String {
        self.simulation.plan().script_line(usize::from(action)).to_string()
    }

    /// That a queue lets go of what it delivers, if that is its way.
    fn keeps_no_copy(&self, queue: QueueId) -> Option<String> {
        let receive = self.simulation.plan().scenario().queue.receive;
        (receive == Receive::Destructive)
            .then(|| format!("{} keeps no copy of what it delivers", self.queue(queue)))
    }

    /// Who should have a record after this queue.
    fn next_after(&self, queue: QueueId) -> &str {
        let layout = &self.simulation.plan().layout;
        let (region, position) = layout.queue_place(queue);
        if position + 1 == layout.positions() {
            return "record-destination";
        }
        self.queue(layout.queue(region, position + 1))
    }

    /// What the stage behind a queue has done with a record that left the queue too early.
    /// Where the request is that should bring an accepted record into a queue.
    fn request_of(&self, record: RecordId) -> String {
        let plan = self.simulation.plan();
        let is_it =
            |message: &Message| matches!(message, Message::Send { copy, .. } if copy.id == record);
        let mut queues = (0..plan.layout.queues() as u16).map(QueueId);
        let asked = queues.find(|&queue| {
            let machine = plan.layout.machine(Place::Queue(queue));
            self.simulation.inbox(machine).any(is_it)
        });
        match asked {
            Some(queue) => format!("{} has not handled the request with it yet", self.queue(queue)),
            None => "no request with it is under way any more".to_owned(),
        }
    }

    fn stage_of(&self, queue: QueueId, record: RecordId) -> Vec<String> {
        let layout = &self.simulation.plan().layout;
        let (region, position) = layout.queue_place(queue);
        let next = self.next_after(queue);
        if position + 1 == layout.positions() {
            return vec![format!("{next} never had it")];
        }
        let stage = StageId(position as u8);
        let forwarded = if self.ledger.is_forwarded(record, stage, region) {
            format!("{next} had it")
        } else {
            format!("{next} never had it")
        };
        vec![self.row_of(record, stage, region), forwarded]
    }

    fn row_of(&self, record: RecordId, stage: StageId, region: RegionId) -> String {
        let layout = &self.simulation.plan().layout;
        let table = layout.table(region, stage);
        let row = self.simulation.rows(table).get(record);
        let name = self.name(Place::Table(table));
        match (row.rows, row.written_here) {
            (0, _) => format!("{name} has no row for {record}"),
            (_, true) => format!("{name} has a row for {record}"),
            (_, false) => format!("{name} has {record} only by replication"),
        }
    }

    fn rows_of(&self, record: RecordId, stage: StageId) -> Vec<String> {
        let layout = &self.simulation.plan().layout;
        layout.region_ids().map(|region| self.row_of(record, stage, region)).collect()
    }

    /// Where a record is, and why it does not go on from there.
    fn whereabouts(&self, record: RecordId) -> Vec<String> {
        let plan = self.simulation.plan();
        for context in &plan.queues {
            let mut items = self.simulation.queue_items(context.id);
            if items.any(|item| item.copy.id == record) {
                return self.stuck_in(context.id, record);
            }
        }
        for context in &plan.queues {
            let mut dead = self.simulation.queue(context.id).dead(self.simulation.shelf());
            if let Some(item) = dead.find(|item| item.copy.id == record) {
                return vec![format!(
                    "{record} is in the dead-letter queue of {} after {}; nothing redrives it",
                    self.queue(context.id),
                    plural(u64::from(item.receives), "delivery", "deliveries")
                )];
            }
        }
        if !self.ledger.record(record).accepted {
            let source = self.simulation.source();
            let state = format!("record-source is {:?}", source.state());
            let mut reasons = vec![match source.under_way() {
                Some(due) => format!("{record} was not accepted: {state}, at {due}"),
                None => format!("{record} was not accepted: {state}"),
            }];
            if self.simulation.dns(DnsSide::In).plans().in_place().is_none() {
                let why =
                    "in-dns has no plan in place and answers nothing; no enactor can write one";
                reasons.push(why.to_owned());
            }
            return reasons;
        }
        match self.ledger.departure(record) {
            Some(departure) => vec![format!(
                "{record} left {} at step {} and is in no queue",
                self.queue(departure.queue),
                departure.seen.0
            )],
            None => vec![format!("{record} was in no queue at any time")],
        }
    }

    fn stuck_in(&self, queue: QueueId, record: RecordId) -> Vec<String> {
        let plan = self.simulation.plan();
        let mut items = self.simulation.queue(queue).in_flight(self.simulation.shelf());
        let holder = items.find(|item| item.copy.id == record).map(|item| item.holder.machine);
        let mut reasons = vec![match holder {
            Some(holder) => format!(
                "{record} is in {}, in flight to {}",
                self.queue(queue),
                plan.layout.name(holder)
            ),
            None => format!("{record} waits in {}", self.queue(queue)),
        }];
        let target = Target::Queue(queue);
        if self.simulation.is_disturbed(target) {
            reasons.push(format!("{} has failed", target_name(target, &plan.layout)));
        }
        reasons.extend(self.full(queue));
        let readers = plan.containers.iter().filter(|context| context.in_queue_id == queue);
        for context in readers {
            reasons.push(self.container(context.id));
            reasons.extend(self.refusal(context.id));
        }
        reasons.extend(self.waiting_writes(queue));
        let (region, position) = plan.layout.queue_place(queue);
        if position + 1 == plan.layout.positions() {
            let state = self.simulation.destination().state(region);
            reasons.push(format!("record-destination is {state:?} for region {region}"));
        }
        reasons
    }

    /// That the writer of the stage behind a queue lets writes wait.
    fn waiting_writes(&self, queue: QueueId) -> Option<String> {
        let layout = &self.simulation.plan().layout;
        let stage = StageId(layout.queue_place(queue).1 as u8);
        if stage.index() == layout.stages.len() {
            return None;
        }
        let tables = layout.region_ids().map(|region| layout.table(region, stage));
        let waits = |table: &TableId| !self.simulation.table(*table).waiting_writes().is_empty();
        let table = tables.into_iter().find(waits)?;
        let (name, cluster) = (self.name(Place::Table(table)), self.simulation.table(table));
        let waiting = plural(cluster.waiting_writes().len() as u64, "write", "writes");
        Some(match cluster.is_draining() {
            true => format!("{name} hands over to another writer and keeps {waiting} waiting"),
            false => format!(
                "{name} keeps {waiting} waiting: no other region has {} that it took before",
                plural(cluster.unlogged().into(), "write", "writes")
            ),
        })
    }

    /// That a queue is full, and what follows from it.
    fn full(&self, queue: QueueId) -> Option<String> {
        let options = &self.simulation.plan().scenario().queue;
        let (name, len) = (self.queue(queue), self.simulation.queue(queue).len());
        let records = plural(len as u64, "record", "records");
        let full = options.capacity > 0 && len >= usize::from(options.capacity);
        full.then(|| match options.at_capacity {
            AtCapacity::Serve => format!("{name} is full, with {records}"),
            AtCapacity::Starve => {
                format!("{name} is full, with {records}, and delivers nothing while it is")
            }
        })
    }

    /// What a container does, since when, and why.
    fn container(&self, id: ContainerId) -> String {
        let plan = self.simulation.plan();
        let name = self.name(Place::Container(id));
        let facts = self.ledger.container(id);
        let container = self.simulation.container(id);
        let since = facts.since.0;
        let (region, _) = plan.layout.container_place(id);
        if self.losses.is_gone(region) {
            return format!("{name} was lost with region {region} at step {since}");
        }
        match (container.state(), facts.refused_by) {
            (State::FailedDependency, Some(by)) => {
                let by = plan.layout.name(by);
                let when = format!("FailedDependency since step {since}, when {by} refused");
                match facts.recoveries {
                    0 => format!("{name} is {when}; nothing recovers it"),
                    1 => format!("{name} was recovered once, and is again {when}"),
                    many => format!("{name} was recovered {many} times, and is again {when}"),
                }
            }
            (State::FailedDependency | State::FailedProcessing, _) => {
                let how = if container.crashed() { "crashed" } else { "was paused" };
                format!("{name} {how} at step {since}; nothing recovers it")
            }
            (State::Processing, _) => {
                let queue = plan.containers[id.index()].in_queue_id;
                let machine = plan.layout.machine(Place::Container(id));
                let waiting = self.simulation.queue(queue).waiting();
                if waiting.iter().any(|client| client.machine == machine) {
                    format!("{name} is Processing and waits for a delivery")
                } else if let Some(hand) = container.hand() {
                    format!("{name} is Processing and works on {}", hand.copy.id)
                } else if facts.recoveries > 0 {
                    format!(
                        "{name} is Processing since step {since}, when it was recovered, and has \
                         not asked {} for a record since",
                        self.queue(queue)
                    )
                } else {
                    format!("{name} is Processing and {}", self.doing(id))
                }
            }
        }
    }

    /// Why that which refused a container refuses, where that is no fault that ended.
    fn refusal(&self, id: ContainerId) -> Option<String> {
        let plan = self.simulation.plan();
        let by = self.ledger.container(id).refused_by?;
        let is_stopped = self.simulation.container(id).state() == State::FailedDependency;
        let (Place::Table(table), true) = (plan.layout.places()[by.index()], is_stopped) else {
            return None;
        };
        let name = self.name(Place::Table(table));
        if self.simulation.is_disturbed(Target::Table(table)) {
            return Some(format!("{name} has failed"));
        }
        let forwarding = plan.tables[table.index()].database?.forwarding;
        (forwarding == Forwarding::Off).then(|| {
            format!("{name} takes writes only while it is the writer: it forwards none to another")
        })
    }

    /// What a container that works is about.
    fn doing(&self, id: ContainerId) -> String {
        let machine = self.simulation.plan().layout.machine(Place::Container(id));
        match (self.simulation.container(id).hand(), self.simulation.next_message(machine)) {
            (Some(hand), _) => format!("works on {}", hand.copy.id),
            (None, Some(message)) => format!("has yet to handle '{}'", message.kind().name()),
            (None, None) => "works on nothing".to_owned(),
        }
    }
}

fn misjudged(region: RegionId, healthy: bool, results: u8) -> String {
    let verdict = if healthy { "healthy" } else { "unhealthy" };
    let times = match results {
        0 => "no probe of it said so".to_owned(),
        1 => "only one probe of it in a row said so".to_owned(),
        _ => format!("only {results} probes of it in a row said so"),
    };
    format!("in-dns takes region {region} for {verdict}, and {times}")
}

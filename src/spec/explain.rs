//! Words for a violation: what happened, and the chain of reasons behind it.

use crate::model::container::{Context, Misreads};
use crate::model::dns::DnsSide;
use crate::model::id::{
    ContainerId, QueueId, RecordId, RegionId, RegionSet, ReplicatorId, TableId,
};
use crate::model::layout::Place;
use crate::model::options::{Dedupe, OnNewFormat, OnOldFormat, Resolver};
use crate::sim::Simulation;
use crate::spec::DeliveredAll;
use crate::spec::breach::{Breach, Took, Violation, Whereabouts};
use crate::spec::ledger::Ledger;
use crate::spec::losses::Losses;
use crate::spec::{ORDERS, PropertyName};

mod batches;
mod container;
mod dead_letters;
mod effects;
mod loss;
mod mirrors;
mod restless;
mod rows;
mod unmet;
mod whereabouts;

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
                format!("{at} has {record} with value {value}, which was never published")
            }
            Breach::ForwardedUnstored { container, record } => format!(
                "{} sends {record} on, and its own stage has not stored it",
                self.name(Place::Container(container))
            ),
            Breach::AnsweredAgain { container } => self.answered_again(container),
            Breach::RemovedUnstored { queue, record } => self.removed_unstored(queue, record),
            Breach::RemovedUnforwarded { queue, record } => {
                let (name, next) = (self.queue(queue), self.next_after(queue, record));
                format!("{record} was removed from {name} before {next} had it")
            }
            Breach::Lost { .. } | Breach::CutOff { .. } => self.lost(breach),
            Breach::SeveralRows { table, record, rows } => {
                format!("{} has {rows} rows for {record}", self.name(Place::Table(table)))
            }
            Breach::CountedAgain { record, region } => format!(
                "the destination counted {record} again when it came through region {region}"
            ),
            Breach::Effects { record, stage, times } => self.effects(record, stage, times),
            Breach::Misjudged { region, healthy, results } => misjudged(region, healthy, results),
            Breach::Misrouted { record, region, allowed } => {
                let by = match self.simulation.plan().scenario().dns.resolver {
                    Resolver::Refreshes => "",
                    Resolver::KeepsFirst => ", by an answer that the source keeps for ever",
                };
                let allowed = regions(allowed);
                format!("in-dns sent {record} to region {region}{by}; allowed was {allowed}")
            }
            Breach::FetchMisrouted { region, allowed } => {
                let allowed = regions(allowed);
                format!("out-dns led record-destination to region {region}; allowed was {allowed}")
            }
            Breach::Overtaken { property, at, record, by } => {
                let (verb, later) = overtaken(property, at);
                format!("{} {verb} {record} after {by}, which {later} later", self.whereabout(at))
            }
            Breach::WentBack { table, record, newer } => {
                self.went_back(Place::Table(table), record, newer)
            }
            Breach::Ignored { table, record, shown } => self.ignored(table, record, shown),
            Breach::DestinationWentBack { record, newer } => {
                self.went_back(Place::Destination, record, newer)
            }
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
            Breach::Undelivered { record, count } => undelivered(record, count),
            Breach::NotStored { record, table } => {
                format!("{record} was delivered, but {} lacks it", self.name(Place::Table(table)))
            }
            Breach::Diverged { .. } | Breach::KeyDiverged { .. } => self.diverged(breach),
            Breach::QueueNotEmpty { queue, record, count } => self.still_in(queue, record, count),
            Breach::ContainerStuck { container } => {
                format!("{} takes no more work", self.name(Place::Container(container)))
            }
            Breach::TooSlow { objective, took, .. }
            | Breach::RecoveredLate { objective, took, .. }
            | Breach::ExposedLong { objective, took, .. } => self.took_too_long(objective, took),
        }
    }

    fn leads_everywhere(&self) -> String {
        let offline = self.simulation.dns(DnsSide::Out).offline();
        format!("out-dns leads to every region, offline or not; offline: {offline}")
    }

    fn took_too_long(&self, objective: u8, took: Took) -> String {
        let objective = self.simulation.plan().objectives()[usize::from(objective)];
        format!("'expect {objective}' does not hold: it is {took}")
    }

    fn still_in(&self, queue: QueueId, record: RecordId, count: u16) -> String {
        match count {
            1 => format!("{record} is still in {}", self.queue(queue)),
            _ => format!("{count} records are still in {}, first {record}", self.queue(queue)),
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

    fn because(&self, breach: Breach) -> Vec<String> {
        match breach {
            Breach::ForwardedUnstored { container, record } => {
                let (region, stage) = self.simulation.plan().layout.container_place(container);
                vec![self.row_of(record, stage, region)]
            }
            Breach::RemovedUnstored { queue, record }
            | Breach::RemovedUnforwarded { queue, record } => self.why_removed(queue, record),
            Breach::CutOff { record, queue: Some(queue), stage } => self
                .taken_ahead(queue, record, stage)
                .unwrap_or_else(|| self.why_lost(Some(queue), record)),
            Breach::Lost { record, queue } | Breach::CutOff { record, queue, .. } => {
                self.why_lost(queue, record)
            }
            Breach::Undelivered { .. } => {
                let missing = DeliveredAll::missing(self.simulation, self.ledger, self.losses);
                self.whereabouts(&missing.collect::<Vec<RecordId>>())
            }
            Breach::QueueNotEmpty { queue, .. } => {
                let items = self.simulation.queue_items(queue).map(|item| item.copy.id);
                self.whereabouts(&items.collect::<Vec<RecordId>>())
            }
            Breach::NotStored { record, table } => self.why_not_stored(record, table),
            Breach::Diverged { record, stage, .. } => self.rows_of(record, stage),
            Breach::KeyDiverged { stage, key, .. } => self.shown_for(usize::from(key), stage),
            Breach::SeveralRows { table, .. } => self.why_several_rows(table),
            Breach::CountedAgain { .. } => self.why_counted_again(),
            Breach::Effects { record, stage, times } => self.why_effects(record, stage, times),
            Breach::WentBack { table, record, newer } => self.why_went_back(table, record, newer),
            Breach::Ignored { .. } => self.clocks_ahead().into_iter().collect(),
            Breach::DestinationWentBack { .. } => self.why_destination_went_back(),
            Breach::LostUnasked { holder, record } => self.why_lost_unasked(holder, record),
            Breach::ContainerStuck { container } => vec![self.container(container)],
            Breach::Restless { .. } => self.why_restless(),
            Breach::Unexpected { action } | Breach::StillWaiting { action } => {
                self.why_unmet(action)
            }
            Breach::FetchMisrouted { .. } => vec![self.leads_everywhere()],
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
            Breach::AnsweredAgain { container } => vec![self.answered_before(container)],
            Breach::OverRpo { allowed, .. } => self.over_rpo(allowed),
            Breach::Overtaken { property, at, record, by } => {
                let order = ORDERS.iter().find(|order| order.property == property);
                order.map_or_else(Vec::new, |order| (order.why)(self.simulation, at, record, by))
            }
            // Of times only what has measured the run knows.
            Breach::TooSlow { .. }
            | Breach::RecoveredLate { .. }
            | Breach::ExposedLong { .. }
            | Breach::CameBack { .. } => Vec::new(),
            Breach::Invented { record, .. } => {
                let ignores = Misreads::New(OnNewFormat::IgnoreFields);
                self.misread(record, &[ignores]).into_iter().collect()
            }
        }
    }

    /// That containers of a release which cannot read the format of the record do one of these things with it.
    fn misread(&self, record: RecordId, does: &[Misreads]) -> Option<String> {
        let plan = self.simulation.plan();
        let mut containers = plan.containers.iter();
        let found = containers.find_map(|context: &Context| {
            let is_old = self.simulation.container(context.id).is_old();
            let misreads = context.misread_by(is_old, record)?;
            does.contains(&misreads).then_some((context.id, misreads))
        });
        let (container, misreads) = found?;
        let name = self.name(Place::Container(container));
        let does = match misreads {
            Misreads::New(OnNewFormat::GiveBack) | Misreads::Old(OnOldFormat::GiveBack) => {
                "gives it back"
            }
            Misreads::New(OnNewFormat::Drop) | Misreads::Old(OnOldFormat::Drop) => {
                "drops what it does not know"
            }
            Misreads::New(OnNewFormat::IgnoreFields) => {
                "leaves out the fields that it does not know"
            }
            Misreads::Old(OnOldFormat::Read) => return None,
        };
        let (format, release) = misreads.words();
        Some(format!(
            "{record} is in the {format} format; {name} is of the {release} release and {does}"
        ))
    }

    fn why_removed(&self, queue: QueueId, record: RecordId) -> Vec<String> {
        let drops = [Misreads::New(OnNewFormat::Drop), Misreads::Old(OnOldFormat::Drop)];
        let misread = self.misread(record, &drops);
        misread.into_iter().chain(self.stage_of(queue, record)).collect()
    }

    fn why_not_stored(&self, record: RecordId, table: TableId) -> Vec<String> {
        let layout = &self.simulation.plan().layout;
        let mut reasons = self.rows_of(record, layout.table_place(table).1);
        // It can be delivered on one way and stay on another one.
        if !layout.shape.is_line() {
            reasons.extend(self.whereabouts(&[record]));
        }
        reasons
    }

    fn answered_again(&self, container: ContainerId) -> String {
        let name = self.name(Place::Container(container));
        format!("{name} hears that a record is stored, and has no request that was not answered")
    }

    /// What the database takes for a request.
    fn answered_before(&self, container: ContainerId) -> String {
        let layout = &self.simulation.plan().layout;
        let (_, stage) = layout.container_place(container);
        let database = self.name(Place::Replicator(ReplicatorId(u16::from(stage.0))));
        format!(
            "the writer has moved; what the old one wrote came to the new one by {database}, which \
             acknowledged it as a write of its own"
        )
    }

    /// Why the destination did not see that it had counted a record.
    fn why_counted_again(&self) -> Vec<String> {
        let destination = &self.simulation.plan().scenario().destination;
        let why = match (destination.dedupe, destination.window) {
            (Dedupe::ById, 0) => return Vec::new(),
            (Dedupe::ById, window) => format!(
                "record-destination had forgotten that it had come: it keeps an id for {window} further {}",
                if window == 1 { "arrival" } else { "arrivals" }
            ),
            (Dedupe::None, _) => "record-destination counts whatever arrives".to_owned(),
            (Dedupe::ByMessageId, _) => {
                "it came in another message, and record-destination compares messages, not records"
                    .to_owned()
            }
        };
        vec![why]
    }

    /// The line of the script that an action was made of.
    fn script_line(&self, action: u16) -> String {
        self.simulation.plan().script_line(usize::from(action)).to_string()
    }
}

/// What was done with a record that was overtaken, and what the other one did.
fn overtaken(property: PropertyName, at: Whereabouts) -> (&'static str, &'static str) {
    let verb = match at {
        Whereabouts::Table(_) => "stored",
        Whereabouts::Source | Whereabouts::Queue(_) | Whereabouts::Destination => "took",
    };
    let order = ORDERS.iter().find(|order| order.property == property);
    (verb, order.map_or("came", |order| order.later))
}

fn undelivered(record: RecordId, count: u16) -> String {
    match count {
        1 => format!("{record} never reached the destination"),
        _ => format!("{count} records never reached the destination, first {record}"),
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

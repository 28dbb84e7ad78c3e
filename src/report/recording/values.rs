//! What a machine shows in a picture, as a few numbers: small to keep, and quick to compare.
//!
//! | machine | numbers |
//! |---|---|
//! | driver | the action that is due |
//! | source | records accepted, the record under way (0: none) |
//! | dns | the regions that it does not answer with, as bits |
//! | queue | failed, dead letters, in flight, all records, of a mirror how many it has, then the records that it shows |
//! | container | state, the record in hand (0: none), the number of what it does with it, crashed, then the others of its batch |
//! | table | failed, rows written here, rows that replication brought; with an outbox, intents to publish |
//! | replicator | failed, backlog in rows, the regions that it cannot reach, as bits |
//! | destination | records delivered |
//! | service | failed, effects in all |
//!
//! In the second byte of the first number of a queue, a container, a table, a replicator and the service is how many messages are on
//! their way to it and late. Bit 1 of what says that a container has crashed is that it is of the old release; of what says that a
//! table has failed, that the clock of its region is ahead.

use crate::model::container::Act;
use crate::model::dns::DnsSide;
use crate::model::id::{MachineId, QueueId, RecordId, ReplicatorId, TableId};
use crate::model::layout::Place;
use crate::model::{queue, replicator, service, table};
use crate::sim::Simulation;

/// A queue shows no more records than so many: those in flight, then those that come next.
pub const RECORDS_SHOWN_MAX: usize = 40;

/// What a machine shows now. `accepted` is how many records the source counts as accepted.
pub(super) fn of(machine: MachineId, simulation: &Simulation, accepted: u32) -> Vec<u32> {
    match simulation.plan().layout.places()[machine.index()] {
        Place::Driver => vec![simulation.driver().next() as u32],
        Place::Source => {
            let under_way = simulation.source().under_way().map_or(0, |record| u32::from(record.0));
            vec![accepted, under_way]
        }
        Place::InDns => vec![dns(DnsSide::In, simulation)],
        Place::OutDns => vec![dns(DnsSide::Out, simulation)],
        Place::Destination => vec![simulation.progress().delivered()],
        Place::Queue(id) => with_late(machine, simulation, self::queue(id, simulation)),
        Place::Container(id) => {
            let container = simulation.container(id);
            let context = &simulation.plan().containers[id.index()];
            let finish = Act::NAMES.len() as u32;
            let (record, act) = container.hand().map_or((0, 0), |hand| {
                let act = context.action(hand.step).map_or(finish, |act| act as u32);
                (hand.copy.id.0, act)
            });
            let crashed = u32::from(container.crashed()) | u32::from(container.is_old()) << 1;
            let state = container.state() as u32 | late(machine, simulation);
            let mut numbers = vec![state, u32::from(record), act, crashed];
            numbers.extend(simulation.batch(id).map(|record| u32::from(record.0)));
            numbers
        }
        Place::Table(id) => with_late(machine, simulation, self::table(id, simulation)),
        Place::Replicator(id) => {
            with_late(machine, simulation, self::replicator(id, machine, simulation))
        }
        Place::Service => {
            let service = simulation.service();
            let failed = u32::from(service.state() == service::State::Failed);
            vec![failed | late(machine, simulation), service.effects()]
        }
    }
}

/// How many messages are on their way to a machine and late, in the second byte; no more than it has room for.
fn late(machine: MachineId, simulation: &Simulation) -> u32 {
    (simulation.late(machine).take(0xff).count() as u32) << 8
}

fn with_late(machine: MachineId, simulation: &Simulation, mut numbers: Vec<u32>) -> Vec<u32> {
    numbers[0] |= late(machine, simulation);
    numbers
}

/// What is measured of a machine, and which of its numbers that is.
pub(in crate::report) fn metrics(place: Place) -> &'static [(&'static str, usize)] {
    match place {
        Place::Source => &[("accepted", 0)],
        Place::Destination => &[("delivered", 0)],
        Place::Queue(_) => &[("records", 3), ("in_flight", 2), ("dead_letters", 1)],
        Place::Table(_) => &[("rows_written_here", 1), ("rows_replicated", 2)],
        Place::Replicator(_) => &[("backlog_rows", 1)],
        Place::Service => &[("effects", 1)],
        Place::Driver | Place::InDns | Place::OutDns | Place::Container(_) => &[],
    }
}

/// The one number of a machine that is drawn over time, if there is one: what it is, and which.
pub(in crate::report) fn counter(place: Place) -> Option<(&'static str, usize)> {
    match place {
        Place::Source => Some(("accepted", 0)),
        Place::Destination => Some(("delivered", 0)),
        Place::Queue(_) => Some(("records", 3)),
        Place::Replicator(_) => Some(("backlog", 1)),
        Place::Service => Some(("effects", 1)),
        Place::Driver | Place::InDns | Place::OutDns | Place::Container(_) | Place::Table(_) => {
            None
        }
    }
}

fn dns(side: DnsSide, simulation: &Simulation) -> u32 {
    let dns = simulation.dns(side);
    u32::from(dns.offline().0 | dns.failed().0)
}

fn queue(id: QueueId, simulation: &Simulation) -> Vec<u32> {
    let queue = simulation.queue(id);
    let failed = u32::from(queue.state() == queue::State::Failed);
    let dead = queue.dead(simulation.shelf()).count() as u32;
    let in_flight = queue.in_flight(simulation.shelf()).count() as u32;
    let mut numbers = vec![failed, dead, in_flight, queue.len() as u32];
    // Of one design all are mirrors, or none.
    if simulation.plan().mirror_of(id).is_some() {
        numbers.push(queue.mirrored(simulation.shelf()).count() as u32);
    }
    let shown = simulation.queue_items(id).take(RECORDS_SHOWN_MAX);
    numbers.extend(shown.map(|item| u32::from(item.copy.id.0)));
    numbers
}

fn table(id: TableId, simulation: &Simulation) -> Vec<u32> {
    let failed = u32::from(simulation.table(id).state() == table::State::Failed);
    let rows = simulation.rows(id);
    let (mut here, mut elsewhere) = (0, 0);
    for record in simulation.plan().record_ids() {
        let row = rows.get(record);
        let count = if row.written_here { &mut here } else { &mut elsewhere };
        *count += u32::from(row.rows);
    }
    let is_ahead = u32::from(simulation.table(id).ahead() > 0);
    let mut numbers = vec![failed | is_ahead << 1, here, elsewhere];
    if simulation.plan().tables[id.index()].relay.is_some() {
        let intends = |record: &RecordId| simulation.intends(id, *record);
        numbers.push(simulation.plan().record_ids().filter(intends).count() as u32);
    }
    numbers
}

fn replicator(id: ReplicatorId, machine: MachineId, simulation: &Simulation) -> Vec<u32> {
    let replicator = simulation.replicator(id);
    let failed = u32::from(replicator.state() == replicator::State::Failed);
    let held: usize = simulation
        .plan()
        .layout
        .region_ids()
        .flat_map(|region| replicator.held(region))
        .map(|list| list.len())
        .sum();
    let backlog = (simulation.waiting(machine) + held) as u32;
    vec![failed, backlog, u32::from(replicator.unreachable().0)]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::Plan;
    use crate::scenario::builtin;
    use crate::scheduler::{Random, Scheduler};

    /// The names are beside the numbers by position only: what is in flight was once called given up.
    #[test]
    fn what_is_measured_of_a_queue_has_its_own_name() {
        let mut scenario = builtin::scenario("standard-queues").expect("it is built in");
        scenario.queue.max_receives = 1;
        let mut simulation = Simulation::new(Arc::new(Plan::new(&scenario).expect("it fits")));
        let mut seen = [0; 3];
        for run in 0..20 {
            simulation.reset();
            let mut scheduler = Random::new(1);
            scheduler.begin(simulation.plan(), run);
            while !simulation.is_quiescent() {
                let choice = scheduler.choose(&simulation).expect("it has a choice");
                simulation.step(choice);
                let plan = Arc::clone(simulation.plan());
                for id in plan.queues.iter().map(|context| context.id) {
                    let (numbers, queue) = (queue(id, &simulation), simulation.queue(id));
                    let number = |name| {
                        let metrics = metrics(Place::Queue(id)).iter();
                        let (_, index) =
                            metrics.copied().find(|(own, _)| *own == name).expect(name);
                        numbers[index] as usize
                    };
                    let counts = [
                        ("records", queue.len()),
                        ("in_flight", queue.in_flight(simulation.shelf()).count()),
                        ("dead_letters", queue.dead(simulation.shelf()).count()),
                    ];
                    for ((name, count), most) in counts.into_iter().zip(&mut seen) {
                        assert_eq!(number(name), count, "{name} of {id:?}");
                        *most = count.max(*most);
                    }
                }
            }
        }
        assert!(seen.iter().all(|&most| most > 0), "each was seen: {seen:?}");
    }
}

//! What a fault puts at risk, and how long it is felt.

use crate::metrics::Totals;
use crate::metrics::exposure::Exposure;
use crate::metrics::records::Records;
use crate::model::dns::DnsSide;
use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::fault::{Fault, Target};
use crate::model::id::RecordId;
use crate::model::{container, destination, dns, queue, replicator, table};
use crate::plan::Plan;

/// So many faults of a run are looked at; how many were left out is reported.
pub(super) const FAULTS_MAX: usize = 64;

/// The faults of a run.
///
/// * The **recovery point** of a fault is what would be gone for good if what it strikes never came back:
///   the records of which an acknowledged row or message is nowhere else ([`Exposure::at_risk`]). Of a
///   loss, and of a failover, that is what it destroys. In records, and as the time since the oldest of
///   them was acknowledged.
/// * The **recovery time of the path** is the time from the fault until a record that the component
///   itself has let pass afterwards is at the destination: for a container the first that it
///   forwards, for a table the first that it stores, for a queue the first that it takes, for a DNS
///   target the first that is routed to it or comes through it. For a replicator or its link to a
///   region, which no delivery passes, it ends with the first row that is sent on.
/// * The **recovery time of the service** is the time from the fault until a record that was first
///   published afterwards is at the destination, by whatever way.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    /// In the order in which they began.
    open: Vec<Open>,
    /// So many are looked at.
    max: usize,
    left_out: u64,
}

/// A fault, and what is known so far of how it is felt. Times are in microseconds or steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) fault: Fault,
    /// When it began.
    pub(super) since: u64,
    /// The recovery point in records.
    pub(super) rpo_records: u32,
    /// The recovery point as an age.
    pub(super) rpo_age: u64,
    /// The oldest record at risk.
    pub(super) oldest: Option<RecordId>,
    /// The first record that it let pass.
    passed: Option<RecordId>,
    /// The recovery time of the path, once it is over.
    pub(super) path: Option<u64>,
    /// The recovery time of the service, once it is over.
    pub(super) service: Option<u64>,
    /// The record whose arrival ended it.
    pub(super) served: Option<RecordId>,
}

impl Faults {
    /// So many faults of a run are looked at.
    pub(super) fn new(max: usize) -> Faults {
        Faults { open: Vec::with_capacity(max.min(FAULTS_MAX)), max, left_out: 0 }
    }

    pub(super) fn begin(&mut self) {
        self.open.clear();
        self.left_out = 0;
    }

    pub(super) fn note(
        &mut self,
        event: &Event,
        now: u64,
        plan: &Plan,
        known: (&Records, &Exposure),
        totals: &mut Totals,
    ) {
        let (records, exposure) = known;
        if let &Event::Fault(fault::Event::Faulted { fault }) = event {
            let (mut count, mut oldest) = (0, None::<(u64, RecordId)>);
            for record in exposure.at_risk(fault, plan) {
                count += 1;
                let accepted = records.first_accepted(record).map(|accepted| (accepted, record));
                oldest = oldest.into_iter().chain(accepted).min();
            }
            self.began(fault, now, (count, oldest), totals);
        }
        for open in &mut self.open {
            if open.passed.is_none() && open.path.is_none() {
                open.passed = lets_pass(open.fault.target, event, plan);
                let is_replication =
                    matches!(open.fault.target, Target::Replicator(_) | Target::Link(..));
                if is_replication && open.passed.is_some() {
                    totals.rto_path.record(*open.path.insert(now - open.since));
                }
            }
            let &Event::Destination(destination::Event::Arrived { copy, .. }) = event else {
                continue;
            };
            if open.path.is_none() && open.passed == Some(copy.id) {
                totals.rto_path.record(*open.path.insert(now - open.since));
            }
            let published = records.first_published(copy.id);
            let is_new = published.is_some_and(|published| published > open.since);
            if open.service.is_none() && is_new {
                totals.rto_service.record(*open.service.insert(now - open.since));
                open.served = Some(copy.id);
            }
        }
    }

    /// A fault begins, at which so many records are at risk, the oldest of which was accepted then.
    fn began(
        &mut self,
        fault: Fault,
        now: u64,
        (count, oldest): (u32, Option<(u64, RecordId)>),
        totals: &mut Totals,
    ) {
        let age = oldest.map_or(0, |(accepted, _)| now - accepted);
        totals.rpo_records.record(count.into());
        totals.rpo_age.record(age);
        if self.open.len() == self.max {
            self.left_out += 1;
        } else {
            self.open.push(Open {
                fault,
                since: now,
                rpo_records: count,
                rpo_age: age,
                oldest: oldest.map(|(_, record)| record),
                passed: None,
                path: None,
                service: None,
                served: None,
            });
        }
    }

    /// The faults of the run, in the order in which they began.
    pub(super) fn all(&self) -> &[Open] {
        &self.open
    }

    pub(super) fn end(&mut self, totals: &mut Totals) {
        totals.faults_left_out += self.left_out;
        totals.rto_path_never += self.open.iter().filter(|open| open.path.is_none()).count() as u64;
        totals.rto_service_never +=
            self.open.iter().filter(|open| open.service.is_none()).count() as u64;
    }
}

/// The record that the component lets pass in this event, if that is what the event says.
fn lets_pass(target: Target, event: &Event, plan: &Plan) -> Option<RecordId> {
    match (target, *event) {
        (
            Target::Container(id),
            Event::Container(container::Event::Forwarding { container, record }),
        ) if container == id => Some(record),
        (Target::Table(id), Event::Table(table::Event::Stored { table, copy, .. }))
            if table == id =>
        {
            Some(copy.id)
        }
        (Target::Queue(id), Event::Queue(queue::Event::Enqueued { queue, copy }))
            if queue == id =>
        {
            Some(copy.id)
        }
        (Target::Dns(DnsSide::In, to), Event::Dns(dns::Event::Routed { record, region }))
            if region == to =>
        {
            Some(record)
        }
        (
            Target::Dns(DnsSide::Out, from),
            Event::Destination(destination::Event::Arrived { copy, region, .. }),
        ) if region == from => Some(copy.id),
        (Target::Region(lost), Event::Queue(queue::Event::Enqueued { queue, copy }))
            if plan.layout.queue_place(queue).0 == lost =>
        {
            Some(copy.id)
        }
        (
            Target::Replicator(id),
            Event::Replicator(replicator::Event::Replicated { replicator, record, .. }),
        ) if replicator == id => Some(record),
        (
            Target::Link(id, from),
            Event::Replicator(replicator::Event::Replicated { replicator, record, region, .. }),
        ) if replicator == id && region == from => Some(record),
        (_, _) => None,
    }
}

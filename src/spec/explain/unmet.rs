//! Words for why something that a script expects or awaits is not so.

use super::Narrator;
use crate::model::layout::Place;
use crate::model::progress::Milestone;
use crate::spec::unmet::Unmet;
use crate::words::plural;

impl Narrator<'_> {
    /// What is missing or too much, and where it is.
    pub(super) fn why_unmet(&self, action: u16) -> Vec<String> {
        let mut reasons = Vec::new();
        let about = match Unmet::of(action, self.simulation) {
            Unmet::Missing { records, milestone } => {
                reasons.extend(self.missing(records.len(), milestone));
                records
            }
            Unmet::Surplus { last, count } => {
                let records = plural(count.into(), "record is", "records are");
                reasons.push(format!("{records} at the destination, {last} came last"));
                Vec::new()
            }
            Unmet::NotWaiting(record, _) => {
                reasons.push(format!("{record} is not there"));
                match self.simulation.destination().has(record) {
                    true => {
                        reasons.push(format!("{record} is at the destination already"));
                        Vec::new()
                    }
                    false => vec![record],
                }
            }
            Unmet::CameToRegion(count) => {
                let records = plural(count as u64, "record", "records");
                reasons.push(format!("{records} of the batch came to this region"));
                Vec::new()
            }
            Unmet::Replicated(record, table) => {
                let name = self.name(Place::Table(table));
                reasons.push(format!("{name} has {record} by replication"));
                Vec::new()
            }
            Unmet::Entered(record) => {
                let regions = self.simulation.progress().entered(record);
                let word = if regions.0.count_ones() == 1 { "region" } else { "regions" };
                reasons.push(format!("{record} came to {word} {regions}"));
                Vec::new()
            }
            Unmet::DeadLettered(dead) => {
                let records = plural(dead.len() as u64, "record is", "records are");
                reasons.push(format!("{records} in dead-letter queues"));
                dead
            }
            Unmet::InOtherState(container) => {
                reasons.push(self.container(container));
                Vec::new()
            }
            Unmet::StillQueued(record) => vec![record],
            Unmet::Unknown => Vec::new(),
        };
        reasons.extend(self.whereabouts(&about));
        reasons
    }

    /// How many records are not where they should be.
    fn missing(&self, count: usize, milestone: Milestone) -> Option<String> {
        if count == 0 {
            let delivered = self.simulation.progress().delivered();
            let records = plural(delivered.into(), "record", "records");
            return Some(format!(
                "no more than {records} had been published, and all are delivered"
            ));
        }
        let records = plural(count as u64, "record is", "records are");
        (milestone == Milestone::DELIVERED).then(|| format!("{records} not at the destination"))
    }
}

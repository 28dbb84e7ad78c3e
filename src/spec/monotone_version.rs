//! `MonotoneVersion`.

use crate::model::id::{RecordId, TableId};
use crate::plan::Plan;
use crate::sim::Bytes;
use crate::spec::{Breach, Judgement};

#[cfg(test)]
pub(crate) mod fields;

/// For keyed records: what a table or the destination shows for a key never goes back to an older
/// business version, unless a table lost the row that it showed; and a table that takes a write of a newer version does
/// not go on showing the older one.
///
/// Catches a record that was stranded in a failed region and, stored after the recovery, wins by its
/// write time over newer business state; and a destination that takes versions as they come, through
/// regions that overtake each other; and clocks of regions that differ, by which a later write is ignored. Source: Amazon DynamoDB global tables resolve conflicts by their
/// own write time, not by the business's.
#[derive(Clone, Debug)]
pub struct MonotoneVersion {
    /// By `table × keys + key`, the destination behind the last table: the record that was shown last;
    /// 0: none.
    shown: Vec<RecordId>,
}

impl MonotoneVersion {
    /// Why the property is not judged, if it is not.
    pub(super) fn not_applicable(plan: &Plan) -> Option<&'static str> {
        (plan.keys().count() == 0).then_some("records have no business keys")
    }

    pub(super) fn new(plan: &Plan) -> MonotoneVersion {
        let places = plan.layout.tables() + 1;
        MonotoneVersion { shown: vec![RecordId(0); places * plan.keys().count()] }
    }

    pub(super) fn reset(&mut self) {
        self.shown.fill(RecordId(0));
    }

    pub(super) fn copy_from(&mut self, other: &MonotoneVersion) {
        self.shown.clone_from(&other.shown);
    }

    /// A table lost the record: if it was shown for its key, an older one may be.
    pub(super) fn lost(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        if plan.keys().count() > 0 {
            let shown = self.at(table.index(), record, plan);
            if *shown == record {
                *shown = RecordId(0);
            }
        }
    }

    /// Writes down what can influence a later judgement.
    pub(super) fn write(&self, bytes: &mut Bytes) {
        let MonotoneVersion { shown } = self;
        shown.iter().for_each(|record| bytes.u16(record.0));
    }

    /// A table shows another record for its key.
    pub(super) fn shown(&mut self, table: TableId, record: RecordId, plan: &Plan) -> Judgement {
        match self.replace(table.index(), record, plan) {
            Some(newer) => Err(Breach::WentBack { table, record, newer }),
            None => Ok(()),
        }
    }

    /// A table took a write and goes on showing what it showed.
    pub(super) fn ignored(&mut self, table: TableId, record: RecordId, plan: &Plan) -> Judgement {
        let version = |record| plan.keys().version_of(record);
        let shown = *self.at(table.index(), record, plan);
        match shown.0 > 0 && version(shown) < version(record) {
            true => Err(Breach::Ignored { table, record, shown }),
            false => Ok(()),
        }
    }

    /// The destination shows another record for its key.
    pub(super) fn shown_at_destination(&mut self, record: RecordId, plan: &Plan) -> Judgement {
        match self.replace(plan.layout.tables(), record, plan) {
            Some(newer) => Err(Breach::DestinationWentBack { record, newer }),
            None => Ok(()),
        }
    }

    /// A place shows another record for its key. What it showed before, if that was newer.
    fn replace(&mut self, place: usize, record: RecordId, plan: &Plan) -> Option<RecordId> {
        let version = |record| plan.keys().version_of(record);
        let shown = self.at(place, record, plan);
        if shown.0 > 0 && version(record) < version(*shown) {
            return Some(*shown);
        }
        *shown = record;
        None
    }

    /// What a place shows for the key of a record.
    fn at(&mut self, place: usize, record: RecordId, plan: &Plan) -> &mut RecordId {
        let keys = plan.keys();
        &mut self.shown[place * keys.count() + keys.key_of(record)]
    }
}

//! `MonotoneVersion`.

use crate::model::id::{RecordId, TableId};
use crate::plan::Plan;
use crate::sim::Bytes;
use crate::spec::{Breach, Judgement};

/// For keyed records: what a table shows for a key never goes back to an older business version,
/// unless the table lost its rows.
///
/// Catches a record that was stranded in a failed region and, stored after the recovery, wins by its
/// write time over newer business state. Source: Amazon DynamoDB global tables resolve conflicts by
/// their own write time, not by the business's.
#[derive(Clone, Debug)]
pub struct MonotoneVersion {
    /// By `table × keys + key`: the record that was shown last; 0: none.
    shown: Vec<RecordId>,
}

impl MonotoneVersion {
    pub(super) fn new(plan: &Plan) -> MonotoneVersion {
        MonotoneVersion { shown: vec![RecordId(0); plan.layout.tables() * plan.keys().count()] }
    }

    pub(super) fn reset(&mut self) {
        self.shown.fill(RecordId(0));
    }

    pub(super) fn copy_from(&mut self, other: &MonotoneVersion) {
        self.shown.clone_from(&other.shown);
    }

    /// A table lost the record: what it showed for its key may go with it.
    pub(super) fn lost(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        let keys = plan.keys();
        if keys.count() > 0 {
            self.shown[table.index() * keys.count() + keys.key_of(record)] = RecordId(0);
        }
    }

    /// Writes down what can influence a later judgement.
    pub(super) fn write(&self, bytes: &mut Bytes) {
        let MonotoneVersion { shown } = self;
        shown.iter().for_each(|record| bytes.u16(record.0));
    }

    /// A table shows another record for its key.
    pub(super) fn shown(&mut self, table: TableId, record: RecordId, plan: &Plan) -> Judgement {
        let keys = plan.keys();
        let shown = &mut self.shown[table.index() * keys.count() + keys.key_of(record)];
        let newer = *shown;
        if newer.0 > 0 && keys.version_of(record) < keys.version_of(newer) {
            return Err(Breach::WentBack { table, record, newer });
        }
        *shown = record;
        Ok(())
    }
}

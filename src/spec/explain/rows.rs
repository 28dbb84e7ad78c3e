//! Words for what tables hold and show.

use super::Narrator;
use crate::model::id::{QueueId, RecordId, RegionId, ReplicatorId, StageId, TableId};
use crate::model::layout::Place;
use crate::model::options::{
    AcknowledgeWhen, Conflict, Groups, Insert, ReplicationFailure, Versions,
};
use crate::spec::breach::Breach;

impl Narrator<'_> {
    /// In what two regions differ.
    pub(super) fn diverged(&self, breach: Breach) -> String {
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

    pub(super) fn went_back(&self, place: Place, record: RecordId, newer: RecordId) -> String {
        let keys = self.simulation.plan().keys();
        format!(
            "{} shows {record}, version {} of key {}, and showed {newer}, version {}, before",
            self.name(place),
            keys.version_of(record),
            keys.key_of(record) + 1,
            keys.version_of(newer)
        )
    }

    pub(super) fn ignored(&self, table: TableId, record: RecordId, shown: RecordId) -> String {
        let keys = self.simulation.plan().keys();
        format!(
            "{} takes {record}, version {} of key {}, and goes on showing {shown}, version {}",
            self.name(Place::Table(table)),
            keys.version_of(record),
            keys.key_of(record) + 1,
            keys.version_of(shown)
        )
    }

    /// Which clocks are ahead, by which the last writer wins.
    pub(super) fn clocks_ahead(&self) -> Option<String> {
        let plan = self.simulation.plan();
        let is_ahead = |region: &RegionId| {
            let mut stages = plan.layout.stage_ids();
            let table = |stage| self.simulation.table(plan.layout.table(*region, stage));
            stages.any(|stage| table(stage).ahead() > 0)
        };
        let ahead = plan.layout.region_ids().filter(is_ahead).map(|region| region.0 + 1);
        let ahead: Vec<u8> = ahead.collect();
        let (clock, is) = if ahead.len() == 1 { ("clock", "is") } else { ("clocks", "are") };
        let regions: Vec<String> = ahead.iter().map(u8::to_string).collect();
        (!ahead.is_empty()).then(|| {
            format!(
                "the last write wins by the clocks of the regions, and the {clock} of region {} {is} ahead: \
                 what others write later has an earlier time",
                regions.join(", ")
            )
        })
    }

    /// That a record is removed whose row was never there, or was taken back.
    pub(super) fn removed_unstored(&self, queue: QueueId, record: RecordId) -> String {
        let (region, position) = self.simulation.plan().layout.queue_place(queue);
        let was_there = self.ledger.is_stored(record, StageId(position as u8), region);
        let again = if was_there { " again" } else { "" };
        format!("{record} was removed from {} before its stage stored it{again}", self.queue(queue))
    }

    pub(super) fn row_of(&self, record: RecordId, stage: StageId, region: RegionId) -> String {
        let layout = &self.simulation.plan().layout;
        let table = layout.table(region, stage);
        let row = self.simulation.rows(table).get(record);
        let name = self.name(Place::Table(table));
        match (row.rows, row.written_here) {
            (0, _)
                if self.ledger.is_stored(record, stage, region)
                    && self.simulation.plan().takes_back() =>
            {
                format!("{name} has taken the row of {record} back")
            }
            (0, _) => format!("{name} has no row for {record}"),
            (_, true) => format!("{name} has a row for {record}"),
            (_, false) => format!("{name} has {record} only by replication"),
        }
    }

    pub(super) fn rows_of(&self, record: RecordId, stage: StageId) -> Vec<String> {
        let layout = &self.simulation.plan().layout;
        let rows = layout.region_ids().map(|region| self.row_of(record, stage, region));
        rows.chain(self.drops(stage)).chain(self.forgets()).collect()
    }

    /// That replication loses what it is told at the wrong moment, if that is its way.
    fn drops(&self, stage: StageId) -> Option<String> {
        let replicator = self.name(Place::Replicator(ReplicatorId(u16::from(stage.0))));
        match self.simulation.plan().scenario().replication.on_failure {
            ReplicationFailure::KeepBacklog => None,
            ReplicationFailure::Drop => {
                Some(format!("{replicator} drops what it cannot replicate at once"))
            }
        }
    }

    /// That tables forget what was acknowledged, if that is their way.
    pub(super) fn forgets(&self) -> Option<String> {
        match self.simulation.plan().scenario().replication.acknowledge {
            AcknowledgeWhen::Applied => None,
            AcknowledgeWhen::Received => Some(
                "a write is acknowledged when another region has received it, and a table that fails \
                 forgets what it had received and not applied"
                    .to_owned(),
            ),
        }
    }

    /// What each region shows for a key, and why that stays so.
    pub(super) fn shown_for(&self, key: usize, stage: StageId) -> Vec<String> {
        let plan = self.simulation.plan();
        let shown = |region| {
            let table = plan.layout.table(region, stage);
            let (name, record) =
                (self.name(Place::Table(table)), self.simulation.latest(table)[key].record);
            match record.0 {
                0 => format!("{name} shows nothing for it"),
                _ => format!("{name} shows {record}, version {}", plan.keys().version_of(record)),
            }
        };
        let mut reasons: Vec<String> = plan.layout.region_ids().map(shown).collect();
        match plan.table_of(stage).options.conflict {
            Conflict::LastWriterWins | Conflict::VersionChecked => {}
            Conflict::FirstApplied => reasons.push(
                "each goes on showing what the region wrote that it heard of first".to_owned(),
            ),
        }
        reasons
    }

    /// How a record came to have several rows.
    pub(super) fn why_several_rows(&self, table: TableId) -> Vec<String> {
        let name = self.name(Place::Table(table));
        match self.simulation.plan().tables[table.index()].options.insert {
            Insert::Upsert => Vec::new(),
            Insert::Append => {
                vec![format!("{name} adds a row whenever it is asked to store, also if it has one")]
            }
            Insert::Conditional => {
                vec![
                    "each region found no row when it wrote its own: the other's came later"
                        .to_owned(),
                ]
            }
        }
    }

    /// Why the destination shows an older version.
    pub(super) fn why_destination_went_back(&self) -> Vec<String> {
        let name = self.name(Place::Destination);
        match self.simulation.plan().scenario().destination.versions {
            Versions::AsTheyCome => {
                vec![format!("{name} shows what it counted last, whatever its version")]
            }
            Versions::Checked => Vec::new(),
        }
    }

    /// Why a table shows an older version.
    pub(super) fn why_went_back(
        &self,
        table: TableId,
        record: RecordId,
        newer: RecordId,
    ) -> Vec<String> {
        let plan = self.simulation.plan();
        let mut reasons = match plan.tables[table.index()].options.conflict {
            Conflict::LastWriterWins => vec![format!(
                "the last write wins: {record} has a later write time than {newer}, and the version \
                 does not count"
            )],
            Conflict::VersionChecked | Conflict::FirstApplied => Vec::new(),
        };
        let (region, stage) = plan.layout.table_place(table);
        let queue = plan.layout.queue(region, stage.index());
        if plan.queues[queue.index()].options.groups == Groups::ByRecord {
            reasons.push(format!(
                "in {} each record is a message group of its own: nothing keeps the order of a key",
                self.queue(queue)
            ));
        }
        reasons
    }
}

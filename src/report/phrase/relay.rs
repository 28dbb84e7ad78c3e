//! What the relay of an outbox does.

use super::Scene;
use crate::model::id::{RecordId, TableId};
use crate::model::layout::Place;

impl Scene<'_> {
    /// A relay reads its outbox: which instance of it, if there are several.
    pub(super) fn reads_outbox(&self, instance: u8) -> String {
        let several = self.simulation.plan().scenario().relay.instances > 1;
        match (several, instance) {
            (false, _) => "has its relay read the outbox".to_owned(),
            (true, 0) => "has the first instance of its relay read the outbox".to_owned(),
            (true, _) => "has the second instance of its relay read the outbox".to_owned(),
        }
    }

    /// A relay begins in front of what is done.
    pub(super) fn reopened(&self, table: TableId, record: RecordId) -> String {
        let name = self.place(Place::Table(table));
        format!(
            "the relay of {name} does not know that {record} was published, and will publish it again"
        )
    }

    /// Whether the relay of a table publishes to several queues.
    pub(super) fn goes_to_several(&self, table: TableId) -> bool {
        let relay = self.simulation.plan().tables[table.index()].relay.as_ref();
        relay.is_some_and(|relay| relay.branches.is_some())
    }
}

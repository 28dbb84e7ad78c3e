//! Why a container does not go on with a record.

use super::Scene;
use crate::model::container::{self, Misreads, WhyBack};
use crate::model::event::Event;
use crate::model::id::{ContainerId, RecordId};
use crate::model::layout::Place;
use crate::model::options::{OnNewFormat, OnOldFormat};

impl Scene<'_> {
    pub(super) fn gave_back(
        &self,
        container: ContainerId,
        record: RecordId,
        why: WhyBack,
    ) -> String {
        let queue = self.simulation.plan().containers[container.index()].in_queue_id;
        let gives = |it: &str| match self.is_log(queue) {
            true => format!("goes back to {it}"),
            false => format!("gives {it} back"),
        };
        match why {
            WhyBack::Unreadable => {
                format!("gives up on {record} (it {})", self.cannot_read(container, record))
            }
            WhyBack::Poison => format!("cannot process {record} and {}", gives("it")),
            WhyBack::NewFormat => {
                let format = "which is in the new format";
                format!(
                    "is of the old release, cannot read {record}, {format}, and {}",
                    gives("it")
                )
            }
            WhyBack::OldFormat => {
                let format = "which is in the old format";
                format!(
                    "is of the new release, cannot read {record}, {format}, and {}",
                    gives("it")
                )
            }
            WhyBack::With(failed) => {
                format!("{}, since {failed} failed", gives(&record.to_string()))
            }
            WhyBack::Duplicate => {
                format!("{}: its table has it already", gives(&record.to_string()))
            }
            WhyBack::Refused(by) => {
                format!("{}: {} refused", gives(&record.to_string()), self.machine(by))
            }
        }
    }

    /// Why a container cannot process a record.
    pub(super) fn cannot(&self, container: ContainerId, record: RecordId, why: WhyBack) -> String {
        match why {
            WhyBack::Unreadable => self.cannot_read(container, record),
            WhyBack::Duplicate => format!("its table has {record} already"),
            WhyBack::Refused(by) => format!("{} refused {record}", self.machine(by)),
            WhyBack::Poison | WhyBack::With(_) => format!("cannot process {record}"),
            WhyBack::NewFormat | WhyBack::OldFormat => {
                let release = if why == WhyBack::NewFormat { "old" } else { "new" };
                let name = self.simulation.plan().layout.machine(Place::Container(container));
                let name = self.machine(name);
                format!("{name} is of the {release} release, and cannot read {record}")
            }
        }
    }

    /// The row that a container cannot read, while it works on a record.
    fn cannot_read(&self, container: ContainerId, record: RecordId) -> String {
        let layout = &self.simulation.plan().layout;
        let (region, stage) = layout.container_place(container);
        let table = self.place(Place::Table(layout.table(region, stage)));
        match self.simulation.plan().keys().unreadable() {
            Some(row) if row != record => format!("cannot read the row of {row} in {table}"),
            Some(_) | None => format!("cannot read the row in {table}"),
        }
    }

    /// What a container makes of a record in a format that its release cannot read, if it goes on with it.
    pub(super) fn misread(&self, record: RecordId) -> Option<&'static str> {
        let Some(Place::Container(id)) = self.actor_place() else { return None };
        let context = &self.simulation.plan().containers[id.index()];
        let is_stale =
            |event: &Event| matches!(event, Event::Container(container::Event::StaleReply { .. }));
        let is_ignored = self.simulation.events().iter().any(is_stale);
        let is_old = self.simulation.container(id).is_old();
        match context.misread_by(is_old, record).filter(|_| !is_ignored)? {
            // There is an event of its own.
            Misreads::New(OnNewFormat::GiveBack)
            | Misreads::Old(OnOldFormat::GiveBack | OnOldFormat::Read) => None,
            Misreads::New(OnNewFormat::Drop) => {
                Some(" (in the new format: it is of the old release and drops it)")
            }
            Misreads::Old(OnOldFormat::Drop) => {
                Some(" (in the old format: it is of the new release and drops it)")
            }
            Misreads::New(OnNewFormat::IgnoreFields) => {
                Some(" (in the new format: it is of the old release and leaves out what is new)")
            }
        }
    }
}

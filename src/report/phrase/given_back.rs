//! Why a container does not go on with a record.

use super::Scene;
use crate::model::container::WhyBack;
use crate::model::id::{ContainerId, RecordId};
use crate::model::layout::Place;

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
                format!("gives up on {record} (its table has a row that it cannot read)")
            }
            WhyBack::Poison => format!("cannot process {record} and {}", gives("it")),
            WhyBack::NewFormat => {
                format!("is of the old release, cannot read {record} and {}", gives("it"))
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
            WhyBack::Unreadable => "its table has a row that it cannot read".to_owned(),
            WhyBack::Duplicate => format!("its table has {record} already"),
            WhyBack::Refused(by) => format!("{} refused {record}", self.machine(by)),
            WhyBack::Poison | WhyBack::With(_) => format!("cannot process {record}"),
            WhyBack::NewFormat => {
                let name = self.simulation.plan().layout.machine(Place::Container(container));
                format!("{} is of the old release, and cannot read {record}", self.machine(name))
            }
        }
    }
}

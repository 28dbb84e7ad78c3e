//! A fault of one run as data, with the unit in every name.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::metrics::faults::Open;
use crate::metrics::unit::Unit;
use crate::model::fault::Fault;
use crate::plan::Plan;
use crate::plan::names::target_name;

/// What a fault put at risk, and how long it was felt: its recovery point (RPO) and its recovery
/// times (RTO), of the path through the component and of the service as a whole.
///
/// As JSON: `fault`, `began_ms`, `rpo_records`, `rpo_age_ms`, `rto_path_ms`, `rto_service_ms`, the
/// last two null if it was not over within the run; without a time, in steps and named so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaultSummary {
    /// What happened to whom, as in `crash core-container@1`.
    pub fault: String,
    /// Records of which an acknowledged row or message was nowhere but in what the fault struck; of a
    /// loss, what it destroyed.
    pub rpo_records: u32,
    unit: Unit,
    began: u64,
    rpo_age: u64,
    rto_path: Option<u64>,
    rto_service: Option<u64>,
}

/// What happened to whom, as in `crash core-container@1`.
pub(super) fn name(fault: Fault, plan: &Plan) -> String {
    format!("{} {}", fault.kind.name(), target_name(fault.target, &plan.layout))
}

impl FaultSummary {
    pub(super) fn new(open: &Open, unit: Unit, plan: &Plan) -> FaultSummary {
        let Open { fault, since, rpo_records, rpo_age, path, service, .. } = *open;
        FaultSummary {
            fault: name(fault, plan),
            rpo_records,
            unit,
            began: since,
            rpo_age,
            rto_path: path,
            rto_service: service,
        }
    }

    /// When it began, in words.
    pub fn began(&self) -> String {
        match self.unit {
            Unit::Ms => format!("at {} ms", self.unit.text(self.began)),
            Unit::Steps => format!("in step {}", self.began),
        }
    }

    /// For how long the oldest of the records at risk had been acknowledged.
    pub fn rpo_age(&self) -> String {
        self.text(self.rpo_age)
    }

    /// How long it took until the component let a record pass that was then delivered; none if
    /// that did not happen.
    pub fn rto_path(&self) -> Option<String> {
        self.rto_path.map(|took| self.text(took))
    }

    /// How long it took until something was delivered that had been published after the fault; none
    /// if nothing was.
    pub fn rto_service(&self) -> Option<String> {
        self.rto_service.map(|took| self.text(took))
    }

    fn text(&self, duration: u64) -> String {
        format!("{} {}", self.unit.text(duration), self.unit.name())
    }
}

impl Serialize for FaultSummary {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let unit = self.unit.name();
        let value = |duration: Option<u64>| duration.map(|duration| self.unit.value(duration));
        let mut map = to.serialize_map(Some(6))?;
        map.serialize_entry("fault", &self.fault)?;
        map.serialize_entry(&format!("began_{unit}"), &value(Some(self.began)))?;
        map.serialize_entry("rpo_records", &self.rpo_records)?;
        map.serialize_entry(&format!("rpo_age_{unit}"), &value(Some(self.rpo_age)))?;
        map.serialize_entry(&format!("rto_path_{unit}"), &value(self.rto_path))?;
        map.serialize_entry(&format!("rto_service_{unit}"), &value(self.rto_service))?;
        map.end()
    }
}

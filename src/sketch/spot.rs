//! A place in a system whose size is not known: any numbers name a component of any system.

use crate::scenario::{Scenario, Topology};

/// A component by position. Each number is taken modulo what there is, so that every spot is
/// somewhere, and 0 is the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Spot {
    /// Which stage, or which queue of a region; of containers, what is left above the number of
    /// stages says which of those that compete.
    pub(crate) stage: u8,
    /// Which region.
    pub(crate) region: u8,
}

impl Spot {
    /// The region, counted from 1.
    pub(crate) fn region(self, topology: &Topology) -> u8 {
        1 + self.region % topology.regions
    }

    /// The index of the stage.
    pub(crate) fn stage_index(self, topology: &Topology) -> usize {
        usize::from(self.stage) % topology.stages.len()
    }

    /// The name of the stage.
    fn stage(self, topology: &Topology) -> &str {
        &topology.stages[self.stage_index(topology)]
    }

    /// One container.
    pub(crate) fn container(self, shape: &Scenario) -> String {
        let topology = &shape.topology;
        let (stage, region) = (self.stage(topology), self.region(topology));
        match shape.of_stage(stage).containers {
            1 => format!("{stage}-container@{region}"),
            containers => {
                let number = usize::from(self.stage) / topology.stages.len();
                let number = 1 + number % usize::from(containers);
                format!("{stage}-container-{number}@{region}")
            }
        }
    }

    /// All containers of a stage in a region.
    pub(crate) fn containers(self, shape: &Scenario) -> String {
        let topology = &shape.topology;
        let (stage, region) = (self.stage(topology), self.region(topology));
        match shape.of_stage(stage).containers {
            1 => format!("{stage}-container@{region}"),
            _ => format!("{stage}-container-*@{region}"),
        }
    }

    /// The name of a queue, without the region.
    pub(crate) fn queue_name(self, topology: &Topology) -> String {
        queue_name(usize::from(self.stage) % (topology.stages.len() + 1), topology)
    }

    /// A queue.
    pub(crate) fn queue(self, topology: &Topology) -> String {
        format!("{}@{}", self.queue_name(topology), self.region(topology))
    }

    /// The queue that the stage reads, without the region.
    pub(crate) fn in_queue_name(self, topology: &Topology) -> String {
        queue_name(self.stage_index(topology), topology)
    }

    /// The queue that the stage reads.
    pub(crate) fn queue_in_front(self, topology: &Topology) -> String {
        format!("{}@{}", self.in_queue_name(topology), self.region(topology))
    }

    /// A regional table.
    pub(crate) fn table(self, topology: &Topology) -> String {
        format!("{}-table@{}", self.stage(topology), self.region(topology))
    }

    /// A global table: all regional ones and the replicator.
    pub(crate) fn global_table(self, topology: &Topology) -> String {
        format!("{}-table", self.stage(topology))
    }

    /// A replicator.
    pub(crate) fn replicator(self, topology: &Topology) -> String {
        format!("{}-replicator", self.stage(topology))
    }
}

/// The name of the queue at a position of the pipeline, as
/// [`Layout::queue_name`](crate::model::Layout::queue_name) has it.
fn queue_name(position: usize, topology: &Topology) -> String {
    let stages = &topology.stages;
    match (position.checked_sub(1), stages.get(position)) {
        (None, _) => "inbound-queue".to_owned(),
        (Some(before), Some(stage)) => format!("{}-{stage}-queue", stages[before]),
        (Some(_), None) => "outbound-queue".to_owned(),
    }
}

//! How in-dns answers, in a sketch.

use crate::model::options::Answer;
use crate::scenario::{DnsOptions, Topology};

/// The design of in-dns, whatever the number of regions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Naming {
    /// By region: its weight, as far as there are regions; none for equal ones.
    pub(crate) weights: Option<[u8; 8]>,
    /// How it picks one of several regions; both are sound.
    pub(crate) answer: Answer,
}

impl Naming {
    pub(crate) fn options(self, topology: &Topology) -> DnsOptions {
        let regions = usize::from(topology.regions);
        let weights = self.weights.map_or(Vec::new(), |weights| {
            weights[..regions].iter().map(|&weight| weight.into()).collect()
        });
        DnsOptions { weights, answer: self.answer, ..DnsOptions::default() }
    }

    /// Whether so many records in a row go to every region, whatever the schedule.
    pub(crate) fn reaches_every_region(self, records: u32, topology: &Topology) -> bool {
        let regions = usize::from(topology.regions);
        let equal =
            self.weights.is_none_or(|weights| weights[..regions].iter().all(|&w| w == weights[0]));
        self.answer == Answer::RoundRobin && equal && records as usize >= regions
    }
}

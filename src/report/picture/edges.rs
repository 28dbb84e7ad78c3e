//! The lines of the drawing.

use crate::model::layout::Place;
use crate::report::picture::{BEFORE_QUEUE, BEHIND_LABEL, LANES, Plan, Spot};

impl Plan<'_> {
    /// What is connected with what.
    pub(super) fn edges(&self) -> Vec<(&'static str, Spot, Spot)> {
        let spot = |place| self.spot(place);
        let mut edges = vec![
            ("way", spot(Place::Source), spot(Place::InDns)),
            ("way", spot(Place::OutDns), spot(Place::Destination)),
        ];
        for region in self.layout.region_ids() {
            let queue = |position| self.queue(self.layout.queue(region, position));
            edges.push(("way", spot(Place::InDns), queue(0)));
            edges.push(("way", queue(self.layout.stages.len()), spot(Place::OutDns)));
            for stage in self.layout.stage_ids() {
                for number in 0..self.layout.containers_of(stage) {
                    let container = self.container(region, stage, number);
                    edges.push(("way", queue(stage.index()), container));
                    if self.layout.shape.next(stage).contains(&(stage.0 + 1)) {
                        edges.push(("way", container, queue(stage.index() + 1)));
                    }
                }
                let nearest = self.container(region, stage, self.layout.containers_of(stage) - 1);
                edges.push(("store", nearest, self.table(region, stage)));
                if self.layout.places().contains(&Place::Service) {
                    edges.push(("call", nearest, self.service()));
                }
            }
        }
        edges
    }

    /// The ways that lead past the next queue: beside the machines in between and their labels, at the outer edge of the
    /// region.
    pub(super) fn detours(&self) -> Vec<[Spot; 6]> {
        let mut detours = Vec::new();
        for (region, stage) in self
            .layout
            .region_ids()
            .flat_map(|region| self.layout.stage_ids().map(move |stage| (region, stage)))
        {
            let next = self.layout.shape.next(stage).iter().map(|&next| usize::from(next));
            let past = next.filter(|&next| next != stage.index() + 1).enumerate();
            for (number, position) in past {
                let lane = LANES[number % LANES.len()];
                let lane = self.across(region, self.measures.margin - lane);
                let queue = self.queue(self.layout.queue(region, position));
                let container = self.container(region, stage, 0);
                let (from, to) = (container.0 + BEHIND_LABEL, queue.0 - BEFORE_QUEUE);
                let way = [(from, container.1), (from, lane), (to, lane), (to, queue.1)];
                let [first, second, third, last] = way;
                detours.push([container, first, second, third, last, queue]);
            }
        }
        detours
    }

    /// From each table to what replicates it.
    pub(super) fn copies(&self) -> Vec<(Spot, Spot)> {
        let of_stage = |stage| {
            let regions = self.layout.region_ids();
            regions.map(move |region| (self.table(region, stage), self.replicator(stage)))
        };
        self.layout.stage_ids().flat_map(of_stage).collect()
    }
}

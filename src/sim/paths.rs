//! Health checks that look at the whole path of a region: at every queue, every table, and the containers of every
//! stage.
//!
//! The check asks a region's inbound queue, as any other, and takes the answer for a bad one while something behind
//! that queue is broken. It begins when that changes: so it rests when it is content, too.

use crate::model::container;
use crate::model::fault::Target;
use crate::model::id::{RegionId, StageId};
use crate::model::options::HealthCheckOf;
use crate::plan::Plan;
use crate::sim::world::World;

impl World {
    /// Tells in-dns which regions are broken, where its checks look at that.
    #[inline]
    pub(super) fn update_paths(&mut self, plan: &Plan) {
        if plan.in_dns.options.health_check == HealthCheckOf::WholePath {
            self.look_at_paths(plan);
        }
    }

    fn look_at_paths(&mut self, plan: &Plan) {
        for region in plan.layout.region_ids() {
            if self.in_dns.see_path(region, self.has_path(region, plan)) {
                self.check_health(region, plan);
            }
        }
    }

    /// Whether a record that came to the region would pass all of it.
    fn has_path(&self, region: RegionId, plan: &Plan) -> bool {
        let layout = &plan.layout;
        let works = |target| !self.is_disturbed(target);
        let mut queues = (0..layout.positions()).map(|position| layout.queue(region, position));
        queues.all(|id| works(Target::Queue(id)))
            && layout.stage_ids().all(|stage| {
                works(Target::Table(layout.table(region, stage)))
                    && self.has_container(region, stage, plan)
            })
    }

    fn has_container(&self, region: RegionId, stage: StageId, plan: &Plan) -> bool {
        let mut rivals = plan.layout.rivals(region, stage);
        rivals.any(|id| self.containers[id.index()].state() == container::State::Processing)
    }
}

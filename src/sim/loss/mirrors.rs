//! What becomes of mirrored logs when a region is lost.

use crate::model::id::{RecordId, RegionId};
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::plan::Plan;
use crate::sim::world::World;

impl World {
    /// What a region had sent to mirrors, or was sent to its own, and was not handled, does not come; and nothing is mirrored there any more.
    pub(in crate::sim) fn end_mirrors(&mut self, region: RegionId, plan: &Plan) {
        for context in &plan.queues {
            let Some(mirror) = plan.mirror_of(context.id) else { continue };
            let is_there = |queue| plan.layout.queue_place(queue).0 == region;
            if is_there(context.id) || is_there(mirror) {
                self.out.retain(plan.layout.machine(Place::Queue(mirror)), |message| {
                    !matches!(message, Message::Mirror { .. } | Message::Checkpoint { .. })
                });
                self.queues[mirror.index()].forget_held_copies(&mut self.out);
            }
            if is_there(mirror) {
                self.queues[context.id.index()].lose_mirror();
            }
        }
    }

    /// The logs that have the mirrors of those of a lost region take over. Those that skip come last: what others go on with is
    /// not skipped. `held` gets the records that are skipped.
    pub(in crate::sim) fn take_over(
        &mut self,
        region: RegionId,
        held: &mut Vec<RecordId>,
        plan: &Plan,
    ) {
        for skips in [false, true] {
            for context in &plan.queues {
                let Some(mirror) = plan.mirror_of(context.id) else { continue };
                if plan.layout.queue_place(context.id).0 != region || context.skips() != skips {
                    continue;
                }
                let queue = &mut self.queues[mirror.index()];
                if skips {
                    held.extend(queue.mirrored(&self.shelf).map(|item| item.copy.id));
                }
                queue.take_over(&plan.queues[mirror.index()], &mut self.shelf, &mut self.out);
                self.queue_changed(mirror, plan);
            }
        }
    }
}

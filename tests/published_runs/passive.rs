//! What is special in a run of the active-passive system: a name that leads to both queues or to one, and fronts of
//! databases that refuse.

use active_active::model::{Message, RegionId};
use active_active::sim::Choice;

use super::read::Line;
use super::replay::{Replay, What};

impl Replay<'_> {
    /// P's out-dns sends each request to the queues of both regions, once switched to that of region 2 alone. Here the
    /// destination asks each region, and again that from which it had a record.
    pub(super) fn passive_request(&mut self) -> Result<(), What> {
        let active = RegionId(u8::from(self.offline.contains(&RegionId(0))));
        if self.waits_for_a_change(active) {
            self.polls.insert(active);
            return Ok(());
        }
        let out_dns = self.machine("out-dns");
        let mut asked = false;
        while let Some(Message::Receive { .. }) = self.simulation.next_message(out_dns) {
            self.choose(Choice::Step(out_dns))?;
            asked = true;
        }
        match asked {
            true => {
                self.alike.steps += 1;
                Ok(())
            }
            false => Err("out-dns has no request for a delivery".to_owned()),
        }
    }

    /// Whether the queue of the line has the request that P sent to it, or has had it before.
    pub(super) fn has_request(&mut self, line: &Line) -> bool {
        let machine = self.machine(&line.machine);
        let is_request = |message: &Message| matches!(message, Message::Receive { .. });
        let has = self.simulation.inbox(machine).any(is_request);
        if !has {
            self.nothing(ASKED_TWICE);
        }
        has
    }

    /// A front that is out refuses; here the container's own cluster does.
    pub(super) fn refuse_at_the_front(&mut self, line: &Line) -> Result<(), What> {
        let table = self.machine(&line.machine.replace("-container@", "-table@"));
        match self.simulation.next_message(table) {
            Some(Message::Insert { .. }) => self.choose(Choice::Step(table)),
            _ => Ok(()),
        }
    }
}

/// Why some requests have no step at the queue that they come to.
const ASKED_TWICE: &str = "P's failover name sends each request to both queues, and the one where the destination waits \
                           already ignores it";

//! Messages that let all others pass.

use crate::model::id::MachineId;
use crate::model::message::Message;
use crate::model::outbox::Outbox;
use crate::model::pool::List;

impl Outbox {
    /// Puts such messages of the machine's inbox behind all others, where one is in front of another one.
    pub(crate) fn put_last(&mut self, machine: MachineId, is_last: impl Fn(&Message) -> bool) {
        let (messages, inbox) = (&mut self.messages, &mut self.inboxes[machine.index()]);
        let is_in_order =
            messages.iter(inbox).skip_while(|message| !is_last(message)).all(&is_last);
        if is_in_order {
            return;
        }
        let mut behind = List::default();
        while let Some(message) = messages.take_first(inbox, &is_last) {
            messages.push_back(&mut behind, message);
        }
        while let Some(message) = messages.pop_front(&mut behind) {
            messages.push_back(inbox, message);
        }
        if self.lossy {
            self.note_head(machine);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{BatchId, RegionId};
    use crate::model::layout::Layout;
    use crate::model::progress::Progress;

    /// What is in front of them is handled first, whenever it came; their own order stays.
    #[test]
    fn what_is_put_last_is_behind_all_others() {
        let machine = MachineId(4);
        let layout = Layout::new(2, vec!["one".to_owned()], vec![1]);
        let progress = Progress::new(&layout, &[BatchId(0), BatchId(1)], false);
        let mut out = Outbox::new(&layout, progress, false, 1);
        let (wake, command) = (
            |region| Message::Wake { region: RegionId(region) },
            |number| Message::Command { action: 0, number },
        );
        let is_command = |message: &Message| matches!(message, Message::Command { .. });
        for message in [wake(0), command(1), wake(1), command(2), wake(2)] {
            out.send(machine, message);
            out.put_last(machine, is_command);
        }
        let expected = [wake(0), wake(1), wake(2), command(1), command(2)];
        assert!(out.inbox(machine).eq(&expected));
    }
}

//! Messages that are late: sent, and not yet in the inbox of their receiver.

use crate::model::id::MachineId;
use crate::model::message::Message;

/// The messages that are late, by receiver; of one receiver, in the order in which they were sent.
///
/// A message that is late is on its way. It is not in the receiver's inbox yet, and whatever is sent to the
/// receiver meanwhile overtakes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Late {
    messages: Vec<(MachineId, Message)>,
}

impl Late {
    /// Room for so many, so that none of them takes memory in the middle of a run.
    pub(crate) fn with_capacity(capacity: usize) -> Late {
        Late { messages: Vec::with_capacity(capacity) }
    }

    /// One more.
    pub(crate) fn push(&mut self, to: MachineId, message: Message) {
        let behind = self.messages.partition_point(|&(other, _)| other <= to);
        self.messages.insert(behind, (to, message));
    }

    /// Those to the machine, first one first.
    pub(crate) fn of(&self, machine: MachineId) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(move |(to, _)| *to == machine).map(|(_, message)| message)
    }

    /// Takes the first of those to the machine.
    pub(crate) fn take(&mut self, machine: MachineId) -> Option<Message> {
        let first = self.messages.iter().position(|&(to, _)| to == machine)?;
        Some(self.messages.remove(first).1)
    }

    /// The first machine that one of them goes to.
    #[inline]
    pub(crate) fn first_receiver(&self) -> Option<MachineId> {
        self.messages.first().map(|&(to, _)| to)
    }

    /// The first machine that a message of a kind goes to.
    pub(crate) fn first_receiver_of(
        &self,
        is_meant: impl Fn(&Message) -> bool,
    ) -> Option<MachineId> {
        self.messages.iter().find(|(_, message)| is_meant(message)).map(|&(to, _)| to)
    }

    /// Takes those to the machine away that are not to be kept: they do not arrive.
    pub(crate) fn retain(&mut self, machine: MachineId, keep: impl Fn(&Message) -> bool) {
        self.messages.retain(|(to, message)| *to != machine || keep(message));
    }

    pub(crate) fn copy_from(&mut self, other: &Late) {
        self.messages.clone_from(&other.messages);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::RegionId;

    fn fence(region: u8) -> Message {
        Message::Fence { to: RegionId(region) }
    }

    /// States are compared machine by machine, so it must not matter to which machine a message was sent first.
    #[test]
    fn messages_wait_by_receiver_and_then_by_age() {
        let (one, other) = (MachineId(3), MachineId(7));
        let mut late = Late::with_capacity(3);
        assert_eq!(late.first_receiver(), None);
        late.push(other, fence(0));
        late.push(one, fence(1));
        late.push(other, fence(2));
        assert_eq!(late.first_receiver(), Some(one));
        assert!(late.of(other).eq(&[fence(0), fence(2)]));
        assert_eq!(late.take(other), Some(fence(0)));
        late.retain(one, |_| false);
        assert_eq!(late.first_receiver(), Some(other));
        assert_eq!((late.take(one), late.take(other)), (None, Some(fence(2))));
    }
}

//! What machines say to each other.

use crate::model::id::{BatchId, MachineId, QueueId, RecordId, RegionId, TableId};
use crate::model::record::RecordCopy;

pub(crate) mod rows;

/// Who asked: the machine, and which life of it.
///
/// A container that was restarted ignores replies to its earlier lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Client {
    /// The machine that gets the reply.
    pub machine: MachineId,
    /// How often it was restarted before it asked.
    pub incarnation: u16,
}

impl Client {
    /// In place of a life: who asked does not wait for the reply any more.
    pub(crate) const GIVEN_UP: u16 = u16::MAX;

    /// Beside the number of a life, which is smaller: that is over, and its queue knows.
    const GONE: u16 = 1 << 15;

    /// The number of the life after this one. They begin anew before they could be taken for one that is over.
    pub(crate) fn next_life(incarnation: u16) -> u16 {
        (incarnation + 1) % Client::GONE
    }

    /// A life that is over, as its queue knows.
    pub(crate) fn gone(self) -> Client {
        Client { incarnation: self.incarnation | Client::GONE, ..self }
    }

    /// Whether it is a life that is over, as its queue knows.
    pub(crate) fn is_gone(self) -> bool {
        self.incarnation & Client::GONE != 0 && self.incarnation != Client::GIVEN_UP
    }
}

/// Names one delivery of one record by one queue: what SQS calls a receipt handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt(pub u32);

/// Names one message of one queue: what SQS calls a message id. A redelivery is the same message; a record
/// that is sent again, or redriven, is another one. It counts the messages of the queue: 1 to 65,535, and then 1 again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MessageNumber(pub u16);

/// Why nothing of a transaction is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RolledBack {
    /// A service that takes part refused: the table, if none is named.
    Refused(Option<MachineId>),
    /// The delivery is not the consumer's any more: another one has the record or will.
    Expired,
    /// The table has the record already, and its container wants nothing to be done then.
    Duplicate,
    /// The table has a row that the container cannot read.
    Unreadable,
}

/// What a health check is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Health {
    /// The target works.
    Available,
    /// The target has failed, or cannot be reached.
    Failed,
    /// A table has applied everything that was written elsewhere before it was asked.
    CaughtUp,
}

rows::collect! {
    [all
        /// One message. Requests are imperative and replies are participles; a reply repeats the
        /// incarnation of its request.
        pub enum Message
    ]
    // In the order in which states are written down: a new one comes last.
    [
        Proceed Publish Wake
        Send Sent SendRefused Receive Received ReceiveRefused Remove Removed RemoveRefused Abandon Expire
        Insert Inserted InsertRefused
        Replicate Apply Probe Probed Forward Handover Discard Logged Enact CleanUp Fence Command Begin Begun Relay
        Call Called CallRefused Commit Withdraw Withdrawn WithdrawRefused
        Transact Transacted TransactRefused
        Mirror Checkpoint
    ]
}

impl Message {
    /// A message came to a machine that cannot be sent it.
    #[cold]
    #[inline(never)]
    pub(crate) fn is_not_for(&self, machine: &str) -> ! {
        unreachable!("{machine} gets no {self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_fits_in_twenty_bytes() {
        assert_eq!(size_of::<Message>(), 20);
    }
}

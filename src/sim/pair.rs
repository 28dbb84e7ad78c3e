//! What coverage counts: kinds of steps.

use crate::model::layout::MachineKind;
use crate::model::message::MessageKind;

/// Room for the states of a machine, and for the kinds of messages, in the number of a pair.
const STATES: usize = 4;
const MESSAGES: usize = 64;

// One state or message more than there is room for does not compile.
const _: () = {
    assert!(MessageKind::ALL.len() <= MESSAGES, "there is no room for one more kind of message");
    let mut index = 0;
    while index < MachineKind::ALL.len() {
        let kind = MachineKind::ALL[index];
        assert!(kind as usize == index, "`MachineKind::ALL` has the order of the variants");
        assert!(Pair::states(kind).len() <= STATES, "there is no room for one more state");
        index += 1;
    }
};

/// A kind of machine, its state, and the kind of message it handled: the unit of coverage.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Pair {
    /// The kind of machine.
    pub machine: MachineKind,
    /// Its state before the message, as an index into [`Pair::states`].
    pub state: u8,
    /// The kind of message.
    pub message: MessageKind,
}

impl Pair {
    /// How many indices there are.
    pub const COUNT: usize = MachineKind::ALL.len() * STATES * MESSAGES;

    /// A dense number for the pair, below [`Pair::COUNT`].
    #[inline]
    pub fn index(self) -> usize {
        (self.machine as usize * STATES + usize::from(self.state)) * MESSAGES
            + self.message as usize
    }

    /// The pair of a number, if it means one.
    pub fn from_index(index: usize) -> Option<Pair> {
        let machine = *MachineKind::ALL.get(index / (STATES * MESSAGES))?;
        let state = (index / MESSAGES % STATES) as u8;
        let message = *MessageKind::ALL.get(index % MESSAGES)?;
        (usize::from(state) < Pair::states(machine).len()).then_some(Pair {
            machine,
            state,
            message,
        })
    }
}

impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = Pair::states(self.machine)[usize::from(self.state)];
        write!(f, "{} {} {}", self.machine, state, self.message.name())
    }
}

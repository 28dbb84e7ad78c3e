//! One instance of a relay.

use crate::model::id::MachineId;
use crate::model::record::RecordCopy;

/// ```text
///          an intent            reads it              refused
///   Idle ────────────► Polling ─────────► Sending ──────────────► Waiting
///    ▲                    │                │ ▲ │                     │
///    └────────────────────┴────────────────┘ │ └─► Woken ──┐         │
///        nothing is left       published     └─────────────┴─────────┘
///                                                     tries again
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum State {
    /// The outbox has nothing for it.
    #[default]
    Idle,
    /// It is about to read the outbox.
    Polling,
    /// It waits for the acknowledgement of a record.
    Sending,
    /// The same, and something changed meanwhile: a refusal may be out of date.
    Woken,
    /// It was refused, and waits until something changes.
    Waiting,
}

/// One instance of a relay.
#[derive(Clone, Copy, Debug)]
pub struct Worker {
    pub(super) state: State,
    /// The record that it has sent or will send again; none if another instance has published it meanwhile.
    pub(super) under_way: Option<RecordCopy>,
    /// Where it sends that, or has sent what it sent last.
    pub(super) to: MachineId,
    /// How often it died while the queue had a request of it.
    pub(super) life: u16,
}

impl Default for Worker {
    /// It has read nothing, so where it sends is not known yet.
    fn default() -> Worker {
        Worker { state: State::Idle, under_way: None, to: MachineId(0), life: 0 }
    }
}

impl Worker {
    /// What it does.
    pub fn state(&self) -> State {
        self.state
    }

    /// The record that it has sent, and not heard of.
    pub fn under_way(&self) -> Option<RecordCopy> {
        self.under_way
    }

    /// The address of the queue that it sends that to.
    pub(crate) fn to(&self) -> MachineId {
        self.to
    }

    /// How often it died while the queue had a request of it.
    pub(crate) fn life(&self) -> u16 {
        self.life
    }

    /// Whether the queue has a request of this life of it.
    pub(super) fn waits_for_reply(&self) -> bool {
        match self.state {
            State::Sending | State::Woken => true,
            State::Idle | State::Polling | State::Waiting => false,
        }
    }

    /// Its memory is lost. A request to read the outbox is as good for its next life.
    pub(super) fn die(&mut self) {
        self.life = self.life.wrapping_add(u16::from(self.waits_for_reply()));
        self.under_way = None;
        if self.state != State::Polling {
            self.state = State::Idle;
        }
    }
}

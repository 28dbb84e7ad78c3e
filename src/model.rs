//! The machines of an active-active system: what each one does with one message.
//!
//! A machine is plain data with a handler. A handler reads its own state and one [`Message`],
//! changes its own state, and writes what it intends (sends and events) into an
//! outbox. It cannot see another machine, draws no random number and reads no
//! clock: everything that is left open is a [`Choice`](crate::sim::Choice) of the scheduler.

pub(crate) mod bit_set;
pub mod container;
pub mod destination;
pub mod dns;
pub mod event;
pub mod fault;
pub mod id;
pub(crate) mod index_set;
pub(crate) mod late;
pub mod layout;
pub mod list;
pub mod message;
pub mod options;
pub(crate) mod outbox;
pub(crate) mod pool;
pub mod progress;
pub mod property;
pub mod queue;
pub mod record;
pub mod replicator;
pub mod service;
pub mod shape;
pub mod source;
pub(crate) mod states;
pub mod table;

pub use container::Container;
pub use destination::RecordDestination;
pub use dns::Dns;
pub use event::Event;
pub use fault::{Fault, FaultKind, FaultPoint};
pub use id::{
    BatchId, ContainerId, MachineId, QueueId, RecordId, RegionId, RegionSet, ReplicatorId, StageId,
    TableId,
};
pub use layout::{Layout, MachineKind, Place};
pub use message::{Client, Message, MessageKind};
pub use queue::Queue;
pub use record::RecordCopy;
pub use replicator::Replicator;
pub use service::ExternalService;
pub use source::RecordSource;
pub use table::{RegionalTable, global_database};

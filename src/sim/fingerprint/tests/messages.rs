//! Field by field: what is said in a message.

use std::collections::BTreeSet;

use super::{PLANS, plan, world};
use crate::model::id::{BatchId, MachineId, QueueId, RecordId, RegionId, TableId};
use crate::model::layout::Place;
use crate::model::message::{
    Client, Health, Message, MessageKind, MessageNumber, Receipt, RolledBack,
};
use crate::model::record::RecordCopy;
use crate::sim::fingerprint::of;

const CLIENT: Client = Client { machine: MachineId(6), incarnation: 3 };
const COPY: RecordCopy = RecordCopy { id: RecordId(1), value: 77 };

/// The same client but for one field.
fn other_clients(client: Client) -> [Client; 2] {
    let Client { machine, incarnation } = client;
    let machine = MachineId(machine.0 + 1);
    [Client { machine, ..client }, Client { incarnation: incarnation + 1, ..client }]
}

/// The same copy but for one field.
fn other_copies(copy: RecordCopy) -> [RecordCopy; 2] {
    let RecordCopy { id, value } = copy;
    let id = RecordId(id.0 + 1);
    [RecordCopy { id, ..copy }, RecordCopy { value: value + 1, ..copy }]
}

/// One message of each kind.
fn messages() -> Vec<Message> {
    let (region, queue, incarnation, receipt) = (RegionId(0), QueueId(0), 3, Receipt(4));
    let (client, copy) = (CLIENT, COPY);
    vec![
        Message::Proceed,
        Message::Publish { batch: BatchId(1) },
        Message::Wake { region },
        Message::Send { client, copy },
        Message::Sent { incarnation, queue },
        Message::SendRefused { incarnation },
        Message::Receive { client, queue },
        Message::Received { incarnation, queue, copy, number: MessageNumber(5), receipt },
        Message::ReceiveRefused { incarnation, queue },
        Message::Remove { client, queue, receipt },
        Message::Removed { incarnation, queue },
        Message::RemoveRefused { incarnation, queue, expired: false },
        Message::Abandon { client, lives: false },
        Message::Expire { receipt },
        Message::Insert { client, copy },
        Message::Inserted { incarnation, duplicate: false, unreadable: false },
        Message::InsertRefused { incarnation },
        Message::Replicate { region, copy, time: 6 },
        Message::Apply { region, copy, time: 6 },
        Message::Probe { region },
        Message::Probed { region, health: Health::Available },
        Message::Forward { client: Some(client), copy, asked: TableId(0) },
        Message::Handover { from: region, to: RegionId(1) },
        Message::Discard { copy },
        Message::Logged { copy },
        Message::Enact { plan: 7, weights: [1; 8] },
        Message::CleanUp { plan: 7 },
        Message::Fence { to: region },
        Message::Command { action: 1, number: 2 },
        Message::Begin { client, copy },
        Message::Begun { incarnation },
        Message::Relay { instance: 0 },
        Message::Call { client, queue, copy, receipt },
        Message::Called { incarnation },
        Message::CallRefused { incarnation },
        Message::Commit { client },
        Message::Withdraw { client, copy },
        Message::Withdrawn { incarnation },
        Message::WithdrawRefused { incarnation },
        Message::Transact { client, queue, copy, receipt },
        Message::Transacted { incarnation },
        Message::TransactRefused { incarnation, why: RolledBack::Refused(None) },
        Message::Mirror { copy },
        Message::Checkpoint { copy },
    ]
}

/// The message with each of its fields changed alone. A new field of a message breaks this.
#[allow(clippy::too_many_lines, reason = "one exhaustive match: a new message must break it")]
fn others(message: Message) -> Vec<Message> {
    let clients = |make: &dyn Fn(Client) -> Message| other_clients(CLIENT).map(make).to_vec();
    let copies = |make: &dyn Fn(RecordCopy) -> Message| other_copies(COPY).map(make).to_vec();
    let (other_region, other_queue) = (RegionId(2), QueueId(1));
    match message {
        Message::Proceed => Vec::new(),
        Message::Relay { instance: _ } => vec![Message::Relay { instance: 1 }],
        Message::Begin { client, copy } => [
            clients(&|client| Message::Begin { client, copy }),
            copies(&|copy| Message::Begin { client, copy }),
        ]
        .concat(),
        Message::Mirror { copy: _ } => copies(&|copy| Message::Mirror { copy }),
        Message::Checkpoint { copy: _ } => copies(&|copy| Message::Checkpoint { copy }),
        Message::Begun { incarnation } => vec![Message::Begun { incarnation: incarnation + 1 }],
        Message::Publish { batch: _ } => vec![Message::Publish { batch: BatchId(2) }],
        Message::Wake { region: _ } => vec![Message::Wake { region: other_region }],
        Message::Send { client, copy } => [
            clients(&|client| Message::Send { client, copy }),
            copies(&|copy| Message::Send { client, copy }),
        ]
        .concat(),
        Message::Sent { incarnation, queue } => vec![
            Message::Sent { incarnation: incarnation + 1, queue },
            Message::Sent { incarnation, queue: other_queue },
        ],
        Message::SendRefused { incarnation } => {
            vec![Message::SendRefused { incarnation: incarnation + 1 }]
        }
        Message::Receive { client, queue } => [
            clients(&|client| Message::Receive { client, queue }),
            vec![Message::Receive { client, queue: other_queue }],
        ]
        .concat(),
        Message::Received { incarnation, queue, copy, number, receipt } => {
            let with = |copy| Message::Received { incarnation, queue, copy, number, receipt };
            let of = |incarnation, queue, number, receipt| Message::Received {
                incarnation,
                queue,
                copy,
                number,
                receipt,
            };
            let single = vec![
                of(incarnation + 1, queue, number, receipt),
                of(incarnation, other_queue, number, receipt),
                of(incarnation, queue, MessageNumber(6), receipt),
                of(incarnation, queue, number, Receipt(5)),
            ];
            [copies(&with), single].concat()
        }
        Message::ReceiveRefused { incarnation, queue } => vec![
            Message::ReceiveRefused { incarnation: incarnation + 1, queue },
            Message::ReceiveRefused { incarnation, queue: other_queue },
        ],
        Message::Remove { client, queue, receipt } => [
            clients(&|client| Message::Remove { client, queue, receipt }),
            vec![Message::Remove { client, queue: other_queue, receipt }],
            vec![Message::Remove { client, queue, receipt: Receipt(5) }],
        ]
        .concat(),
        Message::Removed { incarnation, queue } => vec![
            Message::Removed { incarnation: incarnation + 1, queue },
            Message::Removed { incarnation, queue: other_queue },
        ],
        Message::RemoveRefused { incarnation, queue, expired } => vec![
            Message::RemoveRefused { incarnation: incarnation + 1, queue, expired },
            Message::RemoveRefused { incarnation, queue: other_queue, expired },
            Message::RemoveRefused { incarnation, queue, expired: true },
        ],
        Message::Abandon { client, lives } => [
            clients(&|client| Message::Abandon { client, lives }),
            vec![Message::Abandon { client, lives: !lives }],
        ]
        .concat(),
        Message::Commit { client: _ } => clients(&|client| Message::Commit { client }),
        Message::Expire { receipt: _ } => vec![Message::Expire { receipt: Receipt(5) }],
        Message::Insert { client, copy } => [
            clients(&|client| Message::Insert { client, copy }),
            copies(&|copy| Message::Insert { client, copy }),
        ]
        .concat(),
        Message::Withdraw { client, copy } => [
            clients(&|client| Message::Withdraw { client, copy }),
            copies(&|copy| Message::Withdraw { client, copy }),
        ]
        .concat(),
        Message::Withdrawn { incarnation } => {
            vec![Message::Withdrawn { incarnation: incarnation + 1 }]
        }
        Message::WithdrawRefused { incarnation } => {
            vec![Message::WithdrawRefused { incarnation: incarnation + 1 }]
        }
        Message::Transact { client, queue, copy, receipt } => [
            clients(&|client| Message::Transact { client, queue, copy, receipt }),
            copies(&|copy| Message::Transact { client, queue, copy, receipt }),
            vec![Message::Transact { client, queue: other_queue, copy, receipt }],
            vec![Message::Transact { client, queue, copy, receipt: Receipt(5) }],
        ]
        .concat(),
        Message::Transacted { incarnation } => {
            vec![Message::Transacted { incarnation: incarnation + 1 }]
        }
        Message::TransactRefused { incarnation, why } => {
            let reasons = [
                RolledBack::Refused(Some(MachineId(3))),
                RolledBack::Refused(Some(MachineId(4))),
                RolledBack::Expired,
                RolledBack::Duplicate,
                RolledBack::Unreadable,
            ];
            let with = |why| Message::TransactRefused { incarnation, why };
            let other = Message::TransactRefused { incarnation: incarnation + 1, why };
            reasons.into_iter().map(with).chain([other]).collect()
        }
        Message::Inserted { incarnation, duplicate, unreadable } => vec![
            Message::Inserted { incarnation: incarnation + 1, duplicate, unreadable },
            Message::Inserted { incarnation, duplicate: true, unreadable },
            Message::Inserted { incarnation, duplicate, unreadable: true },
        ],
        Message::InsertRefused { incarnation } => {
            vec![Message::InsertRefused { incarnation: incarnation + 1 }]
        }
        Message::Replicate { region, copy, time } => [
            copies(&|copy| Message::Replicate { region, copy, time }),
            vec![Message::Replicate { region: other_region, copy, time }],
            // Of its time only the order counts, and has a test of its own.
        ]
        .concat(),
        Message::Apply { region, copy, time } => [
            copies(&|copy| Message::Apply { region, copy, time }),
            vec![Message::Apply { region: other_region, copy, time }],
            // Of its time only the order counts, and has a test of its own.
        ]
        .concat(),
        Message::Probe { region: _ } => vec![Message::Probe { region: other_region }],
        Message::Probed { region, health } => vec![
            Message::Probed { region: other_region, health },
            Message::Probed { region, health: Health::Failed },
            Message::Probed { region, health: Health::CaughtUp },
        ],
        Message::Forward { client, copy, asked } => [
            clients(&|client| Message::Forward { client: Some(client), copy, asked }),
            copies(&|copy| Message::Forward { client, copy, asked }),
            vec![Message::Forward { client: None, copy, asked }],
            vec![Message::Forward { client, copy, asked: TableId(1) }],
        ]
        .concat(),
        Message::Handover { from, to } => vec![
            Message::Handover { from: other_region, to },
            Message::Handover { from, to: other_region },
        ],
        Message::Discard { copy: _ } => copies(&|copy| Message::Discard { copy }),
        Message::Logged { copy: _ } => copies(&|copy| Message::Logged { copy }),
        Message::Enact { plan, weights } => vec![
            Message::Enact { plan: plan + 1, weights },
            Message::Enact { plan, weights: [1, 1, 1, 1, 1, 1, 1, 2] },
            Message::Enact { plan, weights: [2, 1, 1, 1, 1, 1, 1, 1] },
        ],
        Message::CleanUp { plan } => vec![Message::CleanUp { plan: plan + 1 }],
        Message::Command { action, number } => vec![
            Message::Command { action: action + 1, number },
            Message::Command { action, number: number + 1 },
        ],
        Message::Fence { to: _ } => vec![Message::Fence { to: other_region }],
        Message::Call { client, queue, copy, receipt } => [
            clients(&|client| Message::Call { client, queue, copy, receipt }),
            copies(&|copy| Message::Call { client, queue, copy, receipt }),
            vec![Message::Call { client, queue: other_queue, copy, receipt }],
            // Of its receipt only a service that knows calls by that is told, and has a test of its own.
        ]
        .concat(),
        Message::Called { incarnation } => vec![Message::Called { incarnation: incarnation + 1 }],
        Message::CallRefused { incarnation } => {
            vec![Message::CallRefused { incarnation: incarnation + 1 }]
        }
    }
}

#[test]
fn every_field_of_every_message_is_in_the_fingerprint() {
    let kinds: Vec<MessageKind> = messages().iter().map(Message::kind).collect();
    assert_eq!(kinds, MessageKind::ALL);
    // Of the plan in which the destination tells messages apart, so that their numbers count.
    let plan = plan(PLANS[1]);
    let with = |message: Message| {
        let mut world = world(&plan, 30);
        // Only a queue has visibility timeouts; what the others are sent depends on no receiver.
        let is_expiry = message.kind() == MessageKind::Expire;
        let to = if is_expiry { Place::Queue(QueueId(0)) } else { Place::Source };
        world.out.send(plan.layout.machine(to), message);
        of(&world, &plan)
    };
    let mut seen = BTreeSet::new();
    for message in messages() {
        assert!(seen.insert(with(message)), "{message:?} is taken for another kind");
        for other in others(message) {
            assert_ne!(with(message), with(other), "{message:?} and {other:?}");
        }
    }
}

/// The time of a write is only ever compared with another one's.
#[test]
fn of_the_times_of_writes_the_order_is_in_the_fingerprint_and_nothing_else() {
    let plan = plan(PLANS[0]);
    let table = |id| plan.layout.machine(Place::Table(TableId(id)));
    let of_times = |at_one: [u32; 2], at_two: u32| {
        let mut world = world(&plan, 0);
        let copy = |id| RecordCopy { id: RecordId(id), value: plan.value(RecordId(id)) };
        // Records 1 and 4 have one key; both tables are of the first stage.
        for (id, time) in [1, 4].into_iter().zip(at_one) {
            let apply = Message::Apply { region: RegionId(1), copy: copy(id), time };
            world.out.send(table(0), apply);
        }
        let replicate = Message::Replicate { region: RegionId(0), copy: copy(1), time: at_two };
        world.out.send(plan.replicators[0].machine, replicate);
        of(&world, &plan)
    };
    let before = of_times([3, 5], 9);
    assert_eq!(before, of_times([13, 15], 19), "what clocks show");
    assert_eq!(before, of_times([3, 8], 9), "how far apart writes are");
    assert_ne!(before, of_times([5, 3], 9), "two messages to a table in another order");
    assert_ne!(before, of_times([3, 5], 1), "a message to the replicator before them");
    assert_ne!(before, of_times([3, 5], 5), "two writes at one time");
}

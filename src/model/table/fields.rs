//! For tests: the changes of each field of a regional table, of a row and of what is shown for a key.

use super::{RegionalTable, State};
use crate::fields::changes_of_each_field;
use crate::model::id::{MachineId, RecordId, RegionId};
use crate::model::message::{Client, Message};
use crate::model::outbox::Outbox;
use crate::model::record::RecordCopy;

const COPY: RecordCopy = RecordCopy { id: RecordId(1), value: 77 };
const CLIENT: Client = Client { machine: MachineId(6), incarnation: 3 };

changes_of_each_field! {
    pub(crate) RegionalTable, Outbox {
        state: [|table, _| table.state = match table.state {
            State::Available => State::Failed,
            State::Failed => State::Available,
        }],
        held: [|table, out| {
            let message = Message::Apply { region: RegionId(1), copy: COPY, time: 2 };
            out.hold(&mut table.held, message);
        }],
        pending: [|table, out| {
            out.hold(&mut table.pending, Message::Insert { client: CLIENT, copy: COPY });
        }],
        ahead: [|table, _| table.ahead ^= 1 << 30],
        // Its own list: see `global_database`.
        cluster: [],
        // Its own list: see `relay`.
        relay: [],
    }
}

/// The changes of each field of a row.
pub(crate) mod row {
    use crate::fields::changes_of_each_field;
    use crate::model::table::Row;

    changes_of_each_field! {
        pub(crate) Row {
            value: [|row| row.value += 1],
            rows: [|row| row.rows += 1],
            written_here: [|row| row.written_here = !row.written_here],
            replicated: [|row| row.replicated = !row.replicated],
        }
    }
}

/// The changes of each field of what is shown for a key.
pub(crate) mod latest {
    use crate::fields::changes_of_each_field;
    use crate::model::table::Latest;

    changes_of_each_field! {
        pub(crate) Latest {
            record: [|latest| latest.record.0 += 1],
            time: [|latest| latest.time += 1],
            region: [|latest| latest.region.0 ^= 1],
        }
    }
}

/// The changes of each field of who has written a row.
pub(crate) mod writers {
    use super::CLIENT;
    use crate::fields::changes_of_each_field;
    use crate::model::message::Client;
    use crate::model::table::{Consumers, Writers};

    changes_of_each_field! {
        pub(crate) Writers {
            regions: [|writers| writers.regions.0 ^= 2],
            consumers: [
                |writers| writers.consumers = match writers.consumers {
                    Consumers::None => Consumers::One(CLIENT),
                    Consumers::One(_) => Consumers::Several,
                    Consumers::Several => Consumers::None,
                },
                |writers| writers.consumers = match writers.consumers {
                    Consumers::One(client) => {
                        Consumers::One(Client { incarnation: client.incarnation + 1, ..client })
                    }
                    other @ (Consumers::None | Consumers::Several) => other,
                },
            ],
        }
    }
}

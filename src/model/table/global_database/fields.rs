//! For tests: the changes of each field of a cluster.

use super::Cluster;
use crate::fields::changes_of_each_field;
use crate::model::id::{RecordId, TableId};
use crate::model::message::Message;
use crate::model::outbox::Outbox;
use crate::model::record::RecordCopy;
use crate::model::table::RegionalTable;

changes_of_each_field! {
    Cluster, Outbox {
        writer: [|cluster, _| cluster.writer.0 ^= 1],
        draining: [|cluster, _| cluster.draining = !cluster.draining],
        waiting: [|cluster, out| {
            let copy = RecordCopy { id: RecordId(1), value: 77 };
            let message = Message::Forward { client: None, copy, asked: TableId(0) };
            out.hold(&mut cluster.waiting, message);
        }],
        unconfirmed: [|cluster, out| {
            let copy = RecordCopy { id: RecordId(1), value: 77 };
            let message = Message::Forward { client: None, copy, asked: TableId(0) };
            out.hold(&mut cluster.unconfirmed, message);
        }],
        unlogged: [|cluster, _| cluster.unlogged += 1],
    }
}

/// The same of the cluster that a table is.
pub(crate) fn changes()
-> impl Iterator<Item = (&'static str, impl Fn(&mut RegionalTable, &mut Outbox) + Copy)> {
    let of = |&(field, change): &(_, Change)| {
        (field, move |table: &mut RegionalTable, out: &mut Outbox| change(&mut table.cluster, out))
    };
    CHANGES.iter().map(of)
}

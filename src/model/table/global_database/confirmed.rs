//! A writer that acknowledges what another region has: a write is handed to the log, and stored when that brings it back.

use crate::model::event::table::Event;
use crate::model::id::RegionId;
use crate::model::message::{Client, Message};
use crate::model::outbox::Outbox;
use crate::model::pool::List;
use crate::model::record::RecordCopy;
use crate::model::table::{Context, RegionalTable, Store, has_unreadable, store_here};

use super::{Request, cancel};

impl RegionalTable {
    /// As the writer, hands a write to the log before it stores it. One that is on its way already is not handed over again.
    pub(super) fn have_confirmed(&mut self, request: Request, context: &Context, out: &mut Outbox) {
        let Request { client, copy, asked } = request;
        let is_on_way = out.held(&self.cluster.unconfirmed).any(|write| is_of(write, copy));
        out.hold(&mut self.cluster.unconfirmed, Message::Forward { client, copy, asked });
        if !is_on_way {
            let (region, time) = (context.region, out.now());
            out.send(context.replicator, Message::Replicate { region, copy, time });
        }
    }

    /// Stores what the log says next.
    pub(super) fn follow_log(
        &mut self,
        region: RegionId,
        copy: RecordCopy,
        time: u32,
        context: &Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) {
        let rows = store.rows[copy.id.index()].rows;
        let is_asked = out.held(&self.cluster.unconfirmed).any(|write| is_of(write, copy));
        if region == context.region && (is_asked || rows > 0) {
            // It has come, even if it was there before.
            out.emit(Event::Applied { table: context.id, copy, rows: rows.max(1) });
            self.confirmed(copy, time, context, store, out);
        } else {
            self.apply(region, copy, time, context, store, out);
        }
        store.rows[copy.id.index()].replicated = true;
    }

    /// Another region has a write of this one: it is stored here, too, and acknowledged to all who wait for that.
    fn confirmed(
        &mut self,
        copy: RecordCopy,
        time: u32,
        context: &Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) {
        let is_it = |write: &Message| is_of(write, copy);
        while let Some(write) = out.take_first_held(&mut self.cluster.unconfirmed, is_it) {
            let Message::Forward { client, asked, .. } = write else {
                unreachable!("only writes that were asked for wait, no {write:?}");
            };
            let (_, duplicate) = store_here(copy, asked, time, context, store, out);
            if let Some(Client { machine, incarnation }) = client {
                let unreadable = has_unreadable(store);
                out.send(machine, Message::Inserted { incarnation, duplicate, unreadable });
            }
        }
    }

    /// Refuses those writes on their way to another region that are meant. Whether they come there is open: the log says so.
    pub(crate) fn refuse_unconfirmed(
        &mut self,
        is_meant: impl Fn(&Message) -> bool,
        out: &mut Outbox,
    ) {
        while let Some(write) = out.take_first_held(&mut self.cluster.unconfirmed, &is_meant) {
            cancel(write, out);
        }
    }

    /// Writes that wait until another region has them.
    pub(crate) fn unconfirmed(&self) -> &List {
        &self.cluster.unconfirmed
    }
}

/// Whether it is about this record.
pub(super) fn is_of(write: &Message, copy: RecordCopy) -> bool {
    write.record() == Some(copy.id)
}

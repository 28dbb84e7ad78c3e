//! A table by itself.

use std::sync::Arc;

use super::*;
use crate::model::id::RecordId;
use crate::plan::Plan;
use crate::scenario::Scenario;

/// A table of region 1 and what it holds, by itself: two records of one key.
struct Alone {
    plan: Arc<Plan>,
    table: RegionalTable,
    rows: Vec<Row>,
    latest: Vec<Latest>,
    out: Outbox,
}

impl Alone {
    fn new(options: &str) -> Alone {
        let text =
            format!("script = [\"publish 1\"]\nrecords = {{ batches = [2], keys = 1 }}\n{options}");
        let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{error}"));
        let plan = Arc::new(Plan::new(&scenario).unwrap_or_else(|problem| panic!("{problem}")));
        let out = plan.outbox();
        let (rows, latest) = (vec![Row::default(); 3], vec![Latest::default()]);
        Alone { plan, table: RegionalTable::default(), rows, latest, out }
    }

    fn copy(&self, record: u16) -> RecordCopy {
        let id = RecordId(record);
        RecordCopy { id, value: self.plan.value(id) }
    }

    /// Handles a message in step number `now`.
    fn handle(&mut self, message: Message, now: u64) {
        let Alone { plan, table, rows, latest, out } = self;
        let mut store = Store { rows, latest, writers: &mut [], keys: plan.keys() };
        out.begin_step(now);
        table.handle(&message, &plan.tables[0], &mut store, out);
    }

    fn insert(&mut self, record: u16, now: u64) {
        let client = Client { machine: self.plan.containers[0].machine, incarnation: 0 };
        self.handle(Message::Insert { client, copy: self.copy(record) }, now);
    }

    fn sent(&self, to: MachineId) -> Vec<Message> {
        self.out.inbox(to).copied().collect()
    }
}

/// It was a Lamport clock once: one more than the newest write that the table had seen.
#[test]
fn the_time_of_a_write_is_that_of_its_step() {
    let mut alone = Alone::new("");
    alone.handle(Message::Apply { region: RegionId(1), copy: alone.copy(2), time: 3 }, 5);
    alone.insert(1, 9);
    let (region, copy) = (RegionId(0), alone.copy(1));
    let replicator = alone.plan.tables[0].replicator;
    assert_eq!(alone.sent(replicator), [Message::Replicate { region, copy, time: 9 }]);
    assert_eq!(alone.latest[0], Latest { record: RecordId(1), time: 9, region });
}

/// The write did not take place, so its time is no later one. It was shown once, although the table kept
/// the row that it had.
#[test]
fn a_write_that_its_condition_refuses_is_not_shown() {
    for (insert, shown) in [("upsert", 1), ("conditional", 2)] {
        let mut alone = Alone::new(&format!("table.insert = '{insert}'"));
        alone.insert(1, 1);
        alone.insert(2, 2);
        alone.insert(1, 3);
        assert_eq!(alone.latest[0].record, RecordId(shown), "{insert}");
        let replicates = alone.sent(alone.plan.tables[0].replicator).len();
        assert_eq!(replicates, if shown == 1 { 3 } else { 2 }, "{insert}");
    }
}

/// What is asked first is answered first, and the answer that there is a row is no refusal.
#[test]
fn a_condition_that_fails_in_the_log_is_answered_as_a_duplicate() {
    let strong = "topology.regions = 3\nreplication.mode = 'strong'";
    let mut alone = Alone::new(&format!("{strong}\ntable.insert = 'conditional'"));
    alone.insert(1, 1);
    assert_eq!(alone.out.events(), []);
    let copy = alone.copy(1);
    alone.handle(Message::Apply { region: RegionId(2), copy, time: 1 }, 2);
    alone.handle(Message::Logged { copy }, 3);
    let (table, asked) = (TableId(0), TableId(0));
    let stored = Event::Stored { table, asked, copy, rows: 1, duplicate: true };
    assert_eq!(alone.out.events(), [stored.into()]);
    let answers = alone.sent(alone.plan.containers[0].machine);
    let (incarnation, unreadable) = (0, false);
    assert_eq!(answers, [Message::Inserted { incarnation, duplicate: true, unreadable }]);
}

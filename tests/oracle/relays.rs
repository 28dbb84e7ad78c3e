//! Which relays are sound, and what a global database has in its outbox.

use active_active::model::event::{Event, fault};
use active_active::model::options::{Claim, Delivery, StoreKind};
use active_active::model::{RecordId, TableId, queue, source, table};
use active_active::plan::Plan;
use active_active::scenario::Scenario;

use super::ways::sent_to;
use super::world::World;

/// Whether no two relays have a record each under way to a queue that has an order.
pub(crate) fn claim_soundly(scenario: &Scenario) -> bool {
    let mut stages = scenario.of_stages();
    scenario.relay.claim == Claim::None
        || stages.all(|stage| stage.queue.delivery == Delivery::Standard)
}

/// Whether the stage has one outbox for all regions, in a global database, from which a relay publishes in the region of
/// the writer.
pub(crate) fn publishes_elsewhere(stage: usize, plan: &Plan) -> bool {
    let scenario = plan.scenario();
    let own = scenario.of_stage(&scenario.topology.stages[stage]);
    own.store == StoreKind::Aurora && own.container.has_outbox()
}

/// The one position that the relay of a global database publishes a record to.
pub(crate) fn only_target(table: TableId, record: RecordId, plan: &Plan) -> usize {
    let stage = plan.layout.table_place(table).1.index();
    *sent_to(stage, record, plan).first().expect("it publishes to a queue")
}

/// Whether such a relay can go to another region though nothing is lost.
pub(crate) fn can_move(plan: &Plan) -> bool {
    let scenario = plan.scenario();
    let is_planned = |line: &str| line.starts_with("switchover ");
    let moves = scenario.script.iter().any(|line| is_planned(&line.to_string()));
    let mut stages = 0..scenario.topology.stages.len();
    (moves || scenario.budget.switchover > 0)
        && stages.any(|stage| publishes_elsewhere(stage, plan))
}

/// Whether the event can show what a loss has destroyed: its end, or what becomes of a record that has lost its intent.
pub(crate) fn shows_loss(event: &Event, before: &World) -> bool {
    let ends = matches!(
        event,
        Event::Fault(fault::Event::LossEnded { .. }) | Event::Table(table::Event::Forgot { .. })
    );
    let shows = matches!(
        event,
        Event::Source(source::Event::Accepted { .. })
            | Event::Queue(queue::Event::Removed { .. })
            | Event::Table(table::Event::Relayed { .. })
    );
    ends || (shows && !before.loss.intents.is_empty())
}

impl World {
    /// A table, or the database that it is a cluster of, has the intent to publish a record.
    pub(crate) fn intend(
        &mut self,
        table: TableId,
        (record, to): (RecordId, usize),
        passed: bool,
        plan: &Plan,
    ) {
        let stage = plan.layout.table_place(table).1;
        let tables: Vec<TableId> = match self.promises.elsewhere[stage.index()] {
            true => {
                plan.layout.region_ids().map(|region| plan.layout.table(region, stage)).collect()
            }
            false => vec![table],
        };
        for one in tables {
            self.ever_intended[one.index()].insert((record, to));
        }
        self.loss.intents.remove(&(stage.index(), record));
        if !passed {
            self.outboxes[table.index()].push((record, to));
        }
    }

    /// An accepted record is nowhere: is that since a loss took an intent which was acknowledged, at this stage or further on?
    pub(crate) fn blame_loss(&mut self, record: RecordId, from: usize) {
        let is_nowhere = self.accepted.contains(&record)
            && !self.delivered.contains(&record)
            && !self.is_queued(record);
        let mut taken = self.loss.intents.iter().filter(|(_, lost)| *lost == record);
        if is_nowhere && taken.any(|(at, _)| *at >= from) {
            self.loss.undelivered.insert(record);
        }
    }
}

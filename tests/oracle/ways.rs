//! The ways that records take, from the scenario's own words: each way one by one, as a list of positions.

use std::borrow::Cow;
use std::collections::BTreeMap;

use active_active::model::options::StageRoute;
use active_active::model::{QueueId, RecordId, StageId};
use active_active::plan::Plan;

use super::world::World;

/// By stage: the positions that a record is sent to.
fn next(stage: usize, record: RecordId, plan: &Plan) -> Vec<usize> {
    let scenario = plan.scenario();
    let stages = &scenario.topology.stages;
    let to = |name: &String| scenario.stage.get(name).and_then(|options| options.to.as_ref());
    let position = |name: &String| match name.as_str() {
        "destination" => stages.len(),
        _ => stages.iter().position(|known| known == name).expect("a stage"),
    };
    let Some(names) = to(&stages[stage]) else {
        let is_named = |name: &String| stages.iter().filter_map(to).flatten().any(|it| it == name);
        let later = (stage + 1..stages.len()).find(|&later| !is_named(&stages[later]));
        return vec![later.unwrap_or(stages.len())];
    };
    let all: Vec<usize> = names.iter().map(position).collect();
    if !is_by_key(&stages[stage], plan) {
        return all;
    }
    let mut key = plan.keys().key_of(record);
    for before in stages[..stage].iter().filter(|before| is_by_key(before, plan)) {
        key /= to(before).map_or(1, Vec::len);
    }
    vec![all[key % all.len()]]
}

fn is_by_key(stage: &str, plan: &Plan) -> bool {
    let options = plan.scenario().stage.get(stage);
    options.is_some_and(|options| options.route == Some(StageRoute::ByKey))
}

/// Every way of a record from a position on, to where it ends.
pub(crate) fn ways(from: usize, record: RecordId, plan: &Plan) -> Vec<Vec<usize>> {
    if from == plan.scenario().topology.stages.len() {
        return vec![vec![from]];
    }
    let next = next(from, record, plan);
    if next.is_empty() {
        return vec![vec![from]];
    }
    let ways = next.into_iter().flat_map(|next| ways(next, record, plan));
    ways.map(|way| [vec![from], way].concat()).collect()
}

/// The ways that were asked for before: nothing changes them, and they are asked for after every event.
#[derive(Debug, Default)]
pub(crate) struct Ways(BTreeMap<(usize, RecordId), Vec<Vec<usize>>>);

impl Ways {
    /// Those of every record from every position on.
    pub(crate) fn of_all(plan: &Plan) -> Ways {
        let positions = 0..=plan.scenario().topology.stages.len();
        let of =
            |record| positions.clone().map(move |from| ((from, record), ways(from, record, plan)));
        Ways(plan.record_ids().flat_map(of).collect())
    }

    /// As [`ways`]; those of a record that there is not are not known.
    fn get(&self, from: usize, record: RecordId, plan: &Plan) -> Cow<'_, [Vec<usize>]> {
        match self.0.get(&(from, record)) {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(ways(from, record, plan)),
        }
    }
}

/// Whether a record comes to a position at all.
pub(crate) fn passes(record: RecordId, position: usize, plan: &Plan) -> bool {
    ways(0, record, plan).iter().any(|way| way.contains(&position))
}

/// What a stage sends a record to.
pub(crate) fn sent_to(stage: usize, record: RecordId, plan: &Plan) -> Vec<usize> {
    next(stage, record, plan)
}

/// Whether stages send elsewhere than to the next one.
pub(crate) fn branch(plan: &Plan) -> bool {
    let stages = plan.scenario().topology.stages.len();
    let is_line = |record| ways(0, record, plan) == [(0..=stages).collect::<Vec<usize>>()];
    !plan.record_ids().all(is_line)
}

/// Whether records of several keys come to one stage by several ways.
pub(crate) fn meet_by_key(plan: &Plan) -> bool {
    let stages = &plan.scenario().topology.stages;
    let by_key = stages.iter().any(|stage| is_by_key(stage, plan));
    let sends = |from: usize, to: usize| {
        plan.record_ids().any(|record| next(from, record, plan).contains(&to))
    };
    let many = |to: usize| (0..to).filter(|&from| sends(from, to)).count() > 1;
    by_key && (0..stages.len()).any(many)
}

impl World {
    /// Whether a queue has a copy of the record, or an outbox what is still to be sent of it, from which it comes to
    /// the position.
    pub(crate) fn leads_to(&self, position: usize, record: RecordId, plan: &Plan) -> bool {
        let known = &self.promises.ways;
        let reaches = |at| known.get(at, record, plan).iter().any(|way| way.contains(&position));
        let is_queued = self.queues.iter().enumerate().any(|(queue, copies)| {
            let (_, at) = plan.layout.queue_place(QueueId(queue as u16));
            copies.iter().any(|copy| copy.id == record) && reaches(at)
        });
        let mut intents = self.outboxes.iter().flatten();
        let is_intended = intents.any(|&(intended, to)| intended == record && reaches(to));
        is_queued || is_intended
    }

    /// Whether the record has come as far as the position.
    pub(crate) fn has_come(&self, position: usize, record: RecordId, plan: &Plan) -> bool {
        if position == plan.scenario().topology.stages.len() {
            return self.delivered.contains(&record);
        }
        let stage = StageId(position as u8);
        let mut regions = plan.layout.region_ids();
        regions.any(|region| self.has_stored(plan.layout.table(region, stage), record))
    }

    /// Whether each way of a record goes on, has ended, or was ended by a loss.
    pub(crate) fn is_on_all_ways(&self, record: RecordId, plan: &Plan) -> bool {
        self.promises.ways.get(0, record, plan).iter().all(|way| {
            let end = *way.last().expect("a way has an end");
            self.has_come(end, record, plan)
                || self.leads_to(end, record, plan)
                || self.loss.cut_off.contains(&(end, record))
                || (end == plan.layout.stages.len() && self.loss.undelivered.contains(&record))
        })
    }
}

//! What the end of a run shows besides its verdict: how far the records came, and what was excused.
//!
//! ```
//! use std::sync::Arc;
//!
//! use active_active::explore::Runner;
//! use active_active::plan::Plan;
//! use active_active::scenario::Scenario;
//! use active_active::scheduler::RoundRobin;
//! use active_active::spec::{Ending, Excused, Facts, PropertyName};
//!
//! let scenario = Scenario::parse(r#"
//!     name = "lost"
//!     records.batches = [2]
//!     script = ["publish 1", "await delivered all", "await quiescent", "lose core-table@1", "lose core-table@2"]
//!     rpo.records = 2
//! "#)?;
//! let outcome = Runner::new(Arc::new(Plan::new(&scenario)?)).run(&mut RoundRobin::default(), 0, &mut ());
//! let Ending { facts, excused, .. } = outcome.ending.expect("the loss is declared");
//! let Facts { accepted, delivered, lost, .. } = facts;
//! assert_eq!((accepted, delivered, lost), (2, 2, 2));
//! let Excused { unstored, destroyed, .. } = excused;
//! assert_eq!((unstored, destroyed), (2, 2));
//! let said = excused.of(PropertyName::StoredEverywhere, "");
//! assert_eq!(said.as_deref(), Some("for 2 records that tables lack because of losses"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::model::id::{RecordId, RegionId, StageId};
use crate::sim::Simulation;
use crate::spec::{DeliveredAll, Losses, Lost, PropertyName, Spec, WithinRpo, uncalled};

/// How far the records of a run came: how many, when it had ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// The source sent them.
    pub published: u32,
    /// The source holds their acknowledgement.
    pub accepted: u32,
    /// They are at the destination.
    pub delivered: u32,
    /// A property excused something about them, because of a loss or since they are parked.
    pub excused: u32,
    /// Copies in dead-letter queues.
    pub dead_lettered: u32,
    /// Something of them that was acknowledged is gone for good: a message or a row.
    pub lost: u32,
}

/// What the properties excused because of losses and of parked records, and so do not claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Excused {
    /// Accepted records that a loss took out of the last queue that had them.
    pub undelivered: u32,
    /// Records that are parked in dead-letter queues, as declared, instead of having come wherever they should.
    pub parked: u32,
    /// Those of them that are not at the destination.
    #[serde(default)]
    pub parked_undelivered: u32,
    /// Those of them that are at the destination, and not in the table of a stage to which they should have come.
    #[serde(default)]
    pub parked_unstored: u32,
    /// Those of them that are at the destination, and for which the external service never had an effect that it should have had.
    #[serde(default)]
    pub parked_uncalled: u32,
    /// Delivered records of which losses took the message from which the external service was yet to be called.
    #[serde(default)]
    pub uncalled: u32,
    /// Delivered records that a table of a region that is left lacks because of a loss.
    pub unstored: u32,
    /// Records that some tables of a stage hold and others lack because of a loss, in regions that are
    /// left.
    pub diverged: u32,
    /// Business keys with a record that a table of a region that is left lacks because of a loss.
    pub keys: u32,
    /// Regions that are lost.
    pub regions: u32,
    /// Records of which something acknowledged was destroyed, as declared.
    pub destroyed: u32,
    /// Records that are lost or parked, are not at the destination, and for which the external service had an effect: a card
    /// was charged for nothing.
    #[serde(default)]
    pub acted_on: u32,
}

/// How much was judged of what the script expects of times, in runs that kept it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// How many ends of runs that have a time.
    pub ends: u64,
    /// How many records with a latency.
    pub latencies: u64,
    /// How many faults after which something was published.
    pub recoveries: u64,
    /// How many faults.
    pub faults: u64,
}

impl Times {
    /// Adds what was judged of other runs.
    pub(crate) fn add(&mut self, other: Times) {
        let Times { ends, latencies, recoveries, faults } = other;
        self.ends += ends;
        self.latencies += latencies;
        self.recoveries += recoveries;
        self.faults += faults;
    }

    /// Whether nothing was judged.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(crate) fn is_none(&self) -> bool {
        *self == Times::default()
    }
}

/// What the end of a run shows besides its verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ending {
    /// How far the records came.
    pub facts: Facts,
    /// What was excused.
    pub excused: Excused,
    /// The index of the first action that the script did not get past; their number if it ended.
    pub script_at: usize,
    /// What the script expects that was not judged, by bits ([`Plan::check_bit`](crate::plan::Plan::check_bit)).
    pub passed_over: u64,
    /// How much was judged of what the script expects of times: nothing, if the run has no time.
    pub times: Times,
}

impl Excused {
    /// What a property excused, in words; nothing if it excused nothing. `up_to` goes before each
    /// number: nothing of one run, "up to" of several.
    pub fn of(&self, property: PropertyName, up_to: &str) -> Option<String> {
        let regions = || (self.regions, "in ", ["lost region", "lost regions"], "");
        let records = |number, why| (number, "for ", ["record", "records"], why);
        let taken = " that losses took out of the last queue";
        let lacking = " that tables lack because of losses";
        let keys = (self.keys, "for ", ["key", "keys"], " of which losses took records");
        let undelivered = || records(self.undelivered, taken);
        let parked = |number| records(number, " parked in dead-letter queues");
        let uncalled = records(self.uncalled, " that losses took before the call");
        let excusing = [
            (PropertyName::NeverLost, vec![undelivered()]),
            (PropertyName::DeliveredAll, vec![undelivered(), parked(self.parked_undelivered)]),
            (PropertyName::Expectation, vec![undelivered(), parked(self.parked)]),
            (
                PropertyName::StoredEverywhere,
                vec![regions(), records(self.unstored, lacking), parked(self.parked_unstored)],
            ),
            (PropertyName::EffectOnce, vec![uncalled, parked(self.parked_uncalled)]),
            (PropertyName::Converged, vec![regions(), records(self.diverged, lacking)]),
            (PropertyName::MonotoneVersion, vec![keys]),
            (PropertyName::Drained, vec![regions()]),
            (PropertyName::WithinRpo, vec![records(self.destroyed, ", which is declared")]),
        ];
        let own = excusing.into_iter().find(|(excusing, _)| *excusing == property);
        let parts = own.map_or_else(Vec::new, |(_, parts)| parts);
        let word = |(number, place, [one, many], why): (u32, &str, [&str; 2], &str)| {
            let noun = if number == 1 { one } else { many };
            format!("{place}{up_to}{number} {noun}{why}")
        };
        let words: Vec<String> =
            parts.into_iter().filter(|(number, ..)| *number > 0).map(word).collect();
        (!words.is_empty()).then(|| words.join(" and "))
    }

    /// The numbers, in a fixed order.
    fn numbers(&mut self) -> [&mut u32; 12] {
        let Excused {
            undelivered,
            parked,
            parked_undelivered,
            parked_unstored,
            parked_uncalled,
            uncalled,
            unstored,
            diverged,
            keys,
            regions,
            destroyed,
            acted_on,
        } = self;
        [
            undelivered,
            parked,
            parked_undelivered,
            parked_unstored,
            parked_uncalled,
            uncalled,
            unstored,
            diverged,
            keys,
            regions,
            destroyed,
            acted_on,
        ]
    }

    /// The greater one of each number.
    pub(crate) fn raise(&mut self, mut other: Excused) {
        for (own, other) in self.numbers().into_iter().zip(other.numbers()) {
            *own = (*own).max(*other);
        }
    }
}

impl Facts {
    /// The numbers with their names, in the order in which they are reported.
    pub fn named(&self) -> [(&'static str, u32); 6] {
        let Facts { published, accepted, delivered, excused, dead_lettered, lost } = *self;
        [
            ("published", published),
            ("accepted", accepted),
            ("delivered", delivered),
            ("excused", excused),
            ("dead_lettered", dead_lettered),
            ("lost", lost),
        ]
    }

    fn numbers(&mut self) -> [&mut u32; 6] {
        let Facts { published, accepted, delivered, excused, dead_lettered, lost } = self;
        [published, accepted, delivered, excused, dead_lettered, lost]
    }

    /// Of each number the one that `choose` takes of both.
    pub(crate) fn merge(&mut self, mut other: Facts, choose: fn(u32, u32) -> u32) {
        for (own, other) in self.numbers().into_iter().zip(other.numbers()) {
            *own = choose(*own, *other);
        }
    }
}

impl Spec {
    /// Whether the scenario declares that this record need not arrive: it was lost, or is parked.
    pub(crate) fn is_excused(&self, record: RecordId, simulation: &Simulation) -> bool {
        self.losses.is_undelivered(record) || simulation.is_parked(record)
    }

    /// All that was lost so far.
    pub fn lost(&self, simulation: &Simulation) -> Lost {
        let uncalled = WithinRpo::uncalled(simulation, &self.ledger, &self.losses).collect();
        Lost { uncalled, ..self.losses.report() }
    }

    /// What the end of a run shows besides its verdict.
    pub fn ending(&self, simulation: &Simulation) -> Ending {
        let plan = simulation.plan();
        let ledger = &self.ledger;
        let count = |is: &dyn Fn(RecordId) -> bool| {
            plan.record_ids().filter(|&record| is(record)).count() as u32
        };
        let queues = plan.queues.iter().map(|context| simulation.queue(context.id));
        let dead = queues.map(|queue| queue.dead(simulation.shelf()).count() as u32);
        let uncalled = WithinRpo::uncalled(simulation, ledger, &self.losses).count();
        let facts = Facts {
            published: count(&|record| ledger.is_published(record)),
            accepted: count(&|record| ledger.record(record).accepted),
            delivered: count(&|record| simulation.destination().has(record)),
            excused: 0,
            dead_lettered: dead.sum(),
            lost: (self.losses.count() + uncalled) as u32,
        };
        let script_at = simulation.driver().next();
        let passed_over = simulation.driver().passed_over();
        let mut ending = Ending { facts, script_at, passed_over, ..Ending::default() };
        if self.losses.watches() {
            excuse(&mut ending, simulation, &self.losses);
        }
        if plan.parks() {
            excuse_parked(&mut ending, simulation);
        }
        if plan.service.is_some() {
            ending.excused.acted_on = count(&|record| {
                let acted = |stage| simulation.effects(stage, record) > 0;
                !simulation.destination().has(record)
                    && self.is_excused(record, simulation)
                    && plan.layout.stage_ids().any(acted)
            });
        }
        ending
    }
}

/// Counts what was excused since it is parked.
fn excuse_parked(ending: &mut Ending, simulation: &Simulation) {
    let plan = simulation.plan();
    let Ending { facts, excused, .. } = ending;
    for record in DeliveredAll::parked(simulation) {
        excused.parked += 1;
        facts.excused += 1;
        if !simulation.destination().has(record) {
            excused.parked_undelivered += 1;
            continue;
        }
        let is_parked_before =
            |stage: StageId| DeliveredAll::is_parked_before(record, stage, simulation);
        let has_row =
            |region, stage| simulation.rows(plan.layout.table(region, stage)).get(record).rows > 0;
        let is_unstored = |stage: StageId| {
            plan.way(record).contains(stage.index())
                && is_parked_before(stage)
                && plan.layout.region_ids().any(|region| !has_row(region, stage))
        };
        excused.parked_unstored += u32::from(plan.layout.stage_ids().any(is_unstored));
        let mut lacking = uncalled::lacking_of(record, simulation);
        excused.parked_uncalled += u32::from(lacking.any(|(_, stage)| is_parked_before(stage)));
    }
}

/// Counts what was excused.
fn excuse(ending: &mut Ending, simulation: &Simulation, losses: &Losses) {
    let plan = simulation.plan();
    let Ending { facts, excused, .. } = ending;
    for record in plan.record_ids() {
        let Rows { are_taken, are_elsewhere } = rows(record, simulation, losses);
        let undelivered = losses.is_undelivered(record);
        let mut lacking = uncalled::lacking_of(record, simulation);
        let uncalled = simulation.destination().has(record)
            && lacking.any(|(_, stage)| losses.is_unfinished(record, stage.index()));
        let unstored = are_taken && simulation.destination().has(record);
        let diverged = are_taken && are_elsewhere;
        excused.undelivered += u32::from(undelivered);
        excused.uncalled += u32::from(uncalled);
        excused.unstored += u32::from(unstored);
        excused.diverged += u32::from(diverged);
        facts.excused += u32::from(undelivered || uncalled || unstored || diverged);
    }
    for key in 0..plan.keys().count() {
        let of_key = |record: &RecordId| plan.keys().key_of(*record) == key;
        let is_taken = |record| rows(record, simulation, losses).are_taken;
        excused.keys += u32::from(plan.record_ids().filter(of_key).any(is_taken));
    }
    let is_gone = |region: &RegionId| losses.is_gone(*region);
    excused.regions = plan.layout.region_ids().filter(is_gone).count() as u32;
    excused.destroyed = facts.lost;
}

/// What is known of the rows of a record, in the regions that are left.
#[derive(Clone, Copy, Default)]
struct Rows {
    /// A table lacks one because of a loss.
    are_taken: bool,
    /// At such a stage, another table has one.
    are_elsewhere: bool,
}

fn rows(record: RecordId, simulation: &Simulation, losses: &Losses) -> Rows {
    let layout = &simulation.plan().layout;
    let mut rows = Rows::default();
    for stage in layout.stage_ids() {
        let left = || layout.region_ids().filter(|&region| !losses.is_gone(region));
        let has =
            |region: RegionId| simulation.rows(layout.table(region, stage)).get(record).rows > 0;
        let lacks = |region| !has(region) && losses.excuses(record, stage, region);
        let taken = left().any(lacks);
        rows.are_taken |= taken;
        rows.are_elsewhere |= taken && left().any(has);
    }
    rows
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::Plan;
    use crate::run::{Runner, Verdict};
    use crate::scenario::Scenario;
    use crate::scheduler::RoundRobin;

    /// `Converged` alone excuses a record that is on its way for ever: it is not at the destination, so no table has
    /// to have it, and its queue still has it. It is one that was excused all the same.
    #[test]
    fn a_record_that_only_converged_excuses_is_excused() {
        let text = r#"
            name = "half-way"
            topology.stages = ["a", "b"]
            records.batches = [2]
            heal = "nothing"
            script = ["pause b-container@*", "publish 1", "await quiescent", "lose a-table@1"]
            spec.leave_out = ["DeliveredAll", "Drained"]
        "#;
        let plan = Plan::new(&Scenario::parse(text).expect("it fits")).expect("it fits");
        let outcome = Runner::new(Arc::new(plan)).run(&mut RoundRobin::default(), 0, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds);
        let Ending { facts, excused, .. } = outcome.ending.expect("it holds");
        assert_eq!((facts.accepted, facts.delivered, facts.lost), (2, 0, 0));
        assert_eq!(excused, Excused { diverged: 2, ..Excused::default() });
        assert_eq!(facts.excused, 2);
    }
}

//! Field by field: what a property remembers is in what `verify` tells states apart by, or a reason is stated;
//! and a copy has it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Spec, in_order, ledger, losses, monotone_version, region_fifo, routed_by_policy};
use crate::plan::Plan;
use crate::scheduler::{Random, Scheduler};
use crate::sim::{Bytes, Simulation};

/// Systems in which every property remembers something: keys, health checks and losses; the order of one
/// region; a writer that moves; rows that are taken back.
const PLANS: [&str; 6] = [
    "records.keys = 2
     table.conflict = 'version-checked'
     destination.versions = 'checked'
     dns = { ttl = 2, health_threshold = 2 }
     budget = { lose_table = 1, lose_region = 1, outage = 1 }
     rpo.records = 5
     script = ['publish 1', 'publish 2']",
    "script = ['publish 1', 'publish 2']",
    "dns.weights = [1, 0]
     script = ['publish 1', 'publish 2']",
    "store.default = 'aurora'
     budget = { switchover = 1, failover = 1 }
     rpo.records = 5
     script = ['publish 1', 'publish 2']",
    "container.dual_write = 'compensate-if-alone'
     budget.refuse = 4
     script = ['publish 1', 'publish 2']",
    "queue = { delivery = 'log', mirror = 'asynchronous' }
     budget.lose_region = 1
     rpo.records = 5
     script = ['publish 1', 'publish 2']",
];

/// After how many random steps it is looked at.
const STEPS: [u64; 3] = [0, 60, 150];

fn plan(text: &str) -> Arc<Plan> {
    let topology = "topology.stages = ['one', 'two']\nrecords.batches = [3, 2]";
    let text = format!("name = 'fields'\n{topology}\n{text}");
    Arc::new(Plan::load(&text, "test", &[]).unwrap_or_else(|error| panic!("{error}")))
}

/// What is known after some random steps, always the same.
fn spec(plan: &Arc<Plan>, steps: u64) -> Spec {
    let (mut simulation, mut spec) = (Simulation::new(Arc::clone(plan)), Spec::new(plan));
    let mut random = Random::new(3);
    random.begin(plan, 0);
    while simulation.steps() < steps && !simulation.enabled().is_quiescent() {
        let choice = random.choose(&simulation).expect("a machine can step");
        simulation.step(choice);
        let judged = spec.watch(simulation.events(), simulation.steps(), plan);
        judged.expect("the design is sound");
    }
    spec
}

/// A change of one field of the spec.
struct Change {
    /// The property and its field.
    name: String,
    make: Box<dyn Fn(&mut Spec)>,
}

/// A change of every field that a property remembers something in.
fn changes() -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    let mut add = |part: &str, field: &str, make: Box<dyn Fn(&mut Spec)>| {
        all.push(Change { name: format!("{part}.{field}"), make });
    };
    for &(field, change) in ledger::fields::CHANGES {
        add("ledger", field, Box::new(move |spec| change(&mut spec.ledger)));
    }
    for &(field, change) in ledger::fields::record::CHANGES {
        let of = ledger::fields::record::of;
        add("ledger", field, Box::new(move |spec| change(of(&mut spec.ledger))));
    }
    for (field, change) in ledger::fields::at_stage::changes() {
        add("ledger", field, Box::new(move |spec| change(&mut spec.ledger)));
    }
    for (field, change) in routed_by_policy::fields::changes() {
        add("routed", field, Box::new(move |spec| change(&mut spec.routed_by_policy)));
    }
    for &(field, change) in region_fifo::fields::CHANGES {
        add("fifo", field, Box::new(move |spec| change(&mut spec.region_fifo)));
    }
    for &(field, change) in in_order::fields::CHANGES {
        add("order", field, Box::new(move |spec| change(&mut spec.in_order)));
    }
    for &(field, change) in monotone_version::fields::CHANGES {
        add("versions", field, Box::new(move |spec| change(&mut spec.versions)));
    }
    for &(field, change) in losses::fields::CHANGES {
        add("losses", field, Box::new(move |spec| change(&mut spec.losses)));
    }
    for (field, change) in losses::fields::row::changes() {
        add("losses", field, Box::new(move |spec| change(&mut spec.losses)));
    }
    for (field, change) in losses::fields::record::changes() {
        add("losses", field, Box::new(move |spec| change(&mut spec.losses)));
    }
    all
}

/// A property that remembers something new breaks this: it wants changes above, and a line in
/// `Spec::copy_from` and `Spec::reset`.
const _: fn(Spec) = |spec| {
    let Spec {
        ledger: _,
        routed_by_policy: _,
        region_fifo: _,
        in_order: _,
        versions: _,
        losses: _,
    } = spec;
};

/// A field that states are not told apart by, in which plans, and the reason.
type Reason = (&'static str, fn(&Plan) -> bool, &'static str);

const REASONS: &[Reason] = &[
    ("ledger.departures", |_| true, "where a record was is only told"),
    ("ledger.withdrawn", |plan| plan.writers_places() == 0, "no row is taken back"),
    ("ledger.containers", |_| true, "what containers did is only told"),
    ("ledger.attempts", |_| true, "how deliveries ended is only told"),
    ("routed.failed", has_no_checks, "there are no health checks"),
    ("routed.good", has_no_checks, "there are no health checks"),
    ("routed.last", |plan| plan.scenario().dns.ttl == 0, "an answer is used once"),
    ("fifo.arrivals", has_no_order, "the order is not judged"),
    ("fifo.arrival", has_no_order, "the order is not judged"),
    ("fifo.last_stored", has_no_order, "the order is not judged"),
    ("order.published", has_no_order_of_publishing, "the order is not judged"),
    ("losses.under_way", |_| true, "a loss ends in the step in which it begins"),
];

fn has_no_checks(plan: &Plan) -> bool {
    plan.scenario().dns.health_threshold == 0
}

fn has_no_order(plan: &Plan) -> bool {
    super::RegionFifo::not_applicable(plan).is_some()
}

fn has_no_order_of_publishing(plan: &Plan) -> bool {
    super::InOrder::not_applicable(plan).is_some()
}

/// All that `verify` tells states apart by.
fn written(spec: &Spec, plan: &Plan) -> u128 {
    let mut bytes = Bytes::default();
    spec.write(&mut bytes);
    plan.record_ids().for_each(|record| spec.write_record(record, &mut bytes));
    bytes.hash()
}

#[test]
fn every_field_that_a_property_remembers_is_written_or_a_reason_is_stated() {
    let (mut effective, mut named) = (BTreeSet::new(), BTreeSet::new());
    for plan in PLANS.map(plan) {
        for change in changes() {
            let reason =
                REASONS.iter().find(|(name, is_so, _)| *name == change.name && is_so(&plan));
            named.insert(change.name.clone());
            for steps in STEPS {
                let (before, mut after) = (spec(&plan, steps), spec(&plan, steps));
                (change.make)(&mut after);
                if format!("{before:?}") == format!("{after:?}") {
                    continue;
                }
                effective.insert(change.name.clone());
                if change.name == "losses.under_way" {
                    // Writing a state in the middle of a loss is a defect of its own.
                    continue;
                }
                let is_same = written(&before, &plan) == written(&after, &plan);
                match reason {
                    None => assert!(!is_same, "{} is left out, after {steps} steps", change.name),
                    Some((name, _, why)) => {
                        assert!(is_same, "{name} is not left out, though {why}");
                    }
                }
            }
        }
    }
    let without: Vec<&String> = named.difference(&effective).collect();
    assert!(without.is_empty(), "nothing was changed of {without:?}");
    let stated = REASONS.iter().filter(|(name, ..)| !named.contains(*name));
    assert_eq!(stated.count(), 0, "a reason is stated for a field that there is not");
}

/// The mutant that this is made for: the memory of `MonotoneVersion` was not copied.
#[test]
fn a_copy_into_a_used_spec_has_every_field() {
    for plan in PLANS.map(plan) {
        for change in changes() {
            for steps in STEPS {
                let mut changed = spec(&plan, steps);
                (change.make)(&mut changed);
                let expected = format!("{changed:?}");
                // In all else it is the same, so what is not copied is not right by luck.
                let mut used = spec(&plan, steps);
                used.copy_from(&changed);
                assert_eq!(format!("{used:?}"), expected, "{}", change.name);
            }
        }
    }
}

#[test]
fn a_spec_that_is_reset_has_forgotten_every_field() {
    for plan in PLANS.map(plan) {
        let fresh = format!("{:?}", Spec::new(&plan));
        for change in changes() {
            let mut used = spec(&plan, 150);
            (change.make)(&mut used);
            used.reset();
            assert_eq!(format!("{used:?}"), fresh, "{}", change.name);
        }
    }
}

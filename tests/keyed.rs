//! Records with business keys: when a write took place, what the tables and the destination show, and how
//! keys are dealt to records.

use std::collections::BTreeSet;
use std::sync::Arc;

use active_active::explore::{Outcome, Runner, SearchProgress, Verdict, Verified, Verify};
use active_active::model::event::fault;
use active_active::model::event::{Event, Holder};
use active_active::model::layout::Place;
use active_active::model::message::MessageKind;
use active_active::model::{MachineId, RecordId, RegionId, StageId, TableId};
use active_active::model::{dns, source, table};
use active_active::plan::Plan;
use active_active::scheduler::{Random, RoundRobin, Scheduler};
use active_active::sim::{Choice, Simulation};
use active_active::spec::{Breach, PropertyName, Seen, Spec};

use crate::common::plans;

const SEED: u64 = 1;

/// Two records of one key, of which region 1 gets the older one.
const TWO_VERSIONS: &str = r#"
    name = "two-versions"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    records = { batches = [2], keys = 1 }
"#;

/// What makes records with keys sound.
const CHECKED: [&str; 2] = ["table.conflict=version-checked", "destination.versions=checked"];

fn run(plan: &Arc<Plan>, runs: u64) -> impl Iterator<Item = Outcome> {
    let mut runner = Runner::new(Arc::clone(plan));
    (0..runs).map(move |run| runner.run(&mut Random::new(SEED), run, &mut ()))
}

/// The first violation of so many random runs.
fn breach(plan: &Arc<Plan>, runs: u64) -> Option<Breach> {
    run(plan, runs).find_map(|outcome| match outcome.verdict {
        Verdict::Violated(violation) => Some(violation.breach),
        Verdict::Holds | Verdict::Inconclusive(_) => None,
    })
}

fn verified(plan: &Arc<Plan>, reduces: bool) -> (Option<PropertyName>, u64) {
    let verify = Verify { threads: 2, reduces, ..Verify::new(Arc::clone(plan)) };
    let report = verify.run(&SearchProgress::default());
    match report.verdict {
        Verified::Holds => (None, report.states),
        Verified::Violated(found) => (Some(found.violation.property()), report.states),
        Verified::Incomplete(why) => panic!("the system is small: {why:?}"),
    }
}

/// Region 1 is cut off with version 1 in its queue, region 2 goes on with versions 2 and 3, and region 1 stores
/// version 1 last. The write time was a Lamport clock once: region 1 had heard of nothing, so its late write was
/// "early", and the old version lost. Services compare the times of clocks, by which it wins.
const STRANDED_WHILE_CUT_OFF: &str = r#"
    name = "stranded-while-cut-off"
    script = [
        "fail only-replicator",
        "pause only-container@1",
        "publish 1",
        "await published batch 1",
        "weights 0 1",
        "publish 2",
        "await delivered batch 2",
        "recover only-container@1",
        "await delivered batch 1",
        "recover only-replicator",
        "await quiescent",
    ]
    topology.stages = ["only"]
    records = { batches = [1, 2], keys = 1 }
    destination.versions = "checked"
"#;

#[test]
fn a_region_that_has_heard_of_nothing_does_not_write_early() {
    let cut_off = plans::plan(STRANDED_WHILE_CUT_OFF, &[]);
    for outcome in run(&cut_off, 200) {
        let Verdict::Violated(violation) = outcome.verdict else { panic!("{outcome:?}") };
        let (table, record, newer) = (TableId(1), RecordId(1), RecordId(3));
        assert_eq!(violation.breach, Breach::WentBack { table, record, newer });
    }
    assert_eq!(verified(&cut_off, true).0, Some(PropertyName::MonotoneVersion));
    let sound = plans::plan(STRANDED_WHILE_CUT_OFF, &CHECKED);
    assert!(run(&sound, 200).all(|outcome| outcome.verdict == Verdict::Holds));
}

/// Of several stages, and with in-dns offline in place of weights.
#[test]
fn replication_that_is_out_meanwhile_makes_no_difference() {
    let script = r#"
        name = "stranded-overwrite-cut-off"
        script = [
            "pause preprocess-container@1",
            "publish 1",
            "await published batch 1",
            "offline in-dns@1",
            "fail *-replicator",
            "publish 2",
            "await delivered batch 2",
            "await quiescent",
            "recover preprocess-container@1",
            "recover in-dns@1",
            "await delivered all",
            "recover *-replicator",
            "await quiescent",
        ]
        records = { batches = [4, 4], keys = 4 }
        destination.versions = "checked"
    "#;
    for outcome in run(&plans::plan(script, &[]), 200) {
        let Verdict::Violated(violation) = outcome.verdict else { panic!("{outcome:?}") };
        assert!(matches!(violation.breach, Breach::WentBack { .. }), "{violation}");
    }
    let sound = plans::plan(script, &CHECKED);
    assert!(run(&sound, 200).all(|outcome| outcome.verdict == Verdict::Holds));
}

/// `MonotoneVersion` was judged at tables only, and 699 of 2,000 runs in which the destination got version 2
/// before version 1 were said to hold.
#[test]
fn a_destination_that_takes_versions_as_they_come_goes_back() {
    let unsound = plans::plan(TWO_VERSIONS, &["table.conflict=version-checked"]);
    let (record, newer) = (RecordId(1), RecordId(2));
    assert_eq!(breach(&unsound, 200), Some(Breach::DestinationWentBack { record, newer }));
    assert_eq!(verified(&unsound, true).0, Some(PropertyName::MonotoneVersion));
    let sound = plans::plan(TWO_VERSIONS, &CHECKED);
    assert_eq!(breach(&sound, 2_000), None);
    assert_eq!(verified(&sound, true).0, None);
}

/// Either alone is not enough.
#[test]
fn tables_that_go_by_time_go_back_though_the_destination_does_not() {
    let plan = plans::plan(TWO_VERSIONS, &["destination.versions=checked"]);
    let found = breach(&plan, 200).expect("the older version is stored last in some run");
    assert!(matches!(found, Breach::WentBack { record: RecordId(1), .. }), "{found:?}");
    assert_eq!(verified(&plan, true).0, Some(PropertyName::MonotoneVersion));
}

/// With an even number of keys and two regions no key ever came to two regions: odd records had odd keys and
/// went to region 1. So a sweep with two keys held, and one with a single key or three was violated.
#[test]
fn an_unsound_store_is_found_with_any_number_of_keys() {
    let stranded = r#"
        name = "stranded"
        script = ["pause only-container@1", "publish 1", "await quiescent", "recover *"]
        topology.stages = ["only"]
        destination.versions = "checked"
    "#;
    for regions in 2..=4 {
        for keys in 1..=6 {
            let changes = [
                format!("topology.regions={regions}"),
                format!("records.keys={keys}"),
                format!("records.batches={}", regions * keys),
            ];
            let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
            let found = breach(&plans::plan(stranded, &changes), 1);
            assert!(matches!(found, Some(Breach::WentBack { .. })), "{changes:?}: {found:?}");
        }
    }
}

/// As often as a key comes to a region in one period of in-dns's answers: as its weight says.
#[test]
fn every_key_comes_to_every_region_of_positive_weight() {
    let cases: [(usize, &str, &[u64]); 7] = [
        (2, "", &[1, 1]),
        (3, "", &[1, 1, 1]),
        (8, "", &[1; 8]),
        (2, "3,1", &[3, 1]),
        (3, "2,0,2", &[1, 0, 1]),
        (3, "0,0,0", &[1, 1, 1]),
        (4, "2,4,2,4", &[1, 2, 1, 2]),
    ];
    for (regions, weights, shares) in cases {
        for keys in 1..=6 {
            let records = keys * shares.iter().sum::<u64>() as usize;
            let weights =
                if weights.is_empty() { vec!["1"; regions].join(",") } else { weights.to_owned() };
            let changes = [
                format!("topology.regions={regions}"),
                format!("dns.weights={weights}"),
                format!("records.keys={keys}"),
                format!("records.batches={records}"),
            ];
            let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
            let plan = plans::plan(TWO_VERSIONS, &changes);
            let mut times = vec![vec![0; regions]; keys];
            for (record, region) in routes(&plan) {
                times[plan.keys().key_of(record)][region.index()] += 1;
            }
            assert!(times.iter().all(|times| times == shares), "{changes:?}: {times:?}");
        }
    }
}

/// Where in-dns sends each record in the fair run.
fn routes(plan: &Arc<Plan>) -> Vec<(RecordId, RegionId)> {
    let (mut simulation, mut fair) = (Simulation::new(Arc::clone(plan)), RoundRobin::default());
    let mut routes = Vec::new();
    while let Some(choice) = fair.choose(&simulation) {
        simulation.step(choice);
        routes.extend(simulation.events().iter().filter_map(|event| {
            let Event::Dns(dns::Event::Routed { record, region }) = *event else { return None };
            Some((record, region))
        }));
    }
    routes
}

/// The default store goes back, but it goes to the same in all regions: by the time of the write, and by
/// nothing that differs between them, such as which write came first.
#[test]
fn tables_that_go_by_time_converge() {
    let script = r#"
        name = "converges"
        script = [
            "publish 1",
            "await sometime",
            "fail only-replicator@1",
            "await sometime",
            "fail core-table@2",
            "publish 2",
            "await sometime",
            "recover *",
        ]
        topology = { regions = 3, stages = ["only", "core"] }
        records = { batches = [6, 6], keys = 2 }
        budget.crash = 2
    "#;
    let plan = plans::plan(script, &[]);
    let layout = &plan.layout;
    let mut went_back = 0;
    for run in 0..200 {
        let mut simulation = Simulation::new(Arc::clone(&plan));
        let mut random = Random::new(SEED);
        random.begin(&plan, run);
        let mut spec = Spec::new(&plan);
        let mut goes_back = false;
        while !simulation.is_over() {
            simulation.step(next(&mut random, &simulation).unwrap_or(Choice::Heal));
            let (events, step) = (simulation.events(), simulation.steps());
            goes_back = goes_back || spec.watch(events, step, &plan).is_err();
        }
        went_back += u32::from(goes_back);
        for stage in layout.stage_ids() {
            let shown = |region| {
                let latest = simulation.latest(layout.table(region, stage)).iter();
                latest.map(|latest| latest.record).collect::<Vec<RecordId>>()
            };
            let all: BTreeSet<Vec<RecordId>> = layout.region_ids().map(shown).collect();
            assert_eq!(all.len(), 1, "run {run}, {stage:?}: {all:?}");
        }
    }
    assert!(went_back > 100, "{went_back} of 200 runs went back");
}

/// Only the first stage was compared once, in a planted fault, and no test saw it.
#[test]
fn what_keys_show_is_compared_at_every_stage() {
    let changes = ["table.conflict=first-applied", "destination.versions=checked"];
    let changes = [&changes[..], &["topology.stages=only,core"]].concat();
    let plan = plans::plan(TWO_VERSIONS, &changes);
    let diverged = |outcome: Outcome| match outcome.verdict {
        Verdict::Violated(violation) => {
            let Breach::KeyDiverged { stage, .. } = violation.breach else { return None };
            Some(stage)
        }
        Verdict::Holds | Verdict::Inconclusive(_) => None,
    };
    let stages: BTreeSet<StageId> = run(&plan, 400).filter_map(diverged).collect();
    assert_eq!(stages, BTreeSet::from([StageId(0), StageId(1)]));
}

/// Four records of two keys; records 1 and 4 have the first one.
fn two_keys() -> Arc<Plan> {
    let script = r#"
        name = "two-keys"
        script = ["publish 1", "await quiescent", "lose only-table@1"]
        topology.stages = ["only"]
        records = { batches = [4], keys = 2 }
    "#;
    // No order is promised, so that the events below violate nothing.
    let plan = plans::plan(script, &["queue.delivery=standard"]);
    let keys: Vec<usize> = plan.record_ids().map(|record| plan.keys().key_of(record)).collect();
    assert_eq!(keys, [0, 1, 1, 0]);
    plan
}

fn shown(record: u16) -> Event {
    Event::Table(table::Event::KeyShown { table: TableId(0), record: RecordId(record) })
}

/// A spec that has seen the events, none of which violates anything.
fn watched(plan: &Plan, events: &[Event]) -> Spec {
    let mut spec = Spec::new(plan);
    spec.watch(events, 1, plan).expect("nothing is violated");
    spec
}

/// What a copy of a spec remembers of keys was not copied, in a planted fault: exhaustive search then forgot it
/// at every state.
#[test]
fn a_copy_of_a_spec_remembers_what_was_shown() {
    let plan = two_keys();
    let spec = watched(&plan, &[shown(4)]);
    let went_back = Breach::WentBack { table: TableId(0), record: RecordId(1), newer: RecordId(4) };
    let used = watched(&plan, &[shown(1), shown(2)]);
    for mut copy in [Spec::new(&plan), used, spec.clone()] {
        copy.copy_from(&spec);
        assert_eq!(copy.judge(&shown(1), Seen(2), &plan), Err(went_back));
        assert_eq!(copy.judge(&shown(2), Seen(2), &plan), Ok(()), "of that key it saw nothing");
    }
}

/// All keys were forgotten when one row was lost, in a planted fault. What a table shows may only go back
/// where the row that it showed is lost.
#[test]
fn a_lost_row_excuses_its_own_key_only_and_only_if_it_was_shown() {
    let plan = two_keys();
    let copy = |id: u16| {
        let id = RecordId(id);
        active_active::model::RecordCopy { id, value: plan.value(id) }
    };
    let table = TableId(0);
    let stored = |id| {
        let (copy, asked) = (copy(id), table);
        Event::Table(table::Event::Stored { table, asked, copy, rows: 1, duplicate: false })
    };
    let published = (1..=4).map(|id| Event::Source(source::Event::Published { copy: copy(id) }));
    let stores = (1..=4).flat_map(|id| [stored(id), shown(id)]);
    let events: Vec<Event> = published.chain(stores).collect();
    let fault = *plan.faults().collect::<Vec<_>>().first().expect("the script loses a table");
    let lost = |id| {
        Event::Fault(fault::Event::Lost { holder: Holder::Table(table), record: RecordId(id) })
    };
    let judged = |lost_rows: &[u16], again: u16| {
        let mut spec = watched(&plan, &events);
        let rows = lost_rows.iter().map(|&id| lost(id));
        let loss: Vec<Event> =
            [Event::Fault(fault::Event::Faulted { fault })].into_iter().chain(rows).collect();
        spec.watch(&loss, 2, &plan).expect("it was there, and is allowed to go");
        spec.judge(&shown(again), Seen(3), &plan)
    };
    let went_back = |record: u16, newer: u16| {
        let (record, newer) = (RecordId(record), RecordId(newer));
        Err(Breach::WentBack { table, record, newer })
    };
    assert_eq!(judged(&[4], 1), Ok(()), "what was shown is gone");
    assert_eq!(judged(&[4], 2), went_back(2, 3), "the other key is shown as before");
    assert_eq!(judged(&[1], 1), went_back(1, 4), "record 4 is still there");
}

/// The states of a search tell in which order writes took place, and not when: else every state would be a
/// new one, however few there are.
#[test]
fn only_the_order_of_writes_tells_states_apart() {
    let plan = plans::plan(TWO_VERSIONS, &[]);
    let machine = |place| plan.layout.machine(place);
    let tables = [0, 1].map(|id| machine(Place::Table(TableId(id))));
    let bystander = machine(Place::OutDns);
    let (mut alike, mut different) = (0, 0);
    for run in 0..200 {
        let mut simulation = Simulation::new(Arc::clone(&plan));
        let mut random = Random::new(SEED);
        random.begin(&plan, run);
        while let Some(choice) = next(&mut random, &simulation) {
            let inserts = |&table: &MachineId| {
                let next = simulation.next_message(table).map(|message| message.kind());
                next == Some(MessageKind::Insert)
            };
            if inserts(&tables[0]) && simulation.enabled().can_step(bystander) {
                let [a, b] = both_orders(&simulation, tables[0], bystander);
                assert_eq!(a, b, "the write is one step later, which nobody can tell");
                alike += 1;
            }
            if tables.iter().all(inserts) {
                let [a, b] = both_orders(&simulation, tables[0], tables[1]);
                assert_ne!(a, b, "another region wrote last");
                different += 1;
            }
            simulation.step(choice);
        }
    }
    assert!(alike > 20 && different > 5, "{alike} alike, {different} different");
}

/// What a random scheduler chooses; nothing when no machine can step.
fn next(random: &mut Random, simulation: &Simulation) -> Option<Choice> {
    if simulation.enabled().steps() == 0 { None } else { random.choose(simulation) }
}

/// The states after two steps, in either order.
fn both_orders(simulation: &Simulation, a: MachineId, b: MachineId) -> [u128; 2] {
    [[a, b], [b, a]].map(|order| {
        let mut copy = simulation.clone();
        order.into_iter().for_each(|machine| _ = copy.step(Choice::Step(machine)));
        copy.fingerprint()
    })
}

/// With one record of each key there is nothing to compare, so times add no state to those of a store that
/// has none. (They are looked at in worlds, the others by parts.)
#[test]
fn times_of_writes_add_no_states_where_nothing_is_compared() {
    let keys = "records.keys=2";
    let timed = verified(&plans::plan(TWO_VERSIONS, &[keys]), false);
    let checked = verified(&plans::plan(TWO_VERSIONS, &[keys, CHECKED[0]]), false);
    assert_eq!(timed, checked);
    assert_eq!(timed.0, None);
}

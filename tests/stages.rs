//! Settings of single stages: what is set for each stage is as what is set for all, what no stage goes by does not
//! count, and a design that is wrong at one stage is found there.

use std::sync::Arc;

use active_active::explore::{
    Choices, Minimiser, Outcome, Reached, Runner, SearchProgress, Verdict, Verified, Verify, Watch,
};
use active_active::model::event::{queue, table};
use active_active::model::options::{OnDuplicate, OnRecover};
use active_active::model::{Event, QueueId, RecordCopy, RecordId, RegionId, StageId, TableId};
use active_active::plan::Plan;
use active_active::saved::SavedRun;
use active_active::scenario::designs::UNSOUND;
use active_active::scenario::{
    Scenario, StageContainerOptions, StageOptions, StageQueueOptions, StageTableOptions, builtin,
    options,
};
use active_active::scheduler::Random;
use active_active::spec::{PropertyName, Spec};

use crate::common::plans;

const SEED: u64 = 17;

/// The scenario in which each stage has by itself what is in force there; what was set for all is another design of which
/// nothing is in force any more. The queues that the destination reads belong to no stage.
fn spread(scenario: &Scenario) -> Scenario {
    let mut spread = scenario.clone();
    for stage in &scenario.topology.stages {
        let there = scenario.of_stage(stage);
        let (queue, container, table) = (there.queue, there.container, there.table);
        let before = scenario.stage.get(stage).cloned().unwrap_or_default();
        let own = StageOptions {
            to: before.to,
            route: before.route,
            containers: Some(there.containers),
            store: Some(there.store),
            queue: StageQueueOptions {
                delivery: Some(queue.delivery),
                mirror: Some(queue.mirror),
                positions_at_failover: Some(queue.positions_at_failover),
                commit: Some(queue.commit),
                groups: Some(queue.groups),
                deduplication: Some(queue.deduplication),
                storage: Some(queue.storage),
                max_receives: Some(queue.max_receives),
                dead_letters: Some(queue.dead_letters),
                parked_max: None,
                capacity: Some(queue.capacity),
                at_capacity: Some(queue.at_capacity),
                on_failure: Some(queue.on_failure),
                receive: Some(queue.receive),
                remove: Some(queue.remove),
            },
            container: StageContainerOptions {
                steps: Some(container.steps),
                batch: Some(container.batch),
                on_batch_failure: Some(container.on_batch_failure),
                on_duplicate: Some(container.on_duplicate),
                on_fan_out: Some(container.on_fan_out),
                retries: Some(container.retries),
                on_dependency_failure: Some(container.on_dependency_failure),
                dual_write: Some(container.dual_write),
                on_recover: Some(container.on_recover),
                while_paused: Some(container.while_paused),
                restart: Some(container.restart),
                on_unreadable: Some(container.on_unreadable),
                on_new_format: Some(container.on_new_format),
                on_old_format: Some(container.on_old_format),
                on_stop: Some(container.on_stop),
            },
            table: StageTableOptions {
                conflict: Some(table.conflict),
                clock: Some(table.clock),
                skew: None,
                insert: Some(table.insert),
                on_failure: Some(table.on_failure),
            },
        };
        spread.stage.insert(stage.clone(), own);
    }
    spread.store.stages.clear();
    spread.topology.containers = 5 - scenario.topology.containers.min(4);
    spread.container.on_duplicate = OnDuplicate::Skip;
    spread.container.on_recover = OnRecover::Forget;
    spread.container.retries = 7;
    spread.container.steps.rotate_right(1);
    spread.table.insert = active_active::model::options::Insert::Append;
    spread
}

fn plan(scenario: &Scenario) -> Arc<Plan> {
    Arc::new(Plan::new(scenario).unwrap_or_else(|problem| panic!("{}: {problem}", scenario.name)))
}

/// What each of these runs did, and what became of it.
fn runs(plan: Arc<Plan>, count: u64) -> Vec<(Choices, Outcome)> {
    let mut runner = Runner::new(plan);
    let each = |run| {
        let mut chosen = Choices::default();
        let outcome = runner.run(&mut Random::new(SEED), run, &mut chosen);
        (chosen, outcome)
    };
    (0..count).map(each).collect()
}

#[test]
fn what_is_set_for_every_stage_is_as_what_is_set_for_all() {
    let mut judged = 0;
    for (name, text) in builtin::every() {
        let scenario = Scenario::parse(text).expect("it is built in");
        let spread = spread(&scenario);
        assert_eq!(Scenario::parse(&spread.to_toml()), Ok(spread.clone()), "{name}");
        let (all, each) = (runs(plan(&scenario), 6), runs(plan(&spread), 6));
        assert!(all == each, "{name}");
        judged += all.len();
    }
    for unsound in UNSOUND.iter() {
        let scenario = unsound.plan().expect("it is a row").scenario().clone();
        let (all, each) = (runs(plan(&scenario), 3), runs(plan(&spread(&scenario)), 3));
        assert!(all == each, "{}", unsound.design);
        judged += all.len();
    }
    assert!(judged > 400, "{judged}");
}

/// Exhaustive search comes to the same states, with and without reduction.
#[test]
fn a_search_of_settings_of_every_stage_is_that_of_settings_of_all() {
    let tiny = ["topology.stages=only", "records.batches=1", "dns.weights=1,0"];
    let designs: [&[&str]; 4] = [
        &[],
        &["queue.max_receives=2", "budget.crash=1"],
        &["queue.delivery=standard", "container.retries=1"],
        &["container.on_duplicate=skip", "budget.crash=1"],
    ];
    for design in designs {
        let script = ["script=publish 1,await delivered all", "heal=everything"];
        let changes = [&tiny[..], &script[..], design].concat();
        let scenario = plans::plan("baseline", &changes).scenario().clone();
        let search = |scenario: &Scenario, reduce: bool| {
            let verify = Verify {
                plan: plan(scenario),
                threads: 1,
                reduces: reduce,
                bytes_max: 1 << 28,
                shorten_max: 10_000,
            };
            let report = verify.run(&SearchProgress::default());
            let word = match report.verdict {
                Verified::Holds => "holds",
                Verified::Violated(_) => "violated",
                Verified::Incomplete(why) => panic!("{why:?}"),
            };
            (report.states, word, report.reduced)
        };
        for reduce in [true, false] {
            let (all, each) = (search(&scenario, reduce), search(&spread(&scenario), reduce));
            assert_eq!(all, each, "{design:?}, reduced: {reduce}");
        }
    }
}

/// Whether the design is found by its property, when it is that of one stage.
fn is_found(scenario: &str, change: &str, property: PropertyName) -> bool {
    let Ok(plan) = Plan::with_changes(scenario, &[change]) else { return false };
    let mut runner = Runner::new(Arc::new(plan));
    (0..400).any(|run| match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
        Verdict::Violated(violation) => violation.property() == property,
        Verdict::Holds | Verdict::Inconclusive(_) => false,
    })
}

/// Wrong designs that one stage alone does not have, each with the reason.
const NOT_ALONE: &[(&str, &str)] = &[];

#[test]
fn a_design_that_is_wrong_at_one_stage_is_found() {
    let (mut alone, mut missing) = (0, Vec::new());
    for unsound in UNSOUND.iter() {
        let (key, value) = unsound.design.split_once('=').expect("KEY=VALUE");
        let option = options::find(key).expect("it is an option");
        let stages = unsound.plan().expect("it is a row").scenario().topology.stages.clone();
        let changes: Vec<String> = stages
            .iter()
            .filter_map(|stage| Some(format!("{}={value}", option.key_of_stage(stage)?)))
            .collect();
        if changes.is_empty() {
            continue;
        }
        alone += 1;
        let found =
            changes.iter().any(|change| is_found(unsound.scenario, change, unsound.reported));
        let excused = NOT_ALONE.iter().any(|(design, _)| *design == unsound.design);
        if found == excused {
            missing.push(format!("{} in {:.30}", unsound.design, unsound.scenario));
        }
    }
    assert!(alone > 15, "{alone}");
    assert_eq!(missing, Vec::<String>::new());
}

/// A record came to a queue, or was stored for the first time.
fn came(plan: &Plan, position: usize, record: u16) -> Event {
    let queue: QueueId = plan.layout.queue(RegionId(0), position);
    let copy = RecordCopy { id: RecordId(record), value: plan.value(RecordId(record)) };
    Event::Queue(queue::Event::Enqueued { queue, copy })
}

fn stored(plan: &Plan, stage: u8, record: u16) -> Event {
    let table: TableId = plan.layout.table(RegionId(0), StageId(stage));
    let copy = RecordCopy { id: RecordId(record), value: plan.value(RecordId(record)) };
    Event::Table(table::Event::Stored { table, asked: table, copy, rows: 1, duplicate: false })
}

/// Behind a stage that keeps no order it begins again, in the queue behind that stage.
#[test]
fn the_order_begins_again_behind_a_stage_that_keeps_none() {
    let four = "topology.stages=a,b,c,d";
    let plan = plans::plan("baseline", &[four, "stage.b.queue.delivery=standard"]);
    assert_eq!(PropertyName::RegionFifo.not_applicable(&plan), None);
    let at = |stage| PropertyName::RegionFifo.not_applicable_at(StageId(stage), &plan).is_some();
    assert_eq!([0, 1, 2, 3].map(at), [false, true, false, false]);
    assert!(PropertyName::InOrder.not_applicable(&plan).is_some(), "it is about all stages");
    let publish = |record| {
        let copy = RecordCopy { id: RecordId(record), value: plan.value(RecordId(record)) };
        Event::Source(active_active::model::event::source::Event::Published { copy })
    };
    let begin = || {
        let mut spec = Spec::new(&plan);
        let both = [publish(1), publish(2), came(&plan, 0, 1), came(&plan, 0, 2)];
        spec.watch(&both, 1, &plan).expect("nothing is wrong yet");
        spec
    };
    let violated = |spec: &mut Spec, event: Event| {
        spec.watch(&[event], 2, &plan).err().map(|breach| breach.property())
    };
    // In front of it the order is that of the region.
    assert_eq!(violated(&mut begin(), stored(&plan, 0, 2)), None);
    let mut spec = begin();
    assert_eq!(violated(&mut spec, stored(&plan, 0, 2)), None);
    assert_eq!(violated(&mut spec, stored(&plan, 0, 1)), Some(PropertyName::RegionFifo));
    // The stage itself is not judged, and behind it the order is that of its out-queue.
    let mut spec = begin();
    for event in [stored(&plan, 1, 2), stored(&plan, 1, 1), came(&plan, 2, 2), came(&plan, 2, 1)] {
        assert_eq!(violated(&mut spec, event), None);
    }
    assert_eq!(violated(&mut spec, stored(&plan, 2, 2)), None);
    assert_eq!(violated(&mut spec, stored(&plan, 2, 1)), None);
    // The last stage goes by the same queue.
    assert_eq!(violated(&mut spec, stored(&plan, 3, 1)), None);
    assert_eq!(violated(&mut spec, stored(&plan, 3, 2)), Some(PropertyName::RegionFifo));
}

/// Where ways meet of which one keeps no order, each stage goes by its own queue.
#[test]
fn the_order_begins_again_where_ways_meet() {
    let shape = ["topology.stages=a,b,c,d", "stage.a.to=b,c", "stage.b.to=d"];
    let plan =
        plans::plan("baseline", &[&shape[..], &["stage.b.queue.delivery=standard"]].concat());
    let mut spec = Spec::new(&plan);
    let copy = |record| RecordCopy { id: RecordId(record), value: plan.value(RecordId(record)) };
    let publish = |record| {
        Event::Source(active_active::model::event::source::Event::Published { copy: copy(record) })
    };
    let events = [
        publish(1),
        publish(2),
        came(&plan, 0, 1),
        came(&plan, 0, 2),
        // One way is in order, and the other one brings the later record first.
        came(&plan, 2, 1),
        came(&plan, 2, 2),
        came(&plan, 3, 2),
        came(&plan, 3, 1),
        stored(&plan, 3, 2),
        stored(&plan, 3, 1),
    ];
    for event in events {
        spec.watch(&[event], 1, &plan).unwrap_or_else(|breach| panic!("{event:?}: {breach:?}"));
    }
}

/// Records that one stage's queue gave up are excused only where they may stay.
#[test]
fn dead_letters_are_parked_at_the_stage_that_declares_it() {
    let poison = ["records.poison=1", "queue.max_receives=2"];
    let with = |change: &str| {
        let changes = [&poison[..], &[change]].concat();
        let mut runner = Runner::new(plans::plan("crash-anywhere", &changes));
        runner.run(&mut Random::new(SEED), 0, &mut ()).verdict
    };
    // The first stage gives the record up.
    let first = plans::plan("crash-anywhere", &[]).layout.stages[0].clone();
    let second = plans::plan("crash-anywhere", &[]).layout.stages[1].clone();
    let parked = |stage: &str| format!("stage.{stage}.queue.dead_letters=parked");
    let violates = |verdict: Verdict| match verdict {
        Verdict::Violated(violation) => Some(violation.property()),
        Verdict::Holds | Verdict::Inconclusive(_) => None,
    };
    assert_eq!(violates(with(&parked(&second))), Some(PropertyName::DeliveredAll));
    assert_ne!(violates(with(&parked(&first))), Some(PropertyName::DeliveredAll));
}

/// A container that calls nothing at its stage has no effect outside to answer for; one that calls has one for each record.
#[test]
fn only_stages_that_call_the_service_owe_its_effect() {
    let calls = "stage.core.container.steps=store,call,publish,remove";
    let script = "script=publish 1,await delivered all";
    let plan = plans::plan("baseline", &[calls, script, "records.batches=4"]);
    assert!(plan.layout.find("external-service").is_some());
    let mut runner = Runner::new(Arc::clone(&plan));
    for run in 0..50 {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds);
        for record in plan.record_ids() {
            let core = StageId(2);
            for stage in plan.layout.stage_ids() {
                let times = runner.simulation().effects(stage, record);
                assert_eq!(times, u8::from(stage == core), "{record} at {stage:?}");
            }
        }
    }
}

/// A paused container is alone at its queue, though another stage has two: nothing takes over what it holds.
#[test]
fn what_hangs_alone_at_its_queue_is_waited_for() {
    let script = "script=publish 1,await sometime,pause a-container@1,await quiescent,recover *";
    let base = ["topology.stages=a,b", "dns.weights=1,0", "records.batches=2", script];
    let redelivers = |change: &str| {
        let mut runner = Runner::new(plans::plan("baseline", &[&base[..], &[change]].concat()));
        for run in 0..300 {
            let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
            assert_eq!(outcome.verdict, Verdict::Holds, "{change}");
        }
        runner.coverage().runs(Reached::TimedOut) > 0
    };
    assert!(!redelivers("stage.b.containers=2"));
}

/// An orchestrator looks after the containers of one stage only.
#[test]
fn containers_are_restarted_where_an_orchestrator_looks_after_them() {
    let script = "script=crash a-container@1,crash b-container@1,publish 1";
    let base = ["topology.stages=a,b", "dns.weights=1,0", "records.batches=1", "heal=faults"];
    let verdict = |changes: &[&str]| {
        let changes = [&base[..], &[script], changes].concat();
        let mut runner = Runner::new(plans::plan("baseline", &changes));
        match runner.run(&mut Random::new(SEED), 0, &mut ()).verdict {
            Verdict::Violated(violation) => violation.because.join("; "),
            Verdict::Holds => "holds".to_owned(),
            Verdict::Inconclusive(cut) => panic!("{cut}"),
        }
    };
    let (a, b) = ("stage.a.container.restart=always", "stage.b.container.restart=always");
    assert!(verdict(&[a]).contains("b-container@1"), "{}", verdict(&[a]));
    assert!(verdict(&[b]).contains("a-container@1"), "{}", verdict(&[b]));
    assert_eq!(verdict(&[a, b]), "holds");
}

/// The smallest failure says which setting of which stage it needs, and no other.
#[test]
fn a_failure_that_one_stage_causes_names_its_setting() {
    let changes = [
        "stage.core.container.steps=remove,store,publish",
        "stage.core.containers=3",
        "stage.inbound.queue.delivery=standard",
        "stage.outbound.table.on_failure=hang",
    ];
    let plan = plans::plan("crash-anywhere", &changes);
    let mut runner = Runner::new(Arc::clone(&plan));
    let failure = (0..100).find_map(|run| {
        let mut chosen = Choices::default();
        let outcome = runner.run(&mut Random::new(SEED), run, &mut chosen);
        let is_one = matches!(outcome.verdict, Verdict::Violated(_));
        is_one.then(|| SavedRun::new(&plan, &chosen.taken, &outcome).expect("it was judged"))
    });
    let failure = failure.expect("it removes first");
    let minimal = Minimiser::default().minimise(&failure, &Watch::default());
    let minimal = minimal.expect("the run violates the spec");
    let scenario = minimal.saved.plan().scenario().clone();
    let own: Vec<&String> = scenario.stage.keys().collect();
    assert_eq!(own, ["core"], "{}", scenario.to_toml());
    let core = &scenario.stage["core"];
    assert!(core.container.steps.is_some() && core.containers.is_none_or(|count| count == 1));
    assert_eq!(scenario.topology.stages, ["core"]);
}

/// Code that asks for the design of a machine asks the plan: what is set for all stages need not be in force anywhere.
#[test]
fn what_is_set_for_all_stages_is_read_by_the_scenario_and_the_plan_only() {
    /// Read for all stages, because they are the same at each.
    const SAME: [&str; 2] = ["queue.parked_max", "table.skew"];
    /// Rooms that make scenarios, or make them smaller.
    const MAKERS: [&str; 7] =
        ["scenario", "plan", "sketch", "strategy", "arbitrary", "explore/minimise", "cli"];
    let mut wrong = Vec::new();
    let mut rooms = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let root = rooms[0].clone();
    while let Some(room) = rooms.pop() {
        for entry in std::fs::read_dir(&room).expect("it is a folder") {
            let path = entry.expect("it is there").path();
            let name = path.strip_prefix(&root).expect("it is inside").with_extension("");
            if path.is_dir() {
                rooms.push(path);
                continue;
            }
            if MAKERS.iter().any(|maker| name.starts_with(maker))
                || path.extension() != Some("rs".as_ref())
            {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("it is text");
            // Tests know their scenarios.
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                let reads = ["queue", "container", "table", "store"].iter().any(|section| {
                    ["scenario().", "scenario."]
                        .iter()
                        .any(|of| line.contains(&format!("{of}{section}")) && !line.contains("fn "))
                });
                let same = SAME.iter().any(|key| line.contains(key));
                if reads && !same && !name.to_string_lossy().contains("tests") {
                    wrong.push(format!("{}: {}", name.display(), line.trim()));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

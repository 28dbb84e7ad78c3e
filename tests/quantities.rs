//! Quantities, not only presence: what a run uses of its budget, and how often in-dns gives which answer.
//!
//! A fault that strikes once too often, or an answer that ignores its weight, is as sound as the right one: no
//! property sees it, and another system is explored.

use std::collections::BTreeMap;
use std::sync::Arc;

use active_active::explore::{Choices, Observer, Phase, Runner, Strategy};
use active_active::model::dns;
use active_active::model::{Event, RegionId};
use active_active::plan::Plan;
use active_active::scheduler::{Random, RoundRobin, Scheduler, Script, Timed};
use active_active::sim::{Choice, Simulation, Step};

use crate::common::plans;

/// Two regions, one stage, with all that the budget can do to them.
const OF_CONTAINERS_AND_QUEUES: &str = r#"
    name = "of-containers-and-queues"
    topology = { stages = ["only"], containers = 2 }
    records.batches = [6]
    queue.delivery = "standard"
    budget = { crash = 2, lost_reply = 3, refuse = 2, late = 2, visibility_timeout = 2, reorder = 2 }
    script = ["publish 1", "await delivered all"]
"#;

const OF_COMPONENTS: &str = r#"
    name = "of-components"
    topology = { stages = ["only"], containers = 2 }
    records.batches = [6]
    budget = { fail = 2, pause = 2, partition = 2 }
    script = ["publish 1", "await delivered all"]
"#;

const OF_REGIONS: &str = r#"
    name = "of-regions"
    topology = { stages = ["only"], regions = 3 }
    records.batches = [6]
    rpo.records = 6
    budget = { lose_table = 2, lose_region = 1, outage = 2 }
    script = ["publish 1", "await delivered all"]
"#;

const OF_WRITERS: &str = r#"
    name = "of-writers"
    topology.stages = ["only"]
    store.default = "aurora"
    records.batches = [6]
    rpo.records = 6
    budget = { switchover = 2, failover = 2 }
    script = ["publish 1", "await delivered all"]
"#;

/// How often each kind of fault was chosen, by the word that names it.
fn kinds(plan: &Plan, choices: &[Choice]) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for choice in choices.iter().filter(|choice| matches!(choice, Choice::Fault(_))) {
        let name = choice.name(&plan.layout);
        let word = name.split(' ').next().unwrap_or_default();
        // Tables and regions are lost by the same word.
        let kind = if name.starts_with("lose @") { "lose-region" } else { word };
        *counts.entry(kind.to_owned()).or_insert(0) += 1;
    }
    counts
}

/// The most of each kind in a run, over many runs.
fn most(plan: &Arc<Plan>, scheduler: &mut impl Scheduler, runs: u64) -> BTreeMap<String, u32> {
    let mut runner = Runner::new(Arc::clone(plan));
    let mut most: BTreeMap<String, u32> = BTreeMap::new();
    for run in 0..runs {
        let mut choices = Choices::default();
        runner.run(scheduler, run, &mut choices);
        for (kind, count) in kinds(plan, &choices.taken) {
            let known = most.entry(kind).or_default();
            *known = count.max(*known);
        }
    }
    most
}

/// Every fault of the budget can be used up, and no fault strikes once more than that, under every scheduler.
#[test]
fn what_a_run_uses_of_its_budget_is_all_of_it_at_most() {
    let cases: [(&str, &[(&str, u32)]); 4] = [
        (
            OF_CONTAINERS_AND_QUEUES,
            &[
                ("crash", 2),
                ("lose-reply", 3),
                ("refuse", 2),
                ("late", 2),
                ("time-out", 2),
                ("reorder", 2),
            ],
        ),
        (OF_COMPONENTS, &[("let-fail", 2), ("pause", 2), ("partition", 2)]),
        (OF_REGIONS, &[("lose", 2), ("lose-region", 1), ("outage", 2)]),
        (OF_WRITERS, &[("switchover", 2), ("failover", 2)]),
    ];
    for (text, budget) in cases {
        let plan = plans::plan(text, &[]);
        let mut found: Vec<(String, BTreeMap<String, u32>)> = Strategy::ALL
            .iter()
            .copied()
            .map(|strategy| {
                let mut scheduler = strategy.prepare(&plan, 2).scheduler();
                (strategy.to_string(), most(&plan, &mut scheduler, 250))
            })
            .collect();
        found.push(("timed".to_owned(), most(&plan, &mut Timed::new(2), 250)));
        for (scheduler, most) in found {
            for &(kind, allowed) in budget {
                let used = most.get(kind).copied().unwrap_or(0);
                assert_eq!(used, allowed, "{scheduler}: {kind} in {}", plan.scenario().name);
            }
        }
    }
}

/// As above, of runs that take every fault as soon as it is on offer: there is no more than the budget has, and
/// each restart follows something that stopped a container.
#[test]
fn who_takes_every_fault_takes_as_many_as_there_are() {
    /// Takes faults of one kind first; else the source steps before the queues, and they before containers.
    struct Greedy(&'static str);

    impl Scheduler for Greedy {
        fn begin(&mut self, _plan: &Plan, _run: u64) {}

        fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
            let layout = &simulation.plan().layout;
            let mut faults = simulation.enabled().fault_points().map(Choice::Fault);
            let wanted = faults.find(|choice| choice.name(layout).starts_with(self.0));
            wanted.or_else(|| Some(simulation.enabled().nth_step(0)))
        }
    }

    let cases = [
        (OF_CONTAINERS_AND_QUEUES, "crash ", 2),
        (OF_CONTAINERS_AND_QUEUES, "lose-reply ", 3),
        (OF_CONTAINERS_AND_QUEUES, "refuse ", 2),
        (OF_CONTAINERS_AND_QUEUES, "late ", 2),
        (OF_CONTAINERS_AND_QUEUES, "time-out ", 2),
        (OF_CONTAINERS_AND_QUEUES, "reorder ", 2),
        (OF_COMPONENTS, "let-fail ", 2),
        (OF_COMPONENTS, "pause ", 2),
        (OF_COMPONENTS, "partition ", 2),
        (OF_REGIONS, "lose only-table", 2),
        (OF_REGIONS, "lose @", 1),
        (OF_REGIONS, "outage ", 2),
        (OF_WRITERS, "switchover ", 2),
        (OF_WRITERS, "failover ", 2),
    ];
    for (text, kind, allowed) in cases {
        // So many that two wait in one queue behind those that are in flight.
        let more: &[&str] = if kind == "reorder " { &["records.batches=10"] } else { &[] };
        let plan = plans::plan(text, more);
        let mut choices = Choices::default();
        Runner::new(Arc::clone(&plan)).run(&mut Greedy(kind), 0, &mut choices);
        let names = choices.taken.iter().map(|choice| choice.name(&plan.layout));
        let names: Vec<String> = names.filter(|name| name.starts_with(kind)).collect();
        assert_eq!(names.len(), allowed, "{kind}: {names:?}");
    }
}

/// Where the sends of a run went.
#[derive(Default)]
struct Routes(Vec<RegionId>);

impl Observer for Routes {
    fn begin(&mut self, _simulation: &Simulation) {}

    fn phase(&mut self, _phase: Phase, _simulation: &Simulation) {}

    fn step(&mut self, _step: &Step, simulation: &Simulation) {
        for event in simulation.events() {
            if let Event::Dns(dns::Event::Routed { region, .. }) = *event {
                self.0.push(region);
            }
        }
    }
}

impl Routes {
    fn of(plan: &Arc<Plan>, scheduler: &mut impl Scheduler, runs: u64) -> Routes {
        let (mut runner, mut routes) = (Runner::new(Arc::clone(plan)), Routes::default());
        for run in 0..runs {
            runner.run(scheduler, run, &mut routes);
        }
        routes
    }

    /// By region: how many.
    fn counts(&self, regions: u8) -> Vec<usize> {
        let of = |region| self.0.iter().filter(|&&to| to == RegionId(region)).count();
        (0..regions).map(of).collect()
    }
}

const THREE_REGIONS: &str = r#"
    name = "three-regions"
    topology = { stages = ["only"], regions = 3 }
    records.batches = [12]
    script = ["publish 1", "await delivered all"]
"#;

/// Smooth weighted round-robin: as many as the weights say in every round of them, one region after the other.
#[test]
fn answers_in_turn_have_the_weights_that_are_declared() {
    let routed = |weights: &str| {
        let plan = plans::plan(THREE_REGIONS, &[&format!("dns.weights={weights}")]);
        Routes::of(&plan, &mut RoundRobin::default(), 1)
    };
    assert_eq!(routed("1,1,1").counts(3), [4, 4, 4]);
    assert_eq!(routed("3,1,2").counts(3), [6, 2, 4]);
    assert_eq!(routed("0,5,1").counts(3), [0, 10, 2]);
    assert_eq!(routed("0,0,0").counts(3), [4, 4, 4], "all are equal when none has a weight");
    // A region is never ahead by more than its share: 3 of 4 are not the first three.
    let spread = routed("3,1,0").0;
    assert_eq!(spread[..4], [0, 0, 1, 0].map(RegionId));
    assert_eq!(spread[4..8], spread[..4]);
}

/// A script changes the weights, and the shares begin again.
#[test]
fn answers_have_the_weights_of_the_script_from_then_on() {
    let text = r#"
        name = "reweighted"
        topology.stages = ["only"]
        records.batches = [8, 8]
        script = ["publish 1", "await published batch 1", "weights 3 1", "publish 2", "await delivered all"]
    "#;
    let plan = plans::plan(text, &[]);
    let routes = Routes::of(&plan, &mut RoundRobin::default(), 1);
    let part = |range: std::ops::Range<usize>| Routes(routes.0[range].to_vec()).counts(2);
    assert_eq!((part(0..8), part(8..16)), (vec![4, 4], vec![6, 2]));
}

/// An answer is used for as many more sends as its time to live says, and then another one is asked for.
#[test]
fn an_answer_is_kept_for_its_time_to_live() {
    for ttl in [0usize, 1, 2, 5] {
        let plan = plans::plan(THREE_REGIONS, &[&format!("dns.ttl={ttl}")]);
        let routes = Routes::of(&plan, &mut RoundRobin::default(), 1).0;
        let expected: Vec<RegionId> =
            (0..12).map(|send| RegionId((send / (ttl + 1) % 3) as u8)).collect();
        assert_eq!(routes, expected, "ttl = {ttl}");
    }
}

/// Random answers come by weight under every scheduler that draws. 250 runs of 12 records: a share of 0.6 has a
/// standard error of 0.009.
#[test]
fn random_answers_have_the_weights_that_are_declared_under_every_scheduler() {
    let plan = plans::plan(THREE_REGIONS, &["dns.answer=random", "dns.weights=6,0,4"]);
    let mut found: Vec<(String, Routes)> = Strategy::ALL
        .iter()
        .copied()
        .filter(|&strategy| strategy.rhythm().learning == 0)
        .map(|strategy| {
            let mut scheduler = strategy.prepare(&plan, 4).scheduler();
            (strategy.to_string(), Routes::of(&plan, &mut scheduler, 250))
        })
        .collect();
    found.push(("random".to_owned(), Routes::of(&plan, &mut Random::new(5), 250)));
    found.push(("timed".to_owned(), Routes::of(&plan, &mut Timed::new(5), 250)));
    for (scheduler, routes) in found {
        let counts = routes.counts(3);
        let total: usize = counts.iter().sum();
        assert_eq!(counts[1], 0, "{scheduler}: a region without a weight gets nothing");
        let share = counts[0] as f64 / total as f64;
        assert!((share - 0.6).abs() < 0.036, "{scheduler}: {share}");
    }
}

/// The answers that are due without a choice spread the records by the same weights.
#[test]
fn the_answers_that_are_due_have_the_weights_that_are_declared() {
    let changes = ["dns.answer=random", "dns.weights=6,0,4", "records.batches=100"];
    let plan = plans::plan(THREE_REGIONS, &changes);
    let counts = Routes::of(&plan, &mut Script::default(), 1).counts(3);
    assert!(counts[0].abs_diff(60) <= 1 && counts[1] == 0, "{counts:?}");
}

//! Exhaustive search: it enters the states that a naive enumeration finds, and its verdict is the same
//! with any number of threads and with or without reduction.

use std::collections::BTreeMap;
use std::sync::Arc;

use active_active::explore::{Found, Incomplete, SearchProgress, Verified, Verify, VerifyReport};
use active_active::model::options::Delivery;
use active_active::plan::Plan;
use active_active::saved::SavedRun;
use active_active::scenario::{Scenario, Scope, builtin, designs};
use active_active::scheduler::seed;
use active_active::spec::PropertyName;
use rand::Rng;

use crate::common::enumerate::enumerate;
use crate::common::plans;

/// Two regions, one stage, one record.
fn tiny(changes: &[&str]) -> Arc<Plan> {
    let text = r#"
        name = "tiny"
        topology.stages = ["only"]
        records.batches = [1]
        script = ["publish 1", "await delivered all"]
    "#;
    plans::plan(text, changes)
}

fn verify(plan: &Arc<Plan>, threads: usize, reduces: bool) -> VerifyReport {
    let verify = Verify { threads, reduces, ..Verify::new(Arc::clone(plan)) };
    verify.run(&SearchProgress::default())
}

fn found(report: &VerifyReport) -> &Found {
    match &report.verdict {
        Verified::Violated(found) => found,
        other @ (Verified::Holds | Verified::Incomplete(_)) => {
            panic!("no violation was found: {other:?}")
        }
    }
}

#[test]
fn enters_the_states_that_the_naive_enumeration_finds() {
    for changes in [&[][..], &["budget.crash=1"]] {
        let plan = tiny(changes);
        let all = enumerate(&plan);
        assert_eq!(all.violations, BTreeMap::new());
        assert!(all.schedules() > 1_000_000_000 * all.known as u128);
        for threads in [1, 3] {
            let report = verify(&plan, threads, false);
            assert_eq!(report.verdict, Verified::Holds, "{changes:?}");
            let counts = (report.states as usize, report.transitions as usize);
            assert_eq!(counts, (all.known, all.transitions()), "{changes:?}");
            assert_eq!(report.ends as usize, all.ends.len(), "{changes:?}");
        }
    }
}

/// A table or a region that is lost, and a writer that moves, at every step there is. The number of states
/// is pinned: whoever changes what these faults do sees it here.
#[test]
fn faults_of_tables_regions_and_writers_hold_in_every_place() {
    let (aurora, declared) = ("store.default=aurora", "rpo.records=unlimited");
    let cases = [
        (&["budget.lose_table=1", declared][..], 15_972),
        (&["budget.lose_region=1", declared], 119_026),
        (&["budget.switchover=1", aurora, "dns.weights=1,0"], 25_798),
        (&["budget.failover=1", aurora, "dns.weights=1,0", declared], 13_007),
    ];
    for (changes, states) in cases {
        let plan = tiny(changes);
        let report = verify(&plan, 2, true);
        assert_eq!((report.verdict, report.states), (Verified::Holds, states), "{changes:?}");
    }
    for changes in [cases[0].0, cases[3].0] {
        let all = enumerate(&tiny(changes));
        assert_eq!(all.violations, BTreeMap::new());
        assert_eq!(all.known as u64, verify(&tiny(changes), 1, false).states, "{changes:?}");
    }
}

/// Each of these faults is what a wrong design, or a promise that is too great, needs to be found.
#[test]
fn faults_of_tables_regions_and_writers_are_found_in_their_place() {
    let aurora = "store.default=aurora";
    let cases = [
        (&["budget.lose_table=1"][..], PropertyName::WithinRpo),
        (&["budget.lose_region=1"], PropertyName::WithinRpo),
        (&["budget.failover=1", aurora], PropertyName::WithinRpo),
        // What is not replicated may be lost; what the old writer takes afterwards may not.
        (
            &["budget.failover=1", aurora, "aurora.fencing=best-effort", "rpo.records=unlimited"],
            PropertyName::WithinRpo,
        ),
        (&["budget.switchover=1", aurora, "aurora.switchover=at-once"], PropertyName::WithinRpo),
        (&["budget.outage=1", "source.on_refusal=drop"], PropertyName::DeliveredAll),
    ];
    for (changes, property) in cases {
        let report = verify(&tiny(changes), 2, true);
        assert_eq!(found(&report).violation.property(), property, "{changes:?}");
    }
}

/// The fence of a failover comes at any time, up to the next healing: a system in which no machine can step does not show that one is on
/// its way, so waiting for that is no protection.
#[test]
fn a_late_fence_comes_in_every_place() {
    let fails_over = |then: &str, fencing: &str| {
        let text = format!(
            r#"
                name = "fails-over"
                topology.stages = ["only"]
                records.batches = [1]
                store.default = "aurora"
                aurora.fencing = "{fencing}"
                script = ["failover only-table to @2", "{then}", "publish 1", "await delivered all"]
            "#
        );
        plans::plan(&text, &[])
    };
    let (quiescent, sometime) = ("await quiescent", "await sometime");
    for reduces in [true, false] {
        let verdict = |then, fencing| verify(&fails_over(then, fencing), 2, reduces);
        for then in [quiescent, sometime] {
            assert_eq!(verdict(then, "full").verdict, Verified::Holds, "{then}");
        }
        for then in [quiescent, sometime] {
            let violated = verdict(then, "best-effort");
            assert_eq!(found(&violated).violation.property(), PropertyName::WithinRpo, "{then}");
        }
    }
    // No record comes to the old writer.
    let plan = fails_over("weights 0 1", "best-effort");
    let all = enumerate(&plan);
    assert_eq!(all.violations, BTreeMap::new());
    assert_eq!(all.known as u64, verify(&plan, 1, false).states);
}

/// What a writer may have alone is what a failover can lose, in every schedule.
#[test]
fn a_limit_on_the_writer_is_a_limit_on_the_loss() {
    let limited = |limit| {
        let changes = [
            "store.default=aurora",
            "records.batches=2",
            "dns.weights=1,0",
            "budget.failover=1",
            "rpo.records=1",
            limit,
        ];
        verify(&tiny(&changes), 2, true)
    };
    assert_eq!(limited("aurora.rpo_records_max=1").verdict, Verified::Holds);
    let unlimited = limited("aurora.rpo_records_max=0");
    assert_eq!(found(&unlimited).violation.property(), PropertyName::WithinRpo);
}

#[test]
fn a_violation_is_found_by_the_shortest_run_whatever_the_number_of_threads() {
    let plan = tiny(&["budget.crash=1", "container.on_duplicate=skip"]);
    let one = verify(&plan, 1, false);
    assert_eq!(found(&one).violation.property(), PropertyName::RemoveLast);
    assert!(found(&one).is_shortest);
    for threads in [2, 4] {
        assert_eq!(verify(&plan, threads, false).verdict, one.verdict);
    }
    let Found { choices, outcome, .. } = found(&one);
    let outcome = outcome.as_ref().expect("it needs no circles");
    let saved = SavedRun::new(&plan, choices, outcome).expect("it was judged");
    assert!(saved.replay().matches_expected);
}

#[test]
fn a_search_without_memory_or_time_is_incomplete() {
    let plan = tiny(&["budget.crash=1"]);
    let mut small = Verify { reduces: false, ..Verify::new(Arc::clone(&plan)) };
    small.bytes_max = 500_000;
    let report = small.run(&SearchProgress::default());
    assert_eq!(report.verdict, Verified::Incomplete(Incomplete::Memory));
    assert!(report.bytes <= 500_000 && report.states > 10_000, "{report:?}");
    let stopped = SearchProgress::default();
    stopped.stop();
    let report = Verify { bytes_max: 1 << 30, ..small }.run(&stopped);
    assert_eq!(report.verdict, Verified::Incomplete(Incomplete::Stopped));
    assert!(report.states < 61_568);
}

/// Two regions, two stages, two records.
const SMALL: &str = r#"
    name = "small"
    topology.stages = ["first", "second"]
    records.batches = [2]
    script = ["publish 1", "await delivered all"]
"#;

/// The container of the first stage pauses at any moment, and goes on at any later one.
const PAUSE: &str = r#"
    name = "pause-at-any-moment"
    topology.stages = ["only"]
    records.batches = [1]
    script = ["publish 1", "await sometime", "pause only-container@1", "await sometime",
              "recover only-container@1", "await delivered all"]
"#;

#[test]
fn the_reduction_leaves_the_verdict_and_few_states() {
    let plans = [
        (tiny(&[]), 5),
        (tiny(&["budget.crash=1"]), 20),
        (tiny(&["budget.crash=2"]), 0),
        (plans::plan(PAUSE, &[]), 20),
        (plans::plan(PAUSE, &["records.batches=2"]), 0),
    ];
    for (plan, factor) in plans {
        let small = verify(&plan, 1, true);
        assert!(small.reduced, "{:?}", small.not_reduced_because);
        assert_eq!(small.verdict, Verified::Holds);
        println!("{} states, {} transitions", small.states, small.transitions);
        if factor > 0 {
            let whole = verify(&plan, 2, false);
            assert_eq!(whole.verdict, Verified::Holds);
            println!("   of {} states, {} transitions", whole.states, whole.transitions);
            assert!(small.states * factor < whole.states);
        }
    }
    let small = verify(&plans::plan(SMALL, &[]), 2, true);
    assert_eq!((small.verdict, small.states), (Verified::Holds, 4), "there is only one order");
}

/// The scenario with as few stages and records as its script allows.
fn smallest(scenario: &Scenario) -> Arc<Plan> {
    let batches = scenario.records.batches.len() as u32;
    for stages in 1..=scenario.topology.stages.len() as u8 {
        for records in [batches, 2 * batches, 4 * batches] {
            let (records, stages) = (Some(records), Some(stages));
            let small = Scope { records, stages, budget: None }.of(scenario);
            if let Ok(plan) = small.and_then(|small| Plan::new(&small)) {
                return Arc::new(plan);
            }
        }
    }
    Arc::new(Plan::new(scenario).expect("it was checked"))
}

/// Both verdicts, each as far as some memory reaches. They must not contradict each other. Whether
/// both are complete.
fn assert_agree(plan: &Arc<Plan>, what: &str) -> (bool, VerifyReport) {
    let bounded = Verify { bytes_max: 1 << 19, shorten_max: 0, ..Verify::new(Arc::clone(plan)) };
    let small = bounded.run(&SearchProgress::default());
    let whole = Verify { reduces: false, ..bounded }.run(&SearchProgress::default());
    match (&small.verdict, &whole.verdict) {
        (Verified::Holds, Verified::Violated(found)) => {
            panic!("{what}: the reduction misses {}", found.violation)
        }
        (Verified::Violated(found), Verified::Holds) => {
            panic!("{what}: the reduction invents {}", found.violation)
        }
        (Verified::Holds, Verified::Holds | Verified::Incomplete(_))
        | (Verified::Violated(_), Verified::Violated(_) | Verified::Incomplete(_))
        | (Verified::Incomplete(_), _) => {}
    }
    let complete = |report: &VerifyReport| !matches!(report.verdict, Verified::Incomplete(_));
    (complete(&small) && complete(&whole), small)
}

#[test]
fn verdicts_of_all_scenarios_agree_with_and_without_reduction() {
    let mut complete = 0;
    for (name, _) in builtin::ALL {
        let scenario = builtin::scenario(name).expect("it is built in");
        complete += u32::from(assert_agree(&smallest(&scenario), name).0);
    }
    assert!(complete >= 1, "{complete}");
}

#[test]
fn verdicts_of_all_designs_agree_with_and_without_reduction() {
    let mut found = 0;
    for row in designs::UNSOUND.iter() {
        let plan = row.plan().expect("it was checked");
        let (_, report) = assert_agree(&smallest(plan.scenario()), row.design);
        found += usize::from(matches!(report.verdict, Verified::Violated(_)));
    }
    assert!(found >= 10, "{found} of {}", designs::UNSOUND.len());
    for (design, scenario) in designs::SOUND.iter() {
        let plan = Plan::with_changes(scenario, &[design]).expect("it was checked");
        let (_, report) = assert_agree(&smallest(plan.scenario()), design);
        assert!(!matches!(report.verdict, Verified::Violated(_)), "{design}");
    }
}

/// A number below a bound.
fn draw(random: &mut impl Rng, below: u64) -> u64 {
    (random.next_u64() >> 33) % below
}

/// A line of a script of those that can be reduced: it stops something, starts something, waits or expects.
fn generated_line(random: &mut impl Rng) -> String {
    const STOPS: [&str; 10] = [
        "pause only-container",
        "crash only-container",
        "fail inbound-queue",
        "fail outbound-queue",
        "fail only-table",
        "fail only-replicator",
        "fail in-dns",
        "fail out-dns",
        "offline in-dns",
        "offline out-dns",
    ];
    let region = 1 + draw(random, 2);
    let stop = STOPS[draw(random, STOPS.len() as u64) as usize];
    let (_, component) = stop.split_once(' ').expect("it has two words");
    match draw(random, 14) {
        13 => format!("await enqueued outbound-queue@{region} batch 1"),
        0 => "await sometime".to_owned(),
        1 => "await quiescent".to_owned(),
        2 => "await delivered batch 1".to_owned(),
        3 => "await published or refused batch 1".to_owned(),
        4 | 5 => format!("{stop}@{region}"),
        6 => format!("recover {component}@{region}"),
        7 => format!("recover only-container@{region}"),
        8 => format!("expect delivered {}", draw(random, 3)),
        9 => format!("expect bypassed @{region} batch 1"),
        10 => format!("expect state only-container@{region} Processing"),
        11 => format!("expect waiting outbound-queue@{region} batch 1"),
        _ => format!("expect waiting inbound-queue@{region} batch 1"),
    }
}

/// A tiny scenario of those that can be reduced, with expectations that hold or do not.
fn generated(number: u64) -> Scenario {
    const CHANGES: [&str; 12] = [
        "",
        "",
        "commands = \"as-messages\"",
        "commands = \"as-messages\"\nqueue.on_failure = \"keep-waiting\"\nheal = \"faults\"",
        "queue.on_failure = \"keep-waiting\"",
        "budget.crash = 1",
        "budget.lost_reply = 1",
        "dns.answer = \"random\"",
        "dns.ttl = 1",
        "table.on_failure = \"hang\"",
        "queue.delivery = \"standard\"\nbudget.visibility_timeout = 1\nbudget.reorder = 1",
        "source.on_refusal = \"abort\"\ncontainer.retries = 1",
    ];
    let random = &mut seed::generator(7, number);
    let batches = 1 + draw(random, 2);
    let mut script = vec!["publish 1".to_owned()];
    for _ in 0..draw(random, 5) {
        script.push(generated_line(random));
    }
    if batches == 2 {
        script.insert(1 + draw(random, script.len() as u64) as usize, "publish 2".to_owned());
    }
    let text = format!(
        "name = \"generated\"\ntopology.stages = [\"only\"]\nrecords.batches = {:?}\n\
         dns.weights = [1, {}]\n{}\nscript = {script:?}\n",
        vec![1; batches as usize],
        draw(random, 2),
        CHANGES[draw(random, CHANGES.len() as u64) as usize],
    );
    Scenario::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn verdicts_of_generated_scenarios_agree_with_and_without_reduction() {
    let (mut complete, mut violated, mut disturbed) = (0, 0, 0);
    for number in 0..150 {
        let scenario = generated(number);
        let plan = Arc::new(Plan::new(&scenario).expect("it was checked"));
        let (both, report) = assert_agree(&plan, &scenario.to_toml());
        let goes_round = Some("the system can go round in cycles before it is healed");
        let because = report.not_reduced_because;
        let comes_twice = because == Some("the script waits for the records of one region");
        let resends = scenario.budget.lost_reply > 0;
        let times_out = because
            == Some("a queue hands out records while others wait for their visibility timeout");
        let passes = scenario.of_stages().any(|stage| stage.queue.delivery == Delivery::Standard);
        let is_known = because == goes_round || (comes_twice && resends) || (times_out && passes);
        assert!(report.reduced || is_known, "{because:?}");
        complete += u32::from(both);
        violated += u32::from(matches!(report.verdict, Verified::Violated(_)));
        let fails = scenario.script.iter().any(|line| line.to_string().starts_with("fail"));
        disturbed += u32::from(both && fails);
    }
    println!("{complete} complete, {disturbed} of them with a failure; {violated} violated");
    assert!(complete >= 15 && violated >= 8 && disturbed > 5, "{complete}, {violated}");
}

/// A request can be refused in any state in which it is the next one, and no step commutes with that: all orders are
/// searched. Where a refusal is taken for the end of the matter, one is enough.
#[test]
fn refused_requests_are_searched_in_every_order() {
    let designs: [(&[&str], Option<PropertyName>); 4] = [
        (&[], None),
        (&["container.restart=always", "heal=faults"], None),
        (&["container.on_dependency_failure=drop"], Some(PropertyName::RemoveLast)),
        (&["source.on_refusal=drop"], Some(PropertyName::DeliveredAll)),
    ];
    for (design, property) in designs {
        let plan = tiny(&[&["budget.refuse=1", "dns.weights=1,0"], design].concat());
        let (asked, whole) = (verify(&plan, 2, true), verify(&plan, 2, false));
        assert!(!asked.reduced && asked.not_reduced_because.is_some(), "{design:?}");
        for report in [asked, whole] {
            let violated = property.map(|_| found(&report).violation.property());
            assert_eq!(violated, property, "{design:?}");
            assert!(property.is_some() || report.verdict == Verified::Holds, "{design:?}");
        }
    }
}

/// A failure and a pause of the budget, and their ends, are searched wherever they can strike.
#[test]
fn failures_of_the_budget_are_searched_in_every_order() {
    let designs: [(&[&str], Option<PropertyName>); 9] = [
        (&["budget.fail=1"], None),
        (&["budget.pause=1"], None),
        (&["budget.expire=1"], None),
        (&["budget.expire=1", "budget.crash=1"], Some(PropertyName::NeverLost)),
        (&["budget.expire=1", "budget.crash=1", "container.restart=always"], None),
        (&["budget.partition=1"], None),
        (
            &["budget.partition=1", "container.on_dependency_failure=drop"],
            Some(PropertyName::RemoveLast),
        ),
        (
            &["budget.fail=1", "container.on_dependency_failure=drop"],
            Some(PropertyName::RemoveLast),
        ),
        (&["budget.pause=1", "container.while_paused=drop"], Some(PropertyName::DeliveredAll)),
    ];
    for (design, property) in designs {
        let plan = tiny(&[&["dns.weights=1,0"], design].concat());
        let report = verify(&plan, 2, true);
        assert!(!report.reduced, "{design:?}");
        let violated = property.map(|_| found(&report).violation.property());
        assert_eq!(violated, property, "{design:?}");
        assert!(property.is_some() || report.verdict == Verified::Holds, "{design:?}");
    }
}

/// A design of containers that call the external service, and what is violated in some order.
type Called<'a> = (&'a [&'a str], Option<PropertyName>);

/// What it knows is part of the state. No steps of such a system are known to commute.
fn assert_calls_are_searched(designs: &[Called<'_>]) {
    const CALLED: &str = "container.steps=store,call,publish,remove";
    for &(design, property) in designs {
        let plan = tiny(&[&[CALLED, "dns.weights=1,0"], design].concat());
        let report = verify(&plan, 2, true);
        assert!(!report.reduced && report.not_reduced_because.is_some(), "{design:?}");
        let violated = property.map(|_| found(&report).violation.property());
        assert_eq!(violated, property, "{design:?}");
        assert!(property.is_some() || report.verdict == Verified::Holds, "{design:?}");
    }
}

#[test]
fn calls_are_searched_in_every_order() {
    let twice = Some(PropertyName::EffectOnce);
    assert_calls_are_searched(&[
        (&["budget.lost_reply=1"], None),
        (&["budget.refuse=1", "service.idempotency=by-attempt"], twice),
        (&["budget.crash=1", "service.idempotency=by-attempt"], twice),
        (&["budget.lost_reply=1", "service.idempotency=none", "container.retries=1"], twice),
    ]);
}

/// Of two deliveries, of two regions, of a call that is late.
#[test]
#[ignore = "long: cargo test --test suite -- --ignored"]
fn calls_of_more_designs_are_searched_in_every_order() {
    let twice = Some(PropertyName::EffectOnce);
    assert_calls_are_searched(&[
        (&["budget.fail=1"], None),
        (&["budget.fail=1", "service.on_failure=hang"], None),
        (&["budget.late=1", "container.restart=always"], None),
        // The container calls again for the same delivery.
        (
            &[
                "budget.lost_reply=1",
                "service.idempotency=by-attempt",
                "container.retries=1",
                "source.on_refusal=abort",
            ],
            None,
        ),
        (&["budget.crash=1", "service.window=1", "records.batches=2", "dns.weights=1,1"], twice),
    ]);
}

/// A container that gives its record back because of an unreadable row gets it again, for ever.
#[test]
fn a_livelock_is_found_on_a_cycle() {
    let scenario = builtin::scenario("google-unreadable-row").expect("it is built in");
    let scope = Scope { records: Some(2), stages: Some(1), budget: None };
    let mut small = scope.of(&scenario).expect("it has a stage");
    small.queue.max_receives = 0;
    let plan = Arc::new(Plan::new(&small).expect("it can be so small"));
    for threads in [1, 2] {
        let report = verify(&plan, threads, true);
        assert_eq!(found(&report).violation.property(), PropertyName::Settles);
        assert!(report.cyclic > 0);
        let Found { choices, outcome, .. } = found(&report);
        let outcome = outcome.as_ref().expect("the runner is patient, but not without end");
        let saved = SavedRun::new(&plan, choices, outcome).expect("it was judged");
        assert!(saved.replay().matches_expected);
    }
}

/// A container that is refused is started again and again, until everything is healed.
#[test]
fn cycles_from_which_healing_helps_hold() {
    let script = "script=publish 1,fail only-table@1,await delivered all";
    for (reduces, states) in [(true, 10), (false, 100)] {
        let report = verify(&tiny(&["budget.crash=1", script]), 2, reduces);
        assert_eq!(report.verdict, Verified::Holds);
        assert!(report.cyclic > states, "{report:?}");
    }
}

/// Some of region 1's two queues, container and table fail while a record is published; they
/// recover, and what was refused is published again: F5 of the published model with one stage and
/// one record.
const FAIL_SOME: &str = r#"
    name = "fail-some"
    topology.stages = ["only"]
    records.batches = [1]
    source.on_refusal = "abort"
    script = ["fail some *@1", "publish 1", "await published or refused batch 1", "recover *@1",
              "publish 1", "await quiescent", "recover *-container@1", "await delivered all"]
"#;

#[test]
fn whatever_fails_of_one_stage_is_verified() {
    let report = verify(&plans::plan(FAIL_SOME, &[]), 2, true);
    assert_eq!(report.verdict, Verified::Holds);
    assert_eq!((report.states, report.transitions), (10_562, 40_155));
    let whole = verify(&plans::plan(FAIL_SOME, &[]), 2, false);
    assert_eq!((whole.verdict, whole.states), (Verified::Holds, 73_277));
    // What has to be avoided, is found: the record is removed without being stored, or never sent again.
    for (design, property) in [
        ("container.on_dependency_failure=drop", PropertyName::RemoveLast),
        ("container.on_recover=forget", PropertyName::DeliveredAll),
        ("source.on_refusal=drop", PropertyName::DeliveredAll),
    ] {
        let report = verify(&plans::plan(FAIL_SOME, &[design]), 2, true);
        assert_eq!(found(&report).violation.property(), property, "{design}");
    }
}

/// The published test at its full size: thirty records, five stages, and the pause wherever in batch 2
/// it can fall.
#[test]
fn the_whole_of_f1_is_verified() {
    let scenario = builtin::scenario("f1-fail-container").expect("it is built in");
    let report = verify(&Arc::new(Plan::new(&scenario).expect("it was checked")), 2, true);
    assert_eq!(report.verdict, Verified::Holds);
    println!("{report:?}");
}

//! What `heal` heals, and what it leaves to operators and orchestrators.

use active_active::explore::{
    Progress, Runner, SearchProgress, Sweep, Vacuous, Verdict, Verified, Verify,
};
use active_active::scheduler::Random;
use active_active::spec::PropertyName;

use super::support::*;

/// One record on its way through one stage of region 1, whose container is not there.
fn without_container(fault: &str) -> String {
    format!(
        r#"
        name = "without-container"
        script = ["{fault}", "publish 1", "await quiescent"]
        topology.stages = ["core"]
        records.batches = [1]
        dns.weights = [1, 0]
        "#
    )
}

/// The violated property in every order there is, which random runs agree with; none if all holds.
fn verdict(fault: &str, changes: &[&str]) -> Option<PropertyName> {
    let plan = plans::plan(&without_container(fault), changes);
    let of_all = match Verify::new(plan.clone()).run(&SearchProgress::default()).verdict {
        Verified::Holds => None,
        Verified::Violated(found) => Some(found.violation.property()),
        Verified::Incomplete(why) => panic!("{fault}, {changes:?}: {why:?}"),
    };
    let mut runner = Runner::new(plan);
    for run in 0..100 {
        let of_run = match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
            Verdict::Holds => None,
            Verdict::Violated(violation) => Some(violation.property()),
            Verdict::Inconclusive(_) => panic!("{fault}, {changes:?}: run {run} was cut"),
        };
        assert_eq!(of_run, of_all, "{fault}, {changes:?}: run {run}");
    }
    of_all
}

const UNDELIVERED: Option<PropertyName> = Some(PropertyName::DeliveredAll);

/// Everything is healed unless the scenario says less.
#[test]
fn a_healing_restarts_containers() {
    for fault in ["crash core-container@1", "pause core-container@1", "fail core-table@1"] {
        assert_eq!(verdict(fault, &[]), None, "{fault}");
    }
}

/// A crash is no fault that ends by itself, and a container that stopped at a refusal stays so, too: a healing that
/// restarted them would say "holds" of a system that waits for an operator.
#[test]
fn a_healing_of_faults_restarts_no_container_that_died_or_stopped() {
    for fault in ["crash core-container@1", "fail core-table@1"] {
        assert_eq!(verdict(fault, &["heal=faults"]), UNDELIVERED, "{fault}");
    }
    assert_eq!(verdict("pause core-container@1", &["heal=faults"]), None, "a pause ends");
}

#[test]
fn an_orchestrator_restarts_what_a_healing_of_faults_does_not() {
    for fault in ["crash core-container@1", "fail core-table@1"] {
        let restarts = ["heal=faults", "container.restart=always"];
        assert_eq!(verdict(fault, &restarts), None, "{fault}");
    }
}

#[test]
fn without_a_healing_nothing_ends_by_itself() {
    for fault in ["crash core-container@1", "pause core-container@1", "fail core-table@1"] {
        assert_eq!(verdict(fault, &["heal=nothing"]), UNDELIVERED, "{fault}");
    }
    // An orchestrator starts what is down, and cannot wake what hangs.
    let restarts = ["heal=nothing", "container.restart=always"];
    assert_eq!(verdict("crash core-container@1", &restarts), None);
    assert_eq!(verdict("pause core-container@1", &restarts), UNDELIVERED);
}

/// Containers that give back what is refused go round as long as a fault lasts, so `await quiescent` comes true only
/// after a healing. The run was closed by that, and the script's next fault, with the same await behind it, was
/// taken for a livelock: a false alarm of Settles.
#[test]
fn each_fault_of_a_script_that_waits_for_quiescence_is_healed() {
    let text = r#"
        name = "outage-after-outage"
        script = [
            "fail core-table@1", "publish 1", "await quiescent", "recover core-table@1",
            "fail inbound-queue@1", "await quiescent", "recover *",
            "fail outbound-queue@1", "await quiescent", "await delivered all",
        ]
        topology.stages = ["core"]
        records.batches = [2]
        dns.weights = [1, 0]
        container.on_dependency_failure = "give-back"
    "#;
    for commands in ["commands=at-once", "commands=as-messages"] {
        holds_with(text, &[commands], all_is_everywhere);
    }
    let plan = plans::plan(
        text,
        &[
            "records.batches=1",
            "script=fail core-table@1,publish 1,\
        await quiescent,recover *,fail inbound-queue@1,await quiescent,await delivered all",
        ],
    );
    let report = Verify::new(plan).run(&SearchProgress::default());
    assert_eq!(report.verdict, Verified::Holds);
}

/// What is taken offline on purpose is no outage; but where a record waits for it, only an operator brings that back.
#[test]
fn a_route_that_records_wait_for_needs_an_operator() {
    let needs = |script: &str| {
        let script = format!("script={script}");
        let changes = ["topology.stages=core", "records.batches=2", &script];
        let mut runner = Runner::new(plans::plan("baseline", &changes));
        let runs = (0..100).map(|run| runner.run(&mut Random::new(SEED), run, &mut ()));
        let first: Vec<_> = runs.filter_map(|outcome| outcome.healed.first).collect();
        first.first().map(|one| (one.text(runner.simulation().plan()), first.len()))
    };
    let (said, runs) = needs("publish 1,await sometime,offline out-dns@1").expect("they wait");
    assert_eq!(said, "nothing in the script recovers out-dns@1");
    assert!((1..100).contains(&runs), "{runs}");
    let (said, runs) = needs("offline in-dns@1,offline in-dns@2,publish 1").expect("they wait");
    assert_eq!((said.as_str(), runs), ("nothing in the script recovers in-dns@1", 100));
    assert_eq!(needs("offline in-dns@1,publish 1,await delivered all,offline out-dns@1"), None);
    assert_eq!(needs("publish 1,await delivered all,offline in-dns@1,offline in-dns@2"), None);
}

/// Containers give back what a table refuses, without end, so that the system is healed while it goes round, and does then
/// what it must not do: the search ends with that, and does not count states which it has not entered.
#[test]
fn what_fails_behind_the_healing_of_a_system_that_goes_round_is_found_by_every_search() {
    let text = r#"
        name = "while-out"
        script = ["fail *-table@*", "publish 1", "await quiescent"]
        topology.stages = ["core"]
        records.batches = [1]
        container.steps = ["store", "remove", "publish"]
        container.on_dependency_failure = "give-back"
    "#;
    assert_eq!(found(text, &[]), Some(PropertyName::RemoveLast));
    let plan = plans::plan(text, &[]);
    assert_eq!(found_in_every_order(&plan, true), Some(PropertyName::RemoveLast));
}

/// What the script expects while its fault lasts is no question to the system that was healed of it: it would be delivered,
/// and nothing would wait. Where containers stop, the system comes to rest with the fault, and is asked.
#[test]
fn what_is_expected_of_a_fault_is_not_asked_of_the_healed_system() {
    let script = |expected: &str| {
        format!("script=fail core-table@1,publish 1,await quiescent,{expected},recover *")
    };
    for (expected, of_rest) in
        [("expect delivered 2", Some(PropertyName::Expectation)), ("expect delivered 0", None)]
    {
        let changes = [
            script(expected),
            "topology.stages=core".to_owned(),
            "records.batches=2".to_owned(),
            "dns.weights=1,0".to_owned(),
        ];
        let mut changes: Vec<&str> = changes.iter().map(String::as_str).collect();
        let at_rest = plans::plan("baseline", &changes);
        assert_eq!(found_in_every_order(&at_rest, false), of_rest, "{expected}");
        changes.push("container.on_dependency_failure=give-back");
        let plan = plans::plan("baseline", &changes);
        assert_eq!(found_in_every_order(&plan, false), None, "{expected}");
        let sweep = Sweep { plan: plan.clone(), runs: 50, threads: 1, steps_max: u64::MAX };
        let report = sweep.run(|| Random::new(SEED), &Progress::default());
        assert_eq!(report.evidence.vacuous(&plan), Some(Vacuous::NotJudged(3)), "{expected}");
        let (_, said) = report.operator.expect("the table is brought back");
        let because = "'recover *' comes only after 'await quiescent', which had not come true";
        assert_eq!(said, format!("core-table@1 was out and {because}"));
    }
}

/// A region that the script has taken offline is how the system is set up: a healing of something else, in the middle of the
/// script, leaves it so.
#[test]
fn a_region_that_is_offline_stays_so_while_script_is_left() {
    let text = r#"
        name = "passive"
        script = [
            "offline in-dns@1", "offline out-dns@1", "publish 1", "await published batch 1",
            "expect bypassed @1 batch 1", "await delivered all", "publish 2", "await published batch 2",
            "expect bypassed @1 batch 2", "await delivered all",
        ]
        topology.stages = ["core"]
        records.batches = [2, 1]
        dns.policy = "failover"
        container.on_dependency_failure = "give-back"
    "#;
    for budget in ["budget.fail=1", "budget.pause=1", "budget.outage=1", "budget.crash=1"] {
        for heal in ["heal=everything", "heal=faults"] {
            let changes = [budget, heal, "container.restart=always"];
            assert_eq!(found(text, &changes), None, "{budget}, {heal}");
        }
    }
    // No line expects anything. What waits at a full queue comes to one region, in order, also behind a healing.
    let text = r#"
        name = "one-way"
        script = ["offline in-dns@1", "offline out-dns@1", "publish 1", "await delivered all"]
        topology.stages = ["only"]
        records.batches = [3]
        dns.policy = "failover"
        queue.capacity = 1
    "#;
    for budget in ["budget.fail=1", "budget.pause=1"] {
        assert_eq!(found(text, &[budget]), None, "{budget}");
    }
}

/// What fails by the script is out until the script recovers it: the end of an outage of its region, or of a partition, is
/// none of that. A healing is; and it is an operator who brings it back, whatever else was out.
#[test]
fn what_the_script_makes_fail_outlasts_an_outage() {
    let script = "script=publish 1,await delivered all,fail *-table,publish 2,await quiescent,\
        expect delivered 1,recover *,await delivered all";
    let changes = [script, "topology.stages=core", "records.batches=1,1", "dns.weights=1,0"];
    for budget in ["budget.outage=1", "budget.partition=1", "budget.fail=1"] {
        let with: Vec<&str> = changes.iter().copied().chain([budget]).collect();
        assert_eq!(found("baseline", &with), None, "{budget}");
    }
    let paused = "script=pause core-container@1,publish 1,await quiescent,\
        expect state core-container@1 FailedProcessing,recover *,await delivered all";
    let with = [paused, "topology.stages=core", "records.batches=1", "budget.pause=2"];
    assert_eq!(found("baseline", &with), None, "budget.pause");
    let never = "script=fail core-table@1,publish 1,await sometime";
    let changes = [never, "topology.stages=core", "records.batches=1", "budget.outage=1"];
    let mut runner = Runner::new(plans::plan("baseline", &changes));
    for run in 0..200 {
        let healed = runner.run(&mut Random::new(SEED), run, &mut ()).healed;
        assert!(healed.first.is_some(), "run {run}");
    }
}

/// Where a healing has ended the script's fault, the script expects nothing any more until it has recovered that itself; and
/// that no record came to a region is not so for all time, once one is there.
#[test]
fn what_is_expected_behind_a_recovery_is_judged_and_what_was_broken_before_a_healing_is() {
    let violated = Some(PropertyName::Expectation);
    let one = |script: &str, more: &[&str]| {
        let script = format!("script={script}");
        let changes = [script.as_str(), "topology.stages=core", "records.batches=1,1"];
        let changes: Vec<&str> = changes.iter().chain(more).copied().collect();
        found("baseline", &changes)
    };
    let recovered = "fail core-table@1,publish 1,await delivered 1,recover *,await delivered all,\
        publish 2,await quiescent,expect delivered 3";
    assert_eq!(one(recovered, &["dns.weights=1,0"]), violated);
    let came = "fail core-table@1,publish 1,await delivered 1,expect bypassed @1 batch 1,publish 2";
    assert_eq!(one(came, &["dns.weights=1,0"]), violated);
    let none = "fail core-table@1,publish 1,await delivered 1,expect bypassed @2 batch 1,publish 2";
    assert_eq!(one(none, &["dns.weights=1,0"]), None);
    // A fault of the budget is none of the script's: nothing is left unjudged.
    let plan = plans::plan(
        "baseline",
        &[
            "script=publish 1,await delivered 1,expect delivered 5",
            "budget.outage=1",
            "records.batches=1",
            "topology.stages=core",
        ],
    );
    let mut runner = Runner::new(plan);
    for run in 0..200 {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert!(matches!(outcome.verdict, Verdict::Violated(_)), "run {run}");
    }
}

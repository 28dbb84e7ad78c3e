//! A minimized failure is the failure that was found: the trace still shows what the scenario is about.
//!
//! The scenarios in files restate public bug reports. Each is failed several times, since the smallest
//! failure must not depend on which of its failures was found.

use std::sync::Arc;
use std::time::Duration;

use active_active::explore::{Ended, Minimal, Minimiser, Runner, Size, Verdict, Watch};
use active_active::model::options::OnDuplicate;
use active_active::plan::Plan;
use active_active::report::past;
use active_active::saved::Schedule;
use active_active::scheduler::Deviate;
use active_active::spec::PropertyName;

use super::{failures, minimise};

/// A scenario as a text, with some keys changed.
fn plan(text: &str, changes: &[&str]) -> Arc<Plan> {
    Arc::new(Plan::with_changes(text, changes).unwrap_or_else(|error| panic!("{error}")))
}

/// The smallest failures that come of several.
fn smallest(plan: &Arc<Plan>) -> Vec<Minimal> {
    let all: Vec<Minimal> = failures(plan).take(3).map(|(saved, _)| minimise(&saved)).collect();
    assert!(!all.is_empty(), "it is unsound");
    all
}

fn script(minimal: &Minimal) -> Vec<String> {
    let lines = minimal.saved.plan().scenario().script.iter();
    lines.map(ToString::to_string).collect()
}

/// The trace has lines with these texts, in this order.
fn assert_told(minimal: &Minimal, texts: &[&str]) {
    let (story, _) = past::story(&minimal.saved);
    let mut lines = story.iter();
    for text in texts {
        let is_there = lines.any(|line| line.text.contains(text));
        assert!(is_there, "no '{text}' after the ones before in {story:#?}");
    }
}

fn keys(minimal: &Minimal) -> Vec<String> {
    minimal.causes.iter().map(|cause| cause.key()).collect()
}

/// Two regions can race without a dead letter. The weights keep them from it, so they are not left out;
/// and without the crash or the redrive nothing goes back.
#[test]
fn a_redrive_is_told_as_a_redrive() {
    let plan = plan(include_str!("fifo-dlq-redrive.toml"), &[]);
    for minimal in smallest(&plan) {
        assert_eq!((minimal.size.records, minimal.size.deviations), (2, 0), "{}", minimal.size);
        let expected = [
            "weights 1 0",
            "publish 1",
            "crash core-container@1",
            "recover core-container@1",
            "await quiescent",
            "redrive inbound-queue@1",
        ];
        assert_eq!(script(&minimal), expected);
        let texts = [
            "core-container@1 crashes",
            "puts record 1 into its dead-letter queue",
            "stores record 2 and shows version 2 of key 1",
            "'redrive inbound-queue@1', inbound-queue@1 takes record 1 back",
            "shows version 1 of key 1",
        ];
        assert_told(&minimal, &texts);
        let lines = ["crash core-container@1", "redrive inbound-queue@1"];
        assert_eq!(keys(&minimal)[2..], lines, "{:?}", keys(&minimal));
    }
}

/// The same when an option keeps the traffic in one region.
#[test]
fn an_option_that_restricts_is_kept() {
    let changes = [
        "script=publish 1,await sometime,crash core-container@1,recover core-container@1,\
                    await quiescent,redrive inbound-queue@1",
        "dns.weights=1,0",
    ];
    for minimal in smallest(&plan(include_str!("fifo-dlq-redrive.toml"), &changes)) {
        assert_eq!(minimal.saved.plan().scenario().dns.weights, [1, 0]);
        assert_told(&minimal, &["into its dead-letter queue", "from its dead-letter queue"]);
    }
}

/// With two regions there would be no other to promote. That the rows were in region 2 is told, too.
#[test]
fn a_region_that_was_behind_is_told_beside_the_one_that_was_not() {
    let text = include_str!("stale-node-promoted.toml");
    for minimal in smallest(&plan(text, &[])) {
        let Size { records, regions, deviations, .. } = minimal.size;
        assert_eq!((records, regions, deviations), (1, 3, 0), "{}", minimal.size);
        let expected = [
            "fail core-replicator@3",
            "publish 1",
            "await delivered batch 1",
            "await quiescent",
            "failover core-table to @3",
        ];
        assert_eq!(script(&minimal), expected);
        assert_told(
            &minimal,
            &["core-replicator no longer reaches region 3", "core-table@2 stores record 1, too"],
        );
        let because = "record 1: a row was in regions 1, 2, and not in region 3, which writes now";
        assert_eq!(minimal.violation.because[0], because);
    }
    let fixed = text.replace("failover core-table to @3", "failover core-table to @2");
    assert_eq!(failures(&plan(&fixed, &[])).next().map(|(_, violation)| violation), None);
}

/// A container that is slow does to the others what one does that is paused. It is the pause that strands
/// the records in this scenario, and no line of the script is traded for an unlikely schedule.
#[test]
fn what_strands_the_records_is_told() {
    let unsound = Plan::with_changes("stranded-overwrite", &[]).expect("it is built in");
    for minimal in smallest(&Arc::new(unsound)) {
        assert_eq!((minimal.size.records, minimal.size.deviations), (2, 0), "{}", minimal.size);
        let script = script(&minimal);
        let has = |verb: &str| script.iter().any(|line| line.starts_with(verb));
        assert!(script[0].starts_with("pause ") && has("recover "), "{script:?}");
        let texts = ["is paused", "shows version 2 of key 1", "shows version 1 of key 1"];
        assert_told(&minimal, &texts);
    }
}

/// The same when the moment of the pause is a choice of the scheduler: the moment is told, and not who was
/// slow.
#[test]
fn what_strands_the_records_at_some_moment_is_told() {
    let text = r#"
        name = "stranded-sometime"
        script = [
            "publish 1",
            "await sometime",
            "pause core-container@1",
            "offline in-dns@1",
            "publish 2",
            "await delivered batch 2",
            "await quiescent",
            "recover *",
            "await delivered all",
        ]
        topology.stages = ["core"]
        records.batches = [4, 4]
        records.keys = 4
    "#;
    for minimal in smallest(&plan(text, &[])) {
        assert!(keys(&minimal).contains(&"pause core-container@1".to_owned()));
        assert_told(&minimal, &["core-container@1 is paused", "works again"]);
    }
}

/// A queue that keeps no copy violates the property as soon as it delivers. What the scenario is about is
/// the crash that destroys what only the container has.
#[test]
fn the_crash_that_destroys_the_record_is_told() {
    let text = include_str!("auto-ack.toml");
    for minimal in smallest(&plan(text, &[])) {
        assert_eq!((minimal.size.records, minimal.size.deviations), (1, 1), "{}", minimal.size);
        assert_told(&minimal, &["keeps no copy of it", "counts it as accepted"]);
        assert_told(&minimal, &["core-container@1 crashes"]);
        let crashed = |reason: &String| reason.starts_with("core-container@1 crashed at step ");
        assert!(minimal.violation.because.iter().any(crashed), "{:?}", minimal.violation);
        assert!(keys(&minimal).contains(&"budget.crash".to_owned()));
    }
    // Without any fault the record is at risk, and that is said.
    for minimal in smallest(&plan(text, &["budget.crash=0"])) {
        assert_eq!(minimal.size.deviations, 0);
        let because = "only core-container@1 still has it, in its memory";
        assert!(minimal.violation.because.iter().any(|reason| reason == because));
    }
}

/// "All twelve" of two batches is "the one" of one; and there is a way to meet the expectation.
#[test]
fn an_expectation_that_fails_in_the_fair_run_becomes_small() {
    let plan = plan(include_str!("health-check-shared-name.toml"), &[]);
    for minimal in smallest(&plan) {
        let Size { records, stages, steps, .. } = minimal.size;
        assert!((records, stages) == (1, 1) && steps < 30, "{} {steps}", minimal.size);
        let expected =
            ["fail inbound-table@1", "publish 1", "await quiescent", "expect delivered 1"];
        assert_eq!(script(&minimal), expected);
        // What a script expects is said of all options.
        assert_eq!(minimal.saved.plan().scenario().dns.health_threshold, 2);
        assert_told(&minimal, &["inbound-table@1 fails", "refuses it", "it does not hold"]);
    }
}

/// Of one record, five cannot be delivered: that is no smaller failure. "All but one" is what stays.
#[test]
fn an_expectation_is_not_made_false_in_itself() {
    for minimal in smallest(&plan(include_str!("poison-message.toml"), &[])) {
        let scenario = minimal.saved.plan().scenario();
        assert_eq!(scenario.records.batches, [2]);
        assert_eq!(script(&minimal)[2..], ["expect delivered 1"]);
        assert_eq!(minimal.violation.property(), PropertyName::Expectation);
    }
    let text = r#"
        name = "too-many-wait"
        script = [
            "pause core-container@1",
            "publish 1",
            "await quiescent",
            "expect waiting inbound-queue@1 batch 1 records 4",
        ]
        topology.stages = ["core"]
        records.batches = [6]
    "#;
    for minimal in smallest(&plan(text, &[])) {
        assert_eq!(script(&minimal)[3], "expect waiting inbound-queue@1 batch 1 records 1");
        assert_eq!(minimal.size.records, 3);
    }
}

/// Two transactions are open in one table, and the relay reads the greater id first: what the report tells.
#[test]
fn a_transaction_that_commits_late_is_told_as_passed() {
    let text = include_str!("../../scenarios/incidents/outbox-watermark.toml");
    for minimal in smallest(&plan(text, &[])) {
        assert_eq!((minimal.size.records, minimal.size.stages), (3, 1), "{}", minimal.size);
        let told = [
            "begins a transaction at core-table@1 to store it",
            "has the intent to publish it in the same write",
            "has its relay read the outbox and passes the transaction of record 1",
            "has the intent to publish it under an id that its relay has passed",
            "inbound-queue@1 removes record 1",
        ];
        assert_told(&minimal, &told);
        let scenario = minimal.saved.plan().scenario();
        assert_eq!((scenario.topology.containers, scenario.budget.total()), (2, 0));
    }
}

/// One consumer does the work twice: its late remove is refused, and so it gets the same record again.
#[test]
fn a_receipt_that_has_expired_is_told() {
    let text = r#"
        name = "expired"
        script = ["publish 1", "await delivered all"]
        topology = { stages = ["core"], containers = 2 }
        records.batches = [4]
        destination.dedupe = "none"
        budget.visibility_timeout = 1
    "#;
    let (saved, _) = failures(&plan(text, &[])).next().expect("it is unsound");
    let told = [
        "the delivery of record 1 by ",
        "the receipt of record 1 has expired",
        "not for the first time",
        "counts it",
    ];
    assert_told(&minimise(&saved), &told);
}

/// Every write waits for a copy in another region, and replication is out.
#[test]
fn a_copy_that_writes_wait_for_is_told() {
    let text = r#"
        name = "copy-awaited"
        script = ["fail *-replicator", "publish 1", "await quiescent", "expect delivered 4"]
        topology.regions = 3
        records.batches = [4]
        replication.mode = "strong"
    "#;
    for minimal in smallest(&plan(text, &[])) {
        let told = [
            "inbound-replicator fails",
            "inbound-replicator is told that region 1 wrote record 1 and refuses inbound-table@1",
            "the table refuses record 1, stops in FailedDependency",
        ];
        assert_told(&minimal, &told);
        let because = minimal.violation.because.join("; ");
        for part in ["record 1 waits in inbound-queue@1", "when inbound-table@1 refused"] {
            assert!(because.contains(part), "no '{part}' in {because}");
        }
    }
}

/// Everything before `lose` and what it needs is left out, whatever it was.
#[test]
fn only_a_late_line_matters() {
    let text = r#"
        name = "late-line"
        script = [
            "publish 1",
            "await delivered batch 1",
            "pause inbound-container@2",
            "publish 2",
            "await sometime",
            "recover inbound-container@2",
            "await delivered batch 2",
            "fail core-replicator",
            "publish 3",
            "await delivered batch 3",
            "fail inbound-table@2",
            "await quiescent",
            "recover inbound-table@2",
            "recover *-container@2",
            "lose core-table@1",
            "await quiescent",
        ]
        topology.stages = ["inbound", "core"]
        records.batches = [5, 5, 5]
    "#;
    for minimal in smallest(&plan(text, &[])) {
        let Size { records, stages, deviations, .. } = minimal.size;
        assert_eq!((records, stages, deviations), (1, 1, 0), "{}", minimal.size);
        assert_eq!(keys(&minimal), ["fail core-replicator", "lose core-table@1"]);
    }
}

/// One container takes the records in their order; two overtake each other.
#[test]
fn containers_that_are_needed_are_kept() {
    let text = r#"
        name = "two-containers"
        script = ["weights 1 0", "publish 1", "await delivered all"]
        topology.stages = ["inbound", "core"]
        topology.containers = 2
        queue.delivery = "standard"
        records.batches = [6]
        records.keys = 1
    "#;
    for minimal in smallest(&plan(text, &[])) {
        assert_eq!(minimal.saved.plan().scenario().topology.containers, 2);
        assert_eq!((minimal.size.records, minimal.size.stages), (2, 1), "{}", minimal.size);
        assert!(keys(&minimal).contains(&"topology.containers".to_owned()));
    }
}

/// Region 3 takes the traffic and is lost; of the other two one is as good as none.
#[test]
fn the_region_that_is_needed_is_kept() {
    let text = r#"
        name = "third-region"
        script = [
            "weights 0 0 1",
            "publish 1",
            "await delivered batch 1",
            "fail *-replicator@3",
            "publish 2",
            "await delivered batch 2",
            "await quiescent",
            "lose @3",
            "await delivered all",
        ]
        topology.regions = 3
        topology.stages = ["core"]
        records.batches = [3, 3]
    "#;
    for minimal in smallest(&plan(text, &[])) {
        assert_eq!((minimal.size.records, minimal.size.regions), (1, 2), "{}", minimal.size);
        let expected = [
            "weights 0 1",
            "fail core-replicator@2",
            "publish 1",
            "await delivered batch 1",
            "await quiescent",
            "lose @2",
        ];
        assert_eq!(script(&minimal), expected);
    }
}

/// A table of the region guards the call, which is about to be made in the other region, too. Without the guard a call is
/// repeated in one region: that is no failure of this design.
const GUARDED: &str = r#"
    name = "regional-guard"
    script = ["publish 1", "await quiescent"]
    topology.stages = ["charge"]
    container = { steps = ["store", "call", "publish", "remove"], on_duplicate = "skip" }
    service.idempotency = "none"
    records.batches = [1]
    budget.lost_reply = 1
    spec.leave_out = ["RemoveLast", "NeverLost", "DeliveredAll"]
"#;

#[test]
fn a_smaller_failure_is_one_of_the_design_in_which_it_was_found() {
    for minimal in smallest(&plan(GUARDED, &[])) {
        assert_told(
            &minimal,
            &["charge-container@1 for record 1", "charge-container@2 for record 1"],
        );
        let mut scenario = minimal.saved.plan().scenario().clone();
        scenario.container.on_duplicate = OnDuplicate::Skip;
        let Schedule::Deviations(deviations) = minimal.saved.schedule() else {
            panic!("a minimized failure is saved by its deviations")
        };
        let guarded = Arc::new(Plan::new(&scenario).expect("it was found with that"));
        let mut scheduler = Deviate::lenient(deviations.clone());
        let outcome = Runner::new(guarded).run(&mut scheduler, 0, &mut ());
        let Verdict::Violated(violation) = outcome.verdict else {
            panic!("it holds with the guard: {:?}", scenario.to_toml_without_defaults())
        };
        assert_eq!(violation.property(), PropertyName::EffectOnce);
    }
}

/// A stage sends to a side branch, whose queue gives up a record that its container died with. No message leads from there to
/// the destination, at which the violation shows.
#[test]
fn what_became_a_dead_letter_of_a_side_branch_is_told() {
    let text = r#"
        name = "branch-gives-up"
        script = ["publish 1", "await quiescent"]
        topology.stages = ["orders", "mail"]
        records.batches = [2]
        dns.weights = [1, 0]
        budget.crash = 1
        stage.orders.to = ["mail", "destination"]
        stage.mail = { to = [], queue.max_receives = 1 }
    "#;
    for minimal in smallest(&plan(text, &[])) {
        assert_eq!(minimal.violation.property(), PropertyName::StoredEverywhere);
        assert_told(
            &minimal,
            &["mail-container@1 crashes", "puts record 1 into its dead-letter queue"],
        );
    }
}

/// A consumer that is paused fills its queue, and who sends there waits. That acts on no message of the record that is missing.
#[test]
fn who_waits_for_room_is_told_and_why_there_is_none() {
    let text = r#"
        name = "backpressure"
        heal = "faults"
        script = ["pause mail-container@1", "publish 1", "await quiescent", "expect delivered 4"]
        topology.stages = ["orders", "mail"]
        records.batches = [4]
        dns.weights = [1, 0]
        stage.orders.to = ["mail", "destination"]
        stage.mail = { to = [], queue.capacity = 2 }
    "#;
    for minimal in smallest(&plan(text, &[])) {
        assert_told(&minimal, &["mail-container@1 is paused", "is full, and lets it wait"]);
        let because = minimal.violation.because.join("; ");
        for part in
            ["waits for room for record", "is full, with 2 records", "mail-container@1 was paused"]
        {
            assert!(because.contains(part), "no '{part}' in {because}");
        }
    }
}

/// An expectation that is met in some runs only. A scenario without its line was asked for a run that meets it until the steps were used
/// up, and no run was made: the search took minutes, or had no end.
#[test]
fn a_line_that_was_left_out_is_not_looked_for() {
    let plan = plan(
        r#"
            name = "out-of-the-way"
            script = [
                "publish 1",
                "await delivered all",
                "fail some *@1",
                "publish 2",
                "await published batch 2",
                "expect bypassed @1 batch 2",
                "recover *",
                "await delivered all",
            ]
            topology.stages = ["core"]
            records.batches = [1, 2]
            dns = { weights = [1, 1], health_threshold = 1 }
        "#,
        &[],
    );
    let (saved, _) = failures(&plan).next().expect("it is unsound");
    let watch = Arc::new(Watch::default());
    let stops = Arc::clone(&watch);
    // Only where the search has no end does anything wait for that.
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(120));
        stops.stop();
    });
    let minimal = Minimiser::default().minimise(&saved, &watch).expect("it violates the spec");
    assert_eq!(minimal.ended, Ended::Complete);
    assert!(script(&minimal).contains(&"expect bypassed @1 batch 1".to_owned()), "{minimal:?}");
}

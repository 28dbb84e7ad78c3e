//! What is measured: against what a hand computes, and that measuring changes nothing.

use std::sync::Arc;

use active_active::explore::{Runner, Verdict};
use active_active::metrics::{Metrics, MetricsSummary};
use active_active::scheduler::{Random, RoundRobin, Scheduler, Timed};
use serde_json::json;

use crate::common::plans;

fn measured(scenario: &str, changes: &[&str], mut scheduler: impl Scheduler) -> MetricsSummary {
    let plan = plans::plan(scenario, changes);
    let mut metrics = Metrics::new(&plan);
    let outcome = Runner::new(Arc::clone(&plan)).run(&mut scheduler, 0, &mut metrics);
    assert_eq!(outcome.verdict, Verdict::Holds);
    metrics.end_run();
    metrics.summary(&plan)
}

fn number(summary: &MetricsSummary, name: &str) -> f64 {
    let value = summary.get(name).unwrap_or_else(|| panic!("there is no {name}"));
    value.as_f64().unwrap_or_else(|| panic!("{name} is {value}"))
}

/// The times are derived in `tests/timed.rs`: published at 1 ms, arrived at 28; stored at 17,
/// applied at 94. In the inbound queue the record is from 6 until it is removed: forwarded at 23,
/// on its way 1, queue 2, on its way 1, container 5, on its way 1, queue 2.
const ONE_STAGE: &str = r#"
    name = "one-stage"
    topology.stages = ["only"]
    records.batches = [1]
    script = ["publish 1", "await delivered all"]
    timing.spread_percent = 0
"#;

#[test]
fn latency_lag_and_age_are_those_that_a_hand_computes() {
    let summary = measured(ONE_STAGE, &[], Timed::new(1));
    assert_eq!(number(&summary, "latency_ms_max"), 27.0);
    assert_eq!(number(&summary, "latency_count"), 1.0);
    assert_eq!(number(&summary, "lag_ms_max"), 77.0);
    assert_eq!(number(&summary, "oldest_message_age_ms_max"), 29.0);
    assert_eq!(number(&summary, "oldest_message_age_reported_ms_max"), 29.0);
    assert_eq!(number(&summary, "amplification_attempts_per_accepted"), 1.0);
    assert_eq!(number(&summary, "redelivered_percent"), 0.0);
    assert_eq!(number(&summary, "exposed_in_one_region_records_max"), 1.0);
    let backlog = summary.get("backlog_records_max").expect("it is always there");
    assert_eq!(backlog["inbound-queue@1"], json!(1));
    assert_eq!(backlog["inbound-queue@2"], json!(0));
}

/// A dead letter is not in its queue any more, and one that was redriven is no dead letter: twice one record is dead
/// while no other is, and the queue never has two.
#[test]
fn a_dead_letter_is_no_backlog_and_a_redriven_one_no_dead_letter() {
    let dies = |batch: u8| {
        let steps = ["pause only-container@1", "publish N", "await quiescent"];
        let dead = ["crash only-container@1", "recover only-container@1", "await quiescent"];
        let lines = [steps, dead].concat();
        lines.into_iter().map(move |line| line.replace('N', &batch.to_string()))
    };
    let redriven = ["redrive inbound-queue@1", "await quiescent"].map(str::to_owned);
    let mut script: Vec<String> = dies(1).collect();
    script.extend(["publish 2", "await quiescent"].map(str::to_owned));
    script.extend(redriven.clone());
    script.extend(dies(3).chain(redriven));
    let text = format!(
        "name = \"dead\"\nscript = {script:?}\nrecords.batches = [1, 1, 1]\nqueue.max_receives = 1"
    );
    let changes = ["topology.stages=only", "dns.weights=1,0"];
    let summary = measured(&text, &changes, RoundRobin::default());
    let backlog = summary.get("backlog_records_max").expect("it is always there");
    assert_eq!(backlog["inbound-queue@1"], json!(1));
    assert_eq!(number(&summary, "dead_letter_records_max"), 1.0);
}

/// Replication fails before anything is published and comes back when all is delivered: nothing
/// was acknowledged when it failed. The container fails when one record is delivered and the row is
/// replicated, and one more is published while it is down.
#[test]
fn recovery_point_and_time_are_those_of_the_script() {
    let script = |middle: &str| {
        format!(
            "name = \"recovery\"\ntopology.stages = [\"only\"]\nrecords.batches = [1, 1]\n\
             dns.weights = [1, 0]\ntiming.spread_percent = 0\nscript = [\"publish 1\", {middle}, \
             \"await delivered all\"]"
        )
    };
    let idle = script(
        r#""await quiescent", "pause only-container@1", "publish 2",
           "await published batch 2", "recover only-container@1""#,
    );
    let summary = measured(&idle, &[], Timed::new(1));
    assert_eq!(number(&summary, "rpo_records_max"), 0.0);
    // The second record is published 1 after the pause and known as accepted when the source has
    // handled the acknowledgement: on its way 1, in-dns 1, on its way 1, queue 2, on its way 1,
    // in-dns 1, on its way 1, source 1: 10 after the pause. Then: container 5 (the delivery came
    // while it was paused), on its way 1, table 4, on its way 1, container 5, on its way 1, queue 2,
    // on its way 1, destination 1: 21 more.
    assert_eq!(number(&summary, "rto_path_ms_max"), 31.0);
    assert_eq!(number(&summary, "rto_service_ms_max"), 31.0);
    assert_eq!(number(&summary, "rto_path_never_count"), 0.0);

    let busy = script(
        r#""await published batch 1", "fail only-replicator", "publish 2", "await delivered all",
           "recover only-replicator""#,
    );
    let summary = measured(&busy, &[], Timed::new(1));
    // The first record was acknowledged a moment ago and is in region 1 only.
    assert_eq!(number(&summary, "rpo_records_max"), 1.0);
    assert_eq!(number(&summary, "rpo_age_ms_max"), 0.0);
}

/// The fault of the test above, one of a kind that is never felt, and one that is never over.
#[test]
fn every_fault_has_its_own_recovery_point_and_times() {
    let text = r#"
        name = "faults"
        topology.stages = ["only"]
        records.batches = [1, 1]
        dns.weights = [1, 0]
        timing.spread_percent = 0
        script = ["publish 1", "await quiescent", "pause only-container@1", "fail only-table@2",
                  "publish 2", "await published batch 2", "recover *@1", "recover *@2",
                  "await delivered all"]
    "#;
    let plan = plans::plan(text, &[]);
    let mut metrics = Metrics::new(&plan);
    let mut runner = Runner::new(Arc::clone(&plan));
    runner.run(&mut Timed::new(1), 0, &mut metrics);
    metrics.end_run();
    let faults = serde_json::to_value(metrics.faults(&plan)).expect("it is plain data");
    // The first record's row is applied in the other region at 94 ms, and that is all there is to do.
    let expected = json!([
        {
            "fault": "pause only-container@1", "began_ms": 94.0, "rpo_records": 0,
            "rpo_age_ms": 0.0, "rto_path_ms": 31.0, "rto_service_ms": 31.0,
        },
        {
            // Nothing is ever stored in this region by a container of its own.
            "fault": "fail only-table@2", "began_ms": 94.0, "rpo_records": 0,
            "rpo_age_ms": 0.0, "rto_path_ms": null, "rto_service_ms": 31.0,
        },
    ]);
    assert_eq!(faults, expected);
    // The faults are those of the last run alone, and in steps if it had no time.
    runner.run(&mut RoundRobin::default(), 0, &mut metrics);
    metrics.end_run();
    let faults = serde_json::to_value(metrics.faults(&plan)).expect("it is plain data");
    assert_eq!(faults.as_array().map(Vec::len), Some(2));
    assert!(faults[0]["rto_path_steps"].is_u64() && faults[0]["rto_path_ms"].is_null());
}

/// The recovery point has one meaning: what is measured at a loss is what the verdict lists as lost for good,
/// rows and messages alike. A run with several losses may name a record at more than one of them.
#[test]
fn the_recovery_point_of_a_loss_is_what_it_destroys() {
    let payments = r#"
        name = "payments"
        script = ["publish 1", "await sometime", "failover ledger-table to @2", "await delivered all"]
        topology = { regions = 3, stages = ["screen", "ledger"], containers = 2 }
        records = { batches = [6], keys = 2 }
        table.conflict = "version-checked"
        store.stages = { ledger = "aurora" }
        budget.crash = 1
        rpo.records = "unlimited"
    "#;
    let cases: [(&str, &[&str]); 6] = [
        ("region-loss", &[]),
        ("region-loss", &["store.default=aurora"]),
        ("loss-anywhere", &[]),
        ("aurora-failover", &[]),
        ("aurora-anywhere", &["topology.regions=3"]),
        (payments, &[]),
    ];
    for (scenario, changes) in cases {
        let plan = plans::plan(scenario, changes);
        let (mut runner, mut metrics) = (Runner::new(Arc::clone(&plan)), Metrics::new(&plan));
        let (mut with_loss, mut exact) = (0, 0);
        for run in 0..300 {
            let outcome = runner.run(&mut Random::new(1), run, &mut metrics);
            metrics.end_run();
            let faults = metrics.faults(&plan);
            let destroys =
                |fault: &str| fault.starts_with("lose ") || fault.starts_with("failover ");
            let losses = faults.iter().filter(|one| destroys(&one.fault));
            let points: Vec<usize> = losses.map(|one| one.rpo_records as usize).collect();
            let (most, sum) = (points.iter().max().copied().unwrap_or(0), points.iter().sum());
            let lost = outcome.lost.records();
            assert!((most..=sum).contains(&lost), "{scenario}, run {run}: {points:?} and {lost}");
            with_loss += usize::from(lost > 0);
            exact += usize::from(lost > 0 && points.len() == 1);
        }
        assert!(
            with_loss > 10,
            "{scenario}: {with_loss} runs lost something, {exact} at one fault"
        );
    }
}

/// Of ten records nine are delivered at once, and one waits for its container.
#[test]
fn the_median_is_not_the_99th_percentile() {
    let text = r#"
        name = "one-is-late"
        topology.stages = ["only"]
        records.batches = [9, 1]
        dns.weights = [1, 0]
        script = ["publish 1", "await delivered all", "pause only-container@1", "publish 2",
                  "await quiescent", "publish 1", "await quiescent", "recover *", "await delivered all"]
    "#;
    let summary = measured(text, &[], Timed::new(1));
    let of = |name: &str| number(&summary, &format!("latency_ms_{name}"));
    assert_eq!(number(&summary, "latency_count"), 10.0);
    assert!(of("p50") < of("p99"), "{} and {}", of("p50"), of("p99"));
    assert!(
        (of("p99") - of("max")).abs() <= of("max") / 1_000.0,
        "one of ten is the slowest percent"
    );
}

/// A recovery time begins with its own fault: the second fault is felt for a shorter time than the first,
/// which began earlier and ends with it.
#[test]
fn recovery_times_are_counted_from_their_own_fault() {
    let text = r#"
        name = "two-faults"
        topology.stages = ["first", "second"]
        records.batches = [1, 1, 1]
        dns.weights = [1, 0]
        timing.spread_percent = 0
        script = ["publish 1", "await quiescent", "pause first-container@1", "publish 2",
                  "await quiescent", "pause second-container@1", "publish 3",
                  "await published batch 3", "recover *@1", "await delivered all"]
    "#;
    let plan = plans::plan(text, &[]);
    let mut metrics = Metrics::new(&plan);
    Runner::new(Arc::clone(&plan)).run(&mut Timed::new(1), 0, &mut metrics);
    metrics.end_run();
    let faults = serde_json::to_value(metrics.faults(&plan)).expect("it is plain data");
    let of = |fault: usize, name: &str| faults[fault][name].as_f64().expect("it is measured");
    let apart = of(1, "began_ms") - of(0, "began_ms");
    assert!(apart > 0.0, "{faults}");
    // Batch 2 passes both components first, and is the first that was published after the first fault.
    let path = of(0, "rto_path_ms");
    assert_eq!((path, of(0, "rto_service_ms")), (of(1, "rto_path_ms") + apart, path), "{faults}");
    // Batch 3 is the first that was published after the second fault.
    assert!(of(1, "rto_service_ms") > of(1, "rto_path_ms"), "{faults}");
}

/// A record that its container cannot store comes back again and again and is the oldest message all
/// the time; the cloud's metric stops looking at it after its third receive.
#[test]
fn the_reported_age_hides_a_message_that_is_received_again_and_again() {
    let text = r#"
        name = "poison"
        topology.stages = ["only"]
        records.batches = [1]
        dns.weights = [1, 0]
        queue.delivery = "standard"
        script = [
            "fail only-table@1",
            "publish 1",
            "await quiescent",
            "recover only-container@1",
            "await quiescent",
            "recover only-container@1",
            "await quiescent",
            "recover only-container@1",
            "await quiescent",
            "recover only-table@1",
            "recover only-container@1",
            "await delivered all",
        ]
    "#;
    let summary = measured(text, &[], Timed::new(1));
    let truth = number(&summary, "oldest_message_age_ms_max");
    let reported = number(&summary, "oldest_message_age_reported_ms_max");
    assert!(reported < truth, "{reported} of {truth}");
    // The fifth delivery is the one that succeeds; the other queue only ever saw a young message.
    assert_eq!(number(&summary, "redelivered_consumer_gone_percent"), 400.0 / 6.0);
}

#[test]
fn without_a_time_durations_are_steps() {
    let summary = measured("f1-fail-container", &[], RoundRobin::default());
    assert!(number(&summary, "latency_steps_p99") > 0.0);
    assert!(summary.get("latency_ms_p99").is_none());
    assert_eq!(summary.get("durations_in"), Some(&json!("steps")));
}

/// Every name says its unit, and all are there whatever happened.
#[test]
fn every_name_says_its_unit() {
    let names = |summary: &MetricsSummary| -> Vec<String> {
        let value = serde_json::to_value(summary).expect("it is plain data");
        value.as_object().expect("by name").keys().cloned().collect()
    };
    let quiet = names(&measured("baseline", &[], Timed::new(1)));
    let loud = names(&measured("crash-anywhere", &[], Timed::new(1)));
    assert_eq!(quiet, loud);
    let units = ["_ms_", "_records_", "_percent", "_count", "_per_", "runs", "durations_in"];
    for name in &quiet {
        assert!(units.iter().any(|unit| name.contains(unit)), "{name}");
    }
    for part in ["latency", "lag", "oldest_message_age", "rto_path", "rto_service", "rpo"] {
        assert!(quiet.iter().any(|name| name.starts_with(part)), "{part}");
    }
}

#[test]
fn crashes_are_counted_by_what_they_cause() {
    let plan = plans::plan("crash-anywhere", &[]);
    let metrics = Metrics::of_runs(&plan, || Random::new(1), 200, 1, u64::MAX);
    let summary = metrics.summary(&plan);
    assert!(number(&summary, "redelivered_consumer_gone_percent") > 0.0);
    assert_eq!(number(&summary, "redelivered_timed_out_percent"), 0.0);
    assert!(number(&summary, "duplicate_sends_stage_percent") > 0.0);
    assert_eq!(number(&summary, "duplicate_sends_source_percent"), 0.0);
    assert!(number(&summary, "rto_path_count") > 0.0);
}

#[test]
fn what_many_runs_show_does_not_depend_on_the_number_of_threads() {
    let plan = plans::plan("crash-anywhere", &[]);
    let summary =
        |threads| Metrics::of_runs(&plan, || Timed::new(3), 60, threads, u64::MAX).summary(&plan);
    assert_eq!(summary(1), summary(3));
}

/// The numbers in a text, without the commas between thousands.
fn numbers_in(text: &str) -> Vec<f64> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let parts = text.split(|c: char| !is_part(c)).map(|part| part.trim_end_matches(['.', ',']));
    parts.filter_map(|part| part.replace(',', "").parse().ok()).collect()
}

/// What people read is what the document says: every number of every line. The runs have slow records and
/// quick ones, redeliveries of both kinds, and faults that are felt for a while.
#[test]
fn every_number_of_the_text_is_one_of_the_document() {
    let changes = ["queue.delivery=standard", "budget.visibility_timeout=2", "budget.lost_reply=2"];
    let plan = plans::plan("crash-anywhere", &changes);
    let metrics = Metrics::of_runs(&plan, || Timed::new(1), 100, 1, u64::MAX);
    let summary = metrics.summary(&plan);
    let of = |name: &str| number(&summary, name);
    let mut seen = Vec::new();
    for one in summary.measured() {
        let expected: Vec<f64> = match one.name.as_str() {
            "latency"
            | "lag"
            | "oldest_message_age"
            | "oldest_message_age_reported"
            | "rto_path"
            | "rto_service"
            | "rpo_age" => {
                let ms = |suffix: &str| of(&format!("{}_ms_{suffix}", one.name));
                let count = of(&format!("{}_count", one.name));
                vec![50.0, ms("p50"), 99.0, ms("p99"), ms("max"), count]
            }
            "rpo" => vec![50.0, of("rpo_records_p50"), of("rpo_records_max")],
            "exposed_in_one_region" => vec![of("exposed_in_one_region_records_max")],
            "rto_path_never" => vec![of("rto_path_never_count")],
            "backlog" => {
                let all = summary.get("backlog_records_max").expect("it is measured");
                let all = all.as_object().expect("by queue");
                let (most, queue) = one.text.split_once(" records in ").expect("a queue");
                assert_eq!(all[queue].to_string(), most);
                assert!(all.values().all(|other| other.as_u64() <= all[queue].as_u64()));
                continue;
            }
            "redelivered" => {
                let [sum, all, gone, timed_out] = numbers_in(&one.text)[..] else { panic!() };
                let percent = |part: f64| part * 100.0 / all;
                let gone = (percent(gone), of("redelivered_consumer_gone_percent"));
                let timed_out = (percent(timed_out), of("redelivered_timed_out_percent"));
                for (said, expected) in [gone, timed_out, (percent(sum), of("redelivered_percent"))]
                {
                    assert!((said - expected).abs() < 1e-9, "{}: {expected}", one.text);
                }
                assert!(gone.0 > timed_out.0 && timed_out.0 > 0.0, "{}", one.text);
                seen.push(one.name.clone());
                continue;
            }
            "duplicate" => {
                let [source, stage, _] = numbers_in(&one.text)[..] else { panic!() };
                let share = of("duplicate_sends_source_percent") / of("duplicate_sends_percent");
                assert!((source / (source + stage) - share).abs() < 1e-9, "{}", one.text);
                let share = of("duplicate_sends_stage_percent") / of("duplicate_sends_percent");
                assert!((stage / (source + stage) - share).abs() < 1e-9, "{}", one.text);
                continue;
            }
            "amplification" => vec![of("amplification_attempts_per_accepted")],
            "dead_letter" => vec![of("dead_letter_records_max")],
            other => panic!("'{other}' is not compared with the document: {}", one.text),
        };
        let said = numbers_in(&one.text);
        assert_eq!(said.len(), expected.len(), "{}: {expected:?}", one.text);
        let is_near = |(said, expected): (&f64, &f64)| (said - expected).abs() < 0.0501;
        assert!(said.iter().zip(&expected).all(is_near), "{}: {expected:?}", one.text);
        seen.push(one.name.clone());
    }
    for name in ["latency", "lag", "rto_path", "rto_service", "rpo_age", "rpo", "redelivered"] {
        assert!(seen.iter().any(|one| one == name), "no {name} in {seen:?}");
    }
    // What could be mixed up differs, and is not rounded.
    let latency = ["p50", "p99", "max"].map(|suffix| of(&format!("latency_ms_{suffix}")));
    assert!(latency.is_sorted_by(|a, b| a < b), "{latency:?}");
    assert!(latency.iter().any(|ms| ms.fract() > 0.0), "{latency:?}");
    assert!(of("amplification_attempts_per_accepted") > 1.0);
}

/// A replicator belongs to no region: its fault puts at risk what the region has alone that has most.
#[test]
fn a_fault_of_replication_counts_the_region_with_most_at_risk() {
    let text = r#"
        name = "uneven"
        topology.stages = ["only"]
        records.batches = [4, 1]
        timing.spread_percent = 0
        script = ["fail *-replicator", "weights 0 1", "publish 1", "await delivered all",
                  "weights 1 0", "publish 2", "await delivered all", "await quiescent",
                  "recover *-replicator", "fail *-replicator", "await quiescent", "recover *"]
    "#;
    let plan = plans::plan(text, &[]);
    let mut metrics = Metrics::new(&plan);
    Runner::new(Arc::clone(&plan)).run(&mut Timed::new(1), 0, &mut metrics);
    metrics.end_run();
    let faults = metrics.faults(&plan);
    let points: Vec<u32> = faults.iter().map(|fault| fault.rpo_records).collect();
    assert_eq!(points, [0, 4], "one record is in region 1 alone, and four in region 2");
}

//! A writer that acknowledges what another region has.

use active_active::explore::{Reached, Runner, Verdict};
use active_active::scenario::Scenario;
use active_active::scheduler::Timed;
use active_active::spec::PropertyName;

use super::support::*;
use crate::common::plans;

const CONFIRMED: &str = "aurora.acknowledge=by-another-region";
const WITHIN_RPO: Option<PropertyName> = Some(PropertyName::WithinRpo);

#[test]
fn what_another_region_has_survives_the_restart_of_its_primary() {
    assert_mended("rolled-back-writes", &[CONFIRMED]);
    assert_eq!(found("github-failover", &[CONFIRMED]), None);
}

/// A failover takes nothing away that was acknowledged, and a fence that comes late leaves nothing to take away.
#[test]
fn no_failover_loses_what_was_acknowledged() {
    for changes in [
        &["rpo.records=0"][..],
        &["rpo.records=0", "aurora.fencing=best-effort"],
        &["rpo.records=0", "topology.regions=3"],
    ] {
        let changes = [&[CONFIRMED], changes].concat();
        for name in ["aurora-failover", "aurora-anywhere"] {
            let coverage = holds_with(name, &changes, |run| {
                all_is_everywhere(run);
                assert_eq!(run.outcome.lost.records(), 0);
            });
            assert!(coverage.runs(Reached::WriterMoved) > RANDOM_RUNS / 2, "{name}");
        }
    }
    let late = ["aurora.fencing=best-effort", "rpo.records=0"];
    assert_eq!(found("aurora-failover", &late), WITHIN_RPO);
}

/// "Another region" is not "each": one that is behind must not take over.
#[test]
fn a_region_that_lacks_what_another_one_has_must_not_take_over() {
    assert_eq!(found("stale-node-promoted", &[CONFIRMED]), WITHIN_RPO);
}

/// One record, one stage: every order of a crash, a failover, a switchover and a partition.
const SMALL: &str = r#"
    name = "small"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    records.batches = [1]
    dns.weights = [1, 0]
    store.default = "aurora"
"#;

#[test]
fn every_order_of_a_small_system_holds() {
    for budget in [
        &["budget.failover=1", "budget.crash=1"][..],
        &["budget.failover=1", "budget.switchover=1"],
        &["budget.failover=1", "budget.partition=1"],
        &["budget.failover=1", "budget.fail=1"],
    ] {
        let of = |changes: &[&str]| {
            let plan = plans::plan(SMALL, &[budget, changes].concat());
            found_in_every_order(&plan, true)
        };
        assert_eq!(of(&[CONFIRMED]), None, "{budget:?}");
        assert_eq!(of(&[]), WITHIN_RPO, "{budget:?}");
    }
}

/// Who is left alone acknowledges alone; also when what it waited for was cut off before it was lost.
#[test]
fn what_is_left_after_a_loss_goes_on() {
    let lost: &[&[&str]] = &[
        &["lose @2"],
        &["fail only-replicator@2", "await sometime", "lose @2"],
        &["fail only-replicator@1", "await sometime", "lose @2"],
        &["lose @1"],
        // An old writer that has not heard of the next one is left, cut off from one that is lost.
        &["failover only-table to @2", "fail only-replicator@2", "await sometime", "lose @2"],
        // The table alone: what is on its way to the other region comes back.
        &["lose only-table@1"],
    ];
    for lines in lost {
        let script =
            [&["publish 1", "await sometime"][..], lines, &["recover *", "await delivered all"]];
        let script = format!("script={}", script.concat().join(","));
        let mut changes = vec![
            CONFIRMED,
            &script,
            "records.batches=4",
            "dns.weights=1,1",
            "rpo.records=unlimited",
        ];
        if script.contains("failover") {
            changes.push("aurora.fencing=best-effort");
        }
        let coverage = holds_with(SMALL, &changes, |_| ());
        assert!(coverage.runs(Reached::Destroyed) > 0, "{script}");
    }
    // It cannot know by itself that the other one does not come back.
    let lost = "script=lose @2,publish 1,await quiescent,expect delivered 1";
    let alone = [CONFIRMED, "rpo.records=unlimited", lost];
    assert_eq!(found(SMALL, &alone), Some(PropertyName::Expectation));
}

/// A write goes to another region and back before it is stored: it takes that long.
#[test]
fn a_write_that_waits_for_another_region_takes_the_way_there_and_back() {
    let slowest = |changes: &[&str]| {
        let script = "script=publish 1,await delivered all,expect latency max <= 190ms";
        let far = ["timing.between_regions_ms=100", script];
        let plan = plans::plan(SMALL, &[&far, changes].concat());
        match Runner::new(plan).run(&mut Timed::new(SEED), 0, &mut ()).verdict {
            Verdict::Violated(violation) => Some(violation.property()),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        }
    };
    let strong = [
        "store.default=dynamodb",
        "topology.regions=3",
        "dns.weights=1,0,0",
        "replication.mode=strong",
    ];
    assert_eq!(slowest(&[CONFIRMED]), Some(PropertyName::Latency));
    assert_eq!(slowest(&strong), Some(PropertyName::Latency));
    assert_eq!(slowest(&[]), None);
}

#[test]
fn what_makes_no_sense_with_it_is_refused() {
    let refused = |changes: &str| {
        let toml = format!("{SMALL}aurora.acknowledge = \"by-another-region\"\n{changes}");
        Scenario::parse(&toml).expect_err("it makes no sense").to_string()
    };
    assert_eq!(
        refused("aurora.rpo_records_max = 1"),
        "scenario:9: aurora.rpo_records_max: the writer acknowledges nothing that another region lacks; leave out one of \
         aurora.acknowledge and aurora.rpo_records_max"
    );
    assert_eq!(
        refused("container.steps = [\"store\", \"remove\"]"),
        "scenario:9: container.steps: an outbox in a global database is not modelled where another region has to have a write \
         first; let containers publish, or use aurora.acknowledge = \"by-writer\""
    );
}

/// What the log brings back to the writer is on its way there, when the region that has it is lost.
#[test]
fn what_is_on_its_way_back_is_not_lost() {
    for budget in [
        &["budget.lose_table=1"][..],
        &["budget.lose_region=1", "budget.failover=1", "rpo.records=unlimited"],
    ] {
        let plan = plans::plan(SMALL, &[&[CONFIRMED, "dns.weights=0,1"], budget].concat());
        assert_eq!(found_in_every_order(&plan, true), None, "{budget:?}");
    }
}

/// A healing takes those out of the database that are gone, and no region that was only cut off: behind it a writer waits as before.
#[test]
fn a_healing_leaves_no_region_out_that_comes_back() {
    let cut = ["fail only-replicator@2", "publish 1", "await delivered batch 1"];
    let again = ["fail only-replicator@2", "publish 2", "await quiescent"];
    let ends = ["failover only-table to @2", "recover *", "await delivered all"];
    let script = format!("script={}", [cut, again, ends].concat().join(","));
    let changes = [CONFIRMED, &script, "records.batches=1,1"];
    let coverage = holds_with(SMALL, &changes, |run| {
        all_is_everywhere(run);
        assert_eq!(run.outcome.lost.records(), 0);
    });
    assert!(coverage.runs(Reached::WriterMoved) > RANDOM_RUNS / 2);
}

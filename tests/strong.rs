//! Strong replication: conditions are judged where the log is, against the latest version.

use std::sync::Arc;

use active_active::explore::{Runner, SearchProgress, Verdict, Verified, Verify};
use active_active::model::{RecordId, TableId};
use active_active::scheduler::Random;
use active_active::spec::PropertyName;

use crate::common::plans;

/// A reply is lost, and the source sends the record again: to another region, which has not heard of it.
const LOST_REPLY: &str = r#"
    name = "lost-reply"
    script = ["publish 1", "await delivered all"]
    topology = { regions = 3, stages = ["core"] }
    records.batches = [4]
    table.insert = "conditional"
    budget.lost_reply = 1
"#;

/// Each region asked its own copy, with strong replication too, and `EffectOnce` was violated where DynamoDB
/// promises that conditions hold everywhere.
#[test]
fn with_strong_replication_a_condition_holds_everywhere() {
    let strong = plans::plan(LOST_REPLY, &["replication.mode=strong"]);
    let mut runner = Runner::new(strong);
    for run in 0..2_000 {
        let verdict = runner.run(&mut Random::new(1), run, &mut ()).verdict;
        assert_eq!(verdict, Verdict::Holds, "run {run}");
    }
    let mut runner = Runner::new(plans::plan(LOST_REPLY, &[]));
    let found =
        (0..2_000).find_map(|run| match runner.run(&mut Random::new(1), run, &mut ()).verdict {
            Verdict::Violated(violation) => Some(violation.property()),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        });
    assert_eq!(found, Some(PropertyName::EffectOnce), "with eventual replication it does not");
}

/// In every order there is, of one record and one reply that is lost.
#[test]
fn with_strong_replication_a_condition_holds_in_every_schedule() {
    let changes = ["topology.regions=2", "replication.mode=strong", "replication.witness=true"];
    let plan = plans::plan(LOST_REPLY, &[&changes[..], &["records.batches=1"]].concat());
    let verify = Verify { threads: 2, ..Verify::new(Arc::clone(&plan)) };
    let report = verify.run(&SearchProgress::default());
    assert_eq!(report.verdict, Verified::Holds);
}

/// The row is lost in every region after it was stored, so the latest version is none, and the record, which its
/// queue delivers again, is stored again.
#[test]
fn a_row_that_no_region_has_any_more_can_be_written_again() {
    let script = r#"
        name = "written-again"
        script = [
            "fail outbound-queue@1",
            "publish 1",
            "await quiescent",
            "lose core-table@1",
            "lose core-table@2",
            "lose core-table@3",
            "recover outbound-queue@1",
            "recover core-container@1",
            "await delivered all",
        ]
        topology = { regions = 3, stages = ["core"] }
        records.batches = [1]
        replication.mode = "strong"
        table.insert = "conditional"
        rpo.records = 1
    "#;
    let mut runner = Runner::new(plans::plan(script, &[]));
    for run in 0..100 {
        let outcome = runner.run(&mut Random::new(1), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
        for table in (0..3).map(TableId) {
            assert_eq!(runner.simulation().rows(table).get(RecordId(1)).rows, 1, "{table:?}");
        }
    }
}

//! What becomes of a backlog of replication.

use active_active::spec::PropertyName;

use super::support::*;

/// What cannot be replicated is lost, whether the replicator has failed or a region cannot be reached (hints that are dropped when a data centre was away
/// for too long). It was lost in the first case only.
#[test]
fn a_backlog_for_a_region_that_cannot_be_reached_is_dropped() {
    let text = r#"
        name = "dropped-hints"
        script = ["publish 1", "await sometime", "fail core-replicator@2", "publish 2", "await sometime", "recover *", "await delivered all"]
        topology.stages = ["core"]
        records.batches = [2, 2]
        replication.on_failure = "drop"
    "#;
    let lacking = Some(PropertyName::StoredEverywhere);
    assert_eq!(found(text, &[]), lacking);
    // Of three regions one can be reached, and has what the other one misses.
    assert_eq!(found(text, &["topology.regions=3", "dns.weights=1,0,0"]), lacking);
    let outage = "script=publish 1,await sometime,outage @2,publish 2,await sometime,recover *";
    assert_eq!(found(text, &[outage]), lacking);
    let budget = |key| [key, "script=publish 1,publish 2,await delivered all"];
    for key in ["budget.partition=1", "budget.outage=1"] {
        assert_eq!(found(text, &budget(key)), lacking, "{key}");
    }
    let kept = "replication.on_failure=keep-backlog";
    for changes in [&[kept][..], &[kept, outage], &[kept, "topology.regions=3"]] {
        assert_eq!(found(text, changes), None, "{changes:?}");
    }
    // A log that is strong has no backlog.
    let strong = ["replication.mode=strong", "topology.regions=3", "script=publish 1,publish 2"];
    assert_eq!(found(text, &[&strong[..], &["budget.partition=1"]].concat()), None);
}

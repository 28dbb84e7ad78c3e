//! What waits in a queue until its retention period is over.

use active_active::spec::PropertyName;

use super::support::*;

/// A container crashes, and the script has an operator for it.
const OPERATOR: &str = r#"
    name = "waits-for-an-operator"
    script = [
        "publish 1",
        "await delivered batch 1",
        "crash core-container@1",
        "publish 2",
        "await quiescent",
        "recover *",
        "await delivered all",
    ]
    topology.stages = ["core", "out"]
    records.batches = [2, 5]
    budget.expire = 1
"#;

/// The next line of the script comes when it comes: days later, too. It came before any retention period was over, so a design that
/// loses records while it waits held as soon as a repair was in its script.
#[test]
fn a_repair_may_come_when_it_is_too_late() {
    assert_eq!(found(OPERATOR, &[]), Some(PropertyName::NeverLost));
    let sometime = "script=publish 1,await delivered batch 1,crash core-container@1,publish 2,await sometime,recover *";
    assert_eq!(found(OPERATOR, &[sometime]), Some(PropertyName::NeverLost));
    assert_eq!(found(OPERATOR, &["queue.delivery=log"]), Some(PropertyName::NeverLost));
    // What starts containers again does not wait for days.
    assert_eq!(found(OPERATOR, &["container.restart=always"]), None);
    assert_eq!(found(OPERATOR, &["budget.expire=0"]), None);
}

/// The same of a dead letter that somebody redrives.
#[test]
fn a_dead_letter_may_be_redriven_too_late() {
    let changes = [
        "topology.stages=core",
        "records.batches=4",
        "queue.max_receives=2",
        "container.on_dependency_failure=give-back",
        "script=publish 1,fail core-table@1,await quiescent,recover core-table@1,redrive inbound-queue@1",
    ];
    assert_eq!(found(OPERATOR, &changes), Some(PropertyName::NeverLost));
    let kept = [&changes[..], &["budget.expire=0"]].concat();
    assert_eq!(found(OPERATOR, &kept), None);
}

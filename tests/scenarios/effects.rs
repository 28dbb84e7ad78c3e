//! What the external service never heard of, and who answers for that.

use active_active::explore::{Runner, SearchProgress, Verdict, Verified, Verify};
use active_active::scheduler::RoundRobin;
use active_active::spec::{Ending, PropertyName};

use super::support::*;

/// The card is charged behind the answer, and the card network is out.
const BEHIND: &str = r#"
    name = "charged-behind"
    script = ["fail external-service", "weights 1 0", "publish 1", "await quiescent", "recover *"]
    records.batches = [1]
    container.on_dependency_failure = "give-back"
    queue.max_receives = 2
    queue.dead_letters = "parked"

    [topology]
    stages = ["a", "charge"]

    [stage.a]
    to = ["charge", "destination"]

    [stage.charge]
    to = []
    container.steps = ["store", "call", "publish", "remove"]
"#;

/// The same in one stage, which publishes first.
const ON_A_LINE: &str = r#"
    name = "charged-last"
    script = ["fail external-service", "weights 1 0", "publish 1", "await quiescent", "recover *"]
    topology.stages = ["a"]
    records.batches = [1]
    container.steps = ["store", "publish", "call", "remove"]
    container.on_dependency_failure = "give-back"
    queue.max_receives = 2
    queue.dead_letters = "parked"
"#;

/// Records go on to a stage where they end, which is out, and to the destination.
const TWO_WAYS: &str = r#"
    name = "two-ways"
    script = ["fail b-table", "publish 1", "await quiescent", "recover *", "await quiescent"]
    records.batches = [2]
    container.on_dependency_failure = "give-back"
    queue.max_receives = 2
    queue.dead_letters = "parked"
    queue.parked_max = "unlimited"

    [topology]
    stages = ["a", "b", "c"]

    [stage.a]
    to = ["b", "c"]

    [stage.b]
    to = []

    [stage.c]
    to = ["destination"]
"#;

fn in_every_order(scenario: &str, changes: &[&str]) -> Option<PropertyName> {
    let plan = plans::plan(scenario, changes);
    match Verify::new(plan).run(&SearchProgress::default()).verdict {
        Verified::Holds => None,
        Verified::Violated(found) => Some(found.violation.property()),
        Verified::Incomplete(why) => panic!("{changes:?}: {why:?}"),
    }
}

fn ending(scenario: &str, changes: &[&str]) -> Ending {
    let outcome =
        Runner::new(plans::plan(scenario, changes)).run(&mut RoundRobin::default(), 0, &mut ());
    assert_eq!(outcome.verdict, Verdict::Holds, "{changes:?}");
    outcome.ending.expect("it was judged")
}

/// A record that is delivered and was not charged is as little done with as one that is not delivered: among the dead letters it
/// counts, and one that may not be there is a violation. It was excused, and counted nowhere, where stages send to several.
#[test]
fn a_charge_that_is_parked_is_parked_as_declared() {
    for shape in [BEHIND, ON_A_LINE] {
        let none = &["queue.parked_max=0"];
        assert_eq!(in_every_order(shape, none), Some(PropertyName::EffectOnce));
        assert_eq!(found(shape, none), Some(PropertyName::EffectOnce));
        assert_eq!(in_every_order(shape, &["queue.parked_max=1"]), None);
        let Ending { facts, excused, .. } = ending(shape, &["queue.parked_max=1"]);
        assert_eq!((facts.delivered, facts.excused, excused.parked), (1, 1, 1));
        let said = |property| excused.of(property, "");
        let parked = "for 1 record parked in dead-letter queues";
        assert_eq!(said(PropertyName::EffectOnce).as_deref(), Some(parked));
        assert_eq!(said(PropertyName::DeliveredAll), None);
    }
}

/// The region is lost with the message from which the card was yet to be charged. That is a loss as any other: one that is not declared is a
/// violation, and one that is declared is counted. It was neither where stages send to several, and accused the container on a line.
#[test]
fn a_charge_that_a_loss_prevents_is_lost() {
    let script = "script=fail external-service,weights 1 0,publish 1,await delivered all,await quiescent,lose @1";
    let halts = ["container.on_dependency_failure=halt", "queue.max_receives=0"];
    let halts = [&halts[..], &["queue.dead_letters=owed", script]].concat();
    for shape in [BEHIND, ON_A_LINE] {
        let of = |limit| in_every_order(shape, &[&halts[..], &[limit]].concat());
        assert_eq!(of("rpo.records=0"), Some(PropertyName::WithinRpo));
        assert_eq!(of("rpo.records=1"), None);
        let Ending { facts, excused, .. } =
            ending(shape, &[&halts[..], &["rpo.records=1"]].concat());
        assert_eq!((facts.delivered, facts.lost, facts.excused, excused.uncalled), (1, 1, 1, 1));
        let said = excused.of(PropertyName::EffectOnce, "");
        assert_eq!(said.as_deref(), Some("for 1 record that losses took before the call"));
    }
}

/// What is parked on the way to one stage says nothing of another: a row that is lacking there is lacking. And each property says for itself what
/// it excused.
#[test]
fn what_is_parked_on_one_way_excuses_nothing_on_another() {
    let Ending { facts, excused, .. } = ending(TWO_WAYS, &[]);
    assert_eq!((facts.delivered, facts.excused), (2, 2));
    let said = |property| excused.of(property, "");
    let parked = "for 2 records parked in dead-letter queues";
    assert_eq!(said(PropertyName::StoredEverywhere).as_deref(), Some(parked));
    assert_eq!(said(PropertyName::DeliveredAll), None);
    let drops = ["replication.on_failure=drop", "spec.leave_out=Converged"];
    let script =
        "script=fail b-table,fail c-replicator,publish 1,await quiescent,recover *,await quiescent";
    let changes = [&drops[..], &[script]].concat();
    assert_eq!(found(TWO_WAYS, &changes), Some(PropertyName::StoredEverywhere));
}

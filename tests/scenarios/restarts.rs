//! Containers that an orchestrator starts again.

use active_active::explore::{Runner, Verdict};
use active_active::scheduler::Random;
use active_active::spec::PropertyName;

use super::support::*;

/// A table fails and works again; the containers that it refused are started again by their orchestrator.
const TABLE_COMES_BACK: &str = r#"
    name = "table-comes-back"
    script = [
        "publish 1",
        "fail core-table@1",
        "await quiescent",
        "recover core-table@1",
        "await quiescent",
        "expect delivered 4",
        "await delivered all",
    ]
    topology.stages = ["core"]
    records.batches = [4]
    container.restart = "always"
"#;

/// To wait until a system is at rest is to wait for what goes on by itself, too; but not for a container that would stop
/// again at once, because what it depends on has failed.
#[test]
fn a_system_is_not_at_rest_while_a_container_is_to_be_started_again() {
    for run in 0..RANDOM_RUNS {
        let mut runner = Runner::new(plans::plan(TABLE_COMES_BACK, &[]));
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
    let stopped = ["container.restart=never"];
    assert_eq!(found(TABLE_COMES_BACK, &stopped), Some(PropertyName::Expectation));
    let crash = "script=publish 1,crash core-container@1,await quiescent,expect delivered 4";
    assert_eq!(found(TABLE_COMES_BACK, &[crash]), None);
    assert_eq!(found(TABLE_COMES_BACK, &[crash, stopped[0]]), Some(PropertyName::Expectation));
}

/// A container whose table has failed is started again and again, and stops each time: that is as far as the system comes by itself, and
/// what the script waits for is true.
#[test]
fn what_stops_again_at_once_is_not_waited_for() {
    let early = "script=weights 1 0,fail core-table@1,publish 1,await quiescent,expect delivered 0,\
                 recover core-table@1,await delivered all";
    let mut runner = Runner::new(plans::plan(TABLE_COMES_BACK, &[early]));
    for run in 0..RANDOM_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
        assert_ne!(outcome.awaited_until_heal, Some(3), "run {run}");
    }
}

/// What a container depends on is what its steps need: one that leaves it to a relay to publish does not stop because the next queue has
/// failed; one whose writes go to another region, or through a log, stops while that has.
#[test]
fn what_a_container_depends_on_is_what_its_steps_need() {
    let verdicts = |changes: &[&str]| {
        let mut runner = Runner::new(plans::plan(TABLE_COMES_BACK, changes));
        let outcomes = (0..RANDOM_RUNS).map(|run| runner.run(&mut Random::new(SEED), run, &mut ()));
        let outcomes: Vec<_> = outcomes.collect();
        let waits = outcomes.iter().filter(|outcome| outcome.awaited_until_heal == Some(3)).count();
        (outcomes.iter().all(|outcome| outcome.verdict == Verdict::Holds), waits)
    };
    let outbox = [
        "container.steps=store,remove",
        "script=fail outbound-queue@1,publish 1,crash core-container@1,await quiescent,\
         expect state core-container@1 Processing,recover *@1,await delivered all",
    ];
    assert!(verdicts(&outbox).0);
    let writer = [
        "store.default=aurora",
        "aurora.writer=2",
        "script=weights 1 0,fail core-table@2,publish 1,await quiescent,expect delivered 0,recover *,\
         await delivered all",
    ];
    assert_eq!(verdicts(&writer), (true, 0));
    let log = [
        "topology.regions=3",
        "replication.mode=strong",
        "script=weights 1 0 0,fail core-replicator,publish 1,await quiescent,expect delivered 0,recover *,\
         await delivered all",
    ];
    assert_eq!(verdicts(&log), (true, 0));
}

//! A destination that forgets which records it has counted.

use active_active::explore::{Runner, Verdict};
use active_active::scheduler::Random;
use active_active::spec::PropertyName;

use super::support::*;

/// Three records, of which one comes again when its container starts anew.
const THREE: &str = r#"
    name = "three"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    records.batches = [3]
    budget.crash = 1
"#;

/// Between a record and its copy each of the other two can come once, from the other region.
#[test]
fn an_id_must_be_kept_for_as_long_as_a_copy_of_its_record_can_come() {
    assert_eq!(found(THREE, &["destination.window=1"]), Some(PropertyName::EffectOnce));
    assert_eq!(found(THREE, &["destination.window=3"]), None);
    assert_eq!(found("crash-anywhere", &["destination.window=1"]), Some(PropertyName::EffectOnce));
    assert_eq!(found("crash-anywhere", &["destination.window=30"]), None);
}

#[test]
fn the_story_says_that_the_id_was_forgotten() {
    let mut runner = Runner::new(plans::plan(THREE, &["destination.window=1"]));
    let violation = (0..2_000)
        .find_map(|run| match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
            Verdict::Violated(violation) => Some(violation),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        })
        .expect("a record comes again");
    let why =
        "record-destination had forgotten that it had come: it keeps an id for 1 further arrival";
    assert_eq!(violation.because, [why]);
}

//! A property that a scenario leaves out is not judged, and no verdict is silent about it.

use active_active::explore::{Progress, Sweep};
use active_active::model::options::Conflict;
use active_active::scenario::Scenario;
use active_active::scheduler::Random;
use active_active::spec::PropertyName;

use crate::common::plans;

const LEFT_OUT: &str = "spec.leave_out=MonotoneVersion";

/// With business keys and the default store, an older version that is shown ended every run: a team that accepts
/// that could test nothing else.
#[test]
fn what_is_left_out_is_not_judged_and_the_rest_is() {
    let sweep = |changes: &[&str]| {
        let plan = plans::plan("stranded-overwrite", changes);
        assert_eq!(plan.scenario().table.conflict, Conflict::LastWriterWins);
        let sweep = Sweep { plan, runs: 200, threads: 1, steps_max: u64::MAX };
        let report = sweep.run(|| Random::new(1), &Progress::default());
        report.violation.map(|(_, violation)| violation.property())
    };
    assert_eq!(sweep(&[]), Some(PropertyName::MonotoneVersion));
    assert_ne!(sweep(&[LEFT_OUT]), Some(PropertyName::MonotoneVersion));
    let forwards_first = "container.steps=publish,store,remove";
    assert_eq!(sweep(&[LEFT_OUT, forwards_first]), Some(PropertyName::StoreBeforeForward));
    let both = "spec.leave_out=MonotoneVersion,StoreBeforeForward";
    assert_ne!(sweep(&[both, forwards_first]), Some(PropertyName::StoreBeforeForward));
}

/// A run without an end cannot be judged, and losses and expectations are declared elsewhere.
#[test]
fn what_cannot_be_left_out_is_refused_with_the_remedy() {
    let error = |name: &str| {
        let text = format!("script = [\"publish 1\"]\nspec.leave_out = [\"{name}\"]");
        Scenario::parse(&text).expect_err("it is refused").to_string()
    };
    assert!(error("Settles").contains("is always judged"), "{}", error("Settles"));
    assert!(error("WithinRpo").contains("rpo.records"), "{}", error("WithinRpo"));
    assert!(error("Expectation").contains("the script"), "{}", error("Expectation"));
    let mistyped = error("MonotonVersion");
    assert!(mistyped.ends_with("did you mean \"MonotoneVersion\"?"), "{mistyped}");
}

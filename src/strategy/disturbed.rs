//! A scenario of one's own, with more going wrong.

use proptest::prelude::*;

use crate::model::options::{Heal, OnRefusal};
use crate::plan::Plan;
use crate::scenario::{Budget, Condition, Scenario, ScriptStep};
use crate::sketch::{self, Disturbance, Numbers, Spot};
use crate::strategy::drawn;

/// Your scenario as it is, with more going wrong around it: the sizes of its batches, the speeds of its machines,
/// a few more faults in its budget, something that fails before its script begins, and something that fails and
/// recovers after it has ended. Its topology, its design, and the lines of its script stay.
///
/// What is drawn fits the scenario: if yours is valid, so is each that is drawn, and no drawn fault contradicts what
/// your script says. A script that counts (`await delivered 3`, any `expect`) keeps its numbers of records, its budget, and its
/// beginning; a source that gives up (`on_refusal = "abort"`) is not refused by drawn faults; and the same holds for
/// queues with dead letters, and for systems that nothing heals.
///
/// ```
/// use active_active::scenario::builtin;
/// use active_active::strategy;
/// use proptest::prelude::*;
///
/// let scenario = builtin::scenario("region-outage")?;
/// let cases = strategy::case_on(strategy::disturbed(&scenario));
/// let config = ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() };
/// strategy::assert_holds(config, &cases);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn disturbed(scenario: &Scenario) -> impl Strategy<Value = Scenario> + use<> {
    let theirs = scenario.clone();
    let counts = counts(scenario);
    let is_calm = counts
        || scenario.source.on_refusal == OnRefusal::Abort
        || scenario.queue.max_receives > 0
        || scenario.of_stages().any(|stage| stage.queue.max_receives > 0)
        || scenario.heal != Heal::Everything;
    let sizes = scenario.records.batches.iter().map(|&size| match counts {
        true => Just(size).boxed(),
        false => (1..=size.saturating_mul(2)).boxed(),
    });
    let sizes: Vec<BoxedStrategy<u32>> = sizes.collect();
    let budget = match is_calm {
        true => Just(scenario.budget).boxed(),
        false => more(scenario).boxed(),
    };
    let before = sometimes(!is_calm, fault());
    let after = sometimes(scenario.heal == Heal::Everything, fault());
    (sizes, drawn(sketch::speeds), budget, before, after).prop_map(
        move |(sizes, speeds, budget, before, after)| {
            let mut plain = theirs.clone();
            plain.budget = budget;
            for speed in speeds {
                let pattern = speed.pattern(&plain);
                plain.speed.entry(pattern).or_insert(speed.speed);
            }
            let mut sized = plain.clone();
            sized.records.batches = sizes;
            let mut whole = sized.clone();
            surround(&mut whole, before, after);
            // A script may need a certain record, or a system too small for what is drawn.
            let fits = |scenario: &Scenario| Plan::new(scenario).is_ok();
            [whole, sized, plain].into_iter().find(fits).unwrap_or_else(|| theirs.clone())
        },
    )
}

/// Whether the script says how many there are of something, or what is true at a moment.
fn counts(scenario: &Scenario) -> bool {
    scenario.script.iter().any(|step| match step {
        ScriptStep::Expect(_) | ScriptStep::Await(Condition::Delivered(_)) => true,
        ScriptStep::Await(_)
        | ScriptStep::Publish(_)
        | ScriptStep::Fault(..)
        | ScriptStep::FailSome(_)
        | ScriptStep::MoveWriter(..)
        | ScriptStep::Outage(_)
        | ScriptStep::Recover(_)
        | ScriptStep::Redrive(_)
        | ScriptStep::Weights(_) => false,
    })
}

/// The budget with a few more faults that destroy nothing and that the system can have, and now and then an outage.
fn more(scenario: &Scenario) -> impl Strategy<Value = Budget> + use<> {
    let theirs = scenario.budget;
    let can_have = |key: usize| {
        let mut more = scenario.clone();
        let mut counts = theirs.counts();
        counts[key] = counts[key].saturating_add(1);
        more.budget = Budget::of_counts(counts);
        Plan::new(&more).is_ok()
    };
    let few = |(key, is_small)| match (can_have(key), is_small, Budget::KEYS[key]) {
        (true, true, _) => prop_oneof![2 => Just(0u16), 1 => 1u16..=3].boxed(),
        (true, false, "outage") => prop_oneof![4 => Just(0u16), 1 => Just(1)].boxed(),
        (..) => Just(0).boxed(),
    };
    let few: Vec<BoxedStrategy<u16>> = Budget::small().enumerate().map(few).collect();
    few.prop_map(move |more| {
        let sum = theirs.counts().into_iter().zip(more);
        Budget::of_counts(sum.map(|(theirs, more)| theirs.saturating_add(more)))
    })
}

/// A fault in three cases of ten, or never.
fn sometimes(
    is_possible: bool,
    fault: impl Strategy<Value = (Disturbance, Spot)> + 'static,
) -> BoxedStrategy<Option<(Disturbance, Spot)>> {
    match is_possible {
        true => proptest::option::weighted(0.3, fault).boxed(),
        false => Just(None).boxed(),
    }
}

fn fault() -> impl Strategy<Value = (Disturbance, Spot)> {
    drawn(|numbers| (numbers.pick(&Disturbance::ALL), Spot::draw(numbers)))
}

/// One fault before the script, and one after it with its end.
fn surround(
    scenario: &mut Scenario,
    before: Option<(Disturbance, Spot)>,
    after: Option<(Disturbance, Spot)>,
) {
    let shape = scenario.clone();
    let begin = |(fault, spot): (Disturbance, Spot)| fault.resolve(spot, &shape).0;
    let (before, after) = (before.map(begin), after.map(begin));
    let everything = || ScriptStep::Recover("*".to_owned());
    let quiescent = || ScriptStep::Await(Condition::Quiescent);
    let is_disturbed = before.is_some() || after.is_some();
    scenario.script.splice(0..0, before);
    scenario.script.extend(after);
    if is_disturbed {
        scenario.script.extend([everything(), quiescent()]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;
    use crate::explore::check;
    use crate::scenario::builtin;

    /// "Change the scenario before it runs" misfired: one's own design under a drawn script was invalid, or was
    /// accused, in a quarter of the cases.
    #[test]
    fn what_is_drawn_around_a_sound_scenario_is_valid_and_holds() {
        let mut runner = TestRunner::deterministic();
        let sound = [
            "baseline",
            "crash-anywhere",
            "f1-fail-container",
            "f4-fail-replication",
            "lost-replies",
            "region-outage",
            "failover",
            "standard-queues",
        ];
        for name in sound {
            let scenario = builtin::scenario(name).expect("it is built in");
            let cases = crate::strategy::case_on(disturbed(&scenario));
            let mut others = 0;
            for _ in 0..40 {
                let tree = cases.new_tree(&mut runner).expect("nothing is filtered");
                let (drawn, choices) = tree.current();
                others += u32::from(drawn != scenario);
                assert_eq!(drawn.topology, scenario.topology);
                assert_eq!(check(&drawn, &choices).map_err(|e| e.to_string()), Ok(()), "{name}");
            }
            assert!(others > 5, "{name}: {others} of 40 are disturbed");
        }
    }
}

//! Changes of a scenario that a violation has to survive, and, as canaries, changes that it need not.

use std::collections::BTreeMap;

use active_active::model::options::{Answer, Heal, OnRefusal, Policy};
use active_active::plan::Plan;
use active_active::scenario::{Budget, Condition, Scenario, ScriptStep, StageOptions};

/// The scenario changed, as a number says how; nothing if it is not one that can be changed so.
pub(crate) type Change = fn(&Scenario, u16) -> Option<Scenario>;

/// The changed scenario, if it is valid.
fn valid(scenario: Scenario) -> Option<Scenario> {
    Plan::new(&scenario).is_ok().then_some(scenario)
}

fn line(text: &str) -> ScriptStep {
    text.parse().expect("it is a line of a script")
}

/// One more fault that the scheduler may choose, or not.
pub(crate) fn one_more_in_the_budget(scenario: &Scenario, kind: u16) -> Option<Scenario> {
    let key = Budget::KEYS[usize::from(kind) % Budget::KEYS.len()];
    let budget = scenario.budget.to_string();
    let mut counts: BTreeMap<&str, u16> = BTreeMap::from([(key, 0)]);
    let parts = budget.split(',').filter_map(|part| part.split_once('='));
    counts.extend(parts.map(|(key, count)| (key, count.parse().expect("it is a number"))));
    *counts.get_mut(key).expect("it is there: as above") += 1;
    let parts: Vec<String> = counts.iter().map(|(key, count)| format!("{key}={count}")).collect();
    let budget = parts.join(",").parse().expect("it is a budget");
    valid(Scenario { budget, ..scenario.clone() })
}

/// A fault that strikes when the script is done.
pub(crate) fn fault_at_the_end(scenario: &Scenario, which: u16) -> Option<Scenario> {
    const FAULTS: [&str; 8] = [
        "pause first-container*@1",
        "crash first-container*@2",
        "fail first-table@1",
        "fail inbound-queue@2",
        "offline in-dns@1",
        "outage @1",
        "fail first-replicator",
        "fail some *@2",
    ];
    let mut changed = scenario.clone();
    changed.script.push(line(FAULTS[usize::from(which) % FAULTS.len()]));
    valid(changed)
}

/// The script waits at its end until no machine can step: so it did before.
pub(crate) fn quiescent_at_the_end(scenario: &Scenario, _: u16) -> Option<Scenario> {
    let mut changed = scenario.clone();
    changed.script.push(line("await quiescent"));
    valid(changed)
}

/// The script ends with what the healing after it does anyway.
pub(crate) fn recovery_at_the_end(scenario: &Scenario, _: u16) -> Option<Scenario> {
    let mut changed = scenario.clone();
    changed.script.push(line("recover *"));
    valid(changed).filter(|scenario| scenario.heal == Heal::Everything)
}

/// What works again is recovered once more.
pub(crate) fn second_recovery(scenario: &Scenario, which: u16) -> Option<Scenario> {
    let is_recovery = |step: &ScriptStep| matches!(step, ScriptStep::Recover(_));
    let at = nth(scenario, which, is_recovery)?;
    let mut changed = scenario.clone();
    changed.script.insert(at, changed.script[at].clone());
    valid(changed)
}

/// The index of a line of this kind.
fn nth(scenario: &Scenario, which: u16, such: impl Fn(&ScriptStep) -> bool) -> Option<usize> {
    let lines = scenario.script.iter().enumerate().filter(|(_, step)| such(step));
    let lines: Vec<usize> = lines.map(|(index, _)| index).collect();
    lines.get(usize::from(which) % lines.len().max(1)).copied()
}

/// What is expected, or waited for, is so twice.
pub(crate) fn asked_twice(scenario: &Scenario, which: u16) -> Option<Scenario> {
    let mut changed = scenario.clone();
    let asks = |step: &ScriptStep| matches!(step, ScriptStep::Expect(_) | ScriptStep::Await(_));
    match nth(scenario, which, asks) {
        Some(at) => changed.script.insert(at, changed.script[at].clone()),
        None => {
            let left_out = changed.spec.leave_out.first().copied()?;
            changed.spec.leave_out.push(left_out);
        }
    }
    valid(changed)
}

/// The first batch becomes two: a batch of its first record, and one of the others.
pub(crate) fn split_batch(scenario: &Scenario, _: u16) -> Option<Scenario> {
    let mut changed = scenario.clone();
    let size = changed.records.batches[0];
    if size < 2 || scenario.source.on_refusal == OnRefusal::Abort {
        return None;
    }
    changed.records.batches.splice(..1, [1, size - 1]);
    changed.script.clear();
    for step in &scenario.script {
        changed.script.extend(of_both_halves(step)?);
    }
    valid(changed)
}

/// The line for the batches that were one; nothing if it speaks of it as one.
fn of_both_halves(step: &ScriptStep) -> Option<Vec<ScriptStep>> {
    let mut of_first = step.clone();
    let Some(batch) = of_first.batch_mut() else { return Some(vec![of_first]) };
    let is_first = *batch == 1;
    if !is_first {
        *batch += 1;
    }
    if matches!(step, ScriptStep::Await(Condition::PublishedOrRefused(_)) | ScriptStep::Expect(_)) {
        return None;
    }
    let of_second = is_first.then(|| {
        let mut step = step.clone();
        step.batch_mut().into_iter().for_each(|batch| *batch = 2);
        step
    });
    Some(std::iter::once(of_first).chain(of_second).collect())
}

/// Every text of the scenario that is a name or has names in it, changed.
fn rewritten(scenario: &Scenario, change: impl Fn(&str) -> String) -> Option<Scenario> {
    let mut changed = scenario.clone();
    changed.script.clear();
    for step in &scenario.script {
        changed.script.push(line(&change(&step.to_string())));
    }
    changed.topology.stages = scenario.topology.stages.iter().map(|name| change(name)).collect();
    let speeds = scenario.speed.iter().map(|(name, &speed)| (change(name), speed));
    changed.speed = speeds.collect();
    let stores = scenario.store.stages.iter().map(|(name, &store)| (change(name), store));
    changed.store.stages = stores.collect();
    let stages = scenario.stage.iter().map(|(name, own)| {
        let mut own = own.clone();
        own.to.iter_mut().flatten().for_each(|next| *next = change(next));
        (change(name), own)
    });
    changed.stage = stages.collect();
    valid(changed)
}

/// The stages have other names, in another order of the alphabet.
pub(crate) fn renamed_stages(scenario: &Scenario, _: u16) -> Option<Scenario> {
    rewritten(scenario, |text| text.replace("second", "alpha").replace("first", "zeta"))
}

/// Region 1 is called 2, and region 2 is called 1. Only where in-dns does not begin with one of them.
pub(crate) fn exchanged_regions(scenario: &Scenario, _: u16) -> Option<Scenario> {
    let positive = scenario.dns.weights.iter().filter(|&&weight| weight > 0).count();
    let has_no_turn = scenario.dns.answer == Answer::Random
        || scenario.dns.policy == Policy::Failover
        || positive == 1
            && scenario.script.iter().all(|step| !matches!(step, ScriptStep::Weights(_)));
    if scenario.topology.regions != 2 || !has_no_turn {
        return None;
    }
    let mut changed = rewritten(scenario, |text| {
        text.replace("@1", "@one").replace("@2", "@1").replace("@one", "@2")
    })?;
    for step in &mut changed.script {
        if let ScriptStep::Weights(weights) = step {
            weights.reverse();
        }
    }
    changed.dns.weights.reverse();
    if scenario.dns.policy == Policy::Failover {
        changed.dns.primary = 3 - scenario.dns.primary;
    }
    if scenario.of_stages().any(|stage| stage.store != Default::default()) {
        changed.aurora.writer = 3 - scenario.aurora.writer;
    }
    valid(changed)
}

/// Every weight is so many times as large.
pub(crate) fn multiplied_weights(scenario: &Scenario, by: u16) -> Option<Scenario> {
    let by = 2 + u32::from(by) % 40;
    let mut changed = scenario.clone();
    let mut has_weights = !changed.dns.weights.is_empty();
    changed.dns.weights.iter_mut().for_each(|weight| *weight *= by);
    for step in &mut changed.script {
        if let ScriptStep::Weights(weights) = step {
            has_weights = true;
            weights.iter_mut().for_each(|weight| *weight *= by);
        }
    }
    valid(changed).filter(|_| has_weights)
}

/// Not harmless: nothing can be chosen to fail.
pub(crate) fn no_budget(scenario: &Scenario, _: u16) -> Option<Scenario> {
    valid(Scenario { budget: Budget::default(), ..scenario.clone() })
}

/// Not harmless: nothing fails.
pub(crate) fn no_faults(scenario: &Scenario, _: u16) -> Option<Scenario> {
    let fails = |step: &ScriptStep| match step {
        ScriptStep::Fault(..)
        | ScriptStep::FailSome(_)
        | ScriptStep::MoveWriter(..)
        | ScriptStep::Outage(_) => true,
        ScriptStep::Publish(_)
        | ScriptStep::Await(_)
        | ScriptStep::Recover(_)
        | ScriptStep::Redrive(_)
        | ScriptStep::Weights(_)
        | ScriptStep::Expect(_) => false,
    };
    let mut changed = scenario.clone();
    changed.budget = Budget::default();
    changed.script.retain(|step| !fails(step));
    valid(changed)
}

/// Not harmless: nothing races with the script any more.
pub(crate) fn quiescent_everywhere(scenario: &Scenario, _: u16) -> Option<Scenario> {
    let mut changed = scenario.clone();
    let each = scenario.script.iter().flat_map(|step| [step.clone(), line("await quiescent")]);
    changed.script = each.collect();
    valid(changed)
}

/// Not harmless: what is expected of the batch is expected of neither half.
pub(crate) fn split_and_forgotten(scenario: &Scenario, number: u16) -> Option<Scenario> {
    never_asked(&split_batch(scenario, number)?, number)
}

/// Not harmless: nothing is expected.
pub(crate) fn never_asked(scenario: &Scenario, _: u16) -> Option<Scenario> {
    let mut changed = scenario.clone();
    changed.script.retain(|step| !matches!(step, ScriptStep::Expect(_)));
    valid(changed)
}

/// Not harmless: the containers, the tables and the queues are sound, of all stages and of each.
pub(crate) fn forgotten_design(scenario: &Scenario, _: u16) -> Option<Scenario> {
    let Scenario { container, queue, table, source, destination, .. } = Scenario::default();
    let sound = |own: &StageOptions| {
        let StageOptions { container, queue, table, .. } = StageOptions::default();
        StageOptions { container, queue, table, ..own.clone() }
    };
    let stage = scenario.stage.iter().map(|(name, own)| (name.clone(), sound(own))).collect();
    valid(Scenario { container, queue, table, source, destination, stage, ..scenario.clone() })
}

//! Every unsound design variant is found, by the property that is made for it, and the sound one
//! next to it holds in the same schedules.

use std::collections::BTreeSet;
use std::sync::Arc;

use active_active::explore::{Runner, Verdict};
use active_active::plan::Plan;
use active_active::scenario::builtin;
use active_active::scenario::designs::{SOUND, UNSOUND, Unsound};
use active_active::scenario::options::{self, DesignOption};
use active_active::scheduler::Random;
use active_active::spec::PropertyName;

use crate::common::plans;

use crate::oracle::judge::{Judged, judge};
use crate::oracle::trace::Trace;

const SEED: u64 = 1;
const SCHEDULES: u64 = 2_000;

/// The properties that the oracle finds violated in the step or at the end of a run.
fn violated(trace: &Trace, plan: &Plan) -> BTreeSet<PropertyName> {
    match judge(trace, plan) {
        Judged::InStep(_, violated) | Judged::AtEnd(violated) => violated,
        Judged::Holds => BTreeSet::new(),
    }
}

fn assert_is_found(unsound: &Unsound) {
    let design = unsound.design;
    let plan = plans::plan(unsound.scenario, &[design]);
    let mut runner = Runner::new(Arc::clone(&plan));
    let mut trace = Trace::default();
    let mut found = None;
    for run in 0..SCHEDULES {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut trace);
        let Verdict::Violated(violation) = outcome.verdict else { continue };
        trace.end(runner.simulation());
        let last = trace.entries.last().map(|entry| entry.step);
        assert_eq!(last, Some(violation.step), "{design}: the run went on");
        if found.is_none() {
            assert_eq!(violation.property(), unsound.reported, "{design}: {violation}");
            found = Some(run + 1);
        }
        if violated(&trace, &plan).contains(&unsound.promised) {
            let found = found.unwrap_or(run + 1);
            let (reported, promised) = (unsound.reported, unsound.promised);
            println!("{design}: {reported} in schedule {found}, {promised} in {}", run + 1);
            return;
        }
    }
    panic!("{design}: {} in {SCHEDULES} schedules: {found:?}", unsound.promised);
}

fn assert_holds(scenario: &str, changes: &[&str]) {
    let mut runner = Runner::new(plans::plan(scenario, changes));
    for run in 0..SCHEDULES {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "{changes:?}, run {run}, of {scenario}");
    }
}

#[test]
fn every_unsound_design_is_found_by_its_property() {
    UNSOUND.iter().for_each(assert_is_found);
}

#[test]
fn the_sound_design_holds_in_the_same_schedules() {
    let mut scenarios: BTreeSet<&str> = UNSOUND.iter().map(|unsound| unsound.scenario).collect();
    // Their default design is the unsound one; the sound one has a row of its own.
    builtin::unsound().for_each(|(name, _, _)| {
        scenarios.remove(name);
    });
    scenarios.iter().for_each(|scenario| assert_holds(scenario, &[]));
}

#[test]
fn sound_variants_hold() {
    SOUND.iter().for_each(|(design, scenario)| assert_holds(scenario, &[design]));
}

/// `key=value` for every value but the default of those options whose values are words.
fn variants() -> Vec<&'static str> {
    let is_word = |text: &str| text.starts_with(char::is_alphabetic) && !text.contains(',');
    let has_words = |option: &&DesignOption| {
        let texts: Vec<&str> = option.values().iter().map(|value| value.text.as_str()).collect();
        // What is healed is no design of a machine.
        option.key().contains('.')
            && texts.iter().all(|text| is_word(text))
            && texts.len() > 1
            && texts != ["false", "true"]
    };
    let others = options::ALL.iter().filter(has_words).flat_map(|option| &option.values()[1..]);
    others.map(|value| value.design.as_str()).collect()
}

#[test]
fn every_variant_of_every_option_has_a_row() {
    let variants = variants();
    assert!(variants.len() > 30, "{variants:?}");
    let rows = UNSOUND.iter().map(|unsound| unsound.design).chain(SOUND.iter().map(|row| row.0));
    let rows: BTreeSet<&str> = rows.collect();
    for variant in variants {
        assert!(rows.contains(variant), "{variant} has no row");
    }
}

//! Every design that is sound: whatever the schedule, none may be reported as wrong.

use std::sync::Arc;

use active_active::plan::Plan;
use active_active::scenario::designs::{SOUND, UNSOUND};
use active_active::scenario::{FileError, builtin};

/// A design that is sound, and a scenario to show it in.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The option and its value; nothing if the scenario is sound as it is.
    pub(crate) design: &'static str,
    /// The name of the scenario.
    pub(crate) scenario: String,
    /// The design, ready to run.
    pub(crate) plan: Arc<Plan>,
}

/// Everything that is known to be sound: every built-in scenario of a sound system, the scenarios in
/// which an unsound design shows, with the sound one in its place, and the variants that are as sound
/// as the default.
///
/// # Errors
///
/// If a row has a mistake, which a test rules out.
pub(crate) fn subjects() -> Result<Vec<Subject>, FileError> {
    let mut subjects: Vec<Subject> = Vec::new();
    let mut add = |design, plan: Plan| {
        let scenario = plan.scenario().name.clone();
        let is_same = |known: &Subject| known.design == design && known.scenario == scenario;
        if !subjects.iter().any(is_same) {
            subjects.push(Subject { design, scenario, plan: Arc::new(plan) });
        }
    };
    for (name, _) in builtin::ALL {
        add("", Plan::with_changes(name, &[])?);
    }
    let is_unsound = |scenario: &str| builtin::unsound().any(|(name, _, _)| *name == scenario);
    // What is wrong as it is has a variant below that is not.
    for row in UNSOUND.iter().filter(|row| !is_unsound(row.scenario)) {
        add("", Plan::with_changes(row.scenario, &[])?);
    }
    for (design, scenario) in SOUND.iter() {
        add(design, Plan::with_changes(scenario, &[design])?);
    }
    Ok(subjects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_of_a_wrong_design_is_there_with_a_sound_one() {
        let subjects = subjects().expect("the rows are right");
        for row in UNSOUND.iter() {
            let plan = row.plan().expect("the row is right");
            let name = &plan.scenario().name;
            let sound = subjects.iter().filter(|subject| subject.scenario == *name);
            let is_changed = |subject: &Subject| subject.plan.scenario() != plan.scenario();
            assert!(sound.clone().count() > 0 && sound.clone().all(is_changed), "{name}");
        }
        assert!(subjects.len() > builtin::ALL.len() + SOUND.len());
    }
}

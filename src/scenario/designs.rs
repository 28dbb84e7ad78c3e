//! Designs that are wrong, each with the scenario in which it shows and the property made for it.
//!
//! One list for all who need it: the tests (`tests/designs.rs` asserts what each row says), the trial
//! of the published spec, the detection table. Each row is said of a value of an option, in the table of that
//! option's machine ([`About`](crate::model::options::About)).
//!
//! ```
//! use std::sync::Arc;
//!
//! use active_active::explore::{Runner, Verdict};
//! use active_active::scenario::designs::{UNSOUND, Unsound};
//! use active_active::scheduler::Random;
//!
//! let is_early = |unsound: &&Unsound| unsound.design == "container.steps=remove,store,publish";
//! let unsound = UNSOUND.iter().find(is_early).ok_or("there is no such row")?;
//! let mut runner = Runner::new(Arc::new(unsound.plan()?));
//! let outcome = runner.run(&mut Random::new(1), 0, &mut ());
//! let Verdict::Violated(violation) = outcome.verdict else { panic!("{}", unsound.design) };
//! assert_eq!(violation.property(), unsound.reported);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::LazyLock;

use crate::scenario::{PropertyName, options};

/// A design variant that is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unsound {
    /// The option and its value, as `--set` takes them.
    pub design: &'static str,
    /// Where it shows: the name of a built-in scenario, or a scenario.
    pub scenario: &'static str,
    /// What a run reports: what is violated first.
    pub reported: PropertyName,
    /// What the option's own words promise ("lost", "stuck", "diverge"). It is violated in the
    /// same step of some schedule, as the oracle finds; a run reports only one of them.
    pub promised: PropertyName,
}

/// Every design that is wrong. Removing too early, for whatever reason, breaks `RemoveLast` in the step in which it may lose
/// the record; so that is what is reported, before anything has to crash.
pub static UNSOUND: LazyLock<Vec<Unsound>> = LazyLock::new(|| {
    let rows = options::ALL.iter().flat_map(|option| option.values()).flat_map(|value| {
        value.about.shows.iter().map(|shows| Unsound {
            design: &value.design,
            scenario: shows.scenario,
            reported: shows.reported,
            promised: shows.promised,
        })
    });
    rows.collect()
});

/// Variants that are as sound as the default, and where they matter.
pub static SOUND: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let values = options::ALL.iter().flat_map(|option| option.values());
    let rows = values.flat_map(|value| value.about.holds_in.iter().map(|&it| (&*value.design, it)));
    rows.collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    #[test]
    fn every_row_is_a_scenario() {
        for row in UNSOUND.iter() {
            row.plan().unwrap_or_else(|error| panic!("{}: {error}", row.design));
        }
        for (design, scenario) in SOUND.iter() {
            Plan::with_changes(scenario, &[design])
                .unwrap_or_else(|error| panic!("{design}: {error}"));
        }
    }
}

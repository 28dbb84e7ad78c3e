//! The one question of property tests and fuzz targets: does this run hold?

use std::fmt;
use std::sync::Arc;

use crate::explore::{Minimal, Minimiser, Watch};
use crate::plan::Plan;
use crate::run::{Choices, Observer, Runner, Verdict};
use crate::saved::SavedRun;
use crate::scenario::{Problem, Scenario};
use crate::scheduler::Script;
use crate::spec::Violation;

/// Runs a scenario, the numbers deciding as in [`Script`], and asks the spec.
///
/// ```
/// use active_active::explore::check;
/// use active_active::scenario::builtin;
///
/// let scenario = builtin::scenario("crash-anywhere")?;
/// check(&scenario, &[3, 1, 4, 1, 5, 9, 2, 6])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If a property is violated, with all that is needed to see it again: the run as it was found, not the
/// smallest one, which takes a second to look for (see [`Counterexample::minimise`]); or if the scenario is
/// not valid.
pub fn check(scenario: &Scenario, choices: &[u16]) -> Result<(), Failure> {
    Checker::default().check(scenario, choices)
}

/// Asks [`check`]'s question again and again, in the memory of the last time as long as the
/// scenario stays the same.
#[derive(Debug, Default)]
pub struct Checker {
    last: Option<Runner>,
}

/// Why a [`check`] failed. `Debug` is `Display`: `assert_eq!(check(…), Ok(()))` and `main() -> Result<…>` print it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The scenario is not valid.
    Invalid(Problem),
    /// A property is violated.
    Violated(Box<Counterexample>),
}

/// A run that violates the spec. `Debug` is `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Counterexample {
    /// The scenario.
    pub scenario: Scenario,
    /// The numbers that decided.
    pub choices: Vec<u16>,
    /// What is violated, and why.
    pub violation: Violation,
    /// The run in the durable format.
    pub saved: SavedRun,
}

impl Checker {
    /// As the function [`check`]. Compiled in this crate, so it is fast in a user's tests if the profile says so of this
    /// crate alone.
    ///
    /// # Errors
    ///
    /// As [`check`].
    pub fn check(&mut self, scenario: &Scenario, choices: &[u16]) -> Result<(), Failure> {
        self.check_watched(scenario, choices, &mut ())
    }

    /// The same, with an observer.
    ///
    /// # Errors
    ///
    /// As [`check`].
    pub fn check_watched<O: Observer>(
        &mut self,
        scenario: &Scenario,
        choices: &[u16],
        observer: &mut O,
    ) -> Result<(), Failure> {
        let mut runner = match self.last.take() {
            Some(runner) if runner.simulation().plan().scenario() == scenario => runner,
            _ => Runner::new(Arc::new(Plan::new(scenario).map_err(Failure::Invalid)?)),
        };
        let outcome = runner.run(&mut Script::new(choices.to_vec()), 0, observer);
        let result = match outcome.verdict {
            Verdict::Violated(violation) => Err(failure(&mut runner, choices, *violation)),
            Verdict::Holds => Ok(()),
            Verdict::Inconclusive(cut) => unreachable!("nothing cuts this run short: {cut}"),
        };
        self.last = Some(runner);
        result
    }
}

/// Runs it once more, to write down the names of what was chosen.
fn failure(runner: &mut Runner, choices: &[u16], violation: Violation) -> Failure {
    let mut taken = Choices::default();
    let outcome = runner.run(&mut Script::new(choices.to_vec()), 0, &mut taken);
    let plan = runner.simulation().plan();
    let saved = SavedRun::new(plan, &taken.taken, &outcome);
    let saved = saved.expect("a run that was judged once is judged again");
    let scenario = plan.scenario().clone();
    let choices = choices.to_vec();
    Failure::Violated(Box::new(Counterexample { scenario, choices, violation, saved }))
}

impl Counterexample {
    /// The smallest run that shows the same. It takes some time: for a failure that a person
    /// reads, not for each that a shrinker meets on its way.
    ///
    /// # Panics
    ///
    /// If the run does not violate the spec: it was found because it does.
    pub fn minimise(&self) -> Minimal {
        let minimal = Minimiser::default().minimise(&self.saved, &Watch::default());
        minimal.expect("the run violates the spec")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Invalid(problem) => problem.fmt(f),
            Failure::Violated(case) => case.fmt(f),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failure {}

impl fmt::Debug for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The violation; then the case as a test to paste; then as a file to save and replay.
impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counterexample { scenario, choices, violation, saved } = self;
        writeln!(f, "{violation}\n\nAs a test:\n")?;
        writeln!(f, "#[test]\nfn holds() -> Result<(), Box<dyn std::error::Error>> {{")?;
        writeln!(f, "    let scenario = active_active::scenario::Scenario::parse(")?;
        writeln!(f, "        r#\"\n{}\"#,\n    )?;", scenario.to_toml_without_defaults())?;
        writeln!(f, "    let choices = {choices:?};")?;
        writeln!(f, "    active_active::explore::check(&scenario, &choices)?;\n    Ok(())\n}}\n")?;
        writeln!(
            f,
            "As a file; 'active-active minimize FILE' makes it small and tells its story:\n"
        )?;
        writeln!(f, "{}", saved.to_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::options::Action;
    use crate::scenario::builtin;

    #[test]
    fn a_failure_shows_how_to_see_it_again() {
        let mut scenario = builtin::scenario("baseline").expect("it is built in");
        assert_eq!(check(&scenario, &[]), Ok(()));
        scenario.container.steps = vec![Action::Remove, Action::Store, Action::Publish];
        let Err(Failure::Violated(case)) = check(&scenario, &[1, 2, 3]) else {
            panic!("a container that removes first is found");
        };
        assert_eq!(
            case.saved.replay().outcome.verdict,
            Verdict::Violated(case.violation.clone().into())
        );
        let minimal = case.minimise();
        assert_eq!((minimal.size.records, minimal.size.deviations), (1, 0));
        assert_eq!(minimal.violation.property(), case.violation.property());
        let text = case.to_string();
        // What `assert_eq!` and `main() -> Result<…>` print, which was one line of 14,590 characters.
        assert_eq!(format!("{:?}", Failure::Violated(case.clone())), text);
        // Of the scenario, what is not as it is by default.
        let keys = ["[container]", "[records]", "[dns]", "[budget]", "regions"];
        assert_eq!(
            keys.map(|key| text.contains(key)),
            [true, false, false, false, false],
            "{text}"
        );
        let violation = text.find("RemoveLast is violated").expect("it says what is violated");
        let test = text.find("let choices = [1, 2, 3];").expect("it has the test");
        let toml = text.find("steps = [").expect("it has the scenario");
        let small =
            text.find("'active-active minimize FILE'").expect("it says what makes it small");
        let file = text.find("# A saved run").expect("it has the file");
        assert!(violation < toml && toml < test && test < small && small < file, "{text}");
    }

    #[test]
    fn a_checker_does_not_mix_up_scenarios() {
        let sound = builtin::scenario("baseline").expect("it is built in");
        let mut wrong = sound.clone();
        wrong.container.steps = vec![Action::Publish, Action::Store, Action::Remove];
        let mut invalid = sound.clone();
        invalid.topology.regions = 1;
        let mut checker = Checker::default();
        for _ in 0..2 {
            assert_eq!(checker.check(&sound, &[7]), Ok(()));
            assert!(matches!(checker.check(&wrong, &[7]), Err(Failure::Violated(_))));
            assert!(matches!(checker.check(&invalid, &[7]), Err(Failure::Invalid(_))));
        }
    }
}

//! Saved runs: scenario and choices, in a small file that a person can read.
//!
//! A saved run holds everything that the run depends on: the whole scenario and the name of every
//! choice of the chaos phase (what comes after it is deterministic). It needs no scheduler, no
//! seed and no generator to be replayed, so it survives a change of those; and it fails loudly
//! when it no longer fits the model.
//!
//! ```
//! use std::sync::Arc;
//! use active_active::explore::{Choices, Runner};
//! use active_active::plan::Plan;
//! use active_active::saved::SavedRun;
//! use active_active::scenario::builtin;
//! use active_active::scheduler::Random;
//!
//! let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
//! let mut choices = Choices::default();
//! let outcome = Runner::new(Arc::clone(&plan)).run(&mut Random::new(1), 0, &mut choices);
//!
//! let text = SavedRun::new(&plan, &choices.taken, &outcome)?.to_text();
//! let replayed = SavedRun::parse(&text, "saved.toml")?.replay();
//! assert_eq!(replayed.outcome, outcome);
//! assert!(replayed.matches_expected);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::sync::Arc;

use crate::explore::{Cut, Observer, Outcome, Runner, Verdict};
use crate::plan::Plan;
use crate::scenario::FileError;
use crate::scheduler::{Misfit, Replay};
use crate::sim::Choice;
use crate::spec::PropertyName;

mod text;

/// The version of the format that this build reads and writes.
pub const FORMAT: i64 = 1;

/// A run as data: what was run, what was chosen, what it showed.
#[derive(Clone, Debug)]
pub struct SavedRun {
    plan: Arc<Plan>,
    /// Those of the chaos phase, in order.
    choices: Vec<Choice>,
    expected: Expected,
}

/// What a run showed when it was saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expected {
    /// Every applicable property held.
    Holds,
    /// A property was violated.
    Violated {
        /// Which one.
        property: PropertyName,
        /// How many choices the run had taken.
        step: u64,
        /// What happened, in a sentence.
        what: String,
    },
}

/// A saved run, run again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replayed {
    /// What the run shows now.
    pub outcome: Outcome,
    /// Where the saved choices no longer fit, if they do not; the outcome is worthless then.
    pub misfit: Option<Misfit>,
    /// Whether it shows what it showed when it was saved: the same verdict, and a violation of
    /// the same property. Step and words may differ.
    pub matches_expected: bool,
}

impl SavedRun {
    /// A run of the plan: the choices of its chaos phase (as
    /// [`Choices`](crate::explore::Choices) writes them down) and what it showed.
    ///
    /// # Errors
    ///
    /// If the run was cut short: it showed nothing that a replay could be compared with.
    pub fn new(plan: &Arc<Plan>, choices: &[Choice], outcome: &Outcome) -> Result<SavedRun, Cut> {
        let expected = Expected::of(&outcome.verdict)?;
        Ok(SavedRun { plan: Arc::clone(plan), choices: choices.to_vec(), expected })
    }

    /// Reads a saved run. `origin` is what errors call the text: the path of the file.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with line, key and remedy: it is no TOML (cut off, perhaps),
    /// of another version, with an unknown key, a scenario that is wrong, a choice that the
    /// scenario's system does not have, or another number of choices than it says.
    pub fn parse(text: &str, origin: &str) -> Result<SavedRun, FileError> {
        text::read(text, origin)
    }

    /// The run as text: what [`SavedRun::parse`] reads.
    pub fn to_text(&self) -> String {
        text::write(self)
    }

    /// The scenario of the run, checked.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The choices of the chaos phase, in order.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// What the run showed when it was saved.
    pub fn expected(&self) -> &Expected {
        &self.expected
    }

    /// Runs it again.
    pub fn replay(&self) -> Replayed {
        self.replay_watched(&mut ())
    }

    /// Runs it again, and lets somebody watch.
    pub fn replay_watched<O: Observer>(&self, observer: &mut O) -> Replayed {
        let mut replay = Replay::new(self.choices.clone());
        let outcome = Runner::new(Arc::clone(&self.plan)).run(&mut replay, 0, observer);
        let misfit = replay.misfit().cloned().or_else(|| self.unused(replay.taken(), &outcome));
        let shows = Expected::of(&outcome.verdict);
        let matches_expected =
            misfit.is_none() && shows.is_ok_and(|shows| self.expected.is_like(&shows));
        Replayed { outcome, misfit, matches_expected }
    }

    /// A run that comes to rest before its choices are used up is not the one that was saved;
    /// a violation, however, may end it early.
    fn unused(&self, taken: usize, outcome: &Outcome) -> Option<Misfit> {
        let wanted = self.choices.get(taken)?;
        if let Verdict::Violated(violation) = &outcome.verdict
            && violation.step == taken as u64
        {
            return None;
        }
        Some(Misfit {
            number: taken + 1,
            of: self.choices.len(),
            wanted: wanted.name(&self.plan.layout),
            possible: "none, because the run is at rest".to_owned(),
        })
    }
}

impl PartialEq for SavedRun {
    fn eq(&self, other: &SavedRun) -> bool {
        self.plan.scenario() == other.plan.scenario()
            && self.choices == other.choices
            && self.expected == other.expected
    }
}

impl Eq for SavedRun {}

impl Expected {
    /// What a verdict shows; nothing if the run was cut short.
    fn of(verdict: &Verdict) -> Result<Expected, Cut> {
        match verdict {
            Verdict::Holds => Ok(Expected::Holds),
            Verdict::Violated(violation) => Ok(Expected::Violated {
                property: violation.property(),
                step: violation.step,
                what: violation.what.clone(),
            }),
            Verdict::Inconclusive(cut) => Err(*cut),
        }
    }

    /// Whether both are the same verdict, of the same property.
    fn is_like(&self, other: &Expected) -> bool {
        match (self, other) {
            (Expected::Holds, Expected::Holds) => true,
            (Expected::Violated { property, .. }, Expected::Violated { property: other, .. }) => {
                property == other
            }
            (Expected::Holds, Expected::Violated { .. })
            | (Expected::Violated { .. }, Expected::Holds) => false,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Holds => f.write_str("every property holds"),
            Expected::Violated { property, step, what } => {
                write!(f, "{property} is violated at step {step}: {what}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::Choices;
    use crate::scenario::{Override, builtin, file};
    use crate::scheduler::Random;

    /// A run of a built-in scenario, and what it shows.
    fn run_of(name: &str, changes: &[&str], run: u64) -> (SavedRun, Outcome) {
        let text = builtin::text(name).expect("the scenario is built in");
        let changes: Vec<Override> =
            changes.iter().map(|change| change.parse().expect("KEY=VALUE")).collect();
        let plan = Arc::new(file::load(text, name, &changes).expect("the scenario is right"));
        let mut choices = Choices::default();
        let outcome = Runner::new(Arc::clone(&plan)).run(&mut Random::new(1), run, &mut choices);
        let saved = SavedRun::new(&plan, &choices.taken, &outcome).expect("the run is judged");
        (saved, outcome)
    }

    /// A run that violates the spec.
    fn violating() -> (SavedRun, Outcome) {
        let changes =
            ["container.steps=remove,store,publish", "records.batches=2", "script=publish 1"];
        let (saved, outcome) = run_of("crash-anywhere", &changes, 0);
        assert!(matches!(outcome.verdict, Verdict::Violated(_)), "{outcome:?}");
        (saved, outcome)
    }

    #[test]
    fn every_scenario_replays_to_the_equal_outcome() {
        for (name, _) in builtin::ALL {
            for run in 0..5 {
                let (saved, outcome) = run_of(name, &[], run);
                let read = SavedRun::parse(&saved.to_text(), name)
                    .unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(read, saved);
                let replayed = read.replay();
                let expected = Replayed { outcome, misfit: None, matches_expected: true };
                assert_eq!(replayed, expected, "{name}, run {run}");
            }
        }
    }

    #[test]
    fn a_violation_replays_to_the_same_violation() {
        let (saved, outcome) = violating();
        let read = SavedRun::parse(&saved.to_text(), "file.toml").expect("it was just written");
        assert_eq!(read, saved);
        let expected = Replayed { outcome, misfit: None, matches_expected: true };
        assert_eq!(read.replay(), expected);
    }

    #[test]
    fn a_text_that_was_cut_off_is_refused_wherever_that_is() {
        let (saved, _) = violating();
        let text = saved.to_text();
        let whole = text.trim_end().len();
        let offsets = (0..=text.len()).filter(|&at| text.is_char_boundary(at));
        for at in offsets {
            match SavedRun::parse(&text[..at], "file.toml") {
                Ok(read) => assert!(at >= whole && read == saved, "cut at byte {at}"),
                Err(error) => assert!(at < whole, "cut at byte {at}: {error}"),
            }
        }
    }

    #[test]
    fn another_verdict_is_told_from_the_expected_one() {
        let (saved, _) = violating();
        let holds = SavedRun { expected: Expected::Holds, ..saved.clone() };
        assert!(!holds.replay().matches_expected);
        let property = PropertyName::Settles;
        let expected = Expected::Violated { property, step: 1, what: String::new() };
        assert!(!SavedRun { expected, ..saved }.replay().matches_expected);
    }

    #[test]
    fn choices_that_no_longer_fit_are_a_misfit() {
        let (mut saved, _) = run_of("baseline", &[], 0);
        let last = *saved.choices.last().expect("the run has choices");
        saved.choices.push(last);
        let replayed = saved.replay();
        assert!(
            !replayed.matches_expected,
            "a run that does not fit is not the one that was saved"
        );
        let misfit = replayed.misfit.expect("the run is over before its last choice");
        assert_eq!((misfit.number, misfit.of), (saved.choices.len(), saved.choices.len()));

        let (mut saved, _) = run_of("baseline", &[], 0);
        // Nothing has written to a table yet.
        saved.choices[0] = Choice::parse("step core-table@1", &saved.plan.layout)
            .expect("the scenario has this table");
        let replayed = saved.replay();
        assert_eq!(replayed.misfit.map(|misfit| misfit.number), Some(1));
        assert!(!replayed.matches_expected);
    }
}

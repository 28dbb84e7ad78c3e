//! Saved runs: scenario and choices, in a small file that a person can read.
//!
//! A saved run holds everything that the run depends on: the scenario, and by name what the chaos
//! phase does differently from the fair scheduler (what comes after it is deterministic). It needs
//! no seed and no generator to be replayed, so it survives a change of those; and it fails loudly
//! when it no longer fits the model.
//!
//! Only what a script expects of *times* (`expect rto <= 60s`) needs more than a schedule: such a run is saved as
//! the run of the timed scheduler that it is.
//!
//! This build writes format 2. Format 1, which names every choice, is read and written as it is.
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
//!
//! ```
//! use active_active::explore::{Failure, check};
//! use active_active::model::options::Action;
//! use active_active::saved::{Expected, Replayed, SavedRun, Schedule};
//! use active_active::scenario::builtin;
//!
//! let mut scenario = builtin::scenario("baseline")?;
//! scenario.container.steps = vec![Action::Remove, Action::Store, Action::Publish];
//! let Err(Failure::Violated(found)) = check(&scenario, &[3, 1, 4]) else { panic!("it is wrong") };
//! let text = found.minimise().saved.to_text();
//! let saved = SavedRun::parse(&text, "the file")?;
//! assert!(matches!(saved.schedule(), Schedule::Deviations(all) if all.is_empty()), "the fair one");
//! let expected: &Expected = saved.expected();
//! assert!(expected.to_string().contains("RemoveLast"), "{expected}");
//! let replayed: Replayed = saved.replay();
//! assert!(replayed.matches_expected && replayed.misfit.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;

use crate::plan::Plan;
use crate::run::{Cut, Observer, Outcome, Runner, Verdict};
use crate::scenario::FileError;
use crate::scheduler::{Act, Deviate, Deviation, Misfit, Replay, Timed, TimedRun};
use crate::sim::Choice;

mod expected;
mod text;

pub use expected::Expected;

/// The version of the format that this build writes.
pub const FORMAT: i64 = 2;

/// The version before it, which this build reads, too.
pub const FORMAT_OF_CHOICES: i64 = 1;

/// A run as data: what was run, what was chosen, what it showed.
#[derive(Clone, Debug)]
pub struct SavedRun {
    plan: Arc<Plan>,
    schedule: Schedule,
    expected: Expected,
}

/// What was chosen in the chaos phase.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Schedule {
    /// Every choice, in order: format 1.
    Choices(Vec<Choice>),
    /// Where it differs from the fair scheduler, by step: format 2.
    Deviations(Vec<Deviation>),
    /// Those of the timed scheduler, which has the times as well: format 2, of what a script expects of times.
    Timed(TimedRun),
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
    /// [`Choices`](crate::run::Choices) writes them down) and what it showed.
    ///
    /// # Errors
    ///
    /// If the run was cut short: it showed nothing that a replay could be compared with.
    pub fn new(plan: &Arc<Plan>, choices: &[Choice], outcome: &Outcome) -> Result<SavedRun, Cut> {
        let expected = Expected::of(&outcome.verdict)?;
        let needs_time = match &outcome.verdict {
            Verdict::Violated(violation) => violation.property().needs_time(),
            Verdict::Holds | Verdict::Inconclusive(_) => true,
        };
        let schedule = match outcome.timed.filter(|_| needs_time) {
            Some(timed) => Schedule::Timed(timed),
            None => Schedule::Deviations(Deviate::from_choices(plan, choices)),
        };
        Ok(SavedRun { plan: Arc::clone(plan), schedule, expected })
    }

    /// As [`SavedRun::new`], of what is different from the fair run: as
    /// [`Deviate::carried_out`] has it.
    ///
    /// # Errors
    ///
    /// If the run was cut short.
    pub fn of_deviations(
        plan: &Arc<Plan>,
        deviations: &[Deviation],
        outcome: &Outcome,
    ) -> Result<SavedRun, Cut> {
        let expected = Expected::of(&outcome.verdict)?;
        let schedule = Schedule::Deviations(deviations.to_vec());
        Ok(SavedRun { plan: Arc::clone(plan), schedule, expected })
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

    /// The run as a Rust test to paste: it passes as long as the run shows what it shows now.
    pub fn to_test(&self) -> String {
        text::test(self)
    }

    /// The scenario of the run, checked.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The keys of the scenario that do not have their default value, and the values, as
    /// `--set` has them: what the run needs. The name of the scenario is not among them.
    pub fn settings(&self) -> Vec<String> {
        let mut settings = Vec::new();
        let mut differing = self.plan.scenario().differing();
        // What the scenario says of itself changes nothing.
        differing.remove("about");
        text::flatten("", &differing, &mut settings);
        settings
    }

    /// The schedule in words, as the file has it; a run in the older format has none.
    pub fn deviations_in_words(&self) -> Vec<String> {
        match &self.schedule {
            Schedule::Deviations(all) => {
                all.iter().map(|one| text::line(one, &self.plan)).collect()
            }
            Schedule::Timed(timed) => vec![text::timed_words(*timed)],
            Schedule::Choices(_) => Vec::new(),
        }
    }

    /// What was chosen in the chaos phase.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// What the run showed when it was saved.
    pub fn expected(&self) -> &Expected {
        &self.expected
    }

    /// Runs it again.
    pub fn replay(&self) -> Replayed {
        self.replay_watched(&mut ())
    }

    /// Runs it again, with an observer.
    pub fn replay_watched<O: Observer>(&self, observer: &mut O) -> Replayed {
        self.replay_in(&mut Runner::new(Arc::clone(&self.plan)), observer)
    }

    /// Runs it again in a runner of its plan, which then knows what was reached.
    pub fn replay_in<O: Observer>(&self, runner: &mut Runner, observer: &mut O) -> Replayed {
        let (outcome, misfit) = match &self.schedule {
            Schedule::Choices(choices) => {
                let mut replay = Replay::new(choices.clone());
                let outcome = runner.run(&mut replay, 0, observer);
                let taken = replay.taken();
                let misfit = replay.misfit().cloned();
                let misfit = misfit.or_else(|| self.unused(choices, taken, &outcome));
                (outcome, misfit)
            }
            Schedule::Deviations(deviations) => {
                let mut deviate = Deviate::new(deviations.clone());
                let outcome = runner.run(&mut deviate, 0, observer);
                let taken = deviate.taken();
                let misfit = deviate.misfit().cloned();
                (outcome, misfit.or_else(|| self.unreached(deviations, taken)))
            }
            Schedule::Timed(TimedRun { seed, run }) => {
                (runner.run(&mut Timed::new(*seed), *run, observer), None)
            }
        };
        let shows = Expected::of(&outcome.verdict);
        let matches_expected =
            misfit.is_none() && shows.is_ok_and(|shows| self.expected.is_like(&shows));
        Replayed { outcome, misfit, matches_expected }
    }

    /// A run that comes to rest before its choices are used up is not the one that was saved;
    /// a violation, however, may end it early.
    fn unused(&self, choices: &[Choice], taken: usize, outcome: &Outcome) -> Option<Misfit> {
        let wanted = choices.get(taken)?;
        if let Verdict::Violated(violation) = &outcome.verdict
            && violation.step == taken as u64
        {
            return None;
        }
        Some(self.at_rest(*wanted, taken as u64 + 1, (taken + 1, choices.len())))
    }

    /// A run that is over before its last deviation is not the one that was saved.
    fn unreached(&self, deviations: &[Deviation], taken: usize) -> Option<Misfit> {
        let deviation = deviations.get(taken)?;
        let wanted = match deviation.act {
            Act::Take(choice) => choice,
            Act::Hold(machine) => Choice::Step(machine),
        };
        Some(self.at_rest(wanted, deviation.step, (taken + 1, deviations.len())))
    }

    fn at_rest(&self, wanted: Choice, step: u64, (number, of): (usize, usize)) -> Misfit {
        let wanted = wanted.name(&self.plan.layout);
        let possible = "none, because the run is over".to_owned();
        Misfit { number, of, step, wanted, possible }
    }
}

impl PartialEq for SavedRun {
    fn eq(&self, other: &SavedRun) -> bool {
        self.plan.scenario() == other.plan.scenario()
            && self.schedule == other.schedule
            && self.expected == other.expected
    }
}

impl Eq for SavedRun {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MachineId;
    use crate::run::Choices;
    use crate::scenario::{Override, builtin};
    use crate::scheduler::Random;
    use crate::spec::PropertyName;

    /// A run of a built-in scenario, and what it shows.
    fn run_of(name: &str, changes: &[&str], run: u64) -> (SavedRun, Outcome) {
        let text = builtin::text(name).expect("the scenario is built in");
        let changes: Vec<Override> =
            changes.iter().map(|change| change.parse().expect("KEY=VALUE")).collect();
        let plan = Arc::new(Plan::load(text, name, &changes).expect("the scenario is right"));
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

    /// The chaos of a livelock lasts until its bound. The healing that ends it is one of the choices, and
    /// a replay that is not asked for it there would find it when it is no longer possible.
    #[test]
    fn a_chaos_that_was_ended_at_its_bound_replays_to_the_same_violation() {
        let (saved, outcome) = run_of("google-unreadable-row", &["queue.max_receives=0"], 0);
        let Verdict::Violated(violation) = &outcome.verdict else { panic!("{outcome:?}") };
        assert_eq!(violation.property(), PropertyName::Settles);
        let expected = Replayed { outcome, misfit: None, matches_expected: true };
        assert_eq!(saved.replay(), expected);
        assert_eq!(with_choices(&saved).replay(), expected);
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

    /// The run in the older format.
    fn with_choices(saved: &SavedRun) -> SavedRun {
        let mut choices = Choices::default();
        saved.replay_watched(&mut choices);
        SavedRun { schedule: Schedule::Choices(choices.taken), ..saved.clone() }
    }

    #[test]
    fn the_older_format_is_read_and_replays_to_the_same() {
        let (saved, outcome) = violating();
        let older = with_choices(&saved);
        assert!(older.to_text().contains("format = 1\n"));
        let read = SavedRun::parse(&older.to_text(), "file.toml").expect("it was just written");
        assert_eq!(read, older);
        let expected = Replayed { outcome, misfit: None, matches_expected: true };
        assert_eq!(read.replay(), expected);
    }

    #[test]
    fn choices_that_no_longer_fit_are_a_misfit() {
        let (saved, _) = run_of("baseline", &[], 0);
        let mut older = with_choices(&saved);
        let Schedule::Choices(choices) = &mut older.schedule else { panic!("they are choices") };
        let last = *choices.last().expect("the run has choices");
        choices.push(last);
        let count = choices.len();
        let replayed = older.replay();
        assert!(
            !replayed.matches_expected,
            "a run that does not fit is not the one that was saved"
        );
        let misfit = replayed.misfit.expect("the run is over before its last choice");
        assert_eq!((misfit.number, misfit.of), (count, count));

        let mut older = with_choices(&saved);
        let Schedule::Choices(choices) = &mut older.schedule else { panic!("they are choices") };
        // Nothing has written to a table yet.
        choices[0] = Choice::parse("step core-table@1", &saved.plan.layout)
            .expect("the scenario has this table");
        let replayed = older.replay();
        assert_eq!(replayed.misfit.map(|misfit| misfit.number), Some(1));
        assert!(!replayed.matches_expected);
    }

    #[test]
    fn deviations_that_no_longer_fit_are_a_misfit() {
        let (saved, _) = run_of("baseline", &[], 0);
        let with = |change: &dyn Fn(&mut Vec<Deviation>)| {
            let mut other = saved.clone();
            let Schedule::Deviations(deviations) = &mut other.schedule else {
                panic!("they are deviations");
            };
            change(deviations);
            let replayed = other.replay();
            assert!(!replayed.matches_expected);
            replayed.misfit.expect("it does not fit")
        };
        let over = with(&|deviations| {
            let last = *deviations.last().expect("a random run is not fair");
            deviations.push(Deviation { step: 1_000_000, ..last });
        });
        assert_eq!((over.number, over.step), (over.of, 1_000_000));
        let turn = with(&|deviations| {
            let first = deviations[0];
            let other = MachineId(first.fair.map_or(0, |machine| machine.0 + 1));
            deviations[0].fair = Some(other);
        });
        assert_eq!(turn.number, 1);
        assert!(turn.wanted.starts_with("turn of "), "{turn}");
    }
}

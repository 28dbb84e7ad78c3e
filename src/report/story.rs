//! A run told step by step.
//!
//! ```
//! use std::sync::Arc;
//!
//! use active_active::explore::Runner;
//! use active_active::plan::Plan;
//! use active_active::report::{Line, Palette, Story};
//! use active_active::report::story::Mark;
//! use active_active::scenario::builtin;
//! use active_active::scheduler::RoundRobin;
//!
//! let plan = Plan::new(&builtin::scenario("f1-fail-container")?)?;
//! let mut lines: Vec<Line> = Vec::new();
//! let mut story = Story::new(|line| lines.push(line));
//! Runner::new(Arc::new(plan)).run(&mut RoundRobin::default(), 0, &mut story);
//! assert_eq!(lines.iter().filter(|line| line.mark == Mark::Fault).count(), 1);
//! let first = "      1  driver carries out 'publish 1' and tells record-source to publish batch 1";
//! assert_eq!(lines.iter().find_map(|line| line.step.map(|_| line.text(&Palette::PLAIN))), Some(first.to_owned()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Serialize, Serializer};

use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::fault::PointKind;
use crate::model::id::RecordId;
use crate::model::queue;
use crate::report::before::Before;
use crate::report::palette::{Palette, paint};
use crate::report::past::{Slice, disturbed_by};
use crate::report::phrase::Scene;
use crate::run::{Observer, Phase};
use crate::sim::{Simulation, Step};

/// One line of a story.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Line {
    /// The number of the step, as violations have it; none for what is no step.
    pub step: Option<u64>,
    /// The part of the run.
    #[serde(serialize_with = "phase_name")]
    pub phase: Phase,
    /// What kind of line it is.
    pub mark: Mark,
    /// What happened.
    pub text: String,
}

/// What kind of line it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A part of the run begins.
    Heading,
    /// A machine handled a message.
    Step,
    /// Something failed.
    Fault,
    /// Something works again.
    Recovery,
    /// What the script expects did not hold.
    Unexpected,
}

/// Watches a run and tells it, line by line.
pub struct Story<F> {
    tell: F,
    phase: Phase,
    before: Before,
    /// Only this is told, if it is given.
    only: Option<Slice>,
    /// A heading that is told when there is a line to put below it.
    heading: Option<String>,
}

impl<F: FnMut(Line)> Story<F> {
    /// Tells each line to `tell` as soon as it has happened.
    pub fn new(tell: F) -> Story<F> {
        Story { tell, phase: Phase::Chaos, before: Before::default(), only: None, heading: None }
    }

    /// Tells the steps of a slice, and what was healed of the machines in it.
    pub(super) fn of_slice(slice: Slice, tell: F) -> Story<F> {
        Story { only: Some(slice), ..Story::new(tell) }
    }

    /// Whether a step is told.
    fn is_told(&self, step: u64) -> bool {
        self.only.as_ref().is_none_or(|slice| slice.steps.contains(&step))
    }

    /// Whether a fault that was healed is told.
    fn is_told_of(&self, event: &Event, simulation: &Simulation) -> bool {
        let Some(slice) = &self.only else { return true };
        let disturbed = disturbed_by(event, &simulation.plan().layout);
        disturbed.iter().any(|machine| slice.machines.contains(machine))
    }

    fn tell(&mut self, step: Option<u64>, mark: Mark, text: String) {
        if let Some(text) = self.heading.take() {
            (self.tell)(Line { step: None, phase: self.phase, mark: Mark::Heading, text });
        }
        (self.tell)(Line { step, phase: self.phase, mark, text });
    }
}

impl<F: FnMut(Line)> Observer for Story<F> {
    fn begin(&mut self, simulation: &Simulation) {
        self.phase = Phase::Chaos;
        self.before.remember(simulation);
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        self.phase = phase;
        let events = simulation.events();
        let heading = match phase {
            Phase::Chaos if simulation.steps() == 0 => "chaos: the scheduler decides",
            Phase::Chaos => "chaos goes on: the script is not at its end",
            Phase::Heal if events.is_empty() => "heal: nothing is left to repair",
            Phase::Heal => "heal: whatever can be repaired is repaired",
            Phase::Converge => "converge: no fault strikes any more",
        };
        self.heading = None;
        match &self.only {
            None => self.tell(None, Mark::Heading, heading.to_owned()),
            Some(_) if simulation.steps() == 0 => {}
            Some(_) => self.heading = Some(heading.to_owned()),
        }
        if phase == Phase::Heal {
            let before = &self.before;
            let scene = Scene { simulation, before, actor: None, message: None, heard: None };
            let events = events.iter().filter(|event| self.is_told_of(event, simulation));
            let told: Vec<(Mark, Option<String>)> =
                events.map(|event| (mark(&[*event]), scene.happened(event))).collect();
            for (mark, text) in told {
                text.into_iter().for_each(|text| self.tell(None, mark, text));
            }
        }
        self.before.remember(simulation);
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        let number = simulation.steps();
        if self.is_told(number) {
            let heard = self.only.as_ref().map(|slice| &slice.heard);
            let text = Scene::of(step, simulation, &self.before, heard).text(step);
            self.tell(Some(number), mark(simulation.events()), text);
        }
        let circle = self.only.as_ref().and_then(|slice| slice.circle);
        if let Some(circle) = circle.filter(|circle| circle.last() == number) {
            let text = match circle.length {
                1 => "and so on: this step is repeated without end".to_owned(),
                many => format!("and so on: these {many} steps are repeated without end"),
            };
            self.tell(None, Mark::Heading, text);
        }
        self.before.remember(simulation);
    }
}

impl<F> std::fmt::Debug for Story<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Story").field("phase", &self.phase).finish_non_exhaustive()
    }
}

/// The kind of line that these events make of a step.
fn mark(events: &[Event]) -> Mark {
    let mut mark = Mark::Step;
    for event in events {
        if let Event::ExpectationFailed { .. } = event {
            return Mark::Unexpected;
        }
        if let Event::Fault(
            fault::Event::Recovered { .. } | fault::Event::Struck { by: PointKind::Rejoin, .. },
        ) = event
        {
            mark = Mark::Recovery;
        } else if is_of_a_fault(event) {
            mark = Mark::Fault;
        }
    }
    mark
}

/// Whether something went wrong that no machine did by itself.
pub(super) fn is_of_a_fault(event: &Event) -> bool {
    matches!(
        event,
        Event::Fault(
            fault::Event::Faulted { .. }
                | fault::Event::Lost { .. }
                | fault::Event::Struck { .. }
                | fault::Event::ClockAhead { .. }
                | fault::Event::Late { .. },
        ) | Event::Queue(
            queue::Event::TimedOut { .. }
                | queue::Event::Reordered { .. }
                | queue::Event::Expired { .. }
        )
    )
}

impl Line {
    /// The line as text, without a line break: the number of the step, a mark, what happened.
    pub fn text(&self, palette: &Palette) -> String {
        let step = self.step.map_or_else(String::new, |step| step.to_string());
        let step = paint(palette.faint, format!("{step:>7}"));
        let text = &self.text;
        match self.mark {
            Mark::Heading => paint(palette.strong, format!("-- {text} --")),
            Mark::Step => format!("{step}  {text}"),
            Mark::Fault => format!("{step}  {}", paint(palette.bad, format!("FAULT: {text}"))),
            Mark::Recovery => {
                format!("{step}  {}", paint(palette.good, format!("RECOVERY: {text}")))
            }
            Mark::Unexpected => {
                format!("{step}  {}", paint(palette.bad, format!("UNEXPECTED: {text}")))
            }
        }
    }
}

impl Line {
    /// As [`Line::text`], with the names of these records where the eye finds them.
    pub fn text_about(&self, records: &[RecordId], palette: &Palette) -> String {
        let mut line = self.clone();
        // A fault has its own colour.
        if self.mark == Mark::Step {
            line.text = records
                .iter()
                .fold(line.text, |text, record| strong_words(&text, &record.to_string(), palette));
        }
        line.text(palette)
    }
}

/// The text with every occurrence of a name in it emphasised, unless a digit follows it.
fn strong_words(text: &str, name: &str, palette: &Palette) -> String {
    let mut parts = text.split(name);
    let mut painted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.starts_with(|c: char| c.is_ascii_digit()) {
            true => painted.push_str(name),
            false => painted.push_str(&paint(palette.strong, name)),
        }
        painted.push_str(part);
    }
    painted
}

fn phase_name<S: Serializer>(phase: &Phase, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match phase {
        Phase::Chaos => "chaos",
        Phase::Heal => "heal",
        Phase::Converge => "converge",
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::Plan;
    use crate::run::{Choices, Runner, Verdict};
    use crate::scenario::builtin;
    use crate::scheduler::Random;

    /// The story of a run of a built-in scenario, and the steps that the run took.
    fn story(name: &str, changes: &[&str], run: u64) -> (Vec<Line>, u64) {
        let text = builtin::text(name).expect("the scenario is built in");
        let changes: Vec<_> =
            changes.iter().map(|change| change.parse().expect("KEY=VALUE")).collect();
        let plan: Plan = Plan::load(text, name, &changes).expect("the scenario is right");
        let mut lines = Vec::new();
        let mut story = Story::new(|line| lines.push(line));
        let outcome = Runner::new(Arc::new(plan)).run(&mut Random::new(1), run, &mut story);
        (lines, outcome.steps)
    }

    #[test]
    fn every_step_has_its_line_and_its_number() {
        for (name, _) in builtin::ALL {
            let (lines, steps) = story(name, &[], 3);
            let numbers: Vec<u64> = lines.iter().filter_map(|line| line.step).collect();
            // A healing is a step with a heading in place of a line.
            let is_heal = |line: &&Line| (line.phase, line.mark) == (Phase::Heal, Mark::Heading);
            let heals = lines.iter().filter(is_heal).count();
            assert_eq!(numbers.len() + heals, steps as usize, "{name}");
            assert!(numbers.is_sorted_by(|one, next| one < next), "{name}");
            let empty = lines.iter().find(|line| line.text.split(' ').count() < 2);
            assert_eq!(empty, None, "{name}");
        }
    }

    #[test]
    fn a_container_at_work_is_told_in_domain_words() {
        let (lines, _) = story("baseline", &[], 0);
        let told = |text: &str| lines.iter().any(|line| line.text == text);
        let expected = [
            "driver carries out 'publish 1' and tells record-source to publish batch 1",
            "record-source is told to publish batch 1 and sends record 1 to in-dns",
            "in-dns is sent record 1 by record-source, routes it to region 1 and sends it to \
             inbound-queue@1",
            "core-container@2 received record 2 from preprocess-core-queue@2 and asks \
             core-table@2 to store it",
            "core-container@2 hears that record 2 is stored and sends it to \
             core-postprocess-queue@2",
            "core-container@2 hears that core-postprocess-queue@2 has record 2 and asks \
             preprocess-core-queue@2 to remove it",
            "record-destination received record 2 from outbound-queue@2, counts it and asks \
             out-dns to remove it",
        ];
        for text in expected {
            assert!(told(text), "no line says: {text}");
        }
    }

    #[test]
    fn faults_and_recoveries_are_marked() {
        let (lines, _) = story("f1-fail-container", &[], 0);
        let marked = |mark: Mark| lines.iter().filter(move |line| line.mark == mark);
        let faults: Vec<&str> = marked(Mark::Fault).map(|line| line.text.as_str()).collect();
        assert_eq!(faults.len(), 1);
        assert!(faults[0].contains("preprocess-container@1 is paused"), "{faults:?}");
        assert_eq!(marked(Mark::Recovery).count(), 1);
        assert_eq!(marked(Mark::Heading).count(), 3, "chaos, heal, converge");
        assert_eq!(marked(Mark::Unexpected).count(), 0);

        let broken = "script=publish 1,expect delivered 7";
        let (lines, _) = story("baseline", &[broken], 0);
        let last = lines.last().expect("the story has lines");
        assert_eq!(last.mark, Mark::Unexpected);
        assert!(last.text.contains("'expect delivered 7' and it does not hold"), "{}", last.text);
    }

    #[test]
    fn what_heals_is_told() {
        let stay = "script=publish 1,fail inbound-queue@1,crash core-container@2";
        let (lines, _) = story("baseline", &[stay], 0);
        let healed = |text: &str| {
            let mut lines = lines.iter().filter(|line| line.phase == Phase::Heal);
            lines.any(|line| line.step.is_none() && line.text == text)
        };
        assert!(healed("inbound-queue@1 works again"), "{lines:#?}");
        assert!(healed("core-container@2 works again"), "{lines:#?}");
    }

    #[test]
    fn a_story_changes_nothing() {
        let text = builtin::text("crash-anywhere").expect("the scenario is built in");
        let plan = Arc::new(Plan::load(text, "", &[]).expect("the scenario is right"));
        for run in 0..20 {
            let mut runner = Runner::new(Arc::clone(&plan));
            let mut watched = (Choices::default(), Story::new(|_| {}));
            let told = runner.run(&mut Random::new(1), run, &mut watched);
            let mut choices = Choices::default();
            let untold = runner.run(&mut Random::new(1), run, &mut choices);
            assert_eq!((told, watched.0), (untold.clone(), choices));
            assert_eq!(untold.verdict, Verdict::Holds);
        }
    }
}

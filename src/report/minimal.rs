//! The smallest failure, as data and in words.

use serde::Serialize;

use crate::explore::{Ended, Failure, Minimal, Size};
use crate::report::palette::{Palette, paint};
use crate::report::past;
use crate::report::story::Line;

/// The smallest failure that shows the same as the one that was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MinimalSummary {
    /// How large it is.
    pub size: SizeSummary,
    /// How large the failure was that was found.
    pub before: SizeSummary,
    /// Whether nothing more can be left out, or the search was not through.
    pub ended: Ended,
    /// How many choices the run had taken.
    pub step: u64,
    /// What happened, in a sentence.
    pub what: String,
    /// Why.
    pub because: Vec<String>,
    /// The keys of the scenario that do not have their default value.
    pub settings: Vec<String>,
    /// What the run does differently from the fair one.
    pub deviations: Vec<String>,
    /// The steps that the violation cannot be understood without.
    pub story: Vec<Line>,
    /// The numbers of the records that the violation is about.
    pub records: Vec<u16>,
    /// The size in words.
    #[serde(skip)]
    size_in_words: String,
    /// The size before in words.
    #[serde(skip)]
    before_in_words: String,
}

/// The size of a failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct SizeSummary {
    /// Records in all batches.
    pub records: usize,
    /// Stages.
    pub stages: usize,
    /// Regions.
    pub regions: usize,
    /// Lines of the script.
    pub script_lines: usize,
    /// How many things the run does differently from the fair one.
    pub deviations: usize,
    /// Steps of the run.
    pub steps: u64,
}

impl From<Size> for SizeSummary {
    fn from(size: Size) -> SizeSummary {
        let Size { records, stages, regions, script_lines, deviations, is_timed: _, steps } = size;
        SizeSummary { records, stages, regions, script_lines, deviations, steps }
    }
}

impl MinimalSummary {
    /// What is said of a failure that became small.
    pub fn new(minimal: &Minimal) -> MinimalSummary {
        let (story, records) = past::story(&minimal.saved);
        MinimalSummary {
            size: minimal.size.into(),
            before: minimal.before.into(),
            ended: minimal.ended,
            step: minimal.violation.step,
            what: minimal.violation.what.clone(),
            because: minimal.violation.because.clone(),
            settings: minimal.saved.settings(),
            deviations: minimal.saved.deviations_in_words(),
            story,
            records: records.into_iter().map(|record| record.0).collect(),
            size_in_words: minimal.size.to_string(),
            before_in_words: minimal.before.to_string(),
        }
    }

    /// How small it has become, in two lines, and whether that is all.
    pub fn sizes(&self, palette: &Palette) -> Vec<String> {
        let mut lines = vec![
            format!("  Smallest   {}", paint(palette.strong, &self.size_in_words)),
            format!("  Found in   {}", self.before_in_words),
        ];
        let warning = match self.ended {
            Ended::Complete => None,
            Ended::Interrupted => {
                Some(("INTERRUPTED", "minimize the saved file to go on from here"))
            }
            Ended::OutOfSteps => {
                Some(("NOT THROUGH", "minimize the saved file with a higher --steps-max to go on"))
            }
        };
        lines.extend(warning.map(|(word, remedy)| {
            format!("  {}: it may become smaller; {remedy}", paint(palette.loud, word))
        }));
        lines
    }

    /// What it needs, in one line: the keys of the scenario and the schedule.
    pub fn needs(&self) -> String {
        format!("  Scenario   {}", self.settings.join(", "))
    }

    /// What happened, step by step.
    pub fn story(&self, palette: &Palette) -> Vec<String> {
        told(&self.story, &self.records, palette)
    }
}

/// All that a person needs of a failure that a property test or a fuzz target met: what is violated
/// and why, the story of the smallest run that shows it, and that run as a test to paste and as a
/// file. It makes the failure smaller first, which takes some time: this is for the failure that is
/// shown, not for each that a shrinker meets on its way.
///
/// ```
/// use active_active::explore::check;
/// use active_active::model::options::Action;
/// use active_active::report::minimal;
/// use active_active::scenario::builtin;
///
/// let mut scenario = builtin::scenario("baseline")?;
/// scenario.container.steps = vec![Action::Remove, Action::Store, Action::Publish];
/// let failure = check(&scenario, &[1, 2, 3]).expect_err("it is wrong to remove first");
/// let text = minimal::in_full(&failure);
/// assert!(text.contains("Smallest   1 record, 1 stage, the fair schedule"), "{text}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn in_full(failure: &Failure) -> String {
    let Failure::Violated(found) = failure else { return failure.to_string() };
    let minimal = found.minimise();
    let summary = MinimalSummary::new(&minimal);
    let plain = &Palette::PLAIN;
    let mut lines = vec![format!("{}\n", minimal.violation)];
    lines.extend(summary.sizes(plain));
    lines.push(summary.needs());
    lines.push(String::new());
    lines.extend(summary.story(plain));
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let (test, file) = (minimal.saved.to_test(), minimal.saved.to_text());
    format!("{text}\nAs a test:\n\n{test}\nAs a file for 'active-active replay FILE':\n\n{file}")
}

/// The lines of a story, with the records that it is about where the eye finds them.
pub fn told(story: &[Line], records: &[u16], palette: &Palette) -> Vec<String> {
    let records: Vec<_> = records.iter().map(|&id| crate::model::RecordId(id)).collect();
    story.iter().map(|line| line.text_about(&records, palette)).collect()
}

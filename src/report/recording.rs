//! A run written down frame by frame, so that a picture of it can be moved forwards and back.
//!
//! ```
//! use std::sync::Arc;
//! use active_active::explore::Runner;
//! use active_active::plan::Plan;
//! use active_active::report::recording::{Recording, Window};
//! use active_active::scenario::builtin;
//! use active_active::scheduler::Random;
//!
//! let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
//! let mut runner = Runner::new(Arc::clone(&plan));
//! let recording = Recording::of(&plan, Window::default(), |watcher| {
//!     runner.run(&mut Random::new(1), 0, watcher)
//! });
//! assert_eq!(recording.steps_recorded(), recording.outcome.steps);
//! assert!(recording.lives.iter().all(|life| life.arrived.is_some()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;

use crate::model::fault::{Fault, Target};
use crate::model::id::{MachineId, RecordId};
use crate::model::message::MessageKind;
use crate::plan::Plan;
use crate::report::story::{Line, Mark, Story};
use crate::run::{Outcome, Phase};
use crate::scheduler::{Span, VirtualTime};

mod recorder;
pub mod values;

pub use recorder::Recorder;

/// Who watches a run that is recorded: one writes down what changed, one puts it into words.
pub type Watcher<'a> = (Recorder, Story<Box<dyn FnMut(Line) + 'a>>);

/// Which part of a run is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// The first step, counted from 1.
    pub first: u64,
    /// At most so many steps.
    pub steps_max: u64,
}

impl Default for Window {
    /// The first 20,000 steps: more make a page that no browser likes.
    fn default() -> Window {
        Window { first: 1, steps_max: 20_000 }
    }
}

impl Window {
    /// The same number of steps, but the last ones of a run that takes so many.
    #[must_use]
    pub fn ending_at(self, steps: u64) -> Window {
        Window { first: (steps + 1).saturating_sub(self.steps_max).max(1), ..self }
    }

    fn contains(&self, step: u64) -> bool {
        (self.first..self.first.saturating_add(self.steps_max)).contains(&step)
    }
}

/// One moment of a run: a step, or what a healing did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The number of the step; none for what is no step.
    pub step: Option<u64>,
    /// The part of the run.
    pub phase: Phase,
    /// What kind of line it is.
    pub mark: Mark,
    /// What happened, in words.
    pub text: String,
    /// Who took the step; none for a fault.
    pub actor: Option<MachineId>,
    /// What it handled; none for a fault.
    pub handled: Option<Handled>,
    /// What it sent.
    pub sent: Vec<Sent>,
    /// The machines that show something else than before, with what they show now (see
    /// [`values`]).
    pub changes: Vec<(MachineId, Vec<u32>)>,
}

/// The message that a step handled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handled {
    /// Its kind.
    pub kind: MessageKind,
    /// The record that it is about, if it is about one.
    pub record: Option<RecordId>,
    /// Who sent it, and in which step; none if that was before the recording began.
    pub sent: Option<(MachineId, u64)>,
}

/// A message that a step sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// To whom.
    pub to: MachineId,
    /// Its kind.
    pub kind: MessageKind,
    /// The record that it is about, if it is about one.
    pub record: Option<RecordId>,
}

/// The steps at which a record passed the ends of the system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Life {
    /// Which record.
    pub record: RecordId,
    /// When the source sent it for the first time.
    pub published: u64,
    /// When the source held the acknowledgement.
    pub accepted: Option<u64>,
    /// When it was at the destination.
    pub arrived: Option<u64>,
}

impl Life {
    /// How long it took from the first send to the arrival, if it arrived and the run had a time.
    pub fn took(&self, recording: &Recording) -> Option<VirtualTime> {
        let (from, to) = (recording.time_of(self.published)?, recording.time_of(self.arrived?)?);
        Some(VirtualTime(to.us() - from.us()))
    }
}

/// A fault and how long it lasted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Disturbance {
    /// What happened to whom.
    pub fault: Fault,
    /// The script brought it about, and not a choice within the budget.
    pub scripted: bool,
    /// The step in which it began.
    pub from: u64,
    /// The step in which it ended; none if it never did.
    pub to: Option<u64>,
}

/// A run, written down. Frames are bounded by a [`Window`]; lives and disturbances are not.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::explore::Runner;
/// use active_active::model::RecordId;
/// use active_active::model::fault::FaultKind;
/// use active_active::plan::Plan;
/// use active_active::report::recording::{
///     Disturbance, Frame, Handled, Life, Recorder, Recording, Sent, Watcher, Window,
/// };
/// use active_active::scenario::builtin;
/// use active_active::scheduler::Random;
///
/// let plan = Arc::new(Plan::new(&builtin::scenario("f1-fail-container")?)?);
/// let recording = Recording::of(&plan, Window::default(), |watcher: &mut Watcher<'_>| {
///     let (_, _): &(Recorder, _) = watcher;
///     Runner::new(Arc::clone(&plan)).run(&mut Random::new(1), 0, watcher)
/// });
/// // A frame for each step: who handled what, and what came of it.
/// let frame: &Frame = recording.frames.iter().find(|frame| frame.handled.is_some()).unwrap();
/// let Handled { kind, record, .. } = frame.handled.unwrap();
/// assert!(frame.text.starts_with(plan.layout.name(frame.actor.unwrap())), "{}", frame.text);
/// let Sent { to, .. } = recording.frames.iter().find_map(|frame| frame.sent.first()).unwrap();
/// assert!(usize::from(to.0) < plan.layout.machines());
/// // The script pauses a container, and lets it work again.
/// let paused: &Disturbance = &recording.disturbances[0];
/// assert!(paused.scripted && paused.fault.kind == FaultKind::Pause && paused.to.is_some());
/// // Every record arrives, after it was published.
/// let Life { record, published, arrived, .. } = recording.lives[0];
/// assert_eq!(record, RecordId(1));
/// assert!(arrived.is_some_and(|arrived| arrived > published));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Recording {
    /// What was run.
    pub plan: Arc<Plan>,
    /// What it showed.
    pub outcome: Outcome,
    /// Which part of it the frames are.
    pub window: Window,
    /// By machine: what it showed before the first frame.
    pub initial: Vec<Vec<u32>>,
    /// In order.
    pub frames: Vec<Frame>,
    /// Records in the order in which they were first published.
    pub lives: Vec<Life>,
    /// Faults in the order in which they began.
    pub disturbances: Vec<Disturbance>,
    /// By action of the script: the step in which the driver was done with it.
    pub script: Vec<Option<u64>>,
    /// By step, from 1: when it began and when it happened; the first stands for the beginning of
    /// the run. Empty if the scheduler knows no time.
    pub times: Vec<Span>,
    /// How many steps of this part are healings; one that found something to heal has a frame without a
    /// number.
    pub heals: u64,
}

impl Recording {
    /// Makes a run, which `run` carries out with the watcher as its observer, and writes it down.
    pub fn of(
        plan: &Arc<Plan>,
        window: Window,
        run: impl FnOnce(&mut Watcher<'_>) -> Outcome,
    ) -> Recording {
        let mut lines: Vec<Line> = Vec::new();
        let (recorder, outcome) = {
            let tell = |line: Line| {
                if line.step.is_none_or(|step| window.contains(step)) {
                    lines.push(line);
                }
            };
            let mut watcher: Watcher<'_> =
                (Recorder::new(plan, window), Story::new(Box::new(tell)));
            let outcome = run(&mut watcher);
            (watcher.0, outcome)
        };
        recorder.into_recording(Arc::clone(plan), outcome, lines)
    }

    /// How many steps the frames cover, healings included.
    pub fn steps_recorded(&self) -> u64 {
        self.frames.iter().filter(|frame| frame.step.is_some()).count() as u64 + self.heals
    }

    /// When a step happened, if the run had a time; step 0 is its beginning.
    pub fn time_of(&self, step: u64) -> Option<VirtualTime> {
        self.times.get(step as usize).map(|span| span.end)
    }

    /// Whether every step of the run has its frame.
    pub fn is_whole(&self) -> bool {
        self.steps_recorded() == self.outcome.steps
    }

    /// The number of the last step at or before a frame, 0 if there is none.
    pub fn step_at(&self, frame: usize) -> u64 {
        let before = self.frames[..=frame].iter().rev();
        before.filter_map(|frame| frame.step).next().unwrap_or(self.window.first - 1)
    }
}

impl Disturbance {
    /// Whether the fault is still there after a step.
    pub fn lasts_at(&self, step: u64) -> bool {
        self.from <= step && self.to.is_none_or(|to| to > step)
    }

    /// To whom it happened.
    pub fn target(&self) -> Target {
        self.fault.target
    }
}

//! A thread of a search: where it is, and what it does there.

use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use crate::explore::evidence::Evidence;
use crate::explore::verify::livelock::Graph;
use crate::explore::verify::pool::Job;
use crate::explore::verify::progress::Tally;
use crate::explore::verify::recent::Recent;
use crate::explore::verify::search::{Pass, Search, Shared, Task, counted};
use crate::explore::verify::space::Space;
use crate::explore::verify::store::{Full, Reader, Store};
use crate::model::fault::FaultPoint;
use crate::model::layout::DRIVER;
use crate::run::healed::{self, BroughtBack};
use crate::sim::Choice;
use crate::spec::Breach;

/// One of the states between the beginning and where a thread is.
struct Frame<State> {
    state: State,
    /// The choices that lead to states which no other thread enters.
    choices: Vec<Choice>,
    /// The first of them that was not taken.
    next: usize,
    /// How many choices lead there.
    length: usize,
    /// How many of them were no moves of the script, and how far the script is.
    ///
    /// A driver can come to an await before or after what it waits for, and then takes a step more or not:
    /// so its moves are not counted. Going round in a circle takes work nevertheless: a driver that begins
    /// to wait, or is told that this is the moment, moves next only to go on or after another machine did.
    work: u64,
}

/// A choice, and the state that it leads to.
#[derive(Clone, Copy, Debug)]
struct Way {
    choice: Choice,
    fingerprint: u128,
    /// As [`Frame::work`] and [`Frame::length`], as far as they can be counted.
    work: u16,
    length: u16,
    /// The number of the state, if it was found without a lock.
    known: Option<u16>,
}

/// A thread of a search.
pub(super) struct Worker<'a, S: Space> {
    search: &'a Search<'a>,
    shared: &'a Shared,
    space: S,
    /// What [`Task::NoteCycles`] notes.
    graph: Graph,
    /// As [`Pass::operator`].
    operator: Option<BroughtBack>,
    /// As [`Pass::evidence`].
    evidence: Evidence,
    /// Those in use first; the others are kept for their memory.
    frames: Vec<Frame<S::State>>,
    path: Vec<Choice>,
    /// Memory for what can be chosen in a state, and for what that leads to.
    options: Vec<Choice>,
    ways: Vec<Way>,
    reader: Reader<'a>,
    tally: Tally,
    recent: Recent,
    is_uneven: bool,
    /// There was no memory left.
    is_full: bool,
    /// No run of so many choices or more is of interest.
    length_max: usize,
}

/// Whether the choice is a move of the script: see [`Frame::work`].
#[inline]
fn is_of_the_script(choice: Choice) -> bool {
    matches!(choice, Choice::Step(DRIVER) | Choice::Fault(FaultPoint::GoOn))
}

/// A worker looks around after so many choices.
const LOOK_EVERY: u64 = 512;

impl<'a, S: Space> Worker<'a, S> {
    pub(super) fn new(search: &'a Search<'a>, shared: &'a Shared, space: S) -> Worker<'a, S> {
        Worker {
            search,
            shared,
            space,
            graph: Graph::default(),
            operator: None,
            evidence: Evidence::default(),
            frames: Vec::new(),
            path: Vec::new(),
            options: Vec::new(),
            ways: Vec::new(),
            reader: search.store.reader(),
            tally: Tally::default(),
            recent: Recent::default(),
            is_uneven: false,
            is_full: false,
            length_max: match search.task {
                Task::Shorten { below, .. } => below,
                Task::Judge | Task::CountWays | Task::RemoveWays | Task::NoteCycles(_) => {
                    usize::MAX
                }
            },
        }
    }

    /// Works until nothing is left to be done.
    pub(super) fn work(mut self) {
        while let Some(job) = self.shared.pool.take() {
            self.explore(job);
            self.look_around(0);
        }
        let mut pass = self.shared.pass.lock().unwrap_or_else(PoisonError::into_inner);
        pass.is_uneven |= self.is_uneven;
        pass.graph.append(self.graph);
        pass.operator = pass.operator.into_iter().chain(self.operator).min();
        pass.evidence.merge(&self.evidence);
    }

    /// Enters all states behind a job's choices.
    fn explore(&mut self, job: Job) {
        let Job { point, path, choices, is_root } = job;
        let state = self.space.begin(point, &path);
        let work = path.iter().filter(|&&choice| !is_of_the_script(choice)).count();
        let work = (work + self.space.due(&state)) as u64;
        let first = Frame { state, choices, next: 0, length: path.len(), work };
        match self.frames.first_mut() {
            Some(frame) => *frame = first,
            None => self.frames.push(first),
        }
        self.path = path;
        if is_root && !self.open(0) {
            return;
        }
        let mut depth = 0;
        loop {
            let frame = &mut self.frames[depth];
            self.path.truncate(frame.length);
            let Some(&choice) = frame.choices.get(frame.next) else {
                if depth == 0 {
                    return;
                }
                depth -= 1;
                continue;
            };
            frame.next += 1;
            let is_last = frame.next == frame.choices.len();
            if self.enter(depth, choice) {
                match is_last {
                    // Nothing is left to be done in the state that it came from.
                    true => self.frames.swap(depth, depth + 1),
                    false => depth += 1,
                }
            }
            let is_due = self.tally.transitions >= LOOK_EVERY || self.is_full;
            if is_due && self.look_around(depth) {
                return;
            }
        }
    }

    /// Enters the state that a choice leads to from that of a frame: it is in the next frame then. Whether
    /// there is anything to be done in it.
    fn enter(&mut self, depth: usize, choice: Choice) -> bool {
        if self.path.len() + 1 >= self.length_max || self.take(depth, choice).is_err() {
            return false;
        }
        let work = self.work_after(depth, choice);
        let frame = &mut self.frames[depth + 1];
        (frame.next, frame.length, frame.work) = (0, self.path.len(), work);
        self.tally.states += 1;
        self.tally.depth = self.tally.depth.max(self.path.len() as u64);
        self.open(depth + 1)
    }

    /// Judges the state of a frame, and finds out which of its choices lead to states that are to be entered.
    /// Whether there are such.
    fn open(&mut self, depth: usize) -> bool {
        let mut options = std::mem::take(&mut self.options);
        options.clear();
        let Frame { state, length, .. } = &self.frames[depth];
        self.space.choices(state, &self.path[..*length], &mut options);
        let is_sound = self.judge(depth, options.is_empty()).is_ok();
        if is_sound {
            if self.may_end(depth) && !options.contains(&Choice::Heal) {
                options.push(Choice::Heal);
            }
            self.note_operator(depth, &options);
            self.note_cyclic(depth, &options);
            self.look_ahead(depth, &options);
        } else {
            self.found();
        }
        self.options = options;
        is_sound && !self.frames[depth].choices.is_empty()
    }

    /// Whether the chaos may be ended in the state of a frame, though some machine can step: where the
    /// system can stay for as long as it likes.
    fn may_end(&mut self, depth: usize) -> bool {
        let Some(ways) = self.search.ended else { return false };
        is_left(ways, S::fingerprint(&self.frames[depth].state)) && !self.goes_on(depth)
    }

    /// Whether nothing ends a cycle that the state of a frame is on.
    fn goes_on(&mut self, depth: usize) -> bool {
        let Frame { state, length, .. } = &self.frames[depth];
        !self.space.point(state, &self.path[..*length]).simulation.may_end()
    }

    /// Notes what a healing of the state of a frame brings back that nothing else would.
    fn note_operator(&mut self, depth: usize, options: &[Choice]) {
        if options.last() == Some(&Choice::Heal) && matches!(self.search.task, Task::Judge) {
            let Frame { state, length, .. } = &self.frames[depth];
            let point = self.space.point(state, &self.path[..*length]);
            let first = healed::first(&point.simulation, &point.spec);
            self.operator = self.operator.into_iter().chain(first).min();
        }
    }

    /// Notes a state of a closed run that may lead to itself.
    fn note_cyclic(&mut self, depth: usize, options: &[Choice]) {
        let Task::NoteCycles(ways) = self.search.task else { return };
        let fingerprint = S::fingerprint(&self.frames[depth].state);
        if is_left(ways, fingerprint) && self.goes_on(depth) {
            let path = &self.path[..self.frames[depth].length];
            let bytes = self.graph.begin(fingerprint, path, options);
            if !self.search.store.note_beside(bytes) {
                self.no_memory();
            }
        }
    }

    /// Takes each choice, and keeps those that lead to a state which is to be entered.
    ///
    /// All are taken before the store is asked, so that the processor can wait for several of its answers
    /// at once.
    fn look_ahead(&mut self, depth: usize, options: &[Choice]) {
        self.ways.clear();
        let from = self.frames[depth].length;
        for &choice in options {
            self.path.truncate(from);
            if self.path.len() + 1 >= self.length_max {
                break;
            }
            self.tally.transitions += 1;
            if self.take(depth, choice).is_err() {
                self.found();
                continue;
            }
            let work = counted(self.work_after(depth, choice) as usize);
            let length = counted(self.path.len());
            let fingerprint = S::fingerprint(&self.frames[depth + 1].state);
            let origin = S::fingerprint(&self.frames[depth].state);
            self.graph.lead(origin, fingerprint, &self.path[from..]);
            self.is_uneven |= work == u16::MAX;
            if !self.is_plain() || !self.recent.has(fingerprint, work) {
                self.ways.push(Way { choice, fingerprint, work, length, known: None });
            }
        }
        self.path.truncate(from);
        if self.is_plain() {
            for way in &mut self.ways {
                way.known = self.reader.get(way.fingerprint);
            }
        }
        let mut choices = std::mem::take(&mut self.frames[depth].choices);
        choices.clear();
        for index in 0..self.ways.len() {
            let way = self.ways[index];
            if self.is_to_enter(&way) {
                choices.push(way.choice);
            }
        }
        self.frames[depth].choices = choices;
    }

    /// Whether a state is entered once, however it is reached.
    #[inline]
    fn is_plain(&self) -> bool {
        match self.search.task {
            Task::Judge | Task::NoteCycles(_) => true,
            Task::Shorten { .. } | Task::CountWays | Task::RemoveWays => false,
        }
    }

    /// Takes a choice in the state of a frame, and adds it to the path; the next frame has the state that it
    /// leads to then.
    #[inline]
    fn take(&mut self, depth: usize, choice: Choice) -> Result<(), Breach> {
        if self.frames.len() == depth + 1 {
            // A state between the beginning and here takes much more than its entry in the store.
            if !self.search.store.note_beside(self.space.state_bytes()) {
                self.no_memory();
            }
            let state = self.space.another(&self.frames[depth].state);
            self.frames.push(Frame { state, choices: Vec::new(), next: 0, length: 0, work: 0 });
        }
        let (before, after) = self.frames.split_at_mut(depth + 1);
        self.path.push(choice);
        let (parent, child) = (&before[depth].state, &mut after[0].state);
        self.space.take(parent, child, &mut self.path, &mut self.tally)?;
        if choice.can_strike() {
            self.evidence.struck.extend(self.space.struck(child));
        }
        Ok(())
    }

    /// The work that leads to the state in the next frame (see [`Frame::work`]), by this choice.
    #[inline]
    fn work_after(&self, depth: usize, choice: Choice) -> u64 {
        let (parent, child) = (&self.frames[depth], &self.frames[depth + 1].state);
        let taken = self.path.len() - parent.length - usize::from(is_of_the_script(choice));
        let script = self.space.due(child) - self.space.due(&parent.state);
        parent.work + (taken + script) as u64
    }

    /// Notes in the store that a state was reached, and tells whether it is to be entered.
    fn is_to_enter(&mut self, way: &Way) -> bool {
        let Way { fingerprint, work, length, known, .. } = *way;
        let store = self.search.store;
        let before = match self.search.task {
            Task::Judge | Task::NoteCycles(_) => match known {
                Some(old) => Ok(Some(old)),
                None => store.update(fingerprint, |before| before.unwrap_or(work)),
            },
            Task::Shorten { .. } => {
                store.update(fingerprint, |old| old.unwrap_or(length).min(length))
            }
            Task::CountWays => {
                store.update(fingerprint, |ways| ways.unwrap_or(0).saturating_add(1))
            }
            Task::RemoveWays => {
                let removed = store.update(fingerprint, |ways| match ways {
                    // More ways than can be counted.
                    Some(u16::MAX) => u16::MAX,
                    ways => ways.unwrap_or(0).saturating_sub(1),
                });
                return removed == Ok(Some(1));
            }
        };
        match (self.search.task, before) {
            (Task::Shorten { .. }, Ok(Some(old))) => old > length,
            (_, Ok(Some(old))) => {
                self.is_uneven |= old != work;
                false
            }
            (_, Ok(None)) => true,
            (_, Err(Full)) => {
                self.no_memory();
                false
            }
        }
    }

    /// Judges the end of a run, if it is over in the state of a frame.
    fn judge(&mut self, depth: usize, is_over: bool) -> Result<(), ()> {
        let judges = match self.search.task {
            Task::Judge | Task::Shorten { .. } | Task::NoteCycles(_) => is_over,
            Task::CountWays | Task::RemoveWays => false,
        };
        if !judges {
            return Ok(());
        }
        self.tally.ends += 1;
        let Frame { state, length, .. } = &self.frames[depth];
        let point = self.space.point(state, &self.path[..*length]);
        point.spec.judge_end(&point.simulation).map_err(|_| ())?;
        if matches!(self.search.task, Task::Judge) {
            let ending = point.spec.ending(&point.simulation);
            self.evidence.merge(&Evidence::of(&ending, self.search.plan));
        }
        Ok(())
    }

    /// A run that violates the spec.
    fn found(&mut self) {
        let mut pass = self.lock_pass();
        let shorter = pass.violation.as_ref().is_none_or(|known| known.len() > self.path.len());
        if shorter {
            pass.violation = Some(self.path.clone());
        }
        drop(pass);
        match self.search.task {
            Task::Shorten { .. } => self.length_max = self.length_max.min(self.path.len()),
            Task::Judge | Task::CountWays | Task::RemoveWays | Task::NoteCycles(_) => self.stop(),
        }
    }

    /// There is no more memory.
    fn no_memory(&mut self) {
        self.is_full = true;
        self.lock_pass().is_full = true;
        self.stop();
    }

    fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.pool.close();
    }

    fn lock_pass(&self) -> MutexGuard<'a, Pass> {
        self.shared.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how far it is, and gives work away if a thread has none. Whether it is to stop.
    fn look_around(&mut self, depth: usize) -> bool {
        self.search.counts.note(&self.tally, self.search.store.bytes());
        self.tally = Tally::default();
        let is_cut = match self.search.task {
            Task::Shorten { choices_max, .. } => self.search.counts.transitions() > choices_max,
            Task::Judge | Task::CountWays | Task::RemoveWays | Task::NoteCycles(_) => false,
        };
        if is_cut || self.search.progress.is_stopped() {
            self.lock_pass().is_cut = true;
            self.stop();
        }
        if self.shared.stop.load(Ordering::Relaxed) {
            return true;
        }
        if self.shared.pool.is_hungry() {
            self.share(depth);
        }
        false
    }

    /// Gives away what was not entered from the first state that has such choices.
    fn share(&mut self, depth: usize) {
        let frames = self.frames.iter_mut().take(depth + 1);
        let Some(frame) = frames.into_iter().find(|frame| frame.next < frame.choices.len()) else {
            return;
        };
        let choices = frame.choices.split_off(frame.next);
        let path = self.path[..frame.length].to_vec();
        let point = self.space.point(&frame.state, &path).clone();
        self.shared.pool.give(Job { point, path, choices, is_root: false });
    }
}

/// Whether some of the ways that lead to the state were not removed.
fn is_left(ways: &Store, fingerprint: u128) -> bool {
    ways.update(fingerprint, |ways| ways.unwrap_or(0)).is_ok_and(|ways| ways.unwrap_or(0) > 0)
}

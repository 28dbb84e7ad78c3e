//! One pass over all states, depth first, on any number of threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::explore::Runner;
use crate::explore::verify::locals::Locals;
use crate::explore::verify::point::Point;
use crate::explore::verify::pool::{Job, Pool};
use crate::explore::verify::progress::{Progress, Tally};
use crate::explore::verify::reduction::Reduction;
use crate::explore::verify::space::{Points, Space};
use crate::explore::verify::store::{Full, Reader, Store};
use crate::model::fault::FaultPoint;
use crate::model::layout::DRIVER;
use crate::plan::Plan;
use crate::sim::{Bytes, Choice};
use crate::spec::Breach;

/// What a pass does with the states that it comes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task<'a> {
    /// Enters each state once and judges it. The store has how many choices away it was entered.
    Judge,
    /// As `Judge`, on one thread, but enters a state again when it comes to it by fewer choices, and goes
    /// on after a violation to look for a shorter one: the last is the shortest. It is cut short after
    /// so many choices.
    Shorten(u64),
    /// Enters each state once and counts in how many ways it is reached.
    CountWays,
    /// Enters a state when each of the ways that were counted was gone: never, if it leads to itself or
    /// comes behind one that does.
    RemoveWays,
    /// Enters each state once, and judges those that were not entered while ways were removed, as the
    /// store given says: a run may be there for as long as it likes.
    JudgeCycles(&'a Store),
}

/// A pass over all states.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search<'a> {
    pub(super) plan: &'a Arc<Plan>,
    pub(super) store: &'a Store,
    pub(super) reduction: &'a Reduction,
    /// States are represented by their parts: see [`Locals`].
    pub(super) by_parts: bool,
    /// States are one that differ in which record is where: see [`symmetry`](super::symmetry).
    pub(super) exchanges: bool,
    pub(super) task: Task<'a>,
    pub(super) threads: usize,
    /// Is told how far the pass is.
    pub(super) counts: &'a Progress,
    /// Is asked whether to stop.
    pub(super) progress: &'a Progress,
}

/// What a pass shows.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// The choices of a run that violates the spec, up to the violation.
    pub(super) violation: Option<Vec<Choice>>,
    /// States were left out, because there was no memory for them.
    pub(super) is_full: bool,
    /// States were left out, because it was stopped.
    pub(super) is_cut: bool,
    /// Some state was reached by different amounts of work (see [`Frame::work`]). If none was, none leads
    /// to itself.
    pub(super) is_uneven: bool,
}

/// What the threads of a pass share.
struct Shared {
    pool: Pool,
    stop: AtomicBool,
    pass: Mutex<Pass>,
}

impl Search<'_> {
    /// Makes the pass.
    pub(super) fn run(&self) -> Pass {
        let mut root = Point::new(self.plan);
        let mut path = Vec::new();
        let (tally, spare) = (&mut Tally::default(), &mut None);
        let fails = self.reduction.settle(&mut root, self.plan, spare, &mut path, tally).is_err();
        root.hash_all(self.plan, &mut Bytes::new(self.exchanges));
        let root = Job { choices: Vec::new(), point: root, path, is_root: true };
        if fails {
            return Pass { violation: Some(root.path), ..Pass::default() };
        }
        let fingerprint = root.point.fingerprint();
        let ways = match self.task {
            Task::RemoveWays => match self.store.update(fingerprint, |ways| ways.unwrap_or(0)) {
                Ok(Some(0)) => 0,
                // A state that leads back to the beginning: nothing can be removed.
                Ok(_) | Err(Full) => return Pass::default(),
            },
            Task::CountWays => 0,
            Task::Shorten(_) => root.path.len() as u16,
            Task::Judge | Task::JudgeCycles(_) => {
                (root.path.len() + root.point.simulation.driver().next()) as u16
            }
        };
        if self.store.update(fingerprint, |_| ways).is_err() {
            return Pass { is_full: true, ..Pass::default() };
        }
        self.counts.note(&Tally { states: 1, ..*tally }, self.store.bytes());
        let shared = Shared {
            pool: Pool::new(self.threads.max(1), root),
            stop: AtomicBool::new(false),
            pass: Mutex::default(),
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads {
                scope.spawn(|| self.work(&shared));
            }
            self.work(&shared);
        });
        shared.pass.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// One thread's share of the pass.
    fn work(&self, shared: &Shared) {
        if self.by_parts {
            Worker::new(self, shared, Locals::new(self.plan, self.store)).work();
        } else {
            Worker::new(self, shared, Points::new(self.plan, self.reduction, self.exchanges))
                .work();
        }
    }
}

/// One of the states between the beginning and where a thread is.
struct Frame<State> {
    state: State,
    /// The choices that lead to states which nobody else enters.
    choices: Vec<Choice>,
    /// The first of them that was not taken.
    next: usize,
    /// How many choices lead there.
    length: usize,
    /// How many of them were no moves of the script, and how far the script is.
    ///
    /// A driver can come to an await before or after what it waits for, and then takes a step more or not:
    /// so its moves are not counted. Going round in a circle takes work nevertheless: a driver that begins
    /// to wait, or is told that this is the moment, moves next only to go on or after somebody else did.
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
struct Worker<'a, S: Space> {
    search: &'a Search<'a>,
    shared: &'a Shared,
    space: S,
    runner: Runner,
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
    fn new(search: &'a Search<'a>, shared: &'a Shared, space: S) -> Worker<'a, S> {
        Worker {
            search,
            shared,
            space,
            runner: Runner::new(Arc::clone(search.plan)),
            frames: Vec::new(),
            path: Vec::new(),
            options: Vec::new(),
            ways: Vec::new(),
            reader: search.store.reader(),
            tally: Tally::default(),
            recent: Recent::default(),
            is_uneven: false,
            length_max: usize::MAX,
        }
    }

    fn work(mut self) {
        while let Some(job) = self.shared.pool.take() {
            self.explore(job);
            self.look_around(0);
        }
        let mut pass = self.shared.pass.lock().unwrap_or_else(PoisonError::into_inner);
        pass.is_uneven |= self.is_uneven;
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
            depth += usize::from(self.enter(depth, choice));
            if self.tally.transitions >= LOOK_EVERY && self.look_around(depth) {
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
        self.space.choices(&self.frames[depth].state, &mut options);
        let is_sound = self.judge(depth, options.is_empty()).is_ok();
        if is_sound {
            self.look_ahead(depth, &options);
        } else {
            self.found();
        }
        self.options = options;
        is_sound && !self.frames[depth].choices.is_empty()
    }

    /// Takes each choice, and keeps those that lead to a state which is to be entered.
    ///
    /// All are taken before the store is asked, so that the processor can wait for several of its answers
    /// at once.
    fn look_ahead(&mut self, depth: usize, options: &[Choice]) {
        self.ways.clear();
        let length = self.frames[depth].length;
        for &choice in options {
            self.path.truncate(length);
            if self.path.len() + 1 >= self.length_max {
                break;
            }
            self.tally.transitions += 1;
            if self.take(depth, choice).is_err() {
                self.found();
                continue;
            }
            let work = self.work_after(depth, choice).min(u64::from(u16::MAX)) as u16;
            let length = self.path.len().min(usize::from(u16::MAX)) as u16;
            let fingerprint = S::fingerprint(&self.frames[depth + 1].state);
            self.is_uneven |= work == u16::MAX;
            if !self.is_plain() || !self.recent.has(fingerprint, work) {
                self.ways.push(Way { choice, fingerprint, work, length, known: None });
            }
        }
        self.path.truncate(length);
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
            Task::Judge | Task::JudgeCycles(_) => true,
            Task::Shorten(_) | Task::CountWays | Task::RemoveWays => false,
        }
    }

    /// Takes a choice in the state of a frame, and adds it to the path; the next frame has the state that it
    /// leads to then.
    #[inline]
    fn take(&mut self, depth: usize, choice: Choice) -> Result<(), Breach> {
        if self.frames.len() == depth + 1 {
            let state = self.space.another(&self.frames[depth].state);
            self.frames.push(Frame { state, choices: Vec::new(), next: 0, length: 0, work: 0 });
        }
        let (before, after) = self.frames.split_at_mut(depth + 1);
        self.path.push(choice);
        let (parent, child) = (&before[depth].state, &mut after[0].state);
        self.space.take(parent, child, &mut self.path, &mut self.tally)
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
            Task::Judge | Task::JudgeCycles(_) => match known {
                Some(old) => Ok(Some(old)),
                None => store.update(fingerprint, |before| before.unwrap_or(work)),
            },
            Task::Shorten(_) => store.update(fingerprint, |old| old.unwrap_or(length).min(length)),
            Task::CountWays => {
                store.update(fingerprint, |ways| ways.unwrap_or(0).saturating_add(1))
            }
            Task::RemoveWays => {
                let removed = store.update(fingerprint, |ways| match ways {
                    // So many ways that nobody knows how many.
                    Some(u16::MAX) => u16::MAX,
                    ways => ways.unwrap_or(0).saturating_sub(1),
                });
                return removed == Ok(Some(1));
            }
        };
        match (self.search.task, before) {
            (Task::Shorten(_), Ok(Some(old))) => old > length,
            (_, Ok(Some(old))) => {
                self.is_uneven |= old != work;
                false
            }
            (_, Ok(None)) => true,
            (_, Err(Full)) => {
                self.lock_pass().is_full = true;
                self.stop();
                false
            }
        }
    }

    /// Judges the end of all runs that can end in the state of a frame; `rests` says whether nobody can
    /// step there.
    fn judge(&mut self, depth: usize, rests: bool) -> Result<(), ()> {
        let Frame { state, length, .. } = &self.frames[depth];
        let ends = match self.search.task {
            Task::Judge | Task::Shorten(_) => rests,
            Task::CountWays | Task::RemoveWays => false,
            Task::JudgeCycles(ways) => {
                let left = ways.update(S::fingerprint(state), |ways| ways.unwrap_or(0));
                left.is_ok_and(|ways| ways.unwrap_or(0) > 0)
            }
        };
        if !ends {
            return Ok(());
        }
        self.tally.ends += 1;
        let point = self.space.point(state, &self.path[..*length]);
        self.runner.judge_rest(&point.simulation, &point.spec).map_err(|_| ())
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
            Task::Shorten(_) => self.length_max = self.length_max.min(self.path.len()),
            Task::Judge | Task::CountWays | Task::RemoveWays | Task::JudgeCycles(_) => self.stop(),
        }
    }

    fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.pool.close();
    }

    fn lock_pass(&self) -> MutexGuard<'a, Pass> {
        self.shared.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how far it is, and gives work away if somebody has none. Whether it is to stop.
    fn look_around(&mut self, depth: usize) -> bool {
        self.search.counts.note(&self.tally, self.search.store.bytes());
        self.tally = Tally::default();
        let is_cut = match self.search.task {
            Task::Shorten(transitions_max) => self.search.counts.transitions() > transitions_max,
            Task::Judge | Task::CountWays | Task::RemoveWays | Task::JudgeCycles(_) => false,
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

/// States that a thread met lately: most choices lead to one of them, and need not ask the store.
struct Recent(Vec<u128>);

const RECENT: usize = 1 << 15;

impl Default for Recent {
    fn default() -> Recent {
        Recent(vec![0; RECENT])
    }
}

impl Recent {
    /// Whether the state was met lately after so many choices; it is now.
    #[inline]
    fn has(&mut self, fingerprint: u128, length: u16) -> bool {
        let entry = fingerprint & !0xffff | u128::from(length);
        let slot = &mut self.0[(fingerprint >> 20) as usize % RECENT];
        std::mem::replace(slot, entry) == entry
    }
}

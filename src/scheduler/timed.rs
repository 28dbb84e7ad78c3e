//! Virtual time: the machine that is ready first steps next.

use std::collections::VecDeque;
use std::fmt;

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::model::fault::{PointKind, Subject};
use crate::model::id::MachineId;
use crate::model::layout::Place;
use crate::model::message::{Message, MessageKind};
use crate::plan::Plan;
use crate::scenario::Timing;
use crate::scheduler::answer::step_of;
use crate::scheduler::moments::{self, within};
use crate::scheduler::seed::{below, generator};
use crate::scheduler::{RoundRobin, Scheduler};
use crate::sim::{Choice, Simulation};

mod site;

use site::{Site, comes_back};

/// A run of the timed scheduler: its choices and their times follow from it and the plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimedRun {
    /// What the runs of the scheduler derive from.
    pub seed: u64,
    /// Which of them it is.
    pub run: u64,
}

/// A moment of a run: microseconds of virtual time since its beginning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct VirtualTime(pub u64);

impl VirtualTime {
    /// Microseconds since the beginning of the run.
    pub fn us(self) -> u64 {
        self.0
    }

    /// Milliseconds since the beginning of the run.
    pub fn ms(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

impl fmt::Display for VirtualTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} ms", self.ms())
    }
}

/// When a step begins and when it is finished.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// Its machine takes the message up; for a fault, as the end.
    pub begin: VirtualTime,
    /// What it does happens.
    pub end: VirtualTime,
}

/// Gives every machine a service time and every message a way to go, and always takes the step that
/// is finished first. What a step does happens when it is finished: that is [`Scheduler::now`].
///
/// * A message is ready at its receiver after the latency between sender and receiver
///   ([`Timing::within_region_ms`], [`Timing::between_regions_ms`]).
/// * A machine begins with the first message of its inbox when that is ready and the machine is
///   open and done with the one before. It takes a service time: uniform around the mean of its
///   kind divided by its speed. (Only integers are drawn, so that a run is the same on every
///   platform.) The driver stands outside of the system: it and the way to it take no time.
/// * A consumer of a log that commits at intervals does so when an interval of 5 seconds has passed and nothing else waits for the
///   log.
/// * A queue delivers again what a consumer held that is gone, or hangs, when [`Timing::visibility_timeout_ms`] has passed since then and
///   nothing else waits for the queue, where that is a timeout which all other messages pass.
/// * Faults of the budget, and the moment of an `await sometime`, fall at drawn times: each run
///   draws their mean distance, from the time of one service to 512 times that. One that is due
///   while none is offered is passed over.
/// * Once everything is healed it goes on in the same way, without faults. No machine waits for ever,
///   since every step takes place at a finite time and equals take turns.
///
/// The model has one inbox a machine, in the order in which messages were sent. So a message that
/// has a long way to go delays those that were sent to the same machine after it. To keep that
/// small, what a replicator brings to other regions has its long way in front of the replicator,
/// where all messages have it.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::explore::{Observer, Phase, Runner};
/// use active_active::plan::Plan;
/// use active_active::scenario::builtin;
/// use active_active::scheduler::{Span, Timed, VirtualTime};
/// use active_active::sim::{Simulation, Step};
///
/// /// When the last step was finished.
/// #[derive(Default)]
/// struct Last(VirtualTime);
///
/// impl Observer for Last {
///     fn begin(&mut self, _simulation: &Simulation) {}
///
///     fn phase(&mut self, _phase: Phase, _simulation: &Simulation) {}
///
///     fn step(&mut self, _step: &Step, _simulation: &Simulation) {}
///
///     fn now(&mut self, span: Span) {
///         assert!(span.begin <= span.end && self.0 <= span.end);
///         self.0 = span.end;
///     }
/// }
///
/// let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
/// let mut last = Last::default();
/// Runner::new(plan).run(&mut Timed::new(1), 0, &mut last);
/// assert!((100.0..10_000.0).contains(&last.0.ms()), "{}", last.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Timed {
    seed: u64,
    run: u64,
    numbers: Xoshiro256PlusPlus,
    /// When the last choice happens.
    now: u64,
    /// When it began.
    since: u64,
    /// The machine that takes the step that was chosen last, until that was looked at.
    last: Option<MachineId>,
    timing: Timing,
    /// By machine: its mean service time, in microseconds.
    service: Vec<u64>,
    /// By machine: what its messages' latency depends on.
    sites: Vec<Site>,
    /// By machine: when each message of its inbox is ready, in the order of the inbox.
    ready: Vec<VecDeque<u64>>,
    /// By machine: when the step is finished that it has begun; [`NEVER`] if it has begun none.
    finished: Vec<u64>,
    /// By machine: when it began the step that it has begun.
    began: Vec<u64>,
    /// By machine: when the next commit of a log is due; [`NEVER`] if it has none to make.
    commits: Vec<u64>,
    /// By machine: when each visibility timeout is over that a queue waits for, in their order.
    timeouts: Vec<VecDeque<u64>>,
    /// When the next fault is due.
    fault_at: u64,
    /// The mean distance of two faults.
    fault_distance: u64,
}

/// A machine that has begun no step.
const NEVER: u64 = u64::MAX;
/// How long after a record was processed a consumer of a log commits at intervals: the default of Apache Kafka's
/// `auto.commit.interval.ms`.
const COMMIT_INTERVAL_US: u64 = 5_000 * US_PER_MS;
const US_PER_MS: u64 = 1_000;
/// More consumers of one queue that are gone at a time are rare.
const TIMEOUTS_USUAL: usize = 32;
/// Inboxes that grow beyond this are rare.
const INBOX_USUAL: usize = 1_024;

/// The mean service time of a machine at speed 1, in microseconds.
fn service(place: Place, timing: &Timing) -> u64 {
    let ms = match place {
        Place::Driver => 0,
        Place::Source => timing.source_ms,
        Place::InDns | Place::OutDns => timing.dns_ms,
        Place::Destination => timing.destination_ms,
        Place::Queue(_) => timing.queue_ms,
        Place::Container(_) => timing.container_ms,
        Place::Table(_) => timing.table_ms,
        Place::Replicator(_) => timing.replicator_ms,
        Place::Service => timing.service_ms,
    };
    u64::from(ms) * US_PER_MS
}

/// Around the mean: uniform, and never beyond the spread.
fn drawn(mean: u64, spread_percent: u8, numbers: &mut Xoshiro256PlusPlus) -> u64 {
    let spread = mean * u64::from(spread_percent) / 100;
    if spread == 0 { mean } else { mean - spread + within(numbers, 2 * spread + 1) }
}

impl Timed {
    /// A scheduler whose runs all derive from this seed.
    pub fn new(seed: u64) -> Timed {
        Timed {
            seed,
            run: 0,
            numbers: generator(seed, 0),
            now: 0,
            since: 0,
            last: None,
            timing: Timing::default(),
            service: Vec::new(),
            sites: Vec::new(),
            ready: Vec::new(),
            finished: Vec::new(),
            began: Vec::new(),
            commits: Vec::new(),
            timeouts: Vec::new(),
            fault_at: 0,
            fault_distance: 0,
        }
    }

    /// Finds out who was sent what by the last step: inboxes only grow at their end.
    ///
    /// What a fault takes out of the middle of an inbox takes the earliest times with it, so that
    /// no message is ever ready before it has come.
    fn notice(&mut self, simulation: &Simulation) {
        let from = match self.last.take() {
            Some(machine) => {
                self.ready[machine.index()].pop_front();
                self.finished[machine.index()] = NEVER;
                self.sites[machine.index()]
            }
            None => Site::Everywhere,
        };
        for (index, ready) in self.ready.iter_mut().enumerate() {
            let machine = MachineId(index as u16);
            let mut waiting = simulation.waiting(machine);
            if simulation.plan().gives_way() {
                // All else passes commits and timeouts: what a queue had begun when something else came is none of them.
                waiting = simulation.waiting_in_order(machine);
                if ready.is_empty() && waiting > 0 {
                    self.finished[index] = NEVER;
                }
                let is_commit = |message: &Message| message.kind() == MessageKind::Commit;
                let has_commits = simulation.inbox(machine).any(is_commit);
                if has_commits && self.commits[index] == NEVER && waiting == 0 {
                    self.finished[index] = NEVER;
                }
                let due = self.commits[index].min(self.now + COMMIT_INTERVAL_US);
                self.commits[index] = if has_commits { due } else { NEVER };
                let timeouts = &mut self.timeouts[index];
                let run = simulation.timeouts_at(machine);
                timeouts.drain(..timeouts.len().saturating_sub(run));
                let lasts = u64::from(self.timing.visibility_timeout_ms) * US_PER_MS;
                timeouts.resize(run, self.now + lasts);
            }
            if ready.len() < waiting {
                let mut at = self.now + from.latency(self.sites[index], &self.timing);
                if from == Site::BetweenRegions
                    && comes_back(self.sites[index], machine, simulation)
                {
                    at += u64::from(self.timing.between_regions_ms) * US_PER_MS;
                }
                ready.resize(waiting, at);
            } else if ready.len() > waiting {
                ready.drain(..ready.len() - waiting);
            }
        }
    }

    /// Whether the machine that steps next is a queue that does nothing but wait for a consumer that is gone.
    fn is_left_alone(&self, machine: MachineId) -> bool {
        let index = machine.index();
        self.ready[index].is_empty() && self.commits[index] == NEVER
    }

    /// When a queue commits, or a visibility timeout is over at it, if nothing else waits; commits are in front.
    fn later(&self, index: usize) -> u64 {
        let timeout = self.timeouts[index].front().copied().unwrap_or(NEVER);
        if self.commits[index] == NEVER { timeout } else { self.commits[index] }
    }

    /// The machine whose step is finished first, and when. Of equals it is the one whose turn it
    /// is, counted from the machine that stepped last.
    fn first(&mut self, simulation: &Simulation) -> Option<(MachineId, u64)> {
        let turn = self.last.map_or(0, |machine| machine.index() + 1);
        self.notice(simulation);
        let (enabled, machines) = (simulation.enabled(), self.finished.len());
        let mut first = None;
        for index in (turn..machines).chain(0..turn) {
            let machine = MachineId(index as u16);
            if !enabled.can_step(machine) {
                // What a closed machine had begun begins anew when it opens.
                self.finished[index] = NEVER;
                continue;
            }
            if self.finished[index] == NEVER {
                let ready = self.ready[index].front().copied().unwrap_or(self.later(index));
                assert_ne!(ready, NEVER, "a machine that can step has a message");
                let (mean, spread) = (self.service[index], self.timing.spread_percent);
                self.began[index] = ready.max(self.now);
                self.finished[index] = self.began[index] + drawn(mean, spread, &mut self.numbers);
            }
            if first.is_none_or(|(_, at)| self.finished[index] < at) {
                first = Some((machine, self.finished[index]));
            }
        }
        first
    }

    fn take(&mut self, machine: MachineId, at: u64) {
        (self.since, self.now) = (self.began[machine.index()], at);
        self.last = Some(machine);
    }

    /// The fault that is due before that time, if one is and is offered.
    #[cold]
    fn fault(&mut self, simulation: &Simulation, before: u64) -> Option<Choice> {
        let fault = moments::draw(simulation.enabled(), &mut self.numbers, |_| true);
        let at = if fault.is_some() { self.fault_at.max(self.now) } else { before };
        if fault.is_some() {
            (self.since, self.now) = (at, at);
        }
        // Another message is first in that inbox now, unless it is the reply that was lost.
        if let Some(Choice::Fault(point)) = fault
            && let Subject::Machine(to) = point.subject()
            && point.kind() != PointKind::LoseReply
        {
            self.finished[to.index()] = NEVER;
        }
        self.fault_at = at + self.distance();
        fault
    }

    fn distance(&mut self) -> u64 {
        1 + within(&mut self.numbers, 2 * self.fault_distance)
    }
}

impl Scheduler for Timed {
    fn begin(&mut self, plan: &Plan, run: u64) {
        let (layout, timing) = (&plan.layout, plan.scenario().timing);
        self.run = run;
        self.numbers = generator(self.seed, run);
        (self.now, self.since, self.last, self.timing) = (0, 0, None, timing);
        let places = || layout.places().iter();
        self.service.clear();
        self.service.extend(places().enumerate().map(|(index, &place)| {
            service(place, &timing) / u64::from(plan.speed(MachineId(index as u16)))
        }));
        self.sites.clear();
        self.sites.extend(places().map(|&place| Site::of(place, layout)));
        self.ready.resize_with(layout.machines(), VecDeque::new);
        // Enough for most inboxes, so that a rare backlog takes no memory in the middle of a run.
        let usual = (2 * plan.records() + 16).min(INBOX_USUAL);
        for ready in &mut self.ready {
            ready.clear();
            ready.reserve(usual);
        }
        self.finished.clear();
        self.finished.resize(layout.machines(), NEVER);
        self.began.clear();
        self.began.resize(layout.machines(), 0);
        self.commits.clear();
        self.commits.resize(layout.machines(), NEVER);
        self.timeouts.resize_with(layout.machines(), VecDeque::new);
        for timeouts in &mut self.timeouts {
            timeouts.clear();
            timeouts.reserve(TIMEOUTS_USUAL);
        }
        let one = u64::from(timing.container_ms + timing.within_region_ms).max(1) * US_PER_MS;
        self.fault_distance = one << below(self.numbers.next_u32(), 10);
        self.fault_at = self.distance();
    }

    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        let (machine, at) = self.first(simulation)?;
        if self.fault_at <= at && self.is_left_alone(machine) {
            // Nothing else is left to do: as at rest, half of the faults are taken. There is no end of restarts.
            if below(self.numbers.next_u32(), 2) == 0 {
                self.fault_at = at + self.distance();
            }
        }
        if self.fault_at <= at
            && let Some(fault) = self.fault(simulation, at)
        {
            return Some(fault);
        }
        self.take(machine, at);
        Some(step_of(machine, simulation, &mut self.numbers))
    }

    fn go_on(&mut self, simulation: &Simulation, _turns: &mut RoundRobin) -> Option<Choice> {
        let (machine, at) = self.first(simulation)?;
        self.take(machine, at);
        Some(Choice::Step(machine))
    }

    fn now(&self) -> Option<Span> {
        Some(Span { begin: VirtualTime(self.since), end: VirtualTime(self.now) })
    }

    fn timed(&self) -> Option<TimedRun> {
        Some(TimedRun { seed: self.seed, run: self.run })
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        let strikes = below(self.numbers.next_u32(), 2) == 0;
        let fault = if strikes { self.fault(simulation, self.fault_at) } else { None };
        fault.or(Some(Choice::Heal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_times_are_uniform_around_the_mean() {
        let mut numbers = generator(7, 0);
        for (mean, spread) in [(5_000, 50), (1_250, 100), (40, 25)] {
            let times: Vec<u64> = (0..20_000).map(|_| drawn(mean, spread, &mut numbers)).collect();
            let width = mean * u64::from(spread) / 100;
            let (least, most) = (times.iter().min(), times.iter().max());
            assert!(least.is_some_and(|&least| (mean - width..mean).contains(&least)));
            assert!(most.is_some_and(|&most| (mean + 1..=mean + width).contains(&most)));
            // The mean of 20,000 has a standard error of at most 0.41 % of the mean.
            let found = times.iter().sum::<u64>() as f64 / times.len() as f64 / mean as f64;
            assert!((found - 1.0).abs() < 0.012, "{mean}: {found}");
        }
        assert_eq!(drawn(5_000, 0, &mut numbers), 5_000);
    }
}

//! States by their parts, so that nearly every step is looked up instead of made.
//!
//! What a machine does depends on what it is and what is in its inbox, and on nothing else (no handler can
//! see another machine). In a system of thirty machines, each is in one of a few hundred such *local* states,
//! and very many global states are combinations of them. So a state is kept as one small number
//! for each part, and what a step does is learned once for each local state:
//!
//! * the machine's part becomes another one, and so much is sent to whom;
//! * the part of each receiver becomes another one, for what is in its inbox;
//! * the part of the record that the step is about becomes another one, for what the spec noted, and so does
//!   what the spec knows besides.
//!
//! All of it is learned from the world itself: a step that is not known is made there, after the choices
//! that led to the state were made again. What cannot be said in this way (a step of the driver, a fault)
//! is always made there. (SPIN's *collapse* compression numbers the parts of a state like this; Holzmann,
//! *State compression in SPIN*, 1997.)

use std::sync::Arc;

use crate::explore::verify::locals::effects::{Changes, Effects, Lookup, Way};
use crate::explore::verify::locals::parts::{PartId, Parts};
use crate::explore::verify::point::Point;
use crate::explore::verify::progress::Tally;
use crate::explore::verify::space::{Space, choices_of};
use crate::explore::verify::store::Store;
use crate::model::fault::FaultPoint;
use crate::model::id::{MachineId, RecordId};
use crate::model::layout::DRIVER;
use crate::model::options::{Answer, Commands};
use crate::model::progress::Milestone;
use crate::plan::{Await, DriverAction, Plan, Strike};
use crate::sim::{Bytes, Choice};
use crate::spec::Breach;

mod effects;
mod parts;

/// Every state as the numbers of its parts.
pub(super) struct Locals<'a> {
    plan: &'a Arc<Plan>,
    /// Is told how much memory the parts take.
    store: &'a Store,
    parts: Parts,
    effects: Effects,
    /// Where the choices that are made again begin, and how many come before.
    root: Point,
    root_length: usize,
    /// A state that was made, and the one before its last choice.
    after: Point,
    before: Point,
    bytes: Bytes,
}

/// A state.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    /// By number of a part, as in [`Point::hashes`].
    ids: Vec<PartId>,
    /// The sum of the hashes of the parts.
    fingerprint: u128,
    /// How many machines can step.
    ready: u32,
}

impl<'a> Locals<'a> {
    /// Whether this is known to represent all states of the plan: nothing but machines' steps and the
    /// script changes anything, receipts and incarnations are written as they are, and no machine compares
    /// the times of writes, whose order is a part of its own. Each stage sends to one queue.
    pub(super) fn suit(plan: &Plan) -> bool {
        let looks_at_a_region = |action: &DriverAction| {
            matches!(action, DriverAction::Await(Await::Drained(_) | Await::EnqueuedAt(..)))
        };
        !plan.repeats()
            && !plan.can_lose()
            && !plan.has_shared_outbox()
            && plan.layout.shape.is_line()
            && plan.scenario().dns.answer != Answer::Random
            && !plan.awaits_refusal()
            && !plan.compares_times()
            && plan.scenario().commands == Commands::AtOnce
            && !plan.actions.iter().any(looks_at_a_region)
    }

    pub(super) fn new(plan: &'a Arc<Plan>, store: &'a Store) -> Locals<'a> {
        let root = Point::new(plan);
        Locals {
            plan,
            store,
            parts: Parts::new(plan),
            effects: Effects::new(plan),
            root_length: 0,
            after: root.clone(),
            before: root.clone(),
            root,
            bytes: Bytes::default(),
        }
    }

    /// The parts of the state `after`, whose hashes are up to date.
    fn whole(&mut self, to: &mut Whole) {
        to.ids.clear();
        to.fingerprint = self.after.fingerprint();
        for number in 0..self.after.hashes().len() {
            to.ids.push(self.parts.id(number, &self.after));
        }
        to.ready = self.after.simulation.enabled().machine_count() as u32;
    }

    /// Makes the state after these choices.
    fn make(&mut self, path: &[Choice]) {
        self.after.copy_from(&self.root);
        for &choice in &path[self.root_length..] {
            let judgement = self.after.step(choice, self.plan);
            judgement.expect("it was taken before, and violated nothing");
        }
    }

    /// Makes the step, and learns from it.
    #[cold]
    fn take_unknown(
        &mut self,
        from: &Whole,
        to: &mut Whole,
        path: &[Choice],
    ) -> Result<(), Breach> {
        let (choice, path) = path.split_last().expect("there is a choice to take");
        self.make(path);
        self.before.copy_from(&self.after);
        self.after.step(*choice, self.plan)?;
        self.after.hash_all(self.plan, &mut self.bytes);
        self.whole(to);
        if let Some((machine, way)) = self.way(from, *choice) {
            let (from, to) = (&from.ids, &to.ids);
            let (before, after) = (&self.before, &self.after);
            self.effects.learn(&Changes { machine, way, from, to, before, after });
        }
        // The store says so when it has no room left for states.
        let _ = self.store.note_beside(self.parts.grown() + self.effects.grown());
        Ok(())
    }

    /// Whose part decides what the choice does, and in which way; that of none if all may.
    #[inline]
    fn way(&self, whole: &Whole, choice: Choice) -> Option<(MachineId, Way)> {
        match choice {
            Choice::Step(DRIVER) => {
                let (due, _) = self.parts.due(whole.ids[0]);
                let holds = self.holds(due, whole, 1);
                Some((DRIVER, if holds { Way::StepOn } else { Way::Step }))
            }
            Choice::Step(machine) => Some((machine, Way::Step)),
            Choice::Fault(FaultPoint::GoOn) => Some((DRIVER, Way::GoOn)),
            Choice::Fault(_) | Choice::Fail(_) | Choice::Resolve(_) | Choice::Heal => None,
        }
    }

    /// Takes the step as it was learned; whether it was.
    #[inline]
    fn take_known(&self, from: &Whole, to: &mut Whole, choice: Choice) -> bool {
        let Some((machine, way)) = self.way(from, choice) else { return false };
        let Some(effect) = self.effects.of(from.ids[machine.index()], way) else { return false };
        to.ids.clone_from(&from.ids);
        (to.fingerprint, to.ready) = (from.fingerprint, from.ready);
        self.replace(to, machine.index(), effect.after);
        for &(receiver, letter) in self.effects.letters(&effect) {
            let receiver = usize::from(receiver);
            let Some(after) = self.effects.received(to.ids[receiver], letter) else { return false };
            self.replace(to, receiver, after);
        }
        let mut reached = 0;
        if effect.told != Effects::NOTHING {
            let lookup = Lookup::of(&effect, &to.ids);
            let Some((record, rest)) = self.effects.noted(lookup) else { return false };
            if effect.record > 0 {
                let number = usize::from(effect.record);
                reached = self.parts.reached(record) & !self.parts.reached(to.ids[number]);
                self.replace(to, number, record);
            }
            if effect.reads_rest {
                let number = to.ids.len() - 1;
                self.replace(to, number, rest);
            }
        }
        !self.goes_on(to, reached)
    }

    #[inline]
    fn replace(&self, whole: &mut Whole, number: usize, by: PartId) {
        let old = std::mem::replace(&mut whole.ids[number], by);
        let change = self.parts.hash(by).wrapping_sub(self.parts.hash(old));
        whole.fingerprint = whole.fingerprint.wrapping_add(change);
        whole.ready += u32::from(self.parts.is_ready(by));
        whole.ready -= u32::from(self.parts.is_ready(old));
    }

    /// Whether the driver may have waited for this step, after which a record has reached milestones
    /// that it had not.
    #[inline]
    fn goes_on(&self, whole: &Whole, reached: u32) -> bool {
        let (due, waits) = self.parts.due(whole.ids[0]);
        waits && (whole.ready == 0 || reached != 0) && self.holds(due, whole, 0)
    }

    /// Whether an action of the script is no await, or what it awaits is so; `others` says how many
    /// machines can step when it asks whether another one can.
    fn holds(&self, action: usize, whole: &Whole, others: u32) -> bool {
        let Some(DriverAction::Await(condition)) = self.plan.actions.get(action) else {
            return true;
        };
        let first = self.plan.layout.machines();
        let has_reached = |record: RecordId, milestone: Milestone| {
            let reached = self.parts.reached(whole.ids[first + record.index()]);
            reached >> milestone.0 & 1 == 1
        };
        match *condition {
            Await::Batch(batch, milestone) => {
                self.plan.batch(batch).all(|record| has_reached(record, milestone))
            }
            Await::Delivered(count) => {
                let has_arrived = |record: &RecordId| has_reached(*record, Milestone::DELIVERED);
                self.plan.record_ids().filter(has_arrived).count() >= count as usize
            }
            Await::Quiescent => whole.ready == others,
            Await::Sometime => whole.ready == others || self.parts.is_released(whole.ids[0]),
            Await::Drained(_) | Await::EnqueuedAt(..) | Await::PublishedOrRefused(_) => {
                unreachable!("no such plan is searched in this way")
            }
        }
    }
}

impl Space for Locals<'_> {
    type State = Whole;

    fn begin(&mut self, point: Point, path: &[Choice]) -> Whole {
        self.root.copy_from(&point);
        self.root_length = path.len();
        self.after.copy_from(&point);
        self.after.hash_all(self.plan, &mut self.bytes);
        let mut whole = Whole { ids: Vec::new(), fingerprint: 0, ready: 0 };
        self.whole(&mut whole);
        whole
    }

    fn another(&self, like: &Whole) -> Whole {
        like.clone()
    }

    fn state_bytes(&self) -> u64 {
        let parts = self.root.hashes().len();
        (size_of::<Whole>() + parts * size_of::<PartId>()) as u64
    }

    #[inline]
    fn take(
        &mut self,
        from: &Whole,
        to: &mut Whole,
        path: &mut Vec<Choice>,
        _tally: &mut Tally,
    ) -> Result<(), Breach> {
        let choice = *path.last().expect("there is a choice to take");
        if self.take_known(from, to, choice) {
            return Ok(());
        }
        self.take_unknown(from, to, path)
    }

    #[inline]
    fn fingerprint(state: &Whole) -> u128 {
        state.fingerprint
    }

    fn choices(&mut self, state: &Whole, path: &[Choice], to: &mut Vec<Choice>) {
        if state.ready > 0 {
            self.parts.choices(&state.ids, to);
        } else {
            self.make(path);
            choices_of(&self.after, to);
        }
    }

    #[inline]
    fn due(&self, state: &Whole) -> usize {
        self.parts.due(state.ids[0]).0
    }

    /// No plan with faults is searched in this way.
    #[inline]
    fn struck(&self, _state: &Whole) -> Option<Strike> {
        None
    }

    fn point<'a>(&'a mut self, _state: &'a Whole, path: &[Choice]) -> &'a Point {
        self.make(path);
        &self.after
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::SearchProgress;
    use crate::explore::verify::reduction::Reduction;
    use crate::explore::verify::search::{Search, Task};
    use crate::explore::verify::tiny::plan;

    /// States, transitions, ends, the longest run, whether some state can be reached by different amounts of
    /// work, and whether the spec is violated.
    fn counts(plan: &Arc<Plan>, by_parts: bool) -> ([u64; 4], bool, bool) {
        let (store, progress) = (Store::new(1 << 30), SearchProgress::default());
        let pass = Search {
            plan,
            store: &store,
            reduction: &Reduction::none(plan),
            by_parts,
            exchanges: false,
            ended: None,
            task: Task::Judge,
            threads: 1,
            counts: &progress,
            progress: &progress,
        };
        let pass = pass.run();
        let found = pass.violation.is_some();
        let numbers =
            [progress.states(), progress.transitions(), progress.ends(), progress.depth()];
        (numbers, pass.is_uneven, found)
    }

    /// What is looked up is what would have been made: the same states, in the same order, by the same
    /// choices, with the same judgements.
    #[test]
    fn parts_and_worlds_are_the_same_search() {
        let one = "\"publish 1\", \"await delivered all\"";
        let looks = "\"publish 1\", \"await sometime\", \"expect state only-container@1 Processing\", \
                     \"await quiescent\", \"expect delivered 1\"";
        let fails =
            "\"publish 1\", \"await enqueued outbound-queue batch 1\", \"expect delivered 0\"";
        let destructive = "queue.receive=destructive";
        let early = "container.steps=publish,store,remove";
        let cases: [(&str, &[&str]); 13] = [
            (one, &[]),
            (looks, &[]),
            (fails, &[]),
            (one, &["topology.containers=2"]),
            (one, &["records.keys=1", "table.conflict=version-checked"]),
            (one, &["store.default=aurora"]),
            (one, &["queue.delivery=standard", "queue.max_receives=3"]),
            (one, &["dns.policy=failover", "dns.health_threshold=1"]),
            (one, &["topology.regions=3", "replication.mode=strong"]),
            (one, &[destructive]),
            (one, &["container.on_recover=forget", "destination.dedupe=none"]),
            (one, &[early]),
            (one, &["container.steps=store,call,publish,remove", "service.window=1"]),
        ];
        for (script, changes) in cases {
            let plan = plan(script, changes);
            assert!(Locals::suit(&plan), "{script}, {changes:?}");
            let (parts, worlds) = (counts(&plan, true), counts(&plan, false));
            assert_eq!(parts, worlds, "{script}, {changes:?}");
            let is_wrong = [[early], [destructive]].iter().any(|wrong| changes == wrong);
            assert_eq!(parts.2, is_wrong || script == fails, "{script}, {changes:?}");
        }
    }

    /// No state of two records that go one after the other is reached by different amounts of work: so
    /// there is no need to look for cycles.
    #[test]
    fn a_system_without_faults_is_even() {
        let script = "\"publish 1\", \"await sometime\", \"publish 2\", \"await delivered all\"";
        let (numbers, is_uneven, found) = counts(&plan(script, &["topology.regions=2"]), true);
        assert!(numbers[0] > 100_000 && !is_uneven && !found, "{numbers:?}");
    }
}

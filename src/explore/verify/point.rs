//! A state of a search: the system, what the spec knows of it, and the fingerprint of both.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

use crate::model::id::{MachineId, RecordId};
use crate::model::layout::Place;
use crate::plan::Plan;
use crate::sim::{Bytes, Choice, Part, Simulation, parts};
use crate::spec::{Judgement, Spec};

/// The system and what the spec knows of it. Both together are a state of the search: the spec
/// remembers things that the system does not, and judges by them.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) simulation: Simulation,
    pub(super) spec: Spec,
    /// By number of a part (see `parts`): its hash; then, last, that of what the spec knows besides.
    hashes: Vec<u128>,
    /// The sum of the hashes.
    fingerprint: u128,
    /// By record, where they have no names: the sum of the hashes of where it is mentioned.
    mentions: Vec<u128>,
}

impl Point {
    /// The beginning of every run.
    pub(super) fn new(plan: &Arc<Plan>) -> Point {
        let simulation = Simulation::new(Arc::clone(plan));
        let hashes = vec![0; parts(plan).count() + 1];
        let (spec, mentions) = (Spec::new(plan), Vec::new());
        let mut point = Point { simulation, spec, hashes, fingerprint: 0, mentions };
        point.hash_all(plan, &mut Bytes::default());
        point
    }

    /// How many bytes one takes, about: rather more than less. (`tests/allocation.rs` holds a system and its
    /// spec to less than 31 bytes for each record, stage and region; hashes come on top.)
    pub(super) fn bytes(plan: &Plan) -> u64 {
        let cells = (plan.records() + 1) * plan.layout.stages.len() * plan.layout.regions;
        let parts = parts(plan).count() + 1;
        (cells * 31 + parts * 2 * size_of::<u128>() + plan.layout.machines() * 256) as u64
    }

    /// Makes this one equal to the other, in the memory that is there.
    #[inline]
    pub(super) fn copy_from(&mut self, other: &Point) {
        self.simulation.copy_from(&other.simulation);
        self.spec.copy_from(&other.spec);
        self.hashes.clone_from(&other.hashes);
        self.fingerprint = other.fingerprint;
    }

    /// Takes a choice. The fingerprint is that of before until it is brought up to date.
    #[inline]
    pub(super) fn step(&mut self, choice: Choice, plan: &Plan) -> Judgement {
        self.simulation.step(choice);
        self.spec.watch(self.simulation.events(), self.simulation.steps(), plan)
    }

    /// A number for the state.
    #[inline]
    pub(super) fn fingerprint(&self) -> u128 {
        self.fingerprint
    }

    /// By number of a part (see `parts`): its hash; then that of what the spec knows besides.
    #[inline]
    pub(super) fn hashes(&self) -> &[u128] {
        &self.hashes
    }

    /// Brings the fingerprint up to date after one choice, taken in the state `before`.
    ///
    /// A step of a machine changes that machine, the inboxes of those that it sends to, and what is
    /// known of the records that it speaks of. Anything else (a fault, a step of the script) may
    /// change anything; so may a step in a system with faults, where receipts and incarnations are
    /// written as what they mean to others.
    #[inline]
    pub(super) fn update(
        &mut self,
        choice: Choice,
        before: &Point,
        plan: &Plan,
        bytes: &mut Bytes,
    ) {
        match choice {
            Choice::Step(machine) if !is_entangled(machine, plan) && !bytes.is_anonymous() => {
                self.update_near(machine, before, plan.layout.machines(), bytes);
            }
            Choice::Step(_)
            | Choice::Resolve(_)
            | Choice::Fail(_)
            | Choice::Fault(_)
            | Choice::Heal => {
                self.hash_all(plan, bytes);
            }
        }
    }

    fn update_near(
        &mut self,
        machine: MachineId,
        before: &Point,
        machines: usize,
        bytes: &mut Bytes,
    ) {
        let mut driver_moved = false;
        for index in 0..machines {
            let other = MachineId(index as u16);
            if other == machine || !self.simulation.has_inbox_of(&before.simulation, other) {
                driver_moved |= index == 0;
                self.hash(Part::Machine(other), index, bytes);
            }
        }
        if driver_moved {
            self.hash(Part::Faults, machines, bytes);
        }
        if self.simulation.plan().compares_times() {
            let number = self.hashes.len() - 2;
            self.hash(Part::Times, number, bytes);
        }
        let mut last = RecordId(0);
        for number in 0..self.simulation.events().len() {
            let record = self.simulation.events()[number].record();
            if let Some(record) = record.filter(|&record| record != last) {
                self.hash(Part::Record(record), machines + record.index(), bytes);
                last = record;
            }
        }
        self.hash_rest(bytes);
    }

    /// Computes the fingerprint from nothing.
    ///
    /// Where records have no names, the number of a record is that of all places where it is mentioned.
    /// The sum is the same then for states that differ in nothing but which record is where.
    pub(super) fn hash_all(&mut self, plan: &Plan, bytes: &mut Bytes) {
        self.mentions.clear();
        self.mentions.resize(if bytes.is_anonymous() { plan.records() + 1 } else { 0 }, 0);
        for (number, part) in parts(plan).enumerate() {
            self.hash(part, number, bytes);
            for &(record, place) in bytes.mentions() {
                // A record that was invented is told from all others by the state that it is in.
                if let Some(sum) = self.mentions.get_mut(record.index()) {
                    *sum = sum.wrapping_add(hash_of(&[number as u64, u64::from(place)]));
                }
            }
        }
        for record in 1..self.mentions.len() {
            let number = plan.layout.machines() + record;
            let sum = self.mentions[record].wrapping_add(self.hashes[number]);
            self.replace(number, hash_of(&[sum as u64, (sum >> 64) as u64]));
        }
        self.hash_rest(bytes);
    }

    #[inline]
    fn hash(&mut self, part: Part, number: usize, bytes: &mut Bytes) {
        bytes.clear();
        self.simulation.write(part, bytes);
        if let Part::Record(record) = part {
            self.spec.write_record(record, bytes);
        }
        self.replace(number, bytes.hash());
    }

    /// What the spec knows besides what it knows of each record.
    fn hash_rest(&mut self, bytes: &mut Bytes) {
        bytes.clear();
        // Neither a machine nor a record begins with this.
        bytes.u16(u16::MAX - 2);
        self.spec.write(bytes);
        self.replace(self.hashes.len() - 1, bytes.hash());
    }

    #[inline]
    fn replace(&mut self, number: usize, hash: u128) {
        let old = std::mem::replace(&mut self.hashes[number], hash);
        self.fingerprint = self.fingerprint.wrapping_sub(old).wrapping_add(hash);
    }
}

/// A hash of numbers.
fn hash_of(numbers: &[u64; 2]) -> u128 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&numbers[0].to_le_bytes());
    bytes[8..].copy_from_slice(&numbers[1].to_le_bytes());
    xxh3_128(&bytes)
}

/// Whether a step of the machine can change how other parts are written: an outbox goes from one table to another.
#[inline]
fn is_entangled(machine: MachineId, plan: &Plan) -> bool {
    let place = plan.layout.places()[machine.index()];
    plan.repeats()
        || place == Place::Driver
        || matches!(place, Place::Table(_)) && plan.has_shared_outbox()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::builtin;
    use crate::scheduler::{Random, Scheduler};

    /// What is brought up to date step by step is what is computed from nothing.
    #[test]
    fn fingerprints_can_be_kept_up_to_date() {
        for (name, _) in builtin::ALL {
            let scenario = builtin::scenario(name).expect("it is built in");
            let plan = Arc::new(Plan::new(&scenario).expect("it was checked"));
            let (mut point, mut bytes) = (Point::new(&plan), Bytes::default());
            let mut before = point.clone();
            let mut random = Random::new(3);
            random.begin(&plan, 0);
            for _ in 0..800 {
                if point.simulation.enabled().is_quiescent() {
                    break;
                }
                let choice = random.choose(&point.simulation).expect("a machine can step");
                before.copy_from(&point);
                if point.step(choice, &plan).is_err() {
                    break;
                }
                point.update(choice, &before, &plan, &mut bytes);
                let kept = point.fingerprint();
                point.hash_all(&plan, &mut bytes);
                assert_eq!(kept, point.fingerprint(), "{name} after {choice:?}");
                assert_ne!(kept, before.fingerprint(), "{name} after {choice:?}");
            }
        }
    }
}

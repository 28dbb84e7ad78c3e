//! The parts of states, numbered as they are met.

use hashbrown::HashMap;

use crate::explore::verify::point::Point;
use crate::model::id::MachineId;
use crate::plan::Plan;
use crate::sim::Choice;

/// What a part of a state is: equal numbers of one part are equal parts.
pub(super) type PartId = u32;

/// All parts that were met.
pub(super) struct Parts {
    machines: usize,
    /// By what is hashed. Nothing iterates over it.
    ids: HashMap<(u16, u128), PartId>,
    /// By id.
    known: Vec<Known>,
    /// By id, of those that say what faults are offered: which.
    offers: HashMap<PartId, Vec<Choice>>,
    /// How many were known when this was asked last.
    reported: usize,
}

/// What is known of a part.
#[derive(Clone, Copy, Debug)]
struct Known {
    hash: u128,
    /// A machine's: it can step.
    ready: bool,
    /// The driver's: it waits for the action that is due to come true.
    waits: bool,
    /// The driver's: it was told that this is the moment that it waits for.
    released: bool,
    /// The driver's: the action that is due. A record's: the milestones that it has reached.
    reached: u32,
}

impl Parts {
    pub(super) fn new(plan: &Plan) -> Parts {
        Parts {
            machines: plan.layout.machines(),
            ids: HashMap::new(),
            known: Vec::new(),
            offers: HashMap::new(),
            reported: 0,
        }
    }

    /// The id of a part of the point, whose hashes are up to date.
    pub(super) fn id(&mut self, number: usize, point: &Point) -> PartId {
        let hash = point.hashes()[number];
        let Parts { machines, ids, known, offers, .. } = self;
        *ids.entry((number as u16, hash)).or_insert_with(|| {
            let id = known.len() as PartId;
            let simulation = &point.simulation;
            let enabled = simulation.enabled();
            let mut new = Known { hash, ready: false, waits: false, released: false, reached: 0 };
            if number < *machines {
                new.ready = enabled.can_step(MachineId(number as u16));
            }
            if number == 0 {
                new.waits = simulation.driver().is_waiting();
                new.released = simulation.driver().is_released();
                new.reached = simulation.driver().next() as u32;
            }
            if number == *machines && enabled.has_faults() {
                offers.insert(id, enabled.fault_points().map(Choice::Fault).collect());
            }
            if let Some(record) = number.checked_sub(*machines).filter(|&record| record > 0) {
                let reached = simulation.progress().reached();
                new.reached = reached.get(record).copied().unwrap_or(0);
            }
            known.push(new);
            id
        })
    }

    #[inline]
    pub(super) fn hash(&self, id: PartId) -> u128 {
        self.known[id as usize].hash
    }

    /// Whether the machine can step.
    #[inline]
    pub(super) fn is_ready(&self, id: PartId) -> bool {
        self.known[id as usize].ready
    }

    /// The milestones that the record has reached.
    #[inline]
    pub(super) fn reached(&self, id: PartId) -> u32 {
        self.known[id as usize].reached
    }

    /// The action of the script that is due, and whether the driver waits for it to come true.
    #[inline]
    pub(super) fn due(&self, driver: PartId) -> (usize, bool) {
        let known = &self.known[driver as usize];
        (known.reached as usize, known.waits)
    }

    /// Whether the driver was told that this is the moment that it waits for.
    #[inline]
    pub(super) fn is_released(&self, driver: PartId) -> bool {
        self.known[driver as usize].released
    }

    /// The choices of a state: steps in the order of the machines, then faults.
    #[inline]
    pub(super) fn choices(&self, ids: &[PartId], to: &mut Vec<Choice>) {
        for (machine, &id) in ids[..self.machines].iter().enumerate() {
            if self.is_ready(id) {
                to.push(Choice::Step(MachineId(machine as u16)));
            }
        }
        if let Some(offers) = self.offers.get(&ids[self.machines]) {
            to.extend(offers);
        }
    }

    /// How many bytes more this takes than when it was asked last, about.
    pub(super) fn grown(&mut self) -> u64 {
        let new = self.known.len() - self.reported;
        self.reported = self.known.len();
        // An entry of a table that is two thirds full on average.
        let entry = size_of::<((u16, u128), PartId)>() * 3 / 2;
        (new * (size_of::<Known>() + entry)) as u64
    }
}

//! What a fuzzer should see of a run: states with the details left out.

use crate::explore::{Observer, Phase};
use crate::model::container::Hand;
use crate::model::dns::DnsSide;
use crate::model::fault::Target;
use crate::model::id::{MachineId, RegionId, ReplicatorId};
use crate::model::layout::Place;
use crate::scheduler::seed::mix;
use crate::sim::{Choice, Simulation, Step};

/// Calls a function with a number for every abstract state that a run goes through: a new number
/// is a situation that the system was not in before, even where no new code ran.
///
/// An abstract state is that of one region and of what the regions share: for each queue whether
/// it has failed, whether a delivery is in flight, and how deep it is (0, 1, 2 to 3, 4 to 7, 8 or
/// more); for each container its state and how far it is with its record; which tables and
/// replicators have failed, and how deep the backlog is; the state of source, destination and
/// both DNS names. Which records these are is left out, and so is which region it is. Numbers are
/// hashes: equal states have equal numbers, in every run of every plan.
///
/// The work per step does not depend on the size of the system, except for a step of the driver.
///
/// ```
/// use std::collections::BTreeSet;
/// use active_active::explore::{AbstractStates, Checker};
/// use active_active::scenario::builtin;
///
/// let mut seen = BTreeSet::new();
/// let mut states = AbstractStates::new(|state| {
///     seen.insert(state);
/// });
/// Checker::default().check(&builtin::scenario("baseline")?, &[], &mut states)?;
/// assert!(seen.len() > 100);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AbstractStates<F> {
    visit: F,
    /// By machine: its share of the number of its region, or of what is shared.
    shares: Vec<u64>,
    /// By region: the sum of the shares of its machines.
    regions: Vec<u64>,
    /// The sum of the shares of the machines that belong to no region.
    shared: u64,
}

impl<F: FnMut(u64)> AbstractStates<F> {
    /// Calls `visit` with the number of every state.
    pub fn new(visit: F) -> AbstractStates<F> {
        AbstractStates { visit, shares: Vec::new(), regions: Vec::new(), shared: 0 }
    }

    fn see_all(&mut self, simulation: &Simulation) {
        let layout = &simulation.plan().layout;
        self.shared = 0;
        self.regions.clear();
        self.regions.resize(layout.regions, 0);
        self.shares.clear();
        self.shares.resize(layout.machines(), 0);
        for (index, &place) in layout.places().iter().enumerate() {
            self.add(index, place, simulation);
        }
        for region in 0..layout.regions {
            self.visit(region);
        }
    }

    /// Looks at a machine again, and visits what is new for its region.
    fn see(&mut self, machine: MachineId, place: Place, simulation: &Simulation) {
        if !self.add(machine.index(), place, simulation) {
            return;
        }
        match region_of(place, simulation) {
            Some(region) => self.visit(region.index()),
            None => (0..self.regions.len()).for_each(|region| self.visit(region)),
        }
    }

    fn visit(&mut self, region: usize) {
        (self.visit)(mix(self.shared.wrapping_add(self.regions[region])));
    }

    /// Brings the share of a machine up to date; `true` if it is another one.
    fn add(&mut self, index: usize, place: Place, simulation: &Simulation) -> bool {
        let share = share(place, simulation);
        let change = share.wrapping_sub(self.shares[index]);
        self.shares[index] = share;
        let sum = match region_of(place, simulation) {
            Some(region) => &mut self.regions[region.index()],
            None => &mut self.shared,
        };
        *sum = sum.wrapping_add(change);
        change != 0
    }
}

impl<F: FnMut(u64)> Observer for AbstractStates<F> {
    fn begin(&mut self, simulation: &Simulation) {
        self.see_all(simulation);
    }

    fn phase(&mut self, _phase: Phase, simulation: &Simulation) {
        self.see_all(simulation);
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        let layout = &simulation.plan().layout;
        let Choice::Step(machine) = step.choice else {
            return self.see_all(simulation);
        };
        let place = layout.places()[machine.index()];
        match place {
            // A step of the script can change any machine.
            Place::Driver => self.see_all(simulation),
            Place::Table(id) => {
                let (_, stage) = layout.table_place(id);
                let replicator = Place::Replicator(ReplicatorId(stage.0.into()));
                self.see(machine, place, simulation);
                // The backlog of a failed replicator is what the tables have sent to it.
                self.see(layout.machine(replicator), replicator, simulation);
            }
            Place::Source
            | Place::InDns
            | Place::OutDns
            | Place::Destination
            | Place::Queue(_)
            | Place::Container(_)
            | Place::Replicator(_) => self.see(machine, place, simulation),
        }
    }
}

fn region_of(place: Place, simulation: &Simulation) -> Option<RegionId> {
    let layout = &simulation.plan().layout;
    match place {
        Place::Queue(id) => Some(layout.queue_place(id).0),
        Place::Container(id) => Some(layout.container_place(id).0),
        Place::Table(id) => Some(layout.table_place(id).0),
        Place::Driver
        | Place::Source
        | Place::InDns
        | Place::OutDns
        | Place::Destination
        | Place::Replicator(_) => None,
    }
}

/// A hash of what a machine is, wherever its region, and of its abstract state.
fn share(place: Place, simulation: &Simulation) -> u64 {
    let layout = &simulation.plan().layout;
    let (position, state) = match place {
        Place::Driver => (0, 0),
        Place::Source => (0, simulation.source().state() as u64),
        Place::InDns => (0, routes(DnsSide::In, simulation)),
        Place::OutDns => (1, routes(DnsSide::Out, simulation)),
        Place::Destination => {
            let state = |region| simulation.destination().state(region) as u64;
            (0, layout.region_ids().fold(0, |all, region| all * 3 + state(region)))
        }
        Place::Queue(id) => {
            let queue = simulation.queue(id);
            let failed = u64::from(simulation.is_disturbed(Target::Queue(id)));
            let in_flight = u64::from(queue.in_flight(simulation.shelf()).next().is_some());
            let state = depth(queue.len()) * 4 + in_flight * 2 + failed;
            (layout.queue_place(id).1, state)
        }
        Place::Container(id) => {
            let container = simulation.container(id);
            let hand = container.hand().map_or(0, |Hand { step, .. }| 1 + u64::from(step));
            let state = container.state() as u64 * 2 + u64::from(container.crashed());
            (layout.container_place(id).1.index(), hand * 8 + state)
        }
        Place::Table(id) => {
            let failed = u64::from(simulation.is_disturbed(Target::Table(id)));
            (layout.table_place(id).1.index(), failed)
        }
        Place::Replicator(id) => {
            let failed = simulation.is_disturbed(Target::Replicator(id));
            let backlog = simulation.waiting(layout.machine(place));
            (id.index(), if failed { 1 + depth(backlog) } else { 0 })
        }
    };
    mix(state << 16 | (place.kind() as u64) << 8 | position as u64)
}

fn routes(side: DnsSide, simulation: &Simulation) -> u64 {
    let dns = simulation.dns(side);
    u64::from(dns.offline().0) << 8 | u64::from(dns.failed().0)
}

/// 0, 1, 2 to 3, 4 to 7, 8 or more.
fn depth(records: usize) -> u64 {
    u64::from((usize::BITS - records.leading_zeros()).min(4))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::explore::Checker;
    use crate::scenario::builtin;

    fn states_of(name: &str, choices: &[u16]) -> BTreeSet<u64> {
        let scenario = builtin::scenario(name).expect("it is built in");
        let mut seen = BTreeSet::new();
        let mut states = AbstractStates::new(|state| {
            seen.insert(state);
        });
        Checker::default().check(&scenario, choices, &mut states).expect("the design is sound");
        seen
    }

    #[test]
    fn equal_runs_visit_equal_states_and_other_runs_others() {
        let fair = states_of("f1-fail-container", &[]);
        assert_eq!(fair, states_of("f1-fail-container", &[]));
        let other = states_of("f1-fail-container", &[1; 500]);
        assert!(!other.is_subset(&fair) && !other.is_disjoint(&fair));
    }

    #[test]
    fn a_fault_is_a_new_state() {
        let crashes: BTreeSet<u64> = states_of("crash-anywhere", &[60_000; 40]);
        assert!(!crashes.is_subset(&states_of("crash-anywhere", &[])));
    }

    /// Looks at every machine at every step, as the observer itself does only now and then.
    struct Thorough<'a>(&'a mut BTreeSet<u64>);

    impl Observer for Thorough<'_> {
        fn begin(&mut self, simulation: &Simulation) {
            AbstractStates::new(|state| {
                self.0.insert(state);
            })
            .see_all(simulation);
        }

        fn phase(&mut self, _phase: Phase, simulation: &Simulation) {
            self.begin(simulation);
        }

        fn step(&mut self, _step: &Step, simulation: &Simulation) {
            self.begin(simulation);
        }
    }

    #[test]
    fn no_state_is_missed_between_two_full_looks() {
        for (name, _) in builtin::ALL {
            let choices: Vec<u16> = (0..2_000u32).map(|n| (n * 7_919 % 65_521) as u16).collect();
            let scenario = builtin::scenario(name).expect("it is built in");
            let mut thorough = BTreeSet::new();
            Checker::default()
                .check(&scenario, &choices, &mut Thorough(&mut thorough))
                .expect("the design is sound");
            assert_eq!(states_of(name, &choices), thorough, "{name}");
        }
    }

    #[test]
    fn depths_are_counted_in_powers_of_two() {
        let depths: Vec<u64> = [0, 1, 2, 3, 4, 7, 8, 1_000].map(depth).to_vec();
        assert_eq!(depths, [0, 1, 2, 2, 3, 3, 4, 4]);
    }
}

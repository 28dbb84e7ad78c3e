//! What a fuzzer should see of a run: states with the details left out.

use crate::model::container::Hand;
use crate::model::dns::DnsSide;
use crate::model::fault::Target;
use crate::model::id::{QueueId, RegionId, ReplicatorId, StageId};
use crate::model::layout::Place;
use crate::model::message::MessageKind;
use crate::run::{Observer, Phase};
use crate::scheduler::seed::mix;
use crate::sim::{Simulation, Step};

/// Calls a function with a number for every abstract state that a run goes through: a new number
/// is a situation that the system was not in before, even where no new code ran.
///
/// An abstract state is that of a neighbourhood, in whichever region it is:
///
/// * a container: its stage, its state, how far it is with its record, the queues on both sides of it, its
///   table and its replicator;
/// * the entry to a region: the source, in-dns, the inbound queue;
/// * the exit from a region: the outbound queue, out-dns, the destination.
///
/// Of a queue it says whether the queue has failed and how deep it is (0, 1, 2 to 3, 4 or more),
/// of a replicator that has failed, how deep its backlog is. Which records these are is left out,
/// and so is the rest of the system: the product of all would be new in nearly every run, which
/// guides no search. Numbers are hashes: equal states have equal numbers, in every run of every plan.
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
/// Checker::default().check_watched(&builtin::scenario("crash-anywhere")?, &[7; 2_000], &mut states)?;
/// assert!(seen.len() > 50, "{} states", seen.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AbstractStates<F> {
    visit: F,
}

impl<F: FnMut(u64)> AbstractStates<F> {
    /// Calls `visit` with the number of every state.
    pub fn new(visit: F) -> AbstractStates<F> {
        AbstractStates { visit }
    }

    fn see_all(&mut self, simulation: &Simulation) {
        let layout = &simulation.plan().layout;
        for region in layout.region_ids() {
            self.see_entry(region, simulation);
            self.see_exit(region, simulation);
            layout.stage_ids().for_each(|stage| self.see_stage(region, stage, simulation));
        }
    }

    fn see_entry(&mut self, region: RegionId, simulation: &Simulation) {
        let queue = simulation.plan().layout.queue(region, 0);
        let source = simulation.source().state() as u64;
        let route = route(DnsSide::In, region, simulation);
        (self.visit)(mix(1 << 60 | source << 16 | route << 8 | depth_of(queue, simulation)));
    }

    fn see_exit(&mut self, region: RegionId, simulation: &Simulation) {
        let layout = &simulation.plan().layout;
        let queue = layout.queue(region, layout.positions() - 1);
        let destination = simulation.destination().state(region) as u64;
        let route = route(DnsSide::Out, region, simulation);
        (self.visit)(mix(2 << 60 | destination << 16 | route << 8 | depth_of(queue, simulation)));
    }

    fn see_stage(&mut self, region: RegionId, stage: StageId, simulation: &Simulation) {
        let layout = &simulation.plan().layout;
        let next = layout.shape.next(stage).iter();
        let next = next.map(|&next| depth_of(layout.queue(region, next.into()), simulation));
        let around = depth_of(layout.queue(region, stage.index()), simulation) << 8
            | next.max().unwrap_or(0);
        let failed = simulation.is_disturbed(Target::Table(layout.table(region, stage)));
        let stores = backlog(stage, simulation) << 8 | u64::from(failed);
        for id in layout.rivals(region, stage) {
            let container = simulation.container(id);
            let works = container.state() as u64 * 2 + u64::from(container.crashed());
            let hand = container.hand().map_or(0, |Hand { step, .. }| 1 + u64::from(step));
            let more = simulation.batch(id).count() as u64;
            let doing = more << 56 | u64::from(stage.0) << 48 | works << 44 | hand << 40;
            (self.visit)(mix(3 << 60 | doing | stores << 16 | around));
        }
    }

    /// The neighbours of a queue.
    fn see_queue(&mut self, queue: QueueId, simulation: &Simulation) {
        let (region, position) = simulation.plan().layout.queue_place(queue);
        if position == 0 {
            self.see_entry(region, simulation);
        }
        let previous = simulation.plan().layout.shape.previous(position);
        previous.iter().for_each(|&before| self.see_stage(region, before, simulation));
        if position < simulation.plan().layout.stages.len() {
            self.see_stage(region, StageId(position as u8), simulation);
        } else {
            self.see_exit(region, simulation);
        }
    }
}

impl<F: FnMut(u64)> Observer for AbstractStates<F> {
    fn begin(&mut self, _simulation: &Simulation) {}

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        match phase {
            Phase::Chaos | Phase::Heal => self.see_all(simulation),
            // Nothing happens between the healing and this.
            Phase::Converge => {}
        }
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        let layout = &simulation.plan().layout;
        let Some(machine) = step.choice.machine() else {
            return self.see_all(simulation);
        };
        let place = layout.places()[machine.index()];
        let transacts = step.pair.is_some_and(|pair| pair.message == MessageKind::Transact);
        if place == Place::Driver || transacts {
            // A step of the script can change any machine, and a transaction a table and several queues.
            self.see_all(simulation);
        } else if place == Place::Source {
            layout.region_ids().for_each(|region| self.see_entry(region, simulation));
        } else if place == Place::Destination {
            layout.region_ids().for_each(|region| self.see_exit(region, simulation));
        } else if let Place::Queue(id) = place {
            self.see_queue(id, simulation);
        } else if let Place::Container(id) = place {
            let (region, stage) = layout.container_place(id);
            self.see_stage(region, stage, simulation);
        } else if let Place::Table(id) = place {
            // What it has sent to a replicator that has failed is a backlog of all regions.
            let (_, stage) = layout.table_place(id);
            if backlog(stage, simulation) > 0 {
                layout.region_ids().for_each(|at| self.see_stage(at, stage, simulation));
            }
        }
        // The others relay: what is theirs changes only when the driver steps.
    }
}

/// Whether a queue has failed, and how deep it is: below 8.
fn depth_of(queue: QueueId, simulation: &Simulation) -> u64 {
    let failed = u64::from(simulation.is_disturbed(Target::Queue(queue)));
    depth(simulation.queue(queue).len()) * 2 + failed
}

/// Whether a replicator has failed, and how deep its backlog is then: below 5.
fn backlog(stage: StageId, simulation: &Simulation) -> u64 {
    let replicator = ReplicatorId(stage.0.into());
    if !simulation.is_disturbed(Target::Replicator(replicator)) {
        return 0;
    }
    let machine = simulation.plan().layout.machine(Place::Replicator(replicator));
    1 + depth(simulation.waiting(machine))
}

/// What a DNS name does with a region: below 4.
fn route(side: DnsSide, region: RegionId, simulation: &Simulation) -> u64 {
    let dns = simulation.dns(side);
    u64::from(dns.offline().contains(region)) * 2 + u64::from(dns.failed().contains(region))
}

/// 0, 1, 2 to 3, 4 or more.
fn depth(records: usize) -> u64 {
    u64::from((usize::BITS - records.leading_zeros()).min(3))
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
        Checker::default()
            .check_watched(&scenario, choices, &mut states)
            .expect("the design is sound");
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
                .check_watched(&scenario, &choices, &mut Thorough(&mut thorough))
                .expect("the design is sound");
            assert_eq!(states_of(name, &choices), thorough, "{name}");
        }
    }

    #[test]
    fn depths_are_counted_in_powers_of_two() {
        assert_eq!([0, 1, 2, 3, 4, 1_000].map(depth), [0, 1, 2, 2, 3, 3]);
    }
}

//! Every schedule of a tiny scenario, states that are equal joined.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use active_active::model::{RecordId, RegionId, StageId};
use active_active::plan::Plan;
use active_active::sim::{Choice, Simulation};
use active_active::spec::{Judgement, PropertyName, Spec};

/// What there is to see in all schedules together.
#[derive(Default)]
pub(crate) struct Enumeration {
    /// By fingerprint: the numbers that lead there, each the index of a choice, and the states
    /// that one choice leads to, one for each choice.
    pub(crate) states: BTreeMap<u128, (Vec<u16>, Vec<u128>)>,
    /// How many different things the spec knew in those states.
    pub(crate) known: usize,
    /// The states in which no machine can step, before the last healing.
    pub(crate) rests: BTreeSet<u128>,
    /// The states in which a run is over.
    pub(crate) ends: BTreeSet<u128>,
    /// Choices, and ends, that violate a property; no schedule goes on from there.
    pub(crate) violations: BTreeMap<PropertyName, u64>,
}

/// A state, with what the spec knows and the numbers that lead there.
struct Node {
    simulation: Simulation,
    spec: Spec,
    path: Vec<u16>,
}

/// Takes every choice in every state.
pub(crate) fn enumerate(plan: &Arc<Plan>) -> Enumeration {
    let mut found = Enumeration::default();
    let root = Node {
        simulation: Simulation::new(Arc::clone(plan)),
        spec: Spec::new(plan),
        path: Vec::new(),
    };
    let mut known = BTreeSet::from([key(&root.simulation, &root.spec)]);
    let mut enabled: BTreeMap<u128, Vec<Choice>> = BTreeMap::new();
    let mut scratch = (root.simulation.clone(), root.spec.clone());
    let mut frontier = vec![root];
    while let Some(node) = frontier.pop() {
        let fingerprint = node.simulation.fingerprint();
        let choices = node.simulation.enabled();
        let mut next = Vec::new();
        if node.simulation.is_over() {
            found.ends.insert(fingerprint);
            note(node.spec.judge_end(&node.simulation), &mut found);
        } else {
            if choices.is_quiescent() && !node.simulation.is_closed() {
                found.rests.insert(fingerprint);
            }
            for (number, choice) in choices.iter().enumerate() {
                let (simulation, spec) = (&mut scratch.0, &mut scratch.1);
                simulation.copy_from(&node.simulation);
                spec.copy_from(&node.spec);
                simulation.step(choice);
                let judgement = spec.watch(simulation.events(), simulation.steps(), plan);
                if !note(judgement, &mut found) {
                    continue;
                }
                let reached = simulation.fingerprint();
                let choices: Vec<Choice> = simulation.enabled().iter().collect();
                let same = enabled.entry(reached).or_insert_with(|| choices.clone());
                assert_eq!(*same, choices, "two states with one fingerprint");
                next.push(reached);
                if known.insert(key(simulation, spec)) {
                    let path = [&node.path[..], &[number as u16]].concat();
                    let (simulation, spec) = (simulation.clone(), spec.clone());
                    frontier.push(Node { simulation, spec, path });
                }
            }
        }
        found.states.insert(fingerprint, (node.path, next));
    }
    found.known = known.len();
    found
}

/// Counts a violation; whether there was none.
fn note(judgement: Judgement, found: &mut Enumeration) -> bool {
    if let Err(breach) = judgement {
        *found.violations.entry(breach.property()).or_default() += 1;
    }
    judgement.is_ok()
}

/// A state, and what the spec knows of each record: paths that meet in one state and in this are
/// one for all properties (but for `RegionFifo`, which with one record has nothing to compare).
fn key(simulation: &Simulation, spec: &Spec) -> (u128, Vec<u64>) {
    let plan = simulation.plan();
    let layout = &plan.layout;
    let ledger = spec.ledger();
    let mut knows = Vec::new();
    let mut know = |fact: bool| knows.push(u64::from(fact));
    for record in simulation.plan().record_ids().collect::<Vec<RecordId>>() {
        let facts = ledger.record(record);
        [facts.published, facts.accepted, facts.arrived].into_iter().for_each(&mut know);
        let places = layout.stage_ids().flat_map(|s| layout.region_ids().map(move |r| (s, r)));
        for (stage, region) in places.collect::<Vec<(StageId, RegionId)>>() {
            know(ledger.is_stored(record, stage, region));
            know(ledger.is_forwarded(record, stage, region, plan));
        }
        (0..facts.queue_copies).for_each(|_| know(true));
    }
    (simulation.fingerprint(), knows)
}

impl Enumeration {
    /// How many transitions there are between states.
    pub(crate) fn transitions(&self) -> usize {
        self.states.values().map(|(_, next)| next.len()).sum()
    }

    /// How many schedules there are from the beginning to a rest.
    pub(crate) fn schedules(&self) -> u128 {
        let root = self.states.iter().find(|(_, (path, _))| path.is_empty());
        let (&root, _) = root.expect("no number leads to the beginning");
        self.count(root, &mut BTreeMap::new())
    }

    /// How many schedules there are from a state on. `counted` has those known so far; one that
    /// is being counted is none: a state that leads to itself would be a livelock.
    fn count(&self, state: u128, counted: &mut BTreeMap<u128, Option<u128>>) -> u128 {
        match counted.insert(state, None) {
            Some(Some(count)) => {
                counted.insert(state, Some(count));
                return count;
            }
            Some(None) => panic!("a schedule comes back to a state"),
            None => {}
        }
        let (_, next) = &self.states[&state];
        let count = if next.is_empty() {
            1
        } else {
            next.iter().map(|&next| self.count(next, counted)).sum()
        };
        counted.insert(state, Some(count));
        count
    }
}

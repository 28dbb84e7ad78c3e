//! A second judge of all schedules: it takes every choice of every state, one state after the other, and
//! knows no reduction, no symmetry and no parts of states.
//!
//! What it has in common with `verify` is the simulation and the spec. Two states are one for it if
//! the system is the same and the spec knows the same, word by word; so it needs no list of
//! what a property remembers. It judges the end, every healing and every order after it, and
//! that a closed system comes to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use active_active::model::MachineId;
use active_active::plan::Plan;
use active_active::sim::{Choice, Simulation};
use active_active::spec::{Judgement, PropertyName, Spec};

/// All states, and what is violated.
#[derive(Default)]
pub(crate) struct Judged {
    nodes: Vec<Node>,
    numbers: BTreeMap<(u128, String), usize>,
    pub(crate) violated: BTreeSet<PropertyName>,
}

struct Node {
    simulation: Simulation,
    spec: Spec,
    ways: Vec<(Choice, usize)>,
}

/// What is violated in some schedule; nothing if there are more states than that.
pub(crate) fn judge(plan: &Arc<Plan>, states_max: usize) -> Option<Judged> {
    if has_more_states_than(states_max, plan) {
        return None;
    }
    let mut judged = Judged::default();
    judged.number(&Simulation::new(Arc::clone(plan)), &Spec::new(plan));
    let mut done = 0;
    while done < judged.nodes.len() {
        if judged.nodes.len() > states_max {
            return None;
        }
        judged.expand(done);
        done += 1;
    }
    // A system that can go round can be healed wherever it then is, and then go round elsewhere.
    loop {
        let is_open = |node: &usize| {
            let Node { simulation, ways, .. } = &judged.nodes[*node];
            simulation.may_end() && !ways.iter().any(|(choice, _)| *choice == Choice::Heal)
        };
        let open: Vec<usize> = judged.on_or_behind_cycles().into_iter().filter(is_open).collect();
        let known = judged.nodes.len();
        open.into_iter().for_each(|node| judged.take(node, Choice::Heal));
        if judged.nodes.len() == known {
            break;
        }
        while done < judged.nodes.len() {
            if judged.nodes.len() > states_max {
                return None;
            }
            judged.expand(done);
            done += 1;
        }
    }
    if judged.can_stay_for_ever() {
        judged.violated.insert(PropertyName::Settles);
    }
    Some(judged)
}

/// Whether the system alone has more states, whatever the spec knows in each: most that is drawn has, and to write down what
/// the spec knows takes longest.
fn has_more_states_than(states_max: usize, plan: &Arc<Plan>) -> bool {
    let mut left = vec![(Simulation::new(Arc::clone(plan)), Spec::new(plan))];
    let mut known = BTreeSet::new();
    while let Some((simulation, spec)) = left.pop() {
        if !known.insert(simulation.fingerprint()) || simulation.is_over() {
            continue;
        }
        if known.len() > states_max {
            return true;
        }
        for choice in simulation.enabled().iter() {
            let (mut simulation, mut spec) = (simulation.clone(), spec.clone());
            simulation.step(choice);
            if spec.watch(simulation.events(), simulation.steps(), plan).is_ok() {
                left.push((simulation, spec));
            }
        }
    }
    false
}

impl Judged {
    /// The number of the state, which is new if there was none.
    fn number(&mut self, simulation: &Simulation, spec: &Spec) -> usize {
        let key = (simulation.fingerprint(), without_steps(&format!("{spec:?}")));
        let next = self.nodes.len();
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            let (simulation, spec) = (simulation.clone(), spec.clone());
            self.nodes.push(Node { simulation, spec, ways: Vec::new() });
        }
        number
    }

    fn expand(&mut self, node: usize) {
        let Node { simulation, spec, .. } = &self.nodes[node];
        if simulation.is_over() {
            let judgement = spec.judge_end(simulation);
            self.note(judgement);
            return;
        }
        let choices: Vec<Choice> = simulation.enabled().iter().collect();
        choices.into_iter().for_each(|choice| self.take(node, choice));
    }

    fn take(&mut self, node: usize, choice: Choice) {
        let Node { simulation, spec, .. } = &self.nodes[node];
        let (mut simulation, mut spec) = (simulation.clone(), spec.clone());
        simulation.step(choice);
        let plan = Arc::clone(simulation.plan());
        let judgement = spec.watch(simulation.events(), simulation.steps(), &plan);
        if self.note(judgement) {
            let to = self.number(&simulation, &spec);
            self.nodes[node].ways.push((choice, to));
        }
    }

    /// Whether nothing is violated.
    fn note(&mut self, judgement: Judgement) -> bool {
        self.violated.extend(judgement.err().map(|breach| breach.property()));
        judgement.is_ok()
    }

    /// States are removed to which nothing leads, then those to which nothing else leads, and so on.
    fn on_or_behind_cycles(&self) -> Vec<usize> {
        let mut ways_to = vec![0; self.nodes.len()];
        self.nodes.iter().flat_map(|node| &node.ways).for_each(|&(_, to)| ways_to[to] += 1);
        let mut removed: Vec<usize> = (0..ways_to.len()).filter(|&at| ways_to[at] == 0).collect();
        while let Some(node) = removed.pop() {
            for &(_, to) in &self.nodes[node].ways {
                ways_to[to] -= 1;
                if ways_to[to] == 0 {
                    removed.push(to);
                }
            }
        }
        (0..ways_to.len()).filter(|&at| ways_to[at] > 0).collect()
    }

    /// Whether a closed run can stay among some states for ever though every machine gets its turn, and every
    /// answer of in-dns comes at some time.
    fn can_stay_for_ever(&self) -> bool {
        let round = self.on_or_behind_cycles().into_iter();
        let mut kept: BTreeSet<usize> =
            round.filter(|&node| !self.nodes[node].simulation.may_end()).collect();
        while let Some(&first) = kept.first() {
            let from = self.reached(first, &kept);
            let together: BTreeSet<usize> = from
                .into_iter()
                .filter(|&node| self.reached(node, &kept).contains(&first))
                .collect();
            if together.is_empty() {
                kept.remove(&first);
                continue;
            }
            match self.random_way_out(&together) {
                Some(node) => _ = kept.remove(&node),
                None if self.is_fair(&together) => return true,
                None => kept.retain(|node| !together.contains(node)),
            }
        }
        false
    }

    /// The states that one or more choices lead to, among some.
    fn reached(&self, from: usize, among: &BTreeSet<usize>) -> BTreeSet<usize> {
        let (mut reached, mut left) = (BTreeSet::new(), vec![from]);
        while let Some(node) = left.pop() {
            for &(_, to) in &self.nodes[node].ways {
                if among.contains(&to) && reached.insert(to) {
                    left.push(to);
                }
            }
        }
        reached
    }

    /// A state from which one of several answers of in-dns leads elsewhere.
    fn random_way_out(&self, together: &BTreeSet<usize>) -> Option<usize> {
        together.iter().copied().find(|&node| {
            let Node { simulation, ways, .. } = &self.nodes[node];
            let answers = |choice: Choice| matches!(choice, Choice::Resolve(_));
            let in_dns = simulation.enabled().iter().find(|&choice| answers(choice));
            let Some(in_dns) = in_dns.and_then(Choice::machine) else { return false };
            let mut answered = ways.iter().filter(|(choice, _)| choice.machine() == Some(in_dns));
            answered.any(|(_, to)| !together.contains(to))
        })
    }

    /// Whether each machine steps, or rests somewhere.
    fn is_fair(&self, together: &BTreeSet<usize>) -> bool {
        let ready = |node: usize| self.nodes[node].simulation.enabled().machines();
        let inside = together.iter().flat_map(|&node| &self.nodes[node].ways);
        let inside = inside.filter(|(_, to)| together.contains(to));
        let steppers: BTreeSet<MachineId> =
            inside.filter_map(|(choice, _)| choice.machine()).collect();
        let first = *together.first().expect("a state is in a set of its own");
        ready(first).all(|machine| {
            steppers.contains(&machine)
                || together.iter().any(|&node| !ready(node).any(|other| other == machine))
        })
    }
}

/// What the spec knows, without the numbers of steps, which only explanations need.
fn without_steps(known: &str) -> String {
    const COUNTS: [&str; 2] = ["Seen(", "recoveries: "];
    let mut text = String::with_capacity(known.len());
    let mut rest = known;
    while let Some((at, count)) =
        COUNTS.iter().filter_map(|count| rest.find(count).map(|at| (at, count))).min()
    {
        let (before, after) = rest.split_at(at + count.len());
        text.push_str(before);
        rest = after.trim_start_matches(|digit: char| digit.is_ascii_digit());
    }
    text.push_str(rest);
    text
}

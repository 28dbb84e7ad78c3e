//! States in which a closed run can stay for ever, though every machine gets its turn.
//!
//! A system that is healed and to which nothing happens any more has to come to rest. It does not if there
//! is a set of states that lead to each other, and a run that stays among them is *fair*: a machine that
//! could step in all of them takes a step between two of them (weak fairness; what such a machine is about
//! to do stays possible until it is done). A choice of in-dns among several answers is random, so a run
//! does not stay where one of them leads out.
//!
//! Sets of states that lead to each other are strongly connected components (Tarjan 1972). If one of them is
//! not fair as a whole, no part of it is: a machine that is left out of the whole is left out of the part.

use std::collections::BTreeMap;

use crate::model::id::MachineId;
use crate::model::layout::IN_DNS;
use crate::sim::Choice;

/// States of closed runs, and which lead to which.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    /// By fingerprint: an index of `nodes`.
    numbers: BTreeMap<u128, usize>,
}

#[derive(Debug)]
struct Node {
    /// The choices that lead there.
    path: Box<[Choice]>,
    /// The machines that can step, ascending.
    ready: Vec<MachineId>,
    /// in-dns has several answers to choose from.
    has_answers: bool,
    ways: Vec<Way>,
}

/// A way from one state to the next.
#[derive(Debug)]
struct Way {
    to: u128,
    /// The machines that step on it.
    steppers: Vec<MachineId>,
}

impl Graph {
    /// Adds a state, unless it is there. How many bytes that takes, about.
    pub(super) fn begin(&mut self, fingerprint: u128, path: &[Choice], options: &[Choice]) -> u64 {
        if self.numbers.contains_key(&fingerprint) {
            return 0;
        }
        let mut ready: Vec<MachineId> =
            options.iter().filter_map(|option| option.machine()).collect();
        ready.sort_unstable();
        ready.dedup();
        let has_answers = options.iter().any(|option| matches!(option, Choice::Resolve(_)));
        self.numbers.insert(fingerprint, self.nodes.len());
        let bytes = size_of_val(path) + options.len() * 64 + size_of::<Node>() + 64;
        self.nodes.push(Node { path: path.into(), ready, has_answers, ways: Vec::new() });
        bytes as u64
    }

    /// These choices lead from a state, if it was added, to another one.
    #[inline]
    pub(super) fn lead(&mut self, from: u128, to: u128, choices: &[Choice]) {
        if self.nodes.is_empty() {
            return;
        }
        if let Some(&number) = self.numbers.get(&from) {
            let steppers = choices.iter().filter_map(|choice| choice.machine()).collect();
            self.nodes[number].ways.push(Way { to, steppers });
        }
    }

    /// Adds what another thread has noted.
    pub(super) fn append(&mut self, other: Graph) {
        assert!(self.nodes.is_empty() || other.nodes.is_empty(), "one thread notes");
        if self.nodes.is_empty() {
            *self = other;
        }
    }

    /// The choices that lead to a state in which a fair run can stay for ever; the shortest of the lists.
    pub(super) fn livelock(&self) -> Option<&[Choice]> {
        let mut kept = vec![true; self.nodes.len()];
        loop {
            let components = self.components(&kept);
            let (mut least, mut left) = (None::<&[Choice]>, false);
            for component in &components {
                if let Some(outside) = self.random_way_out(component) {
                    kept[outside] = false;
                    left = true;
                } else if self.is_fair(component) {
                    for &member in component {
                        let path = &*self.nodes[member].path;
                        least = Some(least.map_or(path, |least| shorter(least, path)));
                    }
                }
            }
            if least.is_some() || !left {
                return least;
            }
        }
    }

    /// A state of the component from which one of several answers of in-dns leads out.
    fn random_way_out(&self, component: &[usize]) -> Option<usize> {
        component.iter().copied().find(|&member| {
            let node = &self.nodes[member];
            let answers = node.ways.iter().filter(|way| way.steppers.first() == Some(&IN_DNS));
            node.has_answers && answers.into_iter().any(|way| !self.leads_to(way, component))
        })
    }

    fn leads_to(&self, way: &Way, component: &[usize]) -> bool {
        self.numbers.get(&way.to).is_some_and(|number| component.binary_search(number).is_ok())
    }

    /// Whether a run can stay in the component and let every machine step that always could.
    fn is_fair(&self, component: &[usize]) -> bool {
        let within = |&member: &usize| {
            let ways = self.nodes[member].ways.iter();
            ways.filter(|way| self.leads_to(way, component))
        };
        let mut ways = component.iter().flat_map(within).peekable();
        if ways.peek().is_none() {
            return false;
        }
        let steppers: Vec<MachineId> = ways.flat_map(|way| way.steppers.clone()).collect();
        self.nodes[component[0]].ready.iter().all(|machine| {
            let rests = |&member: &usize| self.nodes[member].ready.binary_search(machine).is_err();
            steppers.contains(machine) || component.iter().any(rests)
        })
    }

    /// The strongly connected components of the states that are kept, each ascending.
    fn components(&self, kept: &[bool]) -> Vec<Vec<usize>> {
        let mut search = Tarjan::new(self.nodes.len());
        for root in (0..self.nodes.len()).filter(|&root| kept[root]) {
            search.visit(root, |node| {
                let next = self.nodes[node].ways.iter();
                let next = next.filter_map(|way| self.numbers.get(&way.to).copied());
                next.filter(|&to| kept[to]).collect()
            });
        }
        search.components
    }
}

fn shorter<'a>(one: &'a [Choice], other: &'a [Choice]) -> &'a [Choice] {
    if other.len() < one.len() { other } else { one }
}

/// Tarjan's search for components, without recursion.
struct Tarjan {
    /// By node: when it was first met, from 1; 0 if it was not.
    met: Vec<usize>,
    /// By node: the earliest node on the stack that it leads to.
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    count: usize,
    components: Vec<Vec<usize>>,
}

impl Tarjan {
    fn new(nodes: usize) -> Tarjan {
        Tarjan {
            met: vec![0; nodes],
            low: vec![0; nodes],
            on_stack: vec![false; nodes],
            stack: Vec::new(),
            count: 0,
            components: Vec::new(),
        }
    }

    fn visit(&mut self, root: usize, next: impl Fn(usize) -> Vec<usize>) {
        if self.met[root] > 0 {
            return;
        }
        let mut path = vec![(root, self.enter(root, &next))];
        while let Some((node, left)) = path.last_mut() {
            let node = *node;
            match left.pop() {
                Some(to) if self.met[to] == 0 => {
                    let further = self.enter(to, &next);
                    path.push((to, further));
                }
                Some(to) if self.on_stack[to] => self.low[node] = self.low[node].min(self.met[to]),
                Some(_) => {}
                None => {
                    path.pop();
                    if let Some(&(parent, _)) = path.last() {
                        self.low[parent] = self.low[parent].min(self.low[node]);
                    }
                    self.leave(node);
                }
            }
        }
    }

    fn enter(&mut self, node: usize, next: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
        self.count += 1;
        (self.met[node], self.low[node]) = (self.count, self.count);
        self.on_stack[node] = true;
        self.stack.push(node);
        next(node)
    }

    /// Nothing that the node leads to is left: if it leads to no earlier one, it begins a component.
    fn leave(&mut self, node: usize) {
        if self.low[node] < self.met[node] {
            return;
        }
        let at = self.stack.iter().rposition(|&other| other == node).expect("it was entered");
        let mut component = self.stack.split_off(at);
        component.iter().for_each(|&member| self.on_stack[member] = false);
        component.sort_unstable();
        self.components.push(component);
    }
}

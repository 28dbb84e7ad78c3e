//! Where the stages of a sketch send to.

use std::collections::BTreeMap;

use crate::model::options::StageRoute;
use crate::plan::names;
use crate::scenario::stages::DESTINATION;
use crate::scenario::{Scenario, StageOptions};
use crate::sketch::{Opening, Sketch};

/// Where stages send to: the ones that a sketch knows, beside one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Ways {
    /// Each stage sends to the next one.
    #[default]
    Line,
    /// The first stage sends to two, whose ways meet at the next one or at the destination.
    Both,
    /// The first stage sends to two, and records end at one of them.
    Aside,
    /// The first stage sends to one of two by key, and their ways meet; to both, where there are fewer than two keys.
    ByKey,
}

impl Sketch {
    /// The ways of the scenario. What a script expects of its beginning is said of a line.
    fn drawn_ways(&self) -> Ways {
        let is_line = self.opening != Opening::Plain || self.design.topology.stages.len() < 2;
        if is_line { Ways::Line } else { self.ways }
    }

    /// Whether a stage sends to several others.
    pub(super) fn has_branches(&self) -> bool {
        self.drawn_ways() != Ways::Line
    }

    /// What is set for single stages.
    pub(super) fn stage(&self) -> BTreeMap<String, StageOptions> {
        let stages = &self.design.topology.stages;
        let other = stages.get(2).cloned().unwrap_or(DESTINATION.to_owned());
        let both = || Some(vec![stages[1].clone(), other.clone()]);
        let first =
            |to, route| (stages[0].clone(), StageOptions { to, route, ..StageOptions::default() });
        let ends = StageOptions { to: Some(Vec::new()), ..StageOptions::default() };
        match self.drawn_ways() {
            Ways::Line => BTreeMap::new(),
            Ways::Both => [first(both(), None)].into(),
            Ways::Aside => [first(both(), None), (stages[1].clone(), ends)].into(),
            Ways::ByKey => {
                let route = (self.design.records.keys > 1).then_some(StageRoute::ByKey);
                [first(both(), route)].into()
            }
        }
    }
}

/// Queues are named after the stages beside them, which are others than in the line of which a script was written.
pub(super) fn rename(scenario: &mut Scenario) {
    if scenario.stage.is_empty() {
        return;
    }
    let line = Scenario { stage: BTreeMap::new(), ..scenario.clone() };
    let (before, after) = (names::layout(&line), names::layout(scenario));
    let renamed = |name: &str| {
        let (queue, region) = name.split_once('@').map_or((name, None), |(a, b)| (a, Some(b)));
        let mut positions = 0..before.positions();
        let position = positions.find(|&position| before.queue_name(position) == queue);
        position.map_or(name.to_owned(), |position| match region {
            Some(region) => format!("{}@{region}", after.queue_name(position)),
            None => after.queue_name(position),
        })
    };
    for step in &mut scenario.script {
        let text = step.to_string();
        let words: Vec<String> = text.split(' ').map(renamed).collect();
        *step = words.join(" ").parse().expect("a name is a name");
    }
    let speed = std::mem::take(&mut scenario.speed).into_iter();
    scenario.speed = speed.map(|(name, speed)| (renamed(&name), speed)).collect();
}

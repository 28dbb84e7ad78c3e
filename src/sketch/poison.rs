//! A record that some containers cannot process, in a sketch.

use super::Sketch;

/// Where containers cannot process the first record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Poison {
    Nowhere,
    /// So it does not come further than the first stage.
    Everywhere,
    AtLastStage,
}

impl Sketch {
    /// Whether some container cannot process the first record.
    pub(crate) fn has_poison(&self) -> bool {
        self.poison != Poison::Nowhere && self.max_receives() > 0
    }

    /// The stages that cannot, if not all. Where stages send to several others, a record may not pass the last one.
    pub(super) fn poison_at(&self) -> Vec<String> {
        let at_last = self.poison == Poison::AtLastStage && !self.has_branches();
        let last = self.design.topology.stages.last().filter(|_| at_last && self.has_poison());
        last.cloned().into_iter().collect()
    }
}

//! What the relay of an outbox does.

use super::Scene;

impl Scene<'_> {
    /// A relay reads its outbox: which instance of it, if there are several.
    pub(super) fn reads_outbox(&self, instance: u8) -> String {
        let several = self.simulation.plan().scenario().relay.instances > 1;
        match (several, instance) {
            (false, _) => "has its relay read the outbox".to_owned(),
            (true, 0) => "has the first instance of its relay read the outbox".to_owned(),
            (true, _) => "has the second instance of its relay read the outbox".to_owned(),
        }
    }
}

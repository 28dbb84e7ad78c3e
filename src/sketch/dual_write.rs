//! How the containers of a sketch keep their tables and the next queues in step.

use crate::model::options::{Action, DualWrite};
use crate::sketch::{Act, Opening, Sketch};

impl Sketch {
    /// What was drawn, where the rest allows it.
    pub(super) fn dual_write(&self) -> DualWrite {
        let drawn = self.design.container.dual_write;
        let fits = match drawn {
            DualWrite::Retry => true,
            DualWrite::Compensate | DualWrite::CompensateIfAlone => self.may_compensate(),
            DualWrite::Transaction => self.may_transact(),
        };
        if fits { drawn } else { DualWrite::default() }
    }

    /// Whether a table and a queue are kept in step by containers, which publish, of regional tables, one record after the
    /// other. What a script expects of its beginning is said of containers that retry.
    fn may_keep_in_step(&self) -> bool {
        self.opening == Opening::Plain
            && self.batch() == 1
            && !self.has_outbox()
            && !self.has_own(|own| own.outbox)
            && !self.is_strong()
            && !self.has_databases()
    }

    /// Whether a transaction can be all that a container does, but for a call before it: no queue is ever full.
    fn may_transact(&self) -> bool {
        let is_only_step = self.design.container.steps.first() == Some(&Action::Call)
            || !self.design.container.calls();
        self.may_keep_in_step() && self.capacity() == 0 && is_only_step
    }

    /// Whether rows can be taken back: nothing is lost, rows have no keys, and no record that was forwarded is given up.
    fn may_compensate(&self) -> bool {
        let loses = |act: &Act| matches!(act, Act::Lose { .. });
        let budget = self.budget();
        self.may_keep_in_step()
            && self.design.records.keys == 0
            && self.max_receives() == 0
            && budget.lose_table + budget.lose_region == 0
            && !self.acts.iter().any(loses)
    }
}

//! What a container does when its table has the record.

use crate::model::container::{Container, Context, Event, WhyBack};
use crate::model::options::{OnDuplicate, OnUnreadable};
use crate::model::outbox::Outbox;

impl Container {
    /// The table has the record, and may have had it before.
    #[inline]
    pub(super) fn stored(
        &mut self,
        duplicate: bool,
        unreadable: bool,
        context: &Context,
        out: &mut Outbox,
    ) {
        if !self.is_storing(context) {
            return out.emit(Event::AnsweredAgain { container: context.id });
        }
        if unreadable && context.options.on_unreadable == OnUnreadable::GiveUp {
            return self.give_back(WhyBack::Unreadable, context, out);
        }
        match context.options.on_duplicate {
            OnDuplicate::Skip if duplicate => self.skip_to_remove(context, out),
            OnDuplicate::GiveBack if duplicate => {
                self.give_back(WhyBack::Duplicate, context, out);
            }
            OnDuplicate::ForwardAgain | OnDuplicate::Skip | OnDuplicate::GiveBack => {
                self.next(context, out);
            }
        }
    }
}

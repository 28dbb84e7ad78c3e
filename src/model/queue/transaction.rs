//! What a queue has to do with a transaction of a container.

use crate::model::message::Receipt;
use crate::model::options::{Delivery, Receive, RemoveBy};
use crate::model::queue::{Context, Queue, Shelf};

impl Queue {
    /// Whether a request to remove with this receipt would be taken: a fifo queue refuses one that has expired, and a log one of a
    /// consumer that has lost the partition.
    pub(crate) fn would_remove(&self, receipt: Receipt, context: &Context, shelf: &Shelf) -> bool {
        let is_asked = match context.options.delivery {
            Delivery::Fifo => {
                context.options.receive == Receive::Keep
                    && context.options.remove == RemoveBy::Receipt
            }
            Delivery::Log => true,
            Delivery::Standard => false,
        };
        !is_asked || shelf.iter(&self.in_flight).any(|item| item.receipt == receipt)
    }
}

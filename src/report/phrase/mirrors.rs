//! What becomes of mirrored logs, in words: of all records of a log at once.

use super::Scene;
use crate::model::event::Event;
use crate::model::id::QueueId;
use crate::model::queue;
use crate::spec::explain::numbers;

/// The log that takes over what it had mirrored, or skips it.
fn at(event: &Event) -> Option<(QueueId, bool)> {
    if let Event::Queue(queue::Event::TookOver { queue, .. }) = *event {
        return Some((queue, true));
    }
    if let Event::Queue(queue::Event::Skipped { queue, .. }) = *event {
        return Some((queue, false));
    }
    None
}

impl Scene<'_> {
    /// Whether an event of the step is told with an earlier one: a log takes over, or skips, another record.
    pub(super) fn is_told_of_a_mirror(&self, index: usize) -> bool {
        let events = self.simulation.events();
        let of = at(&events[index]);
        of.is_some() && events[..index].iter().any(|earlier| at(earlier) == of)
    }

    /// The records that a log takes over, or skips.
    pub(super) fn of_mirror(&self, event: queue::Event) -> String {
        let of = at(&Event::Queue(event));
        let events = self.simulation.events().iter().filter(|other| at(other) == of);
        let mut records: Vec<u16> = events.filter_map(Event::record).map(|id| id.0).collect();
        records.sort_unstable();
        numbers(&records)
    }
}

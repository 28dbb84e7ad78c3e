//! What is handled before its line: a P machine that awaits one answer leaves in its inbox what came before it, and a
//! machine here takes what comes first.

use active_active::model::Message;

use super::meaning::{self, Kind, Meaning};
use super::replay::{Replay, message_of};

impl Replay<'_> {
    /// The later line of the same machine whose message is in the way of this line's.
    ///
    /// Two regions have nothing to do with each other at the destination and in out-dns, nor has a
    /// remove with a send that its queue takes.
    pub(super) fn in_the_way(
        &self,
        index: usize,
        next: &Message,
    ) -> Option<(usize, meaning::Message)> {
        use meaning::Message::{Remove, Send};
        let line = &self.run.lines[index];
        let later = self.run.lines.iter().enumerate().skip(index + 1);
        let of_machine = later.filter(|(_, later)| later.machine == line.machine);
        let mut steps = of_machine.filter_map(|(at, later)| match later.row.meaning {
            Meaning::Step(message) if !self.early.contains(&at) => Some((at, later, message)),
            _ => None,
        });
        let (at, later, message) =
            steps.find(|(_, later, message)| self.means(next, later, *message).is_ok())?;
        let can_come_first = match line.row.kind {
            Kind::Destination | Kind::OutDns => {
                self.offline.is_empty() && later.details.region != line.details.region
            }
            Kind::Queue => (message, message_of(line)) == (Remove, Send),
            _ => false,
        };
        can_come_first.then_some((at, message))
    }
}

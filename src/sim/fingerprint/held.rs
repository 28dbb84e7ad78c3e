//! What the script has made fail.

use super::Writer;
use crate::model::dns::DnsSide;
use crate::model::fault::Target;

impl Writer<'_> {
    /// What the script has made fail.
    pub(super) fn target(&mut self, target: Target) {
        let region = target.region(&self.plan.layout).map_or(u8::MAX, |region| region.0);
        let (kind, number) = match target {
            Target::Container(id) => (0, id.0),
            Target::Queue(id) => (1, id.0),
            Target::Table(id) => (2, id.0),
            Target::Replicator(id) => (3, id.0),
            Target::Link(id, _) => (4, id.0),
            Target::Service => (5, 0),
            Target::Dns(DnsSide::In, _) => (6, 0),
            Target::Dns(DnsSide::Out, _) => (7, 0),
            Target::Region(_) => (8, 0),
            Target::Writer(id, _) => (9, id.0),
        };
        self.bytes.u8(kind);
        self.bytes.u16(number);
        self.bytes.u8(region);
    }
}

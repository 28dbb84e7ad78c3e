//! The consumers that wait for a delivery.

use crate::model::id::MachineId;
use crate::model::message::Client;
use crate::model::queue::CONSUMERS_MAX;

/// Consumers that wait, in a fixed block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    /// The first `len` are meaningful, longest waiting first; at most one of a machine.
    clients: [Client; CONSUMERS_MAX],
    len: u8,
}

impl Default for Waiting {
    fn default() -> Waiting {
        let none = Client { machine: MachineId(0), incarnation: 0 };
        Waiting { clients: [none; CONSUMERS_MAX], len: 0 }
    }
}

impl Waiting {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub(super) fn push(&mut self, client: Client) {
        self.clients[usize::from(self.len)] = client;
        self.len += 1;
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Client> {
        if self.len == 0 {
            return None;
        }
        let first = self.clients[0];
        self.clients.copy_within(1.., 0);
        self.len -= 1;
        Some(first)
    }

    #[inline]
    pub(super) fn drop_where(&mut self, unwanted: impl Fn(Client) -> bool) {
        let mut kept = 0;
        for index in 0..usize::from(self.len) {
            if !unwanted(self.clients[index]) {
                self.clients[kept] = self.clients[index];
                kept += 1;
            }
        }
        self.len = kept as u8;
    }

    /// All of them, longest waiting first.
    pub(super) fn clients(&self) -> &[Client] {
        &self.clients[..usize::from(self.len)]
    }

    /// The same, to change them.
    #[cfg(test)]
    pub(super) fn clients_mut(&mut self) -> &mut [Client] {
        &mut self.clients[..usize::from(self.len)]
    }
}

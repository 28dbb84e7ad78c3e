//! The options of the relays.

use crate::model::options::{SOUND, UNSOUND};
use crate::model::property::PropertyName as P;

section! {
    /// The design of the relays, which publish what containers only store: there is one for each regional table where
    /// `container.steps` has no `publish`.
    #[derive(Copy)]
    RelayOptions {
        /// In which order a relay reads its outbox, and so what it takes for read.
        position: Position,
    }
}

option! {
    /// In which order a relay reads the outbox of its table.
    Position {
        /// In that of the commits, as a change stream has it. Sound.
        ByCommit = SOUND.holds_in(&["outbox-watermark"]),
        /// In that of the ids, from the greatest one that it has published. A store is a transaction then: it gets its
        /// id when it begins, and commits later. Unsound: what commits behind a greater id is never read.
        ById = UNSOUND
            .needs(&["container.steps=store,remove"])
            .by("outbox-watermark", P::NeverLost),
    }
}

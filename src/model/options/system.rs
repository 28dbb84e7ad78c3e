//! The options of the system as a whole.

use crate::model::options::{SOUND, UNSOUND};

option! {
    /// What is healed when the script has ended, or does not go on by itself.
    Heal {
        /// Every fault ends, stopped containers are started again, and the traffic is led around
        /// what is lost: what operators do.
        Everything,
        /// Every fault ends. A container that crashed or stopped stays as it is, unless
        /// `container.restart` is `always`.
        Faults = SOUND.with(&["container.restart=always"]),
        /// Nothing: the system has to bring itself to its end.
        Nothing = UNSOUND,
    }
}

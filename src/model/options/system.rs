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

option! {
    /// When what the script does to a component takes effect there.
    Commands {
        /// At the line of the script, all components of the line together.
        AtOnce,
        /// When it arrives: to pause, to fail, to take offline and to recover are a message to each component of
        /// the line. So a batch can be on its way before the pause that was told first, and of several
        /// recoveries the last can come first. A crash, an outage, a loss and a move of a writer are no commands.
        AsMessages = SOUND.holds_in(&["f5-fail-random"]),
    }
}

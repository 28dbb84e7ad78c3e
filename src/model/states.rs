//! The states of machines, with their names.

/// An `enum State` that knows the names of its variants: coverage counts steps by the number of a state, and a
/// variant more has its name, wherever it stands.
macro_rules! states {
    ($(#[$doc:meta])* $vis:vis enum State { $($(#[$of_state:meta])* $state:ident,)+ }) => {
        $(#[$doc])*
        $vis enum State {
            $($(#[$of_state])* $state,)+
        }

        impl State {
            /// By number of a state: its name.
            pub(crate) const NAMES: &[&str] = &[$(stringify!($state)),+];
        }
    };
}

pub(crate) use states;

#[cfg(test)]
mod tests {
    states! {
        /// Of a door.
        #[derive(Clone, Copy)]
        enum State {
            /// Open.
            Open,
            /// Closed.
            Closed,
        }
    }

    /// Coverage has the number of a state and shows its name: a list of names that was kept beside the enum counted a
    /// new state under another one's number.
    #[test]
    fn a_state_has_its_name_wherever_it_stands() {
        assert_eq!(State::NAMES[State::Open as usize], "Open");
        assert_eq!(State::NAMES[State::Closed as usize], "Closed");
        assert_eq!(State::NAMES.len(), 2);
    }
}

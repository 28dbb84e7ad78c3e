//! The states of machines, with their names.

/// An `enum State` that knows the names of its variants: coverage counts steps by the number of a state, and a
/// variant more has its name, wherever it stands.
macro_rules! states {
    ($(#[$doc:meta])* pub enum State { $($(#[$of_state:meta])* $state:ident,)+ }) => {
        $(#[$doc])*
        pub enum State {
            $($(#[$of_state])* $state,)+
        }

        impl State {
            /// By number of a state: its name.
            pub(crate) const NAMES: &[&str] = &[$(stringify!($state)),+];
        }
    };
}

pub(crate) use states;

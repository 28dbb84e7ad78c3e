//! What is made of the table of messages: all of it, or the rows that are named.

/// Collects the rows of the messages that are named, and makes what is to be made of them.
macro_rules! collect {
    ($made:tt [$next:ident $($rest:ident)*] $($row:tt)*) => {
        $crate::model::message::rows::row! { $next $made [$($rest)*] $($row)* }
    };
    ([some $($made:tt)*] [] $($row:tt)*) => {
        $crate::model::message::rows::some_messages! { $($made)* { $($row)* } }
    };
    ([all $($made:tt)*] [] $($row:tt)*) => {
        $crate::model::message::rows::all_messages! { $($made)* { $($row)* } }
    };
}

/// Makes an enum of those messages that a machine can be sent.
macro_rules! messages {
    ($(#[$doc:meta])* $vis:vis enum $name:ident for $machine:literal { $($message:ident),+ $(,)? }) => {
        $crate::model::message::rows::collect! {
            [some $(#[$doc])* $vis enum $name for $machine] [$($message)+]
        }
    };
}

macro_rules! some_messages {
    (
        $(#[$doc:meta])* $vis:vis enum $name:ident for $machine:literal {
            $({ $text:literal about($($about:ident)?) lost($($lost:ident $with:tt)?)
                $(, asks($client:ident: $refused:ident $refused_with:tt, late: $late:literal))?
                $(#[$row:meta])* $variant:ident $({ $(
                $(#[$of_field:meta])* $field:ident: $type:ty,
            )+ })? })+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(dead_code, reason = "a machine need not read all that a message says")]
        $vis enum $name {
            $($(#[$row])* $variant $({ $($(#[$of_field])* $field: $type,)+ })?,)+
        }

        impl $name {
            /// The kinds of messages that these are.
            #[cfg(test)]
            $vis const KINDS: &[$crate::model::message::MessageKind] =
                &[$($crate::model::message::MessageKind::$variant),+];

            /// The message as one of these.
            ///
            /// # Panics
            ///
            /// If it is none of them.
            #[inline(always)]
            #[allow(clippy::wildcard_enum_match_arm, reason = "the rest goes to other machines")]
            $vis fn of(message: &$crate::model::message::Message) -> $name {
                match *message {
                    $($crate::model::message::Message::$variant $({ $($field,)+ })? => {
                        $name::$variant $({ $($field,)+ })?
                    })+
                    _ => message.is_not_for($machine),
                }
            }
        }
    };
}

/// Makes [`Message`](super::Message) and [`MessageKind`](super::MessageKind).
macro_rules! all_messages {
    (
        $(#[$doc:meta])* $vis:vis enum $name:ident {
            $({ $text:literal about($($about:ident)?) lost($($lost:ident $with:tt)?)
                $(, asks($client:ident: $refused:ident $refused_with:tt, late: $late:literal))?
                $(#[$row:meta])* $variant:ident $({ $(
                $(#[$of_field:meta])* $field:ident: $type:ty,
            )+ })? })+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        $vis enum $name {
            $($(#[$row])* $variant $({ $($(#[$of_field])* $field: $type,)+ })?,)+
        }

        impl $name {
            /// What kind of message it is.
            #[inline]
            pub fn kind(&self) -> MessageKind {
                match self { $($name::$variant { .. } => MessageKind::$variant),+ }
            }

            /// The record that the message speaks of, if it is about one.
            #[inline]
            pub fn record(&self) -> Option<RecordId> {
                match *self {
                    $($name::$variant { $($about,)? .. } => {
                        None::<RecordId>$(.or(Some($about.id)))?
                    })+
                }
            }

            /// What its receiver sees instead of a positive reply that was lost on its way; none if it is
            /// no such reply.
            #[allow(unused_variables, reason = "a refusal says less than the reply")]
            pub fn when_lost(self) -> Option<$name> {
                match self {
                    $($name::$variant $({ $($field,)+ })? => None::<$name>$(.or(Some($name::$lost $with)))?,)+
                }
            }

            /// Who sent a request, and what that machine hears if it is refused; none if it is no request that can be.
            #[allow(unused_variables, reason = "a refusal says less than the request")]
            pub fn when_refused(self) -> Option<(Client, $name)> {
                match self {
                    $($name::$variant $({ $($field,)+ })? => {
                        None::<(Client, $name)>$(.or(Some(($client, $name::$refused $refused_with))))?
                    })+
                }
            }
        }

        impl $name {
            /// Who sent a request, which may be changed.
            #[allow(unused_variables, reason = "it is all about one field")]
            pub(crate) fn client_mut(&mut self) -> Option<&mut Client> {
                match self {
                    $($name::$variant $({ $($field,)+ })? => {
                        None::<&mut Client>$(.or(Some($client)))?
                    })+
                }
            }
        }

        /// A message without its content: what coverage counts.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum MessageKind {
            $(#[doc = concat!("See [`Message::", stringify!($variant), "`].")] $variant,)+
        }

        impl MessageKind {
            /// Every kind.
            pub const ALL: &[MessageKind] = &[$(MessageKind::$variant),+];

            /// The kind as text.
            pub fn name(self) -> &'static str {
                match self { $(MessageKind::$variant => $text),+ }
            }

            /// Whether it is a request that `budget.late` and `budget.request_timeout` let arrive after what was sent later.
            pub fn can_be_late(self) -> bool {
                match self {
                    $(MessageKind::$variant => None::<bool>$(.or(Some($late)))?.unwrap_or(false),)+
                }
            }
        }
    };
}

pub(crate) use {all_messages, collect, messages, some_messages};

#[cfg(test)]
mod tests {
    use crate::model::id::{QueueId, RecordId, RegionId};
    use crate::model::message::{Client, Message, MessageKind};
    use crate::model::record::RecordCopy;

    messages! {
        /// What a door can be sent.
        enum Input for "a door" {
            Wake, Send,
        }
    }

    const COPY: RecordCopy = RecordCopy { id: RecordId(3), value: 7 };

    #[test]
    fn a_machine_gets_its_messages_with_all_that_they_say() {
        let region = RegionId(1);
        assert_eq!(Input::of(&Message::Wake { region }), Input::Wake { region });
        let client = Client { machine: crate::model::id::MachineId(2), incarnation: 1 };
        let send = Message::Send { client, copy: COPY };
        assert_eq!(Input::of(&send), Input::Send { client, copy: COPY });
        assert_eq!(Input::KINDS, [MessageKind::Wake, MessageKind::Send]);
    }

    /// A message to a machine that does not list it is a defect of the simulator, and says whose.
    #[test]
    #[should_panic(expected = "a door gets no Proceed")]
    fn a_machine_gets_no_message_of_another_one() {
        Input::of(&Message::Proceed);
    }

    #[test]
    fn a_row_says_which_record_a_message_is_about_and_what_its_loss_looks_like() {
        let (incarnation, queue) = (4, QueueId(5));
        let removed = Message::Removed { incarnation, queue };
        let refused = Message::RemoveRefused { incarnation, queue, expired: false };
        assert_eq!((removed.record(), removed.when_lost()), (None, Some(refused)));
        let logged = Message::Logged { copy: COPY };
        assert_eq!((logged.record(), logged.when_lost()), (Some(COPY.id), None));
    }

    /// Fingerprints have the number of a kind, and a new one comes last.
    #[test]
    fn kinds_are_numbered_in_the_order_of_the_list() {
        let first_and_last = [MessageKind::Proceed as usize, MessageKind::Checkpoint as usize];
        assert_eq!(first_and_last, [0, MessageKind::ALL.len() - 1]);
        assert!(MessageKind::ALL.iter().enumerate().all(|(index, &kind)| kind as usize == index));
    }
}

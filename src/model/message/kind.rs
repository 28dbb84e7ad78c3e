//! Messages without their content.

use crate::model::message::Message;

macro_rules! message_kinds {
    ($($kind:ident $name:literal,)+) => {
        /// A message without its content: what coverage counts.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum MessageKind {
            $(#[doc = concat!("See [`Message::", stringify!($kind), "`].")] $kind,)+
        }

        impl MessageKind {
            /// Every kind.
            pub const ALL: &[MessageKind] = &[$(MessageKind::$kind),+];

            /// The kind as text.
            pub fn name(self) -> &'static str {
                match self { $(MessageKind::$kind => $name),+ }
            }
        }

        impl Message {
            /// What kind of message it is.
            #[inline]
            pub fn kind(&self) -> MessageKind {
                match self { $(Message::$kind { .. } => MessageKind::$kind),+ }
            }
        }
    };
}

message_kinds! {
    Proceed "proceed",
    Publish "publish",
    Wake "wake",
    Send "send",
    Sent "sent",
    SendRefused "send-refused",
    Receive "receive",
    Received "received",
    ReceiveRefused "receive-refused",
    Remove "remove",
    Removed "removed",
    RemoveRefused "remove-refused",
    Abandon "abandon",
    Expire "expire",
    Insert "insert",
    Inserted "inserted",
    InsertRefused "insert-refused",
    Replicate "replicate",
    Apply "apply",
    Probe "probe",
    Probed "probed",
    Forward "forward",
    Handover "handover",
    Discard "discard",
    Logged "logged",
    Enact "enact",
    CleanUp "clean-up",
    Fence "fence",
}

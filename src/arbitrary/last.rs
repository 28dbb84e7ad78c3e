//! What bytes choose last from.

use crate::model::options::{Commands, Commit, PositionsAtFailover, QueueFailure, ServiceFailure};
use crate::sketch::Ways;

/// Whether containers call the external service before they store, and what that does when it has failed; none: there is none.
pub(super) type Calls = Option<(bool, ServiceFailure)>;
/// When the consumers of logs commit, and where they begin in the mirrors of logs, if there are some.
pub(super) type Log = (Commit, Option<PositionsAtFailover>);
/// What failed queues do with those who wait, when commands take effect, and whether containers call the external
/// service before they store, and what that does when it has failed; where stages send to; and, if queues are logs, when consumers
/// commit, and where they begin in a mirror, if there are some.
pub(super) const LAST: [(QueueFailure, Commands, Calls, Ways, Option<Log>); 14] = [
    (QueueFailure::RefuseWaiting, Commands::AtOnce, None, Ways::Line, None),
    (
        QueueFailure::RefuseWaiting,
        Commands::AtOnce,
        Some((false, ServiceFailure::Reject)),
        Ways::Line,
        None,
    ),
    (
        QueueFailure::RefuseWaiting,
        Commands::AtOnce,
        Some((true, ServiceFailure::Hang)),
        Ways::Line,
        None,
    ),
    (QueueFailure::KeepWaiting, Commands::AtOnce, None, Ways::Line, None),
    (QueueFailure::RefuseWaiting, Commands::AsMessages, None, Ways::Line, None),
    (QueueFailure::KeepWaiting, Commands::AsMessages, None, Ways::Line, None),
    (QueueFailure::RefuseWaiting, Commands::AtOnce, None, Ways::Both, None),
    (QueueFailure::RefuseWaiting, Commands::AtOnce, None, Ways::Aside, None),
    (QueueFailure::RefuseWaiting, Commands::AtOnce, None, Ways::ByKey, None),
    (
        QueueFailure::KeepWaiting,
        Commands::AtOnce,
        Some((false, ServiceFailure::Reject)),
        Ways::Aside,
        None,
    ),
    (QueueFailure::RefuseWaiting, Commands::AtOnce, None, Ways::Line, Some((Commit::Each, None))),
    (
        QueueFailure::KeepWaiting,
        Commands::AsMessages,
        None,
        Ways::Line,
        Some((Commit::AtIntervals, None)),
    ),
    (
        QueueFailure::RefuseWaiting,
        Commands::AtOnce,
        None,
        Ways::Line,
        Some((Commit::Each, Some(PositionsAtFailover::Mirrored))),
    ),
    (
        QueueFailure::RefuseWaiting,
        Commands::AtOnce,
        None,
        Ways::Both,
        Some((Commit::AtIntervals, Some(PositionsAtFailover::Earliest))),
    ),
];

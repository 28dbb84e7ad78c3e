//! Running a scenario many times, and what was reached: sweeps, campaigns, exhaustive search, minimization. One judged run
//! is [`run`](crate::run), whose types are here, too.

pub mod abstract_state;
pub mod campaign;
pub mod check;
pub mod checkpoint;
pub mod done;
pub mod evidence;
mod measure;
pub mod minimise;
pub mod possible;
pub mod shard;
pub mod strategy;
pub mod sweep;
pub(crate) mod threads;
pub(crate) mod units;
pub mod verify;

pub use crate::run::{
    BroughtBack, Choices, Coverage, Cut, Healed, Observer, Outage, Outcome, Phase, Reached, Runner,
    TooLate, Verdict,
};
pub use abstract_state::AbstractStates;
pub use campaign::{Campaign, Note};
pub use check::{Checker, Counterexample, Failure, check};
pub use checkpoint::{Checkpoint, CheckpointError, Identity};
pub use done::{Done, Overlap, Segment};
pub use evidence::{Evidence, Vacuous};
pub use minimise::{Ended, Minimal, Minimiser, Size, Watch};
pub use shard::{Shard, ShardError};
pub use strategy::{Feedback, Portfolio, Strategy, StrategyError};
pub use sweep::{Progress, Sweep, SweepReport};
pub use verify::{Found, Incomplete, SearchProgress, Verified, Verify, VerifyReport};

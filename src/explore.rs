//! Running a scenario: once, many times, and what was reached.

pub mod abstract_state;
pub mod campaign;
pub mod check;
pub mod checkpoint;
pub mod coverage;
pub mod detection;
pub mod done;
pub mod evidence;
pub mod healed;
pub mod minimise;
pub mod observer;
pub mod possible;
pub mod runner;
pub mod shard;
pub mod soundness;
pub mod sweep;
pub mod trial;
pub(crate) mod units;
pub mod verify;

pub use abstract_state::AbstractStates;
pub use campaign::{Campaign, Note};
pub use check::{Checker, Counterexample, Failure, check};
pub use checkpoint::{Checkpoint, CheckpointError, Identity};
pub use coverage::{Coverage, Reached};
pub use done::{Done, Overlap, Segment};
pub use evidence::{Evidence, Vacuous};
pub use healed::{BroughtBack, Healed, Outage};
pub use minimise::{Ended, Minimal, Minimiser, Size, Watch};
pub use observer::{Choices, Observer, Phase};
pub use runner::{Cut, Outcome, Runner, Verdict};
pub use shard::{Shard, ShardError};
pub use sweep::{Progress, Sweep, SweepReport};
pub use trial::{Counted, Trial};
pub use verify::{Found, Incomplete, SearchProgress, Verified, Verify, VerifyReport};

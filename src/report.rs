//! What runs and sweeps show, for people and for machines.
//!
//! A [`SweepSummary`] or [`RunSummary`] is plain data. Its text and its JSON are made of the same
//! numbers, and none of them depends on the clock or on the number of threads.
//!
//! What is said is plain data first, which JSON and text are made of: see [`explore::sweep`](crate::explore::sweep).

mod before;
pub mod export;
pub mod facts;
pub mod html;
pub mod json;
mod markup;
pub mod minimal;
pub mod palette;
pub mod past;
pub mod phrase;
pub mod picture;
pub mod recording;
pub mod run;
pub mod sequence;
pub mod story;
pub mod summary;
pub mod sweep;
pub mod text;
pub mod times;
pub mod verify;
pub mod view;

pub use crate::scenario::plain::plain;
pub use facts::FactsSummary;
pub use minimal::MinimalSummary;
pub use palette::Palette;
pub use recording::Recording;
pub use run::RunSummary;
pub use sequence::Sequence;
pub use story::{Line, Mark, Story};
pub use summary::{Finding, SavedAs, SchedulerSummary, ViolationSummary};
pub use sweep::{SweepRequest, SweepSummary};
pub use verify::VerifySummary;
pub use view::View;

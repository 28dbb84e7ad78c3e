//! One judged run: a [`Runner`] lets a scheduler decide, the spec watches every step, and so do
//! observers, such as the [`Coverage`] of what was reached.

pub mod coverage;
pub mod healed;
mod measured;
pub mod observer;
pub mod runner;

pub use coverage::{Coverage, Reached};
pub use healed::{BroughtBack, Healed, Outage, TooLate};
pub use observer::{Choices, Observer, Phase};
pub use runner::{Cut, Outcome, Runner, Verdict};

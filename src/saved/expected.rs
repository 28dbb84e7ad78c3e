//! What a run showed when it was saved.

use std::fmt;

use crate::run::{Cut, Verdict};
use crate::spec::PropertyName;

/// What a run showed when it was saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expected {
    /// Every applicable property held.
    Holds,
    /// A property was violated.
    Violated {
        /// Which one.
        property: PropertyName,
        /// How many choices the run had taken.
        step: u64,
        /// What happened, in a sentence.
        what: String,
    },
}

impl Expected {
    /// What a verdict shows; nothing if the run was cut short.
    pub(super) fn of(verdict: &Verdict) -> Result<Expected, Cut> {
        match verdict {
            Verdict::Holds => Ok(Expected::Holds),
            Verdict::Violated(violation) => Ok(Expected::Violated {
                property: violation.property(),
                step: violation.step,
                what: violation.what.clone(),
            }),
            Verdict::Inconclusive(cut) => Err(*cut),
        }
    }

    /// Whether both are the same verdict, of the same property.
    pub(super) fn is_like(&self, other: &Expected) -> bool {
        match (self, other) {
            (Expected::Holds, Expected::Holds) => true,
            (Expected::Violated { property, .. }, Expected::Violated { property: other, .. }) => {
                property == other
            }
            (Expected::Holds, Expected::Violated { .. })
            | (Expected::Violated { .. }, Expected::Holds) => false,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Holds => f.write_str("every property holds"),
            Expected::Violated { property, step, what } => {
                write!(f, "{property} is violated at step {step}: {what}")
            }
        }
    }
}

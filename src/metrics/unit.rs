//! What durations are counted in.

use serde_json::{Value, json};

/// Whether durations are microseconds or steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    /// They are microseconds, and shown as milliseconds.
    Ms,
    Steps,
}

impl Unit {
    /// Of runs that had a time, or had none.
    pub(super) fn of(timed: bool) -> Unit {
        if timed { Unit::Ms } else { Unit::Steps }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Unit::Ms => "ms",
            Unit::Steps => "steps",
        }
    }

    pub(super) fn value(self, duration: u64) -> Value {
        match self {
            Unit::Ms => json!(duration as f64 / 1_000.0),
            Unit::Steps => json!(duration),
        }
    }

    pub(super) fn text(self, duration: u64) -> String {
        match self {
            Unit::Ms => format!("{:.1}", duration as f64 / 1_000.0),
            Unit::Steps => duration.to_string(),
        }
    }
}

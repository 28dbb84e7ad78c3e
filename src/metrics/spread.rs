//! How values are spread: a histogram whose memory does not grow.

use hdrhistogram::Histogram;

/// Any number of values, as percentiles that are wrong by at most a thousandth; the greatest is
/// exact.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    histogram: Histogram<u64>,
    max: u64,
}

/// An hour in microseconds; what is greater counts as this much, except for the greatest value.
const VALUE_MAX: u64 = 3_600_000_000;
const DIGITS: u8 = 3;

impl Spread {
    pub(super) fn new() -> Spread {
        let histogram = Histogram::new_with_bounds(1, VALUE_MAX, DIGITS);
        Spread { histogram: histogram.expect("the bounds are valid"), max: 0 }
    }

    pub(super) fn record(&mut self, value: u64) {
        self.histogram.saturating_record(value);
        self.max = self.max.max(value);
    }

    pub(super) fn add(&mut self, other: &Spread) {
        let added = self.histogram.add(&other.histogram);
        added.expect("all spreads have the same bounds");
        self.max = self.max.max(other.max);
    }

    /// How many values.
    pub(super) fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The value that so many percent of the values do not exceed.
    pub(super) fn percentile(&self, percent: f64) -> u64 {
        self.histogram.value_at_percentile(percent).min(self.max)
    }

    pub(super) fn max(&self) -> u64 {
        self.max
    }
}

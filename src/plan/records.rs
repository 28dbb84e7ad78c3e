//! What is published: batches, values, business keys.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use crate::model::id::BatchId;
use crate::model::progress::BatchOf;
use crate::model::record::{Keys, VALUE_MAX, greatest_common_divisor};
use crate::scenario::{Records, Scenario};

/// The business keys of the records, dealt so that none keeps to the regions that it began in.
pub(super) fn keys(scenario: &Scenario, weights: &[u8]) -> Keys {
    let Records { keys, unreadable, .. } = scenario.records;
    Keys::new(keys, unreadable, scenario.records.total() as usize, period(weights))
}

/// After how many answers in turn in-dns begins again.
fn period(weights: &[u8]) -> usize {
    let common =
        weights.iter().fold(0, |common, &weight| greatest_common_divisor(weight.into(), common));
    match common {
        // All are equal.
        0 => weights.len(),
        _ => weights.iter().map(|&weight| usize::from(weight)).sum::<usize>() / common,
    }
}

/// By batch (from 1) its first record, with one more element at the end; and by record its batch.
pub(super) fn batches(scenario: &Scenario) -> (Vec<u16>, BatchOf) {
    let mut first_record = vec![0, 1];
    let mut batch_of = vec![BatchId(0)];
    for (index, &size) in scenario.records.batches.iter().enumerate() {
        let batch = BatchId(index as u16 + 1);
        batch_of.extend(std::iter::repeat_n(batch, size as usize));
        first_record.push(batch_of.len() as u16);
    }
    (first_record, batch_of)
}

/// By record (from 1): its value, 1..=100 000.
pub(super) fn values(scenario: &Scenario) -> Vec<u32> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(scenario.records.seed);
    let mut value = || 1 + (((random.next_u64() >> 32) * u64::from(VALUE_MAX)) >> 32) as u32;
    let total = scenario.records.total() as usize;
    std::iter::once(0).chain(std::iter::repeat_with(&mut value).take(total)).collect()
}

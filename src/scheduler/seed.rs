//! Seeds of runs.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

/// The random numbers of the `run`-th run of a campaign with this base seed: a hash of both, so
/// that each run can be repeated alone.
pub fn generator(base: u64, run: u64) -> Xoshiro256PlusPlus {
    let seed = mix(base.wrapping_add(mix(run.wrapping_add(0x9E37_79B9_7F4A_7C15))));
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014): a bijection that spreads neighbouring numbers.
pub(crate) fn mix(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Maps 32 random bits to `0..bound` (Lemire's multiplication, without the rejection: the bias
/// is below bound / 2³²).
#[inline]
pub fn below(bits: u32, bound: usize) -> usize {
    ((u64::from(bits) * bound as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn the_numbers_are_the_same_everywhere() {
        // Pinned: a change of these numbers would change every run of every seed.
        let first: Vec<u64> = (0..3).map(|run| generator(1, run).next_u64()).collect();
        assert_eq!(first, PINNED);
        assert_eq!(below(u32::MAX, 7), 6);
        assert_eq!(below(0, 7), 0);
    }

    const PINNED: [u64; 3] =
        [1_153_640_196_860_052_941, 2_286_258_784_515_925_488, 10_429_541_738_275_224_741];
}

//! The numbers of a run from bytes.

use arbitrary::{Result, Unstructured};

use crate::scheduler::script::{BASE_COUNT, base, fault, stretch};

/// What decides where no choice does, in two bytes; none if it is the fair schedule, as it is without
/// bytes.
pub(super) fn base_of(bytes: &mut Unstructured<'_>) -> Result<Option<u16>> {
    let index = u16::from_le_bytes([bytes.arbitrary()?, bytes.arbitrary()?]) % BASE_COUNT;
    Ok((index > 0).then(|| base(index)))
}

/// All choices that the bytes make, after the base.
pub(super) fn numbers(base: Option<u16>, bytes: &[u8]) -> Vec<u16> {
    let mut numbers: Vec<u16> = base.into_iter().collect();
    let mut bytes = bytes.iter().copied();
    while let Some(after) = bytes.next() {
        if after > 0 {
            numbers.push(stretch(after.into()));
        }
        match bytes.next() {
            Some(byte) if byte % 64 == 63 => {
                numbers.push(fault(bytes.next().unwrap_or_default().into()));
            }
            Some(step) => numbers.push(step.into()),
            None => {}
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_made_of_the_time_until_it_and_what_it_is() {
        let base = base_of(&mut Unstructured::new(&[2, 0xF8])).expect("there are two bytes");
        assert_eq!(base, Some(61_442), "a random run");
        let bytes = [0, 5, 7, 0, 255, 63, 9, 0, 127, 0, 0, 200, 1];
        let expected = [
            5, // at once, the fifth step after the fair one
            63_495, 0, // after seven choices of the base, the fair step
            63_743, 639,    // after 255 more, the fault of index 9
            63,     // at once, the fault of index 0
            200,    // at once, a step
            63_489, // one choice of the base, and nothing
        ];
        assert_eq!(numbers(None, &bytes), expected);
        assert_eq!(numbers(Some(61_442), &[]), [61_442]);
    }
}

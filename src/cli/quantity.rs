//! Sizes and times as people write them.

use std::time::Duration;

/// A number with a unit: one of those given, with what it stands for.
fn quantity(text: &str, units: &[(&str, u64)], example: &str) -> Result<u64, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let factor = units.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    let value = number.parse().ok().and_then(|number: u64| number.checked_mul(factor?));
    value.filter(|&value| value > 0).ok_or_else(|| {
        let names: Vec<&str> = units.iter().map(|(name, _)| *name).collect();
        format!("write a number and one of {}, as in {example}", names.join(", "))
    })
}

/// A number of bytes.
pub(super) fn memory(text: &str) -> Result<u64, String> {
    quantity(text, &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)], "8GiB")
}

/// A time.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    quantity(text, &[("s", 1), ("m", 60), ("h", 3_600)], "10m").map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_read() {
        assert_eq!(memory("8GiB"), Ok(8 << 30));
        assert_eq!(memory("512KiB"), Ok(512 << 10));
        assert_eq!(time("10m"), Ok(Duration::from_secs(600)));
        for wrong in ["", "8", "GiB", "8 GiB", "0GiB", "-1GiB", "99999999999999GiB"] {
            assert!(memory(wrong).is_err(), "{wrong}");
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}

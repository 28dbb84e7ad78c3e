//! Sizes and times as people write them.

use std::str::FromStr;
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

/// A whole number of this range.
pub(super) fn number<T: TryFrom<u64>>(
    min: u64,
    max: u64,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync {
    move |text| {
        let value = text.parse().ok().filter(|value| (min..=max).contains(value));
        value.and_then(|value| T::try_from(value).ok()).ok_or_else(|| match max {
            u64::MAX => format!("use a whole number from {min} on"),
            _ => format!("use a whole number from {min} to {max}"),
        })
    }
}

/// A whole number.
pub(super) fn any(text: &str) -> Result<u64, String> {
    number(0, u64::MAX)(text)
}

/// A whole number but 0.
pub(super) fn positive(text: &str) -> Result<u64, String> {
    number(1, u64::MAX)(text)
}

/// A number of bytes.
pub(super) fn memory(text: &str) -> Result<u64, String> {
    quantity(text, &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)], "8GiB")
}

/// A time.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    quantity(text, &[("s", 1), ("m", 60), ("h", 3_600)], "10m").map(Duration::from_secs)
}

/// For how long a campaign runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TimeLimit(pub(crate) Duration);

/// Why a text is no time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("'{0}' is no time; write it as 90s, 10m or 8h")]
pub(crate) struct TimeLimitError(String);

impl FromStr for TimeLimit {
    type Err = TimeLimitError;

    fn from_str(text: &str) -> Result<TimeLimit, TimeLimitError> {
        let parse = || {
            let unit = text.chars().last()?;
            let seconds = match unit {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                _ => return None,
            };
            let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
            let seconds = number.checked_mul(seconds).filter(|&seconds| seconds > 0)?;
            Some(TimeLimit(Duration::from_secs(seconds)))
        };
        parse().ok_or_else(|| TimeLimitError(text.to_owned()))
    }
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

    #[test]
    fn a_number_out_of_range_is_refused_with_the_range() {
        let threads = number::<u16>(1, 1_024);
        assert_eq!(threads("1024"), Ok(1_024));
        for wrong in ["0", "1025", "x", "-1", "", "1.5", "18446744073709551616"] {
            let error = threads(wrong).expect_err("it is not one of them");
            assert_eq!(error, "use a whole number from 1 to 1024", "{wrong}");
        }
        assert_eq!(any("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(any("x").expect_err("no number"), "use a whole number from 0 on");
        assert_eq!(positive("0").expect_err("too small"), "use a whole number from 1 on");
    }

    #[test]
    fn time_limits_are_read() {
        let seconds = |text: &str| text.parse::<TimeLimit>().map(|TimeLimit(time)| time.as_secs());
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("10m"), Ok(600));
        assert_eq!(seconds("8h"), Ok(28_800));
        for text in ["", "m", "10", "0s", "-1s", "1.5h", "10 m", "1d", "99999999999999999999h"] {
            assert!(text.parse::<TimeLimit>().is_err(), "{text}");
        }
    }
}

//! Words that every message needs: a count with its noun, and the name that may have been meant.

/// A number with a comma behind every thousand.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: "1 record", "2 records".
pub fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// The known name that is most like this one, if any is much like it.
pub fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.map(|known| (strsim::normalized_damerau_levenshtein(name, known), known));
    near.filter(|&(likeness, _)| likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(count(number), text);
        }
        assert_eq!(plural(1, "batch", "batches"), "1 batch");
        assert_eq!(plural(2_000, "batch", "batches"), "2,000 batches");
    }

    #[test]
    fn suggests_what_is_much_like_it_and_nothing_else() {
        let known = || ["publish", "await", "expect"].into_iter();
        assert_eq!(closest("publsh", known()), Some("publish"));
        assert_eq!(closest("recover", known()), None);
    }
}

//! Text that users wrote, in messages: short, and without letters that a terminal would obey.

use std::fmt::Write;

/// The most letters of one word that a message shows.
const WORD_MAX: usize = 200;

/// Whether a terminal would act on the letter and not show it: control characters, and those that
/// change the direction of the text (Unicode Standard Annex 9), behind which other text can hide.
pub(crate) fn is_unprintable(letter: char) -> bool {
    let is_direction = matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    (letter.is_control() && !matches!(letter, '\n' | '\t')) || is_direction
}

/// Text from outside as a message shows it: unprintable letters by their numbers, and of each very long word
/// the beginning and its length.
///
/// ```
/// use active_active::report::plain;
///
/// assert_eq!(plain("a\u{202e}b"), "a\\u{202e}b");
/// ```
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().min(4 * WORD_MAX));
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end_matches(char::is_whitespace);
        let letters = word.chars().count();
        if letters > WORD_MAX {
            word.chars().take(WORD_MAX / 2).for_each(|letter| push(letter, &mut plain));
            let _ = write!(plain, "... ({letters} characters)");
        } else {
            word.chars().for_each(|letter| push(letter, &mut plain));
        }
        piece[word.len()..].chars().for_each(|letter| push(letter, &mut plain));
    }
    plain
}

fn push(letter: char, plain: &mut String) {
    match is_unprintable(letter) {
        true => plain.extend(letter.escape_unicode()),
        false => plain.push(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_by_its_number() {
        assert_eq!(plain("a\u{202e}b \u{1b}[31m \u{7}"), "a\\u{202e}b \\u{1b}[31m \\u{7}");
        assert_eq!(plain("über 'π', two\nlines\tof text"), "über 'π', two\nlines\tof text");
    }

    #[test]
    fn a_very_long_word_is_abbreviated() {
        let text = format!("unknown '{}'; use 1", "x".repeat(100_000));
        let plain = plain(&text);
        assert!(plain.len() < 300, "{}", plain.len());
        assert!(
            plain.starts_with("unknown 'xxx") && plain.ends_with("... (100003 characters) use 1")
        );
    }
}

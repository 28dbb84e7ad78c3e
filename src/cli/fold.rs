//! Long lines on a terminal: what does not fit goes on below the words, not below the numbers and labels
//! before them.

/// Fewer columns than this are no reason to fold: nothing would be left beside the labels.
const COLUMNS_MIN: usize = 30;

/// What a reader copies to a shell stays in one line; a terminal that breaks it puts it together again.
const COMMAND: &str = "active-active ";

/// The text with its long lines broken between words. Colours take no room.
pub(crate) fn fold(text: &str, columns: usize) -> String {
    if columns < COLUMNS_MIN {
        return text.to_owned();
    }
    text.split_inclusive('\n').map(|line| fold_line(line, columns)).collect()
}

fn fold_line(line: &str, columns: usize) -> String {
    if width(line.trim_end()) <= columns || line.contains(COMMAND) {
        return line.to_owned();
    }
    let indent = indent(line, columns / 2);
    let mut folded = String::with_capacity(line.len() + indent);
    let mut at = 0;
    for word in line.split_inclusive(' ') {
        if at > indent && at + width(word.trim_end()) > columns {
            folded.truncate(folded.trim_end_matches(' ').len());
            folded.push('\n');
            folded.extend(std::iter::repeat_n(' ', indent));
            at = indent;
        }
        folded.push_str(word);
        at += width(word);
    }
    folded
}

/// Where the last of the columns begins, which two spaces or more set apart from each other; at most so far
/// from the left.
fn indent(line: &str, max: usize) -> usize {
    let (mut at, mut spaces, mut found) = (0, 0, 0);
    for visible in visible(line) {
        if visible != ' ' && spaces >= 2 && at <= max {
            found = at;
        }
        spaces = if visible == ' ' { spaces + 1 } else { 0 };
        at += 1;
    }
    found
}

/// How many columns a text takes.
fn width(text: &str) -> usize {
    visible(text).filter(|c| *c != '\n').count()
}

/// The text without the sequences that colour it.
fn visible(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut is_escape = false;
    text.chars().filter(move |&c| {
        let hidden = is_escape || c == '\u{1b}';
        is_escape = hidden && !(is_escape && c.is_ascii_alphabetic());
        !hidden
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_as_it_is() {
        for text in ["", "\n", "a line\n", "no end", "  Smallest   1 record\n\n  Found in   2\n"] {
            assert_eq!(fold(text, 40), text);
        }
    }

    #[test]
    fn a_long_line_goes_on_below_its_words() {
        let story = "     11  a-container@1 received record 1 from a-queue@1 and asks a-table@1 to store it\n";
        let expected = "     11  a-container@1 received record 1\n         from a-queue@1 and asks\n         \
                        a-table@1 to store it\n";
        assert_eq!(fold(story, 41), expected);
        let reason = "  Because    the last write wins, and the version\n";
        assert_eq!(
            fold(reason, 40),
            "  Because    the last write wins, and\n             the version\n"
        );
    }

    #[test]
    fn colours_take_no_room() {
        let text =
            "\u{1b}[2m     11\u{1b}[0m  \u{1b}[1mone\u{1b}[0m two three four five six seven\n";
        let expected = "\u{1b}[2m     11\u{1b}[0m  \u{1b}[1mone\u{1b}[0m two three four five\n         six seven\n";
        assert_eq!(fold(text, 32), expected);
    }

    #[test]
    fn what_cannot_be_broken_is_not() {
        let path = "  Saved in   failures/crash-anywhere-RemoveLast-random-seed1-run3.toml\n";
        assert_eq!(fold(path, 40), path);
        let command = "  Replay     active-active replay failures/crash-anywhere-RemoveLast.toml\n";
        assert_eq!(fold(command, 40), command);
        let narrow = "some words that do not fit\n";
        assert_eq!(fold(narrow, 8), narrow);
    }
}

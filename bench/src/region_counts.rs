//! `region-counts`: what the published spec alone would have caught.

use std::path::Path;

use active_active::scenario::designs::UNSOUND;

use crate::files::{self, Target};
use crate::{Done, Error, Finding, show};

mod trial;

/// What encloses the table in a Markdown file.
const MARKS: (&str, &str) = ("<!-- region-counts: begin -->\n", "<!-- region-counts: end -->");

/// Prints the table, or writes it into a file between its marks.
pub(crate) fn execute(update: Option<&Path>) -> Result<Done, Error> {
    let page = update.map(|path| files::read(path).map(|text| (path, text))).transpose()?;
    let mut tried = 0;
    let table = trial::table(|| {
        tried += 1;
        show(tried, UNSOUND.len(), "");
    })?;
    let text = match page {
        None => table,
        Some((path, text)) => {
            let text = between_marks(&text, &table).ok_or_else(|| {
                let message = format!("write the lines {:?} and {:?} into it", MARKS.0, MARKS.1);
                Error::Malformed { path: path.to_owned(), message }
            })?;
            Target::new(path, true)?.write(&text)?
        }
    };
    Ok(Done { text, finding: Finding::Holds })
}

/// The text with the table between its marks, if it has them.
fn between_marks(text: &str, table: &str) -> Option<String> {
    let start = text.find(MARKS.0)? + MARKS.0.len();
    let end = start + text[start..].find(MARKS.1)?;
    Some(format!("{}{table}{}", &text[..start], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_replaced_between_its_marks() {
        let text = format!("before\n{}old\n{}\nafter\n", MARKS.0, MARKS.1);
        let new = format!("before\n{}new\n{}\nafter\n", MARKS.0, MARKS.1);
        assert_eq!(between_marks(&text, "new\n"), Some(new));
        assert_eq!(between_marks("no marks", "new\n"), None);
    }

    #[test]
    fn the_page_shows_what_the_published_spec_alone_would_have_caught() {
        let table = trial::table(|| ()).unwrap_or_else(|error| panic!("{error}"));
        let page = include_str!("../../docs/region-counts.md");
        let remedy = "cargo run --release --manifest-path bench/Cargo.toml -- \
                      region-counts --update docs/region-counts.md";
        assert!(page.contains(&table), "{remedy}");
    }
}

//! A saved run as a Rust test.

use super::{Expected, SavedRun};

/// The run as a test to paste.
pub(in crate::saved) fn test(saved: &SavedRun) -> String {
    let text = saved.to_text();
    // As many marks as are needed, so that nothing in the text ends the string.
    let longest = text.split('"').skip(1).map(marks).max().unwrap_or(0);
    let marks = "#".repeat(longest + 1);
    let (name, wanted) = match saved.expected() {
        Expected::Holds => ("holds".to_owned(), "Every property holds.".to_owned()),
        Expected::Violated { property, what, .. } => {
            // A comment ends with its line.
            let what: Vec<&str> = what.split_whitespace().collect();
            (snake_case(property.name()), format!("{property} is violated: {}.", what.join(" ")))
        }
    };
    let scenario = snake_case(&saved.plan().scenario().name);
    format!(
        "/// {wanted}
///
/// When the design is put right, change the scenario below and expect `verdict = \"holds\"`.
#[test]
fn {scenario}_{name}() {{
    let text = r{marks}\"
{text}\"{marks};
    let saved = active_active::saved::SavedRun::parse(text, \"the saved run\");
    let replayed = saved.unwrap_or_else(|error| panic!(\"{{error}}\")).replay();
    assert_eq!(replayed.misfit, None);
    assert!(replayed.matches_expected, \"{{:?}}\", replayed.outcome.verdict);
}}
"
    )
}

/// How many marks a text begins with.
fn marks(text: &str) -> usize {
    text.bytes().take_while(|&byte| byte == b'#').count()
}

/// A name as part of the name of a function.
fn snake_case(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        match (c.is_ascii_alphanumeric(), c.is_ascii_uppercase()) {
            (true, true) if !words.is_empty() && !words.ends_with('_') => {
                words.push('_');
                words.push(c.to_ascii_lowercase());
            }
            (true, _) => words.push(c.to_ascii_lowercase()),
            (false, _) if words.ends_with('_') => {}
            (false, _) => words.push('_'),
        }
    }
    match words.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("run_{words}"),
        false => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_functions() {
        assert_eq!(snake_case("RemoveLast"), "remove_last");
        assert_eq!(snake_case("crash-anywhere"), "crash_anywhere");
        assert_eq!(snake_case("2 regions: one"), "run_2_regions_one");
    }

    #[test]
    fn nothing_in_the_text_ends_the_string() {
        assert_eq!(marks("## and"), 2);
        let text = "format = 2\n[expected]\nverdict = \"holds\"\n[scenario]\n\
                    name = 'a'\nabout = 'b\"##c'\nscript = [\"publish 1\"]\n[run]\ndeviations = []\n";
        let saved = SavedRun::parse(text, "file.toml").expect("it is right");
        assert!(saved.to_test().contains("r###\"\n"));
    }

    /// The comment of a test ends with its line: the second line would be code.
    #[test]
    fn a_violation_of_two_lines_is_one_line_of_the_comment() {
        let text = "format = 2\n[expected]\nverdict = \"violated\"\nproperty = \"Drained\"\nstep = 1\n\
                    what = \"one\\ntwo\"\n[scenario]\nname = \"a\"\nscript = [\"publish 1\"]\n\
                    [run]\ndeviations = []\n";
        let saved = SavedRun::parse(text, "file.toml").expect("it is right");
        assert!(saved.to_test().starts_with("/// Drained is violated: one two.\n///\n"));
    }
}

//! Whoever looks a type up should find it at work: each public type is named in an example that `cargo test`
//! compiles and runs.
//!
//! The lint `unreachable_pub` sees to it that whatever is called `pub` can be reached from the root of the
//! crate, so the sources are the list of what is public.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The sources of the library, without those of the command line.
fn sources(directory: &Path, found: &mut Vec<String>) {
    let entries = fs::read_dir(directory).expect("the sources are there");
    for entry in entries {
        let path = entry.expect("the entry is readable").path();
        if path.is_dir() && !path.ends_with("src/cli") {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs")
            && !path.ends_with("src/main.rs")
            && !path.ends_with("src/cli.rs")
        {
            found.push(fs::read_to_string(&path).expect("it is a text"));
        }
    }
}

fn all_sources() -> Vec<String> {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 100, "these are not the sources");
    found
}

/// The types that a source declares: at the beginning of a line, or as the name in a macro that makes one.
fn types(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_macro = false;
    for line in source.lines() {
        in_macro |= line == "option! {" || line == "id! {";
        let declared = ["pub struct ", "pub enum ", "pub trait "];
        let name = declared.iter().find_map(|word| line.strip_prefix(word));
        let named =
            line.strip_prefix("    ").filter(|line| line.ends_with(" {") || line.contains("(u"));
        let name = name.or(named.filter(|_| in_macro));
        let is_name = |c: char| c.is_alphanumeric();
        let name = name.map(|name| name.split(|c| !is_name(c)).next().unwrap_or_default());
        if let Some(name) = name {
            in_macro = false;
            found.push(name.to_owned());
        }
    }
    found
}

/// The words of the code in a documentation, without what is no Rust.
fn words(documentation: &str, comment: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut is_code = false;
    let mut is_rust = false;
    for line in documentation.lines().map(str::trim_start) {
        let line = match (comment, line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))) {
            (true, Some(line)) => line.trim_start(),
            (true, None) => continue,
            (false, _) => line,
        };
        if let Some(language) = line.strip_prefix("```") {
            is_code = !is_code;
            is_rust = matches!(language, "" | "rust" | "no_run") && comment || language == "rust";
        } else if is_code && is_rust {
            let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            found.extend(words.map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_public_type_is_at_work_in_an_example() {
    let sources = all_sources();
    let mut at_work: BTreeSet<String> = sources.iter().flat_map(|one| words(one, true)).collect();
    at_work.extend(words(include_str!("../README.md"), false));
    let all: BTreeSet<String> = sources.iter().flat_map(|source| types(source)).collect();
    assert!(all.contains("Scenario") && all.contains("OnDuplicate") && all.len() > 200);
    let without: Vec<&String> = all.difference(&at_work).collect();
    assert!(without.is_empty(), "no example has {without:?}");
}

#[test]
fn types_and_examples_are_told_from_what_is_like_them() {
    let source = "pub struct One;\n/// Two.\n    pub struct Two;\npub(crate) enum Three {}\noption! {\n    /// D.\n    Four {\n        A,\n    }\n}\npub trait Five<T> {}\n";
    assert_eq!(types(source), ["One", "Four", "Five"]);
    let documentation = "/// Alpha\n/// ```\n/// let beta = Gamma::new(delta_e);\n/// ```\n/// ```text\n/// Zeta\n/// ```\nEta\n";
    let expected = ["", "Gamma", "beta", "delta_e", "let", "new"].map(str::to_owned);
    assert_eq!(words(documentation, true), expected.into());
}

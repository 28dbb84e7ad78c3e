//! The arrows of the code point down.
//!
//! Reads every file of `src` and takes the paths in it that begin with `crate::` (in the binary:
//! `active_active::`) or `super::` for arrows from the file to what it uses; a re-export
//! (`pub use child::Name`) leads on to the file that has the name. Comments and `#[cfg(test)]` modules
//! are left out: a unit test may stand on what is above it.
//!
//! * Between rooms (the folders and files directly in `src`) an arrow leads to a lower one of [`LAYERS`].
//! * Within a room, the parts of one module form no cycle; each part is a file with all that is below it. A
//!   module and its own parts know each other: that is how Rust spreads an `impl` over files.
//!
//! [`KNOWN`] are the arrows that close a cycle today. The list only shrinks: an entry that is not needed any
//! more fails the test, too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// From the ground up. Rooms of one line do not know each other.
const LAYERS: [&[&str]; 13] = [
    &["words"],
    &["model"],
    &["scenario"],
    &["plan"],
    &["sim"],
    &["scheduler", "spec"],
    &["metrics"],
    &["run"],
    &["saved"],
    &["explore"],
    &["report"],
    &["sketch"],
    &["strategy", "arbitrary"],
];

/// What is built of the library, above everything.
const ON_TOP: [&str; 3] = ["cli", "main", "lib"];

/// Arrows between two parts of one module that close a cycle, each with the reason why it is still there.
const KNOWN: &[(&str, &str)] = &[
    // An event says in which state a container is.
    ("model/event", "model/container"),
    // A slice of a run is told as a story, and a story can be of a slice.
    ("report/story", "report/past"),
    // The world has a part for each of these, and each of them acts on the world.
    ("sim/world", "sim/budget"),
    ("sim/world", "sim/driver"),
    ("sim/world", "sim/ending"),
    ("sim/world", "sim/writer"),
];

/// The code of a file: without comments and test modules.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut skipped_until: Option<String> = None;
    let mut is_test = false;
    for line in text.lines() {
        let indent = &line[..line.len() - line.trim_start().len()];
        if let Some(end) = &skipped_until {
            if line == end {
                skipped_until = None;
            }
            continue;
        }
        let line = line.split("//").next().unwrap_or_default();
        match line.trim() {
            "#[cfg(test)]" => is_test = true,
            _ if is_test => {
                is_test = false;
                if line.trim_end().ends_with('{') {
                    skipped_until = Some(format!("{indent}}}"));
                }
            }
            _ => {
                code.push_str(line);
                code.push('\n');
            }
        }
    }
    code
}

/// The child modules that are tests: `#[cfg(test)] mod name;`, also with a visibility.
fn test_modules(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]");
    let name = |pair: &[&str]| {
        let (visibility, name) = pair[1].split_once("mod ")?;
        let is_module = visibility.is_empty() || visibility.starts_with("pub");
        is_module.then(|| name.strip_suffix(';').map(str::to_owned)).flatten()
    };
    pairs.filter_map(name).collect()
}

/// The paths that a tree of a `use` means: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str, to: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((before, inner)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        to.push(path.split_whitespace().collect());
        return;
    };
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    let (mut depth, mut begin) = (0, 0);
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&format!("{before}{}", inner[begin..at].trim()), to);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if !inner[begin..].trim().is_empty() {
        expand(&format!("{before}{}", inner[begin..].trim()), to);
    }
}

/// What a path may begin with. The first one is for the binary: elsewhere it is a text.
const ROOTS: [&str; 4] = ["active_active::", "crate::", "super::", "self::"];

/// The paths in a code: those of each `use` with whether it is a re-export, and those in between that begin
/// with one of these.
fn paths(code: &str, roots: &[&str]) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    let mut rest = String::new();
    for statement in code.split_inclusive(';') {
        let begin = statement.rfind("use ").filter(|&at| {
            let before = statement[..at].lines().last().unwrap_or_default().trim();
            before.is_empty() || before.starts_with("pub")
        });
        let Some(begin) = begin else {
            rest.push_str(statement);
            continue;
        };
        rest.push_str(&statement[..begin]);
        let line = statement[..begin].lines().last().unwrap_or_default();
        let is_public = line.trim().starts_with("pub");
        let mut expanded = Vec::new();
        expand(statement[begin + 4..].trim_end_matches(';'), &mut expanded);
        found.extend(expanded.into_iter().map(|path| (is_public, path)));
    }
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    for root in roots {
        for (at, _) in rest.match_indices(root) {
            if rest[..at].ends_with(|before: char| is_word(before) || before == ':') {
                continue;
            }
            let end = rest[at..].find(|c: char| !is_word(c) && c != ':').unwrap_or(rest.len() - at);
            found.push((false, rest[at..at + end].trim_end_matches(':').to_owned()));
        }
    }
    found
}

/// Every file of the library and the binary, and what it uses.
struct Files {
    /// By module, its path separated by `/`: the paths in it.
    paths: BTreeMap<String, Vec<(bool, String)>>,
}

impl Files {
    fn read() -> Files {
        let mut texts = BTreeMap::new();
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut texts);
        Files::of(&texts)
    }

    fn of(texts: &BTreeMap<String, String>) -> Files {
        let tests: BTreeSet<String> = texts
            .iter()
            .flat_map(|(module, text)| {
                // The library's own modules are rooms.
                let within = if module == "lib" { String::new() } else { format!("{module}/") };
                test_modules(text).into_iter().map(move |name| format!("{within}{name}"))
            })
            .collect();
        let is_test = |module: &str| tests.iter().any(|test| is_within(module, test));
        let files = texts.iter().filter(|(module, _)| !is_test(module));
        let read = |(module, text): (&String, &String)| {
            let roots = if ON_TOP.contains(&room(module)) { &ROOTS[..] } else { &ROOTS[1..] };
            (module.clone(), paths(&code_of(text), roots))
        };
        Files { paths: files.map(read).collect() }
    }

    /// The file that a path of another one leads to.
    fn resolve(&self, from: &str, path: &str) -> Option<String> {
        let mut parts: Vec<&str> = path.split("::").collect();
        let mut at = match parts[0] {
            "crate" | "active_active" => String::new(),
            "super" => parent(from).to_owned(),
            "self" => from.to_owned(),
            child if self.paths.contains_key(&format!("{from}/{child}")) => {
                parts.insert(0, "self");
                from.to_owned()
            }
            _ => return None,
        };
        let mut rest = &parts[1..];
        while let Some((&part, after)) = rest.split_first() {
            rest = after;
            if part == "super" {
                at = parent(&at).to_owned();
                continue;
            }
            let below = if at.is_empty() { part.to_owned() } else { format!("{at}/{part}") };
            if self.paths.contains_key(&below) {
                at = below;
                continue;
            }
            let Some(exported) = self.exported(&at, part) else { break };
            at = exported;
            rest = &[];
        }
        (!at.is_empty() && at != from).then_some(at)
    }

    /// Where a name that a module re-exports from below is.
    fn exported(&self, module: &str, name: &str) -> Option<String> {
        let paths = self.paths.get(module)?;
        let known = paths.iter().filter(|(is_public, path)| {
            *is_public && path.rsplit("::").next() == Some(name) && !path.starts_with("crate::")
        });
        known.filter_map(|(_, path)| self.resolve(module, path)).next()
    }

    /// Every arrow from one file to another.
    fn arrows(&self) -> BTreeSet<(String, String)> {
        let mut arrows = BTreeSet::new();
        for (module, paths) in &self.paths {
            for (is_public, path) in paths {
                let leads_out = path.starts_with("crate") || path.starts_with("super");
                if *is_public && !leads_out {
                    continue;
                }
                if let Some(to) = self.resolve(module, path) {
                    arrows.insert((module.clone(), to));
                }
            }
        }
        arrows
    }
}

fn collect(folder: &Path, module: &str, texts: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        let module = if module.is_empty() { name } else { format!("{module}/{name}") };
        if path.is_dir() {
            collect(&path, &module, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.insert(module, std::fs::read_to_string(&path).expect("it is text"));
        }
    }
}

fn parent(module: &str) -> &str {
    module.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn room(module: &str) -> &str {
    module.split('/').next().unwrap_or_default()
}

fn is_within(module: &str, of: &str) -> bool {
    module == of || module.strip_prefix(of).is_some_and(|rest| rest.starts_with('/'))
}

/// The number of the room's layer, counted from the ground.
fn layer(room: &str) -> usize {
    if ON_TOP.contains(&room) {
        return LAYERS.len();
    }
    let found = LAYERS.iter().position(|layer| layer.contains(&room));
    found
        .unwrap_or_else(|| panic!("src/{room} is in no layer: add it to LAYERS in tests/layers.rs"))
}

/// The arrows that do not lead down.
fn upward(arrows: &BTreeSet<(String, String)>) -> Vec<String> {
    let leads_up = |(from, to): &&(String, String)| {
        let (from, to) = (room(from), room(to));
        from != to && !ON_TOP.contains(&from) && layer(to) >= layer(from)
    };
    arrows.iter().filter(leads_up).map(|(from, to)| format!("{from} -> {to}")).collect()
}

/// The parts of one module that two files belong to: `explore/verify/search` and `explore/sweep` are in
/// `explore/verify` and `explore/sweep`. None if one of the files is above the other, or they have no module
/// in common.
fn parts(from: &str, to: &str) -> Option<(String, String)> {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), to.split('/').collect());
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let is_below = common < from.len() && common < to.len() && common > 0;
    is_below.then(|| (from[..=common].join("/"), to[..=common].join("/")))
}

/// The arrows between parts of one module that lie on a cycle of such arrows, of those that are not left out.
fn on_a_cycle(
    arrows: &BTreeSet<(String, String)>,
    left_out: &[(&str, &str)],
) -> BTreeSet<(String, String)> {
    let is_left_out = |(from, to): &(String, String)| {
        left_out.iter().any(|(one, other)| one == from && other == to)
    };
    let edges: BTreeSet<(String, String)> = arrows
        .iter()
        .filter_map(|(from, to)| parts(from, to))
        .filter(|e| !is_left_out(e))
        .collect();
    let reaches = |start: &str, goal: &str| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![start.to_owned()]);
        while let Some(at) = next.pop() {
            if at == goal {
                return true;
            }
            if seen.insert(at.clone()) {
                next.extend(edges.iter().filter(|(from, _)| *from == at).map(|(_, to)| to.clone()));
            }
        }
        false
    };
    edges.iter().filter(|(from, to)| reaches(to, from)).cloned().collect()
}

fn listed<'a>(arrows: impl IntoIterator<Item = &'a (String, String)>) -> String {
    arrows.into_iter().map(|(from, to)| format!("\n  {from} -> {to}")).collect()
}

#[test]
fn arrows_between_rooms_lead_down() {
    let upward = upward(&Files::read().arrows());
    assert!(upward.is_empty(), "these lead up or sideways:\n  {}", upward.join("\n  "));
}

#[test]
fn the_parts_of_a_module_form_no_cycle() {
    let cycles = on_a_cycle(&Files::read().arrows(), KNOWN);
    assert!(cycles.is_empty(), "these lie on a cycle:{}", listed(&cycles));
}

#[test]
fn every_known_exception_is_still_needed() {
    let arrows = Files::read().arrows();
    for known in KNOWN {
        let others: Vec<(&str, &str)> = KNOWN.iter().filter(|one| *one != known).copied().collect();
        let (from, to) = known;
        let is_needed = !on_a_cycle(&arrows, &others).is_empty();
        assert!(is_needed, "{from} -> {to} closes no cycle any more: take it off the list");
    }
}

/// The test reads what it should: arrows of each kind are found, and those of tests and comments are not.
#[test]
fn reads_every_kind_of_path() {
    let text = |text: &str| text.to_owned();
    let texts = BTreeMap::from([
        (text("words"), text("pub fn plural() {}")),
        (text("a"), text("pub mod one;\npub mod two;\npub use one::One;\npub use crate::b::B;")),
        (text("a/one"), text("use crate::{words, b::c::C};\nuse super::two;\npub struct One;")),
        (
            text("a/two"),
            text(
                "// crate::lib\nuse super::{One as Other};\n\n#[cfg(test)]\nmod tests {\n    \
                 use crate::b::c;\n}\nfn f() { crate::words::plural() }",
            ),
        ),
        (text("b"), text("#[cfg(test)]\nmod tests;\npub mod c;\npub struct B;")),
        (text("b/tests"), text("use crate::a::One;")),
        (text("b/c"), text("pub struct C;\nfn g() -> super::B {}")),
    ]);
    let arrows = Files::of(&texts).arrows();
    let expected = [
        ("a", "b"),
        ("a/one", "a/two"),
        ("a/one", "b/c"),
        ("a/one", "words"),
        ("a/two", "a/one"),
        ("a/two", "words"),
        ("b/c", "b"),
    ];
    let found: Vec<(&str, &str)> =
        arrows.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    assert_eq!(found, expected);
    assert_eq!(listed(&on_a_cycle(&arrows, &[])), "\n  a/one -> a/two\n  a/two -> a/one");
    assert!(on_a_cycle(&arrows, &[("a/two", "a/one")]).is_empty());
}

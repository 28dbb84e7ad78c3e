//! The test binaries of the copy.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

/// A test binary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Binary {
    /// `lib`, `bin NAME`, `example NAME`, or the name of an integration test.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// The names of its tests, in order.
    pub(crate) tests: Vec<String>,
}

/// Tests of one binary that are run together: those of one module, since binaries have thousands of tests and
/// a quick module that catches a fault should not wait for a slow one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Group {
    /// `BINARY::MODULE`; `BINARY` of tests in no module; `BINARY TEST` of one test.
    pub(crate) name: String,
    pub(crate) binary: Binary,
    /// Some of the binary's.
    pub(crate) tests: Vec<String>,
}

impl Binary {
    /// Its tests by module: the first name of their path.
    pub(crate) fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for test in &self.tests {
            let name = match test.split_once("::") {
                Some((module, _)) => format!("{}::{module}", self.name),
                None => self.name.clone(),
            };
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.tests.push(test.clone()),
                None => {
                    groups.push(Group { name, binary: self.clone(), tests: vec![test.clone()] })
                }
            }
        }
        groups
    }

    /// One test of it.
    pub(crate) fn only(&self, test: &str) -> Group {
        let name = format!("{} {test}", self.name);
        Group { name, binary: self.clone(), tests: vec![test.to_owned()] }
    }
}

impl Group {
    /// Whether it is what a name of `--tests` stands for: the binary, or one module of it.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name == name || self.binary.name == name
    }
}

/// The groups of all binaries that these names stand for; all groups, if there are no names.
pub(crate) fn groups(binaries: &[Binary], names: &[String]) -> Result<Vec<Group>, SuiteError> {
    let all: Vec<Group> = binaries.iter().flat_map(Binary::groups).collect();
    if let Some(name) = names.iter().find(|name| !all.iter().any(|group| group.is_named(name))) {
        return Err(SuiteError::NoGroup(name.clone()));
    }
    let is_chosen = |group: &Group| names.iter().any(|name| group.is_named(name));
    Ok(all.into_iter().filter(|group| names.is_empty() || is_chosen(group)).collect())
}

/// Why there are no test binaries.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SuiteError {
    #[error("cargo cannot be run: {0}")]
    Io(#[from] io::Error),
    #[error("the copy with its switches does not compile: {0}")]
    Uncompiled(String),
    #[error("`caught_by` names the binary `{0}`, which is not there")]
    NoBinary(String),
    #[error("`caught_by` names the test `{0}`, which is not there")]
    NoTest(String),
    #[error(
        "there are no tests `{0}`: name a binary (`lib`, `suite`) or a module (`suite::oracle`)"
    )]
    NoGroup(String),
}

/// A line of what cargo says in JSON, as far as it matters here.
#[derive(Deserialize)]
struct CargoMessage {
    reason: String,
    target: Option<CargoTarget>,
    executable: Option<PathBuf>,
    #[serde(default)]
    profile: CargoProfile,
    message: Option<CargoDiagnostic>,
}

#[derive(Deserialize)]
struct CargoTarget {
    name: String,
    kind: Vec<String>,
}

#[derive(Default, Deserialize)]
struct CargoProfile {
    test: bool,
}

#[derive(Deserialize)]
struct CargoDiagnostic {
    level: String,
    rendered: String,
}

/// Builds the tests, all or those in the binaries with these names, and lists them.
pub(crate) fn build(
    tree: &Path,
    target: &Path,
    names: Option<&BTreeSet<String>>,
) -> Result<Vec<Binary>, SuiteError> {
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--no-run", "--locked", "--message-format=json", "--quiet"]);
    cargo.arg("--target-dir").arg(target).current_dir(tree).stdout(Stdio::piped());
    for name in names.into_iter().flatten() {
        match name.split_once(' ') {
            None if name == "lib" => cargo.arg("--lib"),
            None => cargo.args(["--test", name]),
            Some((kind, name)) => cargo.arg(format!("--{kind}")).arg(name),
        };
    }
    let mut child = cargo.spawn()?;
    let mut binaries = Vec::new();
    let mut errors = String::new();
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        let Ok(message) = serde_json::from_str::<CargoMessage>(&line?) else { continue };
        if let Some(CargoDiagnostic { level, rendered }) = message.message
            && level == "error"
        {
            errors.push_str(&rendered);
        }
        let is_test = message.reason == "compiler-artifact" && message.profile.test;
        if let (true, Some(target), Some(path)) = (is_test, message.target, message.executable) {
            let name = match target.kind.first().map(String::as_str) {
                Some("test") => target.name,
                Some(kind @ ("bin" | "example")) => format!("{kind} {}", target.name),
                _ => "lib".to_owned(),
            };
            binaries.push(Binary { name, path, tests: Vec::new() });
        }
    }
    if !child.wait()?.success() {
        return Err(SuiteError::Uncompiled(errors));
    }
    for binary in &mut binaries {
        binary.tests = list(&binary.path, tree)?;
    }
    Ok(binaries)
}

/// The names of the tests in a binary; without those that read the sources, which the switches change.
fn list(path: &Path, tree: &Path) -> io::Result<Vec<String>> {
    let listed =
        Command::new(path).args(["--list", "--format=terse"]).current_dir(tree).output()?;
    let lines = String::from_utf8_lossy(&listed.stdout);
    let tests = lines.lines().filter_map(|line| line.strip_suffix(": test"));
    Ok(tests.filter(|test| !test.starts_with("layers::")).map(str::to_owned).collect())
}

/// Fails unless each of these tests, by binary and name, is there.
pub(crate) fn check_declared<'a>(
    binaries: &[Binary],
    mut declared: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), SuiteError> {
    declared.try_for_each(|(name, test)| {
        let binary = binaries.iter().find(|binary| binary.name == name);
        let binary = binary.ok_or_else(|| SuiteError::NoBinary(name.to_owned()))?;
        if binary.tests.iter().any(|known| known == test) {
            return Ok(());
        }
        Err(SuiteError::NoTest(format!("{name} {test}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(name: &str, tests: &[&str]) -> Binary {
        let tests = tests.iter().map(|&test| test.to_owned()).collect();
        Binary { name: name.to_owned(), path: PathBuf::new(), tests }
    }

    fn two() -> [Binary; 2] {
        let suite = binary("suite", &["cli::sweep::a", "cli::verify::b", "whole", "verify::c"]);
        [binary("lib", &["explore::d"]), suite]
    }

    fn chosen(names: &[&str]) -> Result<Vec<(String, usize)>, SuiteError> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let found = groups(&two(), &names)?;
        Ok(found.into_iter().map(|group| (group.name, group.tests.len())).collect())
    }

    #[test]
    fn the_tests_of_a_module_are_a_group() {
        let found = chosen(&[]).expect("all are there");
        let found: Vec<(&str, usize)> = found.iter().map(|(name, of)| (&**name, *of)).collect();
        let expected = [("lib::explore", 1), ("suite::cli", 2), ("suite", 1), ("suite::verify", 1)];
        assert_eq!(found, expected);
    }

    #[test]
    fn groups_are_chosen_by_binary_or_module() {
        assert_eq!(chosen(&["suite"]).expect("it is there").len(), 3);
        let found = chosen(&["suite::verify", "lib"]).expect("both are there");
        assert_eq!(found, [("lib::explore".to_owned(), 1), ("suite::verify".to_owned(), 1)]);
        assert!(matches!(chosen(&["suite::sweep"]), Err(SuiteError::NoGroup(_))));
    }

    #[test]
    fn a_test_that_is_named_has_to_be_there() {
        let check = |name, test| check_declared(&two(), [(name, test)].into_iter());
        assert!(check("suite", "verify::c").is_ok());
        assert!(matches!(check("suite", "verify"), Err(SuiteError::NoTest(_))));
        assert!(matches!(check("oracle", "verify::c"), Err(SuiteError::NoBinary(_))));
    }
}

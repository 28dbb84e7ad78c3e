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

/// Builds the tests: all, or those in the binaries with these names.
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
            binaries.push(Binary { name, path });
        }
    }
    if !child.wait()?.success() {
        return Err(SuiteError::Uncompiled(errors));
    }
    Ok(binaries)
}

/// Fails unless each of these tests, by binary and name, is there.
pub(crate) fn check_declared<'a>(
    binaries: &[Binary],
    tree: &Path,
    declared: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), SuiteError> {
    let mut by_binary: Vec<(&str, String)> = Vec::new();
    for (name, test) in declared {
        if !by_binary.iter().any(|(known, _)| *known == name) {
            let binary = binaries.iter().find(|binary| binary.name == name);
            let binary = binary.ok_or_else(|| SuiteError::NoBinary(name.to_owned()))?;
            let mut lists = Command::new(&binary.path);
            let listed = lists.args(["--list", "--format=terse"]).current_dir(tree).output()?;
            by_binary.push((name, String::from_utf8_lossy(&listed.stdout).into_owned()));
        }
        let line = format!("{test}: test");
        let of_binary = by_binary.iter().filter(|(known, _)| *known == name);
        if !of_binary.flat_map(|(_, tests)| tests.lines()).any(|known| known == line) {
            return Err(SuiteError::NoTest(format!("{name} {test}")));
        }
    }
    Ok(())
}

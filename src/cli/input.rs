//! From NAME|FILE to a plan.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use active_active::plan::Plan;
use active_active::scenario::{FileError, builtin};

use super::args::ScenarioArgs;

/// Larger files are no input of ours: the longest saved run has a few million lines.
const BYTES_MAX: u64 = 1 << 28;

/// Reads, changes and checks a scenario.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub(crate) fn plan(args: &ScenarioArgs) -> Result<Plan, FileError> {
    let name = args.scenario.as_str();
    let text = scenario_text(name)?;
    refuse_saved_run(&text, name)?;
    Plan::load(&text, name, &args.overrides)
}

/// What is a path is a file; anything else is the name of a built-in scenario.
pub(crate) fn scenario_text(name: &str) -> Result<String, FileError> {
    let path = Path::new(name);
    if !(path.is_file() || name.contains('/') || name.ends_with(".toml")) {
        if let Some(text) = builtin::text(name) {
            return Ok(text.to_owned());
        }
        if !path.is_dir() {
            return Err(builtin::unknown(name));
        }
    }
    let bytes = bytes(path)?;
    let text = text(&bytes, name)?;
    if text.trim().is_empty() {
        let message = "the file is empty; 'active-active init FILE' writes one to start from";
        return Err(error(name, None, message.to_owned()));
    }
    Ok(text.to_owned())
}

/// Opens a regular file: to open a pipe can take for ever, and a device may have no end.
///
/// # Errors
///
/// If it is something else, or cannot be opened.
pub(crate) fn open(path: &Path) -> std::io::Result<File> {
    let found = std::fs::metadata(path)?;
    match found.is_file() || found.is_dir() {
        true => File::open(path),
        false => Err(std::io::Error::other("it is a pipe or a device, not a file")),
    }
}

/// Everything that a file holds.
///
/// # Errors
///
/// If it cannot be read.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    let origin = path.display().to_string();
    let unreadable = |source: std::io::Error| {
        if source.kind() == std::io::ErrorKind::NotFound {
            return missing(path);
        }
        error(&origin, None, format!("cannot be read: {source}; give the path of a file"))
    };
    let file = open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > BYTES_MAX {
        let message = format!("has more than {BYTES_MAX} bytes; give the path of another file");
        return Err(error(&origin, None, message));
    }
    Ok(bytes)
}

/// That there is no file of this name, where only a file can be meant.
pub(crate) fn missing(path: &Path) -> FileError {
    error(&path.display().to_string(), None, "no such file; check the path".to_owned())
}

/// The bytes as text.
///
/// # Errors
///
/// If they are no text, with the line in which they stop to be one.
pub(crate) fn text<'a>(bytes: &'a [u8], origin: &str) -> Result<&'a str, FileError> {
    std::str::from_utf8(bytes).map_err(|source| {
        let before = &bytes[..source.valid_up_to()];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        let message = "this is no text (UTF-8), so it is no TOML file; give the path of another \
                       file";
        FileError { line: Some(line), ..error(origin, None, message.to_owned()) }
    })
}

/// A saved run holds a scenario, but is none.
fn refuse_saved_run(text: &str, origin: &str) -> Result<(), FileError> {
    if is_saved_run(text) {
        let message = "this is a saved run, not a scenario; use 'active-active replay' with it";
        return Err(error(origin, None, message.to_owned()));
    }
    Ok(())
}

/// Whether the text is a saved run. What is wrong with a text that is no TOML is said by the one that
/// reads it as a scenario.
pub(crate) fn is_saved_run(text: &str) -> bool {
    let table = text.parse::<toml::Table>();
    table.is_ok_and(|table| table.contains_key("scenario") && table.contains_key("run"))
}

fn error(origin: &str, key: Option<&str>, message: String) -> FileError {
    FileError { origin: origin.to_owned(), line: None, key: key.map(str::to_owned), message }
}

//! Writing files: whole or not at all, and never over another one.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::error::CliError;

pub(super) const REMEDY: &str =
    "check that the directory exists, is writable and has room, or name another";

/// Writes a new file.
///
/// # Errors
///
/// If there is one already, or if it cannot be written.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), CliError> {
    match put(path, text) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(CliError::Exists { path: path.to_owned() })
        }
        Err(source) => Err(CliError::Write { path: path.to_owned(), source, remedy: REMEDY }),
    }
}

/// Writes a file, also over one that the same command wrote before: one whose first lines have the
/// mark.
///
/// # Errors
///
/// If another file is there, or if it cannot be written.
pub(crate) fn replace(path: &Path, text: &str, mark: &str) -> Result<(), CliError> {
    let is_ours = fs::read(path).is_ok_and(|bytes| {
        let start = &bytes[..bytes.len().min(200)];
        String::from_utf8_lossy(start).contains(mark)
    });
    if !is_ours {
        return create(path, text);
    }
    rewrite(path, text)
}

/// Writes a file that its user named to be written over.
///
/// # Errors
///
/// If it cannot be written.
pub(crate) fn rewrite(path: &Path, text: &str) -> Result<(), CliError> {
    let written =
        beside(path, text).and_then(|file| file.persist(path).map_err(|error| error.error));
    let error = |source| CliError::Write { path: path.to_owned(), source, remedy: REMEDY };
    written.map(drop).map_err(error)
}

/// Writes a new file, unless the same text is there already.
///
/// # Errors
///
/// If another text is there, or if it cannot be written.
pub(crate) fn create_or_same(path: &Path, text: &str) -> Result<(), CliError> {
    match fs::read(path).is_ok_and(|found| found == text.as_bytes()) {
        true => Ok(()),
        false => create(path, text),
    }
}

/// Writes a file into a directory, which is made if it is not there. The file is `NAME.toml`; if
/// another text has that name, `NAME-2.toml` and so on. Returns its path.
///
/// # Errors
///
/// If it cannot be written.
pub(crate) fn save(directory: &Path, name: &str, text: &str) -> Result<PathBuf, CliError> {
    let error =
        |path: &Path, source| CliError::Write { path: path.to_owned(), source, remedy: REMEDY };
    fs::create_dir_all(directory).map_err(|source| error(directory, source))?;
    let mut number = 1u64;
    loop {
        let path = directory.join(match number {
            1 => format!("{name}.toml"),
            _ => format!("{name}-{number}.toml"),
        });
        match put(&path, text) {
            Ok(()) => return Ok(path),
            Err(source) if source.kind() == ErrorKind::AlreadyExists => {
                if fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
                    return Ok(path);
                }
                number += 1;
            }
            Err(source) => return Err(error(&path, source)),
        }
    }
}

/// Writes beside the path and then gives the file its name: nobody ever sees half of it.
fn put(path: &Path, text: &str) -> io::Result<()> {
    beside(path, text)?.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

/// A file beside the path, written and without a name of its own.
fn beside(path: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".active-active-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file: the process's umask decides.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(directory).map_err(plain)?;
    file.write_all(text.as_bytes()).map_err(plain)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The error without the path of a file that nobody has heard of, which the temporary file adds to it.
fn plain(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((why, _)) => io::Error::new(error.kind(), why.to_owned()),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("the directory is there");
        let name = |entry: io::Result<fs::DirEntry>| {
            entry.expect("the entry is readable").file_name().to_string_lossy().into_owned()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn never_overwrites() {
        let directory = tempfile::tempdir().expect("there is a place for temporary files");
        let path = directory.path().join("a.toml");
        create(&path, "one").expect("nothing is there");
        assert!(matches!(create(&path, "two"), Err(CliError::Exists { .. })));
        assert_eq!(fs::read_to_string(&path).expect("it was written"), "one");
        assert_eq!(names(directory.path()), ["a.toml"]);
    }

    #[test]
    fn replaces_its_own_file_and_no_other() {
        let directory = tempfile::tempdir().expect("there is a place for temporary files");
        let path = directory.path().join("a.html");
        replace(&path, "MARK one", "MARK").expect("nothing is there");
        replace(&path, "MARK two", "MARK").expect("it is its own");
        assert_eq!(fs::read_to_string(&path).expect("it was written"), "MARK two");
        fs::write(&path, "mine").expect("the directory is writable");
        let refused = replace(&path, "MARK three", "MARK");
        assert!(matches!(refused, Err(CliError::Exists { .. })));
        assert_eq!(names(directory.path()), ["a.html"]);
    }

    #[test]
    fn the_same_text_has_one_file_and_another_text_another() {
        let directory = tempfile::tempdir().expect("there is a place for temporary files");
        let inner = directory.path().join("not/there/yet");
        for text in ["one", "two", "one", "two", "three"] {
            let path = save(&inner, "name", text).expect("the directory is writable");
            assert_eq!(fs::read_to_string(path).expect("it was written"), text);
        }
        assert_eq!(names(&inner), ["name-2.toml", "name-3.toml", "name.toml"]);
    }
}

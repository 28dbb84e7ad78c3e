//! Files that a command writes: checked before its work, whole or not at all, and in place of another file
//! only if that was asked for.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use active_active::report::plain as printable;
use tempfile::NamedTempFile;

use super::error::CliError;
use super::output::Output;

/// What to do if a file cannot be written.
pub(super) const REMEDY: &str =
    "check that the directory exists, is writable and has room, or name another";

/// How the names of temporary files begin.
const PREFIX: &str = ".active-active-";

/// Where a command writes its result.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// The standard output: `-`.
    Stdout,
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// Another file there is replaced.
        force: bool,
    },
}

impl Target {
    /// The target of a path that a user gave, if it can be written: checked before the work, since to
    /// refuse it afterwards would lose the work.
    ///
    /// # Errors
    ///
    /// If a file is there and is not to be replaced; if it is not a regular file, which a pipe or a device
    /// is not; if the directory cannot be written to.
    pub(crate) fn new(path: &Path, force: bool) -> Result<Target, CliError> {
        if path == Path::new("-") {
            return Ok(Target::Stdout);
        }
        if is_there(path)? && !force {
            return Err(CliError::Exists { path: path.to_owned() });
        }
        probe(path, directory_of(path))?;
        Ok(Target::File { path: path.to_owned(), force })
    }

    /// As [`Target::new`]; the standard output if no path is given.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) fn of(path: Option<&Path>, force: bool) -> Result<Target, CliError> {
        path.map_or(Ok(Target::Stdout), |path| Target::new(path, force))
    }

    /// Writes the text there; of a file, the standard output then has a sentence that begins with its path.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or if a file has come to be there meanwhile.
    pub(crate) fn write(
        &self,
        text: &str,
        rest: &str,
        output: &mut Output<impl Write>,
    ) -> Result<(), CliError> {
        match self {
            Target::Stdout => output.write(text),
            Target::File { path, force } => {
                match force {
                    true => replace(path, text)?,
                    false => create(path, text)?,
                }
                output.write(&format!("Wrote {}{rest}\n", printable(&path.display().to_string())))
            }
        }
    }
}

/// Whether a regular file is there.
///
/// # Errors
///
/// If something else is, or the path cannot be one of a file.
pub(crate) fn is_there(path: &Path) -> Result<bool, CliError> {
    let error = |source| CliError::Write { path: path.to_owned(), source, remedy: REMEDY };
    let ends_with_slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    if path.file_name().is_none() || ends_with_slash {
        return Err(error(io::Error::from(ErrorKind::IsADirectory)));
    }
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(error(io::Error::from(ErrorKind::IsADirectory))),
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => Err(CliError::Special { path: path.to_owned() }),
        // A link to nowhere is something, too.
        Err(source) if source.kind() == ErrorKind::NotFound => {
            Ok(fs::symlink_metadata(path).is_ok())
        }
        Err(source) => Err(error(source)),
    }
}

/// That failures can be saved in a directory, which need not be there.
///
/// # Errors
///
/// If it is something else, or cannot be made.
pub(crate) fn check_directory(directory: &Path) -> Result<(), CliError> {
    let error = |source| CliError::Write { path: directory.to_owned(), source, remedy: REMEDY };
    if directory == Path::new("-") || directory.as_os_str().is_empty() {
        return Err(error(io::Error::from(ErrorKind::NotADirectory)));
    }
    match fs::symlink_metadata(directory) {
        // A name that is too long, say: it cannot be made, either.
        Err(source) if source.kind() != ErrorKind::NotFound => return Err(error(plain(source))),
        Ok(_) | Err(_) => {}
    }
    let is_there = |path: &&Path| fs::symlink_metadata(path).is_ok();
    let there = directory.ancestors().find(is_there).unwrap_or(Path::new("."));
    match fs::metadata(there) {
        Ok(found) if found.is_dir() => probe(directory, there),
        Ok(_) => Err(error(io::Error::from(ErrorKind::NotADirectory))),
        Err(source) => Err(error(source)),
    }
}

/// That the directory can be written to. Nothing is left there, whatever happens.
fn probe(path: &Path, directory: &Path) -> Result<(), CliError> {
    let error = |source| CliError::Write { path: path.to_owned(), source, remedy: REMEDY };
    tempfile::tempfile_in(directory).map(drop).map_err(|source| error(plain(source)))
}

/// The directory that a path is in.
fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Whether a path is that of a file, by whatever name, or would be in it if the file were a directory.
pub(crate) fn is_within(path: &Path, file: &Path) -> bool {
    // What is there has one true name; what is not there is in something that has one.
    let true_name = |path: &Path| {
        let there = path.ancestors().find_map(|part| {
            let part_or_here = if part.as_os_str().is_empty() { Path::new(".") } else { part };
            Some((fs::canonicalize(part_or_here).ok()?, path.strip_prefix(part).ok()?.to_owned()))
        });
        there.map_or_else(|| path.to_owned(), |(there, rest)| there.join(rest))
    };
    let is_one_file = match (File::open(path), fs::metadata(path)) {
        (Ok(open), Ok(found)) if found.is_file() => is_same(&open, file),
        _ => false,
    };
    is_one_file || true_name(path).starts_with(true_name(file))
}

/// Writes a new file.
///
/// # Errors
///
/// If there is one already, or if it cannot be written.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), CliError> {
    match put(path, text) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(CliError::Exists { path: path.to_owned() })
        }
        Err(source) => Err(CliError::Write { path: path.to_owned(), source, remedy: REMEDY }),
    }
}

/// Writes a file in place of the one that may be there.
///
/// # Errors
///
/// If it cannot be written.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), CliError> {
    let error = |source| CliError::Write { path: path.to_owned(), source, remedy: REMEDY };
    over(path, text).map(drop).map_err(error)
}

/// As [`replace`]; the file stays open, at its end, and locked.
///
/// # Errors
///
/// If it cannot be written.
pub(crate) fn over(path: &Path, text: &str) -> io::Result<File> {
    // A link stays one: the file that it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    beside(&target, text)?.persist(&target).map_err(|error| error.error)
}

/// Writes a new file, which stays open, at its end, and locked.
///
/// # Errors
///
/// If there is one already, or if it cannot be written.
pub(crate) fn put(path: &Path, text: &str) -> io::Result<File> {
    beside(path, text)?.persist_noclobber(path).map_err(|error| error.error)
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
            Ok(_) => return Ok(path),
            Err(source) if source.kind() == ErrorKind::AlreadyExists => {
                if has(&path, text) {
                    return Ok(path);
                }
                number += 1;
            }
            Err(source) => return Err(error(&path, source)),
        }
    }
}

/// Whether a regular file has this text.
fn has(path: &Path, text: &str) -> bool {
    let is_as_long =
        fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == text.len() as u64);
    is_as_long && fs::read(path).is_ok_and(|found| found == text.as_bytes())
}

/// A file beside the path, written and without a name of its own: no reader ever sees half of it. It is locked,
/// so that what a process that was killed has left behind can be told from it.
fn beside(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let directory = directory_of(path);
    let mut file = loop {
        let file = builder().tempfile_in(directory).map_err(plain)?;
        match lock(file.as_file()) {
            // Another process took it for one that was left behind, and removes it.
            Ok(false) => {}
            Ok(true) if !is_same(file.as_file(), file.path()) => {}
            Ok(true) => break file,
            Err(error) => return Err(error),
        }
    };
    sweep(directory, file.path());
    file.write_all(text.as_bytes()).map_err(plain)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file: the process's umask decides.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

/// Removes what processes that were killed have left in the directory.
fn sweep(directory: &Path, own: &Path) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let path = entry.path();
        if !is_ours || entry.file_name() == own.file_name().unwrap_or_default() {
            continue;
        }
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file
            && let Ok(file) = File::open(&path)
            && matches!(file.try_lock(), Ok(()))
        {
            // Where it cannot be removed, it stays.
            let _ = fs::remove_file(&path);
        }
    }
}

/// Locks a file that stays locked while it is open; whether no other process has it. Where files cannot be
/// locked, no process has.
///
/// # Errors
///
/// None that matters to a user.
pub(crate) fn lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(fs::TryLockError::WouldBlock) => Ok(false),
        Err(fs::TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(true),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Whether this is the file of that name: another process may have put one in its place.
pub(crate) fn is_same(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let id = |found: fs::Metadata| (found.dev(), found.ino());
        match (file.metadata(), fs::metadata(path)) {
            (Ok(open), Ok(named)) => id(open) == id(named),
            _ => false,
        }
    }
    #[cfg(not(unix))]
    {
        // A file that is open cannot be replaced there.
        file.metadata().is_ok() && path.exists()
    }
}

/// The error without the path of the temporary file, which a user does not know.
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
    fn never_overwrites_unless_asked_to() {
        let directory = tempfile::tempdir().expect("there is a place for temporary files");
        let path = directory.path().join("a.toml");
        create(&path, "one").expect("nothing is there");
        assert!(matches!(create(&path, "two"), Err(CliError::Exists { .. })));
        assert!(matches!(Target::new(&path, false), Err(CliError::Exists { .. })));
        assert_eq!(fs::read_to_string(&path).expect("it was written"), "one");
        replace(&path, "three").expect("the directory is writable");
        assert!(matches!(Target::new(&path, true), Ok(Target::File { force: true, .. })));
        assert_eq!(fs::read_to_string(&path).expect("it was written"), "three");
        assert_eq!(names(directory.path()), ["a.toml"]);
    }

    #[test]
    fn what_cannot_be_a_file_is_refused_before_the_work() {
        let directory = tempfile::tempdir().expect("there is a place for temporary files");
        for name in ["", "/", "..", "new/", "nowhere/a"] {
            let path = if name.is_empty() { PathBuf::new() } else { directory.path().join(name) };
            let refused = Target::new(&path, true);
            assert!(matches!(refused, Err(CliError::Write { .. })), "{name:?}: {refused:?}");
        }
        let long = directory.path().join("a".repeat(300));
        assert!(matches!(Target::new(&long, false), Err(CliError::Write { .. })));
        assert!(matches!(Target::new(Path::new("-"), false), Ok(Target::Stdout)));
        fs::write(directory.path().join("file"), "").expect("the directory is writable");
        for name in ["file", "file/inner"] {
            assert!(check_directory(&directory.path().join(name)).is_err(), "{name}");
        }
        assert!(check_directory(&directory.path().join("not/there/yet")).is_ok());
        assert!(check_directory(Path::new("-")).is_err());
        assert_eq!(names(directory.path()), ["file"]);
    }

    /// A process that was killed while it wrote left a temporary file, and nothing ever removed it.
    #[test]
    fn what_a_killed_process_left_is_removed_and_what_another_one_writes_is_not() {
        let directory = tempfile::tempdir().expect("there is a place for temporary files");
        let left = directory.path().join(format!("{PREFIX}left"));
        let used = directory.path().join(format!("{PREFIX}used"));
        fs::write(&left, "half").expect("the directory is writable");
        let writer = File::create(&used).expect("the directory is writable");
        assert!(lock(&writer).expect("it can be locked"));
        create(&directory.path().join("a"), "one").expect("nothing is there");
        assert_eq!(names(directory.path()), [format!("{PREFIX}used"), "a".to_owned()]);
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

//! What is read and written: nothing is overwritten unless that is asked for, and a path that cannot be written is
//! refused before the work.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Error;

/// A file to write when the work is done.
pub(crate) struct Target {
    path: PathBuf,
    /// Another name in the same directory: the file appears whole or not at all.
    part: PathBuf,
    file: File,
}

impl Target {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// If it is there and `force` is not given, or cannot be written.
    pub(crate) fn new(path: &Path, force: bool) -> Result<Target, Error> {
        if !force && path.exists() {
            return Err(Error::IsThere(path.to_owned()));
        }
        if path.is_dir() {
            let message = "it is a directory; give the path of a file".to_owned();
            return Err(Error::Malformed { path: path.to_owned(), message });
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let opened = OpenOptions::new().write(true).create(true).truncate(true).open(&part);
        let file = opened.map_err(|error| Error::file(path, error))?;
        Ok(Target { path: path.to_owned(), part, file })
    }

    /// Writes all of it, and says so.
    pub(crate) fn write(mut self, text: &str) -> Result<String, Error> {
        let written = self.file.write_all(text.as_bytes());
        let renamed = written.and_then(|()| fs::rename(&self.part, &self.path));
        renamed.map_err(|error| Error::file(&self.path, error))?;
        Ok(format!("Wrote {}.\n", self.path.display()))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // It is not there any more if it was written.
        let _ = fs::remove_file(&self.part);
    }
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| Error::file(path, error))
}

/// Fails if a directory can neither be written to nor be made.
pub(crate) fn check_directory(path: &Path) -> Result<(), Error> {
    if path.exists() && !path.is_dir() {
        let message = "it is not a directory; give the path of one".to_owned();
        return Err(Error::Malformed { path: path.to_owned(), message });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_unless_that_is_asked_for() {
        let directory = tempfile::tempdir().expect("there is room for a directory");
        let path = directory.path().join("table.md");
        let write = |text: &str, force| Target::new(&path, force)?.write(text);
        assert!(write("one", false).is_ok());
        assert!(matches!(write("two", false), Err(Error::IsThere(_))));
        assert_eq!(read(&path).expect("it was written"), "one");
        assert!(write("two", true).is_ok());
        assert_eq!(read(&path).expect("it was written"), "two");
    }

    #[test]
    fn a_path_that_cannot_be_written_is_refused_before_the_work() {
        let directory = tempfile::tempdir().expect("there is room for a directory");
        assert!(Target::new(directory.path(), true).is_err());
        assert!(Target::new(&directory.path().join("nowhere/table.md"), false).is_err());
        drop(Target::new(&directory.path().join("table.md"), false).expect("it can be made"));
        assert_eq!(directory.path().read_dir().expect("it is there").count(), 0);
    }
}

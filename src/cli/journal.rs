//! The file of a campaign, written as it goes: a line for each segment.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use active_active::explore::{Checkpoint, Done, Segment};

use super::error::CliError;
use super::files;

/// The file is written again, with neighboring segments as one line, when it has grown by this many bytes.
const GROWTH_MAX: usize = 4 << 20;

/// A file that is never behind by more than the segments under way. What a segment shows is in the file
/// before its thread goes on; a process that is killed in between leaves a line without its end, which
/// is not read.
pub(crate) struct Journal<'a> {
    path: PathBuf,
    checkpoint: &'a Checkpoint,
    written: Mutex<Written>,
}

/// What the file has.
struct Written {
    file: File,
    /// All of it, if neighbors become one: otherwise nothing is gained by writing it again.
    done: Option<Done>,
    /// How many bytes were put behind it since it was written as a whole.
    growth: usize,
    /// Why nothing can be written any more.
    failed: Option<CliError>,
}

impl<'a> Journal<'a> {
    /// Writes what is done so far, which [`Journal::note`] goes on from, in place of the file that was there.
    ///
    /// # Errors
    ///
    /// If the file cannot be written, or if it has come to be there meanwhile.
    pub(crate) fn begin(
        path: &Path,
        before: Option<&Held>,
        checkpoint: &'a Checkpoint,
        done: Done,
    ) -> Result<Journal<'a>, CliError> {
        let text = checkpoint.to_text(&done);
        let file = match before {
            Some(_) => files::over(path, &text),
            None => files::put(path, &text),
        };
        let file = file.map_err(|source| match source.kind() == ErrorKind::AlreadyExists {
            true => CliError::Busy { path: path.to_owned() },
            false => CliError::Write { path: path.to_owned(), source, remedy: files::REMEDY },
        })?;
        let done = checkpoint.shard().is_all().then_some(done);
        let written = Mutex::new(Written { file, done, growth: 0, failed: None });
        Ok(Journal { path: path.to_owned(), checkpoint, written })
    }

    /// Writes down what a segment shows. Whether that was possible, now and before.
    pub(crate) fn note(&self, segment: &Segment) -> bool {
        let line = self.checkpoint.line(segment);
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.failed.is_some() {
            return false;
        }
        let Written { file, done, growth, failed } = &mut *written;
        if let Some(done) = done {
            done.add(segment.clone()).expect("each run is made once");
        }
        let result = match done {
            Some(done) if *growth + line.len() > GROWTH_MAX => {
                let new = files::over(&self.path, &self.checkpoint.to_text(done));
                new.map(|new| (*file, *growth) = (new, 0)).map_err(|source| self.error(source))
            }
            _ => {
                *growth += line.len();
                file.write_all(line.as_bytes()).map_err(|source| self.error(source))
            }
        };
        *failed = result.err();
        failed.is_none()
    }

    /// Writes the file again with as few lines as possible. If something could not be written before, it
    /// stays as it was then.
    ///
    /// # Errors
    ///
    /// Why something could not be written.
    pub(crate) fn end(self) -> Result<(), CliError> {
        let written = self.written.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (written.failed, written.done) {
            (Some(error), _) => Err(error),
            (None, Some(done)) => files::replace(&self.path, &self.checkpoint.to_text(&done)),
            (None, None) => Ok(()),
        }
    }

    fn error(&self, source: io::Error) -> CliError {
        CliError::Write { path: self.path.clone(), source, remedy: files::REMEDY }
    }
}

/// The file of a campaign as it was found, locked: no other process writes it meanwhile.
pub(crate) struct Held {
    _file: File,
}

/// Reads the file of a campaign, if it is there, and keeps it locked.
///
/// # Errors
///
/// If another process has it, if it cannot be read, or if it is another file.
pub(crate) fn hold(path: &Path) -> Result<Option<(Held, Checkpoint)>, CliError> {
    let unreadable = |source| CliError::Read { path: path.to_owned(), source };
    while files::is_there(path)? {
        let file = File::open(path).map_err(unreadable)?;
        if !files::lock(&file).map_err(unreadable)? {
            return Err(CliError::Busy { path: path.to_owned() });
        }
        // A process that had it before may have put another one in its place.
        if files::is_same(&file, path) {
            let read = Checkpoint::read(BufReader::new(&file)).map_err(unreadable)?;
            let read = read.map_err(|source| CliError::Campaign { path: path.to_owned(), source });
            return Ok(Some((Held { _file: file }, read?)));
        }
    }
    Ok(None)
}

//! The file of a campaign, written as it goes: a line for each segment.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use active_active::explore::checkpoint::MARK;
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
    /// Writes what is done so far, which [`Journal::note`] goes on from.
    ///
    /// # Errors
    ///
    /// If the file cannot be written, or another file is there.
    pub(crate) fn begin(
        path: &Path,
        checkpoint: &'a Checkpoint,
        done: Done,
    ) -> Result<Journal<'a>, CliError> {
        let file = begin_file(path, checkpoint, &done)?;
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
                begin_file(&self.path, self.checkpoint, done).map(|new| {
                    (*file, *growth) = (new, 0);
                })
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
            (None, Some(done)) => begin_file(&self.path, self.checkpoint, &done).map(drop),
            (None, None) => Ok(()),
        }
    }

    fn error(&self, source: io::Error) -> CliError {
        CliError::Write { path: self.path.clone(), source, remedy: files::REMEDY }
    }
}

/// Writes the file, whole or not at all, and opens it for the lines that follow.
fn begin_file(path: &Path, checkpoint: &Checkpoint, done: &Done) -> Result<File, CliError> {
    files::replace(path, &checkpoint.to_text(done), MARK)?;
    let file = OpenOptions::new().append(true).open(path);
    let error = |source| CliError::Write { path: path.to_owned(), source, remedy: files::REMEDY };
    file.map_err(error)
}

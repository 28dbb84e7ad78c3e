//! The file of a campaign, written as it goes: a checkpoint, and behind it a line for each part that was
//! done since.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use active_active::explore::checkpoint::MARK;
use active_active::explore::{Checkpoint, Part};

use super::error::CliError;
use super::files;

/// The lines are joined to a new checkpoint when there are so many bytes of them.
const LINES_MAX: usize = 4 << 20;

/// A file that is never behind by more than the parts under way. What a part shows is in the file
/// before its thread goes on; a process that is killed in between leaves a torn line, which is not
/// read.
pub(crate) struct Journal<'a> {
    path: PathBuf,
    checkpoint: &'a (dyn Fn() -> Checkpoint + Sync),
    lines: Mutex<Lines>,
}

/// What is put behind the checkpoint.
struct Lines {
    file: File,
    bytes: usize,
    /// Why nothing can be written any more.
    failed: Option<CliError>,
}

impl<'a> Journal<'a> {
    /// Writes how far the campaign is, which [`Journal::note`] goes on from.
    ///
    /// # Errors
    ///
    /// If the file cannot be written, or another file is there.
    pub(crate) fn begin(
        path: &Path,
        checkpoint: &'a (dyn Fn() -> Checkpoint + Sync),
    ) -> Result<Journal<'a>, CliError> {
        let file = begin_anew(path, &checkpoint())?;
        let lines = Mutex::new(Lines { file, bytes: 0, failed: None });
        Ok(Journal { path: path.to_owned(), checkpoint, lines })
    }

    /// Writes down what a part shows. Whether that was possible, now and before.
    pub(crate) fn note(&self, part: &Part) -> bool {
        let line = Checkpoint::line(part);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.failed.is_some() {
            return false;
        }
        let written = if lines.bytes + line.len() > LINES_MAX {
            // The part is in the checkpoint, too.
            begin_anew(&self.path, &(self.checkpoint)()).map(|file| {
                (lines.file, lines.bytes) = (file, 0);
            })
        } else {
            lines.bytes += line.len();
            lines.file.write_all(line.as_bytes()).map_err(|source| self.error(source))
        };
        lines.failed = written.err();
        lines.failed.is_none()
    }

    /// Joins all lines. If something could not be written before, the file stays as it was then.
    ///
    /// # Errors
    ///
    /// Why something could not be written.
    pub(crate) fn end(self) -> Result<(), CliError> {
        let lines = self.lines.into_inner().unwrap_or_else(PoisonError::into_inner);
        match lines.failed {
            Some(error) => Err(error),
            None => files::replace(&self.path, &(self.checkpoint)().to_text(), MARK),
        }
    }

    fn error(&self, source: io::Error) -> CliError {
        CliError::Write { path: self.path.clone(), source, remedy: files::REMEDY }
    }
}

/// Writes the checkpoint, whole or not at all, and opens the file for what comes behind it.
fn begin_anew(path: &Path, checkpoint: &Checkpoint) -> Result<File, CliError> {
    files::replace(path, &checkpoint.to_text(), MARK)?;
    let file = OpenOptions::new().append(true).open(path);
    let error = |source| CliError::Write { path: path.to_owned(), source, remedy: files::REMEDY };
    file.map_err(error)
}

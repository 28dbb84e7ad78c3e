//! The standard output: it need not be read to its end.

use std::io::{BufWriter, ErrorKind, Write};

use super::error::CliError;
use super::fold::fold;

/// Where a command writes its report.
pub(crate) struct Output<W: Write> {
    to: BufWriter<W>,
    /// How wide the terminal is that shows it; nothing if it is none.
    columns: Option<usize>,
    /// The reader is gone (`… | head`): what is written from now on is dropped.
    is_closed: bool,
}

impl<W: Write> Output<W> {
    pub(crate) fn new(to: W, columns: Option<usize>) -> Output<W> {
        Output { to: BufWriter::new(to), columns, is_closed: false }
    }

    /// Writes a text for people: a terminal shows its long lines broken between words.
    ///
    /// # Errors
    ///
    /// As for [`Output::write`].
    pub(crate) fn tell(&mut self, text: &str) -> Result<(), CliError> {
        match self.columns {
            Some(columns) => self.write(&fold(text, columns)),
            None => self.write(text),
        }
    }

    /// Writes a text.
    ///
    /// # Errors
    ///
    /// If it cannot be written, but for a reader that has gone.
    pub(crate) fn write(&mut self, text: &str) -> Result<(), CliError> {
        if self.is_closed {
            return Ok(());
        }
        let written = self.to.write_all(text.as_bytes());
        self.judge(written)
    }

    /// Sees to it that everything is written.
    ///
    /// # Errors
    ///
    /// As for [`Output::write`].
    pub(crate) fn finish(&mut self) -> Result<(), CliError> {
        if self.is_closed {
            return Ok(());
        }
        let flushed = self.to.flush();
        self.judge(flushed)
    }

    fn judge(&mut self, written: std::io::Result<()>) -> Result<(), CliError> {
        match written {
            Ok(()) => Ok(()),
            Err(error) => {
                self.is_closed = true;
                match error.kind() == ErrorKind::BrokenPipe {
                    true => Ok(()),
                    false => Err(CliError::Output(error)),
                }
            }
        }
    }
}

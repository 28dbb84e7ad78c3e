//! What is printed, and for whom.

use clap::{Args, ValueEnum};

/// For whom a report is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
    /// For people who want the verdict only
    #[value(skip)]
    Verdict,
}

/// What is printed, and for whom.
#[derive(Args, Clone, Copy, Default, Debug)]
pub(crate) struct PrintArgs {
    /// How to print the report
    #[arg(long, default_value = "text")]
    format: Format,
    /// Print only the verdict, and where a failure is saved
    #[arg(long, short, conflicts_with = "format")]
    pub(crate) quiet: bool,
}

impl PrintArgs {
    /// For whom the report is.
    pub(crate) fn format(self) -> Format {
        if self.quiet { Format::Verdict } else { self.format }
    }
}

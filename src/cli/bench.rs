//! `bench`: the suite itself is measured.

use std::fs;
use std::io::Write;
use std::path::Path;

use active_active::explore::trial;
use active_active::report::Finding;
use active_active::scenario::FileError;
use active_active::scenario::designs::UNSOUND;

use super::args::BenchCommand;
use super::error::CliError;
use super::files::Target;
use super::output::Output;
use super::{Surroundings, bar, detection, files, sound};

mod steps;

/// What encloses the table of `bench region-counts` in a Markdown file.
const MARKS: (&str, &str) = ("<!-- region-counts: begin -->\n", "<!-- region-counts: end -->");

pub(crate) fn execute(
    command: &BenchCommand,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    match command {
        BenchCommand::Detection(args) => detection::execute(args, surroundings, output),
        BenchCommand::Sound(args) => sound::execute(args, surroundings, output),
        BenchCommand::RegionCounts { update: None } => {
            output.write(&region_counts(surroundings)?)?;
            Ok(Finding::Holds)
        }
        BenchCommand::RegionCounts { update: Some(path) } => {
            let text = fs::read_to_string(path).map_err(|error| wrong(path, error.to_string()))?;
            let Some(text) = between_marks(&text, &region_counts(surroundings)?) else {
                let message = format!("write the lines {:?} and {:?} into it", MARKS.0, MARKS.1);
                return Err(wrong(path, message));
            };
            files::replace(path, &text)?;
            output.write(&format!("Wrote the table into {}.\n", path.display()))?;
            Ok(Finding::Holds)
        }
        BenchCommand::Steps { save, force, against } => {
            let save = save.as_deref().map(|path| Target::new(path, *force)).transpose()?;
            steps::execute(save.as_ref(), against.as_deref(), surroundings, output)
        }
    }
}

fn region_counts(surroundings: &Surroundings) -> Result<String, FileError> {
    let bar = bar::counted(UNSOUND.len(), surroundings.shows_progress);
    let table = trial::table(|| bar.inc(1));
    bar.finish_and_clear();
    table
}

/// That there is something wrong with a file that is not a scenario.
fn wrong(path: &Path, message: String) -> CliError {
    let origin = path.display().to_string();
    CliError::Input(FileError { origin, line: None, key: None, message })
}

/// The text with the table between its marks, if it has them.
fn between_marks(text: &str, table: &str) -> Option<String> {
    let start = text.find(MARKS.0)? + MARKS.0.len();
    let end = start + text[start..].find(MARKS.1)?;
    Some(format!("{}{table}{}", &text[..start], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_replaced_between_its_marks() {
        let text = format!("before\n{}old\n{}\nafter\n", MARKS.0, MARKS.1);
        let new = format!("before\n{}new\n{}\nafter\n", MARKS.0, MARKS.1);
        assert_eq!(between_marks(&text, "new\n"), Some(new));
        assert_eq!(between_marks("no marks", "new\n"), None);
    }
}

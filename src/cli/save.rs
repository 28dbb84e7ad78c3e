//! Saving a run that violates the spec.

use std::path::Path;

use active_active::report::SavedAs;
use active_active::saved::{Expected, SavedRun};

use super::error::CliError;
use super::files;

/// Saves a run in the directory. `suffix` tells it from other runs of the scenario.
///
/// # Errors
///
/// If the file cannot be written.
pub(crate) fn run(saved: &SavedRun, directory: &Path, suffix: &str) -> Result<SavedAs, CliError> {
    let shows = match saved.expected() {
        Expected::Holds => "holds",
        Expected::Violated { property, .. } => property.name(),
    };
    let name = format!("{}-{shows}-{suffix}", saved.plan().scenario().name);
    files::save(directory, &name, &saved.to_text()).map(|path| saved_as(&path))
}

/// Where a run was saved, and how to see it again.
pub(crate) fn saved_as(path: &Path) -> SavedAs {
    let file = path.display().to_string();
    let replay_command = format!("active-active replay {}", quoted(&file));
    SavedAs { file, replay_command }
}

/// The text as one word of a shell command.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,=".contains(c);
    let is_option = text.starts_with('-');
    match (text.chars().all(is_plain), is_option) {
        (true, false) => text.to_owned(),
        (true, true) => format!("./{text}"),
        (false, false) => format!("'{}'", text.replace('\'', r"'\''")),
        (false, true) => format!("'./{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_path_is_one_word_of_a_command() {
        assert_eq!(quoted("failures/a-1.toml"), "failures/a-1.toml");
        assert_eq!(quoted("my failures/a.toml"), "'my failures/a.toml'");
        assert_eq!(quoted("it's/a.toml"), r"'it'\''s/a.toml'");
        assert_eq!(quoted("-x/a.toml"), "./-x/a.toml");
    }
}

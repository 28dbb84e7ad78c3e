//! `list`: the built-in scenarios.

use std::io::Write;

use active_active::report::{Finding, Palette, json};
use active_active::scenario::Scenario;
use active_active::scenario::builtin::{self, Group};
use serde::Serialize;

use super::args::{Format, ListArgs};
use super::error::CliError;
use super::output::Output;

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    group: Group,
    about: String,
}

pub(crate) fn execute(
    args: ListArgs,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let mut entries = Vec::new();
    for (name, text) in builtin::every() {
        let (group, about) = (Group::of(name), Scenario::parse(text)?.about);
        entries.push(Entry { name, group, about });
    }
    match args.format {
        Format::Json => output.write(&json::document(&entries))?,
        Format::Text => output.tell(&table(&entries))?,
    }
    Ok(Finding::Holds)
}

fn table(entries: &[Entry]) -> String {
    let style = Palette::COLOURS.strong;
    let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    let line =
        |entry: &Entry| format!("  {style}{:<width$}{style:#}  {}\n", entry.name, entry.about);
    let groups = Group::ALL.into_iter().map(|group| {
        let lines = entries.iter().filter(|entry| entry.group == group).map(line);
        format!("{}\n{}", group.title(), lines.collect::<String>())
    });
    groups.collect::<Vec<String>>().join("\n")
}

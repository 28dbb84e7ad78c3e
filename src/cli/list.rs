//! `list`: the built-in scenarios, and the components of a system.

use std::io::Write;

use active_active::report::{Finding, Palette, json};
use active_active::scenario::Scenario;
use active_active::scenario::builtin::{self, Group};
use serde::Serialize;

use super::args::{ListArgs, ScenarioArgs};
use super::error::CliError;
use super::input;
use super::output::Output;
use super::print::Format;

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    group: Group,
    about: String,
}

#[derive(Serialize)]
struct Component<'a> {
    name: &'a str,
    kind: &'static str,
}

pub(crate) fn execute(
    args: &ListArgs,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    match &args.components {
        Some(scenario) => components(scenario, args, output),
        None => scenarios(args.format, output),
    }
}

/// What the script and the budget of the scenario can name.
fn components(
    scenario: &str,
    args: &ListArgs,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let plan = input::plan(&ScenarioArgs {
        scenario: scenario.to_owned(),
        overrides: args.overrides.clone(),
    })?;
    let layout = &plan.layout;
    let components: Vec<Component<'_>> = layout
        .places()
        .iter()
        .zip(layout.names())
        .map(|(place, name)| Component { name, kind: place.kind().name() })
        .collect();
    match args.format {
        Format::Json => output.write(&json::document(&components))?,
        Format::Text | Format::Verdict => output.tell(&by_kind(&components))?,
    }
    Ok(Finding::Holds)
}

fn by_kind(components: &[Component<'_>]) -> String {
    let style = Palette::COLOURS.strong;
    let of_kind = components.chunk_by(|one, other| one.kind == other.kind);
    let lines = of_kind.map(|group| {
        let names: String = group.iter().map(|one| format!("  {}\n", one.name)).collect();
        format!("{style}{}{style:#}\n{names}", group[0].kind)
    });
    lines.collect::<Vec<String>>().join("\n")
}

fn scenarios(format: Format, output: &mut Output<impl Write>) -> Result<Finding, CliError> {
    let mut entries = Vec::new();
    for (name, text) in builtin::every() {
        let (group, about) = (Group::of(name), Scenario::parse(text)?.about);
        entries.push(Entry { name, group, about });
    }
    match format {
        Format::Json => output.write(&json::document(&entries))?,
        Format::Text | Format::Verdict => output.tell(&table(&entries))?,
    }
    Ok(Finding::Holds)
}

fn table(entries: &[Entry]) -> String {
    let style = Palette::COLOURS.strong;
    let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    let line =
        |entry: &Entry| format!("  {style}{:<width$}{style:#}  {}\n", entry.name, entry.about);
    let groups = Group::ALL.iter().copied().map(|group| {
        let lines = entries.iter().filter(|entry| entry.group == group).map(line);
        format!("{}\n{}", group.title(), lines.collect::<String>())
    });
    groups.collect::<Vec<String>>().join("\n")
}

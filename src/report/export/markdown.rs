//! A summary for a pull request or a wiki.

use std::fmt::Write;

use crate::report::facts::except;
use crate::report::html::Command;
use crate::report::palette::Palette;
use crate::report::recording::Recording;
use crate::report::run::RunSummary;
use crate::report::sequence::Sequence;
use crate::report::summary::Finding;
use crate::report::sweep::{Status, SweepSummary};
use crate::report::text::{about, evidence, vacuous};
use crate::words::{count, plural};

/// The verdict, the violation with its diagram, every property, what was never reached, and how to
/// see it again, in GitHub-flavoured Markdown.
///
/// Source: <https://github.github.com/gfm/>; GitHub draws the Mermaid block.
pub fn markdown(
    recording: &Recording,
    run: &RunSummary,
    sweep: &SweepSummary,
    commands: &[Command],
) -> String {
    let mut text = format!("## active-active: {}\n\n", plain(&sweep.scenario.name));
    if !sweep.scenario.about.is_empty() {
        let _ = writeln!(text, "{}\n", plain(&sweep.scenario.about));
    }
    text += &verdict(sweep, run);
    text += &facts(sweep);
    if run.verdict == Finding::Violated {
        let sequence = Sequence::of(recording);
        let small = plural(run.scenario.records as u64, "record", "records");
        let stages = plural(run.scenario.stages as u64, "stage", "stages");
        let title =
            format!("{}, in the smallest run that was found ({small}, {stages})", sequence.title);
        let _ = writeln!(text, "{}:\n", plain(&title));
        let _ = writeln!(text, "```mermaid\n{}```\n", sequence.to_mermaid());
    }
    text += &properties(sweep);
    text += &never(sweep);
    if !commands.is_empty() {
        text += "```sh\n";
        for command in commands {
            let _ = writeln!(text, "# {}\n{}", command.purpose, command.line);
        }
        text += "```\n";
    }
    text
}

/// What is said of a violation is said of the run that the diagram shows.
fn verdict(sweep: &SweepSummary, run: &RunSummary) -> String {
    let runs = plural(sweep.runs, "schedule", "schedules");
    match (run.violation.as_ref().or(sweep.violation.as_ref()), sweep.verdict) {
        (Some(violation), _) => {
            let mut text = format!(
                "**VIOLATED: {}.** {}.\n\n> {}\n\n",
                plain(violation.property),
                plain(&violation.what),
                plain(violation.statement)
            );
            violation.because.iter().for_each(|reason| text += &format!("* {}\n", plain(reason)));
            text + "\n"
        }
        (None, Finding::Holds) => {
            let evidence = evidence(sweep).replace('\n', " ");
            let except = plain(&except(sweep.facts.as_ref()));
            format!("**HOLDS{except}.** No violation in {runs}. {}\n\n", plain(&evidence))
        }
        (None, Finding::Vacuous) => {
            format!("{}.\n\n", plain(&vacuous(sweep.vacuous_because.as_deref(), &Palette::PLAIN)))
                .replacen("VACUOUS", "**VACUOUS**", 1)
        }
        (None, Finding::Violated | Finding::Inconclusive) => {
            let because = plain(sweep.inconclusive_because.as_deref().unwrap_or_default());
            format!("**INCONCLUSIVE**: {because}. No violation was found.\n\n")
        }
    }
}

/// What the verdict is about.
fn facts(sweep: &SweepSummary) -> String {
    let lines = about(sweep, ("schedule", "schedules"), &Palette::PLAIN);
    let items = lines.iter().map(|line| format!("* {}\n", plain(line.trim())));
    let items: String = items.collect();
    if items.is_empty() { items } else { items + "\n" }
}

fn properties(sweep: &SweepSummary) -> String {
    let mut text = "| property | verdict | what it says |\n|---|---|---|\n".to_owned();
    for property in &sweep.properties {
        let word = match property.status {
            Status::Violated => "**VIOLATED**",
            status @ (Status::Holds
            | Status::HeldSoFar
            | Status::NotApplicable
            | Status::NotJudged
            | Status::Vacuous) => status.text(),
        };
        let said = plain(&property.claim());
        let _ = writeln!(text, "| `{}` | {word} | {said} |", property.name);
    }
    text + "\n"
}

fn never(sweep: &SweepSummary) -> String {
    let never: Vec<String> = sweep
        .reached
        .iter()
        .filter(|one| one.is_possible && one.runs == 0)
        .map(|one| format!("* {}\n", plain(one.text)))
        .collect();
    let steps = count(sweep.steps);
    let kinds = plural(sweep.pairs_reached as u64, "kind", "kinds");
    match never.is_empty() {
        true => format!(
            "Everything that the scenario can reach was reached: {steps} steps of {kinds}.\n\n"
        ),
        false => format!("Never reached, in {steps} steps of {kinds}:\n\n{}\n", never.concat()),
    }
}

/// The text without what Markdown, or HTML inside of it, would read as markup.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => plain.extend(['\\', letter]),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            letter if letter.is_control() => plain.push(' '),
            letter => plain.push(letter),
        }
    }
    plain
}

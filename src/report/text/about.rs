//! What a verdict is about, in the lines that come first: how far the records came, what struck, what needed
//! an operator, what was lost.

use crate::report::facts::FactsSummary;
use crate::report::palette::{Palette, paint};
use crate::report::summary::{LossSummary, OperatorSummary};
use crate::report::sweep::SweepSummary;
use crate::scenario::LossLimit;
use crate::spec::explain::numbers;
use crate::words::{count, plural};

/// What the verdict of a sweep is about. `runs` is what a run is called, one and several.
pub(in crate::report) fn about(
    summary: &SweepSummary,
    runs: (&str, &str),
    palette: &Palette,
) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(came(summary.facts.as_ref(), summary.scenario.records, runs));
    lines.extend(conditions(summary, runs, palette));
    if let Some(lost) = &summary.largest_loss {
        lines.extend(most_lost(summary.runs_with_loss, lost, runs, palette));
    }
    lines
}

/// Without what a verdict says less than it seems to: the faults that never struck, and the operator who was needed.
pub(super) fn conditions(
    summary: &SweepSummary,
    runs: (&str, &str),
    palette: &Palette,
) -> Vec<String> {
    let never = never_struck(&summary.never_struck, palette);
    let needed = summary.operator.as_ref().map(|first| operator(summary, first, runs, palette));
    never.into_iter().chain(needed).collect()
}

/// How far the records came.
pub(in crate::report) fn came(
    facts: Option<&FactsSummary>,
    records: usize,
    runs: (&str, &str),
) -> Option<String> {
    facts.map(|facts| facts.text(records, runs))
}

/// Which faults a verdict says nothing of.
pub(in crate::report) fn never_struck(names: &[String], palette: &Palette) -> Option<String> {
    let word = paint(palette.loud, "NEVER STRUCK");
    let they = if names.len() == 1 { "it does" } else { "they do" };
    let all = names.join(", ");
    (!names.is_empty()).then(|| format!("{word}: {all}; no run shows what {they}."))
}

/// In how many runs a healing had to bring back what nothing else would have.
fn operator(
    summary: &SweepSummary,
    first: &OperatorSummary,
    (one, many): (&str, &str),
    palette: &Palette,
) -> String {
    let needed = paint(palette.strong, "Needed an operator");
    let (with, all) = (count(summary.runs_with_operator), plural(summary.runs, one, many));
    let run = first.run.map_or_else(String::new, |run| format!(" (run {})", count(run)));
    format!("{needed} in {with} of {all}: {}{run}.", first.what)
}

/// What the run has lost that lost most.
fn most_lost(
    runs: u64,
    lost: &LossSummary,
    (one, many): (&str, &str),
    palette: &Palette,
) -> Vec<String> {
    let word = paint(palette.loud, "Lost for good");
    let place = lost.run.map_or_else(String::new, |run| format!(" (in run {})", count(run)));
    let mut lines = vec![format!(
        "{word}, of what was acknowledged, in {}: at most {}{place}, {}:",
        plural(runs, one, many),
        plural(lost.records as u64, "record", "records"),
        declared(lost.rpo_records)
    )];
    lines.extend(losses(lost));
    lines
}

/// What a run has lost.
pub(super) fn lost_in_run(lost: &LossSummary, palette: &Palette) -> Vec<String> {
    let word = paint(palette.loud, "Lost for good");
    let records = plural(lost.records as u64, "record", "records");
    let mut lines = vec![format!("{word}: {records}, {}:", declared(lost.rpo_records))];
    lines.extend(losses(lost));
    lines
}

fn declared(rpo_records: LossLimit) -> String {
    match rpo_records {
        LossLimit::AtMost(0) => "where the scenario declares none".to_owned(),
        LossLimit::AtMost(allowed) => format!("where the scenario declares {allowed}"),
        LossLimit::Unlimited => "where the scenario declares any number".to_owned(),
    }
}

fn losses(lost: &LossSummary) -> Vec<String> {
    let mut lines = Vec::new();
    if !lost.undelivered.is_empty() {
        let of = numbers(&lost.undelivered);
        lines.push(format!("  {of}: accepted, in no queue any more, not delivered"));
    }
    if !lost.restorable.is_empty() {
        let of = numbers(&lost.restorable);
        lines.push(format!("    of these, rows are left of {of}: they can be published again"));
    }
    if !lost.unreplicated.is_empty() {
        let of = numbers(&lost.unreplicated);
        lines.push(format!("  {of}: a row was not replicated when its table was lost"));
    }
    if !lost.cut_off.is_empty() {
        let of = numbers(&lost.cut_off);
        lines.push(format!(
            "  {of}: in no queue any more that leads to a stage where it is not stored"
        ));
    }
    if !lost.uncalled.is_empty() {
        let of = numbers(&lost.uncalled);
        lines.push(format!(
            "  {of}: the message is gone from which the external service was yet to be called"
        ));
    }
    lines
}

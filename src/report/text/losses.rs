//! What was lost for good, in words.

use crate::report::palette::{Palette, paint};
use crate::report::summary::LossSummary;
use crate::report::text::plural;
use crate::scenario::LossLimit;
use crate::spec::explain::numbers;

/// What the run has lost that lost most.
pub(in crate::report) fn most_lost(
    runs: u64,
    lost: &LossSummary,
    palette: &Palette,
) -> Vec<String> {
    let heading = paint(palette.strong, "Lost for good, of what was acknowledged");
    let place = lost.run.map_or_else(String::new, |run| format!(" (in run {run})"));
    let mut lines = vec![
        heading,
        format!(
            "  {}; at most {}{place}, {}:",
            plural(runs, "run lost something", "runs lost something"),
            plural(lost.records as u64, "record", "records"),
            declared(lost.rpo_records)
        ),
    ];
    lines.extend(losses(lost));
    lines.push(String::new());
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
    lines
}

//! The detection table as Markdown.

use std::fmt::Write;

use active_active::explore::Strategy;
use active_active::words::count;

use super::cell::{Cell, Detection, Effort, Subject};

/// Why a strategy does not always find a design: the design or the scenario, the strategies, the
/// reason.
const REASONS: &[(&str, &[&str], &str)] = &[
    (
        "needle",
        &["random"],
        "two crashes, a lost reply and a visibility timeout must strike one record at one stage in a \
         row, with restarts in between; this strategy chooses each fault uniformly among all that are \
         offered, at a rate drawn once for a run, so that the four concern the same stage and record in \
         fewer than one of 100,000 runs. The others draw the moments of all faults together: all that \
         there can be in half of the runs, close to each other in most, and around one stage in half.",
    ),
    (
        "needle",
        &["pct", "pos", "delay"],
        "they find it, in more runs than the budget in some trials: runs are independent. What a consumer held that \
         has crashed comes back when its visibility timeout is over and nothing else waits for the queue, so the four \
         failures of one record are far apart.",
    ),
    (
        "needle",
        &["feedback", "portfolio"],
        "they find it, in more runs than the budget in some trials. The learning strategy takes a run for new \
         long before it has all four faults in the right order, and spends runs on changing those; the \
         portfolio gives half of its runs to that, and a twelfth to each of the others.",
    ),
];

/// The table, with the command that makes it.
pub(crate) fn markdown(detection: &Detection, rows: &[(Subject, Vec<Cell>)]) -> String {
    let Detection { trials, budget, threads: _ } = *detection;
    let mut text = format!(
        "# How many schedules each strategy needs\n\n\
         Every design that is known to be wrong, under every strategy: the median number of \
         schedules to the\nfirst violation over {trials} trials (seeds 1 to {trials}) of at most \
         {} schedules. A trial that found nothing\ncounts as more than that; `n/{trials}` says in \
         how many trials it was found where that is not all of them.\n\n```sh\ncargo run --release \
         --manifest-path bench/Cargo.toml -- \\\n    detection --trials {trials} --budget {budget} --out docs/detection.md --force\n```\n\n\
         The numbers are a function of the code alone: neither the machine nor the number of \
         threads changes them.\n\n## Schedules\n\n",
        count(budget)
    );
    let schedules = |effort: &Effort| effort.schedules;
    let steps = |effort: &Effort| effort.steps;
    table(&mut text, rows, &schedules, &format!("> {}", count(budget)));
    text.push_str("\n## Steps\n\nThe same trials, counted in steps: a strategy could need fewer, longer runs.\n\n");
    table(&mut text, rows, &steps, "–");
    missed(&mut text, rows);
    text
}

/// One table, its last lines about all rows together.
fn table(
    text: &mut String,
    rows: &[(Subject, Vec<Cell>)],
    of: &dyn Fn(&Effort) -> u64,
    never: &str,
) {
    let Some((_, first)) = rows.first() else { return };
    text.push_str("| design | scenario |");
    first.iter().for_each(|cell| write!(text, " {} |", cell.strategy).expect("a string grows"));
    text.push_str("\n|---|---|");
    first.iter().for_each(|_| text.push_str("--:|"));
    text.push('\n');
    for (subject, cells) in rows {
        write!(text, "| {} | {} |", code(subject.design), subject.scenario)
            .expect("a string grows");
        for cell in cells {
            let median = cell.median(of).map_or_else(|| never.to_owned(), count);
            write!(text, " {median}{} |", found(cell)).expect("a string grows");
        }
        text.push('\n');
    }
    text.push_str("| **found in every trial** | of all designs |");
    for column in 0..first.len() {
        let always = rows.iter().filter(|(_, cells)| cells[column].is_always_found()).count();
        write!(text, " {always}/{} |", rows.len()).expect("a string grows");
    }
    text.push_str("\n| **mean** | geometric, of the medians there are |");
    for column in 0..first.len() {
        let medians: Vec<u64> =
            rows.iter().filter_map(|(_, cells)| cells[column].median(of)).collect();
        let logarithms: f64 = medians.iter().map(|&median| (median as f64).ln()).sum();
        let mean = (logarithms / medians.len().max(1) as f64).exp();
        write!(text, " {mean:.1} |").expect("a string grows");
    }
    text.push('\n');
}

fn code(design: &str) -> String {
    match design {
        "" => "(the scenario itself)".to_owned(),
        design => format!("`{design}`"),
    }
}

fn found(cell: &Cell) -> String {
    match cell.is_always_found() {
        true => String::new(),
        false => format!(" ({}/{})", cell.found.len(), cell.trials),
    }
}

/// Why some cells are not found in every trial.
fn missed(text: &mut String, rows: &[(Subject, Vec<Cell>)]) {
    let mut missed = String::new();
    for (subject, cells) in rows {
        let late: Vec<Strategy> =
            cells.iter().filter(|cell| !cell.is_always_found()).map(|cell| cell.strategy).collect();
        for (reason, strategies) in by_reason(subject, &late) {
            let names = strategies.join(", ");
            let design = if subject.design.is_empty() {
                subject.scenario.clone()
            } else {
                format!("{}, {}", code(subject.design), subject.scenario)
            };
            writeln!(missed, "* {design}; {names}: {reason}").expect("a string grows");
        }
    }
    if !missed.is_empty() {
        text.push_str("\n## What is not found in every trial, and why\n\n");
        text.push_str(&missed);
    }
}

/// The strategies that missed it, by reason.
fn by_reason(subject: &Subject, late: &[Strategy]) -> Vec<(&'static str, Vec<String>)> {
    let mut reasons: Vec<(&'static str, Vec<String>)> = Vec::new();
    for strategy in late {
        let fits = |(what, names, _): &&(&str, &[&str], &str)| {
            let is_it = *what == subject.design || *what == subject.scenario;
            is_it && names.contains(&strategy.name())
        };
        let reason = REASONS.iter().find(fits).map_or("not understood yet.", |(_, _, why)| why);
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(strategy.to_string()),
            None => reasons.push((reason, vec![strategy.to_string()])),
        }
    }
    reasons
}

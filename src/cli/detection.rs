//! `bench detection`: measures search strategies.

use std::io::Write;
use std::sync::Arc;

use active_active::explore::Progress;
use active_active::explore::Strategy;
use active_active::explore::detection::{Cell, Detection, Subject, subjects};
use active_active::report::Finding;
use active_active::report::detection::markdown;

use super::args::DetectionArgs;
use super::error::CliError;
use super::files::Target;
use super::output::Output;
use super::{Surroundings, bar, interrupt};

pub(crate) fn execute(
    args: &DetectionArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let target = Target::of(args.out.as_deref(), args.force)?;
    let detection = Detection {
        trials: args.trials,
        budget: args.budget,
        threads: args.threads.map_or(surroundings.threads, usize::from),
    };
    let progress = Arc::new(Progress::default());
    let stopped = Arc::clone(&progress);
    interrupt::on_interrupt(move || stopped.stop());
    let wanted = |subject: &Subject| {
        let only = args.only.as_deref().unwrap_or_default();
        subject.design.contains(only) || subject.scenario.contains(only)
    };
    let subjects: Vec<Subject> = subjects()?.into_iter().filter(wanted).collect();
    if subjects.is_empty() {
        return Err(CliError::NoDesign { only: args.only.clone().unwrap_or_default() });
    }
    let mut rows = Vec::new();
    let bar = bar::counted(subjects.len() * Strategy::ALL.len(), surroundings.shows_progress);
    for subject in subjects {
        let mut cells: Vec<Cell> = Vec::new();
        for strategy in Strategy::ALL {
            bar.set_message(format!("{strategy}: {} {}", subject.scenario, subject.design));
            cells.push(detection.cell(&subject, strategy, &progress));
            if progress.is_stopped() {
                bar.finish_and_clear();
                output
                    .write("INTERRUPTED: a table of a part would mislead, so there is none.\n")?;
                return Ok(Finding::Inconclusive);
            }
            bar.inc(1);
        }
        rows.push((subject, cells));
    }
    bar.finish_and_clear();
    let table = markdown(&detection, &rows);
    target.write(&table, ".", output)?;
    Ok(Finding::Holds)
}

//! `detection`: measures search strategies.

use active_active::explore::{Progress, Strategy};

use crate::args::DetectionArgs;
use crate::files::Target;
use crate::{Done, Error, Finding, interrupt, show, threads};

mod cell;
mod table;

use cell::{Cell, Detection, Subject, subjects};

pub(crate) fn execute(args: &DetectionArgs) -> Result<Done, Error> {
    let target = args.out.as_deref().map(|path| Target::new(path, args.force)).transpose()?;
    let detection =
        Detection { trials: args.trials, budget: args.budget, threads: threads(args.threads) };
    let only = args.only.as_deref().unwrap_or_default();
    let wanted =
        |subject: &Subject| subject.design.contains(only) || subject.scenario.contains(only);
    let subjects: Vec<Subject> = subjects()?.into_iter().filter(wanted).collect();
    if subjects.is_empty() {
        return Err(Error::NoDesign(only.to_owned()));
    }
    let progress = interrupt::progress();
    let Some(rows) = rows(&detection, subjects, &progress) else {
        let text = "INTERRUPTED: a table of a part would mislead, so there is none.\n".to_owned();
        return Ok(Done { text, finding: Finding::Inconclusive });
    };
    let table = table::markdown(&detection, &rows);
    let text = match target {
        Some(target) => target.write(&table)?,
        None => table,
    };
    Ok(Done { text, finding: Finding::Holds })
}

/// A row for each subject; nothing once it is interrupted.
fn rows(
    detection: &Detection,
    subjects: Vec<Subject>,
    progress: &Progress,
) -> Option<Vec<(Subject, Vec<Cell>)>> {
    let count = subjects.len();
    let mut rows = Vec::new();
    for (index, subject) in subjects.into_iter().enumerate() {
        show(index, count, &format!("{} {}", subject.scenario, subject.design));
        let mut cells = Vec::new();
        for &strategy in Strategy::ALL {
            cells.push(detection.cell(&subject, strategy, progress));
            if progress.is_stopped() {
                return None;
            }
        }
        rows.push((subject, cells));
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(threads: u16) -> String {
        let only = Some("publish,store,remove".to_owned());
        let threads = Some(threads);
        let args = DetectionArgs { trials: 3, budget: 30, only, out: None, force: false, threads };
        execute(&args).expect("there is such a design").text
    }

    #[test]
    fn a_table_has_every_strategy_and_is_reproducible() {
        let row = "| `container.steps=publish,store,remove` | crash-anywhere | 1 | 1 | 1 | 1 | 1 \
                   | 1 | 1 |";
        let text = table(1);
        assert!(text.contains(row), "{text}");
        assert_eq!(table(3), text);
    }

    #[test]
    fn a_design_that_is_not_there_is_refused() {
        let only = Some("nothing-of-that-name".to_owned());
        let args =
            DetectionArgs { trials: 1, budget: 1, only, out: None, force: false, threads: None };
        assert!(matches!(execute(&args), Err(Error::NoDesign(_))));
    }
}

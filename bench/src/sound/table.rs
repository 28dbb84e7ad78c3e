//! The table of what is sound and was searched for false alarms, as Markdown.

use std::fmt::Write;

use active_active::explore::SweepReport;
use active_active::plan::Plan;
use active_active::words::count;

use super::subject::Subject;

/// A row: what was searched, and what each scheduler showed, in the order of the columns.
pub(crate) type Row = (Subject, Vec<SweepReport>);

/// The table; a cell has the steps of a sweep that holds, and else what it shows.
pub(crate) fn markdown(runs: u64, seed: u64, schedulers: &[String], rows: &[Row]) -> String {
    let mut text = String::from("| sound design | scenario |");
    let mut add = |arguments: std::fmt::Arguments<'_>| {
        text.write_fmt(arguments).expect("a string grows");
    };
    schedulers.iter().for_each(|name| add(format_args!(" {name} |")));
    add(format_args!("\n|---|---|"));
    schedulers.iter().for_each(|_| add(format_args!("--:|")));
    for (subject, reports) in rows {
        let design = match subject.design {
            "" => "(as it is)".to_owned(),
            design => format!("`{design}`"),
        };
        add(format_args!("\n| {design} | {} |", subject.scenario));
        reports
            .iter()
            .for_each(|report| add(format_args!(" {} |", cell(report, runs, &subject.plan))));
    }
    let reports = || rows.iter().flat_map(|(_, reports)| reports);
    let sum = |of: fn(&SweepReport) -> u64| reports().map(of).sum::<u64>();
    let accused = reports().filter(|report| report.violation.is_some()).count() as u64;
    add(format_args!(
        "\n\nEach cell: {} runs of seed {seed}, and how many steps they took. In all {} runs and {} \
         steps; {} sweeps accuse a sound design, {} runs are inconclusive.\n",
        count(runs),
        count(sum(|report| report.runs)),
        count(sum(|report| report.steps)),
        count(accused),
        count(sum(|report| report.inconclusive)),
    ));
    text
}

fn cell(report: &SweepReport, runs: u64, plan: &Plan) -> String {
    let steps = count(report.steps);
    match &report.violation {
        Some((run, violation)) => format!("**{} in run {run}**", violation.property()),
        None if report.interrupted || report.runs < runs => {
            format!("inconclusive: {} runs, {steps}", count(report.runs))
        }
        None if report.inconclusive > 0 => {
            format!("inconclusive: {} runs cut short", count(report.inconclusive))
        }
        None if report.evidence.vacuous(plan).is_some() => "vacuous".to_owned(),
        None => steps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::subject::subjects;

    #[test]
    fn what_is_not_judged_is_not_said_to_hold() {
        let subject = subjects().expect("the rows are right").remove(0);
        let cell = |report: &SweepReport| cell(report, 10, &subject.plan);
        let whole = SweepReport { runs: 10, steps: 1_234, ..SweepReport::default() };
        assert_eq!(cell(&whole), "1,234");
        let cut = SweepReport { inconclusive: 3, ..whole.clone() };
        assert_eq!(cell(&cut), "inconclusive: 3 runs cut short");
        let interrupted = SweepReport { runs: 4, interrupted: true, ..whole.clone() };
        assert_eq!(cell(&interrupted), "inconclusive: 4 runs, 1,234");
        let table = markdown(10, 1, &["random".to_owned()], &[(subject, vec![cut])]);
        assert!(table.contains("| (as it is) | baseline | inconclusive: 3 runs cut short |"));
        assert!(table.contains("0 sweeps accuse a sound design, 3 runs are inconclusive"));
    }
}

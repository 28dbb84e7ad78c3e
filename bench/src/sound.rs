//! `sound`: is a sound design reported as wrong?

use std::path::PathBuf;
use std::sync::Arc;

use active_active::explore::{
    Choices, Minimiser, Outcome, Progress, Runner, Strategy, Sweep, SweepReport, Watch,
};
use active_active::plan::Plan;
use active_active::saved::SavedRun;
use active_active::scheduler::Timed;

use crate::args::SoundArgs;
use crate::files::{self, Target};
use crate::{Done, Error, Finding, interrupt, show, threads};

mod subject;
mod table;

use subject::{Subject, subjects};
use table::{Row, markdown};

pub(crate) fn execute(args: &SoundArgs) -> Result<Done, Error> {
    files::check_directory(&args.out)?;
    let only = args.only.as_deref().unwrap_or_default();
    let wanted =
        |subject: &Subject| subject.design.contains(only) || subject.scenario.contains(only);
    let subjects: Vec<Subject> = subjects()?.into_iter().filter(wanted).collect();
    if subjects.is_empty() {
        return Err(Error::NoDesign(only.to_owned()));
    }
    let (runs, seed, out) = (args.runs, args.seed, args.out.clone());
    Survey { runs, seed, threads: threads(args.threads), out }.of(subjects)
}

/// How much is searched.
struct Survey {
    runs: u64,
    seed: u64,
    threads: usize,
    /// The directory for saved failures.
    out: PathBuf,
}

/// What a column of the table is about.
#[derive(Clone, Copy)]
enum Column {
    Search(Strategy),
    /// Virtual time.
    Timed,
}

impl Column {
    fn all() -> impl Iterator<Item = Column> {
        Strategy::ALL.iter().copied().map(Column::Search).chain([Column::Timed])
    }

    fn name(self) -> String {
        match self {
            Column::Search(strategy) => strategy.to_string(),
            Column::Timed => "timed".to_owned(),
        }
    }

    fn sweep(self, sweep: &Sweep, seed: u64, progress: &Progress) -> SweepReport {
        match self {
            Column::Search(strategy) => {
                let prepared = strategy.prepare(&sweep.plan, seed);
                sweep.run(|| prepared.scheduler(), progress)
            }
            Column::Timed => sweep.run(|| Timed::new(seed), progress),
        }
    }

    /// One of the runs of a sweep, with its choices.
    fn run(self, plan: &Arc<Plan>, seed: u64, run: u64) -> (Outcome, Choices) {
        let (mut choices, mut runner) = (Choices::default(), Runner::new(Arc::clone(plan)));
        let outcome = match self {
            Column::Search(strategy) => {
                let mut scheduler = strategy.prepare(plan, seed).scheduler();
                runner.run(&mut scheduler, run, &mut choices)
            }
            Column::Timed => runner.run(&mut Timed::new(seed), run, &mut choices),
        };
        (outcome, choices)
    }
}

impl Survey {
    fn of(&self, subjects: Vec<Subject>) -> Result<Done, Error> {
        let progress = interrupt::progress();
        let rows = self.rows(subjects, &progress);
        let names: Vec<String> = Column::all().map(Column::name).collect();
        let mut text = markdown(self.runs, self.seed, &names, &rows);
        let mut finding = Finding::Holds;
        for (subject, reports) in &rows {
            for (column, report) in Column::all().zip(reports) {
                let is_whole = report.runs == self.runs && report.inconclusive == 0;
                if report.violation.is_some() {
                    finding = Finding::Violated;
                    text.push_str(&self.save(subject, column, report)?);
                } else if finding == Finding::Holds
                    && (!is_whole || report.evidence.vacuous(&subject.plan).is_some())
                {
                    finding = Finding::Inconclusive;
                }
            }
        }
        if progress.is_stopped() && finding == Finding::Holds {
            finding = Finding::Inconclusive;
        }
        Ok(Done { text, finding })
    }

    /// A row for each subject, until it is interrupted.
    fn rows(&self, subjects: Vec<Subject>, progress: &Progress) -> Vec<Row> {
        let count = subjects.len();
        let row = |(index, subject): (usize, Subject)| {
            show(index, count, &format!("{} {}", subject.scenario, subject.design));
            let (plan, threads) = (Arc::clone(&subject.plan), self.threads);
            let sweep = Sweep { plan, runs: self.runs, threads, steps_max: u64::MAX };
            let report = |column: Column| match progress.is_stopped() {
                true => SweepReport { interrupted: true, ..SweepReport::default() },
                false => column.sweep(&sweep, self.seed, progress),
            };
            let reports = Column::all().map(report).collect();
            (subject, reports)
        };
        subjects.into_iter().enumerate().map(row).collect()
    }

    /// Makes the run that violates the spec again, saves the smallest one that does, and says how to see it.
    fn save(
        &self,
        subject: &Subject,
        column: Column,
        report: &SweepReport,
    ) -> Result<String, Error> {
        let Some((run, violation)) = &report.violation else { return Ok(String::new()) };
        let (outcome, choices) = column.run(&subject.plan, self.seed, *run);
        let mut saved = SavedRun::new(&subject.plan, &choices.taken, &outcome)
            .expect("a run that violates the spec was not cut short");
        if let Some(minimal) = Minimiser::default().minimise(&saved, &Watch::default()) {
            saved = minimal.saved;
        }
        let (scenario, name) = (&subject.scenario, column.name());
        // A colon is not a character for file names everywhere.
        let of_column = name.replace(':', "");
        let file = format!(
            "{scenario}-{}-{of_column}-seed{}-run{run}.toml",
            violation.property(),
            self.seed
        );
        let path = self.out.join(file);
        std::fs::create_dir_all(&self.out).map_err(|error| Error::file(&self.out, error))?;
        Target::new(&path, true)?.write(&saved.to_text())?;
        Ok(format!(
            "\n{scenario} {}, {name}, run {run}: {violation}\n  Replay  active-active replay '{}'\n",
            subject.design,
            path.display()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A survey of one design, with a directory of its own: what it finds and what it prints.
    fn survey(design: &'static str, runs: u64) -> (Finding, String) {
        let directory = tempfile::tempdir().expect("there is room for a directory");
        let plan = Plan::with_changes("crash-anywhere", &[design]).expect("it is a design");
        let scenario = plan.scenario().name.clone();
        let subject = Subject { design, scenario, plan: Arc::new(plan) };
        let survey = Survey { runs, seed: 1, threads: 2, out: directory.path().to_owned() };
        let done = survey.of(vec![subject]).expect("it can write");
        let saved = directory.path().read_dir().expect("it is there").count();
        assert_eq!(saved > 0, done.finding == Finding::Violated, "failures are saved");
        (done.finding, done.text)
    }

    #[test]
    fn what_holds_is_not_accused() {
        let (finding, table) = survey("container.on_duplicate=forward-again", 20);
        assert_eq!(finding, Finding::Holds, "{table}");
        assert!(table.contains("0 sweeps accuse a sound design, 0 runs are inconclusive"));
        assert!(table.lines().next().is_some_and(|head| head.contains(" portfolio | timed |")));
    }

    /// The canary: a design that is wrong stands in the table, with the way to see why.
    #[test]
    fn a_violation_is_printed_with_a_way_to_see_it() {
        let (finding, table) = survey("container.steps=remove,store,publish", 20);
        assert_eq!(finding, Finding::Violated);
        assert!(table.contains("**RemoveLast in run 0**"), "{table}");
        assert!(table.contains("8 sweeps accuse a sound design"), "{table}");
        assert!(table.contains("  Replay  active-active replay "), "{table}");
    }

    /// No false alarm: a few schedules of everything that is sound, under every scheduler. The same with
    /// `--runs 100000` takes some hours.
    #[test]
    fn no_sound_design_is_accused() {
        let out = std::path::PathBuf::from("failures");
        let args = SoundArgs { runs: 40, seed: 1, only: None, out, threads: None };
        let Done { text, finding } = execute(&args).expect("the rows are right");
        assert_eq!(finding, Finding::Holds, "{text}");
        let sound = subjects().expect("the rows are right").len();
        let rows = text.lines().filter(|line| line.starts_with("| ")).count();
        assert_eq!(rows, 1 + sound);
        assert!(!text.contains("**") && !text.contains("inconclusive:"));
        let last = text.lines().last().expect("it says how many there were");
        let runs = active_active::words::count((8 * 40 * sound) as u64);
        assert!(last.contains(&format!("In all {runs} runs")), "{last}");
    }

    #[test]
    fn a_design_that_is_not_there_is_refused() {
        let (only, out) = (Some("nothing-of-that-name".to_owned()), "failures".into());
        let args = SoundArgs { runs: 1, seed: 1, only, out, threads: None };
        assert!(matches!(execute(&args), Err(Error::NoDesign(_))));
    }
}

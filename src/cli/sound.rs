//! `bench sound`: is anybody accused who is sound?

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use active_active::explore::Strategy;
use active_active::explore::soundness::{Subject, subjects};
use active_active::explore::{Choices, Progress, Runner, Sweep, SweepReport};
use active_active::report::Finding;
use active_active::report::soundness::{Row, markdown};
use active_active::saved::SavedRun;

use super::args::SoundArgs;
use super::error::CliError;
use super::output::Output;
use super::scheduler::{Ready, SchedulerName};
use super::{Surroundings, bar, files, interrupt, minimize, save};

pub(crate) fn execute(
    args: &SoundArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    files::check_directory(&args.out)?;
    let only = args.only.as_deref().unwrap_or_default();
    let wanted =
        |subject: &Subject| subject.design.contains(only) || subject.scenario.contains(only);
    let subjects: Vec<Subject> = subjects()?.into_iter().filter(wanted).collect();
    if subjects.is_empty() {
        return Err(CliError::NoDesign { only: only.to_owned() });
    }
    let survey = Survey {
        runs: args.runs,
        seed: args.seed,
        threads: args.threads.map_or(surroundings.threads, usize::from),
        out: args.out.clone(),
    };
    survey.of(subjects, surroundings, output)
}

/// How much is searched.
struct Survey {
    runs: u64,
    seed: u64,
    threads: usize,
    /// The directory for saved failures.
    out: PathBuf,
}

/// Every search strategy, and virtual time.
fn schedulers() -> Vec<SchedulerName> {
    let strategies = Strategy::ALL.into_iter().map(SchedulerName::Search);
    strategies.chain([SchedulerName::Timed]).collect()
}

impl Survey {
    fn of(
        &self,
        subjects: Vec<Subject>,
        surroundings: &Surroundings,
        output: &mut Output<impl Write>,
    ) -> Result<Finding, CliError> {
        let progress = Arc::new(Progress::default());
        let stopped = Arc::clone(&progress);
        interrupt::on_interrupt(move || stopped.stop());
        let all = self.runs * (subjects.len() * schedulers().len()) as u64;
        let work = || self.rows(subjects, &progress);
        let rows = match surroundings.shows_progress {
            true => bar::show(all, self.threads, &progress, work),
            false => work(),
        };
        let names: Vec<String> =
            schedulers().iter().map(|scheduler| scheduler.summary(self.seed).name).collect();
        output.write(&markdown(self.runs, self.seed, &names, &rows))?;
        let mut finding = Finding::Holds;
        for (subject, reports) in &rows {
            for (scheduler, report) in schedulers().iter().zip(reports) {
                let is_whole = report.runs == self.runs && report.inconclusive == 0;
                if report.violation.is_some() {
                    finding = Finding::Violated;
                    output.write(&self.save(subject, scheduler, report, surroundings)?)?;
                } else if !is_whole && finding == Finding::Holds {
                    finding = Finding::Inconclusive;
                } else if report.evidence.vacuous().is_some() && finding == Finding::Holds {
                    finding = Finding::Vacuous;
                }
            }
        }
        if progress.is_stopped() && finding == Finding::Holds {
            finding = Finding::Inconclusive;
        }
        Ok(finding)
    }

    /// A row for each subject, until it is interrupted.
    fn rows(&self, subjects: Vec<Subject>, progress: &Progress) -> Vec<Row> {
        let mut rows = Vec::new();
        for subject in subjects {
            let mut reports = Vec::new();
            for scheduler in schedulers() {
                if progress.is_stopped() {
                    let interrupted = true;
                    reports.push(SweepReport { interrupted, ..SweepReport::default() });
                    continue;
                }
                let sweep = Sweep {
                    plan: Arc::clone(&subject.plan),
                    runs: self.runs,
                    threads: self.threads,
                    steps_max: u64::MAX,
                };
                reports.push(self.ready(&scheduler, &subject).sweep(&sweep, progress));
            }
            rows.push((subject, reports));
        }
        rows
    }

    fn ready(&self, scheduler: &SchedulerName, subject: &Subject) -> Ready {
        scheduler.prepare(&subject.plan, self.seed, u64::MAX)
    }

    /// Makes the run that accuses a sound design again, saves the smallest one that does, and says
    /// how to see it.
    fn save(
        &self,
        subject: &Subject,
        scheduler: &SchedulerName,
        report: &SweepReport,
        surroundings: &Surroundings,
    ) -> Result<String, CliError> {
        let Some((run, violation)) = &report.violation else { return Ok(String::new()) };
        let mut choices = Choices::default();
        let mut runner = Runner::new(Arc::clone(&subject.plan));
        let outcome = self.ready(scheduler, subject).run(&mut runner, *run, &mut choices);
        let mut saved = SavedRun::new(&subject.plan, &choices.taken, &outcome)
            .expect("a run that violates the spec was not cut short");
        if let Some(minimal) = minimize::minimise(&saved, surroundings) {
            saved = minimal.saved;
        }
        let suffix = scheduler.file_suffix(self.seed, *run);
        let saved_as = save::run(&saved, &self.out, &suffix)?;
        let name = scheduler.summary(self.seed).name;
        Ok(format!(
            "\n{} {}, {name}, run {run}: {violation}\n  Replay  {}\n",
            subject.scenario, subject.design, saved_as.replay_command
        ))
    }
}

#[cfg(test)]
mod tests {
    use active_active::plan::Plan;

    use super::*;

    /// A survey of one design, with a directory of its own: what it finds and what it prints.
    fn survey(design: &'static str, runs: u64) -> (Finding, String) {
        let directory = tempfile::tempdir().expect("there is room for a directory");
        let out = directory.path().to_owned();
        let plan = Plan::with_changes("crash-anywhere", &[design]).expect("it is a design");
        let subject =
            Subject { design, scenario: plan.scenario().name.clone(), plan: Arc::new(plan) };
        let survey = Survey { runs, seed: 1, threads: 2, out };
        let surroundings = Surroundings { threads: 2, shows_progress: false, columns: None };
        let mut bytes = Vec::new();
        let mut output = Output::new(&mut bytes, None);
        let finding = survey.of(vec![subject], &surroundings, &mut output).expect("it can write");
        output.finish().expect("it can write");
        drop(output);
        (finding, String::from_utf8(bytes).expect("a table is text"))
    }

    #[test]
    fn what_holds_is_not_accused() {
        let (finding, table) = survey("container.on_duplicate=forward-again", 20);
        assert_eq!(finding, Finding::Holds, "{table}");
        assert!(table.contains("0 sweeps accuse a sound design, 0 runs are inconclusive"));
        assert!(table.lines().next().is_some_and(|head| head.contains(" portfolio | timed |")));
    }

    /// The canary: were a design accused, the table would say so, and how to see it.
    #[test]
    fn an_accusation_is_said_with_a_way_to_see_it() {
        let (finding, table) = survey("container.steps=remove,store,publish", 20);
        assert_eq!(finding, Finding::Violated);
        assert!(table.contains("**RemoveLast in run 0**"), "{table}");
        assert!(table.contains("8 sweeps accuse a sound design"), "{table}");
        assert!(table.contains("  Replay  active-active replay "), "{table}");
    }
}

//! Reports as text that any engineer understands.

use crate::metrics::{FaultSummary, MetricsSummary};
use crate::report::facts::{FactsSummary, except};
use crate::report::palette::{Palette, paint};
use crate::report::run::RunSummary;
use crate::report::summary::{
    AwaitedSummary, Finding, ScenarioSummary, SchedulerSummary, ViolationSummary,
};
use crate::report::sweep::{PropertySummary, Status, SweepSummary};
use crate::scenario::plain::plain;
use crate::words::{count, plural};

mod about;
mod conclusion;

use about::lost_in_run;
pub(super) use about::{about, came, never_struck};
pub(super) use conclusion::{evidence, vacuous};

/// What a sweep shows.
pub fn sweep(summary: &SweepSummary, palette: &Palette) -> String {
    let mut lines = head(&summary.scenario, Some(&summary.scheduler), palette);
    lines.push(String::new());
    if let Some(violation) = summary.violation.as_ref().filter(|found| found.minimal.is_some()) {
        // With a failure to look at, a reader needs no table of what holds.
        lines.extend(self::violation(violation, palette));
        return joined(&lines);
    }
    lines.push(explored(summary));
    lines.extend(about(summary, ("run", "runs"), palette));
    lines.push(String::new());
    lines.extend(properties(summary, palette));
    lines.push(String::new());
    lines.extend(reached(summary, palette));
    lines.push(String::new());
    lines.extend(measured(summary.metrics.as_ref(), palette));
    if let Some(violation) = &summary.violation {
        lines.extend(self::violation(violation, palette));
    }
    lines.extend(summary.awaited_until_heal.iter().map(|awaited| note(awaited, palette)));
    lines.extend(conclusion::conclusion(summary, palette));
    joined(&lines)
}

/// The verdict of a sweep, and nothing else.
pub fn sweep_in_brief(summary: &SweepSummary, palette: &Palette) -> String {
    match &summary.violation {
        Some(violation) => joined(&in_brief(violation, palette)),
        None => {
            let mut lines = conclusion::conclusion(summary, palette);
            let facts = summary.facts.iter().filter(|_| summary.verdict == Finding::Holds);
            lines.extend(facts.flat_map(FactsSummary::excepted));
            lines.extend(about::conditions(summary, ("run", "runs"), palette));
            joined(&lines)
        }
    }
}

/// A violation without its story: what, where it is saved, and how to see it.
pub(super) fn in_brief(violation: &ViolationSummary, palette: &Palette) -> Vec<String> {
    let brief = ViolationSummary { minimal: None, ..violation.clone() };
    let mut lines = self::violation(&brief, palette);
    lines.retain(|line| !line.starts_with("  The spec"));
    lines
}

/// What precedes the story of a run.
pub fn run_begins(
    scenario: &ScenarioSummary,
    scheduler: Option<&SchedulerSummary>,
    palette: &Palette,
) -> String {
    joined(&head(scenario, scheduler, palette))
}

/// What follows the story of a run.
pub fn run_ends(summary: &RunSummary, palette: &Palette) -> String {
    let mut lines = vec![String::new()];
    lines.extend(measured(summary.metrics.as_ref(), palette));
    lines.extend(felt(summary.faults.as_deref().unwrap_or_default(), palette));
    lines.extend(operator_in_run(summary, palette));
    lines.extend(summary.awaited_until_heal.iter().map(|awaited| note(awaited, palette)));
    lines.extend(came(summary.facts.as_ref(), summary.scenario.records, ("run", "runs")));
    lines.extend(summary.lost.iter().flat_map(|lost| lost_in_run(lost, palette)));
    lines.extend(run_verdict(summary, palette));
    joined(&lines)
}

/// The verdict of a run, and nothing else.
pub fn run_in_brief(summary: &RunSummary, palette: &Palette) -> String {
    match &summary.violation {
        Some(violation) => joined(&in_brief(violation, palette)),
        None => {
            let mut lines = run_verdict(summary, palette);
            lines.extend(operator_in_run(summary, palette));
            joined(&lines)
        }
    }
}

/// What a healing brought back that nothing else would have.
fn operator_in_run(summary: &RunSummary, palette: &Palette) -> Option<String> {
    let needed = paint(palette.strong, "Needed an");
    summary.operator.as_ref().map(|operator| format!("{needed} operator: {}.", operator.what))
}

fn run_verdict(summary: &RunSummary, palette: &Palette) -> Vec<String> {
    let mut lines = Vec::new();
    match (&summary.violation, &summary.cut_short) {
        (Some(violation), _) => lines.extend(self::violation(violation, palette)),
        (None, None) if summary.verdict == Finding::Vacuous => {
            lines.push(vacuous(summary.vacuous_because.as_deref(), palette));
        }
        (None, Some(cut)) => {
            let word = paint(palette.loud, "INCONCLUSIVE");
            lines.push(format!("{word}: the run shows nothing, because {cut}."));
        }
        (None, None) => {
            let word = paint(palette.good, "HOLDS");
            let (except, steps) = (except(summary.facts.as_ref()), count(summary.steps));
            lines.push(format!(
                "{word}{except}: no property of the spec was violated in {steps} steps. This is one \
                 schedule of very many."
            ));
        }
    }
    match (&summary.expected, summary.matches_expected) {
        (Some(_), Some(true)) => lines.push("That is what it showed when it was saved.".to_owned()),
        (Some(expected), _) => lines.push(format!(
            "{}: when this run was saved, it showed that {expected}.",
            paint(palette.loud, "NOT AS SAVED")
        )),
        (None, _) => {}
    }
    lines
}

/// What is said of a failure that became small.
pub fn minimal(summary: &RunSummary, palette: &Palette) -> String {
    let mut lines = head(&summary.scenario, None, palette);
    lines.push(String::new());
    lines.extend(summary.violation.iter().flat_map(|found| violation(found, palette)));
    joined(&lines)
}

/// What operators would have measured.
fn measured(metrics: Option<&MetricsSummary>, palette: &Palette) -> Vec<String> {
    let Some(metrics) = metrics else { return Vec::new() };
    let mut lines = vec![paint(palette.strong, "Measured")];
    let measured = metrics.measured().iter();
    lines.extend(measured.map(|one| format!("  {:<22} {}", one.words, one.text)));
    lines.push(String::new());
    lines
}

/// What each fault of a run put at risk, and how long it was felt.
fn felt(faults: &[FaultSummary], palette: &Palette) -> Vec<String> {
    if faults.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![paint(palette.strong, "Faults, with recovery point and recovery times")];
    for fault in faults {
        let or_never =
            |time: Option<String>| time.unwrap_or_else(|| "not within the run".to_owned());
        lines.push(format!("  {} {}", fault.fault, fault.began()));
        lines.push(format!(
            "    RPO {}, the oldest for {}; RTO of the path {}, of the service {}",
            plural(fault.rpo_records.into(), "record", "records"),
            fault.rpo_age(),
            or_never(fault.rto_path()),
            or_never(fault.rto_service())
        ));
    }
    lines.push(String::new());
    lines
}

pub(super) fn head(
    scenario: &ScenarioSummary,
    scheduler: Option<&SchedulerSummary>,
    palette: &Palette,
) -> Vec<String> {
    let name = paint(palette.strong, &scenario.name);
    let about = if scenario.about.is_empty() {
        String::new()
    } else {
        format!(": {}", plain(&scenario.about))
    };
    let mut lines = vec![
        format!("{name}{about}"),
        format!(
            "{} regions, {}, {} in {}, {} machines",
            scenario.regions,
            plural(scenario.stages as u64, "stage", "stages"),
            plural(scenario.records as u64, "record", "records"),
            plural(scenario.batches as u64, "batch", "batches"),
            scenario.machines
        ),
    ];
    let blind_to = scenario.blind_to.iter();
    lines.extend(blind_to.map(|what| format!("{} {what}", paint(palette.loud, "NOT SEEN HERE:"))));
    if !scenario.left_out.is_empty() {
        let names = scenario.left_out.join(", ");
        lines.push(format!("{} {names}", paint(palette.loud, "LEFT OUT BY THE SCENARIO:")));
    }
    lines.extend(scheduler.map(|scheduler| match scheduler.seed {
        Some(seed) => format!("{} scheduler, seed {seed}", scheduler.name),
        None => {
            format!("{} scheduler, which draws nothing: its runs are all the same", scheduler.name)
        }
    }));
    lines
}

fn explored(summary: &SweepSummary) -> String {
    let runs = plural(summary.runs, "run", "runs");
    let mut line = format!("Explored {runs}");
    if summary.scheduler.seed.is_none() && summary.runs_requested > 1 {
        let others = count(summary.runs_requested - 1);
        line.push_str(&format!(" (the other {others} would repeat it)"));
    } else if summary.runs < summary.runs_requested {
        line.push_str(&format!(" of {} asked for", count(summary.runs_requested)));
    }
    line.push_str(&format!(", {}", plural(summary.steps, "step", "steps")));
    let reached = summary.pairs_reached;
    let (reached, all) =
        (count(reached as u64), count((reached + summary.pairs_never.len()) as u64));
    line.push_str(&format!(" of {reached} kinds out of {all} (machine, state, message)."));
    line
}

/// Of a sweep that holds the names will do; of another one each property has a line.
fn properties(summary: &SweepSummary, palette: &Palette) -> Vec<String> {
    match summary.verdict {
        Finding::Holds => held(summary, palette),
        Finding::Violated | Finding::Inconclusive | Finding::Vacuous => judged(summary, palette),
    }
}

fn held(summary: &SweepSummary, palette: &Palette) -> Vec<String> {
    let of = |status: Status| summary.properties.iter().filter(move |one| one.status == status);
    let mut lines = Vec::new();
    for (is_liveness, heading) in [(false, "Held at every step"), (true, "Held at the end")] {
        let (limited, whole): (Vec<_>, Vec<_>) = of(Status::Holds)
            .filter(|property| property.is_liveness == is_liveness)
            .partition(|property| property.except.is_some());
        let names: Vec<&str> = whole.iter().map(|property| property.name).collect();
        lines.extend(beside(heading, list(&names), palette));
        lines.extend(limited.iter().map(|property| property_line(property, palette)));
    }
    let others = [Status::NotJudged, Status::Vacuous].into_iter().flat_map(of);
    lines.extend(others.map(|property| property_line(property, palette)));
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for property in of(Status::NotApplicable) {
        let reason = property.reason.unwrap_or_default();
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(property.name),
            None => reasons.push((reason, vec![property.name])),
        }
    }
    let reasons = reasons.iter().map(|(why, names)| format!("{}: {why}", names.join(", ")));
    lines.extend(beside("Not applicable", reasons, palette));
    lines
}

/// Names in lines of five; a line that goes on ends with a comma.
fn list<'a>(names: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    let lines = names.chunks(5).enumerate();
    lines.map(|(index, here)| {
        let goes_on = if (index + 1) * 5 < names.len() { "," } else { "" };
        here.join(", ") + goes_on
    })
}

/// A heading with what belongs to it on its right.
fn beside(
    heading: &str,
    lines: impl Iterator<Item = String>,
    palette: &Palette,
) -> impl Iterator<Item = String> {
    let mut heading = paint(palette.strong, format!("{heading:<18}"));
    lines.map(move |line| format!("{}  {line}", std::mem::replace(&mut heading, " ".repeat(18))))
}

fn judged(summary: &SweepSummary, palette: &Palette) -> Vec<String> {
    let mut lines = Vec::new();
    let headings = [
        (false, "Safety, judged at every step"),
        (true, "Liveness, judged when all faults are healed and the run has come to rest"),
    ];
    for (is_liveness, heading) in headings {
        lines.push(paint(palette.strong, heading));
        let of_kind =
            summary.properties.iter().filter(|property| property.is_liveness == is_liveness);
        lines.extend(of_kind.map(|property| property_line(property, palette)));
    }
    lines
}

fn property_line(property: &PropertySummary, palette: &Palette) -> String {
    let style = match property.status {
        Status::Holds | Status::HeldSoFar => palette.good,
        Status::Violated => palette.bad,
        Status::NotApplicable => palette.faint,
        Status::NotJudged | Status::Vacuous => palette.loud,
    };
    let word = match property.status {
        Status::Violated => "VIOLATED",
        status @ (Status::Holds
        | Status::HeldSoFar
        | Status::NotApplicable
        | Status::NotJudged
        | Status::Vacuous) => status.text(),
    };
    // The colour must not count as width.
    let word = paint(style, format!("{word:<15}"));
    format!("  {word} {:<19} {}", property.name, property.claim())
}

fn reached(summary: &SweepSummary, palette: &Palette) -> Vec<String> {
    let mut lines = vec![paint(palette.strong, "Reached, in so many runs")];
    let seen = summary.reached.iter().filter(|reached| reached.runs > 0);
    lines.extend(seen.map(|reached| format!("  {:>15} {}", count(reached.runs), reached.text)));
    let never = summary.reached.iter().filter(|reached| reached.runs == 0 && reached.is_possible);
    // A sweep that ends at its first violation has not tried.
    let (style, word) = match summary.verdict {
        Finding::Violated => (palette.faint, "not yet"),
        Finding::Holds | Finding::Inconclusive | Finding::Vacuous => {
            (palette.loud, "NEVER REACHED")
        }
    };
    lines.extend(never.map(|reached| {
        let word = paint(style, format!("{word:>15}"));
        format!("  {word} {}, though nothing in the scenario seems to rule it out", reached.text)
    }));
    lines
}

pub(super) fn violation(violation: &ViolationSummary, palette: &Palette) -> Vec<String> {
    let word = paint(palette.bad, "VIOLATED");
    let place = match (violation.run, violation.seed) {
        (Some(run), Some(seed)) => format!(" in run {run} of seed {seed}"),
        (_, _) => String::new(),
    };
    let mut lines = vec![
        format!("{word}: {}{place}, at step {}", violation.property, violation.step),
        format!("  The spec   {}", violation.statement),
    ];
    let (mut what, mut because) = (&violation.what, &violation.because);
    if let Some(minimal) = &violation.minimal {
        (what, because) = (&minimal.what, &minimal.because);
        lines.extend(minimal.sizes(palette));
        lines.push(minimal.needs());
        lines.push(String::new());
        lines.extend(minimal.story(palette));
        lines.push(String::new());
    }
    lines.push(format!("  Happened   {what}"));
    for (index, reason) in because.iter().enumerate() {
        lines.push(format!("  {}    {reason}", if index == 0 { "Because" } else { "       " }));
    }
    lines.extend(violation.saved_file.iter().map(|file| format!("  Saved in   {}", plain(file))));
    let replay = violation.replay_command.iter();
    lines.extend(
        replay.map(|command| format!("  Replay     {}", paint(palette.strong, plain(command)))),
    );
    lines
}

fn note(awaited: &AwaitedSummary, palette: &Palette) -> String {
    let place = awaited.run.map_or_else(String::new, |run| format!("in run {run}, "));
    format!(
        "{}: {place}'{}' had not come true when the system was healed.",
        paint(palette.loud, "Note"),
        awaited.script_line
    )
}

pub(super) fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

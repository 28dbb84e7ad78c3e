//! A scenario for a recorded run: its script is what the run's test did and heard, in the order in which that
//! took effect.

use std::collections::BTreeSet;
use std::sync::Arc;

use active_active::plan::Plan;
use active_active::scenario::Override;

use super::meaning::{Command, Kind, Meaning, Message, Told};
use super::read::{Line, Run};

/// What the published system is here, where it is not what a scenario is by default.
const DESIGN: &str = r#"
source.on_refusal = "abort"
queue.on_failure = "keep-waiting"
table.on_failure = "hang"
"#;

/// The same of the active-passive system whose test switches regions, and of one whose test does not. A front of a global
/// database refuses while it is out.
const SWITCHED: &str = r#"
source.on_refusal = "abort"
queue.on_failure = "keep-waiting"
store.default = "aurora"
dns.policy = "failover"
"#;
const NOT_SWITCHED: &str = r#"
source.on_refusal = "abort"
queue.on_failure = "keep-waiting"
store.default = "aurora"
dns.weights = [1, 0]
"#;

fn passive(run: &Run) -> &'static str {
    let is_switch = |line: &Line| line.row.meaning == Meaning::Command(Command::Switch);
    if run.lines.iter().any(is_switch) { SWITCHED } else { NOT_SWITCHED }
}

/// A run's script.
pub(crate) struct Script {
    pub(crate) plan: Arc<Plan>,
    /// By handling: the line of the script that it is, if it is one.
    pub(crate) line_of: Vec<Option<usize>>,
}

impl Script {
    /// The script of a run whose handlings take place in this order.
    pub(crate) fn new(run: &Run, order: &[usize], overrides: &[Override]) -> Script {
        let mut script = Vec::new();
        let mut line_of = vec![None; run.lines.len()];
        for &index in order {
            if let Some(line) = script_line(run, index) {
                line_of[index] = Some(script.len());
                script.push(line);
            }
        }
        let batches = run.lines.iter().filter_map(published).max().unwrap_or(1);
        let batches = vec!["10"; usize::from(batches)].join(", ");
        let lines: Vec<String> = script.iter().map(|line| format!("    {line:?},\n")).collect();
        let text = format!(
            "name = {:?}\nscript = [\n{}]\nrecords.batches = [{batches}]\n{}{}",
            run.name,
            lines.concat(),
            if run.is_passive() { passive(run) } else { DESIGN },
            answers(run),
        );
        let plan = Plan::load(&text, &run.name, overrides);
        let plan = plan.unwrap_or_else(|error| panic!("{error}\n{text}"));
        Script { plan: Arc::new(plan), line_of }
    }
}

/// The published in-dns gives its next answer only when the last one was taken: after a refusal it gives the
/// same one again. The one here alternates whatever comes of it, unless its answers are any that weights allow.
fn answers(run: &Run) -> &'static str {
    // A name with one region has one answer.
    if run.is_passive() {
        return "";
    }
    let refused = |line: &Line| line.row.kind == Kind::InDns && line.details.ok == Some(false);
    match run.lines.iter().any(refused) {
        true => "dns.answer = \"random\"\n",
        false => "",
    }
}

fn published(line: &Line) -> Option<u16> {
    match line.row.meaning {
        Meaning::Step(Message::Publish) => line.details.batch,
        Meaning::Step(_) | Meaning::Command(_) | Meaning::Told(_) | Meaning::Nothing(_) => None,
    }
}

/// How many records these deliveries are: P's destination counts a record each time that it comes.
fn distinct(run: &Run, deliveries: usize) -> usize {
    let is_delivery = |line: &&Line| {
        let received = line.row.meaning == Meaning::Step(Message::Received);
        line.row.kind == Kind::Destination && received && line.details.ok == Some(true)
    };
    let records = run.lines.iter().filter(is_delivery).map(|line| line.details.record);
    records.take(deliveries).collect::<BTreeSet<_>>().len()
}

/// What P calls a global database is a global table here.
fn of_database(machine: &str) -> String {
    machine.replace("-database-global", "-table")
}

/// Whether a command comes from a front of a global database that the whole of it was commanded of.
pub(crate) fn is_part(run: &Run, index: usize) -> bool {
    let line = &run.lines[index];
    let is_whole = |by: &Line| by.row.kind == Kind::DatabaseFront && is_command(by);
    let is_part = line.row.kind == Kind::Replicator && line.by > 0;
    is_part && front_of(run, line).is_some_and(is_whole)
}

/// The handling of the front in which a command was given: a front that awaits its parts, one by one, handles their
/// answers in between.
fn front_of<'a>(run: &'a Run, line: &Line) -> Option<&'a Line> {
    let mut by = line.by.checked_sub(1).map(|by| &run.lines[by])?;
    while by.row.event.ends_with("Completed") {
        let front = &by.machine;
        let first = by.by.checked_sub(1).map(|part| &run.lines[part])?;
        by = first.by.checked_sub(1).map(|by| &run.lines[by]).filter(|by| by.machine == *front)?;
    }
    Some(by)
}

fn is_command(line: &Line) -> bool {
    matches!(line.row.meaning, Meaning::Command(_))
}

/// The line of the script that a handling is.
fn script_line(run: &Run, index: usize) -> Option<String> {
    let line = &run.lines[index];
    let machine = &line.machine;
    match line.row.meaning {
        Meaning::Step(Message::Publish) => {
            Some(format!("publish {}", line.details.batch.expect("it is read with its batch")))
        }
        // What a front of a global database passes on is told by its own line.
        Meaning::Command(_) if is_part(run, index) => None,
        Meaning::Command(Command::Switch) => Some(format!("offline {machine}@1")),
        Meaning::Command(Command::SwitchWriter) => {
            Some(format!("switchover {} to @2", of_database(machine)))
        }
        Meaning::Command(Command::Pause) => Some(format!("pause {machine}")),
        Meaning::Command(Command::Fail) => Some(format!("fail {}", of_database(machine))),
        Meaning::Command(Command::Recover) => Some(format!("recover {}", of_database(machine))),
        Meaning::Command(Command::Offline) => {
            let region = line.details.region.expect("it is read with its region");
            Some(format!("offline {machine}@{region}"))
        }
        Meaning::Told(Told::Delivered) => {
            let count = line.details.count.expect("it is read with one");
            Some(format!("await delivered {}", distinct(run, usize::from(count))))
        }
        Meaning::Told(Told::Published) => {
            let batch = line.details.batch.expect("it is read with its batch");
            Some(match line.details.ok {
                Some(false) => format!("await published or refused batch {batch}"),
                _ => format!("await published batch {batch}"),
            })
        }
        Meaning::Step(_) | Meaning::Nothing(_) => None,
    }
}

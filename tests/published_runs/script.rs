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
            "name = {:?}\nscript = [\n{}]\nrecords.batches = [{batches}]\n{DESIGN}{}",
            run.name,
            lines.concat(),
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
    let refused = |line: &Line| line.row.kind == Kind::InDns && line.details.ok == Some(false);
    match run.lines.iter().any(refused) {
        true => "dns.answer = \"random\"\n",
        false => "",
    }
}

fn published(line: &Line) -> Option<u16> {
    match line.row.meaning {
        Meaning::Step(Message::Publish) => line.details.batch,
        Meaning::Step(_)
        | Meaning::Command(_)
        | Meaning::Told(_)
        | Meaning::Nothing(_)
        | Meaning::Missing(_) => None,
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

/// The line of the script that a handling is.
fn script_line(run: &Run, index: usize) -> Option<String> {
    let line = &run.lines[index];
    let machine = &line.machine;
    match line.row.meaning {
        Meaning::Step(Message::Publish) => {
            Some(format!("publish {}", line.details.batch.expect("it is read with its batch")))
        }
        Meaning::Command(Command::Pause) => Some(format!("pause {machine}")),
        Meaning::Command(Command::Fail) => Some(format!("fail {machine}")),
        Meaning::Command(Command::Recover) => Some(format!("recover {machine}")),
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
        Meaning::Step(_) | Meaning::Nothing(_) | Meaning::Missing(_) => None,
    }
}

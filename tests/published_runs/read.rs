//! Reads a recorded run: a table, one line for each event that a machine of the published model handled.
//!
//! ```text
//! # tcActiveActiveF1 of the published model, P 3.1.0, random, seed 1
//! # ended: driver done
//! # sent  by  machine  event  details
//! 20    15  inbound-queue@1  eQueueSendRecord  record=1
//! ```
//!
//! | column | what |
//! |---|---|
//! | sent | the message's number in the order of sending; 0: it was sent by the test harness |
//! | by | the handling that sent it, by its number; 0: the set-up |
//! | machine | the component |
//! | event | P's name of the message |
//! | details | record, answer, batch, count, region; `to=` for what P's router passes on |
//!
//! A handling's number is the number of its line, comments not counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use super::meaning::{self, EVENTS, Kind, Meaning, Row};

/// How many records the published tests have, and in how many batches.
const RECORDS: u16 = 30;
const BATCHES: u16 = 3;
const REGIONS: u16 = 2;

/// A recorded run.
#[derive(Clone)]
pub(crate) struct Run {
    /// The file's name without its ending.
    pub(crate) name: String,
    /// The test of the published model.
    pub(crate) test: String,
    /// Why it ended.
    pub(crate) ended: String,
    /// By handling, counted from 0 (columns and messages count from 1).
    pub(crate) lines: Vec<Line>,
}

/// One handled event.
#[derive(Clone)]
pub(crate) struct Line {
    /// The line of the file, counted from 1.
    pub(crate) file_line: usize,
    pub(crate) text: String,
    pub(crate) sent: usize,
    /// The handling that sent it, counted from 1; 0: the set-up.
    pub(crate) by: usize,
    pub(crate) machine: String,
    pub(crate) row: &'static Row,
    pub(crate) details: Details,
}

/// What an event is about.
#[derive(Clone, Default)]
pub(crate) struct Details {
    pub(crate) record: Option<u16>,
    pub(crate) ok: Option<bool>,
    pub(crate) batch: Option<u16>,
    pub(crate) count: Option<u16>,
    pub(crate) region: Option<u16>,
    pub(crate) to: Option<String>,
}

/// What is wrong with a table, and where.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct ReadError {
    file: String,
    line: usize,
    found: String,
    expected: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReadError { file, line, found, expected } = self;
        write!(f, "{file}:{line}: {found}; expected {expected}")
    }
}

impl Run {
    /// Whether it is of the active-passive system.
    pub(crate) fn is_passive(&self) -> bool {
        self.name.starts_with("active-passive")
    }

    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Run, ReadError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ReadError {
            file: file.clone(),
            line: 0,
            found: error.to_string(),
            expected: "a text that can be read".to_owned(),
        })?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Run::parse(&text, &name, &file)
    }

    /// Reads a table. `file` is what errors call it.
    pub(crate) fn parse(text: &str, name: &str, file: &str) -> Result<Run, ReadError> {
        let (test, ended) = (String::new(), String::new());
        let mut run = Run { name: name.to_owned(), test, ended, lines: Vec::new() };
        let mut sent = BTreeSet::new();
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let wrong = |(found, expected): Wrong| ReadError {
                file: file.to_owned(),
                line: index + 1,
                found,
                expected,
            };
            let Some(line) = line.strip_suffix('\n') else {
                return Err(wrong(("the table breaks off".to_owned(), "a whole line".to_owned())));
            };
            if let Some(comment) = line.strip_prefix('#') {
                let comment = comment.trim();
                if let Some(reason) = comment.strip_prefix("ended: ") {
                    reason.clone_into(&mut run.ended);
                } else if let Some((test, _)) = comment.split_once(" of the published model") {
                    test.clone_into(&mut run.test);
                }
                continue;
            }
            let line = read_line(line, index + 1, run.lines.len() + 1).map_err(wrong)?;
            if line.sent > 0 && !sent.insert(line.sent) {
                let expected = "each message once".to_owned();
                return Err(wrong((format!("message {} is there again", line.sent), expected)));
            }
            run.lines.push(line);
        }
        if run.is_passive() {
            tell_the_outbound_queues_apart(&mut run.lines);
        }
        run.is_whole().map_err(|(found, expected)| ReadError {
            file: file.to_owned(),
            line: text.lines().count(),
            found,
            expected,
        })?;
        Ok(run)
    }

    fn is_whole(&self) -> Result<(), Wrong> {
        if self.test.is_empty() {
            let expected = "'# TEST of the published model, …'".to_owned();
            return Err(("no line says which test it is of".to_owned(), expected));
        }
        if self.ended.is_empty() {
            return Err(("no line says how the run ended".to_owned(), "'# ended: …'".to_owned()));
        }
        let records = match self.test.as_str() {
            "tcBaseline" | "tcPassiveBaseline" => 10,
            _ => RECORDS,
        };
        let is_done =
            |line: &Line| line.row.kind == Kind::Driver && line.details.count == Some(records);
        if self.ended == "driver done" && !self.lines.iter().any(is_done) {
            let found = "the table breaks off".to_owned();
            return Err((
                found,
                format!("the driver to hear of {records} records, as it was done"),
            ));
        }
        Ok(())
    }
}

/// P's failover name asks both outbound queues in the name of the first one, so in a recorded run both are called by it.
fn tell_the_outbound_queues_apart(lines: &mut [Line]) {
    let is_switch = |line: &Line| {
        line.machine == "out-dns" && line.row.meaning == Meaning::Command(meaning::Command::Switch)
    };
    let switched = lines.iter().position(is_switch).unwrap_or(lines.len());
    // By handling of out-dns: what it sent first to such a queue.
    let mut first: BTreeMap<usize, usize> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.machine == FIRST) {
        let sent = first.entry(line.by).or_insert(line.sent);
        *sent = line.sent.min(*sent);
    }
    for index in 0..lines.len() {
        let line = &lines[index];
        let Some(by) = line.by.checked_sub(1).filter(|_| line.machine == FIRST) else { continue };
        let is_second =
            lines[by].machine == "out-dns" && (by > switched || line.sent > first[&line.by]);
        if is_second || lines[by].machine == "outbound-container@2" {
            lines[index].machine = SECOND.to_owned();
        }
    }
}

const FIRST: &str = "outbound-queue@1";
const SECOND: &str = "outbound-queue@2";

/// What was found, and what was expected.
type Wrong = (String, String);

/// Reads the line of a handling with this number.
fn read_line(text: &str, file_line: usize, number: usize) -> Result<Line, Wrong> {
    let columns: Vec<&str> = text.split('\t').collect();
    let [sent, by, machine, event, details] = columns[..] else {
        let found = format!("{} columns in '{text}'", columns.len());
        return Err((found, "5: sent, by, machine, event, details".to_owned()));
    };
    let sent = read_number(sent, "sent", 0..=usize::MAX)?;
    let by = read_number(by, "by", 0..=number - 1)?;
    let kind = meaning::kind_of(machine).ok_or_else(|| {
        (format!("unknown machine '{machine}'"), "a component of the published system".to_owned())
    })?;
    let row =
        EVENTS.iter().find(|row| row.kind == kind && row.event == event).ok_or_else(|| {
            (format!("unknown event '{event}'"), format!("an event that {machine} handles"))
        })?;
    // The replicator of a stage is the table's, or the database's, in P's names; and a database is a table here.
    let machine = machine.replace("-table-replicator", "-replicator");
    let machine = machine.replace("-database-replicator", "-replicator");
    let (machine, text) = (machine.replace("-database@", "-table@"), text.to_owned());
    let details = read_details(details, row)?;
    Ok(Line { file_line, text, sent, by, machine, row, details })
}

fn read_number<N>(text: &str, name: &str, fits: std::ops::RangeInclusive<N>) -> Result<N, Wrong>
where
    N: std::str::FromStr + PartialOrd + fmt::Display,
{
    let number = text.parse().ok().filter(|number| fits.contains(number));
    number.ok_or_else(|| {
        let expected = format!("{name} to be a number from {} to {}", fits.start(), fits.end());
        (format!("{name} is '{text}'"), expected)
    })
}

fn read_details(text: &str, row: &Row) -> Result<Details, Wrong> {
    let mut details = Details::default();
    let mut words = text.split_ascii_whitespace().peekable();
    let wrong = |found: Option<&str>| {
        let found = match found {
            Some(word) => format!("'{word}' in the details of {}", row.event),
            None => format!("details '{text}' of {}", row.event),
        };
        let expected = row.details.iter().map(|key| match key.trim_end_matches('?') {
            "ok" => "ok or refused".to_owned(),
            key => format!("{key}=…"),
        });
        let expected = expected.collect::<Vec<_>>().join(", ");
        (found, if expected.is_empty() { "none".to_owned() } else { expected })
    };
    for key in row.details {
        let (key, optional) = (key.trim_end_matches('?'), key.ends_with('?'));
        let value = words.next_if(|word| match key {
            "ok" => matches!(*word, "ok" | "refused"),
            _ => word.split_once('=').is_some_and(|(name, _)| name == key),
        });
        let Some(value) = value else {
            if optional {
                continue;
            }
            return Err(wrong(words.next()));
        };
        let value = value.split_once('=').map_or(value, |(_, value)| value);
        match key {
            "ok" => details.ok = Some(value == "ok"),
            "record" => details.record = Some(read_number(value, key, 0..=RECORDS)?),
            "batch" => details.batch = Some(read_number(value, key, 1..=BATCHES)?),
            "count" => details.count = Some(read_number(value, key, 0..=RECORDS)?),
            "region" => details.region = Some(read_number(value, key, 1..=REGIONS)?),
            "to" => details.to = Some(value.to_owned()),
            _ => unreachable!("the table of events has no {key}"),
        }
    }
    match words.next() {
        None => Ok(details),
        Some(word) => Err(wrong(Some(word))),
    }
}

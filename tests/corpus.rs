//! A fixed corpus of runs, each with what it showed when it was recorded: a redesign has to reproduce
//! every one of them.
//!
//! Cases are the built-in scenarios, every unsound design ([`UNSOUND`]) and the 500 scenarios of
//! `corpus/generated.txt`. Those were drawn once, half of them by `strategy::scenario` and half by the
//! oracle's generator of sound and unsound designs, and are data from then on: no generator is asked
//! for them again.
//!
//! A row of `corpus/recorded.txt` has, behind case, scheduler and number of the run:
//!
//! | column | what | depends on |
//! |---|---|---|
//! | verdict | `holds`, the violated property, or `cut` | names of properties |
//! | steps | how many steps the run took | |
//! | events | hash of every choice and of every event, in order | names of choices as saved runs have them, names of components, the lines of `corpus/render.rs` |
//! | state | hash of what every machine holds at the end | names of components, `corpus/render.rs` |
//! | fingerprint | `Simulation::fingerprint` at the end | the order in which states are written for exhaustive search |
//!
//! So a refactoring of types, messages or reports changes none of them; one that numbers or writes the
//! parts of a state in another way changes the last column and nothing else.
//!
//! If rows differ, the test says which columns of how many, and writes all rows as they are now to
//! `target/tmp/corpus.txt`. A change on purpose is recorded by copying that file to
//! `tests/corpus/recorded.txt`, in a commit that says why.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use active_active::explore::Strategy;
use active_active::explore::{Observer, Phase, Runner, Verdict};
use active_active::plan::Plan;
use active_active::scenario::builtin;
use active_active::scenario::designs::UNSOUND;
use active_active::scheduler::seed::generator;
use active_active::scheduler::{RoundRobin, Script, Timed};
use active_active::sim::{Choice, Simulation, Step};
use rand::Rng;
use xxhash_rust::xxh3::Xxh3;

mod render;

const RECORDED: &str = include_str!("corpus/recorded.txt");
const GENERATED: &str = include_str!("corpus/generated.txt");
const GENERATED_CASES: usize = 500;

const SEED: u64 = 20_261_126;

/// Every scheduler there is, by the words of the recorded rows.
const SCHEDULERS: [&str; 10] = [
    "fair",
    "random",
    "script",
    "pct:3",
    "pos",
    "surw",
    "delay:3",
    "feedback",
    "portfolio",
    "timed",
];

/// Hashes what happens, in the words of the corpus.
#[derive(Default)]
struct Hashed {
    hash: Xxh3,
    /// The step under way, in words.
    text: String,
}

impl Hashed {
    fn add(&mut self, what: &str, simulation: &Simulation) {
        let layout = &simulation.plan().layout;
        self.text.clear();
        self.text.push_str(what);
        self.text.push('\n');
        for event in simulation.events() {
            render::event(event, layout, &mut self.text);
        }
        self.hash.update(self.text.as_bytes());
    }
}

impl Observer for Hashed {
    fn begin(&mut self, _simulation: &Simulation) {
        self.hash.reset();
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase == Phase::Heal {
            self.add("heal", simulation);
        }
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        let layout = &simulation.plan().layout;
        match step.choice {
            // Most choices are steps: their name is the machine's, which needs no text of its own.
            Choice::Step(machine) => self.add(layout.name(machine), simulation),
            Choice::Resolve(_) | Choice::Fail(_) | Choice::Fault(_) | Choice::Heal => {
                self.add(&step.choice.name(layout), simulation);
            }
        }
    }
}

/// A run of a case, as a row: its columns are separated by a space.
fn row(case: &str, plan: &Arc<Plan>, scheduler: &str, run: u64) -> String {
    let mut runner = Runner::new(Arc::clone(plan));
    let mut seen = Hashed::default();
    let outcome = match scheduler {
        "fair" => runner.run(&mut RoundRobin::default(), run, &mut seen),
        "timed" => runner.run(&mut Timed::new(SEED), run, &mut seen),
        "script" => {
            let mut numbers = generator(SEED, run);
            let numbers = (0..64).map(|_| numbers.next_u32() as u16).collect();
            runner.run(&mut Script::new(numbers), run, &mut seen)
        }
        _ => {
            let strategy: Strategy = scheduler.parse().expect("the scheduler is a strategy");
            let mut searcher = strategy.prepare(plan, SEED).scheduler();
            runner.run(&mut searcher, run, &mut seen)
        }
    };
    let verdict = match &outcome.verdict {
        Verdict::Holds => "holds".to_owned(),
        Verdict::Violated(violation) => violation.property().to_string(),
        Verdict::Inconclusive(_) => "cut".to_owned(),
    };
    let simulation = runner.simulation();
    let state = xxhash_rust::xxh3::xxh3_64(render::state(simulation).as_bytes());
    let (events, fingerprint) = (seen.hash.digest(), simulation.fingerprint());
    let fingerprint = (fingerprint >> 64) as u64 ^ fingerprint as u64;
    let steps = outcome.steps;
    format!(
        "{case} {scheduler}/{run} {verdict} {steps} {events:016x} {state:016x} {fingerprint:016x}"
    )
}

/// The scenarios of `corpus/generated.txt`: those keys that do not have their default value, an empty
/// line between two scenarios, and lines that begin with `#` for people.
fn generated() -> Vec<String> {
    let lines = GENERATED.lines().filter(|line| !line.starts_with('#'));
    let text: Vec<&str> = lines.collect();
    let blocks = text.split(|line| line.is_empty()).filter(|block| !block.is_empty());
    blocks.map(|block| block.join("\n")).collect()
}

fn load(text: &str, name: &str) -> Arc<Plan> {
    Arc::new(Plan::load(text, name, &[]).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// A built-in scenario is called by its name, and any other text by its hash.
fn name_of(scenario: &str) -> String {
    match builtin::text(scenario) {
        Some(_) => scenario.to_owned(),
        None => format!("{:08x}", xxhash_rust::xxh3::xxh3_64(scenario.as_bytes()) as u32),
    }
}

/// Every row, in the order of the file.
fn rows() -> Vec<String> {
    let mut rows = Vec::new();
    for (name, text) in builtin::every() {
        let plan = load(text, name);
        let all = SCHEDULERS.iter().enumerate();
        rows.extend(all.map(|(run, scheduler)| row(name, &plan, scheduler, run as u64)));
    }
    for unsound in UNSOUND.iter() {
        let plan = Arc::new(unsound.plan().expect("the design is one of a scenario"));
        let case = format!("{}@{}", unsound.design, name_of(unsound.scenario));
        rows.extend((0..3).map(|run| row(&case, &plan, "random", run)));
        rows.push(row(&case, &plan, "fair", 0));
    }
    for (number, text) in generated().iter().enumerate() {
        let case = format!("generated-{number}");
        let scheduler = SCHEDULERS[number % SCHEDULERS.len()];
        rows.push(row(&case, &load(text, &case), scheduler, number as u64 / 10 % 4));
    }
    rows
}

const COLUMNS: [&str; 7] =
    ["case", "scheduler", "verdict", "steps", "events", "state", "fingerprint"];

/// A row by its case and scheduler.
fn by_case<'a>(rows: impl Iterator<Item = &'a str>) -> BTreeMap<(&'a str, &'a str), &'a str> {
    let key = |row: &'a str| {
        let mut columns = row.split(' ');
        let case = columns.next().expect("a row has a case");
        ((case, columns.next().expect("a row has a scheduler")), row)
    };
    rows.map(key).collect()
}

/// Which columns of two rows differ.
fn differing(now: &str, before: &str) -> Vec<&'static str> {
    let pairs = now.split(' ').zip(before.split(' ')).zip(COLUMNS);
    pairs.filter(|((now, before), _)| now != before).map(|(_, column)| column).collect()
}

/// What changed, in words: how many rows are new and gone, for each column the number of rows that differ in
/// it, then the first few of those.
fn report(now: &[String], before: &[&str]) -> String {
    let (now, before) = (by_case(now.iter().map(String::as_str)), by_case(before.iter().copied()));
    let new = now.keys().filter(|key| !before.contains_key(*key)).count();
    let gone = before.keys().filter(|key| !now.contains_key(*key)).count();
    let both = now.iter().filter_map(|(key, now)| Some((*now, *before.get(key)?)));
    let compared = both.map(|(now, before)| (now, before, differing(now, before)));
    let changed: Vec<_> = compared.filter(|(_, _, columns)| !columns.is_empty()).collect();
    let mut text = format!("{new} rows are new, {gone} are gone, {} differ\n", changed.len());
    for column in COLUMNS {
        let count = changed.iter().filter(|(_, _, columns)| columns.contains(&column)).count();
        if count > 0 {
            let _ = writeln!(text, "{column}: {count} of {} rows", now.len());
        }
    }
    for (now, before, columns) in changed.iter().take(20) {
        let _ = writeln!(text, "{}\n  was {before}\n  is  {now}", columns.join(", "));
    }
    text
}

#[test]
fn every_recorded_run_is_reproduced() {
    let now = rows();
    let before: Vec<&str> = RECORDED.lines().collect();
    if now == before {
        return;
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus.txt");
    std::fs::write(&path, now.join("\n") + "\n").expect("the folder is there");
    panic!(
        "{} rows were recorded and there are {} now\n{}to record them as they are now: \
         cp {} tests/corpus/recorded.txt",
        before.len(),
        now.len(),
        report(&now, &before),
        path.display()
    );
}

/// A corpus in which nothing goes wrong, or in which only one thing does, would show little.
#[test]
fn the_corpus_is_of_many_kinds() {
    assert_eq!(generated().len(), GENERATED_CASES);
    assert_eq!(by_case(RECORDED.lines()).len(), RECORDED.lines().count(), "no case comes twice");
    let verdict = |row: &'static str| row.split(' ').nth(2).expect("every row has a verdict");
    let mut verdicts: Vec<&str> = RECORDED.lines().map(verdict).collect();
    let holds = verdicts.iter().filter(|verdict| **verdict == "holds").count();
    assert!(holds > 300 && holds + 200 < verdicts.len(), "{holds} of {}", verdicts.len());
    verdicts.sort_unstable();
    verdicts.dedup();
    assert!(verdicts.len() > 12, "{verdicts:?}");
}

/// A row that differs is named with its columns, so that a change on purpose is seen to be one; a row that
/// is new moves no other.
#[test]
fn the_report_names_the_columns_that_changed() {
    let now = ["new fair/0 holds 1 e s f", "a fair/0 holds 5 e1 s1 f2", "b fair/0 holds 7 e s f"];
    let before = ["a fair/0 holds 5 e1 s1 f1", "b fair/0 holds 7 e s f"];
    let report = report(&now.map(str::to_owned), &before);
    let expected = "1 rows are new, 0 are gone, 1 differ\nfingerprint: 1 of 3 rows\n\
                    fingerprint\n  was a fair/0 holds 5 e1 s1 f1\n  is  a fair/0 holds 5 e1 s1 f2\n";
    assert_eq!(report, expected);
}

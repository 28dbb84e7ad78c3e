//! `bench steps`: is a step slower than it was?
//!
//! A machine that others use, too, is fast now and slow in a minute. So each kind of run is timed in
//! turn with a fixed loop that does nothing of this crate, many times, and what is kept and compared
//! is the median of the ratios: how many steps are made in the time of a million turns of the loop.
#![expect(clippy::disallowed_types, reason = "who measures speed needs a clock")]

use std::fs;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use active_active::explore::{Observer, Runner};
use active_active::metrics::Metrics;
use active_active::plan::Plan;
use active_active::report::Finding;
use active_active::scenario::builtin;
use active_active::scheduler::{Random, RoundRobin, Scheduler, Timed};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};

use super::super::error::CliError;
use super::super::files::Target;
use super::super::output::Output;
use super::super::{Surroundings, bar};
use super::wrong;

const ROUNDS: usize = 41;
/// The turns of the loop in a round: some ten milliseconds.
const TURNS: u64 = 4_000_000;
/// The steps of each kind of run in a round, at least: some ten milliseconds.
const STEPS: u64 = 200_000;
/// A kind that has less of its baseline is slower.
const LEAST: f64 = 0.9;

/// What is saved.
#[derive(Debug, Serialize, Deserialize)]
struct Baseline {
    kinds: Vec<Measured>,
}

/// How fast one kind of run is.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Measured {
    name: String,
    /// Steps in the time of a million turns of the loop.
    steps_per_million_turns: f64,
    /// As a person has it; it is not compared.
    million_steps_per_second: f64,
}

pub(super) fn execute(
    save: Option<&Target>,
    against: Option<&Path>,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let baseline: Option<Baseline> = against.map(read).transpose()?;
    let bar = bar::counted(ROUNDS, surroundings.shows_progress);
    let kinds = measure(&bar);
    bar.finish_and_clear();
    let mut finding = Finding::Holds;
    for kind in &kinds {
        let Measured { name, steps_per_million_turns, million_steps_per_second } = kind;
        let mut line = format!("{name:<24} {million_steps_per_second:>7.1} million steps/s");
        let known = baseline.iter().flat_map(|baseline| &baseline.kinds);
        if let Some(before) = known.into_iter().find(|before| before.name == *name) {
            let ratio = steps_per_million_turns / before.steps_per_million_turns;
            line.push_str(&format!("  {ratio:.2} of the baseline"));
            if ratio < LEAST {
                line.push_str("  SLOWER");
                finding = Finding::Violated;
            }
        }
        output.write(&format!("{line}\n"))?;
    }
    if let Some(target) = save {
        let text = toml::to_string(&Baseline { kinds }).expect("a baseline has only plain values");
        target.write(&text, ".", output)?;
    }
    Ok(finding)
}

fn read(path: &Path) -> Result<Baseline, CliError> {
    let text = fs::read_to_string(path).map_err(|error| wrong(path, error.to_string()))?;
    toml::from_str(&text).map_err(|error| wrong(path, error.message().to_owned()))
}

/// One kind of run: makes so many steps at least, and says how many.
type Kind = (&'static str, Box<dyn FnMut() -> u64>);

fn measure(bar: &ProgressBar) -> Vec<Measured> {
    let mut kinds = kinds();
    let mut ratios = vec![Vec::with_capacity(ROUNDS); kinds.len()];
    let mut rates = ratios.clone();
    for (_, run) in &mut kinds {
        // The first runs take the memory that all others use.
        run();
    }
    for _ in 0..ROUNDS {
        bar.inc(1);
        for (index, (_, run)) in kinds.iter_mut().enumerate() {
            let turns_per_second = rate(|| turns(TURNS));
            let steps_per_second = rate(run);
            ratios[index].push(steps_per_second / turns_per_second * 1e6);
            rates[index].push(steps_per_second / 1e6);
        }
    }
    let measured = |((name, _), (ratios, rates)): (&Kind, (Vec<f64>, Vec<f64>))| Measured {
        name: (*name).to_owned(),
        steps_per_million_turns: median(ratios),
        million_steps_per_second: median(rates),
    };
    kinds.iter().zip(ratios.into_iter().zip(rates)).map(measured).collect()
}

fn kinds() -> Vec<Kind> {
    vec![
        ("f1, random", runs("f1-fail-container", Random::new(1), |_| ())),
        ("f1, fair", runs("f1-fail-container", RoundRobin::default(), |_| ())),
        ("f1, timed", runs("f1-fail-container", Timed::new(1), |_| ())),
        ("f1, random, measured", runs("f1-fail-container", Random::new(1), Metrics::new)),
        ("crash-anywhere, random", runs("crash-anywhere", Random::new(1), |_| ())),
        ("standard-queues, random", runs("standard-queues", Random::new(1), |_| ())),
    ]
}

fn runs<O: Observer + 'static>(
    scenario: &str,
    mut scheduler: impl Scheduler + 'static,
    observer: impl Fn(&Plan) -> O,
) -> Box<dyn FnMut() -> u64> {
    let scenario = builtin::scenario(scenario).expect("the scenario is built in");
    let plan = Arc::new(Plan::new(&scenario).expect("it was checked when it was read"));
    let (mut runner, mut observer) = (Runner::new(Arc::clone(&plan)), observer(&plan));
    let mut run = 0;
    Box::new(move || {
        let mut steps = 0;
        while steps < STEPS {
            steps += runner.run(&mut scheduler, run, &mut observer).steps;
            run += 1;
        }
        steps
    })
}

/// A loop as a simulation is one: each turn depends on the one before, and reads and writes memory
/// that the cache holds.
fn turns(count: u64) -> u64 {
    let mut memory = [1u64; 4_096];
    let mut state = 1u64;
    for _ in 0..count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let cell = &mut memory[(state >> 52) as usize];
        *cell = cell.wrapping_add(state);
        state = state.wrapping_add(*cell & 1);
    }
    black_box(memory[0]);
    count
}

/// How many a second.
fn rate(work: impl FnOnce() -> u64) -> f64 {
    let start = Instant::now();
    let count = black_box(work());
    count as f64 / start.elapsed().as_secs_f64().max(1e-9)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

//! `steps`: is a step slower than it was?
//!
//! A machine that others use, too, is fast now and slow in a minute. So each kind of run is timed in
//! turn with a fixed loop that does nothing of this crate, many times, and what is kept and compared
//! is the median of the ratios: how many steps are made in the time of a million turns of the loop.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use active_active::explore::{Observer, Runner};
use active_active::metrics::Metrics;
use active_active::plan::Plan;
use active_active::scenario::builtin;
use active_active::scheduler::{Random, RoundRobin, Scheduler, Timed};
use serde::{Deserialize, Serialize};

use crate::files::{self, Target};
use crate::{Done, Error, Finding, show};

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

/// Measures; saves the measurements as a baseline, or compares them with one.
pub(crate) fn execute(
    save: Option<&Path>,
    force: bool,
    against: Option<&Path>,
) -> Result<Done, Error> {
    let target = save.map(|path| Target::new(path, force)).transpose()?;
    let baseline = against.map(read).transpose()?;
    let kinds = measure();
    let (mut text, finding) = compared(&kinds, baseline.as_ref());
    if let Some(target) = target {
        let baseline = toml::to_string(&Baseline { kinds });
        text.push_str(&target.write(&baseline.expect("a baseline has only plain values"))?);
    }
    Ok(Done { text, finding })
}

/// A line for each kind, and whether one is slower than the baseline.
fn compared(kinds: &[Measured], baseline: Option<&Baseline>) -> (String, Finding) {
    let (mut text, mut finding) = (String::new(), Finding::Holds);
    for Measured { name, steps_per_million_turns, million_steps_per_second } in kinds {
        text.push_str(&format!("{name:<24} {million_steps_per_second:>7.1} million steps/s"));
        let mut known = baseline.iter().flat_map(|baseline| &baseline.kinds);
        if let Some(before) = known.find(|before| before.name == *name) {
            let ratio = steps_per_million_turns / before.steps_per_million_turns;
            text.push_str(&format!("  {ratio:.2} of the baseline"));
            if ratio < LEAST {
                text.push_str("  SLOWER");
                finding = Finding::Violated;
            }
        }
        text.push('\n');
    }
    (text, finding)
}

fn read(path: &Path) -> Result<Baseline, Error> {
    let malformed = |error: toml::de::Error| {
        let (path, message) = (path.to_owned(), error.message().to_owned());
        Error::Malformed { path, message }
    };
    toml::from_str(&files::read(path)?).map_err(malformed)
}

/// One kind of run: makes so many steps at least, and says how many.
type Kind = (&'static str, Box<dyn FnMut() -> u64>);

fn measure() -> Vec<Measured> {
    let mut kinds = kinds();
    let mut ratios = vec![Vec::with_capacity(ROUNDS); kinds.len()];
    let mut rates = ratios.clone();
    for (_, run) in &mut kinds {
        // The first runs take the memory that all others use.
        run();
    }
    for round in 0..ROUNDS {
        show(round, ROUNDS, "");
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

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(steps_per_million_turns: f64) -> Measured {
        let name = "f1, random".to_owned();
        Measured { name, steps_per_million_turns, million_steps_per_second: 1.0 }
    }

    #[test]
    fn more_than_ten_percent_less_is_slower() {
        let baseline = Baseline { kinds: vec![measured(100.0)] };
        let of = |now| compared(&[measured(now)], Some(&baseline));
        assert_eq!(of(91.0).1, Finding::Holds);
        let (text, finding) = of(89.0);
        assert_eq!(finding, Finding::Violated);
        assert_eq!(
            text,
            "f1, random                   1.0 million steps/s  0.89 of the baseline  SLOWER\n"
        );
        assert_eq!(compared(&[measured(1.0)], None).1, Finding::Holds);
    }

    #[test]
    fn every_kind_of_run_makes_steps() {
        for (name, mut run) in kinds() {
            assert!(run() >= STEPS, "{name}");
        }
    }
}

//! Other runs of the published model, made of the recorded ones: what is handled by different machines, neither the
//! cause of the other, in another order; and what a run begins with.

use active_active::scheduler::seed::{below, generator};
use rand::Rng;

use super::read::Run;
use super::replay::replay;
use super::runs;

/// How often two neighbours change places, for each line of a run.
const EXCHANGES: usize = 20;
/// How many beginnings of a run are tried.
const BEGINNINGS: usize = 12;

fn active() -> impl Iterator<Item = Run> {
    runs().into_iter().filter(|run| !run.is_passive())
}

/// Exchanges neighbours that are independent, at random places, and numbers their effects anew.
fn shuffle(run: &mut Run, seed: u64) {
    let mut numbers = generator(seed, run.lines.len() as u64);
    // By handling, counted from 1: the one that it was.
    let mut was: Vec<usize> = (0..=run.lines.len()).collect();
    for _ in 0..run.lines.len() * EXCHANGES {
        let first = below(numbers.next_u32(), run.lines.len() - 1);
        let [one, other] = &run.lines[first..first + 2] else { unreachable!("there are two") };
        if one.machine != other.machine && other.by != was[first + 1] {
            run.lines.swap(first, first + 1);
            was.swap(first + 1, first + 2);
        }
    }
    let mut is = vec![0; was.len()];
    was.iter().enumerate().for_each(|(now, &was)| is[was] = now);
    run.lines.iter_mut().for_each(|line| line.by = is[line.by]);
}

#[test]
fn independent_handlings_can_change_places() {
    for mut run in active() {
        shuffle(&mut run, 1);
        replay(&run, &[]).unwrap_or_else(|differs| panic!("{}: {differs}", run.name));
    }
}

/// Where a run is cut, some machines have handled a message and have not sent yet what follows of it.
#[test]
fn what_a_run_begins_with_is_a_run() {
    for run in active() {
        for part in 1..BEGINNINGS {
            let mut beginning = run.clone();
            beginning.lines.truncate(run.lines.len() * part / BEGINNINGS);
            replay(&beginning, &[])
                .unwrap_or_else(|differs| panic!("{}, {part}: {differs}", run.name));
        }
    }
}

/// What has the numbers of a run, and another order of one machine, is no run.
#[test]
fn a_shuffled_run_with_an_effect_before_its_cause_is_none() {
    let mut run = active().next().expect("there is a run");
    shuffle(&mut run, 2);
    let caused = run.lines.iter().position(|line| line.by > 1).expect("lines have causes");
    let cause = run.lines[caused].by - 1;
    run.lines[cause].by = caused + 1;
    replay(&run, &[]).expect_err("two handlings cause each other");
}

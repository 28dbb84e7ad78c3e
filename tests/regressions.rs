//! Saved failures, replayed: each must still fit, choice by choice, and have the verdict that it had
//! when it was saved.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use active_active::explore::Verdict;
use active_active::saved::SavedRun;
use active_active::spec::PropertyName;

fn saved() -> Vec<(PathBuf, SavedRun)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/saved");
    let entries = fs::read_dir(folder).expect("the folder is part of the repository");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("it can be read");
        let origin = path.display().to_string();
        let run = SavedRun::parse(&text, &origin).unwrap_or_else(|error| panic!("{error}"));
        (path, run)
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn every_saved_run_replays_to_its_verdict() {
    for (path, run) in saved() {
        let replayed = run.replay();
        let path = path.display();
        assert_eq!(replayed.misfit, None, "{path}");
        assert!(replayed.matches_expected, "{path}: {:?}", replayed.outcome);
    }
}

/// `scenario_fuzz` found it: a container that was paused had a refusal in its inbox when everything
/// was healed. It stopped when it came to it, and the run was judged with nobody left to recover it:
/// a false alarm. Now the runner heals once more.
#[test]
fn a_refusal_from_before_the_healing_stops_nobody_for_good() {
    let name = "refusal-found-after-healing.toml";
    let (_, run) = saved().into_iter().find(|(path, _)| path.ends_with(name)).expect("it is saved");
    assert_eq!(run.replay().outcome.verdict, Verdict::Holds);
}

/// A generated scenario found it: `RegionFifo` was judged although a dead letter comes back behind
/// records that came to its region later, which no design can avoid.
#[test]
fn a_dead_letter_that_comes_back_late_is_no_overtaking() {
    let name = "dead-letter-comes-back-late.toml";
    let (_, run) = saved().into_iter().find(|(path, _)| path.ends_with(name)).expect("it is saved");
    assert_eq!(run.replay().outcome.verdict, Verdict::Holds);
}

/// A generated scenario found it: a table had answered that it has caught up when its region was lost, and in-dns, which
/// asked no table any more, took the lost region for healthy when the answer came.
#[test]
fn an_answer_of_a_region_that_is_lost_does_not_make_it_healthy() {
    let name = "answer-of-a-lost-region.toml";
    let (_, run) = saved().into_iter().find(|(path, _)| path.ends_with(name)).expect("it is saved");
    let replayed = run.replay();
    assert_eq!((replayed.misfit, replayed.outcome.verdict), (None, Verdict::Holds));
}

/// Found by sweeps of systems that were drawn: where a loss ends one way of a record, which is declared, the record left the last log
/// that had it when another way was at its end; and a call that a loss prevents, since its record is gone from the next queue, was
/// not excused where a copy upstream was removed after the loss.
#[test]
fn what_a_loss_ends_is_declared_when_the_last_copy_goes_later() {
    for name in ["one-way-goes-on-from-a-mirror.toml", "copy-upstream-goes-after-a-loss.toml"] {
        let (_, run) = saved().into_iter().find(|(path, _)| path.ends_with(name)).expect(name);
        let replayed = run.replay();
        assert_eq!((replayed.misfit, replayed.outcome.verdict), (None, Verdict::Holds), "{name}");
    }
}

/// What the files are for: a spec that goes blind for one of these properties fails here, without
/// any search.
#[test]
fn the_saved_runs_show_these_properties_violated() {
    let mut found = BTreeSet::new();
    for (_, run) in saved() {
        if let Verdict::Violated(violation) = run.replay().outcome.verdict {
            found.insert(violation.property());
        }
    }
    let expected = BTreeSet::from([
        PropertyName::StoreBeforeForward,
        PropertyName::RemoveLast,
        PropertyName::NeverLost,
        PropertyName::EffectOnce,
        PropertyName::RoutedByPolicy,
        PropertyName::MonotoneVersion,
        PropertyName::DeliveredAll,
        PropertyName::StoredEverywhere,
        PropertyName::Drained,
    ]);
    assert_eq!(found, expected);
}

/// A generated scenario found it: a container had more of its batch to finish when the old release came back, and less when the new one came
/// again, and became one of the old release in the end.
#[test]
fn the_last_release_that_comes_is_the_one_that_stays() {
    let name = "rolled-back-and-deployed-in-a-batch.toml";
    let (_, run) = saved().into_iter().find(|(path, _)| path.ends_with(name)).expect("it is saved");
    assert_eq!(run.replay().outcome.verdict, Verdict::Holds);
}

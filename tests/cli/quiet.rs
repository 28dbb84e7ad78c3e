//! How much is printed: a summary that fits one screen, and `--quiet`.

use super::{Done, Place};

/// What is left of a terminal of 24 lines when the next prompt is on it, too.
const SCREEN: usize = 23;

#[test]
fn the_summary_of_a_sweep_that_holds_fits_one_screen() {
    let done = Place::new().run("sweep f1-fail-container --runs 100");
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert!(done.status == Some(0) && lines.len() <= SCREEN, "{}", done.stdout);
    assert!(lines.iter().all(|line| line.chars().count() <= 130), "{}", done.stdout);
    for &property in active_active::spec::PropertyName::ALL {
        assert!(done.stdout.contains(property.name()), "{property} in\n{}", done.stdout);
    }
}

/// Nothing on the standard error output either, where `verify` tells how fast it was.
fn quiet(arguments: &str) -> Done {
    let done = Place::new().run(arguments);
    assert_eq!(done.stderr, "", "{arguments}");
    done
}

#[test]
fn quiet_prints_the_verdict_of_what_holds_and_nothing_else() {
    let cases = [
        ("sweep baseline --runs 50 --quiet", "HOLDS. No violation in 50 runs."),
        ("run baseline -q", "HOLDS: no property of the spec was violated"),
        ("verify baseline --records 1 --stages 1 -q", "VERIFIED within this scope"),
    ];
    for (arguments, begins) in cases {
        let done = quiet(arguments);
        assert_eq!(done.status, Some(0), "{arguments}");
        assert!(done.stdout.starts_with(begins), "{arguments}: {}", done.stdout);
        assert!(done.stdout.lines().count() <= 2, "{arguments}: {}", done.stdout);
    }
    let cut = quiet("sweep baseline --runs 5 --max-steps 10 -q");
    assert!(cut.stdout.starts_with("INCONCLUSIVE"), "{}", cut.stdout);
}

/// Without them the verdict says more than was shown.
#[test]
fn quiet_prints_the_conditions_of_a_verdict() {
    let place = Place::new();
    let crashes = "name = \"crashes\"\ntopology.stages = [\"core\"]\nrecords.batches = [1]\n\
                   script = [\"publish 1\", \"crash core-container@1\", \"await delivered all\"]";
    place.write("crashes.toml", crashes);
    // What a table has lost is in the other one, and no property claims that it comes back.
    let lost = "name = \"lost\"\ntopology.stages = [\"core\"]\nrecords.batches = [1]\n\
                script = [\"publish 1\", \"await delivered all\", \"await quiescent\", \"lose core-table@1\", \
                \"await quiescent\"]";
    place.write("lost.toml", lost);
    let lacks = "StoredEverywhere holds except for ";
    for command in ["sweep lost.toml --runs 20 -q", "verify lost.toml -q"] {
        let done = place.run(command);
        assert_eq!(done.status, Some(0), "{command}");
        assert!(done.stdout.contains(lacks), "{command}: {}", done.stdout);
    }
    let never = "\nNEVER STRUCK: budget.expire; no run shows what it does.\n";
    let stopped = "core-container@1 crashed and nothing in the script restarts it";
    let in_all = format!("\nNeeded an operator in 20 of 20 runs: {stopped} (run 0).\n");
    let in_one = format!("\nNeeded an operator: {stopped}.\n");
    let cases = [
        ("sweep baseline --runs 20 --set budget.expire=1", never),
        ("verify baseline --records 1 --stages 1 --set budget.expire=1", never),
        ("sweep crashes.toml --runs 20", &in_all),
        ("run crashes.toml", &in_one),
    ];
    for (arguments, ends) in cases {
        let done = place.run(&format!("{arguments} -q"));
        assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""), "{arguments}");
        assert!(done.stdout.ends_with(ends), "{arguments}: {}", done.stdout);
    }
}

#[test]
fn quiet_prints_of_a_failure_what_it_is_and_how_to_see_it() {
    let unsound = "baseline --set container.steps=remove,store,publish";
    for command in ["sweep", "run", "verify --records 1 --stages 1"] {
        let arguments = format!("{command} {unsound} -q");
        let done = quiet(&arguments);
        assert_eq!(done.status, Some(1), "{arguments}: {}", done.stdout);
        assert!(done.stdout.starts_with("VIOLATED: "), "{arguments}: {}", done.stdout);
        for part in
            ["  Happened   ", "  Saved in   failures/", "  Replay     active-active replay "]
        {
            assert!(done.stdout.contains(part), "{part} of {arguments}: {}", done.stdout);
        }
        assert!(done.stdout.lines().count() <= 10, "{arguments}: {}", done.stdout);
    }
}

#[test]
fn quiet_and_a_format_exclude_each_other() {
    let done = Place::new().run("sweep baseline --quiet --format json");
    assert_eq!((done.status, done.stdout.as_str()), (Some(2), ""));
    assert!(done.stderr.contains("cannot be used with"), "{}", done.stderr);
}

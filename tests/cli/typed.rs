//! What was typed at the command line, in what it says.

use super::Place;
use crate::common::program::program;

/// What was typed comes back in errors: as text, and not more of it than helps.
#[test]
fn what_was_typed_is_shown_as_text_and_not_at_length() {
    let place = Place::new();
    let turned = "a\u{202e}b";
    let shown = "a\\u{202e}b";
    for arguments in [
        vec!["sweep", "baseline", "--scheduler", turned],
        vec!["sweep", "baseline", turned],
        vec![turned],
        vec!["merge", turned],
        vec!["replay", turned],
        vec!["man", turned],
        vec!["verify", "baseline", "--budget", turned],
    ] {
        let output = program().args(&arguments).current_dir(place.directory.path()).output();
        let output = output.expect("the program was built for this test");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(error.contains(shown) && !error.contains('\u{202e}'), "{arguments:?}: {error}");
    }
    let written = program()
        .args(["export", "csv", "baseline", "--out", turned])
        .current_dir(place.directory.path())
        .output();
    let written = written.expect("the program was built for this test");
    assert!(String::from_utf8_lossy(&written.stdout).contains(shown), "{written:?}");
    let long = "x".repeat(100_000);
    for arguments in [
        vec!["sweep", "baseline", "--scheduler", &long],
        vec!["sweep", "baseline", &long],
        vec!["sweep", "baseline", "--set", &long],
        vec!["verify", "baseline", "--memory", &long],
        vec!["merge", &long],
    ] {
        let output = program().args(&arguments).current_dir(place.directory.path()).output();
        let output = output.expect("the program was built for this test");
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stderr.len() < 2_000, "{}: {}", arguments[0], output.stderr.len());
    }
}

/// A directory that cannot be made is refused before the work, which would take years, and not when there is something to save.
#[test]
fn a_directory_whose_name_is_too_long_is_refused_before_the_work() {
    let place = Place::new();
    let long = "d".repeat(300);
    let done = place.run(&format!("sweep crash-anywhere --runs 18446744073709551615 --out {long}"));
    assert_eq!(done.status, Some(2), "{}", done.stderr);
    assert!(done.stderr.contains("cannot be written"), "{}", done.stderr);
}

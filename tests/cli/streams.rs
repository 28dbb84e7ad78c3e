//! What happens to the streams: pipes that break, disks that are full, colours.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use super::Place;
use crate::common::program::program;

fn command(place: &Place, arguments: &str) -> Command {
    let mut command = program();
    command.args(arguments.split_whitespace()).current_dir(place.directory.path());
    command
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    let commands = [
        ("run f1-fail-container", Some(0)),
        ("run f1-fail-container --format json", Some(0)),
        ("sweep crash-anywhere --set container.steps=remove,store,publish", Some(1)),
        ("list", Some(0)),
        ("--help", Some(0)),
    ];
    for (arguments, status) in commands {
        for lines in [0, 1] {
            let mut child = command(&place, arguments)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the binary was built for this test");
            let mut reader = BufReader::new(child.stdout.take().expect("it is a pipe"));
            for _ in 0..lines {
                reader.read_line(&mut String::new()).expect("there is a first line");
            }
            drop(reader);
            let mut stderr = String::new();
            let errors = child.stderr.as_mut().expect("it is a pipe");
            errors.read_to_string(&mut stderr).expect("errors are text");
            let ended = child.wait().expect("the process ends").code();
            assert_eq!((ended, stderr.as_str()), (status, ""), "{arguments}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_output_that_is_full_is_an_error() {
    let place = Place::new();
    for arguments in ["run baseline", "sweep baseline --runs 5", "list"] {
        let full = std::fs::File::create("/dev/full").expect("Linux has /dev/full");
        let output = command(&place, arguments)
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .expect("the binary was built for this test");
        let stderr = String::from_utf8(output.stderr).expect("errors are text");
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        assert!(stderr.starts_with("error: the standard output cannot be written: "), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn what_is_no_terminal_gets_no_colours() {
    let place = Place::new();
    for arguments in ["", "run baseline", "list", "sweep nothing", "--help"] {
        let done = place.run(arguments);
        assert!(!done.stdout.contains('\x1b'), "{arguments}");
        assert!(!done.stderr.contains('\x1b'), "{arguments}");
    }
    let mut forced = command(&place, "list");
    let output = forced.env("CLICOLOR_FORCE", "1").output().expect("the binary was built");
    assert!(output.stdout.contains(&0x1b), "colours can be asked for");
}

/// A limit on processes, say: every thread but the first failed to start, and the panic of `verify` left the
/// others waiting for ever. A stack for which there is no room has the same effect.
#[test]
fn without_more_threads_the_work_is_done_by_one() {
    let place = Place::new();
    for arguments in [
        "sweep crash-anywhere --runs 200 --threads 8",
        "sweep crash-anywhere --runs 200 --threads 8 --scheduler timed",
        "verify f3-fail-queue --threads 8",
    ] {
        // A search counts more steps when several threads hand work to each other.
        let expected = place.run(&arguments.replace("--threads 8", "--threads 1"));
        let mut limited = command(&place, arguments);
        limited.env("RUST_MIN_STACK", (1_u64 << 47).to_string());
        let output = limited.output().expect("the program was built for this test");
        assert_eq!(output.status.code(), Some(0), "{arguments}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected.stdout, "{arguments}");
        // Those that worked are counted, and not those that were asked for.
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("8 threads"), "{arguments}: {said}");
        let is_counted = !arguments.starts_with("verify") || said.contains(", 1 thread, ");
        assert!(is_counted, "{arguments}: {said}");
    }
    let mut timed = command(&place, "sweep baseline --for 1s");
    timed.env("RUST_MIN_STACK", (1_u64 << 47).to_string());
    let output = timed.output().expect("the program was built for this test");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(error.starts_with("error: the system starts no thread to watch the time: "), "{error}");
}

/// The thread that carries out what an interrupt does cannot be started: the signal was caught all the same, and nothing ended the
/// program but SIGKILL. Now it is not caught.
#[cfg(unix)]
#[test]
fn without_more_threads_a_signal_ends_the_program() {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let place = Place::new();
    let mut limited = command(&place, "sweep baseline --runs 18446744073709551615 --threads 8");
    limited.env("RUST_MIN_STACK", (1_u64 << 47).to_string());
    limited.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = limited.spawn().expect("the program was built for this test");
    // Long enough that it has begun to work; a signal before that ends it as well.
    std::thread::sleep(Duration::from_millis(500));
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(killed.expect("there is a command 'kill'").success());
    // A minute, looked at every twentieth of a second.
    let ended = (0..1_200).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        child.try_wait().expect("it is a child of this process")
    });
    let Some(status) = ended else {
        child.kill().expect("it is a child of this process");
        panic!("it goes on after SIGTERM");
    };
    assert_eq!(status.signal(), Some(15));
}

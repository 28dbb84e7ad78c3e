//! Tests of one binary under one fault.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::suite::Group;

/// What is run.
#[derive(Clone, Copy)]
pub(crate) struct Trial<'a> {
    pub(crate) group: &'a Group,
    /// The fault that is planted; 0: none.
    pub(crate) fault: u16,
    /// How long no test may end before the trial is stopped.
    pub(crate) silence_max: Duration,
}

/// How it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// Every test passed.
    Passed {
        /// How long all of it took.
        took: Duration,
        /// How long the slowest test took.
        slowest: Duration,
    },
    /// This test failed; those behind it were not run.
    Failed(String),
    /// This test did not end.
    Hung(String),
    /// The process ended during this test, of an overflown stack for instance.
    Died(String),
}

/// How much memory a test may ask for, in KiB: a fault that leaves search without an end should not take
/// the machine along.
const MEMORY_KIB_MAX: u64 = 8 << 20;

impl Trial<'_> {
    /// Runs it until the first test fails.
    pub(crate) fn run(&self, tree: &Path) -> io::Result<End> {
        let mut child = self.spawn(tree)?;
        let (sender, receiver) = channel();
        let out = child.stdout.take();
        let reader = thread::spawn(move || out.map_or(Ok(()), |out| forward(out, &sender)));
        let end = self.watch(&receiver);
        if !matches!(end, End::Passed { .. }) {
            stop(&mut child);
        }
        let status = child.wait()?;
        // It was stopped on purpose unless all passed: then it has closed its output.
        let read = reader.join().expect("reading does not panic");
        match end {
            End::Passed { .. } if !status.success() => Ok(End::Died(status.to_string())),
            End::Passed { .. } => read.map(|()| end),
            End::Failed(_) | End::Hung(_) | End::Died(_) => Ok(end),
        }
    }

    fn spawn(&self, tree: &Path) -> io::Result<Child> {
        let limited = format!("ulimit -v {MEMORY_KIB_MAX}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(limited).arg(&self.group.binary.path).arg("--test-threads=1");
        command.args(["--include-ignored", "--exact"]).args(&self.group.tests);
        command.current_dir(tree).stdout(Stdio::piped()).stderr(Stdio::null());
        command.env("PLANTED", self.fault.to_string());
        // The same cases each time: a fault is not caught by luck.
        command.env("PROPTEST_RNG_SEED", "1");
        // Tests start the command line; all of them are stopped together.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }

    /// Follows what the binary prints of its tests.
    fn watch(&self, said: &Receiver<String>) -> End {
        let begin = Instant::now();
        let mut progress = Report::default();
        let (mut last, mut slowest) = (begin, Duration::ZERO);
        loop {
            match said.recv_timeout(self.silence_max.saturating_sub(last.elapsed())) {
                Ok(text) => {
                    let ended = progress.ended;
                    progress.read(&text);
                    if let Some(test) = progress.failed {
                        return End::Failed(test);
                    }
                    if progress.ended > ended {
                        slowest = slowest.max(last.elapsed());
                        last = Instant::now();
                    }
                }
                Err(RecvTimeoutError::Timeout) => return End::Hung(progress.running),
                Err(RecvTimeoutError::Disconnected) if progress.is_complete => {
                    return End::Passed { took: begin.elapsed(), slowest };
                }
                Err(RecvTimeoutError::Disconnected) => return End::Died(progress.running),
            }
        }
    }
}

/// What a test binary has said so far.
#[derive(Default)]
struct Report {
    /// The line that is not whole yet.
    line: String,
    /// The test that is being run.
    running: String,
    /// How many tests ended.
    ended: usize,
    /// The first test that failed.
    failed: Option<String>,
    /// All tests ended.
    is_complete: bool,
}

impl Report {
    fn read(&mut self, text: &str) {
        for char in text.chars() {
            if char != '\n' {
                self.line.push(char);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            self.name_of(&line);
            // A test may print behind its name; then the result has a line of its own.
            if line.ends_with("FAILED") && !line.starts_with("test result") {
                self.failed.get_or_insert(self.running.clone());
            }
            self.ended += usize::from(line.ends_with("ok"));
            self.is_complete |= line.starts_with("test result: ok");
        }
        let line = std::mem::take(&mut self.line);
        self.name_of(&line);
        self.line = line;
    }

    fn name_of(&mut self, line: &str) {
        if let Some((name, _)) = line.strip_prefix("test ").and_then(|of| of.split_once(" ... ")) {
            name.trim_end_matches(" - should panic").clone_into(&mut self.running);
        }
    }
}

/// Sends on what can be read, as soon as it can.
fn forward(mut out: ChildStdout, sender: &Sender<String>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let read = out.read(&mut buffer)?;
        let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
        // No receiver: the trial is over.
        if read == 0 || sender.send(text).is_err() {
            return Ok(());
        }
    }
}

/// Stops the process and those that it started.
fn stop(child: &mut Child) {
    let group = format!("-{}", child.id());
    let all = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    if !all.is_ok_and(|status| status.success()) {
        // The process has ended already, or the system knows no groups.
        let _ = child.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Binary;

    fn report(texts: &[&str]) -> Report {
        let mut report = Report::default();
        texts.iter().for_each(|text| report.read(text));
        report
    }

    #[test]
    fn the_first_test_that_fails_is_named() {
        let said = report(&["running 3 tests\ntest a::b ... ok\ntest a::", "c ... FAI", "LED\n"]);
        assert_eq!(said.failed.as_deref(), Some("a::c"));
        assert_eq!(said.ended, 1);
    }

    #[test]
    fn a_test_that_prints_is_named_all_the_same() {
        let said = report(&["test a ... some words\nFAILED\n"]);
        assert_eq!(said.failed.as_deref(), Some("a"));
    }

    #[test]
    fn the_test_that_is_being_run_is_known() {
        let said = report(&["test a ... ok\ntest b - should panic ... "]);
        assert_eq!((said.running.as_str(), said.ended), ("b", 1));
        assert!(said.failed.is_none() && !said.is_complete);
    }

    #[test]
    fn a_binary_has_passed_when_it_says_so() {
        assert!(report(&["test a ... ok\n\ntest result: ok. 1 passed\n"]).is_complete);
        let failed = report(&["test a ... FAILED\n\ntest result: FAILED. 0 passed\n"]);
        assert!(!failed.is_complete);
        assert_eq!(failed.failed.as_deref(), Some("a"));
    }

    fn script(lines: &str) -> (tempfile::TempDir, Binary) {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let path = directory.path().join("binary");
        std::fs::write(&path, format!("#!/bin/sh\n{lines}\n")).expect("a file can be written");
        let mode = Command::new("chmod").arg("+x").arg(&path).status();
        assert!(mode.is_ok_and(|status| status.success()));
        (directory, Binary { name: "lib".to_owned(), path, tests: vec!["a".to_owned()] })
    }

    fn end_of(lines: &str, silence_max: Duration) -> End {
        let (directory, binary) = script(lines);
        let trial = Trial { group: &binary.groups()[0], fault: 7, silence_max };
        trial.run(directory.path()).expect("it can be run")
    }

    #[test]
    fn the_fault_is_planted_by_its_number() {
        let lines = "echo \"test a$PLANTED ... FAILED\"\nsleep 600";
        assert_eq!(end_of(lines, Duration::from_secs(60)), End::Failed("a7".to_owned()));
    }

    #[test]
    fn only_the_tests_of_the_group_are_run() {
        let lines = "echo \"test $* ... FAILED\"\nsleep 600";
        let end = end_of(lines, Duration::from_secs(60));
        assert_eq!(end, End::Failed("--test-threads=1 --include-ignored --exact a".to_owned()));
    }

    #[test]
    fn what_does_not_end_is_stopped() {
        let lines = "printf 'test a ... '\nsleep 600";
        assert_eq!(end_of(lines, Duration::from_millis(50)), End::Hung("a".to_owned()));
    }

    #[test]
    fn what_dies_has_not_passed() {
        let lines = "printf 'test a ... '\nkill -ABRT $$";
        assert_eq!(end_of(lines, Duration::from_secs(60)), End::Died("a".to_owned()));
        let lines = "echo 'test result: ok. 1 passed'\nexit 3";
        let end = end_of(lines, Duration::from_secs(60));
        assert_eq!(end, End::Died("exit status: 3".to_owned()));
    }

    #[test]
    fn what_passes_is_timed() {
        let end = end_of("echo 'test a ... ok'\necho 'test result: ok. 1 passed'", Duration::MAX);
        assert!(matches!(end, End::Passed { .. }), "{end:?}");
    }
}

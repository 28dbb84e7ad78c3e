//! The program as it was built for the tests.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Where it is.
pub(crate) const PATH: &str = env!("CARGO_BIN_EXE_active-active");

/// A command that runs it.
pub(crate) fn program() -> Command {
    Command::new(PATH)
}

/// Runs a command with this standard input.
pub(crate) fn typing(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program was built for this test");
    let mut stdin = child.stdin.take().expect("it is piped");
    std::thread::scope(|scope| {
        // A program that refuses its arguments ends before it has read anything.
        scope.spawn(move || drop(stdin.write_all(input.as_bytes())));
        child.wait_with_output().expect("its output can be read")
    })
}

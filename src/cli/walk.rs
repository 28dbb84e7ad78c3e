//! `replay --step`: a run step by step, forward and back, with what the system holds.

use std::io::{BufRead, Write};

use active_active::explore::Runner;
use active_active::report::{Line, Palette, View};
use active_active::saved::SavedRun;

use super::error::CliError;
use super::output::Output;

const HELP: &str = "n (or Enter) next, b back, v to the violation, a number to that step, q quit";

/// A position in a trace.
struct Walk<'a> {
    saved: &'a SavedRun,
    /// At least one.
    story: &'a [Line],
    at: usize,
}

/// What to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Command {
    Next,
    Back,
    Last,
    Step(u64),
    Quit,
}

impl Command {
    fn parse(line: &str) -> Option<Command> {
        match line.trim() {
            "" | "n" | "next" => Some(Command::Next),
            "b" | "back" => Some(Command::Back),
            "v" | "violation" => Some(Command::Last),
            "q" | "quit" => Some(Command::Quit),
            number => number.parse().ok().map(Command::Step),
        }
    }
}

/// Walks through a story until the input ends or says so.
///
/// # Errors
///
/// If the output cannot be written.
pub(crate) fn walk(
    saved: &SavedRun,
    story: &[Line],
    input: &mut impl BufRead,
    output: &mut Output<impl Write>,
) -> Result<(), CliError> {
    if story.is_empty() {
        return output.write("Nothing happens in this run.\n");
    }
    let mut walk = Walk { saved, story, at: 0 };
    output.write(&format!("\n{HELP}\n"))?;
    walk.show(output)?;
    loop {
        output.write(&format!("[{} of {}] ", walk.at + 1, story.len()))?;
        output.finish()?;
        let mut line = String::new();
        // An input that cannot be read says no more.
        if !matches!(input.read_line(&mut line), Ok(1..)) {
            return output.write("\n");
        }
        match Command::parse(&line) {
            Some(Command::Quit) => return Ok(()),
            Some(command) => {
                if !walk.go(command) {
                    output.write("That is as far as it goes.\n")?;
                }
                walk.show(output)?;
            }
            None => output.write(&format!("{HELP}\n"))?,
        }
    }
}

impl Walk<'_> {
    /// Goes there; whether that is elsewhere.
    fn go(&mut self, command: Command) -> bool {
        let last = self.story.len() - 1;
        let is_there =
            |wanted: u64| move |line: &Line| line.step.is_some_and(|step| step >= wanted);
        let to = match command {
            Command::Next => (self.at + 1).min(last),
            Command::Back => self.at.saturating_sub(1),
            Command::Last => last,
            Command::Step(step) => self.story.iter().position(is_there(step)).unwrap_or(last),
            Command::Quit => self.at,
        };
        std::mem::replace(&mut self.at, to) != to
    }

    fn show(&self, output: &mut Output<impl Write>) -> Result<(), CliError> {
        let line = &self.story[self.at];
        let before = self.story[..=self.at].iter().rev().find_map(|line| line.step);
        let mut view = View::after(before.unwrap_or(0));
        self.saved.replay_in(&mut Runner::new(self.saved.plan().clone()), &mut view);
        let mut text = format!("{}\n", line.text(&Palette::COLOURS));
        for line in view.lines() {
            text.push_str(&format!("           {line}\n"));
        }
        output.tell(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_short_and_a_long_name() {
        let cases = [
            ("", Some(Command::Next)),
            ("n\n", Some(Command::Next)),
            ("back", Some(Command::Back)),
            (" v ", Some(Command::Last)),
            ("17", Some(Command::Step(17))),
            ("q", Some(Command::Quit)),
            ("x", None),
            ("-1", None),
        ];
        for (text, command) in cases {
            assert_eq!(Command::parse(text), command, "{text}");
        }
    }
}

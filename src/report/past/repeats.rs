//! What a machine tries again and again is told once, with how often.
//!
//! A source that is refused for a minute makes a story of thousands of lines, of which five say all.

use crate::report::story::{Line, Mark};

/// The longest stretch whose repetitions are looked for: a record that is sent, refused, and sent again takes five steps.
const LENGTH_MAX: usize = 16;

/// A stretch that follows itself so often, or more often, is told once.
const TIMES_MIN: usize = 3;

/// The lines, with one instead of all repetitions of what was told just before.
pub(super) fn folded(lines: Vec<Line>) -> Vec<Line> {
    let mut told: Vec<Line> = Vec::with_capacity(lines.len());
    let mut rest = lines.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let found = (1..=LENGTH_MAX).map(|length| (length, times(rest, length)));
        let Some((length, times)) = found.into_iter().find(|&(_, times)| times >= TIMES_MIN) else {
            told.push(first.clone());
            rest = after;
            continue;
        };
        let (stretch, after) = rest.split_at(length * times);
        told.extend_from_slice(&stretch[..length]);
        told.push(more(stretch, length, times - 1));
        rest = after;
    }
    told
}

/// How often the lines begin with their first so many, one after the other; all are steps in which nothing failed.
fn times(lines: &[Line], length: usize) -> usize {
    let Some(first) = lines.get(..length) else { return 0 };
    if first.iter().any(|line| line.mark != Mark::Step) {
        return 0;
    }
    let is_same = |(one, other): (&Line, &Line)| {
        (one.phase, one.mark, &one.text) == (other.phase, other.mark, &other.text)
    };
    let stretches = lines.chunks_exact(length);
    stretches.take_while(|stretch| stretch.iter().zip(first).all(is_same)).count()
}

fn more(stretch: &[Line], length: usize, times: usize) -> Line {
    let last = stretch.iter().rev().find_map(|line| line.step).expect("they are steps");
    let what = match length {
        1 => "this step".to_owned(),
        many => format!("these {many} steps"),
    };
    let text = format!("and {what} {times} times more, the last time up to step {last}");
    Line { step: None, phase: stretch[0].phase, mark: Mark::Heading, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Phase;

    fn told(texts: &[&str]) -> Vec<String> {
        let line = |(index, text): (usize, &&str)| {
            let mark = if text.starts_with("FAULT") { Mark::Fault } else { Mark::Step };
            let step = Some(index as u64 + 1);
            Line { step, phase: Phase::Chaos, mark, text: (*text).to_owned() }
        };
        let lines = texts.iter().enumerate().map(line).collect();
        folded(lines).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn what_is_tried_again_and_again_is_told_once() {
        let tries =
            ["publish", "send", "refuse", "send", "refuse", "send", "refuse", "send", "take"];
        let more = "and these 2 steps 2 times more, the last time up to step 7";
        assert_eq!(told(&tries), ["publish", "send", "refuse", more, "send", "take"]);
        let one = "and this step 3 times more, the last time up to step 4";
        assert_eq!(told(&["wait"; 4]), ["wait", one]);
    }

    /// Twice is told twice, and so is what fails: each fault counts.
    #[test]
    fn what_is_tried_twice_and_what_fails_is_told_each_time() {
        let twice = ["send", "refuse", "send", "refuse", "take"];
        assert_eq!(told(&twice), twice);
        let faults = ["FAULT: one", "send", "FAULT: one", "send", "FAULT: one", "send"];
        assert_eq!(told(&faults), faults);
    }
}

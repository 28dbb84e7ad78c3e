//! Rounds of healing that went as the one before did: they are told once.
//!
//! The system is healed again when a container has stopped meanwhile. Where that is of no use, the reader
//! sees the same steps a second time, and has to compare them to find that nothing is new.

use crate::report::story::{Line, Mark};
use crate::run::Phase;

/// The lines, with one instead of each round that has the same lines as the round before.
pub(super) fn told_once(lines: Vec<Line>) -> Vec<Line> {
    let is_heal = |line: &Line| line.phase == Phase::Heal && line.mark == Mark::Heading;
    let mut told: Vec<Line> = Vec::with_capacity(lines.len());
    let mut before: &[Line] = &[];
    let mut rest = lines.as_slice();
    while !rest.is_empty() {
        let end = rest.iter().skip(1).position(is_heal).map_or(rest.len(), |at| at + 1);
        let (round, after) = rest.split_at(end);
        let is_same =
            |(one, other): (&Line, &Line)| (one.mark, &one.text) == (other.mark, &other.text);
        let repeats = round.len() == before.len() && round.iter().zip(before).all(is_same);
        if repeats && is_heal(&round[0]) {
            told.extend(once_more(round));
        } else {
            told.extend_from_slice(round);
        }
        (before, rest) = (round, after);
    }
    told
}

/// That the round goes as the one before did; nothing if it has no steps.
fn once_more(round: &[Line]) -> Option<Line> {
    let first = round.iter().find_map(|line| line.step)?;
    let last = round.iter().rev().find_map(|line| line.step)?;
    let text = format!("healed once more, and steps {first} to {last} go as these did");
    Some(Line { step: None, phase: Phase::Converge, mark: Mark::Heading, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(step: Option<u64>, phase: Phase, mark: Mark, text: &str) -> Line {
        Line { step, phase, mark, text: text.to_owned() }
    }

    fn round(first: u64, last: &str) -> Vec<Line> {
        vec![
            line(None, Phase::Heal, Mark::Heading, "heal"),
            line(Some(first), Phase::Converge, Mark::Step, "one"),
            line(Some(first + 4), Phase::Converge, Mark::Step, last),
        ]
    }

    #[test]
    fn a_round_is_told_once_if_nothing_in_it_is_new() {
        let chaos = vec![line(Some(1), Phase::Chaos, Mark::Step, "one")];
        let all = [chaos, round(2, "two"), round(7, "two"), round(12, "three")].concat();
        let told: Vec<String> = told_once(all).into_iter().map(|line| line.text).collect();
        let more = "healed once more, and steps 7 to 11 go as these did";
        assert_eq!(told, ["one", "heal", "one", "two", more, "heal", "one", "three"]);
    }
}

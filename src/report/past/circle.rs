//! The circle that a run goes round in, if it does: told is one turn of it.

use super::{Note, Past};

/// Steps that repeat until the end of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Circle {
    /// The first step of the first turn.
    pub(crate) first: u64,
    /// How many steps a turn has.
    pub(crate) length: u64,
}

/// A turn is seen as one if it was taken so often in a row.
const TURNS: usize = 3;

/// Longer turns are not looked for.
const LENGTH_MAX: usize = 2_000;

impl Circle {
    /// The shortest sequence that the end of the run repeats. Two steps are the same if the same
    /// machine handles the same kind of message about the same record.
    pub(super) fn of(past: &Past) -> Option<Circle> {
        // A healing on the way, to which the system does not answer, does not end the circle.
        let numbered = past.notes.iter().enumerate().skip(1);
        let (numbers, notes): (Vec<usize>, Vec<&Note>) =
            numbered.filter(|(_, note)| !note.is_healing()).unzip();
        let most = (notes.len() / TURNS).min(LENGTH_MAX);
        let length = (1..=most).find(|&length| repeats(&notes, notes.len(), length, TURNS))?;
        let is_same = |&index: &usize| notes[index].is_same_step(notes[index + length]);
        let turns_back = (0..notes.len() - length).rev().take_while(is_same).count();
        let first = notes.len() - length - turns_back;
        Some(Circle { first: numbers[first] as u64, length: length as u64 })
    }

    /// The last step of the first turn.
    pub(crate) fn last(self) -> u64 {
        self.first + self.length - 1
    }
}

/// Whether what ends before `end` is so many times the same.
fn repeats(notes: &[&Note], end: usize, length: usize, turns: usize) -> bool {
    let begin = end - length * turns;
    (begin..end - length).all(|index| notes[index].is_same_step(notes[index + length]))
}

//! The diagram in the language of Mermaid, which GitHub and many wikis draw.

use std::fmt::Write;

use crate::report::sequence::{Item, Row, Sequence};
use crate::report::story::Mark;

impl Sequence {
    /// The diagram as a Mermaid `sequenceDiagram`.
    ///
    /// Source: <https://mermaid.js.org/syntax/sequenceDiagram.html>
    pub fn to_mermaid(&self) -> String {
        let mut text = "sequenceDiagram\n".to_owned();
        let _ = writeln!(text, "    accTitle: {}", plain(&self.title));
        for (lane, name) in self.lanes.iter().enumerate() {
            let _ = writeln!(text, "    participant m{lane} as {}", plain(name));
        }
        if self.omitted > 0
            && let Some(all) = self.all()
        {
            let _ = writeln!(text, "    Note over {all}: {} earlier steps left out", self.omitted);
        }
        self.rows.iter().for_each(|row| text += &self.row(row));
        text
    }

    /// From the first lane to the last one.
    fn all(&self) -> Option<String> {
        match self.lanes.len() {
            0 => None,
            1 => Some("m0".to_owned()),
            lanes => Some(format!("m0,m{}", lanes - 1)),
        }
    }

    fn row(&self, row: &Row) -> String {
        let step = row.step.map_or_else(String::new, |step| format!("{step}: "));
        match &row.item {
            Item::Arrow { from, to, label, .. } => {
                format!("    m{from}-)m{to}: {step}{}\n", plain(label))
            }
            Item::Pending { from, to, label } => {
                format!("    m{from}--xm{to}: {step}{} (not handled)\n", plain(label))
            }
            Item::Note { lane, mark, label } => {
                let Some(over) = lane.map(|lane| format!("m{lane}")).or_else(|| self.all()) else {
                    return String::new();
                };
                let word = match mark {
                    Mark::Fault => "FAULT ",
                    Mark::Unexpected => "UNEXPECTED ",
                    Mark::Recovery | Mark::Heading | Mark::Step => "",
                };
                format!("    Note over {over}: {step}{word}{}\n", plain(label))
            }
            Item::Violation { label } => self.all().map_or_else(String::new, |over| {
                format!("    Note over {over}: {step}{}, {}\n", plain(label), plain(&row.text))
            }),
        }
    }
}

/// The text without what Mermaid would read as syntax: `#` and `;` begin and end an entity, a line
/// break ends a line.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '#' => plain.push_str("#35;"),
            ';' => plain.push_str("#59;"),
            '<' => plain.push_str("#lt;"),
            '>' => plain.push_str("#gt;"),
            letter if letter.is_control() => plain.push(' '),
            letter => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagram_in_mermaid() {
        let rows = vec![
            Row {
                step: Some(3),
                text: "a long sentence".to_owned(),
                item: Item::Arrow { from: 0, to: 1, sent: None, label: "send 1".to_owned() },
            },
            Row {
                step: Some(4),
                text: "b crashes".to_owned(),
                item: Item::Note {
                    lane: Some(1),
                    mark: Mark::Fault,
                    label: "b; crashes".to_owned(),
                },
            },
            Row {
                step: Some(5),
                text: "it is lost".to_owned(),
                item: Item::Violation { label: "NeverLost is violated".to_owned() },
            },
        ];
        let lanes = vec!["a".to_owned(), "b".to_owned()];
        let sequence = Sequence { title: "How".to_owned(), lanes, rows, omitted: 2 };
        let expected = "sequenceDiagram\n    accTitle: How\n    participant m0 as a\n    \
                        participant m1 as b\n    Note over m0,m1: 2 earlier steps left out\n    \
                        m0-)m1: 3: send 1\n    Note over m1: 4: FAULT b#59; crashes\n    \
                        Note over m0,m1: 5: NeverLost is violated, it is lost\n";
        assert_eq!(sequence.to_mermaid(), expected);
    }
}

//! What became of every fault, in words.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::journal::{Fate, Journal};
use crate::list::Fault;

/// How many faults were caught.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) caught: usize,
    pub(crate) survivors: Vec<u16>,
    /// Not counted.
    pub(crate) equivalent: usize,
}

/// The least part of the faults that has to be caught, in percent.
pub(crate) const CAUGHT_PERCENT_MIN: usize = 95;

impl Summary {
    pub(crate) fn of(faults: &[Fault], journal: &Journal) -> Summary {
        let mut summary = Summary::default();
        for fault in faults {
            match (&fault.equivalent, journal.fate(fault)) {
                (Some(_), _) => summary.equivalent += 1,
                (None, Some(Fate::Caught(_))) => summary.caught += 1,
                (None, Some(Fate::Survived)) => summary.survivors.push(fault.number),
                (None, None) => {}
            }
        }
        summary
    }

    pub(crate) fn is_enough(&self) -> bool {
        let counted = self.caught + self.survivors.len();
        self.caught * 100 >= counted * CAUGHT_PERCENT_MIN
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Summary { caught, survivors, equivalent } = self;
        let counted = caught + survivors.len();
        // Rounded down: 94.96 % is not 95 %.
        let permille = (caught * 1_000).checked_div(counted).unwrap_or(1_000);
        let percent = format!("{}.{}", permille / 10, permille % 10);
        write!(f, "{caught} of {counted} planted faults are caught ({percent} %)")?;
        if *equivalent > 0 {
            write!(f, "; {equivalent} more are equivalent and not counted")?;
        }
        if !survivors.is_empty() {
            let numbers: Vec<String> = survivors.iter().map(u16::to_string).collect();
            write!(f, "; survivors: {}", numbers.join(", "))?;
        }
        Ok(())
    }
}

/// The list and its results as a page of Markdown.
pub(crate) fn markdown(faults: &[Fault], journal: &Journal) -> String {
    let mut page = String::from(
        "# Planted faults\n\n\
         Faults that were put into the sources, one at a time, and the test that fails for each. Written by\n\n\
         ```sh\n\
         cargo run --manifest-path planted/Cargo.toml -- run --table docs/planted.md\n\
         ```\n\n",
    );
    let _ = writeln!(page, "{}.", Summary::of(faults, journal));
    let mut areas: BTreeMap<&str, Vec<&Fault>> = BTreeMap::new();
    for fault in faults {
        areas.entry(&fault.area).or_default().push(fault);
    }
    for (area, faults) in areas {
        let _ = writeln!(page, "\n## {area}\n\n| | fault | file | caught by |\n|---|---|---|---|");
        for fault in faults {
            let caught_by = match (&fault.equivalent, journal.fate(fault)) {
                (Some(reason), _) => format!("equivalent: {}", cell(reason)),
                (None, Some(Fate::Caught(test))) => format!("`{test}`"),
                (None, Some(Fate::Survived)) => "**survived**".to_owned(),
                (None, None) => "not run".to_owned(),
            };
            let (number, cost, file) = (fault.number, cell(&fault.cost), &fault.file);
            let _ = writeln!(page, "| {number} | {cost} | `{file}` | {caught_by} |");
        }
    }
    page
}

/// A text as the cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(count: u16) -> Vec<Fault> {
        let entry = |number| {
            let text = format!(
                "number = {number}\nfile = 'src/a.rs'\noriginal = 'b'\nplanted = 'c'\ncost = 'x|y'"
            );
            let fault: Fault = toml::from_str(&text).expect("the entry is well-formed");
            Fault { area: "model".to_owned(), ..fault }
        };
        (1..=count).map(entry).collect()
    }

    fn journal(directory: &tempfile::TempDir, caught: &[Fault], survived: &[Fault]) -> Journal {
        let mut journal = Journal::open(&directory.path().join("journal.toml"), 1);
        for fault in caught {
            let fate = Fate::Caught("lib a::b".to_owned());
            journal.note_fate(fault, fate).expect("it can be written");
        }
        for fault in survived {
            journal.note_fate(fault, Fate::Survived).expect("it can be written");
        }
        journal
    }

    #[test]
    fn ninety_five_percent_are_enough_and_less_is_not() {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let faults = faults(20);
        let summary = Summary::of(&faults, &journal(&directory, &faults[1..], &faults[..1]));
        assert_eq!(
            summary.to_string(),
            "19 of 20 planted faults are caught (95.0 %); survivors: 1"
        );
        assert!(summary.is_enough());
        let summary = Summary::of(&faults, &journal(&directory, &faults[2..], &faults[..2]));
        assert!(!summary.is_enough());
    }

    #[test]
    fn equivalent_faults_are_not_counted() {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let mut faults = faults(2);
        faults[1].equivalent = Some("both are the same".to_owned());
        let journal = journal(&directory, &faults[..1], &[]);
        let summary = Summary::of(&faults, &journal).to_string();
        let expected =
            "1 of 1 planted faults are caught (100.0 %); 1 more are equivalent and not counted";
        assert_eq!(summary, expected);
        let page = markdown(&faults, &journal);
        assert!(page.contains("| 1 | x\\|y | `src/a.rs` | `lib a::b` |"), "{page}");
        assert!(page.contains("equivalent: both are the same"), "{page}");
    }
}

//! The results so far, so that a run that was stopped goes on where it was.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::list::Fault;

/// What became of a fault.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fate {
    /// The test that failed, by binary and name; also one that did not end or that ended the process.
    Caught(String),
    /// Every test passed.
    Survived,
}

/// How long a group of tests takes without a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// All of its tests.
    pub(crate) all_ms: u64,
    /// The slowest one.
    pub(crate) slowest_ms: u64,
}

impl Cost {
    /// How long no test may end under a fault: other work on the machine is no reason to stop a test.
    pub(crate) fn silence_max(self) -> Duration {
        Duration::from_millis(self.slowest_ms * 5 + 60_000)
    }
}

/// A file that is written after every result.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Journal {
    /// The number of the sources that it is about.
    sources: String,
    /// By the name of the group.
    costs: BTreeMap<String, Cost>,
    /// By the number of the entry: what is listed under a number may change.
    fates: BTreeMap<String, Fate>,
    #[serde(skip)]
    path: PathBuf,
}

impl Journal {
    /// The journal of these sources; an empty one if the file is of others, or cannot be read.
    pub(crate) fn open(path: &Path, sources: u64) -> Journal {
        let sources = format!("{sources:016x}");
        let read = fs::read_to_string(path).ok().and_then(|text| toml::from_str(&text).ok());
        let kept = read.filter(|journal: &Journal| journal.sources == sources);
        let path = path.to_owned();
        Journal { sources, path, ..kept.unwrap_or_default() }
    }

    pub(crate) fn cost(&self, name: &str) -> Option<Cost> {
        self.costs.get(name).copied()
    }

    pub(crate) fn fate(&self, fault: &Fault) -> Option<&Fate> {
        self.fates.get(&key(fault))
    }

    pub(crate) fn note_cost(&mut self, name: &str, cost: Cost) -> io::Result<()> {
        self.costs.insert(name.to_owned(), cost);
        self.save()
    }

    pub(crate) fn note_fate(&mut self, fault: &Fault, fate: Fate) -> io::Result<()> {
        self.fates.insert(key(fault), fate);
        self.save()
    }

    fn save(&self) -> io::Result<()> {
        let text = toml::to_string(self).expect("plain data can be written as TOML");
        let beside = self.path.with_extension("new");
        fs::write(&beside, text)?;
        fs::rename(&beside, &self.path)
    }
}

/// A name for what is planted.
fn key(fault: &Fault) -> String {
    let Fault { number, file, after, original, planted, .. } = fault;
    let mut hasher = DefaultHasher::new();
    (file, after, original, planted).hash(&mut hasher);
    format!("{number}-{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(planted: &str) -> Fault {
        let entry = format!(
            "number = 3\nfile = 'src/a.rs'\noriginal = 'b'\nplanted = '{planted}'\ncost = ''"
        );
        toml::from_str(&entry).expect("the entry is well-formed")
    }

    #[test]
    fn results_are_kept_for_the_same_sources_and_the_same_entry() {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let path = directory.path().join("journal.toml");
        let cost = Cost { all_ms: 20, slowest_ms: 5 };
        let mut journal = Journal::open(&path, 1);
        journal.note_cost("lib", cost).expect("it can be written");
        journal.note_fate(&fault("c"), Fate::Survived).expect("it can be written");

        let same = Journal::open(&path, 1);
        assert_eq!(same.fate(&fault("c")), Some(&Fate::Survived));
        assert_eq!(same.fate(&fault("d")), None);
        assert_eq!(same.cost("lib"), Some(cost));
        let other = Journal::open(&path, 2);
        assert_eq!((other.fate(&fault("c")), other.cost("lib")), (None, None));
    }
}

//! A campaign as a file: to resume it, and to join the shards of several machines.
//!
//! The first line says which campaign it is; each other line is a segment. A line begins with its checksum,
//! which covers the first line, too: a line of another campaign, or one that was changed, is
//! refused, whatever it says.

use std::io::{self, BufRead, Read};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::explore::done::{Done, Overlap, Segment};
use crate::explore::shard::Shard;
use crate::explore::units::Units;
use crate::scheduler::Rhythm;
use crate::spec::Violation;

mod tally;
#[cfg(test)]
mod tests;

use tally::Tally;

/// What the first line of every file of a campaign has, so that another file is not taken for one.
pub const MARK: &str = "active-active campaign";

/// The longest line: a scenario with 16 stages and everything written out has some thousand bytes.
const LINE_MAX: u64 = 1 << 24;

/// Which campaign it is: two files are about the same one if all of this is equal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The whole scenario, as a file has it.
    pub scenario: String,
    /// The scheduler, as `--scheduler` has it.
    pub scheduler: String,
    /// The random seed.
    pub seed: u64,
    /// How many runs, of all shards together.
    pub runs: u64,
    /// Each run is stopped after this many steps, if any.
    pub steps_max: Option<u64>,
}

/// The first line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    kind: String,
    /// The version of the program: schedules may differ between versions.
    version: String,
    /// The shard, as in `3/64`.
    shard: String,
    identity: Identity,
}

/// The file of a campaign, or of a shard of it. Violations are kept as the numbers of their runs: a reader
/// makes the run again, which is all that a violation is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Which campaign it is.
    pub identity: Identity,
    shard: Shard,
    /// The first line.
    head: String,
    /// The checksum of the first line, which those of the other lines depend on.
    seed: u64,
    /// The segments that were read, each with the number of its line.
    tallies: Vec<(usize, Tally)>,
}

/// Why a file cannot be used. [`CheckpointError::line`] says where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It is another file.
    #[error("this is not the file of a campaign; give the path of one, or of a new file")]
    Unreadable,
    /// Another version wrote it.
    #[error(
        "version {found} wrote it and this is version {}; use that version, or begin a new file",
        env!("CARGO_PKG_VERSION")
    )]
    Version {
        /// The version that wrote it.
        found: String,
    },
    /// It is about another campaign.
    #[error("it is about a campaign with another {0}; give the same, or the path of a new file")]
    Other(&'static str),
    /// It has more than is asked for.
    #[error(
        "it has runs up to {last}, and {asked} are asked for; give --runs {} or more, or the path of \
         a new file",
        .last + 1
    )]
    Fewer {
        /// The last run.
        last: u64,
        /// How many are asked for.
        asked: u64,
    },
    /// A line is not as it was written.
    #[error(
        "the line is damaged: its checksum is another one; {}",
        if *.line == 1 { "begin a new file" } else { REMEDY }
    )]
    Damaged {
        /// Its number, from 1.
        line: usize,
    },
    /// A line says something that cannot be.
    #[error("{what}; {REMEDY}")]
    Impossible {
        /// Its number, from 1.
        line: usize,
        /// What cannot be.
        what: String,
    },
    /// A run is in two lines.
    #[error("{overlap}; {REMEDY}")]
    Twice {
        /// The number of the second one, from 1.
        line: usize,
        /// Which runs.
        overlap: Overlap,
    },
    /// Another build wrote it.
    #[error("{what}; another build wrote it: use that one, or begin a new file")]
    Build {
        /// The number of the line, from 1.
        line: usize,
        /// What differs.
        what: String,
    },
}

/// What to do if one line is wrong.
const REMEDY: &str = "remove the line, and 'sweep --state' with this file makes its runs again";

impl CheckpointError {
    /// The number of the line that is wrong, from 1.
    pub fn line(&self) -> Option<usize> {
        match self {
            CheckpointError::Unreadable
            | CheckpointError::Version { .. }
            | CheckpointError::Other(_)
            | CheckpointError::Fewer { .. } => None,
            CheckpointError::Damaged { line }
            | CheckpointError::Impossible { line, .. }
            | CheckpointError::Twice { line, .. }
            | CheckpointError::Build { line, .. } => Some(*line),
        }
    }
}

/// What begins every line: as text, the rest of it is one JSON object with the checksum as its first key.
fn sealed(json: &str, seed: u64) -> String {
    let body = json.strip_prefix('{').expect("an object begins with a brace");
    format!("{{\"checksum\":\"{:016x}\",{body}\n", xxh3_64_with_seed(body.as_bytes(), seed))
}

/// The object without its checksum, if that is right, and the checksum.
fn unsealed(line: &str, seed: u64) -> Option<(String, u64)> {
    let rest = line.strip_prefix("{\"checksum\":\"")?;
    let (written, body) = rest.split_at_checked(16)?;
    let body = body.strip_prefix("\",")?;
    let checksum = xxh3_64_with_seed(body.as_bytes(), seed);
    (written == format!("{checksum:016x}")).then(|| (format!("{{{body}"), checksum))
}

impl Checkpoint {
    /// The file of a campaign, or of a shard of it, without segments.
    pub fn new(identity: Identity, shard: Shard) -> Checkpoint {
        let head = Head {
            kind: MARK.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            shard: shard.to_string(),
            identity: identity.clone(),
        };
        let head = sealed(&serde_json::to_string(&head).expect("all keys are strings"), 0);
        let (_, seed) = unsealed(head.trim_end(), 0).expect("it was just sealed");
        Checkpoint { identity, shard, head, seed, tallies: Vec::new() }
    }

    /// The whole file, if this is done.
    pub fn to_text(&self, done: &Done) -> String {
        let mut text = self.head.clone();
        for (first, report) in done.segments() {
            text += &self.seal(&Tally::of(first, report));
        }
        text
    }

    /// A segment, as a line that may be put behind the file.
    pub fn line(&self, segment: &Segment) -> String {
        self.seal(&Tally::of(segment.first, &segment.report))
    }

    fn seal(&self, tally: &Tally) -> String {
        sealed(&serde_json::to_string(tally).expect("all keys are strings"), self.seed)
    }

    /// As [`Checkpoint::read`], from memory.
    ///
    /// # Errors
    ///
    /// As there, but for those of reading.
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let read = Checkpoint::read(text.as_bytes());
        read.unwrap_or_else(|error| unreachable!("memory can be read: {error}"))
    }

    /// Reads a file. A last line without its end, because the process that wrote it was killed or the
    /// disk was full, is left out: its runs are not done.
    ///
    /// # Errors
    ///
    /// If it cannot be read; inside, if it is not the file of a campaign, if another version wrote it, or if a
    /// line is damaged.
    pub fn read(file: impl BufRead) -> io::Result<Result<Checkpoint, CheckpointError>> {
        let mut lines = Lines { file, number: 0 };
        let Some(line) = lines.next()? else { return Ok(Err(CheckpointError::Unreadable)) };
        let mut read = match Checkpoint::of_head(&line) {
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
        while let Some(text) = lines.next()? {
            let line = lines.number;
            let tally = unsealed(&text, read.seed)
                .and_then(|(json, _)| serde_json::from_str::<Tally>(&json).ok());
            match tally {
                Some(tally) => read.tallies.push((line, tally)),
                None => return Ok(Err(CheckpointError::Damaged { line })),
            }
        }
        Ok(Ok(read))
    }

    fn of_head(line: &str) -> Result<Checkpoint, CheckpointError> {
        #[derive(Deserialize)]
        struct Kind {
            kind: String,
            version: String,
        }
        // What other versions write after these is theirs.
        let is_ours = |kind: &Kind| kind.kind == MARK;
        let damaged = match line.contains(MARK) {
            true => CheckpointError::Damaged { line: 1 },
            false => CheckpointError::Unreadable,
        };
        let (json, seed) = unsealed(line, 0).ok_or(damaged)?;
        let kind = serde_json::from_str::<Kind>(&json).ok().filter(is_ours);
        let Kind { version, .. } = kind.ok_or(CheckpointError::Unreadable)?;
        if version != env!("CARGO_PKG_VERSION") {
            return Err(CheckpointError::Version { found: version });
        }
        let head = serde_json::from_str::<Head>(&json).ok();
        let head = head.and_then(|head| Some((head.shard.parse().ok()?, head.identity)));
        let (shard, identity) = head.ok_or(CheckpointError::Unreadable)?;
        Ok(Checkpoint { identity, shard, head: format!("{line}\n"), seed, tallies: Vec::new() })
    }

    /// Which shard it is.
    pub fn shard(&self) -> Shard {
        self.shard
    }

    /// That it is about this campaign and this shard. The file of a whole campaign may have been asked for
    /// another number of runs: the next ones follow.
    ///
    /// # Errors
    ///
    /// What differs.
    pub fn check(&self, identity: &Identity, shard: Shard) -> Result<(), CheckpointError> {
        let own = &self.identity;
        let differs = [
            ("scenario", own.scenario != identity.scenario),
            ("scheduler", own.scheduler != identity.scheduler),
            ("seed", own.seed != identity.seed),
            ("bound on steps", own.steps_max != identity.steps_max),
            ("shard", self.shard != shard),
            ("number of runs", own.runs != identity.runs && !shard.is_all()),
        ];
        match differs.into_iter().find(|(_, differs)| *differs) {
            Some((what, _)) => Err(CheckpointError::Other(what)),
            None => Ok(()),
        }
    }

    /// What is done, of a campaign of this many runs by a scheduler of this rhythm. `violation_of` makes
    /// a run again and says what it violates.
    ///
    /// # Errors
    ///
    /// If a line says what cannot be, or a run is in two lines.
    pub fn done(
        &self,
        runs: u64,
        rhythm: Rhythm,
        violation_of: &mut dyn FnMut(u64) -> Option<Box<Violation>>,
    ) -> Result<Done, CheckpointError> {
        let units = Units::of_shard(rhythm, runs, self.shard);
        let mut done = Done::of(self.shard);
        for (line, tally) in &self.tallies {
            let line = *line;
            let range = tally.range().map_err(|what| CheckpointError::Impossible { line, what })?;
            if range.end > runs {
                return Err(CheckpointError::Fewer { last: self.last_of(range.end), asked: runs });
            }
            if !units.has(&range) {
                let what = format!("run {} is not of shard {}", range.start, self.shard);
                return Err(CheckpointError::Impossible { line, what });
            }
            let report = tally.report(violation_of).map_err(|cause| cause.at(line))?;
            let added = done.add(Segment { first: range.start, report });
            added.map_err(|overlap| CheckpointError::Twice { line, overlap })?;
        }
        Ok(done)
    }

    /// The last run of all lines; one ends before `end`.
    fn last_of(&self, end: u64) -> u64 {
        let ends = self.tallies.iter().filter_map(|(_, tally)| Some(tally.range().ok()?.end));
        ends.fold(end, u64::max) - 1
    }

    /// The first run of the shard that is not done, though it comes before a violation; none if the shard
    /// is complete.
    pub fn missing(&self, done: &Done, rhythm: Rhythm) -> Option<u64> {
        done.report(&Units::of_shard(rhythm, self.identity.runs, self.shard)).1
    }
}

/// The lines of a file, each without its end.
struct Lines<R> {
    file: R,
    /// The number of the last one, from 1.
    number: usize,
}

impl<R: BufRead> Lines<R> {
    /// The next line that ends. What is not text, or too long, is not a line of such a file, and is
    /// given as far as it is text.
    fn next(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        (&mut self.file).take(LINE_MAX).read_until(b'\n', &mut line)?;
        self.number += 1;
        let is_whole = line.pop_if(|last| *last == b'\n').is_some();
        match is_whole || line.len() as u64 + 1 >= LINE_MAX {
            true => Ok(Some(String::from_utf8_lossy(&line).into_owned())),
            false => Ok(None),
        }
    }
}

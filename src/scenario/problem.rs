//! What can be wrong with a scenario whose form is right.

/// One thing that is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{key}: {cause}")]
pub struct Problem {
    /// The key, as in `dns.weights[1]`; indices count from 0.
    pub key: String,
    /// What is wrong and what would be right.
    pub cause: Cause,
}

impl Problem {
    pub(crate) fn new(key: impl Into<String>, cause: Cause) -> Problem {
        Problem { key: key.into(), cause }
    }
}

/// What is wrong and what would be right.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The file is of another version.
    #[error("format {found} is not known here; this build reads format {known}")]
    Format {
        /// The file's.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// A number is out of its range.
    #[error("{found} {what}; use {min} to {max}")]
    Range {
        /// What there are so many of.
        what: &'static str,
        /// How many.
        found: u64,
        /// At least.
        min: u64,
        /// At most.
        max: u64,
    },
    /// A name has a character that would make it ambiguous.
    #[error(
        "'{0}' is not a name; use 1 to 64 small letters, digits and '-', beginning with a letter"
    )]
    Name(String),
    /// A text has a character that would change how a terminal shows it.
    #[error("has the character U+{:04X}, which a terminal does not show as text; leave it out", u32::from(*.0))]
    Unprintable(char),
    /// Two components would have the same name.
    #[error("two components would be called '{0}'; rename a stage")]
    Ambiguous(String),
    /// A list has the wrong length.
    #[error("{found} weights for {regions} regions; give one for each, or none for equal ones")]
    WeightCount {
        /// How many there are.
        found: usize,
        /// How many there should be.
        regions: u8,
    },
    /// The steps of a container are not what they have to be.
    #[error(
        "a container needs store, publish and remove once each, in any order, or store and remove only, where the relay of \
         its table publishes; and call at most once"
    )]
    Steps,
    /// Two options contradict each other.
    #[error("{why}; {remedy}")]
    Contradiction {
        /// How.
        why: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Stages do not send to each other as they have to.
    #[error("{why}; {remedy}")]
    Way {
        /// How.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A fault that fifo queues do not have.
    #[error(
        "a fifo queue keeps the order, and so does a log; set queue.delivery = \"standard\", or use 0"
    )]
    OnlyStandardQueues,
    /// A fault that only global databases have.
    #[error(
        "only a global database has a writer; set store.default = \"aurora\", or \"aurora\" for a \
         stage in store.stages, or use 0"
    )]
    NoWriter,
    /// What is set for all stages contradicts what is set for one.
    #[error(
        "{why}, and {key} of all stages is in force at '{stage}'; set stage.{stage}.{key}, too"
    )]
    OfAllStages {
        /// The stage.
        stage: String,
        /// What is set for all stages.
        key: &'static str,
        /// How.
        why: &'static str,
    },
    /// A record does not exist.
    #[error("there is no record {found}; the scenario has {records}, counted from 1")]
    UnknownRecord {
        /// What was written.
        found: u16,
        /// How many there are.
        records: u64,
    },
    /// A component does not exist.
    #[error("no component is called '{name}'{hint}")]
    UnknownComponent {
        /// What was written.
        name: String,
        /// A similar name, or how to list all.
        hint: String,
    },
    /// A component exists, but this cannot happen to it.
    #[error("'{name}' cannot {verb}; {remedy}")]
    WrongKind {
        /// What was written.
        name: String,
        /// What should happen to it.
        verb: &'static str,
        /// To whom it can happen.
        remedy: &'static str,
    },
    /// A batch does not exist.
    #[error("there is no batch {found}; the scenario has {batches}, counted from 1")]
    UnknownBatch {
        /// What was written.
        found: u16,
        /// How many there are.
        batches: usize,
    },
    /// A script without a line that publishes anything.
    #[error("the script publishes nothing, so nothing can be judged; begin it with 'publish 1'")]
    NothingPublished,
    /// A fault that cannot strike when its line is reached.
    #[error("this can never strike: {why}; {remedy}")]
    NeverStrikes {
        /// Why not.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A batch that no line of the script publishes.
    #[error(
        "batch {batch}, of {size}, is never published; add 'publish {batch}' to the script, or leave \
         the batch out"
    )]
    NeverPublished {
        /// The batch, counted from 1.
        batch: u16,
        /// How many records it has, in words.
        size: String,
    },
    /// What is expected of recoveries, and nothing fails.
    #[error(
        "'{measure}' can never be judged: neither the script nor the budget has a fault of a component; add one, or \
         leave the line out"
    )]
    NoFault {
        /// What is measured.
        measure: String,
    },
    /// A percentile that is the maximum of so few.
    #[error(
        "'{measure}' of {found} is their maximum; publish at least {min} records, or write 'latency max'"
    )]
    TooFewRecords {
        /// What is measured.
        measure: String,
        /// How many records there are, in words.
        found: String,
        /// How many there should be.
        min: usize,
    },
    /// A region does not exist.
    #[error("there is no region {found}; the scenario has {regions}, counted from 1")]
    UnknownRegion {
        /// What was written.
        found: u8,
        /// How many there are.
        regions: u8,
    },
    /// Strong replication with too few or too many regions.
    #[error(
        "strong replication needs exactly three regions, and here are {found}{witness}; set \
         topology.regions = 3, or topology.regions = 2 with replication.witness = true"
    )]
    StrongRegions {
        /// How many regions there are.
        found: u8,
        /// Whether a witness is among them, in words.
        witness: &'static str,
    },
    /// A witness without anything to witness.
    #[error("a witness keeps the log of strong replication; set replication.mode = \"strong\"")]
    IdleWitness,
    /// A stage that does not exist is given a store.
    #[error("there is no stage '{name}'{hint}")]
    UnknownStage {
        /// What was written.
        name: String,
        /// A similar name, or all of them.
        hint: String,
    },
    /// An option of global databases, and there is none.
    #[error(
        "no stage has a global database; set store.default = \"aurora\", or \"aurora\" for a stage in \
         store.stages, or leave this out"
    )]
    NoDatabase,
    /// An option of global tables, and there is none.
    #[error(
        "only global tables replicate so, and every stage has a global database; set \"dynamodb\" for a \
         stage in store.stages, or leave this out"
    )]
    NoGlobalTable,
    /// Nothing would be left.
    #[error(
        "the last region would be lost as well; leave one, of those that script and budget lose"
    )]
    NoRegionLeft,
    /// The driver would wait for ever.
    #[error("this can never come true: {why}; {remedy}")]
    NeverTrue {
        /// Why not.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
}

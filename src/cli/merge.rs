//! `merge`: the shards of several machines become the report that one would have given.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use active_active::explore::{
    Campaign, Checkpoint, CheckpointError, Done, Segment, Shard, Sweep, SweepReport,
};
use active_active::plan::Plan;
use active_active::report::Finding;

use super::args::MergeArgs;
use super::campaign::Subject;
use super::error::CliError;
use super::output::Output;
use super::scheduler::SchedulerName;
use super::sweep::conclude;
use super::{Surroundings, campaign, files};

pub(crate) fn execute(
    args: &MergeArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    files::check_directory(&args.out)?;
    let shards = read(&args.files)?;
    let (path, first) = shards.first().ok_or(CliError::NoShards)?;
    let identity = &first.identity;
    let plan = Arc::new(Plan::load(&identity.scenario, &path.display().to_string(), &[])?);
    let scheduler: SchedulerName = identity.scheduler.parse().map_err(CliError::Scheduler)?;
    let steps_max = identity.steps_max.unwrap_or(u64::MAX);
    let subject = Subject {
        ready: scheduler.prepare(&plan, identity.seed, steps_max),
        plan,
        scheduler,
        seed: identity.seed,
        requested: identity.runs,
        steps_max: identity.steps_max,
        no_minimize: args.no_minimize,
        metrics: false,
        out: args.out.clone(),
        format: args.format,
    };
    conclude(&subject, &join(&shards, &subject, surroundings)?, surroundings, output)
}

/// Reads the files, in the order of their shards: all shards of one campaign, each once.
fn read(files: &[PathBuf]) -> Result<Vec<(PathBuf, Checkpoint)>, CliError> {
    let mut shards: Vec<(PathBuf, Checkpoint)> = Vec::new();
    for path in files {
        shards.push((path.clone(), campaign::read(path)?));
    }
    shards.sort_by_key(|(_, read)| read.shard());
    let (_, first) = shards.first().ok_or(CliError::NoShards)?;
    let of = first.shard().of();
    for (path, read) in &shards {
        let error = |source| CliError::Campaign { path: path.clone(), source };
        read.check(&first.identity, read.shard()).map_err(error)?;
        if read.shard().of() != of {
            return Err(error(CheckpointError::Other("number of shards")));
        }
    }
    let same = shards.windows(2).find(|pair| pair[0].1.shard() == pair[1].1.shard());
    if let Some([(other, read), (path, _)]) = same {
        let (path, shard, other) = (path.clone(), read.shard(), other.clone());
        return Err(CliError::Twice { path, shard, other });
    }
    let there = |number: &u32| shards.iter().any(|(_, read)| read.shard().number() == *number);
    match (1..=of).find(|number| !there(number)) {
        None => Ok(shards),
        Some(number) => Err(CliError::Missing { shard: format!("{number}/{of}") }),
    }
}

/// What all shards show together: the campaign of which everything is done.
fn join(
    shards: &[(PathBuf, Checkpoint)],
    subject: &Subject,
    surroundings: &Surroundings,
) -> Result<SweepReport, CliError> {
    let rhythm = subject.ready.rhythm();
    let mut all = Done::of(Shard::default());
    for (path, read) in shards {
        let error = |source| CliError::Campaign { path: path.clone(), source };
        let mut again = |run| subject.violation_of(run);
        let done = read.done(read.identity.runs, rhythm, &mut again).map_err(error)?;
        if let Some(run) = read.missing(&done, rhythm) {
            return Err(CliError::Unfinished { path: path.clone(), shard: read.shard(), run });
        }
        for (first, report) in done.segments() {
            let segment = Segment { first, report: report.clone() };
            all.add(segment).expect("no run is in two shards");
        }
    }
    let sweep = Sweep {
        plan: Arc::clone(&subject.plan),
        runs: subject.requested,
        threads: surroundings.threads,
        steps_max: subject.steps_max.unwrap_or(u64::MAX),
    };
    Ok(Campaign::resume(sweep, Shard::default(), rhythm, all).report())
}

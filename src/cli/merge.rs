//! `merge`: the shares of several machines become the report that one would have given.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use active_active::explore::{Checkpoint, SweepReport};
use active_active::report::Finding;
use active_active::scenario::file;

use super::args::MergeArgs;
use super::error::CliError;
use super::output::Output;
use super::scheduler::SchedulerName;
use super::sweep::{Subject, conclude};
use super::{Surroundings, campaign};

pub(crate) fn execute(
    args: &MergeArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let mut shares: Vec<(PathBuf, Checkpoint)> = Vec::new();
    for path in &args.files {
        shares.push((path.clone(), campaign::read(path)?));
    }
    shares.sort_by_key(|(_, read)| read.share());
    let (path, first) = shares.first().ok_or(CliError::NoShares)?;
    let identity = first.identity.clone();
    let of = first.share().of();
    for (number, (path, read)) in (1..).zip(&shares) {
        let expected = format!("{number}/{of}").parse().unwrap_or_default();
        let error = |source| CliError::Campaign { path: path.clone(), source };
        read.check(&identity, read.share()).map_err(error)?;
        if read.share() != expected {
            return Err(CliError::Shares { path: path.clone(), found: read.share(), expected });
        }
        if !read.is_complete() {
            return Err(CliError::Unfinished { path: path.clone() });
        }
    }
    if shares.len() as u32 != of {
        return Err(CliError::Missing { of, there: shares.len() });
    }
    let plan = Arc::new(file::load(&identity.scenario, &path.display().to_string(), &[])?);
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
    let mut parts = Vec::new();
    for (path, read) in &shares {
        let error = |source| CliError::Campaign { path: path.clone(), source };
        parts.extend(read.parts(&mut |run| subject.violation_of(run)).map_err(error)?);
    }
    conclude(&subject, &SweepReport::join(parts), surroundings, output)
}

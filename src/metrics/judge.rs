//! Whether a run keeps what its script expects of times.

use std::cmp::Reverse;

use crate::metrics::Metrics;
use crate::metrics::fault_summary::name;
use crate::metrics::faults::{Faults, Open};
use crate::metrics::unit::Unit;
use crate::model::fault::Fault;
use crate::model::id::RecordId;
use crate::plan::Plan;
use crate::scenario::script::{Measure, Percentile};
use crate::spec::ending::Times;
use crate::spec::{Breach, Took, Violation};
use crate::words::plural;

/// Measures single runs, each of which is judged at its end.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    metrics: Metrics,
    /// The lists of the last run that was judged, for their memory.
    lists: Lists,
}

/// What expectations are judged by.
#[derive(Clone, Debug, Default)]
struct Lists {
    /// How long each record took, in ascending order.
    latencies: Vec<(Took, RecordId)>,
    /// The recoveries from all faults after which something was published.
    recoveries: Vec<Recovery>,
}

/// A recovery that was felt: the fault, the record that ended it (or never did), and how long it took.
type Recovery = (Took, Fault, RecordId);

impl Judge {
    pub(crate) fn new(plan: &Plan) -> Judge {
        // No fault may go unjudged.
        let metrics = Metrics { faults: Faults::new(usize::MAX), ..Metrics::new(plan) };
        Judge { metrics, lists: Lists::default() }
    }

    /// What measures the run.
    pub(crate) fn metrics(&mut self) -> &mut Metrics {
        &mut self.metrics
    }

    /// Judges a run that has ended. `is_excused` says of a record that did not arrive that the scenario declares so.
    ///
    /// # Errors
    ///
    /// The first expectation of the script that is not met.
    pub(crate) fn judge(
        &mut self,
        plan: &Plan,
        is_excused: impl Fn(RecordId) -> bool,
    ) -> Result<Times, Breach> {
        let mut lists = std::mem::take(&mut self.lists);
        self.fill(&mut lists, plan, is_excused);
        let judged = self.judge_by(&lists, plan);
        self.lists = lists;
        judged
    }

    fn fill(&self, lists: &mut Lists, plan: &Plan, is_excused: impl Fn(RecordId) -> bool) {
        lists.latencies.clear();
        lists.latencies.extend(self.latencies(plan, &is_excused));
        lists.latencies.sort_unstable();
        lists.recoveries.clear();
        lists.recoveries.extend(self.recoveries(plan, &is_excused));
    }

    fn judge_by(&self, lists: &Lists, plan: &Plan) -> Result<Times, Breach> {
        let Lists { latencies, recoveries } = lists;
        let exposed = || self.metrics.faults.all().iter().filter_map(exposed);
        for (index, objective) in plan.objectives().iter().enumerate() {
            let (index, limit) = (index as u8, objective.limit.ms());
            let worst = |all: &mut dyn Iterator<Item = Recovery>| {
                // The first of equals.
                let worst = all.enumerate().max_by_key(|(at, (took, ..))| (*took, Reverse(*at)));
                worst.map(|(_, worst)| worst).filter(|(took, ..)| took.exceeds_ms(limit))
            };
            match objective.measure {
                Measure::Latency(percentile) => {
                    let found = at(percentile, latencies);
                    if let Some((took, record)) = found.filter(|(took, _)| took.exceeds_ms(limit)) {
                        return Err(Breach::TooSlow { objective: index, record, took });
                    }
                }
                Measure::Rto => {
                    if let Some((took, fault, record)) = worst(&mut recoveries.iter().copied()) {
                        let objective = index;
                        return Err(Breach::RecoveredLate { objective, fault, record, took });
                    }
                }
                Measure::Rpo => {
                    if let Some((took, fault, record)) = worst(&mut exposed()) {
                        return Err(Breach::ExposedLong { objective: index, fault, record, took });
                    }
                }
            }
        }
        Ok(Times {
            ends: 1,
            latencies: latencies.len() as u64,
            recoveries: recoveries.len() as u64,
            faults: self.metrics.faults.all().len() as u64,
        })
    }

    /// How long each record took, in the order of the records.
    fn latencies<'a>(
        &'a self,
        plan: &'a Plan,
        is_excused: &'a impl Fn(RecordId) -> bool,
    ) -> impl Iterator<Item = (Took, RecordId)> + 'a {
        let records = &self.metrics.records;
        let took = move |record| {
            let published = records.first_published(record)?;
            match (records.first_arrived(record), records.first_accepted(record)) {
                (Some(arrived), _) => Some((Took::of_us(arrived - published), record)),
                (None, Some(_)) if !is_excused(record) => Some((Took::FOR_EVER, record)),
                (None, _) => None,
            }
        };
        plan.record_ids().filter_map(took)
    }

    /// The recoveries from all faults after which something was published.
    fn recoveries<'a>(
        &'a self,
        plan: &'a Plan,
        is_excused: &'a impl Fn(RecordId) -> bool,
    ) -> impl Iterator<Item = Recovery> + 'a {
        let records = &self.metrics.records;
        self.metrics.faults.all().iter().filter_map(move |open| {
            if let (Some(took), Some(record)) = (open.service, open.served) {
                return Some((Took::of_us(took), open.fault, record));
            }
            let is_after = |record: &RecordId| {
                let published = records.first_published(*record);
                published.is_some_and(|published| published > open.since) && !is_excused(*record)
            };
            let record = plan.record_ids().find(is_after)?;
            Some((Took::FOR_EVER, open.fault, record))
        })
    }

    /// Says why an expectation is not met.
    pub(crate) fn explain(
        &self,
        violation: &mut Violation,
        plan: &Plan,
        is_excused: impl Fn(RecordId) -> bool,
    ) {
        let accepted = |record| {
            let accepted = self.metrics.records.first_accepted(record).map_or_else(String::new, ms);
            format!("{record} was acknowledged at {accepted}, and was nowhere else")
        };
        if let Breach::TooSlow { objective, record, .. } = violation.breach {
            let limit = plan.objectives()[usize::from(objective)].limit;
            let latencies = || self.latencies(plan, &is_excused);
            let slow = latencies().filter(|(took, _)| took.exceeds_ms(limit.ms())).count();
            let of = plural(latencies().count() as u64, "record", "records");
            violation.because =
                vec![self.journey(record), format!("{slow} of {of} took longer than {limit}")];
        } else if let Breach::RecoveredLate { fault, record, took, .. } = violation.breach {
            let took_so_long = |open: &Open| match open.service {
                Some(service) => Took::of_us(service) == took,
                None => took == Took::FOR_EVER,
            };
            violation.because = vec![self.began(fault, took_so_long, plan), self.journey(record)];
        } else if let Breach::ExposedLong { fault, record, took, .. } = violation.breach {
            let exposed = |open: &Open| Took::of_us(open.rpo_age) == took;
            violation.because = vec![self.began(fault, exposed, plan), accepted(record)];
        }
    }

    /// When a record was sent, and when it arrived.
    fn journey(&self, record: RecordId) -> String {
        let records = &self.metrics.records;
        let published = records.first_published(record).map_or_else(String::new, ms);
        match records.first_arrived(record) {
            Some(arrived) => {
                format!("{record} was first sent at {published} and arrived at {}", ms(arrived))
            }
            None => format!("{record} was first sent at {published} and never arrived"),
        }
    }

    /// When the fault struck that is meant.
    fn began(&self, fault: Fault, such: impl Fn(&Open) -> bool, plan: &Plan) -> String {
        let mut faults = self.metrics.faults.all().iter();
        let found = faults.find(|&open| open.fault == fault && such(open));
        let since = found.map_or_else(String::new, |open| format!(" at {}", ms(open.since)));
        format!("'{}' struck{since}", name(fault, plan))
    }
}

/// A moment in words.
fn ms(us: u64) -> String {
    format!("{} ms", Unit::Ms.text(us))
}

/// The record at a percentile, and how long it took.
fn at(percentile: Percentile, latencies: &[(Took, RecordId)]) -> Option<(Took, RecordId)> {
    percentile.rank(latencies.len()).checked_sub(1).map(|index| latencies[index])
}

/// The oldest record that a fault put at risk, and for how long it had been acknowledged.
fn exposed(open: &Open) -> Option<Recovery> {
    open.oldest.map(|record| (Took::of_us(open.rpo_age), open.fault, record))
}

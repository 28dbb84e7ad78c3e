//! Metrics as data, with the unit in every name.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::metrics::unit::Unit;
use crate::metrics::{Metrics, Spread};
use crate::model::layout::Place;
use crate::plan::Plan;
use crate::words::plural;

/// What runs show, by name. Durations end in `_ms_…` when the runs had a time and in `_steps_…` when
/// they had none; of each there are `_p50`, `_p99` and `_max`, and the `_count` of what they are
/// about. What was never measured is null.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(transparent)]
pub struct MetricsSummary {
    values: Map<String, Value>,
    #[serde(skip)]
    measured: Vec<Measured>,
    #[serde(skip)]
    latency_count: u64,
}

/// How many in a hundred; none of none.
fn percent(part: u64, whole: u64) -> Value {
    if whole == 0 { Value::Null } else { json!(part as f64 * 100.0 / whole as f64) }
}

/// One thing that was measured, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Measured {
    /// What its values begin with in [`MetricsSummary`]; empty if the line goes on with the one
    /// above.
    pub name: String,
    /// What it is; empty if the line goes on with the one above.
    pub words: String,
    /// The numbers.
    pub text: String,
}

struct Builder {
    unit: Unit,
    values: Map<String, Value>,
    measured: Vec<Measured>,
}

impl Builder {
    fn put(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    fn line(&mut self, name: &str, words: &str, text: &str) {
        let [name, words, text] = [name, words, text].map(str::to_owned);
        self.measured.push(Measured { name, words, text });
    }

    /// A duration: its percentiles under `name`, and a line.
    fn duration(&mut self, name: &str, words: &str, spread: &Spread, of: &str) {
        let unit = self.unit;
        let (p50, p99, max) = (spread.percentile(50.0), spread.percentile(99.0), spread.max());
        for (suffix, value) in [("p50", p50), ("p99", p99), ("max", max)] {
            let value = if spread.count() == 0 { Value::Null } else { unit.value(value) };
            self.put(&format!("{name}_{}_{suffix}", unit.name()), value);
        }
        self.put(&format!("{name}_count"), json!(spread.count()));
        if spread.count() > 0 {
            let text = |value| unit.text(value);
            self.line(
                name,
                words,
                &format!(
                    "p50 {}, p99 {}, max {} {} ({})",
                    text(p50),
                    text(p99),
                    text(max),
                    unit.name(),
                    plural(spread.count(), of, &format!("{of}s"))
                ),
            );
        }
    }

    /// A number of records: its percentiles under `name`.
    fn records(&mut self, name: &str, spread: &Spread) {
        for (suffix, value) in [
            ("p50", spread.percentile(50.0)),
            ("p99", spread.percentile(99.0)),
            ("max", spread.max()),
        ] {
            let value = if spread.count() == 0 { Value::Null } else { json!(value) };
            self.put(&format!("{name}_records_{suffix}"), value);
        }
    }
}

impl MetricsSummary {
    pub(super) fn new(metrics: &Metrics, plan: &Plan) -> MetricsSummary {
        let unit = Unit::of(metrics.timed);
        let mut builder = Builder { unit, values: Map::new(), measured: Vec::new() };
        builder.put("runs", json!(metrics.runs));
        builder.put("durations_in", json!(unit.name()));
        durations(metrics, &mut builder);
        backlogs(metrics, plan, &mut builder);
        rates(metrics, &mut builder);
        let latency_count = metrics.totals.latency.count();
        MetricsSummary { values: builder.values, measured: builder.measured, latency_count }
    }

    /// A value by its name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// How many records were delivered, in all runs.
    pub fn latency_count(&self) -> u64 {
        self.latency_count
    }

    /// What a person wants to read.
    pub fn measured(&self) -> &[Measured] {
        &self.measured
    }
}

fn durations(metrics: &Metrics, builder: &mut Builder) {
    let totals = &metrics.totals;
    builder.duration("latency", "latency end to end", &totals.latency, "record");
    builder.duration("lag", "replication lag", &totals.lag, "row");
    builder.duration("oldest_message_age", "oldest message", &totals.oldest_true, "run");
    let reported = "as the cloud reports it";
    let reported =
        if totals.oldest_reported.max() < totals.oldest_true.max() { reported } else { "" };
    let lines = builder.measured.len();
    builder.duration("oldest_message_age_reported", reported, &totals.oldest_reported, "run");
    if reported.is_empty() {
        builder.measured.truncate(lines);
    }
    builder.duration("rto_path", "RTO of the path", &totals.rto_path, "fault");
    builder.put("rto_path_never_count", json!(totals.rto_path_never));
    if totals.rto_path_never > 0 {
        builder.line(
            "rto_path_never",
            "",
            &format!("{}: not within the run", plural(totals.rto_path_never, "fault", "faults")),
        );
    }
    builder.duration("rto_service", "RTO of the service", &totals.rto_service, "fault");
    builder.put("rto_service_never_count", json!(totals.rto_service_never));
    builder.put("rto_left_out_count", json!(totals.faults_left_out));
    builder.duration("rpo_age", "RPO, age", &totals.rpo_age, "fault");
    builder.records("rpo", &totals.rpo_records);
    if totals.rpo_records.count() > 0 {
        let text = format!(
            "p50 {}, max {} records at a fault",
            totals.rpo_records.percentile(50.0),
            totals.rpo_records.max()
        );
        builder.line("rpo", "RPO, records", &text);
    }
    builder.records("exposed_in_one_region", &totals.exposed_max);
    let text = format!("at most {} records at any time", totals.exposed_max.max());
    builder.line("exposed_in_one_region", "in one region only", &text);
}

fn backlogs(metrics: &Metrics, plan: &Plan, builder: &mut Builder) {
    let totals = &metrics.totals;
    let name = |index: usize| {
        let queue = plan.queues[index].id;
        plan.layout.name(plan.layout.machine(Place::Queue(queue))).to_owned()
    };
    let backlog: Map<String, Value> =
        totals.backlog.iter().enumerate().map(|(index, &max)| (name(index), json!(max))).collect();
    builder.put("backlog_records_max", Value::Object(backlog));
    let largest = totals
        .backlog
        .iter()
        .enumerate()
        .max_by_key(|&(index, &max)| (max, std::cmp::Reverse(index)));
    if let Some((index, max)) = largest {
        builder.line("backlog", "largest backlog", &format!("{max} records in {}", name(index)));
    }
    builder.put("dead_letter_records_max", json!(totals.dead_letters));
    if totals.dead_letters > 0 {
        builder.line(
            "dead_letter",
            "dead letters",
            &format!("at most {} records", totals.dead_letters),
        );
    }
}

fn rates(metrics: &Metrics, builder: &mut Builder) {
    let counts = metrics.totals.counts;
    let redelivered = counts.redelivered_returned + counts.redelivered_timed_out;
    let duplicates = counts.duplicates_source + counts.duplicates_forwarded;
    let shares = [
        ("redelivered_percent", redelivered, counts.deliveries),
        ("redelivered_consumer_gone_percent", counts.redelivered_returned, counts.deliveries),
        ("redelivered_timed_out_percent", counts.redelivered_timed_out, counts.deliveries),
        ("duplicate_sends_percent", duplicates, counts.enqueued),
        ("duplicate_sends_source_percent", counts.duplicates_source, counts.enqueued),
        ("duplicate_sends_stage_percent", counts.duplicates_forwarded, counts.enqueued),
        ("duplicate_arrivals_percent", counts.duplicates_arrived, counts.arrived),
    ];
    for (name, part, whole) in shares {
        builder.put(name, percent(part, whole));
    }
    let amplification = counts.attempts as f64 / counts.accepted as f64;
    let is_known = counts.accepted > 0;
    builder.put(
        "amplification_attempts_per_accepted",
        if is_known { json!(amplification) } else { Value::Null },
    );
    if redelivered > 0 {
        let text = format!(
            "{redelivered} of {} ({} consumer gone, {} timed out)",
            counts.deliveries, counts.redelivered_returned, counts.redelivered_timed_out
        );
        builder.line("redelivered", "redeliveries", &text);
    }
    if duplicates + counts.duplicates_arrived > 0 {
        let text = format!(
            "{} sent again by the source, {} by a stage, {} arrived again",
            counts.duplicates_source, counts.duplicates_forwarded, counts.duplicates_arrived
        );
        builder.line("duplicate", "duplicates", &text);
    }
    if is_known {
        builder.line(
            "amplification",
            "amplification",
            &format!("{amplification:.2} attempts per accepted record"),
        );
    }
}

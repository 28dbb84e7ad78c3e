//! Checks of everything in a scenario but its script.

use xxhash_rust::xxh3::xxh3_64;

use crate::model::fault::FaultKind;
use crate::model::layout::Layout;
use crate::model::options::{
    AcknowledgeWhen, Dedupe, Deduplication, Delivery, Idempotency, Policy, QueueOptions,
    ReplicationMode, StoreKind,
};
use crate::plan::{names, shape};
use crate::scenario::plain::is_unprintable;
use crate::scenario::ranges;
use crate::scenario::{
    AuroraOptions, Cause, DnsOptions, FORMAT, Problem, Records, Scenario, ScriptStep,
    ServiceOptions,
};

mod stages;

pub(in crate::plan) use stages::dual_write;
pub(super) use stages::{container_steps, outbox};

fn range(key: &str, what: &'static str, found: u64, (min, max): (u64, u64)) -> Result<(), Problem> {
    if (min..=max).contains(&found) {
        return Ok(());
    }
    Err(Problem::new(key, Cause::Range { what, found, min, max }))
}

/// A number that is in the range of its key.
fn number(key: &str, what: &'static str, found: u64) -> Result<(), Problem> {
    range(key, what, found, ranges::own(key))
}

/// The machines, if the topology is one.
pub(super) fn layout(scenario: &Scenario) -> Result<Layout, Problem> {
    if scenario.format != FORMAT {
        let cause = Cause::Format { found: scenario.format, known: FORMAT };
        return Err(Problem::new("format", cause));
    }
    if !is_name(&scenario.name) {
        return Err(Problem::new("name", Cause::Name(scenario.name.clone())));
    }
    if let Some(letter) = scenario.about.chars().find(|&letter| is_unprintable(letter)) {
        return Err(Problem::new("about", Cause::Unprintable(letter)));
    }
    let topology = &scenario.topology;
    number("topology.regions", "regions", topology.regions.into())?;
    range("topology.stages", "stages", topology.stages.len() as u64, (1, 16))?;
    number("topology.containers", "containers a stage", topology.containers.into())?;
    number("topology.old_containers", "old containers", topology.old_containers.into())?;
    for (index, stage) in topology.stages.iter().enumerate() {
        if !is_name(stage) {
            let key = format!("topology.stages[{index}]");
            return Err(Problem::new(key, Cause::Name(stage.clone())));
        }
    }
    stages::named(scenario)?;
    shape::shape(scenario)?;
    let layout = names::layout(scenario);
    // By hash first: to compare all names with each other would be most of the work of a plan.
    let mut names: Vec<(u64, &String)> =
        layout.names().iter().map(|name| (xxh3_64(name.as_bytes()), name)).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Problem::new("topology.stages", Cause::Ambiguous(pair[0].1.clone())));
    }
    Ok(layout)
}

/// The options that go together.
pub(super) fn options(scenario: &Scenario) -> Result<(), Problem> {
    records(scenario)?;
    stages(scenario)?;
    budget(scenario)?;
    databases(scenario)?;
    replication(scenario)?;
    dns(scenario)?;
    timing(scenario)?;
    left_out(scenario)?;
    destination(scenario)?;
    service(scenario)
}

/// A list of names or numbers in which each stands once: a second one would say nothing.
fn each_once<T: PartialEq>(key: &str, list: &[T]) -> Result<(), Problem> {
    match (1..list.len()).find(|&index| list[..index].contains(&list[index])) {
        Some(index) => {
            let (why, remedy) = ("this is in the list already", "leave one of both out");
            let cause = Cause::Contradiction { why, remedy };
            Err(Problem::new(format!("{key}[{index}]"), cause))
        }
        None => Ok(()),
    }
}

/// Properties without which nothing could be judged, or that are turned off elsewhere.
fn left_out(scenario: &Scenario) -> Result<(), Problem> {
    each_once("spec.leave_out", &scenario.spec.leave_out)?;
    let leave_out = scenario.spec.leave_out.iter().enumerate();
    let mut refused = leave_out.filter_map(|(index, property)| Some((index, property.required()?)));
    refused.next().map_or(Ok(()), |(index, (why, remedy))| {
        let key = format!("spec.leave_out[{index}]");
        Err(Problem::new(key, Cause::Contradiction { why, remedy }))
    })
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && name.len() <= 64
}

fn records(scenario: &Scenario) -> Result<(), Problem> {
    let records = &scenario.records;
    range("records.batches", "batches", records.batches.len() as u64, ranges::RECORDS)?;
    for (index, &size) in records.batches.iter().enumerate() {
        let key = format!("records.batches[{index}]");
        number(&key, "records in a batch", size.into())?;
    }
    range("records.batches", "records in all", records.total(), ranges::RECORDS)?;
    let named = [
        ("records.unreadable", records.unreadable),
        ("records.new_format_from", records.new_format_from),
    ];
    let records = records.total();
    if let Some((key, found)) = named.into_iter().find(|&(_, found)| u64::from(found) > records) {
        return Err(Problem::new(key, Cause::UnknownRecord { found, records }));
    }
    let poison = scenario.records.poison.iter().enumerate();
    let is_none = |found: u16| found == 0 || u64::from(found) > records;
    if let Some((index, &found)) = poison.into_iter().find(|&(_, &found)| is_none(found)) {
        let key = format!("records.poison[{index}]");
        return Err(Problem::new(key, Cause::UnknownRecord { found, records }));
    }
    each_once("records.poison", &scenario.records.poison)?;
    poison_at(scenario)
}

/// Stages that exist, and records that they cannot process.
fn poison_at(scenario: &Scenario) -> Result<(), Problem> {
    let Records { poison, poison_at, .. } = &scenario.records;
    for (index, name) in poison_at.iter().enumerate() {
        stages::exists(scenario, name, format!("records.poison_at[{index}]"))?;
    }
    each_once("records.poison_at", poison_at)?;
    if poison.is_empty() && !poison_at.is_empty() {
        let why = "no record is one that containers cannot process";
        let remedy = "name the records, as in records.poison = [1], or leave this out";
        return Err(Problem::new("records.poison_at", Cause::Contradiction { why, remedy }));
    }
    Ok(())
}

/// Strong replication has three regions, one of which may be a witness.
fn replication(scenario: &Scenario) -> Result<(), Problem> {
    let (regions, options) = (scenario.topology.regions, &scenario.replication);
    if options.mode == ReplicationMode::Eventual && options.acknowledge != AcknowledgeWhen::Applied
    {
        let (why, remedy) = (
            "eventual replication acknowledges a write before any other region has it",
            "set replication.mode = \"strong\", or leave this out",
        );
        return Err(Problem::new("replication.acknowledge", Cause::Contradiction { why, remedy }));
    }
    match options.mode {
        ReplicationMode::Eventual if options.witness => {
            Err(Problem::new("replication.witness", Cause::IdleWitness))
        }
        ReplicationMode::Strong if !scenario.stores_in(StoreKind::Dynamodb) => {
            Err(Problem::new("replication.mode", Cause::NoGlobalTable))
        }
        ReplicationMode::Strong if regions + u8::from(options.witness) != 3 => {
            let witness = if options.witness { " and a witness" } else { "" };
            let cause = Cause::StrongRegions { found: regions, witness };
            Err(Problem::new("replication.mode", cause))
        }
        ReplicationMode::Eventual | ReplicationMode::Strong => Ok(()),
    }
}

/// No fault that the system cannot have.
fn budget(scenario: &Scenario) -> Result<(), Problem> {
    let budget = &scenario.budget;
    let all = |is: fn(&QueueOptions) -> bool| {
        is(&scenario.queue) && scenario.of_stages().all(|stage| is(&stage.queue))
    };
    if budget.reorder > 0 && all(|queue| queue.delivery != Delivery::Standard) {
        return Err(Problem::new("budget.reorder", Cause::OnlyStandardQueues));
    }
    if budget.visibility_timeout > 0 && all(|queue| queue.delivery == Delivery::Log) {
        let (why, remedy) = (
            "a log has no visibility timeout",
            "use budget.crash or budget.pause: what was not committed comes again",
        );
        let cause = Cause::Contradiction { why, remedy };
        return Err(Problem::new("budget.visibility_timeout", cause));
    }
    if budget.deduplication_window > 0 && all(|queue| queue.deduplication == Deduplication::None) {
        let (why, remedy) =
            ("queues remember nothing", "set queue.deduplication, or leave this out");
        let cause = Cause::Contradiction { why, remedy };
        return Err(Problem::new("budget.deduplication_window", cause));
    }
    let moves = [("budget.switchover", budget.switchover), ("budget.failover", budget.failover)];
    match moves.into_iter().find(|&(_, count)| count > 0 && !has_database(scenario)) {
        Some((key, _)) => Err(Problem::new(key, Cause::NoWriter)),
        None => Ok(()),
    }
}

/// One region is left, whatever the script and the scheduler lose.
pub(super) fn budget_of_regions(scenario: &Scenario, lost: usize) -> Result<(), Problem> {
    let (regions, left) = (usize::from(scenario.topology.regions), scenario.budget.lose_region);
    if left > 0 && lost + usize::from(left) >= regions {
        return Err(Problem::new("budget.lose_region", Cause::NoRegionLeft));
    }
    Ok(())
}

fn has_database(scenario: &Scenario) -> bool {
    scenario.stores_in(StoreKind::Aurora)
}

/// The options of queues and tables that go together, at each stage.
fn stages(scenario: &Scenario) -> Result<(), Problem> {
    stages::queues(scenario)?;
    stages::batches(scenario)?;
    stages::tables(scenario)
}

/// Times that are times.
fn timing(scenario: &Scenario) -> Result<(), Problem> {
    let timing = &scenario.timing;
    let times = [
        ("timing.source_ms", timing.source_ms),
        ("timing.dns_ms", timing.dns_ms),
        ("timing.destination_ms", timing.destination_ms),
        ("timing.queue_ms", timing.queue_ms),
        ("timing.container_ms", timing.container_ms),
        ("timing.table_ms", timing.table_ms),
        ("timing.replicator_ms", timing.replicator_ms),
        ("timing.service_ms", timing.service_ms),
        ("timing.visibility_timeout_ms", timing.visibility_timeout_ms),
        ("timing.within_region_ms", timing.within_region_ms),
        ("timing.between_regions_ms", timing.between_regions_ms),
    ];
    for (key, time) in times {
        number(key, "milliseconds", time.into())?;
    }
    number("timing.spread_percent", "percent", timing.spread_percent.into())
}

/// A writer in a region that exists, and nothing about databases when there is none.
fn databases(scenario: &Scenario) -> Result<(), Problem> {
    let aurora = &scenario.aurora;
    let regions = scenario.topology.regions;
    if aurora.writer == 0 || aurora.writer > regions {
        let cause = Cause::UnknownRegion { found: aurora.writer, regions };
        return Err(Problem::new("aurora.writer", cause));
    }
    let default = AuroraOptions::default();
    if aurora.rpo_records_max == 0 && aurora.rpo_on != default.rpo_on {
        let (why, remedy) = ("no limit is set", "set aurora.rpo_records_max, or leave this out");
        return Err(Problem::new("aurora.rpo_on", Cause::Contradiction { why, remedy }));
    }
    let is_confirmed = aurora.acknowledge != default.acknowledge;
    if is_confirmed && aurora.rpo_records_max > 0 {
        let why = "the writer acknowledges nothing that another region lacks";
        let remedy = "leave out one of aurora.acknowledge and aurora.rpo_records_max";
        return Err(Problem::new("aurora.rpo_records_max", Cause::Contradiction { why, remedy }));
    }
    let unused = [
        ("aurora.acknowledge", is_confirmed),
        ("aurora.writer", aurora.writer != default.writer),
        ("aurora.forwarding", aurora.forwarding != default.forwarding),
        ("aurora.switchover", aurora.switchover != default.switchover),
        ("aurora.fencing", aurora.fencing != default.fencing),
        ("aurora.rpo_records_max", aurora.rpo_records_max != default.rpo_records_max),
    ];
    match unused.into_iter().find(|&(_, is_set)| is_set && !has_database(scenario)) {
        Some((key, _)) => Err(Problem::new(key, Cause::NoDatabase)),
        None => Ok(()),
    }
}

/// No time after which ids are forgotten that are not looked at.
fn destination(scenario: &Scenario) -> Result<(), Problem> {
    let destination = &scenario.destination;
    if destination.window > 0 && destination.dedupe != Dedupe::ById {
        let (why, remedy) = (
            "a destination that does not look at ids has none to forget",
            "leave this out, or use destination.dedupe = \"by-id\"",
        );
        return Err(Problem::new("destination.window", Cause::Contradiction { why, remedy }));
    }
    Ok(())
}

/// Nothing about a service that no container calls, nor about keys that there are none of.
fn service(scenario: &Scenario) -> Result<(), Problem> {
    let (service, default) = (&scenario.service, ServiceOptions::default());
    let set = [
        ("service.idempotency", service.idempotency != default.idempotency),
        ("service.window", service.window != default.window),
        ("service.on_failure", service.on_failure != default.on_failure),
        ("service.keys", service.keys != default.keys),
    ];
    if let Some((key, _)) = set.into_iter().find(|&(_, is_set)| is_set)
        && !scenario.of_stages().any(|stage| stage.container.calls())
    {
        let (why, remedy) = (
            "no container calls a service",
            "add 'call' to container.steps, as in [\"store\", \"call\", \"publish\", \"remove\"]",
        );
        return Err(Problem::new(key, Cause::Contradiction { why, remedy }));
    }
    let forgets = [
        ("service.window", service.window != default.window),
        ("service.keys", service.keys != default.keys),
    ];
    if let Some((key, _)) = forgets.into_iter().find(|&(_, is_set)| is_set)
        && service.idempotency == Idempotency::None
    {
        let (why, remedy) = (
            "a service that knows no call again has no keys to forget",
            "leave this out, or use service.idempotency = \"by-record\" or \"by-attempt\"",
        );
        return Err(Problem::new(key, Cause::Contradiction { why, remedy }));
    }
    Ok(())
}

/// The options of in-dns that go together.
fn dns(scenario: &Scenario) -> Result<(), Problem> {
    let (dns, regions) = (&scenario.dns, scenario.topology.regions);
    number("dns.ttl", "sends", dns.ttl.into())?;
    number("dns.health_threshold", "results in a row", dns.health_threshold.into())?;
    if dns.primary == 0 || dns.primary > regions {
        let cause = Cause::UnknownRegion { found: dns.primary, regions };
        return Err(Problem::new("dns.primary", cause));
    }
    number("dns.enactors", "enactors", dns.enactors.into())?;
    let default = DnsOptions::default();
    let is_failover = dns.policy == Policy::Failover;
    let is_checked = dns.health_threshold > 0;
    let checks = "set dns.health_threshold to 1 or more";
    let contradictions = [
        (
            is_failover && !is_checked && !takes_offline(&scenario.script),
            "dns.policy",
            "without a health check nothing fails over",
            "set dns.health_threshold to 1 or more, or let the script say 'offline in-dns@REGION'",
        ),
        (is_failover && !dns.weights.is_empty(), "dns.weights", NO_WEIGHTS, "leave them out"),
        (
            is_failover && dns.enactors != default.enactors,
            "dns.enactors",
            "what enactors write are weights, and a failover policy has none",
            "leave it out, or use dns.policy = \"weighted\"",
        ),
        (
            dns.enactors == 1 && dns.plans != default.plans,
            "dns.plans",
            "one enactor alone is never late",
            "set dns.enactors to 2",
        ),
        (
            is_failover && dns.answer != default.answer,
            "dns.answer",
            "a failover policy has one answer, so nothing is random",
            "leave it out, or use dns.policy = \"weighted\"",
        ),
        (
            !is_failover && dns.primary != default.primary,
            "dns.primary",
            "only a failover policy has a primary region",
            "use dns.policy = \"failover\", or leave it out",
        ),
        (
            dns.resolver != default.resolver && dns.ttl > 0,
            "dns.ttl",
            "the resolver keeps its first answer for ever",
            "leave it out, or use dns.resolver = \"refreshes\"",
        ),
        (
            !is_checked && dns.health_check != default.health_check,
            "dns.health_check",
            "there is no health check",
            checks,
        ),
        (
            !is_checked && dns.failback != default.failback,
            "dns.failback",
            "without a health check nothing fails back",
            checks,
        ),
    ];
    match contradictions.into_iter().find(|(is_one, ..)| *is_one) {
        Some((_, key, why, remedy)) => Err(Problem::new(key, Cause::Contradiction { why, remedy })),
        None => Ok(()),
    }
}

/// Whether an operator switches a failover policy.
fn takes_offline(script: &[ScriptStep]) -> bool {
    let is_it = |step: &ScriptStep| matches!(step, ScriptStep::Fault(FaultKind::Offline, _));
    script.iter().any(is_it)
}

const NO_WEIGHTS: &str = "a failover policy has no weights";

/// A failover policy has no weights to change.
pub(super) fn weights_matter(scenario: &Scenario, key: &str) -> Result<(), Problem> {
    if scenario.dns.policy == Policy::Failover {
        let remedy = "use 'offline in-dns@REGION', or dns.policy = \"weighted\"";
        return Err(Problem::new(key, Cause::Contradiction { why: NO_WEIGHTS, remedy }));
    }
    Ok(())
}

/// One weight for each region.
pub(super) fn weights(weights: &[u32], scenario: &Scenario, key: &str) -> Result<Vec<u8>, Problem> {
    let regions = scenario.topology.regions;
    if weights.is_empty() {
        return Ok(vec![1; usize::from(regions)]);
    }
    if weights.len() != usize::from(regions) {
        return Err(Problem::new(key, Cause::WeightCount { found: weights.len(), regions }));
    }
    for (index, &weight) in weights.iter().enumerate() {
        range(
            &format!("{key}[{index}]"),
            "is no weight",
            weight.into(),
            ranges::own("dns.weights"),
        )?;
    }
    Ok(weights.iter().map(|&weight| weight as u8).collect())
}

//! Cases for the oracle: designs, sound and not, in small systems where something goes wrong.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use active_active::explore::{Observer, Outcome, Runner};
use active_active::model::options::{DeadLetters, OnRefusal, Policy, ReplicationMode};
use active_active::plan::Plan;
use active_active::scenario::{FileError, Override, QueueOptions, builtin, options};
use active_active::scheduler::seed::{below, generator};
use active_active::scheduler::{Random, RoundRobin, Script};
use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

mod draw;

use draw::Draw;

use crate::oracle::relays;

/// Unsound values of design options, those more than once that show seldom.
const LISTED_UNSOUND: &[&str] = &[
    "container.steps=remove,store,publish",
    "container.steps=publish,store,remove",
    "container.steps=store,remove,publish",
    "container.steps=publish,remove,store",
    "container.steps=remove,publish,store",
    "container.steps=remove,store",
    "container.steps=store,publish,remove,call",
    "service.window=1",
    "destination.window=1",
    "container.on_duplicate=skip",
    "container.on_dependency_failure=drop",
    // Twice: it shows only where a container is paused.
    "container.while_paused=drop",
    "container.while_paused=drop",
    // Three times: it shows as such only in a container that nobody needs any more.
    "container.on_recover=forget",
    "container.on_recover=forget",
    "container.on_recover=forget",
    "destination.dedupe=none",
    "destination.dedupe=by-message-id",
    "dns.acknowledge=before-enqueue",
    "queue.receive=destructive",
    "queue.remove=head",
    "source.on_refusal=drop",
    "table.insert=append",
    // Twice: it shows only where replication fails.
    "replication.on_failure=drop",
    "replication.on_failure=drop",
    "dns.route=ignore-offline",
    "dns.resolver=keeps-first",
    "queue.storage=in-memory",
    "table.insert=conditional",
    // Four times: an older version is shown before in many runs.
    "table.conflict=first-applied",
    "table.conflict=first-applied",
    "table.conflict=first-applied",
    "table.conflict=first-applied",
    "table.conflict=first-applied",
    "table.conflict=first-applied",
    // With keys, and without what makes it sound for those.
    "table.clock=per-region",
    "queue.max_receives=1",
    "queue.at_capacity=starve",
    "container.on_unreadable=give-up",
    "aurora.forwarding=acknowledged-early",
    "aurora.forwarding=off",
    "aurora.switchover=at-once",
    "aurora.switchover=asked-again",
    "aurora.fencing=best-effort",
    "aurora.rpo_on=every-region",
    "dns.plans=check-then-apply",
    // What only an operator would bring back stays away, and the records with it.
    "heal=faults",
    "heal=nothing",
];

/// Every unsound value of every design option: those listed, then those that are new in the table of the options.
pub(crate) static UNSOUND: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let listed = [LISTED_UNSOUND, CHECKED].concat();
    let new = others(false).filter(|design| !listed.contains(design));
    LISTED_UNSOUND.iter().copied().chain(new).collect()
});

/// Every sound value of every design option that is not the default and is not drawn elsewhere.
static SOUND: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let elsewhere = [CHECKED, &VERSIONS_CHECKED, LISTED_UNSOUND, &STRONG, LISTED_SOUND].concat();
    let new = others(true).filter(|design| !elsewhere.contains(design));
    LISTED_SOUND.iter().copied().chain(new).collect()
});

/// What goes with strong replication.
const STRONG: [&str; 2] = ["replication.mode=strong", "replication.witness=true"];

/// The values of options whose values have names, but for the default.
fn others(is_sound: bool) -> impl Iterator<Item = &'static str> {
    let is_name = |text: &str| text.starts_with(char::is_alphabetic) && !text.contains(',');
    let named = options::ALL
        .iter()
        .filter(move |option| option.values().iter().all(|value| is_name(&value.text)));
    let values = named.flat_map(|option| option.values().iter().skip(1));
    values.filter(move |value| value.about.is_sound == is_sound).map(|value| &*value.design)
}

/// What the table of the options says that a change makes no sense without, of one that is not listed.
fn needs(change: &str) -> &'static [&'static str] {
    let values = options::ALL.iter().flat_map(|option| option.values());
    let is_listed = LISTED_UNSOUND.contains(&change) || LISTED_SOUND.contains(&change);
    let mut values = values.filter(|value| value.design == change && !is_listed);
    values.next().map_or(&[], |value| value.about.needs)
}

/// A change of the design, with what it makes no sense without.
pub(crate) fn with_what_it_needs(change: &str) -> Vec<String> {
    let needs: &[&str] = match change {
        // Regions differ in what they show for a key, which the destination need not go back for.
        "table.conflict=first-applied" => &["records.keys=1", VERSIONS_CHECKED[1]],
        "aurora.rpo_on=every-region" => &["store.default=aurora", "aurora.rpo_records_max=1"],
        "table.clock=per-region" => &["records.keys=1"],
        "dns.plans=check-then-apply" => &["dns.enactors=2"],
        "service.window=1" => &["container.steps=store,call,publish,remove"],
        "dns.primary=2" => &["dns.policy=failover"],
        _ if change.starts_with("relay.inst") => &["container.steps=store,remove"],
        _ if change.starts_with("aurora.") => &["store.default=aurora"],
        _ if CHECKED.contains(&change) => &[],
        _ => needs(change),
    };
    needs.iter().copied().chain([change]).map(str::to_owned).collect()
}

/// Sound values of design options that are not the default.
const LISTED_SOUND: &[&str] = &[
    "source.on_refusal=abort",
    "table.on_failure=hang",
    "queue.on_failure=keep-waiting",
    "container.retries=2",
    "container.batch=3",
    "container.steps=store,call,publish,remove",
    "container.steps=call,store,publish,remove",
    "container.steps=call,store,remove",
    "container.restart=always",
    "container.steps=store,remove",
    "relay.instances=2",
    "dns.enactors=2",
    "queue.delivery=standard",
    "budget.lost_reply=3",
    "budget.refuse=3",
    "budget.late=3",
    "budget.partition=2",
    "budget.fail=2",
    "budget.pause=2",
    "dns.answer=random",
    "store.default=aurora",
    "aurora.writer=2",
    "aurora.rpo_records_max=1",
];

/// Whatever a loss destroys was declared.
const ANY_LOSS: &str = "rpo.records=unlimited";

/// Dead letters may stay where they are, however many.
const PARKED: &str = "queue.parked_max=unlimited";

/// What goes with a health check; the last one is unsound.
const CHECKED: &[&str] = &[
    "dns.ttl=2",
    "dns.policy=failover",
    "dns.primary=2",
    "dns.answer=random",
    "dns.failback=immediate",
    "dns.health_check=whole-path",
    "dns.health_check=by-name",
    HEALTH_CHECK_OF_ALL,
];
const HEALTH_CHECK_OF_ALL: &str = "dns.health_check=all-regions";

/// What is sound for records with business keys: both together.
const VERSIONS_CHECKED: [&str; 2] =
    ["table.conflict=version-checked", "destination.versions=checked"];

const STAGES: &[&str] = &["inbound,preprocess", "inbound,preprocess,core", "only"];

/// A system, a design, a script, and how it is scheduled.
pub(crate) struct Case {
    pub(crate) plan: Arc<Plan>,
    /// What was drawn, for a failure's message.
    pub(crate) changes: Vec<String>,
    numbers: Xoshiro256PlusPlus,
}

impl Case {
    /// The case of this number. What contradicts the rest of what was drawn is left out, as a line of a
    /// script that names a component which the drawn topology lacks; `None` if that leaves no scenario.
    pub(crate) fn draw(seed: u64, number: u64) -> Option<Case> {
        let mut draw = Draw(generator(seed, number));
        let mut changes = draw.changes();
        changes.extend(ways(seed, number));
        let builtin: Vec<&str> = builtin::ALL
            .iter()
            .filter(|(name, _)| !EXACT.contains(name))
            .map(|(_, text)| *text)
            .collect();
        let text = match draw.below(3) {
            0 => draw.script(&mut changes)?,
            _ if changes.iter().any(|change| change.ends_with(",core")) => {
                (*draw.pick(&builtin)).to_owned()
            }
            // What is drawn lacks the stage.
            _ => draw.pick(&builtin).replace("stages.core = \"dynamodb\"\n", ""),
        };
        let plan = Arc::new(fitted(&text, &mut changes)?);
        Some(Case { plan, changes, numbers: draw.0 })
    }

    /// Whether nothing about the design is unsound, and the source sees to it that all that is
    /// published arrives.
    pub(crate) fn is_sound(&self) -> bool {
        let is_sound = |change: &String| {
            // What is wrong for all stages is wrong at one.
            let own = change.strip_prefix("stage.").and_then(|own| own.split_once('.'));
            let change = own.map_or(change.as_str(), |(_, own)| own);
            let limits_loss = change.starts_with("rpo.") && change != ANY_LOSS;
            !UNSOUND.contains(&change) && change != HEALTH_CHECK_OF_ALL && !limits_loss
        };
        let lines = self.plan.scenario().script.iter().map(ToString::to_string);
        let lost = lines.filter(|line| line.starts_with("lose @")).collect::<BTreeSet<_>>().len();
        // One region of three has no quorum, and a single one nobody who has what its writer wrote.
        let scenario = self.plan.scenario();
        let lost = lost + usize::from(scenario.budget.lose_region);
        let limited = scenario.aurora.rpo_records_max > 0;
        let alone = lost + 1 >= usize::from(scenario.topology.regions) && limited;
        if alone || (scenario.replication.mode == ReplicationMode::Strong && lost > 1) {
            return false;
        }
        let checks = |change: &&str| self.changes.iter().any(|known| known == change);
        if !self.gives_up_soundly() || !relays::claim_soundly(scenario) {
            return false;
        }
        let has_old = scenario.topology.old_containers > 0
            || scenario.script.iter().any(|step| step.to_string().starts_with("rollback "));
        let is_mixed = has_old && scenario.records.new_format_from > 0;
        let goes_back = scenario.records.keys > 0 && !VERSIONS_CHECKED.iter().all(checks);
        // An operator who switches may do so before the region has drained.
        if scenario.dns.policy == Policy::Failover && scenario.dns.health_threshold == 0 {
            return false;
        }
        let retries = self.plan.scenario().source.on_refusal == OnRefusal::Retry;
        retries && !goes_back && !is_mixed && self.changes.iter().all(is_sound)
    }

    /// Whether records that no container can process are given up in front of the first stage, and what is given up may stay
    /// where it is.
    fn gives_up_soundly(&self) -> bool {
        let scenario = self.plan.scenario();
        let mut queues: Vec<QueueOptions> = scenario.of_stages().map(|stage| stage.queue).collect();
        queues.push(scenario.queue);
        let given_up = |queue: &QueueOptions| queue.max_receives > 0;
        let may_stay = |queue: &QueueOptions| queue.dead_letters == DeadLetters::Parked;
        let is_parked = queues.iter().filter(|queue| given_up(queue)).all(may_stay)
            && self.changes.iter().any(|change| change == PARKED);
        let records = &scenario.records;
        let is_poisoned = |at: usize| match records.poison_at.as_slice() {
            [] => at == 0 && !records.poison.is_empty(),
            stages => stages.contains(&scenario.topology.stages[at]),
        };
        let stages = 0..scenario.topology.stages.len();
        let starves = stages.into_iter().any(|at| is_poisoned(at) && !given_up(&queues[at]));
        !starves && (is_parked || !queues.iter().any(given_up))
    }

    /// Runs it once, under a scheduler of some kind.
    pub(crate) fn run(&mut self, observer: &mut impl Observer) -> (Outcome, Runner) {
        self.run_up_to(u64::MAX, observer)
    }

    /// The same, no further than so many steps: where every state is looked at, a system that never comes to rest
    /// would take minutes.
    pub(crate) fn run_up_to(
        &mut self,
        steps_max: u64,
        observer: &mut impl Observer,
    ) -> (Outcome, Runner) {
        let mut runner = Runner::new(Arc::clone(&self.plan));
        runner.limit_steps(steps_max);
        let numbers = &mut self.numbers;
        let outcome = match below(numbers.next_u32(), 8) {
            0 => runner.run(&mut RoundRobin::default(), 0, observer),
            1 | 2 => {
                let length = below(numbers.next_u32(), 400);
                let numbers = (0..length).map(|_| numbers.next_u32() as u16).collect();
                runner.run(&mut Script::new(numbers), 0, observer)
            }
            _ => runner.run(&mut Random::new(numbers.next_u64()), 0, observer),
        };
        (outcome, runner)
    }
}

/// The scenario with the changes carried out as `--set` would.
pub(crate) fn load(text: &str, changes: &[String]) -> Result<Plan, FileError> {
    let parse = |change: &String| change.parse::<Override>();
    let overrides = changes.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    Plan::load(text, "generated", &overrides)
}

/// The scenario with as many of its lines and of the changes as go together.
fn fitted(text: &str, changes: &mut Vec<String>) -> Option<Plan> {
    let mut table: toml::Table = text.parse().ok()?;
    loop {
        let error = match load(&table.to_string(), changes) {
            Ok(plan) => return Some(plan),
            Err(error) => error,
        };
        let key = error.key.unwrap_or_default();
        let line = key.strip_prefix("script[").and_then(|rest| rest.split(']').next());
        if let Some(line) = line.and_then(|line| line.parse::<usize>().ok()) {
            table.get_mut("script")?.as_array_mut()?.remove(line);
            continue;
        }
        let blamed = |change: &String| {
            change.split_once('=').is_some_and(|(option, _)| key.starts_with(option))
        };
        // What contradicts the file itself: another number of regions, what has no outbox, or the last design.
        let is_regions =
            |change: &String| key == "dns.weights" && change.starts_with("topology.regions=");
        let has_no_outbox = |change: &String| {
            key.ends_with("container.steps")
                && ["store.", "replication.", "budget.lose_table"]
                    .iter()
                    .any(|of| change.starts_with(of))
        };
        let of_file = |change: &String| is_regions(change) || has_no_outbox(change);
        let at = changes.iter().rposition(blamed).or_else(|| changes.iter().position(of_file));
        changes.remove(at.or(changes.len().checked_sub(1))?);
    }
}

/// These expect exact numbers of records, or publish one batch alone.
const EXACT: [&str; 3] = ["baseline", "active-passive", "aurora-writer-outage"];

/// The script of an operator who switches a failover policy at any moment, in a system that keeps the order.
fn switch(changes: &mut Vec<String>) -> Vec<String> {
    const NO_ORDER: [&str; 5] = [
        "topology.containers=",
        "queue.delivery=",
        "queue.max_receives=",
        "budget.crash=",
        "budget.reorder=",
    ];
    changes.retain(|change| !NO_ORDER.iter().any(|option| change.starts_with(option)));
    changes.push("dns.policy=failover".to_owned());
    let lines = ["publish 1", "await sometime", "offline in-dns@1", "publish 2", "publish 3"];
    lines.map(str::to_owned).to_vec()
}

/// Where stages send to, in one case of three; of its own numbers, so that all else is drawn as without it.
fn ways(seed: u64, number: u64) -> Vec<String> {
    let mut numbers = generator(!seed, number);
    let ways: &[&str] = match below(numbers.next_u32(), 15) {
        0 => &["stage.inbound.to=preprocess,destination"],
        1 => &["stage.inbound.to=preprocess,core"],
        2 => &["stage.inbound.to=destination,preprocess", "stage.preprocess.to=[]"],
        3 => &["records.keys=2", "stage.inbound.to=preprocess,core", "stage.inbound.route=by-key"],
        4 => &["stage.inbound.to=core,preprocess", "stage.preprocess.to=[]"],
        _ => &[],
    };
    ways.iter().map(|&change| change.to_owned()).collect()
}

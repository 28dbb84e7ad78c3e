//! Tiny systems that an exhaustive search can complete: any design, sound or not, any script, any
//! fault. What contradicts the rest of a case is left out of it, so that nothing has to be drawn again.

use std::collections::BTreeMap;
use std::ops::Range;

use active_active::model::fault::FaultKind;
use active_active::plan::{Plan, names};
use active_active::scenario::Scenario;
use active_active::scenario::options::DesignOption;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::common::options;

/// The topology and the batches.
#[derive(Clone, Debug)]
struct Shape {
    regions: u8,
    stages: u8,
    containers: u8,
    /// Where two stages send to: 0 to 2 one after the other, 3 the first also to the destination, 4 so that records end at the
    /// second, 5 to one of both by key.
    ways: u8,
    batches: Vec<u32>,
}

/// What a line is made of: its form, and two numbers that say the rest.
type Line = (u8, u8, u8);

/// Options and their values.
#[derive(Clone, Debug)]
struct Changes {
    /// Those that there are to draw from.
    options: &'static [&'static DesignOption],
    /// By index into the options, and into their values; and whether it is set for the first stage only.
    changes: Vec<(u16, u8, bool)>,
    /// How many containers the first stage has of its own; 0: as many as the others.
    containers: u8,
}

/// A case as it is drawn; smaller numbers are simpler.
#[derive(Clone, Debug)]
struct Draft {
    shape: Shape,
    changes: Changes,
    /// Index into what a budget can have, and how much.
    budget: Option<(u8, u8)>,
    weights: u8,
    opening: u8,
    lines: Vec<Line>,
    /// Where each batch is published: in front of this line.
    publishes: Vec<u8>,
    ending: u8,
}

/// Any tiny system, with any script.
pub(crate) fn tiny() -> impl Strategy<Value = Scenario> {
    let batches = prop_oneof![6 => Just(vec![1]), 2 => Just(vec![2]), 2 => Just(vec![1, 1])];
    let regions = prop_oneof![19 => Just(2u8), 1 => Just(3)];
    let stages = prop_oneof![9 => Just(1u8), 1 => Just(2)];
    let containers = prop_oneof![6 => Just(1u8), 1 => Just(2)];
    let shape = (regions, stages, containers, 0u8..6, batches).prop_map(
        |(regions, stages, containers, ways, batches)| Shape {
            regions,
            stages,
            containers,
            ways,
            batches,
        },
    );
    drawn(shape, Just(options::ALL.as_slice()), (0u8..6, 0u8..4), 5)
}

/// Tiny systems with a batch that can be split.
pub(crate) fn with_large_batches() -> impl Strategy<Value = Scenario> {
    let batches = prop_oneof![3 => Just(vec![2]), 1 => Just(vec![2, 1])];
    let shape = (1u8..=2, batches).prop_map(|(containers, batches)| Shape {
        regions: 2,
        stages: 1,
        containers,
        ways: 0,
        batches,
    });
    drawn(shape, Just(options::ALL.as_slice()), (0u8..4, 2u8..4), 3)
}

/// Tiny systems of the designs of which a search leaves out orders.
pub(crate) fn reducible(stages: u8) -> impl Strategy<Value = Scenario> {
    let known =
        |option: &&&DesignOption| REDUCIBLE.iter().any(|known| option.key().starts_with(known));
    let known: &'static [&'static DesignOption] =
        options::ALL.iter().filter(known).copied().collect::<Vec<_>>().leak();
    let batches = prop_oneof![3 => Just(vec![1]), 1 => Just(vec![2]), 1 => Just(vec![1, 1])];
    let containers = prop_oneof![4 => Just(1u8), 1 => Just(2)];
    let shape = (containers, batches).prop_map(move |(containers, batches)| Shape {
        regions: 2,
        stages,
        containers,
        ways: 0,
        batches,
    });
    drawn(shape, Just(known), (0u8..4, 1u8..4), 5)
}

/// As `src/explore/verify/reduction.rs` has them.
const REDUCIBLE: &[&str] = &[
    "budget.crash",
    "budget.lost_reply",
    "budget.reorder",
    "budget.visibility_timeout",
    "container.retries",
    "dns.answer",
    "dns.ttl",
    "dns.weights",
    "heal",
    "queue.delivery",
    "queue.max_receives",
    "source.on_refusal",
    "table.on_failure",
];

/// The tiniest systems, with any script of a few lines: a judge that knows no short cut can take every choice.
pub(crate) fn tiniest() -> impl Strategy<Value = Scenario> {
    let shape = Shape { regions: 2, stages: 1, containers: 1, ways: 0, batches: vec![1] };
    drawn(Just(shape), Just(options::ALL.as_slice()), (0u8..3, 2u8..4), 3)
}

/// Weights of in-dns: one region takes all traffic below 3. Opening: the long polls are out of the way
/// before the script goes on, from 2 on.
fn drawn(
    shape: impl Strategy<Value = Shape>,
    options: Just<&'static [&'static DesignOption]>,
    (weights, opening): (Range<u8>, Range<u8>),
    lines_max: usize,
) -> impl Strategy<Value = Scenario> {
    let of_first = || prop::bool::weighted(0.2);
    let changes = vec((any::<u16>(), any::<u8>(), of_first()), 0..=3);
    let containers = prop_oneof![12 => Just(0u8), 1 => 1u8..=2];
    let changes = (options, changes, containers);
    let budget = proptest::option::weighted(0.3, (any::<u8>(), 0u8..8));
    let lines = vec((any::<u8>(), any::<u8>(), any::<u8>()), 0..=lines_max);
    let publishes = vec(prop_oneof![3 => Just(0u8), 2 => 0u8..6], 2);
    (shape, changes, budget, weights, opening, lines, publishes, 0u8..4).prop_map(
        |(shape, changes, budget, weights, opening, lines, publishes, ending)| {
            let (options, changes, containers) = changes;
            let changes = Changes { options, changes, containers };
            let draft =
                Draft { shape, changes, budget, weights, opening, lines, publishes, ending };
            draft.scenario()
        },
    )
}

impl Draft {
    fn scenario(&self) -> Scenario {
        let lines = self.script();
        let script = lines.iter().map(|line| line.parse().expect("it is a line of a script"));
        let name = "drawn".to_owned();
        let base = Scenario { name, script: script.collect(), ..Scenario::default() };
        options::with(base, self.options())
    }

    fn options(&self) -> BTreeMap<String, String> {
        let Shape { regions, stages, containers, ways, batches } = &self.shape;
        let names = ["first", "second"][..usize::from(*stages)].join(",");
        let batches: Vec<String> = batches.iter().map(ToString::to_string).collect();
        let mut options = BTreeMap::new();
        let mut set = |key: &str, value: &str| options.insert(key.to_owned(), value.to_owned());
        set("topology.regions", &regions.to_string());
        set("topology.stages", &names);
        set("topology.containers", &containers.to_string());
        set("records.batches", &batches.join(","));
        let (to, ends) = ("stage.first.to", ("stage.second.to", "[]"));
        let ways: &[(&str, &str)] = match (stages, ways) {
            (2, 3) => &[(to, "second,destination")],
            (2, 4) => &[(to, "destination,second"), ends],
            (2, 5) => &[
                (to, "destination,second"),
                ("stage.first.route", "by-key"),
                ("records.keys", "2"),
            ],
            (_, _) => &[],
        };
        ways.iter().for_each(|(key, value)| _ = set(key, value));
        match self.weights {
            0 | 1 => _ = set("dns.weights", "1,0"),
            2 => _ = set("dns.weights", "0,1"),
            _ => {}
        }
        if let Some((kind, count)) = self.budget {
            let is_kind = |option: &&&DesignOption| option.key().starts_with("budget.");
            let kinds: Vec<_> = self.changes.options.iter().filter(is_kind).collect();
            let option = kinds[usize::from(kind) % kinds.len()];
            options::set(&mut options, option, if count == 0 { 2 } else { 1 }, *regions);
        }
        let Changes { options: known, changes, containers: own } = &self.changes;
        for &(option, value, of_first) in changes {
            let option = known[usize::from(option) % known.len()];
            options::set(&mut options, option, value.into(), *regions);
            let own = option.key_of_stage("first").filter(|_| of_first);
            if let Some((own, value)) = own.zip(options.get(option.key()).cloned()) {
                options.remove(option.key());
                options.insert(own, value);
            }
        }
        if *own > 0 {
            options.insert("stage.first.containers".to_owned(), own.to_string());
        }
        options
    }

    fn script(&self) -> Vec<String> {
        let mut script = Vec::new();
        if self.opening > 1 {
            // The long polls are out of the way then: fewer orders, and more cases that are complete.
            script.push("await quiescent".to_owned());
        }
        let components = self.components();
        for (index, &line) in self.lines.iter().enumerate() {
            self.publish(&mut script, |at| usize::from(at) == index);
            script.push(self.line(line, &components));
        }
        self.publish(&mut script, |at| usize::from(at) >= self.lines.len());
        let end: &[&str] = match self.ending {
            0 => &[],
            1 => &["await delivered all"],
            2 => &["recover *", "await delivered all"],
            _ => &["await quiescent"],
        };
        script.extend(end.iter().map(|&line| line.to_owned()));
        script
    }

    fn publish(&self, script: &mut Vec<String>, here: impl Fn(u8) -> bool) {
        let batches = 1..=self.shape.batches.len();
        let here = batches.zip(&self.publishes).filter(|&(_, &at)| here(at));
        script.extend(here.map(|(batch, _)| format!("publish {batch}")));
    }

    /// The names of everything, with the kinds of faults that can happen to it.
    fn components(&self) -> Vec<(String, Vec<FaultKind>)> {
        let Shape { regions, stages, containers, .. } = self.shape;
        let stages = &["first", "second"][..usize::from(stages)];
        let own = match self.changes.containers {
            0 => String::new(),
            own => format!("stage.first.containers = {own}"),
        };
        let text = format!(
            "name = \"bare\"\nscript = [\"publish 1\"]\ntopology.regions = {regions}\n\
             topology.stages = {stages:?}\ntopology.containers = {containers}\n{own}"
        );
        let plan = Plan::load(&text, "bare", &[]).expect("it is valid");
        let kinds = [
            FaultKind::Pause,
            FaultKind::Crash,
            FaultKind::Fail,
            FaultKind::Offline,
            FaultKind::Lose,
            FaultKind::Deploy,
            FaultKind::Rollback,
        ];
        let targets = names::targets(&plan.layout).into_iter();
        let named = targets.map(|(name, parts)| {
            let can = |kind: &FaultKind| parts.iter().all(|&part| kind.can_happen_to(part));
            (name, kinds.into_iter().filter(can).collect())
        });
        named.collect()
    }

    fn line(&self, (form, a, b): Line, components: &[(String, Vec<FaultKind>)]) -> String {
        let Shape { regions, stages, batches, .. } = &self.shape;
        let region = 1 + b % regions;
        let batch = 1 + usize::from(b) % batches.len();
        let total: u32 = batches.iter().sum();
        let count = u32::from(a) % (total + 1);
        let queues: &[&str] = match stages {
            1 => &["inbound-queue", "outbound-queue"],
            _ => &["inbound-queue", "first-second-queue", "outbound-queue"],
        };
        let queue = queues[usize::from(a) % queues.len()];
        let stage = ["first", "second"][usize::from(a % stages)];
        let such = |kind: Option<FaultKind>| {
            let fits = |(_, kinds): &&(String, Vec<FaultKind>)| {
                kind.is_none_or(|kind| kinds.contains(&kind))
            };
            let fitting: Vec<_> = components.iter().filter(fits).collect();
            &*fitting[(usize::from(a) * 7 + usize::from(b)) % fitting.len()].0
        };
        let fault = |kind: FaultKind| format!("{} {}", kind.name(), such(Some(kind)));
        match form % 41 {
            0 | 1 => "await sometime".to_owned(),
            2..=4 => fault(FaultKind::Pause),
            5..=7 => fault(FaultKind::Crash),
            8..=12 => fault(FaultKind::Fail),
            13 => fault(FaultKind::Offline),
            14 => fault(FaultKind::Lose),
            15 => format!("lose @{region}"),
            16 => format!("outage @{region}"),
            17 => format!("fail some *@{region}"),
            18 => format!("switchover {stage}-table to @{region}"),
            19 => format!("failover {stage}-table to @{region}"),
            20..=22 => format!("recover {}", such(None)),
            23 => "recover *".to_owned(),
            24 => format!("redrive {queue}@{region}"),
            25 => format!(
                "weights{}",
                (0..*regions).map(|r| format!(" {}", a >> r & 1)).collect::<String>()
            ),
            26 => format!("publish {batch}"),
            27 => format!("await published batch {batch}"),
            28 => format!("await published or refused batch {batch}"),
            29 if a % 2 == 0 => format!("await enqueued {queue}@{region} batch {batch}"),
            29 => format!("await enqueued {queue} batch {batch}"),
            30 => format!("await delivered batch {batch}"),
            31 => format!("await delivered {}", count.max(1)),
            32 => format!("await drained @{region}"),
            33 => "await quiescent".to_owned(),
            34 => format!("expect delivered {count}"),
            35 => format!("expect unreplicated batch {batch}"),
            36 => format!("expect bypassed @{region} batch {batch}"),
            37 => format!("expect dead-lettered {count}"),
            38 => {
                let records =
                    if a % 2 == 0 { String::new() } else { format!(" records {}", count.max(1)) };
                format!("expect waiting {queue}@{region} batch {batch}{records}")
            }
            39 if a % 2 == 0 => format!("deploy {stage}@{region}"),
            39 => format!("rollback {stage}@{region}"),
            _ => {
                let state =
                    ["Processing", "FailedProcessing", "FailedDependency"][usize::from(a % 3)];
                format!("expect state {stage}-container*@{region} {state}")
            }
        }
    }
}

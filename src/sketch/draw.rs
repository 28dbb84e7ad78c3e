//! What may vary, and how often: the one place from which strategies and bytes draw.
//!
//! The options of the design are those of the table ([`options::ALL`]), each with its sound values: a new one is drawn without a
//! line here.

use std::sync::LazyLock;

use crate::model::options::{About, Restart};
use crate::scenario::options::{self, DesignOption};
use crate::scenario::{Budget, Scenario, Topology};
use crate::sketch::{
    Act, Databases, Disturbance, Numbers, Opening, Own, Poison, Sketch, Speed, Spot, Wait, Ways,
    stage_names,
};

/// The options that are no choice from the table: they are drawn from ranges of their own or follow from the rest, and some are
/// sound only where an operator is there.
const ELSEWHERE: &[&str] = &[
    "aurora.writer",
    "budget.",
    "container.batch",
    "container.retries",
    "destination.versions",
    "dns.weights",
    "heal",
    "queue.dead_letters",
    "records.",
    "replication.witness",
    "rpo.",
    "spec.",
    "store.",
    "table.conflict",
    "timing.",
    "topology.",
];

/// The options of which a sketch says more than the table where their values count. Any other has its value where all holds that the
/// table says that it needs.
const RULED: &[&str] = &[
    "aurora.acknowledge",
    "aurora.rpo_records_max",
    "container.dual_write",
    "container.on_dependency_failure",
    "container.on_stop",
    "dns.failback",
    "dns.health_check",
    "dns.policy",
    "dns.primary",
    "queue.commit",
    "queue.groups",
    "queue.mirror",
    "queue.positions_at_failover",
    "relay.at_failover",
    "relay.claim",
    "relay.instances",
    "service.on_failure",
    "table.clock",
];

/// How many acts a script has at most.
pub(crate) const ACTS_MAX: u32 = 12;

/// An option, with the indices of the sound values that are not its default.
struct Sound {
    option: &'static DesignOption,
    values: Vec<usize>,
    /// Whether the table says where one of them counts, and no rule of the sketch does.
    is_conditional: bool,
}

/// The options of the design, in the order of the scenario format.
static DESIGN: LazyLock<Vec<Sound>> = LazyLock::new(|| {
    let is_elsewhere = |key: &str| ELSEWHERE.iter().any(|start| key.starts_with(start));
    let sound = |option: &'static DesignOption| {
        let about = |&value: &usize| -> &About { &option.values()[value].about };
        let values = (1..option.values().len()).filter(|value| about(value).is_sound);
        let values: Vec<usize> = values.collect();
        let depends =
            |value: &usize| !about(value).needs.is_empty() || !about(value).with.is_empty();
        let is_conditional = !RULED.contains(&option.key()) && values.iter().any(depends);
        Sound { option, values, is_conditional }
    };
    let drawn = options::ALL.iter().filter(|option| !is_elsewhere(option.key()));
    drawn.map(sound).filter(|sound| !sound.values.is_empty()).collect()
});

/// The options that say how long things take.
static TIMES: LazyLock<Vec<&DesignOption>> = LazyLock::new(|| {
    options::ALL.iter().filter(|option| option.key().starts_with("timing.")).collect()
});

impl Sketch {
    /// All but the topology; the acts come where `acts` draws them. What matters most comes first, so that few bytes are much.
    pub(crate) fn draw<N: Numbers>(
        numbers: &mut N,
        acts: impl FnOnce(&mut N) -> Vec<Act>,
    ) -> Sketch {
        let mut design = Scenario::default();
        design.records.batches = numbers.part(9, |numbers| {
            let count = 1 + numbers.below(4);
            (0..count).map(|_| numbers.number(&[(8, 1, 4), (1, 5, 12)])).collect()
        });
        let databases = numbers.part(3, databases);
        design.budget = numbers.part(2 + 2 * FAULTS_MAX, budget);
        let (opening, acts) = (numbers.part(4, opening), acts(numbers));
        design.records.keys = numbers.number(&[(4, 0, 0), (1, 1, 4)]) as u16;
        design.records.unreadable = numbers.one_in(10).into();
        let poison =
            numbers.of(&[(5, Poison::Nowhere), (2, Poison::Everywhere), (2, Poison::AtLastStage)]);
        numbers.part(2 + 2 * OPTIONS_MAX, |numbers| options(numbers, &mut design));
        if design.budget.expire > 0 {
            design.container.restart = Restart::Always;
        }
        design.container.retries = numbers.number(&[(4, 0, 0), (1, 1, 3)]) as u8;
        design.container.batch = numbers.number(&[(4, 1, 1), (1, 2, 10)]) as u8;
        let ways = [(7, Ways::Line), (1, Ways::Both), (1, Ways::Aside), (1, Ways::ByKey)];
        let ways = numbers.of(&ways);
        let own = numbers.part(10, |numbers| numbers.one_in(4).then(|| own(numbers)));
        let weights = numbers.part(9, |numbers| match numbers.of(&[(4, 0), (1, 1), (3, 2)]) {
            0 => None,
            1 => Some([0; 8]),
            _ => Some(weight_of_each(numbers)),
        });
        let speeds = numbers.part(22, speeds);
        numbers.part(1 + TIMES.len(), |numbers| times(numbers, &mut design));
        Sketch { design, poison, weights, speeds, ways, databases, own, opening, acts }
    }
}

/// Systems of 2 to 8 regions, 1 to 16 stages and 1 to 8 containers on each queue.
pub(crate) fn topology(numbers: &mut impl Numbers) -> Topology {
    Topology {
        regions: numbers.number(&[(8, 2, 2), (3, 3, 3), (1, 4, 8)]) as u8,
        stages: stage_names(numbers.number(&[(6, 1, 2), (3, 3, 5), (1, 6, 16)]) as u8),
        containers: numbers.number(&[(6, 1, 1), (2, 2, 2), (1, 3, 8)]) as u8,
        old_containers: 0,
    }
}

/// How many options a design has at most that are not as by default, beside those that they need.
const OPTIONS_MAX: usize = 12;

/// One design in six is as by default; of the others, some differ in a few options, and some in many.
fn options(numbers: &mut impl Numbers, design: &mut Scenario) {
    for _ in 0..numbers.number(&[(1, 0, 0), (2, 1, 4), (3, 5, OPTIONS_MAX as u32)]) {
        let Sound { option, values, .. } = &DESIGN[numbers.below(DESIGN.len() as u32) as usize];
        let number = numbers.below(1 + 3 * values.len() as u32);
        let Some(other) = number.checked_sub(1) else { continue };
        let value = values[other as usize / 3];
        // An option that needs others comes with them, as far as they are drawn here.
        let About { needs, with, .. } = &option.values()[value].about;
        for needed in needs.iter().chain(*with) {
            let (key, text) = needed.split_once('=').expect("KEY=VALUE");
            let drawn = DESIGN.iter().map(|sound| sound.option).find(|option| option.key() == key);
            if let Some((option, value)) =
                drawn.and_then(|option| Some((option, option.value(text)?)))
            {
                option.set(design, value);
            }
        }
        option.set(design, value);
    }
}

/// Takes back the values of options without which the table says that they contradict the rest, or are not sound.
pub(super) fn settle(scenario: &mut Scenario) {
    for Sound { option, .. } in DESIGN.iter().filter(|sound| sound.is_conditional) {
        let Some(value) = option.get(scenario).filter(|&value| value > 0) else { continue };
        let About { needs, with, .. } = &option.values()[value].about;
        let holds = |other: &&str| {
            let (key, text) = other.split_once('=').expect("KEY=VALUE");
            options::find(key).is_some_and(|of| of.get(scenario) == of.value(text))
        };
        if !needs.iter().chain(*with).all(holds) {
            option.set(scenario, 0);
        }
    }
}

/// No stage with a database, all stages, or some.
fn databases(numbers: &mut impl Numbers) -> Databases {
    let stages = match numbers.of(&[(4, 0), (1, 1), (2, 2)]) {
        0 => 0,
        1 => u16::MAX,
        _ => numbers.below(1 << 16) as u16,
    };
    let writer = if stages == 0 { 0 } else { numbers.below(8) as u8 };
    Databases { stages, writer }
}

/// How many kinds of faults a budget has at most.
const FAULTS_MAX: usize = 12;

/// No fault that the scheduler may choose, or a few of one kind or of several.
fn budget(numbers: &mut impl Numbers) -> Budget {
    let is_small: Vec<bool> = Budget::small().collect();
    let mut counts = vec![0; is_small.len()];
    for _ in 0..numbers.number(&[(4, 0, 0), (1, 1, 4), (3, 5, FAULTS_MAX as u32)]) {
        let kind = numbers.below(counts.len() as u32) as usize;
        counts[kind] = numbers.below(if is_small[kind] { 5 } else { 3 }) as u16;
    }
    Budget::of_counts(counts)
}

/// The default, or any times.
fn times(numbers: &mut impl Numbers, design: &mut Scenario) {
    if numbers.one_in(4) {
        for option in TIMES.iter() {
            let value = numbers.below(option.values().len() as u32);
            option.set(design, value as usize);
        }
    }
}

/// Mostly none.
pub(crate) fn speeds(numbers: &mut impl Numbers) -> Vec<Speed> {
    let count = numbers.number(&[(3, 0, 0), (1, 1, 4)]);
    let one = |_| Speed {
        kind: numbers.below(Speed::KINDS.into()) as u8,
        spot: Spot::draw(numbers),
        speed: numbers.number(&[(3, 1, 4), (1, 5, 1000)]),
    };
    (0..count).map(one).collect()
}

/// What one stage has of its own.
fn own(numbers: &mut impl Numbers) -> Own {
    Own {
        stage: numbers.below(16) as u8,
        containers: numbers.number(&[(3, 0, 0), (2, 1, 3)]) as u8,
        retries: numbers.number(&[(3, 0, 0), (1, 1, 2)]) as u8,
        delivery: numbers.one_in(3),
        gives_up: numbers.one_in(3),
        failures: numbers.one_in(3),
        outbox: numbers.one_in(3),
    }
}

/// 0 and 255 are likely.
fn weight_of_each(numbers: &mut impl Numbers) -> [u8; 8] {
    std::array::from_fn(|_| numbers.of(&[(3, 1), (1, 2), (1, 3), (2, 0), (1, 255)]))
}

fn opening(numbers: &mut impl Numbers) -> Opening {
    match numbers.of(&[(6, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5)]) {
        0 => Opening::Plain,
        1 => Opening::Paused(Spot::draw(numbers)),
        2 => Opening::Waiting(Spot::draw(numbers)),
        3 => Opening::Bypassed(Spot::draw(numbers)),
        4 => Opening::Unreplicated,
        _ => Opening::Rollout(Spot::draw(numbers), numbers.below(8) as u8),
    }
}

impl Act {
    pub(crate) fn draw(numbers: &mut impl Numbers) -> Act {
        let kinds = [(3, 0), (3, 1), (3, 2), (1, 3), (1, 4), (1, 5), (2, 6), (5, 7)];
        match numbers.of(&kinds) {
            0 => Act::Publish,
            1 => Act::Await(numbers.pick(&Wait::ALL), Spot::draw(numbers)),
            2 => Act::Recover { which: numbers.below(4) as u8, with_containers: numbers.one_in(2) },
            3 => Act::Weights(weight_of_each(numbers)),
            4 => Act::Redrive(Spot::draw(numbers)),
            5 => Act::Lose { region: numbers.one_in(2), spot: Spot::draw(numbers) },
            6 => Act::MoveWriter { planned: numbers.one_in(2), spot: Spot::draw(numbers) },
            _ => Act::Disturb(numbers.pick(&Disturbance::ALL), Spot::draw(numbers)),
        }
    }
}

impl Spot {
    pub(crate) fn draw(numbers: &mut impl Numbers) -> Spot {
        Spot { stage: numbers.below(32) as u8, region: numbers.below(8) as u8 }
    }
}

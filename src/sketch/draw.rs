//! What may vary, and how often: the one place from which strategies and bytes draw.
//!
//! The options of the design are those of the table ([`options::ALL`]), each with its sound values: a new one is drawn without a
//! line here.

use std::sync::LazyLock;

use crate::model::options::About;
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
pub(crate) struct Sound {
    option: &'static DesignOption,
    values: Vec<usize>,
    /// Each of these values makes no difference without other options.
    needs_others: bool,
    /// Whether the table says where one of them counts, and no rule of the sketch does.
    is_conditional: bool,
}

/// The options of the design, in the order of the scenario format.
pub(crate) static DESIGN: LazyLock<Vec<Sound>> = LazyLock::new(|| {
    let is_one_of = |key: &str, keys: &[&str]| keys.iter().any(|start| key.starts_with(start));
    let sound = |option: &'static DesignOption| {
        let about = |&value: &usize| -> &About { &option.values()[value].about };
        let values = (1..option.values().len()).filter(|value| about(value).is_sound);
        let values: Vec<usize> = values.collect();
        let needs_others = values.iter().all(|value| !about(value).needs.is_empty());
        let is_conditional = !RULED.contains(&option.key())
            && values
                .iter()
                .any(|value| !about(value).needs.is_empty() || !about(value).with.is_empty());
        Sound { option, values, needs_others, is_conditional }
    };
    let drawn = options::ALL.iter().filter(|option| !is_one_of(option.key(), ELSEWHERE));
    drawn.map(sound).filter(|sound| !sound.values.is_empty()).collect()
});

/// The options that say how long things take.
static TIMES: LazyLock<Vec<&DesignOption>> = LazyLock::new(|| {
    options::ALL.iter().filter(|option| option.key().starts_with("timing.")).collect()
});

impl Sketch {
    /// All but the topology and the acts.
    pub(crate) fn draw(numbers: &mut impl Numbers) -> Sketch {
        let mut design = Scenario::default();
        let batches = numbers.part(9, |numbers| {
            let count = 1 + numbers.below(4);
            (0..count).map(|_| numbers.number(&[(8, 1, 4), (1, 5, 12)])).collect()
        });
        design.records.batches = batches;
        design.records.keys = numbers.number(&[(4, 0, 0), (1, 1, 4)]) as u16;
        design.records.unreadable = numbers.one_in(10).into();
        let poison =
            numbers.of(&[(5, Poison::Nowhere), (2, Poison::Everywhere), (2, Poison::AtLastStage)]);
        numbers.part(1 + DESIGN.len(), |numbers| options(numbers, &mut design));
        design.container.retries = numbers.number(&[(4, 0, 0), (1, 1, 3)]) as u8;
        design.container.batch = numbers.number(&[(4, 1, 1), (1, 2, 10)]) as u8;
        design.budget = numbers.part(1 + 2 * Budget::KEYS.len(), budget);
        numbers.part(1 + TIMES.len(), |numbers| times(numbers, &mut design));
        Sketch {
            design,
            poison,
            weights: numbers.part(17, |numbers| match numbers.of(&[(4, 0), (1, 1), (3, 2)]) {
                0 => None,
                1 => Some([0; 8]),
                _ => Some(weight_of_each(numbers)),
            }),
            speeds: numbers.part(22, speeds),
            ways: numbers.of(&[
                (7, Ways::Line),
                (1, Ways::Both),
                (1, Ways::Aside),
                (1, Ways::ByKey),
            ]),
            databases: numbers.part(3, |numbers| Databases {
                stages: match numbers.of(&[(4, 0), (1, 1), (2, 2)]) {
                    0 => 0,
                    1 => u16::MAX,
                    _ => numbers.below(1 << 16) as u16,
                },
                writer: numbers.below(8) as u8,
            }),
            own: numbers.part(10, |numbers| numbers.one_in(4).then(|| own(numbers))),
            opening: numbers.part(4, opening),
            acts: Vec::new(),
        }
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

/// One design in five is as by default; of the others, some differ in a few options, and some in many.
fn options(numbers: &mut impl Numbers, design: &mut Scenario) {
    let rarity = numbers.of(&[(1, 0), (2, 4), (2, 2)]);
    if rarity == 0 {
        return;
    }
    for Sound { option, values, needs_others, .. } in DESIGN.iter() {
        let others = values.len() as u32;
        let default = others * if *needs_others { 1 } else { rarity };
        let number = numbers.below(default + others);
        if let Some(other) = number.checked_sub(default) {
            option.set(design, values[other as usize]);
        }
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

/// No fault that the scheduler may choose, or a few of one kind or of several.
fn budget(numbers: &mut impl Numbers) -> Budget {
    if !numbers.one_in(2) {
        return Budget::default();
    }
    let counts: Vec<u16> = Budget::small()
        .map(|is_small| match is_small {
            true => numbers.number(&[(2, 0, 0), (1, 1, 4)]) as u16,
            false => numbers.number(&[(4, 0, 0), (1, 1, 2)]) as u16,
        })
        .collect();
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
    let ranges = [(4, 1, 3), (2, 0, 0), (1, 0, 255), (1, 255, 255)];
    std::array::from_fn(|_| numbers.number(&ranges) as u8)
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

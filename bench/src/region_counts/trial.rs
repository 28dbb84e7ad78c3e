//! The published spec on trial: would it alone have caught the designs that are wrong?

use std::fmt;
use std::sync::Arc;

use active_active::explore::{Runner, Strategy, Verdict};
use active_active::model::event::Event;
use active_active::model::queue;
use active_active::plan::Plan;
use active_active::scenario::designs::{SOUND, UNSOUND, Unsound};
use active_active::scenario::{FileError, builtin};
use active_active::scheduler::{Random, RoundRobin, Scheduler};
use active_active::sim::{Choice, Simulation, Step};
use active_active::spec::{PropertyName, RegionCounts};

/// The seed of all schedules.
const SEED: u64 = 1;
/// So many schedules are searched for a violation.
const SEARCHED: u64 = 2_000;
/// Over so many schedules the published spec is asked.
const COUNTED: u64 = 100;

/// What the two specs say of one design, over the same random schedules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Trial {
    /// The option and its value.
    pub(crate) design: &'static str,
    /// The scenario in which it shows.
    pub(crate) scenario: String,
    /// The property that catches it; none if none does.
    pub(crate) caught_by: Option<PropertyName>,
    /// How many schedules that took.
    pub(crate) schedules: u64,
    /// Of how many runs of the wrong design [`RegionCounts`] refuses the end, of
    /// [`Trial::counted`].
    pub(crate) refused_unsound: u64,
    /// The same of the sound design next to it: false alarms.
    pub(crate) refused_sound: u64,
    /// Of how many random runs of the sound design it objects to something in the middle: it was content, and
    /// did not expect it.
    pub(crate) objects_random: u64,
    /// The same, of runs with PCT (three priority changes at most).
    pub(crate) objects_pct: u64,
    /// How many schedules it was asked about.
    pub(crate) counted: u64,
}

/// Whether a spec tells a wrong design from a sound one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Counted {
    /// It refuses the wrong design and accepts the sound one.
    Caught,
    /// It accepts the wrong design in every schedule.
    Missed,
    /// It refuses the sound design as well, so what it says of the wrong one means nothing.
    CannotTell,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Counted::Caught => "yes",
            Counted::Missed => "no",
            Counted::CannotTell => "no: it refuses the sound design, too",
        })
    }
}

impl Trial {
    /// Tries one design.
    ///
    /// The published test writes down by hand how many records each region should have, for each
    /// scenario. Here these are the numbers of a fair run of the sound design, which is the best
    /// that a hand could do.
    ///
    /// # Errors
    ///
    /// If the row names no scenario or no option.
    pub(crate) fn of(row: &Unsound) -> Result<Trial, FileError> {
        let unsound = Arc::new(row.plan()?);
        let sound = Arc::new(sound(row)?);
        let mut runner = Runner::new(Arc::clone(&unsound));
        let violated = (0..SEARCHED).find_map(|run| {
            match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
                Verdict::Violated(violation) => Some((run + 1, violation.property())),
                Verdict::Holds | Verdict::Inconclusive(_) => None,
            }
        });
        let expected = sizes(&sound);
        let pct = Strategy::Pct { depth: 3 }.prepare(&sound, SEED);
        Ok(Trial {
            design: row.design,
            scenario: unsound.scenario().name.clone(),
            caught_by: violated.map(|(_, property)| property),
            schedules: violated.map_or(SEARCHED, |(schedules, _)| schedules),
            refused_unsound: refused(&unsound, &expected),
            refused_sound: refused(&sound, &expected),
            objects_random: objected(&sound, &expected, || Random::new(SEED)),
            objects_pct: objected(&sound, &expected, || pct.scheduler()),
            counted: COUNTED,
        })
    }

    /// Whether the published spec alone would have caught it.
    pub(crate) fn alone(&self) -> Counted {
        match (self.refused_unsound, self.refused_sound) {
            (0, _) => Counted::Missed,
            (_, 0) => Counted::Caught,
            (_, _) => Counted::CannotTell,
        }
    }
}

/// Every design that is wrong, tried, as a table in Markdown: what docs/region-counts.md shows. `tried` is
/// called after each of them.
///
/// # Errors
///
/// If a row of [`UNSOUND`] has a mistake.
pub(crate) fn table(mut tried: impl FnMut()) -> Result<String, FileError> {
    let trial = |row| Trial::of(row).inspect(|_| tried());
    let trials: Vec<Trial> = UNSOUND.iter().map(trial).collect::<Result<_, _>>()?;
    let mut lines = vec![
        "| design | in scenario | caught by | in schedule | `RegionCounts` refuses it | … and the \
         sound design | objects to the sound design in the middle: random | … pct:3 | `RegionCounts` \
         alone is enough |"
            .to_owned(),
        "|---|---|---|--:|--:|--:|--:|--:|---|".to_owned(),
    ];
    for trial in &trials {
        let caught = trial.caught_by.map_or("nothing", PropertyName::name);
        let percent = |refused: u64| refused * 100 / trial.counted;
        lines.push(format!(
            "| `{}` | {} | `{caught}` | {} | {} % | {} % | {} % | {} % | {} |",
            trial.design,
            trial.scenario,
            trial.schedules,
            percent(trial.refused_unsound),
            percent(trial.refused_sound),
            percent(trial.objects_random),
            percent(trial.objects_pct),
            trial.alone()
        ));
    }
    let count = trials.iter().filter(|trial| trial.alone() == Counted::Caught).count();
    lines.push(String::new());
    lines.push(format!(
        "`RegionCounts` alone is enough for {count} of {} unsound designs.",
        trials.len()
    ));
    Ok(lines.join("\n") + "\n")
}

/// The design next to a wrong one: the scenario as it is; where that has the wrong design by
/// default, the sound value of the same option.
fn sound(row: &Unsound) -> Result<Plan, FileError> {
    let is_wrong_by_default = builtin::unsound().any(|(name, _, _)| name == &row.scenario);
    let key = |design: &'static str| design.split('=').next();
    let other = SOUND.iter().find(|&&(design, scenario)| {
        is_wrong_by_default && scenario == row.scenario && key(design) == key(row.design)
    });
    Plan::with_changes(row.scenario, other.map(|&(design, _)| design).as_slice())
}

/// By region: how many records first enter it in a fair run.
fn sizes(plan: &Arc<Plan>) -> Vec<u32> {
    let mut sizes = vec![0; plan.layout.regions];
    let mut known = vec![false; plan.records() + 1];
    to_the_end(plan, &mut RoundRobin::default(), 0, |_, simulation| {
        for event in simulation.events() {
            let &Event::Queue(queue::Event::Enqueued { queue, copy }) = event else { continue };
            let (region, position) = plan.layout.queue_place(queue);
            if position == 0 && !std::mem::replace(&mut known[copy.id.index()], true) {
                sizes[region.index()] += 1;
            }
        }
    });
    sizes
}

/// How many of the runs the published spec refuses.
fn refused(plan: &Arc<Plan>, expected: &[u32]) -> u64 {
    let refuses = |&run: &u64| {
        let mut counts = RegionCounts::new(plan, expected);
        to_the_end(plan, &mut Random::new(SEED), run, |step, simulation| {
            counts.watch(step, simulation.events(), plan);
        });
        counts.judge_end(plan).is_err()
    };
    (0..COUNTED).filter(refuses).count() as u64
}

/// To how many of the runs the published spec objects in the middle.
fn objected<S: Scheduler>(plan: &Arc<Plan>, expected: &[u32], scheduler: impl Fn() -> S) -> u64 {
    let objects = |&run: &u64| {
        let mut counts = RegionCounts::new(plan, expected);
        to_the_end(plan, &mut scheduler(), run, |step, simulation| {
            counts.watch(step, simulation.events(), plan);
        });
        counts.objection().is_some()
    };
    (0..COUNTED).filter(objects).count() as u64
}

/// A run to its end, whatever happens in it: chaos, then healed and fair until the script does not
/// go on any more, as [`Runner`] does, without a judge.
fn to_the_end(
    plan: &Arc<Plan>,
    scheduler: &mut impl Scheduler,
    run: u64,
    mut watch: impl FnMut(&Step, &Simulation),
) {
    let mut simulation = Simulation::new(Arc::clone(plan));
    scheduler.begin(plan, run);
    let (mut fair, mut since) = (RoundRobin::default(), 0);
    while !simulation.is_over() {
        let is_late = simulation.steps() > since + plan.chaos_steps_max();
        let choice = match simulation.enabled().is_quiescent() {
            true => scheduler.at_rest(&simulation),
            false if is_late && !simulation.is_closed() => Some(Choice::Heal),
            false if is_late => return,
            false if simulation.is_closed() => fair.choose(&simulation),
            false => scheduler.choose(&simulation),
        };
        let Some(choice) = choice else { return };
        let step = simulation.step(choice);
        scheduler.took(&step, &simulation);
        watch(&step, &simulation);
        if choice == Choice::Heal {
            (fair, since) = (RoundRobin::default(), simulation.steps());
        }
    }
}

//! What the reports of sweeps and of single runs have in common, as data.

use serde::Serialize;

use crate::model::id::RecordId;
use crate::plan::Plan;
use crate::report::minimal::MinimalSummary;
use crate::scenario::LossLimit;
use crate::spec::{Lost, PropertyName, Violation};

/// The version of the JSON documents.
pub const FORMAT: u32 = 1;

/// The verdict of a sweep or a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Every applicable property held in every run.
    Holds,
    /// A property was violated.
    Violated,
    /// A run was cut short, or the sweep was interrupted. It is never "holds".
    Inconclusive,
    /// Nothing was violated, and nothing was put to the test. It is never "holds".
    Vacuous,
}

/// Which scheduler.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SchedulerSummary {
    /// As the command line has it.
    pub name: String,
    /// What its random numbers derive from; none if it draws none, and then all of its runs are
    /// the same run.
    pub seed: Option<u64>,
}

/// What was run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ScenarioSummary {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// How many regions.
    pub regions: usize,
    /// How many stages.
    pub stages: usize,
    /// How many batches.
    pub batches: usize,
    /// How many records in all batches.
    pub records: usize,
    /// How many machines.
    pub machines: usize,
    /// What cannot go wrong because the scenario has nothing that it could go wrong with: a "holds" says
    /// nothing about that.
    pub blind_to: Vec<String>,
    /// The properties that the scenario leaves out: no verdict says anything about them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<&'static str>,
}

/// Where a run was saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SavedAs {
    /// The file.
    pub file: String,
    /// What to type to replay it.
    pub replay_command: String,
}

/// A violation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ViolationSummary {
    /// The property that is violated.
    pub property: &'static str,
    /// What it says.
    pub statement: &'static str,
    /// How many choices the run had taken.
    pub step: u64,
    /// What happened, in a sentence.
    pub what: String,
    /// Why.
    pub because: Vec<String>,
    /// Which run of the seed; none for a replay.
    pub run: Option<u64>,
    /// The seed; none for a replay or a scheduler without one.
    pub seed: Option<u64>,
    /// The file that the run was saved to; none if it was not.
    pub saved_file: Option<String>,
    /// What to type to replay that file.
    pub replay_command: Option<String>,
    /// The smallest failure that shows the same, if one was looked for.
    pub minimal: Option<MinimalSummary>,
}

/// An await of the script that had not come true at the first healing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AwaitedSummary {
    /// The first run in which that was so; none for a replay.
    pub run: Option<u64>,
    /// The line of the script.
    pub script_line: String,
}

/// What only an operator would have brought back before a run went on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OperatorSummary {
    /// The first run in which that was so; none for a replay.
    pub run: Option<u64>,
    /// What was brought back first, and how it came to need that.
    pub what: String,
}

/// What losses destroyed of what was acknowledged, in one run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LossSummary {
    /// Which run; none for a replay.
    pub run: Option<u64>,
    /// Of how many records something was destroyed: the recovery point that was reached.
    pub records: usize,
    /// Of how many it may be, as the scenario declares.
    pub rpo_records: LossLimit,
    /// By id: accepted, in no queue any more, and not delivered.
    pub undelivered: Vec<u16>,
    /// Those of them of which a row is left.
    pub restorable: Vec<u16>,
    /// By id: a row was not replicated when its table was lost.
    pub unreplicated: Vec<u16>,
    /// By id: in no queue any more that leads to a stage where the record should be stored.
    pub cut_off: Vec<u16>,
    /// By id: delivered, and the message is gone from which the external service was yet to be called.
    pub uncalled: Vec<u16>,
}

impl LossSummary {
    /// What is said of a run that lost something; nothing if it did not.
    pub(super) fn new(plan: &Plan, run: Option<u64>, lost: &Lost) -> Option<LossSummary> {
        let ids = |records: &[RecordId]| records.iter().map(|record| record.0).collect();
        (lost.records() > 0).then(|| LossSummary {
            run,
            records: lost.records(),
            rpo_records: plan.scenario().rpo.records,
            undelivered: ids(&lost.undelivered),
            restorable: ids(&lost.restorable),
            unreplicated: ids(&lost.unreplicated),
            cut_off: ids(&lost.cut_off),
            uncalled: ids(&lost.uncalled),
        })
    }
}

impl ScenarioSummary {
    /// What is said of a scenario.
    pub fn new(plan: &Plan) -> ScenarioSummary {
        ScenarioSummary {
            name: plan.scenario().name.clone(),
            about: plan.scenario().about.clone(),
            regions: plan.layout.regions,
            stages: plan.layout.stages.len(),
            batches: plan.batches(),
            records: plan.records(),
            machines: plan.layout.machines(),
            blind_to: blind_to(plan),
            left_out: left_out(plan),
        }
    }
}

/// The names of the properties that the scenario leaves out, in the order of the spec.
pub(super) fn left_out(plan: &Plan) -> Vec<&'static str> {
    let left_out = PropertyName::ALL.iter().copied().filter(|&property| plan.leaves_out(property));
    left_out.map(PropertyName::name).collect()
}

/// What the scenario is too small to show.
fn blind_to(plan: &Plan) -> Vec<String> {
    let keys = plan.keys().count();
    let overwrites = keys == 0 || plan.records() > keys;
    let of_keys = (!overwrites).then(|| {
        format!(
            "no business key has two records, so nothing can be overwritten: use more than {keys} \
             records, or fewer keys"
        )
    });
    of_keys.into_iter().collect()
}

impl ViolationSummary {
    pub(super) fn new(
        violation: &Violation,
        run: Option<u64>,
        seed: Option<u64>,
    ) -> ViolationSummary {
        ViolationSummary {
            property: violation.property().name(),
            statement: violation.property().statement(),
            step: violation.step,
            what: violation.what.clone(),
            because: violation.because.clone(),
            run,
            seed,
            saved_file: None,
            replay_command: None,
            minimal: None,
        }
    }

    /// Says where the run was saved.
    pub fn set_saved(&mut self, saved: SavedAs) {
        self.saved_file = Some(saved.file);
        self.replay_command = Some(saved.replay_command);
    }
}

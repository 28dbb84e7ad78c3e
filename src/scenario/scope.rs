//! The same scenario, smaller: what exhaustive search can cover.

use crate::scenario::script::{Measure, Percentile};
use crate::scenario::stages::DESTINATION;
use crate::scenario::{
    Budget, Cause, Condition, Expectation, Problem, Scenario, ScriptStep, ranges,
};
use crate::words;

/// What to make smaller (or larger) in a scenario.
///
/// ```
/// use active_active::scenario::{Scope, builtin};
///
/// let scope = Scope { records: Some(4), stages: Some(2), budget: Some("crash=1".parse()?) };
/// let small = scope.of(&builtin::scenario("f1-fail-container")?)?;
/// assert_eq!(small.records.batches, [2, 1, 1]);
/// assert_eq!(small.topology.stages, ["inbound", "preprocess"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// ```
/// use active_active::plan::Plan;
/// use active_active::scenario::{Budget, BudgetError, Problem, Scope, builtin};
///
/// let scenario = builtin::scenario("crash-anywhere")?;
/// let budget: Budget = "crash=2,lost_reply=1".parse()?;
/// let scope = Scope { records: Some(3), stages: Some(2), budget: Some(budget) };
/// let small = Plan::new(&scope.of(&scenario)?)?;
/// assert_eq!((small.records(), small.layout.stages.len()), (3, 2));
/// // Too few records for the three batches, and a fault that there is not: both say what would do.
/// let few: Problem = Scope { records: Some(1), ..scope }.of(&scenario).unwrap_err();
/// assert_eq!(few.key, "records.batches");
/// let unknown: BudgetError = "crush=2".parse::<Budget>().unwrap_err();
/// assert!(unknown.to_string().contains("did you mean 'crash'?"), "{unknown}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scope {
    /// So many records in all, spread evenly over the batches, the first ones first.
    pub records: Option<u32>,
    /// The first so many stages.
    pub stages: Option<u8>,
    /// This budget of faults instead of the scenario's.
    pub budget: Option<Budget>,
}

/// Why a text is no budget.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}; write a budget as in crash=1,lost_reply=2, or none for no fault at all")]
pub struct BudgetError(String);

impl BudgetError {
    fn part(part: &str) -> BudgetError {
        if let Some((key, number)) = part.split_once('=')
            && is_whole(number.trim())
            && keys().contains_key(key.trim())
        {
            let (key, max) = (key.trim(), u16::MAX);
            return BudgetError(format!("{part} is out of range; use {key}=0 to {key}={max}"));
        }
        BudgetError(format!("'{part}' is not a part of a budget{}", near(part)))
    }
}

/// Whether this is a number without a fraction, however great, or one below zero.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A budget by its keys.
fn keys() -> toml::Table {
    toml::Table::try_from(Budget::default()).unwrap_or_default()
}

/// The key that may have been meant.
fn near(part: &str) -> String {
    let all = keys();
    let key = part.split('=').next().unwrap_or_default();
    match words::closest(key, all.keys().map(String::as_str)) {
        Some(near) if near != key => format!(" (did you mean '{near}'?)"),
        Some(_) | None => String::new(),
    }
}

impl Scope {
    /// The scenario of this size. A number of delivered records that the script waits for or expects
    /// stays that of whole batches: 20 of 10 and 10 and 10 records becomes what two batches hold. A percentile of
    /// latencies that needs more records becomes the maximum. What was sent to a stage that is left out is sent to the destination.
    ///
    /// # Errors
    ///
    /// If there are fewer records than batches, or fewer stages than asked for. What else may be wrong
    /// with the scenario, [`Plan::new`](crate::plan::Plan::new) finds.
    pub fn of(&self, scenario: &Scenario) -> Result<Scenario, Problem> {
        let mut small = scenario.clone();
        if let Some(records) = self.records {
            let batches = small.records.batches.len() as u32;
            let (min, max) = (u64::from(batches), ranges::RECORDS.1);
            if !(min..=max).contains(&records.into()) {
                let what = "for the records of all batches of this scenario";
                let cause = Cause::Range { what, found: records.into(), min, max };
                return Err(Problem::new("records.batches", cause));
            }
            let share = |batch| records / batches + u32::from(batch < records % batches);
            small.records.batches = (0..batches).map(share).collect();
            small.script.iter_mut().for_each(|step| {
                recount(step, &scenario.records.batches, &small.records.batches);
                of_fewer(step, records);
            });
        }
        if let Some(stages) = self.stages {
            let max = small.topology.stages.len() as u64;
            if !(1..=max).contains(&stages.into()) {
                let what = "stages of this scenario";
                let cause = Cause::Range { what, found: stages.into(), min: 1, max };
                return Err(Problem::new("topology.stages", cause));
            }
            let gone = small.topology.stages.split_off(stages.into());
            let destination = [DESTINATION.to_owned()];
            gone.iter().for_each(|stage| small.redirect(stage, &destination));
            let left = &small.topology.stages;
            small.store.stages.retain(|stage, _| left.contains(stage));
            small.stage.retain(|stage, _| left.contains(stage));
        }
        small.budget = self.budget.unwrap_or(small.budget);
        Ok(small)
    }
}

/// Changes a number of delivered records that is that of the first batches.
fn recount(step: &mut ScriptStep, before: &[u32], after: &[u32]) {
    let (ScriptStep::Await(Condition::Delivered(count))
    | ScriptStep::Expect(Expectation::Delivered(count))) = step
    else {
        return;
    };
    let sum = |batches: &[u32]| batches.iter().sum::<u32>();
    if let Some(whole) = (0..=before.len()).find(|&whole| sum(&before[..whole]) == *count) {
        *count = sum(&after[..whole]);
    }
}

/// A percentile that is another one than the maximum only of more records becomes the maximum.
fn of_fewer(step: &mut ScriptStep, records: u32) {
    if let ScriptStep::Expect(Expectation::Objective(objective)) = step
        && let Measure::Latency(percentile) = &mut objective.measure
        && (records as usize) < percentile.values_min()
    {
        *percentile = Percentile::MAX;
    }
}

impl std::fmt::Display for Budget {
    /// As it is read: `crash=1,lost_reply=2`, or `none`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let table = toml::Table::try_from(self).expect("a budget has only numbers");
        let named = table.iter().filter(|(_, number)| number.as_integer() != Some(0));
        let parts: Vec<String> = named.map(|(key, number)| format!("{key}={number}")).collect();
        f.write_str(&if parts.is_empty() { "none".to_owned() } else { parts.join(",") })
    }
}

impl std::str::FromStr for Budget {
    type Err = BudgetError;

    /// Reads `crash=1,lost_reply=2`; what is not named is 0, and `none` names nothing.
    fn from_str(text: &str) -> Result<Budget, BudgetError> {
        let mut table = toml::Table::new();
        for part in text.split(',').filter(|_| text != "none") {
            let number = part.split_once('=').and_then(|(key, number)| {
                let number: u16 = number.trim().parse().ok()?;
                Some((key.trim().to_owned(), toml::Value::Integer(number.into())))
            });
            let (key, number) = number.ok_or_else(|| BudgetError::part(part))?;
            let whole = toml::Table::from_iter([(key.clone(), number.clone())]);
            // A budget knows its keys itself.
            whole.try_into::<Budget>().map_err(|_| BudgetError::part(part))?;
            if let Some(first) = table.insert(key.clone(), number) {
                return Err(BudgetError(format!("'{key}' is given twice, first as {first}")));
            }
        }
        table.try_into().map_err(|_| BudgetError::part(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use crate::scenario::builtin;

    #[test]
    fn every_built_in_scenario_has_a_small_form() {
        for (name, _) in builtin::ALL {
            let scenario = builtin::scenario(name).expect("it is built in");
            let batches = scenario.records.batches.len() as u32;
            let with = |stages| {
                let scope = Scope { records: Some(batches), stages: Some(stages), budget: None };
                scope.of(&scenario).and_then(|small| Plan::new(&small))
            };
            // Those of Workload1 name the queue before their third and last stage.
            let stages = if name.starts_with("workload1") { 3 } else { 2 };
            let plan = with(stages).unwrap_or_else(|problem| panic!("{name}: {problem}"));
            let sizes = (plan.records() as u32, plan.layout.stages.len());
            assert_eq!(sizes, (batches, stages.into()));
            assert_eq!(Scope::default().of(&scenario).expect("it is the same"), scenario);
        }
    }

    #[test]
    fn numbers_of_whole_batches_follow_the_batches() {
        let text = r#"
            name = "counts"
            records.batches = [10, 10]
            script = ["publish 1", "await delivered 10", "publish 2", "await delivered 12",
                      "await delivered 20"]
        "#;
        let scenario = Scenario::parse(text).expect("it is a scenario");
        let small = Scope { records: Some(5), ..Scope::default() }.of(&scenario).expect("it fits");
        let script: Vec<String> = small.script.iter().map(ToString::to_string).collect();
        assert_eq!(script[1], "await delivered 3");
        assert_eq!(script[3], "await delivered 12");
        assert_eq!(script[4], "await delivered 5");
    }

    #[test]
    fn budgets_are_read_as_they_are_written() {
        let budget = |text: &str| text.parse::<Budget>();
        assert_eq!(budget("none"), Ok(Budget::default()));
        let expected = Budget { crash: 1, lost_reply: 2, ..Budget::default() };
        assert_eq!(budget("crash=1, lost_reply=2"), Ok(expected));
        assert_eq!(expected.to_string(), "crash=1,lost_reply=2");
        assert_eq!(Budget::default().to_string(), "none");
        for wrong in
            ["", "crash", "crash=x", "crash=1,,", "crush=1", "crash=70000", "crash=1,crash=2"]
        {
            assert!(budget(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn too_few_records_or_stages_are_refused() {
        let f1 = builtin::scenario("f1-fail-container").expect("it is built in");
        let error = |scope: Scope| scope.of(&f1).expect_err("it is too small").to_string();
        let records = error(Scope { records: Some(2), ..Scope::default() });
        assert!(records.contains("use 3 to 65534"), "{records}");
        let many = error(Scope { records: Some(70_000), ..Scope::default() });
        assert!(many.contains("use 3 to 65534"), "{many}");
        let stages = error(Scope { stages: Some(6), ..Scope::default() });
        assert!(stages.contains("use 1 to 5"), "{stages}");
    }
}

//! What the ends of many runs show together: whether the verdict is about anything.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::plan::{Plan, Strike};
use crate::spec::ending::Times;
use crate::spec::{Ending, Excused, Facts};

/// What all runs that were judged to their end show of their records. A verdict that nothing was violated
/// is worth no more than this.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::explore::{Evidence, Progress, Sweep, Vacuous};
/// use active_active::plan::Plan;
/// use active_active::scenario::Scenario;
/// use active_active::scheduler::Random;
///
/// type Swept = (Evidence, Option<Vacuous>);
/// let swept = |text: &str| -> Result<Swept, Box<dyn std::error::Error>> {
///     let plan = Arc::new(Plan::new(&Scenario::parse(text)?)?);
///     let sweep = Sweep { plan: Arc::clone(&plan), runs: 20, threads: 1, steps_max: u64::MAX };
///     let evidence = sweep.run(|| Random::new(1), &Progress::default()).evidence;
///     let vacuous = evidence.vacuous(&plan);
///     Ok((evidence, vacuous))
/// };
/// let (evidence, vacuous) = swept("script = ['publish 1', 'await delivered all']")?;
/// assert_eq!((evidence.ends, evidence.least.delivered, vacuous), (20, 10, None));
///
/// // Both regions refuse everything, and the source gives up: no property was put to the test.
/// let text = "script = ['fail inbound-queue@1', 'fail inbound-queue@2', 'publish 1', \
///             'await published or refused batch 1']\nsource.on_refusal = 'abort'";
/// assert_eq!(swept(text)?.1, Some(Vacuous::NothingAccepted));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// How many runs were judged to their end without a violation; of an exhaustive search, how many
    /// terminal states.
    pub ends: u64,
    /// The smallest number of each, of all ends.
    pub least: Facts,
    /// The greatest number of each.
    pub most: Facts,
    /// The most that each property excused at one end.
    pub excused: Excused,
    /// The furthest that the script came, as the index of an action.
    pub script_at: usize,
    /// At how many ends the script had ended.
    pub script_ended: u64,
    /// The faults of script and budget that struck in some run, whether it was judged to its end or not; and the lines of
    /// the script that expect something and were judged.
    pub struck: BTreeSet<Strike>,
    /// At how many ends what an action of the script expects was not judged, though the script had come to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_judged: BTreeMap<usize, u64>,
    /// How much was judged of what the script expects of times.
    #[serde(default, skip_serializing_if = "Times::is_none")]
    pub times: Times,
}

/// Why a verdict says nothing, though nothing was violated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Vacuous {
    /// No record was accepted.
    NothingAccepted,
    /// No record was delivered.
    NothingDelivered,
    /// The script never got past the action of this index.
    ScriptNotEnded(usize),
    /// What the action of this index expects was judged in no run: a healing had ended a fault of the script before.
    NotJudged(usize),
}

impl Evidence {
    /// What one end shows.
    pub fn of(ending: &Ending, plan: &Plan) -> Evidence {
        let &Ending { facts, excused, script_at, passed_over, times } = ending;
        let script_ended = u64::from(script_at >= plan.actions().len());
        let is_judged = |action: usize| passed_over & plan.check_bit(action) == 0;
        let (judged, not_judged): (Vec<usize>, Vec<usize>) =
            actions(plan).filter(|&action| action < script_at).partition(|&it| is_judged(it));
        let struck = judged.into_iter().map(Strike::of_script).collect();
        Evidence {
            ends: 1,
            least: facts,
            most: facts,
            excused,
            script_at,
            script_ended,
            struck,
            not_judged: not_judged.into_iter().map(|action| (action, 1)).collect(),
            times,
        }
    }

    /// Adds what other ends show.
    pub fn merge(&mut self, other: &Evidence) {
        self.struck.extend(&other.struck);
        if other.ends == 0 {
            return;
        }
        if self.ends == 0 {
            (self.least, self.most) = (other.least, other.most);
        }
        self.ends += other.ends;
        for (&action, ends) in &other.not_judged {
            *self.not_judged.entry(action).or_default() += ends;
        }
        self.times.add(other.times);
        self.least.merge(other.least, u32::min);
        self.most.merge(other.most, u32::max);
        self.excused.raise(other.excused);
        self.script_at = self.script_at.max(other.script_at);
        self.script_ended += other.script_ended;
    }

    /// The faults of script and budget that struck in no run, by name, and unsound settings that nothing brings to bear
    /// ([`Plan::idle`]): no run shows what they do.
    pub fn never_struck(&self, plan: &Plan) -> Vec<String> {
        let never = plan.strikes().filter(|(strike, _)| !self.struck.contains(strike));
        never.map(|(_, name)| name).chain(plan.idle()).collect()
    }

    /// Why nothing was shown at any end, if that is so; nothing if there was no end to show anything.
    pub fn vacuous(&self, plan: &Plan) -> Option<Vacuous> {
        match self {
            Evidence { ends: 0, .. } => None,
            Evidence { most: Facts { accepted: 0, .. }, .. } => Some(Vacuous::NothingAccepted),
            Evidence { most: Facts { delivered: 0, .. }, .. } => Some(Vacuous::NothingDelivered),
            Evidence { script_ended: 0, .. } => Some(Vacuous::ScriptNotEnded(self.script_at)),
            Evidence { struck, .. } => {
                let is_not_judged = |action: &usize| !struck.contains(&Strike::of_script(*action));
                actions(plan).find(is_not_judged).map(Vacuous::NotJudged)
            }
        }
    }
}

/// The actions of the script that expect something.
fn actions(plan: &Plan) -> impl Iterator<Item = usize> + '_ {
    plan.checks().map(|(action, _)| action)
}

impl Vacuous {
    /// Why, and what to do, in a sentence.
    pub fn text(self, plan: &Plan) -> String {
        match self {
            Vacuous::NothingAccepted => "no record was accepted, so no property was put to the \
                                         test; let the source reach an inbound queue that works"
                .to_owned(),
            Vacuous::NothingDelivered => "no record was delivered, so what the spec says of \
                                          deliveries was not put to the test; let one go through"
                .to_owned(),
            Vacuous::ScriptNotEnded(action) => format!(
                "the script never got past '{}', so what comes after it was not put to the test; let \
                 it come true, or leave it out",
                plan.script_line(action)
            ),
            Vacuous::NotJudged(action) => format!(
                "'{}' was not judged in any run: what the script waits for before it came true only by a \
                 healing, which had ended what the script had made fail; let it come true while that \
                 lasts, or recover before",
                plan.script_line(action)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(accepted: u32, delivered: u32, lost: u32) -> Evidence {
        let facts = Facts { accepted, delivered, lost, ..Facts::default() };
        Evidence { ends: 1, least: facts, most: facts, script_ended: 1, ..Evidence::default() }
    }

    #[test]
    fn the_least_and_the_most_of_all_ends_are_kept() {
        let mut all = Evidence::default();
        for one in [end(3, 2, 1), Evidence::default(), end(5, 5, 0), end(4, 1, 0)] {
            all.merge(&one);
        }
        let (least, most) = (all.least, all.most);
        assert_eq!((all.ends, all.script_ended), (3, 3));
        assert_eq!((least.accepted, least.delivered, least.lost), (3, 1, 0));
        assert_eq!((most.accepted, most.delivered, most.lost), (5, 5, 1));
    }

    #[test]
    fn one_end_that_shows_something_is_enough() {
        let plan = Plan::with_changes("script = ['publish 1']", &[]).expect("it is a system");
        assert_eq!(Evidence::default().vacuous(&plan), None);
        let mut all = end(0, 0, 0);
        assert_eq!(all.vacuous(&plan), Some(Vacuous::NothingAccepted));
        all.merge(&end(1, 0, 0));
        assert_eq!(all.vacuous(&plan), Some(Vacuous::NothingDelivered));
        all.merge(&Evidence { script_ended: 0, script_at: 2, ..end(1, 1, 0) });
        assert_eq!(all.vacuous(&plan), None);
        let stuck = Evidence { script_ended: 0, script_at: 2, ..end(1, 1, 0) };
        assert_eq!(stuck.vacuous(&plan), Some(Vacuous::ScriptNotEnded(2)));
    }
}

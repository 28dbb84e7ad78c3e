//! What has to come about in some run, or a verdict says nothing of it: the faults that a plan has, by where they come
//! from, and what its script expects.

use serde::{Deserialize, Serialize};

use crate::plan::{DriverAction, Plan};
use crate::scenario::Budget;

/// What has to come about: a kind of fault of the budget, a line of the script with faults, or one that publishes a batch again, or one
/// that expects something.
///
/// ```
/// use active_active::plan::{Plan, Strike};
/// use active_active::scenario::Scenario;
///
/// let plan = Plan::new(&Scenario::parse(r#"
///     name = "two-sources"
///     script = ["publish 1", "fail core-table@1", "await quiescent", "recover *"]
///     budget.crash = 2
/// "#)?)?;
/// let names: Vec<String> = plan.strikes().map(|(_, name)| name).collect();
/// assert_eq!(names, ["budget.crash", "'fail core-table@1'"]);
/// let strikes: Vec<Strike> = plan.strikes().map(|(strike, _)| strike).collect();
/// assert!(strikes.is_sorted());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Strike(u16);

impl Strike {
    /// A fault of the budget, by its index in [`Budget::KEYS`].
    pub(crate) fn of_budget(kind: usize) -> Strike {
        Strike(kind as u16)
    }

    /// A fault of the action of this index; or that it was judged, if it expects something.
    pub(crate) fn of_script(action: usize) -> Strike {
        Strike((Budget::KEYS.len() + action) as u16)
    }
}

impl Plan {
    /// Everything that may do nothing, in ascending order, with its name: a key of the budget, or a line of the script with a fault, or
    /// one that publishes a batch again, of which only records are sent that were not accepted.
    pub fn strikes(&self) -> impl Iterator<Item = (Strike, String)> + '_ {
        let kinds = Budget::KEYS.into_iter().zip(self.budget.counts()).enumerate();
        let of_budget = kinds.filter(|(_, (_, count))| *count > 0);
        let of_budget =
            of_budget.map(|(kind, (key, _))| (Strike::of_budget(kind), format!("budget.{key}")));
        let can_fail = |&(index, action): &(usize, &DriverAction)| match action {
            DriverAction::Fault(_) | DriverAction::FaultSome(_) => true,
            // A batch that was published before may have been accepted as a whole, and is not sent again then.
            DriverAction::Publish(_) => self.actions()[..index].contains(action),
            DriverAction::Await(_)
            | DriverAction::Recover(_)
            | DriverAction::Redrive(_)
            | DriverAction::Weights(_)
            | DriverAction::Check(_) => false,
        };
        let of_script = self.actions().iter().enumerate().filter(can_fail).map(|(action, _)| {
            let line = self.script_line(action);
            let again = matches!(self.actions()[action], DriverAction::Publish(_));
            let all = if again { " again (all of it was accepted before)" } else { "" };
            (Strike::of_script(action), format!("'{line}'{all}"))
        });
        of_budget.chain(of_script)
    }
}

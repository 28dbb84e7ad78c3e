//! The search strategies by name: what a sweep, a campaign and the detection table choose from.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::plan::Plan;
use crate::scheduler::{Delay, Pct, Pos, Profile, Random, Rhythm, Scheduler, Surw};
use crate::sim::{Choice, Simulation, Step};
use crate::words;

pub mod feedback;
pub mod portfolio;

pub use feedback::Feedback;
pub use portfolio::Portfolio;

/// The registry of the strategies, one a line: its variant, its name, the type of its scheduler, how that is made for a
/// plan, and, of one whose runs depend on others, its rhythm. One with a number has it behind its name
/// (`pct:3`), and passes it on.
macro_rules! strategies {
    ($(#[$doc:meta])* $strategy:ident { $(
        $(#[$variant_doc:meta])*
        $variant:ident $({ $(#[$number_doc:meta])* $number:ident })? $name:literal
        $scheduler:ty = $make:expr $(, $rhythm:expr)?;
    )+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $strategy {
            $($(#[$variant_doc])* $variant $({ $(#[$number_doc])* $number: u16 })?,)+
        }

        impl $strategy {
            /// Every strategy, with the numbers that it has unless told otherwise.
            pub const ALL: &[Strategy] =
                &[$(Strategy::$variant $({ $number: NUMBER })?),+];

            /// The name without its number.
            pub fn name(self) -> &'static str {
                match self { $(Strategy::$variant { .. } => $name,)+ }
            }

            /// Which of its runs depend on others. A statement about the share of violating schedules is
            /// about those that do not.
            pub fn rhythm(self) -> Rhythm {
                match self {
                    $(Strategy::$variant { .. } => [$($rhythm,)? Rhythm::INDEPENDENT][0],)+
                }
            }

            /// Its number, if it has one.
            fn number(self) -> Option<u16> {
                match self {
                    $(Strategy::$variant $({ $number })? => None$(.or(Some($number)))?,)+
                }
            }

            /// The same strategy with another number, if it has one.
            fn with_number(self, given: u16) -> Option<Strategy> {
                match self {
                    $(Strategy::$variant { .. } => {
                        None$(.or(Some(Strategy::$variant { $number: given })))?
                    })+
                }
            }
        }

        /// A scheduler of any strategy.
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum Searcher {
            $(#[doc = concat!("Of the strategy `", $name, "`.")] $variant($scheduler),)+
        }

        impl Prepared {
            /// A scheduler for one thread of the campaign.
            pub fn scheduler(&self) -> Searcher {
                match self.strategy {
                    $(Strategy::$variant { .. } => {
                        let make: fn(&Prepared) -> $scheduler = $make;
                        Searcher::$variant(make(self))
                    })+
                }
            }
        }

        impl Scheduler for Searcher {
            fn begin(&mut self, plan: &Plan, run: u64) {
                match self { $(Searcher::$variant(scheduler) => scheduler.begin(plan, run),)+ }
            }

            #[inline]
            fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
                match self { $(Searcher::$variant(scheduler) => scheduler.choose(simulation),)+ }
            }

            fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
                match self { $(Searcher::$variant(scheduler) => scheduler.at_rest(simulation),)+ }
            }

            #[inline]
            fn took(&mut self, step: &Step, simulation: &Simulation) {
                match self { $(Searcher::$variant(scheduler) => scheduler.took(step, simulation),)+ }
            }

            fn rhythm(&self) -> Rhythm {
                match self { $(Searcher::$variant(scheduler) => scheduler.rhythm(),)+ }
            }
        }
    };
}

strategies! {
    /// A search strategy: how a campaign of runs chooses its schedules.
    ///
    /// ```
    /// use active_active::explore::Strategy;
    ///
    /// let strategy: Strategy = "pct:4".parse()?;
    /// assert_eq!(strategy, Strategy::Pct { depth: 4 });
    /// assert_eq!(strategy.to_string(), "pct:4");
    /// assert_eq!("pct".parse(), Ok(Strategy::Pct { depth: 3 }));
    /// # Ok::<(), active_active::explore::StrategyError>(())
    /// ```
    Strategy {
        /// [`Random`]: uniform random choice.
        Random "random" Random = |it| Random::new(it.seed);
        /// [`Pct`]: priorities, with `depth − 1` changes.
        Pct {
            /// The depth of the bugs it is after, from 1.
            depth
        } "pct" Pct = |it| Pct::new(it.profile(), it.seed, it.number());
        /// [`Pos`]: a priority for every pending step.
        Pos "pos" Pos = |it| Pos::new(it.profile(), it.seed);
        /// [`Surw`]: uniform over the orders of a few interesting steps.
        Surw "surw" Surw = |it| Surw::new(it.profile(), it.seed);
        /// [`Delay`]: the fair run with a few delays.
        Delay {
            /// How many delays a run may have.
            delays
        } "delay" Delay = |it| Delay::new(it.profile(), it.seed, it.number());
        /// [`Feedback`]: runs that reach something new are changed and made again.
        Feedback "feedback" Box<Feedback> = |it| {
            Box::new(Feedback::new(Arc::clone(&it.plan), it.profile(), it.seed, it.steps_max))
        }, feedback::RHYTHM;
        /// [`Portfolio`]: all of them.
        Portfolio "portfolio" Box<Portfolio> = |it| {
            Box::new(Portfolio::new(Arc::clone(&it.plan), &it.profile, it.seed, it.steps_max))
        }, portfolio::RHYTHM;
    }
}

/// Why a text names no strategy.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StrategyError {
    /// It is no known name.
    #[error("there is no strategy '{name}'{near}; use one of {names}", names = Strategy::names(),
        near = Strategy::nearest(name))]
    Unknown {
        /// What was given.
        name: String,
    },
    /// The number behind the name is none, or out of range.
    #[error("'{number}' is no number from 1 to 1000; write it as in {name}:3")]
    Number {
        /// The strategy.
        name: &'static str,
        /// What was given.
        number: String,
    },
    /// The strategy takes no number.
    #[error("'{name}' takes no number; write it without ':{number}'")]
    Superfluous {
        /// The strategy.
        name: String,
        /// What was given.
        number: String,
    },
}

/// The depth and the number of delays unless told otherwise.
const NUMBER: u16 = 3;
/// The greatest depth and number of delays.
const NUMBER_MAX: u16 = 1_000;

impl Strategy {
    /// The name that may have been meant.
    fn nearest(name: &str) -> String {
        let word = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
        let known: Vec<String> =
            Strategy::ALL.iter().map(|strategy| word(&strategy.to_string())).collect();
        match words::closest(&word(name), known.iter().map(String::as_str)) {
            Some(near) => format!(" (did you mean '{near}'?)"),
            None => String::new(),
        }
    }

    fn names() -> String {
        Strategy::ALL.iter().map(Strategy::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Makes schedulers of this strategy for a plan, all for one campaign: each of them chooses
    /// the same in run *k*. Runs are not cut short.
    pub fn prepare(self, plan: &Arc<Plan>, seed: u64) -> Prepared {
        self.prepare_limited(plan, seed, u64::MAX)
    }

    /// As [`Strategy::prepare`], for a campaign whose runs are cut short after so many steps:
    /// those that learn see no more of a run than that.
    pub fn prepare_limited(self, plan: &Arc<Plan>, seed: u64, steps_max: u64) -> Prepared {
        let (strategy, plan) = (self, Arc::clone(plan));
        let profile = Arc::new(Profile::new(&plan, seed));
        Prepared { strategy, seed, plan, profile, steps_max }
    }
}

/// A strategy that knows the plan it searches.
#[derive(Clone, Debug)]
pub struct Prepared {
    strategy: Strategy,
    seed: u64,
    plan: Arc<Plan>,
    steps_max: u64,
    profile: Arc<Profile>,
}

impl Prepared {
    fn profile(&self) -> Arc<Profile> {
        Arc::clone(&self.profile)
    }

    /// The number of the strategy; meaningful for one that has one.
    fn number(&self) -> u16 {
        self.strategy.number().unwrap_or(NUMBER)
    }
}

impl FromStr for Strategy {
    type Err = StrategyError;

    fn from_str(text: &str) -> Result<Strategy, StrategyError> {
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, Some(number)),
            None => (text, None),
        };
        let known = Strategy::ALL.iter().copied().find(|strategy| strategy.name() == name);
        let known = known.ok_or_else(|| StrategyError::Unknown { name: text.to_owned() })?;
        let Some(number) = number else { return Ok(known) };
        let parsed = number.parse().ok().filter(|parsed| (1..=NUMBER_MAX).contains(parsed));
        match (known.number(), parsed.and_then(|parsed| known.with_number(parsed))) {
            (Some(_), Some(strategy)) => Ok(strategy),
            (Some(_), None) => {
                Err(StrategyError::Number { name: known.name(), number: number.to_owned() })
            }
            (None, _) => {
                let (name, number) = (name.to_owned(), number.to_owned());
                Err(StrategyError::Superfluous { name, number })
            }
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number() {
            Some(number) => write!(f, "{}:{number}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_strategy_is_read_as_it_is_written() {
        for &strategy in Strategy::ALL {
            assert_eq!(strategy.to_string().parse(), Ok(strategy));
            assert_eq!(strategy.name().parse(), Ok(strategy));
        }
        for text in ["", "Pct", "pct:", "pct:0", "pct:1001", "pct:x", "pos:3", "delay:-1"] {
            assert!(text.parse::<Strategy>().is_err(), "{text}");
        }
    }
}

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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strategy {
    /// [`Random`]: uniform random choice.
    Random,
    /// [`Pct`]: priorities, with `depth − 1` changes.
    Pct {
        /// The depth of the bugs it is after, from 1.
        depth: u16,
    },
    /// [`Pos`]: a priority for every pending step.
    Pos,
    /// [`Surw`]: uniform over the orders of a few interesting steps.
    Surw,
    /// [`Delay`]: the fair run with a few delays.
    Delay {
        /// How many delays a run may have.
        delays: u16,
    },
    /// [`Feedback`]: runs that reach something new are changed and made again.
    Feedback,
    /// [`Portfolio`]: all of them.
    Portfolio,
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
    /// Every strategy, with the numbers that it has unless told otherwise.
    pub const ALL: [Strategy; 7] = [
        Strategy::Random,
        Strategy::Pct { depth: NUMBER },
        Strategy::Pos,
        Strategy::Surw,
        Strategy::Delay { delays: NUMBER },
        Strategy::Feedback,
        Strategy::Portfolio,
    ];

    /// The name without its number.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Random => "random",
            Strategy::Pct { .. } => "pct",
            Strategy::Pos => "pos",
            Strategy::Surw => "surw",
            Strategy::Delay { .. } => "delay",
            Strategy::Feedback => "feedback",
            Strategy::Portfolio => "portfolio",
        }
    }

    /// Which of its runs depend on others. A statement about the share of violating schedules is
    /// about those that do not.
    pub fn rhythm(self) -> Rhythm {
        match self {
            Strategy::Random
            | Strategy::Pct { .. }
            | Strategy::Pos
            | Strategy::Surw
            | Strategy::Delay { .. } => Rhythm::INDEPENDENT,
            Strategy::Feedback => feedback::RHYTHM,
            Strategy::Portfolio => portfolio::RHYTHM,
        }
    }

    /// The name that may have been meant.
    fn nearest(name: &str) -> String {
        let known = Strategy::ALL.map(|strategy| strategy.to_string());
        let word = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
        let known: Vec<String> = known.iter().map(|name| word(name)).collect();
        match words::closest(&word(name), known.iter().map(String::as_str)) {
            Some(near) => format!(" (did you mean '{near}'?)"),
            None => String::new(),
        }
    }

    fn names() -> String {
        Strategy::ALL.map(|strategy| strategy.to_string()).join(", ")
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

/// A scheduler of any strategy.
#[derive(Debug)]
#[non_exhaustive]
pub enum Searcher {
    /// See [`Random`].
    Random(Random),
    /// See [`Pct`].
    Pct(Pct),
    /// See [`Pos`].
    Pos(Pos),
    /// See [`Surw`].
    Surw(Surw),
    /// See [`Delay`].
    Delay(Delay),
    /// See [`Feedback`].
    Feedback(Box<Feedback>),
    /// See [`Portfolio`].
    Portfolio(Box<Portfolio>),
}

impl Prepared {
    /// A scheduler for one thread of the campaign.
    pub fn scheduler(&self) -> Searcher {
        let profile = || Arc::clone(&self.profile);
        match self.strategy {
            Strategy::Random => Searcher::Random(Random::new(self.seed)),
            Strategy::Pct { depth } => Searcher::Pct(Pct::new(profile(), self.seed, depth)),
            Strategy::Pos => Searcher::Pos(Pos::new(profile(), self.seed)),
            Strategy::Surw => Searcher::Surw(Surw::new(profile(), self.seed)),
            Strategy::Delay { delays } => Searcher::Delay(Delay::new(profile(), self.seed, delays)),
            Strategy::Feedback => {
                let plan = Arc::clone(&self.plan);
                let feedback = Feedback::new(plan, profile(), self.seed, self.steps_max);
                Searcher::Feedback(Box::new(feedback))
            }
            Strategy::Portfolio => {
                let plan = Arc::clone(&self.plan);
                let portfolio = Portfolio::new(plan, &self.profile, self.seed, self.steps_max);
                Searcher::Portfolio(Box::new(portfolio))
            }
        }
    }
}

/// Does the same with whichever scheduler it is.
macro_rules! each {
    ($searcher:expr, $scheduler:ident => $does:expr) => {
        match $searcher {
            Searcher::Random($scheduler) => $does,
            Searcher::Pct($scheduler) => $does,
            Searcher::Pos($scheduler) => $does,
            Searcher::Surw($scheduler) => $does,
            Searcher::Delay($scheduler) => $does,
            Searcher::Feedback($scheduler) => $does,
            Searcher::Portfolio($scheduler) => $does,
        }
    };
}

impl Scheduler for Searcher {
    fn begin(&mut self, plan: &Plan, run: u64) {
        each!(self, scheduler => scheduler.begin(plan, run));
    }

    #[inline]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        each!(self, scheduler => scheduler.choose(simulation))
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        each!(self, scheduler => scheduler.at_rest(simulation))
    }

    #[inline]
    fn took(&mut self, step: &Step, simulation: &Simulation) {
        each!(self, scheduler => scheduler.took(step, simulation));
    }

    fn rhythm(&self) -> Rhythm {
        each!(self, scheduler => scheduler.rhythm())
    }
}

impl FromStr for Strategy {
    type Err = StrategyError;

    fn from_str(text: &str) -> Result<Strategy, StrategyError> {
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, Some(number)),
            None => (text, None),
        };
        let known = Strategy::ALL.into_iter().find(|strategy| strategy.name() == name);
        let known = known.ok_or_else(|| StrategyError::Unknown { name: text.to_owned() })?;
        let Some(number) = number else { return Ok(known) };
        let parse = || match number.parse() {
            Ok(parsed) if (1..=NUMBER_MAX).contains(&parsed) => Ok(parsed),
            _ => Err(StrategyError::Number { name: known.name(), number: number.to_owned() }),
        };
        match known {
            Strategy::Pct { .. } => Ok(Strategy::Pct { depth: parse()? }),
            Strategy::Delay { .. } => Ok(Strategy::Delay { delays: parse()? }),
            Strategy::Random
            | Strategy::Pos
            | Strategy::Surw
            | Strategy::Feedback
            | Strategy::Portfolio => {
                let (name, number) = (name.to_owned(), number.to_owned());
                Err(StrategyError::Superfluous { name, number })
            }
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Strategy::Pct { depth } => write!(f, "pct:{depth}"),
            Strategy::Delay { delays } => write!(f, "delay:{delays}"),
            Strategy::Random
            | Strategy::Pos
            | Strategy::Surw
            | Strategy::Feedback
            | Strategy::Portfolio => f.write_str(self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_strategy_is_read_as_it_is_written() {
        for strategy in Strategy::ALL {
            assert_eq!(strategy.to_string().parse(), Ok(strategy));
            assert_eq!(strategy.name().parse(), Ok(strategy));
        }
        for text in ["", "Pct", "pct:", "pct:0", "pct:1001", "pct:x", "pos:3", "delay:-1"] {
            assert!(text.parse::<Strategy>().is_err(), "{text}");
        }
    }
}

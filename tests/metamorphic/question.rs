//! Asking a question of many drawn systems.

use std::cell::RefCell;

use active_active::explore::{Verified, VerifyReport};
use active_active::scenario::Scenario;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestError, TestRunner};

use super::draw;

/// How many cases proptest draws if nothing else is asked for.
const CASES_UNASKED: u32 = 256;

/// How many cases were judged, so that a test that judges hardly any fails.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tried {
    /// Those in which something is violated.
    pub(crate) violated: u32,
    /// Those in which everything holds.
    pub(crate) held: u32,
    /// Those that were too large, or cannot be changed so.
    pub(crate) left_out: u32,
}

impl Tried {
    pub(crate) fn count(&mut self, report: &VerifyReport) {
        match &report.verdict {
            Verified::Violated(_) => self.violated += 1,
            Verified::Holds => self.held += 1,
            Verified::Incomplete(_) => self.left_out += 1,
        }
    }
}

/// Asks the question of drawn systems, with a number each. The smallest one for which the answer is an
/// error, with that error.
pub(crate) fn search(
    cases: u32,
    question: impl Fn(&Scenario, u16, &mut Tried) -> Result<(), String>,
) -> Result<Tried, String> {
    search_among(draw::tiny(), cases, question)
}

pub(crate) fn search_among(
    drawn: impl Strategy<Value = Scenario> + 'static,
    cases: u32,
    question: impl Fn(&Scenario, u16, &mut Tried) -> Result<(), String>,
) -> Result<Tried, String> {
    ask(drawn.boxed(), cases, &question)
}

/// The same, compiled once.
fn ask(
    drawn: BoxedStrategy<Scenario>,
    cases: u32,
    question: &dyn Fn(&Scenario, u16, &mut Tried) -> Result<(), String>,
) -> Result<Tried, String> {
    let default = ProptestConfig::default();
    // proptest reads the environment: another number than its own was asked for.
    let more = default.cases != CASES_UNASKED;
    let config = ProptestConfig {
        cases: if more { default.cases } else { cases },
        rng_seed: match default.rng_seed {
            RngSeed::Random => RngSeed::Fixed(11),
            RngSeed::Fixed(seed) => RngSeed::Fixed(seed),
        },
        failure_persistence: None,
        max_shrink_iters: 200,
        ..default
    };
    let tried = RefCell::new(Tried::default());
    let result = TestRunner::new(config).run(&(drawn, any::<u16>()), |(scenario, number)| {
        let answer = question(&scenario, number, &mut tried.borrow_mut());
        answer.map_err(TestCaseError::fail)
    });
    match result {
        Ok(()) => Ok(tried.take()),
        Err(TestError::Fail(reason, _)) => Err(reason.message().to_owned()),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

/// Panics unless the question was answered well for all, and asked of enough.
pub(crate) fn assert_never(name: &str, least: (u32, u32), result: Result<Tried, String>) {
    let tried = result.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    println!("{name}: {tried:?}");
    let Tried { violated, held, .. } = tried;
    assert!(violated >= least.0 && held >= least.1, "{name}: too few cases: {tried:?}");
}

pub(crate) fn both(what: &str, before: &Scenario, after: &Scenario) -> String {
    format!("{what}\n# before\n{}\n# after\n{}", before.to_toml(), after.to_toml())
}

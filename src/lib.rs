//! Property-based, fuzzing and model-checking tests for active-active transaction processing
//! systems: two or more regions that both accept work, each able to finish it alone.
//!
//! A [`Scenario`](scenario::Scenario) says what the system is, what is published and what goes wrong.
//! A [`Plan`](plan::Plan) is a scenario that was checked. A [`Simulation`](sim::Simulation) lists every
//! choice there is and takes one; a [`Scheduler`](scheduler::Scheduler) chooses; the
//! [`Spec`](spec::Spec) watches every step. A [`Runner`](explore::Runner) puts these together for one
//! run, a [`Sweep`](explore::Sweep) for many.
//!
//! ```
//! use std::sync::Arc;
//! use active_active::explore::{Progress, Sweep};
//! use active_active::plan::Plan;
//! use active_active::scenario::Scenario;
//! use active_active::scheduler::Random;
//! use active_active::spec::PropertyName;
//!
//! // A container that removes a record before it has passed it on …
//! let text = r#"
//!     name = "hasty"
//!     script = ["publish 1", "await delivered all"]
//!     container.steps = ["remove", "store", "publish"]
//! "#;
//! let plan = Arc::new(Plan::new(&Scenario::parse(text)?)?);
//! let sweep = Sweep { plan, runs: 100, threads: 2, steps_max: u64::MAX };
//! let report = sweep.run(|| Random::new(1), &Progress::default());
//!
//! // … is found, with the run in which it shows and the reason.
//! let (run, violation) = report.violation.expect("the design is wrong");
//! assert_eq!((run, violation.property()), (0, PropertyName::RemoveLast));
//!
//! // The same scenario with one key changed, as `--set` does it.
//! let fixed = Plan::load(text, "hasty", &["container.steps=store,publish,remove".parse()?])?;
//! let sweep = Sweep { plan: Arc::new(fixed), ..sweep };
//! assert_eq!(sweep.run(|| Random::new(1), &Progress::default()).violation, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to find what
//!
//! | to | use |
//! |---|---|
//! | ask whether one run of a scenario holds, in a test | [`explore::check()`] |
//! | let proptest draw runs of your scenario, and more going wrong around it | [`strategy::disturbed`], [`strategy::case_on`], [`strategy::assert_holds`] |
//! | let libFuzzer draw them | [`fuzz_cases!`], [`arbitrary::Case::of`] |
//! | search many schedules | [`explore::Sweep`], or any [`explore::Strategy`] in a [`explore::Campaign`] |
//! | search all of them | [`explore::Verify`] |
//! | make a failure small, and tell its story | [`explore::Minimiser`], [`report::minimal`] |
//! | save a run and run it again | [`saved::SavedRun`] |
//! | read and write scenario files | [`Scenario::parse`](scenario::Scenario::parse), [`plan::Plan::load`], [`scenario::builtin`] |
//! | choose the order of events yourself | [`sim::Simulation`], [`scheduler::Scheduler`] |
//! | watch a run | [`explore::Observer`], [`report::Story`], [`metrics`] |
//! | know what is promised, and by which designs it is broken | [`spec::PropertyName`], [`scenario::options`], [`scenario::designs`] |
//!
//! A guide begins with a scenario of one's own and ends with a suite of one's own (docs/guide.md, in the repository and in
//! the package); `examples/own_test_suite.rs` is such a suite.
//!
//! # Speed
//!
//! A run takes some hundreds to thousands of steps, which Cargo's default profile for tests compiles without
//! optimisation. In the `Cargo.toml` of your crate,
//!
//! ```toml
//! [profile.dev.package.active-active]
//! opt-level = 3
//! ```
//!
//! compiles the simulator for speed and leaves your own code as it is. [`explore::check()`], campaigns and exhaustive search are
//! compiled in this crate; a scheduler or an observer of your own in yours, together with the loop that it is called
//! from: for these, set `profile.dev.opt-level`.
//!
//! # Versions
//!
//! Before 1.0, a minor version may change anything, and the changelog says what. Types of errors and reasons
//! ([`explore::Failure`], [`scenario::Cause`], [`spec::Breach`]) can get more variants at any time, and are `non_exhaustive`.
//! Those that say what there is in the model ([`model::Event`], [`model::fault::Target`], [`sim::Choice`], [`spec::PropertyName`])
//! are exhaustive on purpose: a match over all machines or events must break at compile time when there is a new one, and a new
//! one is a minor version.
//!
//! # Features
//!
//! * `cli` (default): the command line, `active-active`.
//! * `proptest`: [`strategy`], scenarios and choices that shrink together.
//! * `arbitrary`: [`arbitrary`], cases from bytes for fuzz targets.
//!
//! # Source
//!
//! The system is the published AWS design for active-active transaction processing and its model in
//! the P language; the machines restate Route 53, SQS, ECS and DynamoDB global tables by their
//! documentation. What each restates, and where it is simpler, is said at each machine in [`model`].

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "arbitrary")]
#[cfg_attr(docsrs, doc(cfg(feature = "arbitrary")))]
pub mod arbitrary;
pub mod explore;
#[cfg(test)]
mod fields;
pub mod metrics;
pub mod model;
pub mod plan;
pub mod report;
pub mod run;
pub mod saved;
pub mod scenario;
pub mod scheduler;
pub mod sim;
#[cfg(any(feature = "arbitrary", feature = "proptest"))]
mod sketch;
pub mod spec;
#[cfg(feature = "proptest")]
#[cfg_attr(docsrs, doc(cfg(feature = "proptest")))]
pub mod strategy;
pub mod words;

/// The examples of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

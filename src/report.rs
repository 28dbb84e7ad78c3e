//! What runs and sweeps show, for people and for machines.
//!
//! A [`SweepSummary`] or [`RunSummary`] is plain data. Its text and its JSON are made of the same
//! numbers, and none of them depends on the clock or on the number of threads.
//!
//! What is said is plain data first, which JSON and text are made of:
//!
//! ```
//! use std::sync::Arc;
//!
//! use active_active::explore::{Counterexample, Failure, Progress, Sweep, check};
//! use active_active::plan::Plan;
//! use active_active::report::minimal::SizeSummary;
//! use active_active::report::summary::{AwaitedSummary, LossSummary, OperatorSummary, ScenarioSummary};
//! use active_active::report::sweep::{Confidence, PairSummary, ReachedSummary};
//! use active_active::report::{
//!     Finding, MinimalSummary, Palette, SavedAs, SchedulerSummary, SweepRequest, SweepSummary, ViolationSummary,
//! };
//! use active_active::scenario::{LossLimit, Scenario, builtin};
//! use active_active::scheduler::Random;
//!
//! fn swept(text: &str) -> Result<SweepSummary, Box<dyn std::error::Error>> {
//!     let plan = Arc::new(Plan::new(&Scenario::parse(text)?)?);
//!     let scheduler = SchedulerSummary { name: "random".into(), seed: Some(1) };
//!     let request = SweepRequest { scheduler, runs: 60, steps_max: None };
//!     let sweep = Sweep { plan: Arc::clone(&plan), runs: 60, threads: 1, steps_max: u64::MAX };
//!     Ok(SweepSummary::new(&plan, request, &sweep.run(|| Random::new(1), &Progress::default())))
//! }
//!
//! // A sound design, of which a table or a region may be lost before its rows were replicated.
//! let sound = swept(builtin::text("loss-anywhere").expect("it is built in"))?;
//! assert_eq!(sound.verdict, Finding::Holds);
//! let ScenarioSummary { records, regions, .. } = sound.scenario;
//! assert!(records > 0 && regions == 2);
//! let Confidence { runs, violating_percent_max, .. } = sound.confidence.unwrap();
//! assert_eq!((runs, violating_percent_max), (60, 5.0));
//! let LossSummary { records, rpo_records, .. } = sound.largest_loss.unwrap();
//! assert!(records > 0 && rpo_records == LossLimit::Unlimited, "the scenario declares it");
//! let never = |reached: &&ReachedSummary| reached.is_possible && reached.runs == 0;
//! assert!(sound.reached.iter().filter(never).count() < sound.reached.len());
//! let most: &PairSummary = sound.pairs.iter().max_by_key(|pair| pair.steps).unwrap();
//! assert!(most.steps > 60, "{} {} {}", most.machine, most.state, most.message);
//!
//! // An await that had not come true when the healing let the container go on.
//! let text = "name = 'held'\nscript = ['pause core-container@1', 'publish 1', 'await delivered all']";
//! let held = swept(text)?;
//! let AwaitedSummary { run, script_line } = held.awaited_until_heal.unwrap();
//! assert_eq!((run, script_line.as_str()), (Some(0), "await delivered all"));
//! let OperatorSummary { what, .. } = held.operator.unwrap();
//! assert_eq!(what, "nothing in the script recovers core-container@1");
//!
//! // A wrong one, and the smallest failure that shows it.
//! let text = "name = 'wrong'\ncontainer.steps = ['remove', 'store', 'publish']\nscript = ['publish 1']";
//! let mut violation: ViolationSummary = swept(text)?.violation.unwrap();
//! assert_eq!((violation.property, violation.run), ("RemoveLast", Some(0)));
//! violation.set_saved(SavedAs { file: "a.toml".into(), replay_command: "replay a.toml".into() });
//! let Err(Failure::Violated(found)) = check(&Scenario::parse(text)?, &[]) else { panic!("it is wrong") };
//! let found: Counterexample = *found;
//! let minimal = MinimalSummary::new(&found.minimise());
//! let SizeSummary { records, stages, deviations, .. } = minimal.size;
//! assert_eq!((records, stages, deviations), (1, 1, 0));
//! assert!(minimal.sizes(&Palette::PLAIN)[0].ends_with("1 record, 1 stage, the fair schedule"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod before;
pub mod export;
pub mod facts;
pub mod html;
pub mod json;
mod markup;
pub mod minimal;
pub mod palette;
pub mod past;
pub mod phrase;
pub mod picture;
pub mod recording;
pub mod run;
pub mod sequence;
pub mod story;
pub mod summary;
pub mod sweep;
pub mod text;
pub mod verify;
pub mod view;

pub use facts::FactsSummary;
pub use minimal::MinimalSummary;
pub use palette::Palette;
pub use recording::Recording;
pub use run::RunSummary;
pub use sequence::Sequence;
pub use story::{Line, Mark, Story};
pub use summary::{Finding, SavedAs, SchedulerSummary, ViolationSummary};
pub use sweep::{SweepRequest, SweepSummary};
pub use verify::VerifySummary;
pub use view::View;

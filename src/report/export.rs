//! What runs show, in the formats of other tools.
//!
//! ```
//! use std::sync::Arc;
//! use active_active::explore::Runner;
//! use active_active::plan::Plan;
//! use active_active::report::export;
//! use active_active::report::recording::{Recording, Window};
//! use active_active::scenario::builtin;
//! use active_active::scheduler::Random;
//!
//! let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
//! let recording = Recording::of(&plan, Window::default(), |watcher| {
//!     Runner::new(Arc::clone(&plan)).run(&mut Random::new(1), 0, watcher)
//! });
//! assert!(export::csv(&recording).starts_with("step,component,metric,value\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chrome_trace;
mod csv;
mod junit;
mod markdown;

pub use chrome_trace::chrome_trace;
pub use csv::csv;
pub use junit::junit;
pub use markdown::markdown;

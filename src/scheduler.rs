//! Schedulers: who steps next.
//!
//! A scheduler is an oracle over the choices of a [`Simulation`]. It is asked only while some
//! machine can take a step, and it sees everything but changes nothing.

pub mod deviate;
pub mod random;
pub mod replay;
pub mod round_robin;
pub mod script;
pub mod seed;

pub use deviate::{Act, Deviate, Deviation};
pub use random::Random;
pub use replay::{Misfit, Replay};
pub use round_robin::RoundRobin;
pub use script::Script;

use crate::plan::Plan;
use crate::sim::{Choice, Simulation};

/// Decides what happens next.
///
/// ```
/// use active_active::plan::Plan;
/// use active_active::scheduler::Scheduler;
/// use active_active::sim::{Choice, Simulation};
///
/// /// Always lets the last machine step that can.
/// struct Last;
///
/// impl Scheduler for Last {
///     fn begin(&mut self, _plan: &Plan, _run: u64) {}
///
///     fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
///         let enabled = simulation.enabled();
///         Some(enabled.nth_step(enabled.steps() - 1))
///     }
/// }
/// ```
pub trait Scheduler {
    /// A run begins: the `run`-th of its kind. Run *k* must choose the same whether or not other
    /// runs came before it.
    fn begin(&mut self, plan: &Plan, run: u64);

    /// One of the choices that are enabled; `None` cuts the run short, which makes its verdict
    /// inconclusive.
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice>;
}

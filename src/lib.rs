//! active-active
#[cfg(feature = "arbitrary")]
#[cfg_attr(docsrs, doc(cfg(feature = "arbitrary")))]
pub mod arbitrary;
pub mod explore;
pub mod model;
pub mod plan;
pub mod report;
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

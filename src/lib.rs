//! active-active
pub mod explore;
pub mod model;
pub mod plan;
pub mod saved;
pub mod scenario;
pub mod scheduler;
pub mod sim;
pub mod spec;

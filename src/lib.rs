//! active-active
pub mod model;
pub mod plan;
pub mod scenario;
pub mod sim;

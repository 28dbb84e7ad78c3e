//! Plans for tests.

use std::sync::Arc;

use active_active::plan::Plan;
use active_active::scenario::{Override, builtin};

/// A built-in scenario by its name, or one written out in a test, with some keys changed as
/// `--set` would, each written `key=value`.
pub(crate) fn plan(scenario: &str, changes: &[&str]) -> Arc<Plan> {
    let text = builtin::text(scenario).unwrap_or(scenario);
    let parse = |change: &&str| change.parse::<Override>().unwrap_or_else(|e| panic!("{e}"));
    let overrides: Vec<Override> = changes.iter().map(parse).collect();
    Arc::new(Plan::load(text, "test", &overrides).unwrap_or_else(|error| panic!("{error}")))
}

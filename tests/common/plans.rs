//! Plans for tests: a built-in scenario or a text, with keys changed as `--set` would.

use std::sync::Arc;

use active_active::plan::Plan;
use active_active::scenario::{Override, builtin, file};

/// A built-in scenario with some keys changed, each written `key=value`.
pub(crate) fn builtin(name: &str, changes: &[&str]) -> Arc<Plan> {
    let text = builtin::text(name).unwrap_or_else(|| panic!("no built-in scenario '{name}'"));
    inline(text, changes)
}

/// A scenario written out in a test, with some keys changed, each written `key=value`.
pub(crate) fn inline(text: &str, changes: &[&str]) -> Arc<Plan> {
    let parse = |change: &&str| change.parse::<Override>().unwrap_or_else(|e| panic!("{e}"));
    let overrides: Vec<Override> = changes.iter().map(parse).collect();
    Arc::new(file::load(text, "test", &overrides).unwrap_or_else(|error| panic!("{error}")))
}

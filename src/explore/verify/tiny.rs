//! Systems for tests: two regions and one stage.

use std::sync::Arc;

use crate::plan::Plan;

/// A plan with this script, in the form of a TOML list without brackets, and a batch of one record for each
/// that it publishes, of one or two.
pub(super) fn plan(script: &str, changes: &[&str]) -> Arc<Plan> {
    let batches = if script.contains("publish 2") { "1, 1" } else { "1" };
    let text = format!(
        "name = \"tiny\"\ntopology.stages = [\"only\"]\nrecords.batches = [{batches}]\n\
         script = [{script}]"
    );
    let changes: Vec<_> = changes.iter().map(|c| c.parse().expect("it is a change")).collect();
    Arc::new(Plan::load(&text, "test", &changes).unwrap_or_else(|error| panic!("{error}")))
}

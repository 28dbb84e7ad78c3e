//! Every option of a scenario and the values to draw for it, as the library's own table has them: an option that
//! is new is drawn without a further line.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use active_active::plan::Plan;
use active_active::scenario::options::{self, DesignOption};
use active_active::scenario::{Override, Scenario};

/// Every option that has values to draw. The generator of a case draws the others by itself.
pub(crate) static ALL: LazyLock<Vec<&'static DesignOption>> =
    LazyLock::new(|| options::ALL.iter().filter(|option| !option.values().is_empty()).collect());

/// Sets an option, and what it needs to make a difference, unless that is set already.
pub(crate) fn set(
    options: &mut BTreeMap<String, String>,
    option: &DesignOption,
    value: usize,
    regions: u8,
) {
    let value = &option.values()[value % option.values().len()];
    options.insert(option.key().to_owned(), value.text.clone());
    let mut needs = value.about.needs.to_vec();
    let strong = "replication.mode=strong";
    if (value.design == strong || needs.contains(&strong)) && regions == 2 {
        needs.push("replication.witness=true");
    }
    for need in needs {
        let (key, value) = need.split_once('=').expect("KEY=VALUE");
        options.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    }
}

/// The scenario with these options, by key. What contradicts the rest is left out: an option, or a line of
/// the script.
pub(crate) fn with(mut scenario: Scenario, mut options: BTreeMap<String, String>) -> Scenario {
    loop {
        let changes = options.iter().map(|(key, value)| (key.clone(), value.clone()));
        let changes: Vec<Override> = changes.map(|(key, value)| Override { key, value }).collect();
        let error = match Plan::load(&scenario.to_toml(), "drawn", &changes) {
            Ok(plan) => return plan.scenario().clone(),
            Err(error) => error,
        };
        let key = error.key.clone().unwrap_or_default();
        let line = key.strip_prefix("script[").and_then(|rest| rest.split(']').next());
        if let Some(line) = line.and_then(|line| line.parse::<usize>().ok()) {
            scenario.script.remove(line);
            continue;
        }
        let is_free =
            |key: &&String| !key.starts_with("topology.") && !key.ends_with(".containers");
        let blamed = options.keys().filter(is_free).find(|known| key.starts_with(*known));
        let last = || options.keys().rfind(is_free);
        let left_out = blamed.or_else(last).unwrap_or_else(|| panic!("{error}")).clone();
        options.remove(&left_out);
    }
}

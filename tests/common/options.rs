//! Every option of a scenario and the values to draw for it, read from the schema: an option that is
//! new is drawn without a further line, and one of a kind that is not known here fails by its name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use active_active::plan::Plan;
use active_active::scenario::{Override, Scenario, schema};
use serde_json::Value;

/// An option, and what can be written for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Leaf {
    /// Its parts joined by dots, as `--set` takes it.
    pub(crate) key: String,
    /// As `--set` takes them. Every value of a list of names; a few of numbers, among them the default.
    pub(crate) values: Vec<String>,
    /// What it is if nothing is written, of a number.
    pub(crate) default: Option<u64>,
    /// Its value is a list.
    pub(crate) is_list: bool,
}

/// What is not an option of the system, or says something of every other option: the generator of a case
/// draws it by itself.
pub(crate) const OF_THE_CASE: &[&str] = &[
    "about",
    "format",
    "name",
    "records.batches",
    "script",
    "speed",
    "store.stages",
    "topology.containers",
    "topology.regions",
    "topology.stages",
];

/// Every option but those above, by name.
pub(crate) static ALL: LazyLock<Vec<Leaf>> = LazyLock::new(|| {
    let schema = schema::scenario();
    let mut leaves = Vec::new();
    collect("", &schema, &schema, &mut leaves);
    leaves
});

/// The type that a reference stands for.
fn resolve<'a>(mut of: &'a Value, root: &'a Value) -> &'a Value {
    loop {
        let inner = of["allOf"].as_array().filter(|all| all.len() == 1);
        if let Some(inner) = inner {
            of = &inner[0];
            continue;
        }
        let Some(reference) = of["$ref"].as_str() else { return of };
        let name =
            reference.strip_prefix("#/definitions/").expect("a reference is to a definition");
        of = &root["definitions"][name];
    }
}

fn collect(path: &str, of: &Value, root: &Value, to: &mut Vec<Leaf>) {
    let of = resolve(of, root);
    if let Some(properties) = of["properties"].as_object() {
        for (name, inner) in properties {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            collect(&path, inner, root, to);
        }
    } else if !OF_THE_CASE.contains(&path) {
        let is_list = of["default"].is_array();
        let (key, default) = (path.to_owned(), of["default"].as_u64());
        to.push(Leaf { key, values: values(path, of), default, is_list });
    }
}

fn values(key: &str, of: &Value) -> Vec<String> {
    if let Some(listed) = listed(key) {
        return listed.iter().map(|&value| value.to_owned()).collect();
    }
    if let Some(variants) = of["oneOf"].as_array() {
        let name = |variant: &Value| variant["const"].as_str().map(str::to_owned);
        let names: Option<Vec<String>> = variants.iter().map(name).collect();
        return names.unwrap_or_else(|| panic!("{key}: its values have no names: {of}"));
    }
    match of["type"].as_str() {
        Some("boolean") => vec!["false".to_owned(), "true".to_owned()],
        Some("integer") => {
            let default = of["default"].as_u64().unwrap_or_default();
            [default, default + 1, default + 2].iter().map(ToString::to_string).collect()
        }
        _ => {
            panic!("{key}: an option of a kind that tests/common/options.rs cannot draw: {of}")
        }
    }
}

/// Values of what is not a name, a number or a truth value; and numbers with a reason to be others.
fn listed(key: &str) -> Option<&'static [&'static str]> {
    Some(match key {
        "aurora.writer" | "dns.primary" | "dns.enactors" => &["1", "2"],
        "container.steps" => &[
            "store,publish,remove",
            "store,remove,publish",
            "publish,store,remove",
            "publish,remove,store",
            "remove,store,publish",
            "remove,publish,store",
        ],
        "dns.weights" => &["[]", "0,0", "0,1", "1,0", "1,1", "1,2", "3,1"],
        "rpo.records" => &["0", "1", "unlimited"],
        // Those that can be left out.
        "spec.leave_out" => &[
            "[]",
            "NoInvention",
            "StoreBeforeForward",
            "RemoveLast",
            "NeverLost",
            "EffectOnce",
            "RoutedByPolicy",
            "RegionFifo",
            "MonotoneVersion",
            "DeliveredAll",
            "StoredEverywhere",
            "Converged",
            "Drained",
        ],
        _ => return None,
    })
}

/// What an option contradicts the rest without, or makes no difference without.
fn needs(key: &str, value: &str, regions: u8) -> &'static [(&'static str, &'static str)] {
    const AURORA: (&str, &str) = ("store.default", "aurora");
    const CHECKED: (&str, &str) = ("dns.health_threshold", "1");
    match key {
        "budget.reorder" => &[("queue.delivery", "standard")],
        "budget.switchover" | "budget.failover" => &[AURORA],
        "aurora.rpo_on" => &[AURORA, ("aurora.rpo_records_max", "1")],
        _ if key.starts_with("aurora.") => &[AURORA],
        "replication.mode" if value == "strong" && regions == 2 => {
            &[("replication.witness", "true")]
        }
        "replication.witness" if value == "true" => &[("replication.mode", "strong")],
        "queue.at_capacity" => &[("queue.capacity", "1")],
        "dns.health_check" | "dns.failback" => &[CHECKED],
        "dns.policy" if value == "failover" => &[CHECKED],
        "dns.primary" => &[CHECKED, ("dns.policy", "failover")],
        "dns.plans" => &[("dns.enactors", "2")],
        "table.conflict" | "destination.versions" => &[("records.keys", "1")],
        "container.on_unreadable" => &[("records.unreadable", "1")],
        _ => &[],
    }
}

/// Sets an option, and what it needs to make a difference, unless that is set already.
pub(crate) fn set(options: &mut BTreeMap<String, String>, leaf: &Leaf, value: &str, regions: u8) {
    options.insert(leaf.key.clone(), value.to_owned());
    for (key, value) in needs(&leaf.key, value, regions) {
        options.entry((*key).to_owned()).or_insert_with(|| (*value).to_owned());
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
        let is_free = |key: &&String| !key.starts_with("topology.");
        let blamed = options.keys().filter(is_free).find(|known| key.starts_with(*known));
        let last = || options.keys().rfind(is_free);
        let left_out = blamed.or_else(last).unwrap_or_else(|| panic!("{error}")).clone();
        options.remove(&left_out);
    }
}

//! The least and the greatest value of each number of a scenario: one list, for those who check a scenario and
//! for the reader, which refuses what its type cannot hold and says what the key may be.

use toml::Table;

/// The least and the greatest value.
pub(crate) type Range = (u64, u64);

/// Records in all, and in one batch.
pub(crate) const RECORDS: Range = (1, 65_534);

/// Milliseconds of each time.
pub(crate) const TIME_MS: Range = (0, 60_000);

/// The keys whose range is not that of their type; of a list, its elements.
const OWN: &[(&str, Range)] = &[
    ("format", (1, crate::scenario::FORMAT as u64)),
    ("topology.regions", (2, 8)),
    ("topology.containers", (1, 8)),
    ("topology.old_containers", (0, 8)),
    ("records.batches", RECORDS),
    ("dns.weights", (0, 255)),
    ("dns.ttl", (0, 1_000)),
    ("dns.health_threshold", (0, 10)),
    ("dns.enactors", (1, 2)),
    ("container.batch", (1, 10)),
    ("relay.instances", (1, 2)),
    ("table.skew", (0, 1 << 30)),
    ("speed", (1, 1_000)),
    ("timing.spread_percent", (0, 100)),
];

/// The range of a key that has one of its own, whatever else the scenario says.
///
/// # Panics
///
/// If the list above does not have the key.
pub(crate) fn own(key: &str) -> Range {
    find(&of_all_stages(key)).expect("the list has every key that is checked")
}

/// The range of a key in this scenario, whose other keys may be wrong as well; nothing if it is that of its type.
pub(crate) fn of(key: &str, scenario: &Table) -> Option<Range> {
    let key = of_all_stages(key);
    let number = |section: &str, key: &str| scenario.get(section)?.get(key)?.as_integer();
    match key.as_str() {
        "dns.primary" | "aurora.writer" => {
            let (min, max) = own("topology.regions");
            let regions = number("topology", "regions").and_then(|number| number.try_into().ok());
            let is_one = |regions: &u64| (min..=max).contains(regions);
            Some((1, regions.filter(is_one).unwrap_or(min)))
        }
        "records.poison" => Some((1, records(scenario))),
        "records.unreadable" | "records.new_format_from" => Some((0, records(scenario))),
        other => find(other),
    }
}

/// How many records the scenario has, if that can be read.
fn records(scenario: &Table) -> u64 {
    let default = crate::scenario::Records::default().total();
    let batches = scenario.get("records").and_then(|records| records.get("batches"));
    let sizes = match batches {
        Some(toml::Value::Array(sizes)) => sizes.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => return default,
    };
    let size = |size: &toml::Value| u64::try_from(size.as_integer()?).ok();
    let sum = sizes.iter().map(size).try_fold(0_u64, |sum, size| sum.checked_add(size?));
    sum.filter(|sum| (RECORDS.0..=RECORDS.1).contains(sum)).unwrap_or(default)
}

fn find(key: &str) -> Option<Range> {
    let is_time = key.starts_with("timing.") && key.ends_with("_ms");
    let own = OWN.iter().find(|(known, _)| *known == key).map(|&(_, range)| range);
    own.or_else(|| is_time.then_some(TIME_MS))
}

/// The key without the place in a list, and that of all stages instead of that of one.
fn of_all_stages(key: &str) -> String {
    let key = key.split('[').next().unwrap_or_default();
    let mut parts = key.splitn(3, '.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("stage"), Some(_), Some("containers")) => "topology.containers".to_owned(),
        (Some("stage"), Some(_), Some(own)) => own.to_owned(),
        (Some("speed"), Some(_), _) => "speed".to_owned(),
        _ => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::Scenario;

    /// What is said of the scenario, if it is wrong.
    fn said(key: &str, value: &str) -> String {
        let text = format!("script = [\"publish 1\"]\n{key} = {value}\n");
        Scenario::parse(&text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    /// The range that a message names.
    fn range(message: &str) -> Option<(u64, u64)> {
        let (_, behind) = message.rsplit_once("; use ")?;
        match behind.split_once(" to ") {
            Some((min, max)) => {
                let max = max.split(',').next().unwrap_or_default();
                Some((min.parse().ok()?, max.parse().ok()?))
            }
            None => Some((behind.parse().ok()?, behind.parse().ok()?)),
        }
    }

    /// Every key whose value is a number, or a list of numbers, in a system that lets all of them be set.
    fn numbers() -> Vec<String> {
        let mut scenario = Scenario::default();
        scenario.speed.insert("*@1".to_owned(), 1);
        scenario.timing.source_ms = 2;
        let table = toml::Table::try_from(&scenario).expect("a scenario has only strings as keys");
        let mut numbers = Vec::new();
        for (section, value) in &table {
            match value {
                toml::Value::Integer(_) => numbers.push(section.clone()),
                toml::Value::Table(keys) => numbers.extend(
                    keys.iter()
                        .filter(|(_, value)| value.is_integer())
                        .map(|(key, _)| format!("{section}.\"{key}\"")),
                ),
                toml::Value::String(_)
                | toml::Value::Float(_)
                | toml::Value::Boolean(_)
                | toml::Value::Datetime(_)
                | toml::Value::Array(_) => {}
            }
        }
        let lists = ["records.batches", "records.poison", "dns.weights"].map(str::to_owned);
        numbers.extend(lists);
        numbers.extend(["stage.core.containers", "stage.core.container.batch"].map(str::to_owned));
        numbers
    }

    /// A number that the type of its key cannot hold is told the range that the key has: what is one beyond it is refused
    /// too, and its ends are not out of range.
    #[test]
    fn a_number_below_the_range_of_its_key_is_told_that_range() {
        let numbers = numbers();
        assert!(numbers.len() > 40, "{numbers:?}");
        for key in numbers {
            let message = said(&key, "-1");
            let (min, max) = range(&message).unwrap_or_else(|| panic!("{key}: {message}"));
            let refusals = [(min > 0).then(|| min - 1), (max < 65_535).then(|| max + 1)];
            for wrong in refusals.into_iter().flatten() {
                let message = said(&key, &wrong.to_string());
                assert!(!message.is_empty(), "{key} = {wrong}");
            }
            for right in [min, max] {
                let message = said(&key, &right.to_string());
                let is_refused =
                    range(&message).is_some() || message.contains("there is no region");
                assert!(!is_refused, "{key} = {right}: {message}");
            }
        }
    }
}

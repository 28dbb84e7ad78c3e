//! From names and patterns to components.

use crate::model::dns::DnsSide;
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::{MachineId, RegionId};
use crate::model::layout::Layout;
use crate::plan::shape;
use crate::scenario::{Cause, Problem, Scenario, StageSettings, ranges};
use crate::words;

/// Everything that can be named in a script, with its name: each container, queue, regional
/// table and replicator, each link of a replicator to a region, each region as a target of a DNS
/// name, and for each stage its global
/// table (all regional tables and the replicator).
pub fn targets(layout: &Layout) -> Vec<(String, Vec<Target>)> {
    let mut targets = Vec::new();
    for side in [DnsSide::In, DnsSide::Out] {
        for region in layout.region_ids() {
            targets.push((format!("{}@{region}", side.name()), vec![Target::Dns(side, region)]));
        }
    }
    for (&place, name) in layout.places().iter().zip(layout.names()) {
        targets.extend(Target::of(place).map(|target| (name.clone(), vec![target])));
    }
    for stage in layout.stage_ids() {
        let replicator = crate::model::ReplicatorId(u16::from(stage.0));
        for region in layout.region_ids() {
            let name = format!("{}-replicator@{region}", layout.stages[stage.index()]);
            targets.push((name, vec![Target::Link(replicator, region)]));
        }
        let table = |region| Target::Table(layout.table(region, stage));
        let mut parts: Vec<Target> = layout.region_ids().map(table).collect();
        parts.push(Target::Replicator(replicator));
        targets.push((format!("{}-table", layout.stages[stage.index()]), parts));
    }
    targets
}

/// Everything that can fail but containers, in the order in which a healing ends it: names first, then every machine, and
/// after each replicator its links.
pub(crate) fn outside_containers(layout: &Layout) -> impl Iterator<Item = Target> {
    let regions = || layout.region_ids();
    let names = [DnsSide::In, DnsSide::Out].into_iter();
    let names = names.flat_map(move |side| regions().map(move |region| Target::Dns(side, region)));
    let machines = layout.places().iter().filter_map(|&place| Target::of(place));
    let machines = machines.filter(|target| !matches!(target, Target::Container(_)));
    let links = move |target| {
        let replicator = if let Target::Replicator(id) = target { Some(id) } else { None };
        replicator.into_iter().flat_map(move |id| regions().map(move |to| Target::Link(id, to)))
    };
    names.chain(machines.flat_map(move |target| std::iter::once(target).chain(links(target))))
}

/// The name that scripts and stories use for a target.
pub fn target_name(target: Target, layout: &Layout) -> String {
    if let Target::Link(id, region) = target {
        format!("{}-replicator@{region}", layout.stages[id.index()])
    } else if let Target::Dns(side, region) = target {
        format!("{}@{region}", side.name())
    } else if let Target::Writer(id, region) = target {
        format!("{}-table to region {region}", layout.stages[id.index()])
    } else if let Target::Region(region) = target {
        format!("region {region}")
    } else {
        let place = target.place().expect("what is left is a machine");
        layout.name(layout.machine(place)).to_owned()
    }
}

/// Whether the name fits a pattern, in which each `*` stands for any text.
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().expect("a split has at least one part");
    let Some(rest) = name.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    let Some(mut rest) = rest.strip_suffix(last) else {
        return false;
    };
    // The leftmost place leaves most for the parts that follow, so no other has to be tried.
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// All that a pattern of a script means among these [`targets`], if `fits`; each once, in the
/// order of the layout.
pub(super) fn find(
    pattern: &str,
    key: &str,
    all: &[(String, Vec<Target>)],
    fits: impl Fn(Target) -> bool,
    wrong_kind: impl Fn() -> Cause,
) -> Result<Vec<Target>, Problem> {
    let matching: Vec<&(String, Vec<Target>)> =
        all.iter().filter(|(name, _)| matches(pattern, name)).collect();
    if matching.is_empty() {
        let hint = hint(pattern, all.iter().map(|(name, _)| name.as_str()));
        return Err(Problem::new(key, Cause::UnknownComponent { name: pattern.to_owned(), hint }));
    }
    let mut found: Vec<Target> = Vec::new();
    for (_, parts) in matching {
        if parts.iter().all(|&part| fits(part)) {
            found.extend(parts);
        }
    }
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        return Err(Problem::new(key, wrong_kind()));
    }
    Ok(found)
}

/// Everything in the region fails, and it cannot be reached: what an outage does, among these
/// [`targets`].
pub(super) fn outage(region: RegionId, targets: &[(String, Vec<Target>)]) -> Vec<Fault> {
    let name = format!("@{region}");
    let here = targets.iter().filter(|(known, _)| known.ends_with(&name));
    let fault = |target| {
        let is_container = matches!(target, Target::Container(_));
        Fault { kind: if is_container { FaultKind::Crash } else { FaultKind::Fail }, target }
    };
    here.flat_map(|(_, parts)| parts).copied().map(fault).collect()
}

/// The machines of a scenario.
pub fn layout(scenario: &Scenario) -> Layout {
    let topology = &scenario.topology;
    let settings: Vec<StageSettings> = scenario.of_stages().collect();
    let containers = settings.iter().map(|stage| stage.containers.into()).collect();
    let layout = Layout::new(topology.regions.into(), topology.stages.clone(), containers);
    let layout = layout.with_service(settings.iter().any(|stage| stage.container.calls()));
    // Of a scenario that is not right the ways are not known.
    match shape::shape(scenario) {
        Ok(shape) => layout.with_shape(shape),
        Err(_) => layout,
    }
}

/// What may have been meant, or one component of each kind in this scenario.
pub(super) fn hint<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    // A region alone: of what is in it a star is meant.
    let in_region = format!("*{name}");
    if name.starts_with('@') && known.iter().any(|known| matches(&in_region, known)) {
        return format!("; did you mean '{in_region}', all of that region?");
    }
    if ["record-source", "record-destination"].contains(&name) {
        return "; it is outside of the system, and does not fail".to_owned();
    }
    if name.ends_with("service") && !known.contains(&"external-service") {
        return "; there is an 'external-service' if container.steps has 'call'".to_owned();
    }
    if let Some(hint) = without_region(name, &known) {
        return hint;
    }
    if let Some(near) = words::closest(name, known.iter().copied()) {
        return format!("; did you mean '{near}'?");
    }
    let kinds = ["-container", "-queue", "-table", "-replicator", "dns"];
    let one_of = |kind| known.iter().find(|name| name.contains(kind));
    let examples: Vec<String> =
        kinds.into_iter().filter_map(one_of).map(|name| format!("'{name}'")).collect();
    match examples.is_empty() {
        true => String::new(),
        false => format!("; there are, among others, {}", examples.join(", ")),
    }
}

/// What may have been meant by a name without a region, if components that are in several regions are called so.
fn without_region(name: &str, known: &[&str]) -> Option<String> {
    if name.contains(['@', '*']) {
        return None;
    }
    let of_all = known.iter().copied().filter(|known| !known.contains('@'));
    let stems = known.iter().filter_map(|known| Some(known.split_once('@')?.0)).chain(of_all);
    let stem = words::closest(name, stems)?;
    let in_region = |known: &&&str| known.split_once('@').is_some_and(|(of, _)| of == stem);
    let first = known.iter().find(in_region)?;
    let is_of_all = known.contains(&stem);
    (!is_of_all).then(|| {
        format!(
            "; there is one in each region: did you mean '{first}', or '{stem}@*' for all of them?"
        )
    })
}

/// By machine: its speed.
pub(super) fn speeds(scenario: &Scenario, layout: &Layout) -> Result<Vec<u32>, Problem> {
    let mut speeds = vec![1; layout.machines()];
    for (pattern, &speed) in &scenario.speed {
        let key = format!("speed.{pattern}");
        let (min, max) = ranges::own(&key);
        let found = u64::from(speed);
        if !(min..=max).contains(&found) {
            let what = "is no speed";
            return Err(Problem::new(key, Cause::Range { what, found, min, max }));
        }
        let mut found = false;
        for (index, name) in layout.names().iter().enumerate() {
            if matches(pattern, name) {
                speeds[MachineId(index as u16).index()] = speed;
                found = true;
            }
        }
        if !found {
            let hint = hint(pattern, layout.names().iter().map(String::as_str));
            return Err(Problem::new(key, Cause::UnknownComponent { name: pattern.clone(), hint }));
        }
    }
    Ok(speeds)
}

/// The region that a script writes as `@1`.
pub(super) fn region(number: u8, key: &str, layout: &Layout) -> Result<RegionId, Problem> {
    if number == 0 || usize::from(number) > layout.regions {
        let regions = layout.regions as u8;
        return Err(Problem::new(key, Cause::UnknownRegion { found: number, regions }));
    }
    Ok(RegionId(number - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(matches("*-container@1", "core-container@1"));
        assert!(matches("*@1", "core-container@1"));
        assert!(matches("*", ""));
        assert!(matches("a*b*c", "a-b-b-c"));
        assert!(!matches("*-container@1", "core-container@2"));
        assert!(!matches("core", "core-table"));
        assert!(!matches("ab*ba", "aba"));
    }

    /// It once tried every place for every star: exponential in their number.
    #[test]
    fn many_stars_take_no_time() {
        let name = "a".repeat(64);
        assert!(matches(&"*a".repeat(64), &name));
        assert!(!matches(&"*a".repeat(65), &name));
        assert!(!matches(&format!("{}b", "*a".repeat(40)), &name));
    }
}

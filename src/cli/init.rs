//! `init`: a scenario file to start from.

use std::io::Write;

use active_active::report::Finding;

use super::args::InitArgs;
use super::error::CliError;
use super::files::Target;
use super::output::Output;
use super::save;

/// A scenario with every key, its default and its alternatives.
const TEMPLATE: &str = include_str!("init.toml");

pub(crate) fn execute(
    args: &InitArgs,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let word = save::quoted(&args.path.display().to_string());
    let next = format!(". Next: active-active sweep {word}");
    Target::new(&args.path, args.force)?.write(TEMPLATE, &next, output)?;
    Ok(Finding::Holds)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use active_active::explore::{Progress, Sweep};
    use active_active::plan::Plan;
    use active_active::scenario::{Scenario, Timing};
    use active_active::scheduler::Random;

    use super::TEMPLATE;

    #[test]
    fn the_template_holds() {
        let scenario = Scenario::parse(TEMPLATE).unwrap_or_else(|error| panic!("{error}"));
        let plan = Arc::new(Plan::new(&scenario).expect("it was checked a moment ago"));
        let sweep = Sweep { plan, runs: 200, threads: 1, steps_max: u64::MAX };
        let report = sweep.run(|| Random::new(1), &Progress::default());
        assert_eq!((report.violation, report.inconclusive), (None, 0));
    }

    #[test]
    fn the_template_names_every_key_with_its_default() {
        let written: toml::Table = TEMPLATE.parse().expect("the template is TOML");
        let mut default: toml::Table =
            Scenario::default().to_toml().parse().expect("a scenario is written as TOML");
        // Left out of what is written when it is the default, since only one scheduler reads it.
        let timing = toml::Value::try_from(Timing::default()).expect("it has only numbers");
        default.insert("timing".to_owned(), timing);
        for (key, value) in &default {
            let found = written.get(key).unwrap_or_else(|| panic!("'{key}' is missing"));
            let toml::Value::Table(value) = value else { continue };
            for (inner, value) in value {
                let found = found.get(inner);
                assert!(found.is_some(), "'{key}.{inner}' is missing");
                let differs = ["records", "dns", "budget"].contains(&key.as_str());
                assert!(differs || found == Some(value), "'{key}.{inner}' is not the default");
            }
        }
        assert!(TEMPLATE.contains("# [speed]"), "the optional table is explained");
    }
}

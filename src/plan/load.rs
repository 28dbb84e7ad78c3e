//! From the text of a scenario to a plan.

use crate::plan::Plan;
use crate::scenario::designs::Unsound;
use crate::scenario::{FileError, Override, Scenario, builtin, file};

impl Plan {
    /// Reads a scenario from TOML, carries out the overrides, and checks the result. `origin` is what
    /// errors call the text: the path of the file.
    ///
    /// ```
    /// use active_active::plan::Plan;
    ///
    /// let text = "name = 'mine'\nscript = ['publish 1']";
    /// let plan = Plan::load(text, "mine.toml", &["topology.regions=3".parse()?])?;
    /// assert_eq!(plan.layout.regions, 3);
    /// let error = Plan::load(text, "mine.toml", &["topology.regions=9".parse()?]).unwrap_err();
    /// assert!(error.to_string().starts_with("--set topology.regions=9: "), "{error}");
    /// # Ok::<(), active_active::scenario::FileError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with line and key, or with the override that is to blame.
    pub fn load(text: &str, origin: &str, overrides: &[Override]) -> Result<Plan, FileError> {
        let (scenario, keys) = file::read(text, origin, overrides)?;
        Plan::new(&scenario).map_err(|problem| keys.problem(&problem, overrides))
    }

    /// A built-in scenario by its name, or a text that is a scenario, with some keys changed as `--set`
    /// would, each written `key=value`.
    ///
    /// # Errors
    ///
    /// What is wrong with the text or with a change.
    pub fn with_changes(scenario: &str, changes: &[&str]) -> Result<Plan, FileError> {
        let text = builtin::text(scenario).unwrap_or(scenario);
        let overrides: Vec<Override> =
            changes.iter().map(|change| change.parse()).collect::<Result<_, _>>()?;
        Plan::load(text, "design", &overrides)
    }
}

impl Scenario {
    /// Reads a scenario from TOML and checks it.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it, with line and key.
    pub fn parse(text: &str) -> Result<Scenario, FileError> {
        Plan::load(text, "scenario", &[]).map(|plan| plan.scenario().clone())
    }
}

impl Unsound {
    /// The wrong design, ready to run.
    ///
    /// # Errors
    ///
    /// If the row has a mistake: no scenario of that name, or no such option.
    pub fn plan(&self) -> Result<Plan, FileError> {
        Plan::with_changes(self.scenario, &[self.design])
    }
}

//! A report as one HTML page that needs nothing else: no network, no server, no build step.
//!
//! ```
//! use std::sync::Arc;
//! use active_active::explore::{Progress, Runner, Sweep};
//! use active_active::plan::Plan;
//! use active_active::report::html::{Command, Origin, Page};
//! use active_active::report::recording::{Recording, Window};
//! use active_active::report::{RunSummary, SchedulerSummary, SweepRequest, SweepSummary};
//! use active_active::scenario::builtin;
//! use active_active::scheduler::Random;
//!
//! let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
//! let scheduler = SchedulerSummary { name: "random".to_owned(), seed: Some(1) };
//!
//! // What many schedules show …
//! let sweep = Sweep { plan: Arc::clone(&plan), runs: 20, threads: 1, steps_max: u64::MAX };
//! let report = sweep.run(|| Random::new(1), &Progress::default());
//! let request = SweepRequest { scheduler: scheduler.clone(), runs: 20, steps_max: None };
//! let sweep = SweepSummary::new(&plan, request, &report);
//!
//! // … and one of them, step by step.
//! let recording = Recording::of(&plan, Window::default(), |watcher| {
//!     Runner::new(Arc::clone(&plan)).run(&mut Random::new(1), 0, watcher)
//! });
//! let run = RunSummary::of_run(&plan, scheduler, 0, &recording.outcome);
//! let origin = Origin::Scheduler;
//! let (recording, run, sweep) = (&recording, &run, &sweep);
//! let line = "active-active run baseline --run 0".to_owned();
//! let commands = &[Command { purpose: "Run it again".to_owned(), line: line.clone() }];
//! let page = Page { recording, run, sweep, origin, commands, detection: None }.to_html();
//! assert!(page.starts_with("<!doctype html>") && page.contains(&line));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::explore::minimise::{Ended, Size};
use crate::report::markup::{escape, script_json};
use crate::report::picture::{self, Flow};
use crate::report::recording::Recording;
use crate::report::run::RunSummary;
use crate::report::sweep::SweepSummary;

mod data;
mod measured;
mod sections;

/// The first line of a page after its document type: a writer that finds it may write a new page over
/// the old one.
pub const MARK: &str = "active-active report";

/// What a page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The run that the page shows step by step.
    pub recording: &'a Recording,
    /// What that run shows.
    pub run: &'a RunSummary,
    /// What was judged and reached: in many runs, or in this one.
    pub sweep: &'a SweepSummary,
    /// Where the run comes from.
    pub origin: Origin,
    /// How to see it again.
    pub commands: &'a [Command],
    /// The detection table, as `bench/` writes it; none if there is none.
    pub detection: Option<&'a str>,
}

/// Where the run of a page comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A scheduler made it.
    Scheduler,
    /// It was saved.
    Saved,
    /// A scheduler made one that violates the spec, and it was made smaller.
    Minimised {
        /// How large it was.
        before: Size,
        /// How large it is.
        size: Size,
        /// Whether nothing more can be removed.
        ended: Ended,
    },
}

/// A command to type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// What it is for.
    pub purpose: String,
    /// The words of the command line.
    pub line: String,
}

impl Page<'_> {
    /// The page.
    pub fn to_html(&self) -> String {
        let layout = &self.recording.plan.layout;
        let pictures = picture::draw(layout, Flow::Right, "wide")
            + &picture::draw(layout, Flow::Down, "narrow");
        let scenario = &self.run.scenario;
        let js = [
            include_str!("html/state.js"),
            include_str!("html/player.js"),
            include_str!("html/plots.js"),
        ];
        let parts: Vec<(&str, String)> = vec![
            ("generator", format!("{MARK}, {}", generator())),
            ("title", format!("{} · active-active", escape(&scenario.name))),
            ("css", include_str!("html/page.css").to_owned()),
            ("name", escape(&scenario.name)),
            ("about", sections::about(&scenario.about)),
            ("verdict", sections::verdict(self)),
            ("facts", sections::facts(self)),
            ("nav", sections::nav(self)),
            ("which_run", sections::which_run(self)),
            ("window_note", sections::window_note(self.recording)),
            ("pictures", pictures),
            ("sequence", sections::sequence(self.recording)),
            ("across", sections::across(self.recording)),
            ("measured", measured::measured(self)),
            ("judged", sections::judged(self.sweep)),
            ("properties", sections::properties(self.sweep)),
            ("reached_lead", sections::reached_lead(self.sweep)),
            ("reached", sections::reached(self.sweep)),
            ("pairs_lead", sections::pairs_lead(self.sweep)),
            ("pairs", sections::pairs(self.sweep)),
            ("detection", sections::detection(self.detection)),
            ("commands", sections::commands(self.commands)),
            ("footer", format!("Written by {}.", generator())),
            ("data", script_json(&data::Document::new(self))),
            ("js", js.join("\n")),
        ];
        fill(include_str!("html/page.html"), &parts)
    }
}

fn generator() -> String {
    format!("active-active {}", env!("CARGO_PKG_VERSION"))
}

/// Replaces each `{{name}}` of the template once; what is put in is never looked into.
///
/// # Panics
///
/// If the template has a name that is not in the list.
fn fill(template: &str, parts: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("a template closes what it opens");
        let part = parts.iter().find(|(known, _)| *known == name);
        let (_, text) = part.unwrap_or_else(|| panic!("the template asks for '{name}'"));
        filled.push_str(before);
        filled.push_str(text);
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_a_template() {
        let parts = [("a", "{{b}}".to_owned()), ("b", "x".to_owned())];
        assert_eq!(fill("1 {{a}} 2 {{b}} 3", &parts), "1 {{b}} 2 x 3");
    }
}

//! What an exhaustive search shows, as data and as text.

use serde::Serialize;

use crate::explore::{Verified, VerifyReport};
use crate::plan::Plan;
use crate::report::facts::{FactsSummary, except};
use crate::report::palette::{Palette, paint};
use crate::report::summary::{FORMAT, Finding, OperatorSummary, ScenarioSummary, ViolationSummary};
use crate::report::text::{came, head, in_brief, joined, never_struck, vacuous, violation};
use crate::words::{count, plural};

/// What an exhaustive search shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct VerifySummary {
    /// The version of this document.
    pub format: u32,
    /// `verify`.
    pub command: &'static str,
    /// The verdict.
    pub verdict: Finding,
    /// What was searched.
    pub scenario: ScenarioSummary,
    /// The faults that the scheduler could choose, each kind with its number.
    pub budget: String,
    /// Whether steps that commute were tried in one order only.
    pub reduced: bool,
    /// Why they were not, if that was asked for.
    pub not_reduced_because: Option<String>,
    /// Whether states were taken for one that differ in nothing but which record is where.
    pub exchanged: bool,
    /// How many states were entered.
    pub states: u64,
    /// How many choices were taken between states.
    pub transitions: u64,
    /// How many steps these were, those included that the reduction joined with others.
    pub steps: u64,
    /// How many ends of runs were judged.
    pub ends: u64,
    /// How many states lie on cycles or behind one.
    pub cyclic_states: u64,
    /// The length of the longest run that was followed, in choices.
    pub depth: u64,
    /// How far the records came, at the ends of runs; none if none was judged.
    pub facts: Option<FactsSummary>,
    /// Why the search shows nothing, though nothing violates anything, if that is so.
    pub vacuous_because: Option<String>,
    /// The faults of script and budget that strike in no schedule, though all were searched.
    pub never_struck: Vec<String>,
    /// What only an operator would have brought back before some run went on.
    pub operator: Option<OperatorSummary>,
    /// How many bytes the store of states took.
    pub store_bytes: u64,
    /// Why it is not complete, if it is not.
    pub incomplete_because: Option<String>,
    /// The violation.
    pub violation: Option<ViolationSummary>,
    /// Whether no run with fewer choices violates the spec; none without a violation.
    pub is_shortest: Option<bool>,
    /// How many choices the run has that the search found, before it was minimized; none without a
    /// violation.
    pub found_choices: Option<u64>,
}

impl VerifySummary {
    /// What is said of a search. `why` says why it is not complete, if the one that stopped it knows more
    /// than that it was stopped.
    pub fn new(plan: &Plan, report: &VerifyReport, why: Option<&str>) -> VerifySummary {
        let vacuous = report.evidence.vacuous(plan);
        let (verdict, incomplete_because, found) = match &report.verdict {
            Verified::Holds if vacuous.is_some() => (Finding::Vacuous, None, None),
            Verified::Holds => (Finding::Holds, None, None),
            Verified::Violated(found) => (Finding::Violated, None, Some(found)),
            Verified::Incomplete(cause) => {
                let why = why.map_or_else(|| cause.to_string(), str::to_owned);
                (Finding::Inconclusive, Some(why), None)
            }
        };
        VerifySummary {
            format: FORMAT,
            command: "verify",
            verdict,
            scenario: ScenarioSummary::new(plan),
            budget: plan.scenario().budget.to_string(),
            reduced: report.reduced,
            not_reduced_because: report.not_reduced_because.map(str::to_owned),
            exchanged: report.exchanged,
            states: report.states,
            transitions: report.transitions,
            steps: report.steps,
            ends: report.ends,
            cyclic_states: report.cyclic,
            depth: report.depth,
            facts: FactsSummary::new(plan, &report.evidence),
            vacuous_because: vacuous
                .filter(|_| verdict == Finding::Vacuous)
                .map(|why| why.text(plan)),
            never_struck: match verdict {
                // A search that ends at a violation, or is cut, has not tried.
                Finding::Violated | Finding::Inconclusive => Vec::new(),
                Finding::Holds | Finding::Vacuous => report.evidence.never_struck(plan),
            },
            operator: report
                .operator
                .as_ref()
                .map(|what| OperatorSummary { run: None, what: what.clone() }),
            store_bytes: report.bytes,
            incomplete_because,
            violation: found.map(|found| ViolationSummary::new(&found.violation, None, None)),
            is_shortest: found.map(|found| found.is_shortest),
            found_choices: found.map(|found| found.choices.len() as u64),
        }
    }

    /// The summary for people.
    pub fn text(&self, palette: &Palette) -> String {
        let mut lines = head(&self.scenario, None, palette);
        lines.push(format!("faults that may happen anywhere: {}", self.budget));
        lines.push(match (&self.not_reduced_because, self.reduced) {
            (_, true) => "steps that commute are tried in one order only".to_owned(),
            (Some(why), false) => format!("every order of steps is tried: {why}"),
            (None, false) => "every order of steps is tried".to_owned(),
        });
        if self.exchanged {
            lines.push("states that differ in which record is where are one".to_owned());
        }
        lines.push(String::new());
        lines.push(format!(
            "{}, {}, {}, {} judged, longest run {}",
            plural(self.states, "state", "states"),
            plural(self.transitions, "transition", "transitions"),
            plural(self.steps, "step", "steps"),
            plural(self.ends, "end", "ends"),
            count(self.depth),
        ));
        if self.violation.is_none() {
            let records = self.scenario.records;
            lines.extend(came(self.facts.as_ref(), records, ("end", "ends")));
        }
        lines.extend(never_struck(&self.never_struck, palette));
        lines.push(format!("{} of states", memory(self.store_bytes)));
        if self.cyclic_states > 0 {
            lines.push(format!(
                "{} on or behind cycles, in which a run may stay",
                plural(self.cyclic_states, "state", "states")
            ));
        }
        lines.push(String::new());
        lines.extend(self.conclusion(palette));
        joined(&lines)
    }

    /// The verdict, and nothing else.
    pub fn brief(&self, palette: &Palette) -> String {
        match &self.violation {
            Some(found) => joined(&in_brief(found, palette)),
            None => {
                let never = never_struck(&self.never_struck, palette);
                joined(&self.conclusion(palette).into_iter().chain(never).collect::<Vec<String>>())
            }
        }
    }

    fn conclusion(&self, palette: &Palette) -> Vec<String> {
        if let Some(found) = &self.violation {
            let mut lines = violation(found, palette);
            // What is shown may be a run of a smaller scenario; this is about the one that was searched.
            let steps = plural(self.found_choices.unwrap_or(0), "step", "steps");
            lines.push(match self.is_shortest {
                Some(true) => format!("No run of fewer than {steps} violates the spec in this scope."),
                Some(false) | None => {
                    format!("A run of {steps} was found in this scope; a shorter one may violate it, too.")
                }
            });
            return lines;
        }
        let records = plural(self.scenario.records as u64, "record", "records");
        let stages = plural(self.scenario.stages as u64, "stage", "stages");
        let scope = format!("{records}, {stages}, {} regions", self.scenario.regions);
        match &self.incomplete_because {
            Some(why) => vec![format!(
                "{}: {why}. No violation in the {} entered; the others are not known.",
                paint(palette.loud, "INCOMPLETE"),
                plural(self.states, "state", "states"),
            )],
            None if self.verdict == Finding::Vacuous => {
                vec![vacuous(self.vacuous_because.as_deref(), palette)]
            }
            None => {
                let mut lines = vec![format!(
                    "{}{} within this scope: no schedule of {scope} with these faults violates the \
                     spec.\nIt says nothing about larger ones; two states are taken for one with a \
                     probability below 10^{}.",
                    paint(palette.good, "VERIFIED"),
                    except(self.facts.as_ref()),
                    collision_exponent(self.states),
                )];
                lines.extend(self.facts.iter().flat_map(FactsSummary::excepted));
                lines.extend(self.operator.iter().map(|first| {
                    let needed = paint(palette.strong, "needed an operator");
                    format!("Some runs {needed}: {}.", first.what)
                }));
                lines
            }
        }
    }
}

/// The power of ten above *n*² / 2¹¹².
fn collision_exponent(states: u64) -> i32 {
    let exponent = 2.0 * (states.max(1) as f64).log10() - 112.0 * 2f64.log10();
    exponent.ceil() as i32
}

/// So many bytes, in a unit that is easy to read.
pub fn memory(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < units.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} bytes") } else { format!("{size:.1} {}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_easy_to_read() {
        let cases =
            [(0, "0 bytes"), (1_023, "1023 bytes"), (1_536, "1.5 KiB"), (3 << 30, "3.0 GiB")];
        for (bytes, text) in cases {
            assert_eq!(memory(bytes), text);
        }
    }

    #[test]
    fn the_probability_of_an_omission_is_rounded_up() {
        assert_eq!(collision_exponent(1), -33);
        assert_eq!(collision_exponent(1_000_000_000), -15);
    }
}

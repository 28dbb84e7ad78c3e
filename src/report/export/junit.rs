//! The verdict of many runs for CI systems.

use crate::report::markup::escape;
use crate::report::summary::Finding;
use crate::report::sweep::{PropertySummary, Status, SweepSummary};

/// Every property as a test case: passed, failed, skipped where it says nothing about the scenario,
/// in error where it was not judged to the end. No time is given: reports do not depend on the
/// clock.
///
/// Source: the JUnit XML format as Jenkins, GitLab and GitHub actions read it
/// (<https://github.com/testmoapp/junitxml>).
pub fn junit(sweep: &SweepSummary) -> String {
    let cases: String = sweep.properties.iter().map(|one| case(one, sweep)).collect();
    // No text of a case has a `<`, so these are the elements.
    let count = |element: &str| cases.matches(element).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        sweep.properties.len(),
        count("<failure "),
        count("<error "),
        count("<skipped ")
    );
    let name = escape(&sweep.scenario.name);
    let seed = sweep
        .scheduler
        .seed
        .map_or_else(String::new, |seed| format!("<property name=\"seed\" value=\"{seed}\"/>"));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"active-active\" {counts}>\n\
         <testsuite name=\"{name}\" {counts}>\n<properties><property name=\"scheduler\" \
         value=\"{}\"/>{seed}<property name=\"runs\" value=\"{}\"/><property name=\"steps\" \
         value=\"{}\"/>{}</properties>\n{cases}</testsuite>\n</testsuites>\n",
        escape(&sweep.scheduler.name),
        sweep.runs,
        sweep.steps,
        facts(sweep)
    )
}

/// What the verdict is about: how far the records came, what was lost under a declaration, on how many of those the external
/// service acted, what nothing judges, what never struck, and what needed an operator.
fn facts(sweep: &SweepSummary) -> String {
    let property = |name: &str, value: &str| {
        format!("<property name=\"{name}\" value=\"{}\"/>", escape(value))
    };
    let mut text = String::new();
    if let Some(facts) = &sweep.facts {
        text += &property("ends", &facts.ends.to_string());
        for (name, range) in facts.named() {
            text += &property(&format!("{name}.min"), &range.min.to_string());
            text += &property(&format!("{name}.max"), &range.max.to_string());
        }
        text += &property("rpo.records", &facts.rpo_records.to_string());
        if facts.acted_on > 0 {
            text += &property("acted-on.max", &facts.acted_on.to_string());
        }
        facts.unlooked.iter().for_each(|what| text += &property("not-judged", what));
    }
    sweep.never_struck.iter().for_each(|name| text += &property("never-struck", name));
    if let Some(first) = &sweep.operator {
        text += &property("runs-with-operator", &sweep.runs_with_operator.to_string());
        text += &property("operator", &first.what);
    }
    text
}

/// A property that was not judged to the end is no success.
fn is_error(property: &PropertySummary, sweep: &SweepSummary) -> bool {
    match property.status {
        Status::HeldSoFar | Status::NotJudged => sweep.verdict == Finding::Inconclusive,
        Status::Vacuous => true,
        Status::Holds | Status::Violated | Status::NotApplicable => false,
    }
}

fn case(property: &PropertySummary, sweep: &SweepSummary) -> String {
    let body = match property.status {
        Status::Holds => String::new(),
        Status::Violated => failure(sweep),
        Status::NotApplicable => {
            let reason = escape(property.reason.unwrap_or_default());
            format!("<skipped message=\"{reason}\"/>")
        }
        Status::Vacuous if property.reason.is_some() => {
            format!("<error message=\"vacuous: {}\"/>", escape(property.reason.unwrap_or_default()))
        }
        Status::NotJudged if property.reason.is_some() => {
            format!("<skipped message=\"{}\"/>", escape(property.reason.unwrap_or_default()))
        }
        Status::Vacuous => {
            let why = escape(sweep.vacuous_because.as_deref().unwrap_or_default());
            format!("<error message=\"vacuous: {why}\"/>")
        }
        Status::HeldSoFar | Status::NotJudged if is_error(property, sweep) => {
            let because = escape(sweep.inconclusive_because.as_deref().unwrap_or_default());
            format!("<error message=\"inconclusive: {because}\"/>")
        }
        // The sweep ended at the violation of another property.
        Status::HeldSoFar | Status::NotJudged => {
            "<skipped message=\"not judged to the end: another property is violated\"/>".to_owned()
        }
    };
    let class = escape(&sweep.scenario.name);
    let statement = match &property.except {
        Some(except) => format!("{}, except {except}", property.statement),
        None => property.statement.to_owned(),
    };
    let (name, statement) = (escape(property.name), escape(&statement));
    format!(
        "<testcase classname=\"{class}\" name=\"{name}\">{body}<system-out>{statement}\
         </system-out></testcase>\n"
    )
}

fn failure(sweep: &SweepSummary) -> String {
    let Some(violation) = &sweep.violation else { return String::new() };
    let mut lines = vec![violation.what.clone()];
    lines.extend(violation.because.iter().cloned());
    if let (Some(run), Some(seed)) = (violation.run, violation.seed) {
        lines.push(format!("run {run} of seed {seed}, at step {}", violation.step));
    }
    lines.extend(violation.replay_command.clone());
    format!(
        "<failure type=\"{}\" message=\"{}\">{}</failure>",
        escape(violation.property),
        escape(&violation.what),
        escape(&lines.join("\n"))
    )
}

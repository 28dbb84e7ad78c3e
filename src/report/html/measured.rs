//! The section about what operators would measure.

use crate::metrics::{FaultSummary, MetricsSummary};
use crate::report::html::Page;
use crate::report::markup::escape;
use crate::words;

/// What was measured of the run that is shown, of its faults, and of all schedules.
pub(super) fn measured(page: &Page<'_>) -> String {
    let Some(metrics) = &page.run.metrics else { return String::new() };
    let time = match page.recording.times.is_empty() {
        true => {
            "Durations are in steps, for this scheduler knows no time; <code>--scheduler timed</code> \
             gives milliseconds."
        }
        false => "Durations are in virtual milliseconds.",
    };
    let mut html = format!(
        "<section id=\"measured\">\n<h2>What operators would measure</h2>\n<p class=\"lead\">{time} \
         RPO: of how many records something acknowledged is nowhere but in what the fault strikes, and \
         for how long it had been acknowledged; a loss destroys that. RTO: the time from a \
         fault until a record passes the component and arrives (path), or until something published \
         after it arrives (service).</p>\n<h3>In the run above</h3>\n"
    );
    html += &table(metrics, "run");
    html += &faults(page.run.faults.as_deref().unwrap_or_default());
    if let Some(all) = &page.sweep.metrics {
        let runs = words::plural(page.sweep.runs, "schedule", "schedules");
        html += &format!("<h3>In {runs}</h3>\n{}", table(all, "sweep"));
    }
    html + "</section>"
}

fn table(metrics: &MetricsSummary, of: &str) -> String {
    let row = |one: &crate::metrics::Measured| {
        format!(
            "<tr data-{of}-metric=\"{}\"><td>{}</td><td>{}</td></tr>\n",
            escape(&one.name),
            escape(&one.words),
            escape(&one.text)
        )
    };
    let rows: String = metrics.measured().iter().map(row).collect();
    format!("<table class=\"stack\"><tbody>\n{rows}</tbody></table>\n")
}

fn faults(faults: &[FaultSummary]) -> String {
    if faults.is_empty() {
        return String::new();
    }
    let row = |one: &FaultSummary| {
        let or_never =
            |time: Option<String>| time.unwrap_or_else(|| "not within the run".to_owned());
        format!(
            "<tr data-fault=\"{0}\"><td><code>{0}</code> {1}</td><td data-field=\"rpo\">{2}, the \
             oldest for {3}</td><td data-field=\"rto-path\">{4}</td><td data-field=\"rto-service\">{5}\
             </td></tr>\n",
            escape(&one.fault),
            one.began(),
            words::plural(one.rpo_records.into(), "record", "records"),
            one.rpo_age(),
            or_never(one.rto_path()),
            or_never(one.rto_service())
        )
    };
    let rows: String = faults.iter().map(row).collect();
    format!(
        "<h3>Fault by fault</h3>\n<div class=\"scroll free\" tabindex=\"0\" role=\"group\" \
         aria-label=\"Faults\"><table><thead><tr><th>fault</th><th>RPO</th><th>RTO of the path</th>\
         <th>RTO of the service</th></tr></thead><tbody>\n{rows}</tbody></table></div>\n"
    )
}

//! The parts of the page that are plain HTML: readable without its script.

use crate::explore::Ended;
use crate::model::layout::MachineKind;
use crate::report::facts::except;
use crate::report::html::{Command, Origin, Page};
use crate::report::markup::escape;
use crate::report::palette::Palette;
use crate::report::recording::Recording;
use crate::report::run::RunSummary;
use crate::report::sequence::Sequence;
use crate::report::summary::{Finding, ScenarioSummary, ViolationSummary};
use crate::report::sweep::{PairSummary, PropertySummary, SweepSummary};
use crate::report::text;
use crate::run::Verdict;
use crate::sim::Pair;
use crate::words;

pub(super) fn about(about: &str) -> String {
    match about {
        "" => String::new(),
        about => format!("<p class=\"about\">{}</p>", escape(about)),
    }
}

/// What was found, in words.
pub(super) fn verdict(page: &Page<'_>) -> String {
    let (sweep, run) = (page.sweep, page.run);
    let violation = sweep.violation.as_ref().or(run.violation.as_ref());
    let (class, body) = match (violation, sweep.verdict) {
        (Some(found), _) => ("violated", violated(found, smallest(page))),
        (None, Finding::Holds) => ("holds", holds(sweep)),
        (None, Finding::Vacuous) => ("inconclusive", vacuous(sweep)),
        (None, Finding::Violated | Finding::Inconclusive) => ("inconclusive", inconclusive(page)),
    };
    format!("<div class=\"verdict {class}\" data-field=\"verdict\">\n{body}\n</div>")
}

/// The violation of the run that the page shows, if that is not the one that was found.
fn smallest<'a>(page: &Page<'a>) -> Option<&'a ViolationSummary> {
    match page.origin {
        Origin::Scheduler | Origin::Saved => None,
        Origin::Minimised { .. } => page.run.violation.as_ref(),
    }
}

/// Where it was found, and what happened: of the smallest run, if there is one, since that is shown.
fn violated(violation: &ViolationSummary, smallest: Option<&ViolationSummary>) -> String {
    let told = smallest.unwrap_or(violation);
    let reasons: String =
        told.because.iter().map(|reason| format!("<li>{}</li>", escape(reason))).collect();
    let intro = if smallest.is_some() { "In the smallest run that shows it, " } else { "" };
    let place = match (violation.run, violation.seed) {
        (Some(run), Some(seed)) => format!(" in run {} of seed {seed}", words::count(run)),
        (_, _) => String::new(),
    };
    format!(
        "<p><strong>Violated: {}</strong>{place}, at step <span data-field=\"violation-step\">{}\
         </span>.</p>\n<p>{intro}{}.</p>\n<ul>{reasons}</ul>\n<p>The spec says: {}.</p>",
        escape(violation.property),
        words::count(violation.step),
        escape(&told.what),
        escape(violation.statement)
    )
}

fn holds(sweep: &SweepSummary) -> String {
    let schedules = words::plural(sweep.runs, "schedule", "schedules");
    format!(
        "<p><strong>Holds{}.</strong> No property was violated in {schedules}.</p>\n{}<p>{}</p>",
        escape(&except(sweep.facts.as_ref())),
        came(sweep),
        escape(&text::evidence(sweep).replace('\n', " "))
    )
}

/// What the verdict is about.
fn came(sweep: &SweepSummary) -> String {
    let lines = text::about(sweep, ("schedule", "schedules"), &Palette::PLAIN);
    let items: String =
        lines.iter().map(|line| format!("<li>{}</li>\n", escape(line.trim()))).collect();
    format!("<ul data-field=\"about\">\n{items}</ul>\n")
}

fn vacuous(sweep: &SweepSummary) -> String {
    let words = text::vacuous(sweep.vacuous_because.as_deref(), &Palette::PLAIN);
    let (_, why) = words.split_once(": ").unwrap_or_default();
    format!("<p><strong>Vacuous.</strong> {}</p>\n{}", escape(&capitalized(why)), came(sweep))
}

/// The text with a capital letter in front.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn inconclusive(page: &Page<'_>) -> String {
    let because = page.sweep.inconclusive_because.as_deref().unwrap_or_default();
    format!("<p><strong>Inconclusive</strong>: {}. No violation was found.</p>", escape(because))
}

/// What was judged, and what the page shows of it: a run that was made small is of a smaller system.
pub(super) fn facts(page: &Page<'_>) -> String {
    let (judged, shown) = (&page.sweep.scenario, &page.run.scenario);
    let delivered = page.recording.lives.iter().filter(|life| life.arrived.is_some()).count();
    let size = |scenario: &ScenarioSummary, prefix: &str| {
        let numbers = [
            ("regions", scenario.regions),
            ("stages", scenario.stages),
            ("machines", scenario.machines),
            ("records", scenario.records),
        ];
        let fact = |(words, number)| fact(&format!("{prefix}{words}"), words, number as u64);
        numbers.map(fact).concat()
    };
    let many = [
        fact("runs", "schedules", page.sweep.runs),
        fact("steps-in-all", "steps in all", page.sweep.steps),
    ];
    let one =
        [fact("steps", "steps", page.run.steps), fact("delivered", "delivered", delivered as u64)];
    let is_smaller = matches!(page.origin, Origin::Minimised { .. });
    let smaller = if is_smaller { size(shown, "shown-") } else { String::new() };
    facts_of("Judged", &(size(judged, "") + &many.concat()))
        + &facts_of("The run below", &(smaller + &one.concat()))
}

fn facts_of(what: &str, facts: &str) -> String {
    format!(
        "<dl class=\"facts\" aria-label=\"{what}\"><div class=\"of\">{what}</div>\n{facts}</dl>\n"
    )
}

fn fact(field: &str, words: &str, number: u64) -> String {
    let number = words::count(number);
    format!("<div><dt>{words}</dt><dd data-field=\"{field}\">{number}</dd></div>\n")
}

/// The sections that the page has.
pub(super) fn nav(page: &Page<'_>) -> String {
    let links = [
        ("run", "Step by step", true),
        ("sequence", "Who said what", !sequence(page.recording).is_empty()),
        ("plots", "Over the run", true),
        ("measured", "What was measured", page.run.metrics.is_some()),
        ("properties", "What the spec says", true),
        ("reached", "What was reached", true),
        ("detection", "How soon it is found", page.detection.is_some()),
        ("reproduce", "See it again", true),
    ];
    let there = links.iter().filter(|(_, _, is_there)| *is_there);
    let link =
        |(id, words, _): &(&str, &str, bool)| format!("<li><a href=\"#{id}\">{words}</a></li>");
    format!("<ul>{}</ul>", there.map(link).collect::<String>())
}

/// What is drawn across in the plots.
pub(super) fn across(recording: &Recording) -> String {
    let first = recording.window.first - 1;
    let last = last_step(recording);
    match (recording.time_of(first), recording.time_of(last)) {
        (Some(from), Some(to)) => {
            format!("virtual milliseconds, from {:.1} to {:.1}", from.ms(), to.ms())
        }
        (_, _) => format!("steps, from {} to {}", words::count(first), words::count(last)),
    }
}

/// The last step that the page shows.
fn last_step(recording: &Recording) -> u64 {
    recording.frames.len().checked_sub(1).map_or(0, |last| recording.step_at(last))
}

pub(super) fn which_run(page: &Page<'_>) -> String {
    let which = match page.origin {
        Origin::Scheduler => scheduled(page.run),
        Origin::Saved => "A saved run, run again.".to_owned(),
        Origin::Minimised { before, size, ended } => format!(
            "The violation that was found, made as small as it gets{}: {size}, {} instead of {}.",
            match ended {
                Ended::Complete => "",
                Ended::Interrupted => " until it was interrupted",
                Ended::OutOfSteps => " with the steps that were allowed",
            },
            words::plural(size.steps, "step", "steps"),
            words::count(before.steps)
        ),
    };
    let ends = match page.run.verdict {
        Finding::Violated => " It ends where the spec is violated.",
        Finding::Holds | Finding::Vacuous => {
            " In the end every fault is healed and a fair scheduler brings the system to rest."
        }
        Finding::Inconclusive => " It was cut short.",
    };
    escape(&(which + ends))
}

fn scheduled(run: &RunSummary) -> String {
    let scheduler = run.scheduler.as_ref();
    match (scheduler.and_then(|scheduler| scheduler.seed), scheduler, run.run) {
        (Some(seed), Some(scheduler), Some(number)) => {
            let number = words::count(number);
            format!("Run {number} of the {} scheduler, seed {seed}.", scheduler.name)
        }
        (_, Some(scheduler), _) => format!("The run of the {} scheduler.", scheduler.name),
        (_, None, _) => "A run.".to_owned(),
    }
}

/// The run as a sequence diagram, with only what matters.
pub(super) fn sequence(recording: &Recording) -> String {
    let sequence = Sequence::of(recording);
    if sequence.rows.is_empty() {
        return String::new();
    }
    let diagram = format!(
        "<div class=\"diagram\" tabindex=\"0\" role=\"group\" aria-label=\"Sequence diagram\">\n{}</div>\n",
        sequence.to_svg()
    );
    // Where nothing went wrong it is one way of many, and a long one.
    let diagram = match &recording.outcome.verdict {
        Verdict::Violated(_) => diagram,
        Verdict::Holds | Verdict::Inconclusive(_) => format!(
            "<details class=\"sequence\"><summary>The diagram: {}</summary>\n{diagram}</details>\n",
            words::plural(sequence.rows.len() as u64, "line", "lines")
        ),
    };
    format!(
        "<section id=\"sequence\">\n<h2>Who said what to whom</h2>\n<p class=\"lead\">{}. From top \
         to bottom; an arrow ends where its message is handled. The steps of other records are left \
         out.</p>\n{diagram}</section>",
        escape(&sequence.title)
    )
}

/// Says so if the page does not show the whole run.
pub(super) fn window_note(recording: &Recording) -> String {
    if recording.is_whole() {
        return String::new();
    }
    let last = last_step(recording);
    format!(
        "<p class=\"note\" data-field=\"window\">This page shows steps {} to {} of {}: a page with \
         all of them would be too large. The verdict, the faults and the latencies are of the \
         whole run.</p>",
        words::count(recording.window.first),
        words::count(last),
        words::count(recording.outcome.steps)
    )
}

pub(super) fn judged(sweep: &SweepSummary) -> String {
    let runs = words::plural(sweep.runs, "schedule", "schedules");
    format!(
        "Judged in {runs}. Safety at every step; liveness when all faults are healed and the run has come to rest."
    )
}

pub(super) fn properties(sweep: &SweepSummary) -> String {
    let mut html = "<table class=\"stack\"><thead><tr><th>verdict</th><th>property</th>\
                    <th>what it says</th></tr></thead><tbody>\n"
        .to_owned();
    for (is_liveness, heading) in [(false, "Safety"), (true, "Liveness")] {
        html += &format!("<tr class=\"group\"><td colspan=\"3\">{heading}</td></tr>\n");
        let of_kind = sweep.properties.iter().filter(|one| one.is_liveness == is_liveness);
        html.extend(of_kind.map(property));
    }
    html + "</tbody></table>"
}

fn property(property: &PropertySummary) -> String {
    let word = property.status.text();
    let class = word.replace(' ', "-");
    let reason = match (property.reason, &property.except) {
        (Some(reason), _) => format!(" (not here: {})", escape(reason)),
        (None, Some(except)) => format!(", except {}", escape(except)),
        (None, None) => String::new(),
    };
    format!(
        "<tr data-property=\"{0}\" data-status=\"{class}\"><td class=\"status {class}\">{word}</td>\
         <td><code>{0}</code></td><td>{1}{reason}</td></tr>\n",
        escape(property.name),
        escape(property.statement)
    )
}

pub(super) fn reached_lead(sweep: &SweepSummary) -> String {
    let never = sweep.reached.iter().filter(|one| one.is_possible && one.runs == 0).count();
    match (never, sweep.verdict) {
        (0, _) => "Everything that this scenario can reach was reached.".to_owned(),
        (_, Finding::Violated) => {
            "Exploring stopped at the violation, so this is not all that can \
                                   be reached."
                .to_owned()
        }
        (_, Finding::Holds | Finding::Inconclusive | Finding::Vacuous) => {
            "What stands first was never reached, though nothing in the scenario seems to rule it out.".to_owned()
        }
    }
}

pub(super) fn reached(sweep: &SweepSummary) -> String {
    let mut rows: Vec<(u64, String)> = Vec::new();
    for one in sweep.reached.iter().filter(|one| one.is_possible || one.runs > 0) {
        let (class, runs) = match one.runs {
            0 => (" never", "never".to_owned()),
            runs => ("", words::count(runs)),
        };
        let row = format!(
            "<tr data-reached=\"{}\"><td class=\"number{class}\">{runs}</td><td>{}</td></tr>\n",
            escape(&one.name),
            escape(one.text)
        );
        rows.push((one.runs, row));
    }
    rows.sort_by_key(|(runs, _)| *runs > 0);
    let rows: String = rows.into_iter().map(|(_, row)| row).collect();
    format!(
        "<table><thead><tr><th class=\"number\">in schedules</th><th>what</th></tr></thead>\
         <tbody>\n{rows}</tbody></table>"
    )
}

pub(super) fn pairs_lead(sweep: &SweepSummary) -> String {
    format!(
        "<span data-field=\"pairs\">{}</span> kinds were reached, each with the number of steps.",
        sweep.pairs_reached
    )
}

/// By machine and state: the kinds of messages; folded away, those that were never handled.
pub(super) fn pairs(sweep: &SweepSummary) -> String {
    let taken = |one: &PairSummary| {
        format!("<span>{} <b>{}</b></span>", one.message, words::count(one.steps))
    };
    let missed = |one: &PairSummary| format!("<span class=\"missed\">{}</span>", one.message);
    let reached = table_of_pairs(&sweep.pairs, taken);
    if sweep.pairs_never.is_empty() {
        return reached;
    }
    format!(
        "{reached}\n<details class=\"never-reached\"><summary><span data-field=\"pairs-never\">{}</span> \
         kinds were never reached in these schedules; some of them need a fault or an option that \
         this scenario does not have</summary>\n{}</details>",
        sweep.pairs_never.len(),
        table_of_pairs(&sweep.pairs_never, missed)
    )
}

fn table_of_pairs(pairs: &[PairSummary], chip: impl Fn(&PairSummary) -> String) -> String {
    let mut html = "<table class=\"stack\"><tbody>\n".to_owned();
    let states = |machine| Pair::states(machine).iter().map(move |&state| (machine, state));
    for (machine, state) in MachineKind::ALL.iter().copied().flat_map(states) {
        let is_here = |one: &&PairSummary| (one.machine, one.state) == (machine.name(), state);
        let chips: String = pairs.iter().filter(is_here).map(&chip).collect();
        if !chips.is_empty() {
            html += &format!(
                "<tr><td>{machine} <code>{state}</code></td><td><div class=\"chips\">{chips}</div>\
                 </td></tr>\n"
            );
        }
    }
    html + "</tbody></table>"
}

/// The table of search strategies that `bench/` writes: its Markdown has headings, paragraphs and tables.
pub(super) fn detection(markdown: Option<&str>) -> String {
    let Some(markdown) = markdown else { return String::new() };
    let mut html =
        "<section id=\"detection\">\n<h2>How soon wrong designs are found</h2>\n".to_owned();
    let mut in_table = false;
    let mut paragraph = String::new();
    // The code blocks are commands, which the reader of a page has no use for.
    let mut is_code = false;
    for line in markdown.lines() {
        is_code ^= line.starts_with("```");
        let is_row = line.starts_with('|') && !is_code;
        if in_table && !is_row {
            html += "</tbody></table></div>\n";
        }
        let is_first_row = is_row && !in_table;
        in_table = is_row;
        let is_text = !(is_code || line.trim().is_empty() || line.starts_with(['|', '#', '`']));
        if !is_text || line.starts_with("* ") {
            html += &lead(&std::mem::take(&mut paragraph));
        }
        let is_rule = is_row && line.chars().all(|c| "|-: ".contains(c));
        if is_text {
            paragraph += line;
            paragraph.push('\n');
        } else if is_row && !is_rule {
            if is_first_row {
                html += "<div class=\"scroll free\" tabindex=\"0\" role=\"group\" \
                         aria-label=\"Detection table\"><table><tbody>\n";
            }
            html += &row(line, if is_first_row { "th" } else { "td" });
        } else if let Some(heading) = line.strip_prefix("## ").filter(|_| !is_code) {
            html += &format!("<h3>{}</h3>\n", escape(heading));
        }
    }
    html += &lead(&paragraph);
    if in_table {
        html += "</tbody></table></div>\n";
    }
    html + "</section>"
}

/// A row of a table in Markdown.
fn row(line: &str, tag: &str) -> String {
    let cells = line.trim_matches('|').split('|');
    let cell = |cell: &str| format!("<{tag}>{}</{tag}>", escape(&unmarked(cell)));
    format!("<tr>{}</tr>\n", cells.map(cell).collect::<String>())
}

/// A paragraph in Markdown, if there is one.
fn lead(markdown: &str) -> String {
    match markdown.trim() {
        "" => String::new(),
        text => format!("<p class=\"lead\">{}</p>\n", escape(&unmarked(text))),
    }
}

/// The text of a piece of Markdown.
fn unmarked(markdown: &str) -> String {
    markdown.trim().replace(['`', '*'], "")
}

pub(super) fn commands(commands: &[Command]) -> String {
    let command = |command: &Command| {
        format!(
            "<div class=\"command\"><p>{}</p><pre>{}</pre></div>\n",
            escape(&command.purpose),
            escape(&command.line)
        )
    };
    commands.iter().map(command).collect()
}

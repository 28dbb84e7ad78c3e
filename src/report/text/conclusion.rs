//! How a report in words ends: what was found, and how much it means.

use crate::report::facts::except;
use crate::report::palette::{Palette, paint};
use crate::report::summary::Finding;
use crate::report::sweep::SweepSummary;
use crate::words::{count, plural};

pub(super) fn conclusion(summary: &SweepSummary, palette: &Palette) -> Vec<String> {
    match summary.verdict {
        Finding::Violated => Vec::new(),
        Finding::Inconclusive => inconclusive(summary, palette),
        Finding::Vacuous => vec![vacuous(summary.vacuous_because.as_deref(), palette)],
        Finding::Holds => {
            let word = paint(palette.good, "HOLDS");
            let except = except(summary.facts.as_ref());
            let runs = plural(summary.runs, "run", "runs");
            vec![format!("{word}{except}. No violation in {runs}. {}", evidence(summary))]
        }
    }
}

/// What is said of runs that violate nothing and put nothing to the test.
pub(in crate::report) fn vacuous(why: Option<&str>, palette: &Palette) -> String {
    let word = paint(palette.loud, "VACUOUS");
    format!("{word}: nothing was violated, and too little was shown: {}.", why.unwrap_or_default())
}

/// What a sweep without violation shows.
pub(in crate::report) fn evidence(summary: &SweepSummary) -> String {
    match (summary.confidence, summary.scheduler.seed) {
        (Some(confidence), _) => {
            let share = format!(
                "This is evidence, not proof: with {} % confidence fewer\nthan 3/{} = {} % of the \
                 schedules that this scheduler draws",
                confidence.level_percent,
                count(confidence.runs),
                significant(confidence.violating_percent_max),
            );
            match summary.runs - confidence.runs {
                0 => format!("{share} violate the spec."),
                learned => format!(
                    "{share} afresh violate the spec.\nThe other {} learned from those before \
                     them and found nothing either.",
                    plural(learned, "run", "runs")
                ),
            }
        }
        (None, Some(_)) if summary.runs > 3 => "Runs that learn from each other say nothing \
                                                about the share of\nall schedules."
            .to_owned(),
        (None, Some(_)) => "So few say nothing about other schedules: sweep more.".to_owned(),
        (None, None) => "It is the only one of this scheduler and says nothing about other \
                         schedules:\nsweep with another one."
            .to_owned(),
    }
}

fn inconclusive(summary: &SweepSummary, palette: &Palette) -> Vec<String> {
    let word = paint(palette.loud, "INCONCLUSIVE");
    let because = summary.inconclusive_because.iter();
    because.map(|because| format!("{word}: {because}. No violation was found.")).collect()
}

/// A number between 0 and 100 with two significant digits, rounded up: it is a bound.
fn significant(percent: f64) -> String {
    let mut decimals = 0;
    let mut scaled = percent;
    while scaled < 10.0 && decimals < 15 {
        scaled *= 10.0;
        decimals += 1;
    }
    // What is a whole number but for the last bits of a float stays one.
    let rounded = (scaled - 1e-9).ceil() / 10f64.powi(decimals);
    let text = format!("{rounded:.*}", decimals as usize);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_rounded_up_to_two_digits() {
        let cases = [
            (300.0 / 10_000.0, "0.03"),
            (300.0 / 7.0, "43"),
            (300.0 / 4.0, "75"),
            (300.0 / 700.0, "0.43"),
            (300.0 / 1e9, "0.0000003"),
            (300.0 / 30.0, "10"),
        ];
        for (percent, text) in cases {
            assert_eq!(significant(percent), text, "{percent}");
        }
    }
}

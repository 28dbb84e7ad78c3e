//! The progress bar: only on a terminal, only on the standard error output.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use active_active::explore::{Progress, Watch};
use active_active::report::Palette;
use active_active::spec::Violation;
use active_active::words::{count, plural};
use indicatif::{ProgressBar, ProgressStyle};

/// Two lines that fit a terminal of 80 columns; the bar takes what room there is.
const TEMPLATE: &str = "{wide_bar} {human_pos} of {human_len} runs, {eta} left\n{msg}";

const ENDLESS: &str = "{spinner} {human_pos} runs in {elapsed}\n{msg}";

/// Does the work, and meanwhile shows how far it is.
pub(crate) fn show<T>(
    runs: u64,
    threads: usize,
    progress: &Progress,
    work: impl FnOnce() -> T,
) -> T {
    // As many runs as there is time for have no end to be seen.
    let template = if runs == u64::MAX { ENDLESS } else { TEMPLATE };
    let style = ProgressStyle::with_template(template).expect("the template is a constant");
    let bar = ProgressBar::new(runs).with_style(style.progress_chars("=> "));
    let novelty = Novelty::default();
    let tick = || {
        let new = novelty.words(progress.reached(), bar.elapsed());
        bar.set_message(format!("{} steps/s, {new}", count(per_second(&bar, progress))));
        bar.set_position(progress.runs());
    };
    let result = while_ticking(tick, work, || bar.finish_and_clear());
    // The terminal may be gone; the report does not depend on it.
    let _ = writeln!(
        std::io::stderr(),
        "{} on {} in {:.2} s: {}",
        plural(progress.runs(), "run", "runs"),
        plural(threads as u64, "thread", "threads"),
        bar.elapsed().as_secs_f64(),
        rate(&bar, progress),
    );
    result
}

/// How many different things were reached, and since when nothing new was.
#[derive(Debug, Default)]
struct Novelty {
    reached: AtomicU64,
    /// When that many were reached for the first time, in seconds from the beginning.
    since: AtomicU64,
}

impl Novelty {
    fn words(&self, reached: u64, now: Duration) -> String {
        if self.reached.swap(reached, Ordering::Relaxed) != reached {
            self.since.store(now.as_secs(), Ordering::Relaxed);
        }
        let seconds = now.as_secs().saturating_sub(self.since.load(Ordering::Relaxed));
        let reached = plural(reached, "thing", "things");
        match seconds {
            0 | 1 => format!("{reached} reached"),
            _ => format!("{reached} reached, nothing new for {seconds} s"),
        }
    }
}

/// Says at once that a violation was found: to make it smaller takes a moment.
pub(crate) fn found(run: u64, violation: &Violation) {
    let style = Palette::COLOURS.bad;
    let (property, what) = (violation.property(), &violation.what);
    // The terminal may be gone; the report says it again.
    let _ =
        writeln!(anstream::stderr(), "{style}VIOLATED{style:#}: {property} in run {run}: {what}");
}

/// Makes a failure smaller, and meanwhile shows how small it is.
pub(crate) fn minimising<T>(watch: &Watch, work: impl FnOnce() -> T) -> T {
    let style =
        ProgressStyle::with_template("{spinner} {msg}").expect("the template is a constant");
    let bar = ProgressBar::new_spinner().with_style(style);
    let message = || {
        let (records, stages, deviations) = watch.smallest();
        format!(
            "making the failure smaller: {}, {}, {}\n{} tried, {}; ctrl-c keeps this",
            plural(records, "record", "records"),
            plural(stages, "stage", "stages"),
            plural(deviations, "deviation", "deviations"),
            count(watch.tried()),
            plural(watch.steps(), "step", "steps"),
        )
    };
    while_ticking(|| bar.set_message(message()), work, || bar.finish_and_clear())
}

/// Does the work, and meanwhile calls `tick` ten times a second.
fn while_ticking<T>(tick: impl Fn() + Sync, work: impl FnOnce() -> T, end: impl FnOnce()) -> T {
    let is_done = AtomicBool::new(false);
    let result = std::thread::scope(|scope| {
        // Where no thread can be started, nothing is shown.
        let ticker = std::thread::Builder::new().spawn_scoped(scope, || {
            while !is_done.load(Ordering::Relaxed) {
                tick();
                std::thread::park_timeout(Duration::from_millis(100));
            }
        });
        let result = work();
        is_done.store(true, Ordering::Relaxed);
        if let Ok(ticker) = ticker {
            ticker.thread().unpark();
        }
        result
    });
    end();
    result
}

fn rate(bar: &ProgressBar, progress: &Progress) -> String {
    let (steps, per_second) = (progress.steps(), per_second(bar, progress));
    format!("{} steps, {} steps/s", count(steps), count(per_second))
}

fn per_second(bar: &ProgressBar, progress: &Progress) -> u64 {
    (progress.steps() as f64 / bar.elapsed().as_secs_f64().max(1e-6)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_begins_the_count_again() {
        let novelty = Novelty::default();
        let words = |reached, seconds| novelty.words(reached, Duration::from_secs(seconds));
        assert_eq!(words(1, 0), "1 thing reached");
        assert_eq!(words(7, 3), "7 things reached");
        assert_eq!(words(7, 9), "7 things reached, nothing new for 6 s");
        assert_eq!(words(8, 10), "8 things reached");
        assert_eq!(words(8, 12), "8 things reached, nothing new for 2 s");
    }
}

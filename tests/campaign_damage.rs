//! The file of a campaign that is not as it was written: it is refused, or the campaign that goes on from it
//! shows what the undamaged one shows; never another verdict.

use std::sync::Arc;

use active_active::explore::{
    Campaign, Checkpoint, CheckpointError, Done, Identity, Progress, Runner, Segment, Shard, Sweep,
    SweepReport, Verdict,
};
use active_active::plan::Plan;
use active_active::scheduler::{Random, Rhythm};
use active_active::spec::Violation;

use crate::common::plans;

const RUNS: u64 = 160;

/// A campaign, and its file as a process that was killed leaves it.
struct Killed {
    plan: Arc<Plan>,
    shard: Shard,
    identity: Identity,
    text: String,
    expected: SweepReport,
}

impl Killed {
    /// Of which these segments were done.
    fn new(plan: Arc<Plan>, shard: &str, seed: u64, segments: &[(u64, u64)]) -> Killed {
        let shard: Shard = shard.parse().expect("it is a shard");
        let scenario = plan.scenario().to_toml();
        let identity = Identity {
            scenario,
            scheduler: "random".to_owned(),
            seed,
            runs: RUNS,
            steps_max: None,
        };
        let sweep = Sweep { plan: Arc::clone(&plan), runs: RUNS, threads: 1, steps_max: u64::MAX };
        let all = Campaign::new(sweep, shard, Rhythm::INDEPENDENT);
        all.run(|| Random::new(seed), &Progress::default());
        let mut text = Checkpoint::new(identity.clone(), shard).to_text(&Done::of(shard));
        for &(first, runs) in segments {
            let report = made(&plan, seed, first, runs);
            text += &Checkpoint::new(identity.clone(), shard).line(&Segment { first, report });
        }
        let expected = all.report();
        Killed { plan, shard, identity, text, expected }
    }

    fn violation_of(&self, run: u64) -> Option<Box<Violation>> {
        let mut runner = Runner::new(Arc::clone(&self.plan));
        match runner.run(&mut Random::new(self.identity.seed), run, &mut ()).verdict {
            Verdict::Violated(violation) => Some(violation),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        }
    }

    /// What is done, by a file.
    fn done(&self, bytes: &[u8]) -> Result<Done, CheckpointError> {
        let read = Checkpoint::read(bytes).expect("memory can be read")?;
        read.check(&self.identity, self.shard)?;
        read.done(RUNS, Rhythm::INDEPENDENT, &mut |run| self.violation_of(run))
    }

    /// Whether a file is refused; otherwise it has to lead to the same report.
    fn is_refused(&self, bytes: &[u8], what: &str) -> bool {
        let Ok(done) = self.done(bytes) else { return true };
        let sweep =
            Sweep { plan: Arc::clone(&self.plan), runs: RUNS, threads: 1, steps_max: u64::MAX };
        let campaign = Campaign::resume(sweep, self.shard, Rhythm::INDEPENDENT, done);
        campaign.run(|| Random::new(self.identity.seed), &Progress::default());
        assert_eq!(campaign.report(), self.expected, "{what}");
        false
    }
}

/// What a segment shows.
fn made(plan: &Arc<Plan>, seed: u64, first: u64, runs: u64) -> SweepReport {
    let mut report = SweepReport::default();
    let mut runner = Runner::new(Arc::clone(plan));
    for run in first..first + runs {
        let outcome = runner.run(&mut Random::new(seed), run, &mut ());
        report.runs += 1;
        report.steps += outcome.steps;
        report.note_ending(outcome.ending.as_ref(), plan);
        report.note_healed(run, outcome.healed, plan);
        report.note_loss(run, outcome.lost);
        if let (None, Some(action)) = (report.awaited_until_heal, outcome.awaited_until_heal) {
            report.awaited_until_heal = Some((run, action));
        }
        if let Verdict::Violated(violation) = outcome.verdict {
            report.violation = Some((run, violation));
            break;
        }
    }
    report.coverage.merge(runner.coverage());
    report
}

/// Sound; wrong in a run after a gap; with losses, a shard of three.
fn killed() -> [Killed; 3] {
    let small =
        "name = 'small'\nscript = ['publish 1']\nrecords.batches = [2]\ntopology.stages = ['a']";
    let sound = plans::plan(small, &[]);
    let rare = plans::plan(
        "name = 'rare'\nscript = ['publish 1']\nrecords.batches = [2]\n\
         topology.stages = ['a', 'b', 'c', 'd']\nbudget.crash = 1\ncontainer.on_duplicate = 'skip'",
        &[],
    );
    let lossy = plans::plan(
        "name = 'lossy'\nscript = ['publish 1']\nrecords.batches = [2]\ntopology.stages = ['a']\n\
         budget.lose_region = 1",
        &["rpo.records=10"],
    );
    // Of some seed, the first violation is not in the first segment.
    let violated = |seed| Killed::new(Arc::clone(&rare), "1/1", seed, &[]).expected.violation;
    let late = |seed| violated(seed).filter(|(run, _)| *run >= 32).map(|(run, _)| (seed, run));
    let (seed, run) = (1..50).find_map(late).expect("one crash in two shows it rarely");
    [
        Killed::new(sound, "1/1", 1, &[(0, 32), (96, 32), (32, 7)]),
        Killed::new(Arc::clone(&rare), "1/1", seed, &[(run / 32 * 32, 32)]),
        Killed::new(lossy, "2/3", 7, &[(54, 10), (64, 32)]),
    ]
}

#[test]
fn the_undamaged_file_shows_what_the_whole_campaign_shows() {
    for killed in killed() {
        assert!(!killed.is_refused(killed.text.as_bytes(), "undamaged"));
    }
}

/// Every bit of the file, one at a time.
#[test]
fn a_flipped_bit_is_refused_or_changes_nothing() {
    for killed in killed() {
        let (mut bytes, mut kept) = (killed.text.clone().into_bytes(), 0);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                let what = format!("bit {bit} of byte {at} of {}", killed.text);
                kept += u32::from(!killed.is_refused(&bytes, &what));
                bytes[at] ^= 1 << bit;
            }
        }
        // The end of the last line: without it the line is one that was never finished.
        assert_eq!(kept, 8);
    }
}

#[test]
fn a_file_that_is_cut_is_refused_or_loses_lines_that_are_made_again() {
    for killed in killed() {
        let bytes = killed.text.as_bytes();
        let head = killed.text.find('\n').expect("there is a first line") + 1;
        for length in 0..bytes.len() {
            let is_refused = killed.is_refused(&bytes[..length], &format!("cut after {length}"));
            assert_eq!(is_refused, length < head, "cut after {length}");
            let from_its_middle = &bytes[length + 1..];
            let what = format!("without its first {length} bytes");
            assert!(killed.is_refused(from_its_middle, &what), "{what}");
        }
    }
}

#[test]
fn lines_in_another_order_change_nothing_and_lines_twice_are_refused() {
    for killed in killed() {
        let lines: Vec<&str> = killed.text.split_inclusive('\n').collect();
        for one in 0..lines.len() {
            let mut twice = lines.clone();
            twice.push(lines[one]);
            assert!(killed.is_refused(twice.concat().as_bytes(), "a line twice"), "line {one}");
            let mut without = lines.clone();
            without.remove(one);
            let is_refused = killed.is_refused(without.concat().as_bytes(), "a line is missing");
            assert_eq!(is_refused, one == 0, "without line {one}");
            for other in 0..one {
                let mut swapped = lines.clone();
                swapped.swap(one, other);
                let is_refused = killed.is_refused(swapped.concat().as_bytes(), "two swapped");
                assert_eq!(is_refused, other == 0, "lines {other} and {one}");
            }
        }
    }
}

/// A line that is right where it comes from: another seed, another shard, another scenario.
#[test]
fn a_line_of_another_campaign_is_refused() {
    let [sound, rare, lossy] = killed();
    let same = Killed::new(Arc::clone(&sound.plan), "1/1", 1, &[(64, 32)]);
    let seed = Killed::new(Arc::clone(&sound.plan), "1/1", 2, &[(64, 32)]);
    let shard = Killed::new(Arc::clone(&sound.plan), "1/2", 1, &[(64, 16)]);
    let with_line = |of: &Killed| {
        let (_, line) = of.text.trim_end().rsplit_once('\n').expect("there are two lines");
        format!("{}{line}\n", sound.text)
    };
    assert!(!sound.is_refused(with_line(&same).as_bytes(), "a line of the same campaign"));
    for other in [&seed, &shard, &rare, &lossy] {
        let refused = sound.done(with_line(other).as_bytes());
        assert_eq!(refused, Err(CheckpointError::Damaged { line: 5 }));
    }
}

/// Whatever follows the last whole line, a torn one or what a disk had there before.
#[test]
fn what_follows_the_last_line_is_not_read_unless_it_ends() {
    for killed in killed() {
        for tail in ["\0\0\0", "{", "{\"checksum\":\"", "garbage", "\u{feff}"] {
            let text = format!("{}{tail}", killed.text);
            assert!(!killed.is_refused(text.as_bytes(), tail), "{tail:?}");
            let ended = format!("{text}\n");
            assert!(killed.is_refused(ended.as_bytes(), tail), "{tail:?}");
        }
        let returns = killed.text.replace('\n', "\r\n");
        assert!(killed.is_refused(returns.as_bytes(), "with carriage returns"));
    }
}

//! Campaigns in the library: stopped anywhere and resumed, they show what one sweep shows.

use std::sync::Arc;

use active_active::explore::Strategy;
use active_active::explore::strategy::Prepared;
use active_active::explore::{
    Campaign, Checkpoint, CheckpointError, Done, Identity, Progress, Runner, Segment, Shard, Sweep,
    SweepReport, Verdict,
};
use active_active::plan::Plan;
use active_active::scheduler::Scheduler;
use active_active::spec::Violation;

use crate::common::plans;

/// How many runs, and after how many it is stopped each time.
const RUNS: u64 = 500;
const PIECE: u64 = 120;

fn sweep(plan: &Arc<Plan>, threads: usize) -> Sweep {
    Sweep { plan: Arc::clone(plan), runs: RUNS, threads, steps_max: u64::MAX }
}

fn identity(plan: &Plan, strategy: Strategy) -> Identity {
    Identity {
        scenario: plan.scenario().to_toml(),
        scheduler: strategy.to_string(),
        seed: 1,
        runs: RUNS,
        steps_max: None,
    }
}

/// What a run violates, made again.
fn violation_of<'a>(
    plan: &'a Arc<Plan>,
    prepared: &'a Prepared,
) -> impl FnMut(u64) -> Option<Box<Violation>> + 'a {
    let mut runner = Runner::new(Arc::clone(plan));
    move |run| match runner.run(&mut prepared.scheduler(), run, &mut ()).verdict {
        Verdict::Violated(violation) => Some(violation),
        Verdict::Holds | Verdict::Inconclusive(_) => None,
    }
}

/// Runs a campaign in pieces: each is stopped after some runs, saved, read and resumed.
fn in_pieces(plan: &Arc<Plan>, prepared: &Prepared, strategy: Strategy) -> (SweepReport, u32) {
    let rhythm = prepared.scheduler().rhythm();
    let checkpoint = Checkpoint::new(identity(plan, strategy), Shard::default());
    let mut saved = checkpoint.to_text(&Done::of(Shard::default()));
    let mut pieces = 0;
    loop {
        let read = Checkpoint::parse(&saved).expect("it was just written");
        read.check(&checkpoint.identity, Shard::default()).expect("it is the same campaign");
        let done = read.done(RUNS, rhythm, &mut violation_of(plan, prepared));
        let done = done.expect("all of it is right");
        let campaign = Campaign::resume(sweep(plan, 2), Shard::default(), rhythm, done);
        let progress = Progress::stop_after(PIECE);
        campaign.run(|| prepared.scheduler(), &progress);
        pieces += 1;
        let report = campaign.report();
        assert_eq!(report.interrupted, !campaign.is_complete());
        if !report.interrupted {
            return (report, pieces);
        }
        saved = checkpoint.to_text(&campaign.done());
    }
}

#[test]
fn a_campaign_in_pieces_shows_what_one_sweep_shows() {
    let sound = plans::plan("crash-anywhere", &["records.batches=1,1,1"]);
    let lossy = plans::plan("region-loss", &[]);
    let wrong = plans::plan("needle", &[]);
    for strategy in [Strategy::Random, Strategy::Feedback, Strategy::Portfolio] {
        for plan in [&sound, &lossy, &wrong] {
            let prepared = strategy.prepare(plan, 1);
            let expected = sweep(plan, 2).run(|| prepared.scheduler(), &Progress::default());
            let (report, pieces) = in_pieces(plan, &prepared, strategy);
            assert_eq!(report, expected, "{strategy}, {}", plan.scenario().name);
            let early = expected.violation.as_ref().is_some_and(|(run, _)| *run < PIECE);
            assert!(pieces > 2 || early, "{strategy} was stopped {pieces} times only");
        }
    }
}

/// A violation that was found is reported, though runs before it were not made: the one of the smallest
/// run, not the one that was found last.
#[test]
fn the_first_violation_before_a_stop_is_reported() {
    let plan = plans::plan("crash-anywhere", &["container.steps=remove,store,publish"]);
    let prepared = Strategy::Random.prepare(&plan, 1);
    let rhythm = prepared.scheduler().rhythm();
    let found: Vec<(u64, Box<Violation>)> = (0..RUNS)
        .filter_map(|run| Some((run, violation_of(&plan, &prepared)(run)?)))
        .filter(|(run, _)| *run >= 32)
        .take(3)
        .collect();
    let [first, second, third] = &found[..] else { panic!("the design is wrong in many runs") };
    for order in [[third, first, second], [second, third, first], [first, second, third]] {
        let mut done = Done::of(Shard::default());
        for (run, violation) in order {
            let violation = Some((*run, violation.clone()));
            let report = SweepReport { runs: 1, violation, ..SweepReport::default() };
            done.add(Segment { first: *run, report }).expect("the runs are different");
        }
        let report = Campaign::resume(sweep(&plan, 1), Shard::default(), rhythm, done).report();
        assert!(report.interrupted);
        assert_eq!((report.runs, report.violation.as_ref()), (0, Some(first)));
    }
}

/// A campaign that is done goes on when more runs are asked for, and shows what one sweep shows.
#[test]
fn a_campaign_that_is_done_can_be_extended() {
    let plan = plans::plan("needle", &[]);
    for strategy in [Strategy::Random, Strategy::Portfolio] {
        let prepared = strategy.prepare(&plan, 1);
        let rhythm = prepared.scheduler().rhythm();
        let mut text =
            Checkpoint::new(Identity { runs: 0, ..identity(&plan, strategy) }, Shard::default())
                .to_text(&Done::of(Shard::default()));
        for runs in [100, 101, 1_100, 2_100] {
            let asked = Identity { runs, ..identity(&plan, strategy) };
            let read = Checkpoint::parse(&text).expect("it was just written");
            read.check(&asked, Shard::default()).expect("only the number of runs differs");
            let done = read.done(runs, rhythm, &mut violation_of(&plan, &prepared));
            let sweep = Sweep { runs, ..sweep(&plan, 2) };
            let done = done.expect("all of it is right");
            let campaign = Campaign::resume(sweep.clone(), Shard::default(), rhythm, done);
            campaign.run(|| prepared.scheduler(), &Progress::default());
            let expected = sweep.run(|| prepared.scheduler(), &Progress::default());
            assert_eq!(campaign.report(), expected, "{strategy}, {runs} runs");
            text = Checkpoint::new(asked, Shard::default()).to_text(&campaign.done());
        }
        let read = Checkpoint::parse(&text).expect("it was just written");
        let done = read.done(u64::MAX, rhythm, &mut violation_of(&plan, &prepared));
        let done = done.expect("all of it is right");
        let last = done
            .segments()
            .last()
            .map(|(first, report)| first + report.runs - 1)
            .expect("there is one");
        let fewer = read.done(99, rhythm, &mut violation_of(&plan, &prepared));
        assert_eq!(fewer, Err(CheckpointError::Fewer { last, asked: 99 }));
    }
}

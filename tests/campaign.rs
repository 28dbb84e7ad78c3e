//! Campaigns in the library: stopped anywhere and resumed, they show what one sweep shows.

use std::sync::Arc;

use active_active::explore::{
    Campaign, Checkpoint, Identity, Progress, Runner, Share, Sweep, SweepReport, Verdict,
};
use active_active::plan::Plan;
use active_active::scheduler::strategy::Prepared;
use active_active::scheduler::{Scheduler, Strategy};

#[path = "common/plans.rs"]
mod plans;

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

/// Runs a campaign in pieces: each is stopped after some runs, saved, read and resumed.
fn in_pieces(plan: &Arc<Plan>, prepared: &Prepared, strategy: Strategy) -> (SweepReport, u32) {
    let rhythm = prepared.scheduler().rhythm();
    let identity = identity(plan, strategy);
    let mut saved: Option<String> = None;
    let mut pieces = 0;
    loop {
        let mut campaign = Campaign::new(sweep(plan, 2), Share::default(), rhythm);
        if let Some(text) = &saved {
            let read = Checkpoint::parse(text).expect("it was just written");
            read.check(&identity, Share::default()).expect("it is the same campaign");
            let mut runner = Runner::new(Arc::clone(plan));
            let mut again = |run| match runner.run(&mut prepared.scheduler(), run, &mut ()).verdict
            {
                Verdict::Violated(violation) => Some(violation),
                Verdict::Holds | Verdict::Inconclusive(_) => None,
            };
            campaign.resume(read.done(&mut again).expect("all names are known"), Vec::new());
        }
        let progress = Progress::stop_after(PIECE);
        campaign.run(|| prepared.scheduler(), &progress);
        pieces += 1;
        let report = campaign.report();
        if !report.interrupted {
            return (report, pieces);
        }
        let checkpoint = Checkpoint::new(identity.clone(), campaign.share(), &campaign.done(), &[]);
        saved = Some(checkpoint.to_text());
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

/// A violation that was found is reported, though runs before it were not made.
#[test]
fn what_was_found_before_a_stop_is_reported() {
    let plan = plans::plan("crash-anywhere", &["container.steps=remove,store,publish"]);
    let sweep = Sweep { plan: Arc::clone(&plan), runs: 100, threads: 1, steps_max: u64::MAX };
    let mut campaign = Campaign::new(
        sweep,
        Share::default(),
        Strategy::Random.prepare(&plan, 1).scheduler().rhythm(),
    );
    let found = Sweep { plan: Arc::clone(&plan), runs: 100, threads: 1, steps_max: u64::MAX }
        .run(|| Strategy::Random.prepare(&plan, 1).scheduler(), &Progress::default());
    let done = active_active::explore::Done {
        early: vec![active_active::explore::Part {
            first: 32,
            report: SweepReport {
                violation: found.violation.clone(),
                runs: 1,
                ..SweepReport::default()
            },
        }],
        ..Default::default()
    };
    campaign.resume(done, Vec::new());
    let report = campaign.report();
    assert!(report.interrupted);
    assert_eq!((report.runs, &report.violation), (0, &found.violation));
}

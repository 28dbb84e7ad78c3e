//! Where in-dns sends records: weights, health checks, a region that is taken out.

use std::cell::Cell;
use std::collections::BTreeSet;

use active_active::explore::{Observer, Phase, Reached, Runner, Verdict};
use active_active::model::dns::DnsSide;
use active_active::model::{Event, RecordId, RegionId, RegionSet};
use active_active::model::{destination, dns};
use active_active::scheduler::{Random, Timed};
use active_active::sim::{Simulation, Step};
use active_active::spec::{Breach, PropertyName};

use super::support::*;

#[test]
fn random_answers_split_a_batch_by_weight() {
    let first_region = Cell::new((0, 0));
    let splits: Cell<BTreeSet<usize>> = Cell::default();
    holds_under_every_scheduler("random-answers", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let is_first = |event: &&Event| matches!(event, Event::Dns(dns::Event::Routed { record, region: RegionId(0) }) if record.0 <= 10);
        let count = run.events.all.iter().filter(is_first).count();
        let (runs, records) = first_region.get();
        first_region.set((runs + 1, records + count));
        let mut seen = splits.take();
        seen.insert(count);
        splits.set(seen);
    });
    let (runs, records) = first_region.get();
    let average = records as f64 / f64::from(runs);
    assert!((6.8..7.7).contains(&average), "{average} of 10 records");
    assert!(splits.take().len() >= 8, "the split is always nearly the same");
}

/// A source that never asks again goes on sending to a region that was taken out of the answers, in every schedule; one that asks does not,
/// and one whose answer lives for a while goes on for as long. Where answers are random, it is the region of the first one that counts.
#[test]
fn a_source_that_never_asks_again_keeps_its_region() {
    let refreshes = "dns.resolver=refreshes";
    assert_mended("pinned-resolver", &[refreshes]);
    assert_eq!(
        found("pinned-resolver", &[refreshes, "dns.ttl=5", "dns.weights=1,0"]),
        Some(PropertyName::Expectation)
    );
    let mut runner = Runner::new(plans::plan("pinned-resolver", &["dns.answer=random"]));
    let mut violated = 0;
    for run in 0..RANDOM_RUNS {
        match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
            Verdict::Violated(violation) => {
                assert_eq!(violation.property(), PropertyName::RoutedByPolicy, "run {run}");
                violated += 1;
            }
            Verdict::Holds => {}
            Verdict::Inconclusive(cut) => panic!("run {run}: {cut}"),
        }
    }
    assert!((RANDOM_RUNS / 4..RANDOM_RUNS * 3 / 4).contains(&violated), "{violated}");
}

#[test]
fn health_failover_takes_region_1_out_and_brings_it_back() {
    let region = RegionId(0);
    holds_under_every_scheduler("health-failover", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let events = &run.events.all;
        let at = |wanted| events.iter().position(|&event| event == wanted);
        let out =
            at(Event::Dns(dns::Event::HealthChanged { region, healthy: false })).expect("it fails");
        let back = at(Event::Dns(dns::Event::HealthChanged { region, healthy: true }))
            .expect("it comes back");
        let is_verdict =
            |event: &&Event| matches!(event, Event::Dns(dns::Event::HealthChanged { .. }));
        assert_eq!(events.iter().filter(is_verdict).count(), 2);
        let bad = Event::Dns(dns::Event::Probed { region, healthy: false });
        assert!(events[..out].iter().filter(|&&event| event == bad).count() >= 3);
        let to_it = |events: &[Event], from: u16, to: u16| {
            let is_one = |event: &&Event| {
                matches!(event, Event::Dns(dns::Event::Routed { record, region: to_region })
                    if *to_region == region && (from..=to).contains(&record.0))
            };
            events.iter().filter(is_one).count()
        };
        assert_eq!(to_it(&events[out..back], 1, 30), 0, "it is not answered while unhealthy");
        assert_eq!(to_it(&events[back..], 21, 30), 5);
    });
}

/// What it expects of times is judged of the runs that have one, of all of them, and kept in each.
#[test]
fn recovery_objectives_are_kept_where_there_is_a_time() {
    holds_under_every_scheduler("recovery-objectives", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
    });
    let mut runner = Runner::new(plans::plan("recovery-objectives", &[]));
    for run in 0..100 {
        let outcome = runner.run(&mut Timed::new(1), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds);
        let times = outcome.ending.expect("it holds").times;
        assert_eq!((times.ends, times.latencies, times.recoveries, times.faults), (1, 30, 1, 1));
        let untimed = runner.run(&mut Random::new(1), run, &mut ());
        assert_eq!(untimed.ending.expect("it holds").times.ends, 0);
    }
}

#[test]
fn primary_failover_moves_the_traffic_and_back() {
    holds_under_every_scheduler("primary-failover", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let late = (21..=30).filter(|&record| {
            let entered = run.simulation.progress().entered(RecordId(record));
            entered.contains(RegionId(1))
        });
        let late = late.count();
        assert!((1..=3).contains(&late), "{late} records of batch 3 went to region 2");
    });
}

#[test]
fn failover_undrained_delivers_what_was_under_way_when_the_region_is_back() {
    let coverage = holds_under_every_scheduler("failover-undrained", all_is_everywhere);
    assert!(coverage.runs(Reached::Redelivery) > 0, "the destination lost its connection");
    reached_in_every_run(&coverage, &[Reached::WentOffline]);
}

/// A generated scenario found it: the loss of a region made in-dns forget the results of its own probes,
/// and a send went to a region that had failed as many probes in a row as the threshold says.
#[test]
fn a_region_that_is_lost_between_two_probes_is_unhealthy_after_the_second() {
    let text = r#"
        name = "lost-between-two-probes"
        script = ["outage @1", "publish 1", "lose @1", "offline in-dns@1", "await delivered all"]
        topology.stages = ["only"]
        records.batches = [2]
        dns.policy = "failover"
        dns.health_threshold = 2
    "#;
    let mut runner = Runner::new(plans::plan(text, &[]));
    for run in 0..RANDOM_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
}

/// The destination fetched from a region that was offline in out-dns, and no property objected: only in-dns was
/// judged.
#[test]
fn out_dns_is_judged_by_its_policy_too() {
    let script = r#"
        name = "fetched-from-an-offline-region"
        script = ["offline out-dns@1", "publish 1", "await quiescent", "recover out-dns@1"]
    "#;
    let mut unsound = Runner::new(plans::plan(script, &["dns.route=ignore-offline"]));
    let mut sound = Runner::new(plans::plan(script, &[]));
    let mut allowed = RegionSet::EMPTY;
    allowed.insert(RegionId(1));
    for run in 0..RANDOM_RUNS {
        let outcome = unsound.run(&mut Random::new(SEED), run, &mut ());
        let Verdict::Violated(violation) = outcome.verdict else { panic!("run {run} holds") };
        let region = RegionId(0);
        assert_eq!(violation.breach, Breach::FetchMisrouted { region, allowed }, "run {run}");
        let outcome = sound.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
}

/// A request that had passed out-dns when the region went offline is answered, and that is no fault of
/// out-dns; nor is a region that is lost while the destination asks it.
#[test]
fn requests_under_way_when_a_route_changes_are_allowed() {
    let script = r#"
        name = "taken-offline-any-time"
        script = [
            "publish 1",
            "await sometime",
            "offline out-dns@1",
            "await sometime",
            "fail out-dns@2",
            "await sometime",
            "lose @1",
            "recover out-dns@2",
        ]
        topology.stages = ["only"]
        rpo.records = 10
    "#;
    let mut runner = Runner::new(plans::plan(script, &[]));
    let answered = Cell::new(0);
    for run in 0..RANDOM_RUNS {
        let mut late = Late { offline: false, answered: &answered };
        let outcome = runner.run(&mut Random::new(SEED), run, &mut late);
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
    assert!(answered.get() > 20, "{} records came through an offline region", answered.get());
}

/// Counts what arrives through region 1 while that is offline in out-dns.
struct Late<'a> {
    offline: bool,
    answered: &'a Cell<u32>,
}

impl Observer for Late<'_> {
    fn begin(&mut self, _simulation: &Simulation) {}

    fn phase(&mut self, _phase: Phase, _simulation: &Simulation) {}

    fn step(&mut self, _step: &Step, simulation: &Simulation) {
        for event in simulation.events() {
            if let Event::Dns(dns::Event::RoutesChanged { side: DnsSide::Out, offline }) = event {
                self.offline = offline.contains(RegionId(0));
            }
            if let Event::Destination(destination::Event::Arrived { region: RegionId(0), .. }) =
                event
                && self.offline
            {
                self.answered.set(self.answered.get() + 1);
            }
        }
    }
}

/// The index of the region was asked for once: 300 of 300 runs had "more than one region" when region 1 got
/// nothing, and none had when region 2 got nothing.
#[test]
fn regions_that_took_records_are_counted_not_their_numbers() {
    for (weights, several) in [("0 1", 0), ("1 0", 0), ("1 1", 300)] {
        let script = format!(
            "script = ['weights {weights}', 'publish 1', 'await delivered all']\n\
             topology.stages = ['only']\nrecords.batches = [3]"
        );
        let mut runner = Runner::new(plans::plan(&script, &[]));
        for run in 0..300 {
            runner.run(&mut Random::new(SEED), run, &mut ());
        }
        assert_eq!(runner.coverage().runs(Reached::SeveralRegions), several, "weights {weights}");
    }
}

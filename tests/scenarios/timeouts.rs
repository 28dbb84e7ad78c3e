//! Requests that time out: the container asks again, and what it asked for first takes effect late.

use active_active::explore::Reached;
use active_active::model::Event;
use active_active::model::event::fault;
use active_active::model::fault::PointKind;
use active_active::spec::PropertyName;

use super::support::*;

/// One region, one business key, and a store for which the last write wins.
const LAST_WRITE_WINS: [&str; 7] = [
    "topology.stages=ledger",
    "dns.weights=1,0",
    "records.batches=3",
    "records.keys=1",
    "destination.versions=checked",
    "script=publish 1,await delivered all",
    "budget.request_timeout=1",
];
const CHECKED: &str = "table.conflict=version-checked";

#[test]
fn what_is_asked_for_twice_has_one_effect() {
    let coverage = holds_under_every_scheduler("timeouts-anywhere", |run| {
        all_is_everywhere(run);
        let of = |is: fn(&fault::Event) -> bool| {
            let events = run.events.all.iter();
            events.filter(|event| matches!(event, Event::Fault(event) if is(event))).count()
        };
        let given_up =
            of(|event| matches!(event, fault::Event::Struck { by: PointKind::GiveUp, .. }));
        let late = of(|event| matches!(event, fault::Event::Late { .. }));
        let came = of(|event| matches!(event, fault::Event::CameLate { .. }));
        assert!(given_up <= 3, "the budget is three requests");
        assert_eq!((given_up, given_up), (late, came), "each is late, and none is lost");
    });
    let must = [
        Reached::RequestLate,
        Reached::DependencyFailed,
        Reached::ContainerRecovered,
        Reached::DuplicateAbsorbed,
        Reached::StaleReply,
    ];
    for what in must {
        assert!(coverage.runs(what) > RANDOM_RUNS / 10, "{}", what.text());
    }
    // A remove that was tried again.
    assert!(coverage.runs(Reached::StaleRemove) > 0);
    assert_eq!(coverage.runs(Reached::Crashed), 0, "all live");
}

/// No container dies: it takes a store that comes after it was tried again, and after the next version. A lost reply does
/// not do that, for what it answers has had its effect; nor does a late request that is waited for.
#[test]
fn a_store_that_timed_out_brings_an_older_version_back() {
    let found = |changes: &[&str]| found("baseline", &[&LAST_WRITE_WINS[..], changes].concat());
    assert_eq!(found(&[]), Some(PropertyName::MonotoneVersion));
    assert_eq!(found(&["container.retries=2"]), Some(PropertyName::MonotoneVersion));
    let gives_back = "container.on_dependency_failure=give-back";
    assert_eq!(found(&[gives_back]), Some(PropertyName::MonotoneVersion));
    assert_eq!(found(&[CHECKED]), None);
    assert_eq!(found(&["table.on_failure=hang"]), None, "it is waited for");
    let instead = |other| ["budget.request_timeout=0", other];
    for other in ["budget.lost_reply=2", "budget.late=2", "budget.refuse=2"] {
        assert_eq!(found(&instead(other)), None, "{other}");
    }
}

/// Whatever else may be in the way of it: these are the sound ways to keep a table and a queue in step, to send to several
/// queues, to call a service, and to read a log.
#[test]
fn sound_designs_do_not_mind_timeouts() {
    for (name, changes) in [
        ("compensated-anywhere", &[][..]),
        ("transacted-anywhere", &[]),
        ("outbox-anywhere", &[]),
        ("fan-out-anywhere", &[]),
        ("routed-anywhere", &[]),
        ("called-anywhere", &[]),
        ("log-anywhere", &[]),
        ("batched-anywhere", &[]),
        ("aurora-anywhere", &[]),
        ("standard-queues", &[]),
        ("crash-anywhere", &["container.retries=1"]),
        ("loss-anywhere", &[]),
    ] {
        let changes = [&["budget.request_timeout=3"], changes].concat();
        assert_eq!(found(name, &changes), None, "{name}");
    }
}

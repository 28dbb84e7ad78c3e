//! What a mirror has of the log of a region that is lost: not excused, and not to be skipped.

use active_active::model::destination;

use super::*;

/// A record that is accepted in region 1, of which the log of region 2 may have a copy, and then the region is lost with its log; and
/// whether the loss excuses it.
fn lost_with_its_region(plan: &Plan, between: &[Event], in_loss: &[Event]) -> Result<bool, Breach> {
    let copy = copy(1, plan);
    let (log, record, target) =
        (plan.layout.queue(RegionId(0), 0), copy.id, Target::Region(RegionId(0)));
    let begins = [
        Event::Source(source::Event::Published { copy }),
        Event::Queue(queue::Event::Enqueued { queue: log, copy }),
        Event::Source(source::Event::Accepted { record }),
    ];
    let fault = Fault { kind: FaultKind::Lose, target };
    let loses = [
        Event::Fault(fault::Event::Faulted { fault }),
        Event::Fault(fault::Event::Lost { holder: Holder::Queue(log), record }),
    ];
    let ends = [Event::Fault(fault::Event::LossEnded { target })];
    let mut spec = Spec::new(plan);
    spec.watch(&[&begins, between, &loses, in_loss, &ends].concat(), 1, plan)?;
    Ok(spec.losses().is_undelivered(record))
}

fn mirrored() -> Arc<Plan> {
    let changes = [
        "queue.delivery=log",
        "queue.mirror=asynchronous",
        "queue.positions_at_failover=latest",
        "rpo.records=0",
    ];
    small(&["publish 1", "lose @1"], &changes)
}

/// Without a word of what became of the copy the record is not lost: it is owed at the end. One that no mirror has any more is.
#[test]
fn a_loss_does_not_excuse_what_a_mirror_has() {
    let plan = mirrored();
    let (queue, copy) = (plan.layout.queue(RegionId(1), 0), copy(1, &plan));
    let came = Event::Queue(queue::Event::Mirrored { queue, copy });
    let known = Event::Queue(queue::Event::PositionMirrored { queue, record: copy.id });
    let taken_over = Event::Queue(queue::Event::TookOver { queue, copy });
    let over = || Err(Breach::OverRpo { record: copy.id, count: 1, allowed: 0 });
    assert_eq!(lost_with_its_region(&plan, &[came], &[]), Ok(false));
    assert_eq!(lost_with_its_region(&plan, &[came], &[taken_over]), Ok(false));
    assert_eq!(lost_with_its_region(&plan, &[], &[]), over());
    assert_eq!(lost_with_its_region(&plan, &[came, known], &[]), over());
    // Of two copies one is left.
    assert_eq!(lost_with_its_region(&plan, &[came, came, known], &[]), Ok(false));
}

/// A skipped record is lost, unless it is at the destination.
#[test]
fn what_is_skipped_has_a_canary() {
    let plan = mirrored();
    let (queue, copy) = (plan.layout.queue(RegionId(1), 0), copy(1, &plan));
    let (record, region) = (copy.id, RegionId(0));
    let came = Event::Queue(queue::Event::Mirrored { queue, copy });
    let skipped = Event::Queue(queue::Event::Skipped { queue, record });
    let lost = Err(Breach::Lost { record, queue: Some(queue) });
    assert_eq!(lost_with_its_region(&plan, &[came], &[skipped]), lost);
    let arrived = Event::Destination(destination::Event::Arrived {
        copy,
        region,
        counted: true,
        shown: false,
    });
    assert_eq!(lost_with_its_region(&plan, &[came, arrived], &[skipped]), Ok(false));
    let left_out = small(
        &["publish 1", "lose @1"],
        &[
            "queue.delivery=log",
            "queue.mirror=asynchronous",
            "queue.positions_at_failover=latest",
            "spec.leave_out=NeverLost",
        ],
    );
    assert_eq!(lost_with_its_region(&left_out, &[came], &[skipped]), Ok(false), "it is owed");
    let script = ["publish 1", "await sometime", "lose @1"];
    let changes = ["queue.delivery=log", "queue.mirror=asynchronous", "rpo.records=unlimited"];
    let latest = [&changes[..], &["queue.positions_at_failover=latest"]].concat();
    let violation = run_that_breaks_only(PropertyName::NeverLost, &small(&script, &latest));
    let what = "record 1 was accepted, is not delivered, and was in the mirror of inbound-queue@2, whose consumers begin behind it";
    assert_eq!(violation.what, what);
    assert_eq!(
        violation.because,
        [
            "inbound-queue@1 was lost, and inbound-queue@2 had it mirrored",
            "no position is mirrored (queue.positions_at_failover = \"latest\"): what was mirrored and not processed is skipped",
        ]
    );
}

/// A copy that was in no mirror cannot be lost with one; a mirror has what was published.
#[test]
fn what_is_in_a_mirror_is_known() {
    let plan = mirrored();
    let (queue, real) = (plan.layout.queue(RegionId(0), 0), copy(1, &plan));
    let holder = Holder::Mirror(queue);
    let never_there = [Event::Fault(fault::Event::Lost { holder, record: real.id })];
    let unasked = Err(Breach::LostUnasked { holder, record: real.id });
    assert_eq!(lost_with_its_region(&plan, &[], &never_there), unasked);
    let mirrored = |copy| Event::Queue(queue::Event::Mirrored { queue, copy });
    assert_eq!(lost_with_its_region(&plan, &[mirrored(real)], &never_there).map(|_| ()), {
        Err(Breach::OverRpo { record: real.id, count: 1, allowed: 0 })
    });
    let wrong = RecordCopy { value: real.value + 1, ..real };
    let breach = lost_with_its_region(&plan, &[mirrored(wrong)], &[]).expect_err("it is wrong");
    assert_eq!(breach.property(), PropertyName::NoInvention);
}

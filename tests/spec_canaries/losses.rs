//! Losses that take what they must not.

use super::*;

/// Losses that are not exact: no machine of this model does so.
#[test]
fn a_loss_that_is_not_exact_has_a_canary() {
    let changes = ["spec.leave_out=RegionFifo", "rpo.records=unlimited"];
    let plan = small(&["publish 1", "lose only-table@1"], &changes);
    let copy = copy(1, &plan);
    let (table, other) = (TableId(0), TableId(1));
    let fault = Fault { kind: FaultKind::Lose, target: Target::Table(table) };
    let lost =
        |table| Event::Fault(fault::Event::Lost { holder: Holder::Table(table), record: copy.id });
    let stored = |table| {
        Event::Table(table::Event::Stored { table, asked: table, copy, rows: 1, duplicate: false })
    };
    let begins = [
        Event::Source(source::Event::Published { copy }),
        stored(table),
        stored(other),
        Event::Fault(fault::Event::Faulted { fault }),
    ];

    let elsewhere = spoiled(&plan, &[&begins[..], &[lost(other)]].concat());
    assert_eq!(elsewhere.what, "record 1 disappeared from only-table@2, which was not lost");
    let never_there = [
        Event::Source(source::Event::Published { copy }),
        Event::Fault(fault::Event::Faulted { fault }),
        lost(table),
    ];
    let never_there = spoiled(&plan, &never_there);
    assert_eq!(never_there.what, "record 1 disappeared from only-table@1, which was not lost");

    let begins = [
        Event::Source(source::Event::Published { copy }),
        stored(table),
        Event::Fault(fault::Event::Faulted { fault }),
        lost(table),
    ];
    let applied = Event::Table(table::Event::Applied { table: other, copy, rows: 1 });
    let ends = [Event::Fault(fault::Event::LossEnded { target: fault.target }), applied];
    let back = spoiled(&plan, &[&begins[..], &ends[..]].concat());
    assert_eq!(back.property(), PropertyName::WithinRpo);
    let what = "only-table@2 has record 1, which was destroyed and not written again";
    assert_eq!(back.what, what);
}

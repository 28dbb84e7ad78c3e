//! Settings of single stages.

use std::collections::BTreeSet;

use active_active::explore::{Runner, Verdict};
use active_active::model::{Place, RecordId, TableId};
use active_active::scheduler::Random;
use active_active::spec::{Breach, PropertyName};

use super::support::*;

/// Only the stage that was scaled out loses the order; each of the fixes is one for that stage, or checks versions.
#[test]
fn a_stage_that_is_scaled_out_loses_the_order_of_a_key() {
    let mut runner = Runner::new(plans::plan("scaled-out-stage", &[]));
    let layout = runner.simulation().plan().layout.clone();
    let name = |id: TableId| layout.name(layout.machine(Place::Table(id))).to_owned();
    let mut found = BTreeSet::new();
    for run in 0..RANDOM_RUNS {
        match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
            Verdict::Violated(violation) => {
                assert_eq!(violation.property(), PropertyName::MonotoneVersion, "{violation}");
                let Breach::WentBack { table, .. } = violation.breach else {
                    panic!("{violation}")
                };
                found.insert(name(table));
            }
            Verdict::Holds => {}
            Verdict::Inconclusive(cut) => panic!("run {run}: {cut}"),
        }
    }
    // The other region gets what is stored by replication, which is in order of the writes.
    assert!(found.contains("basket-table@1"), "{found:?}");
    assert!(!found.iter().any(|name| name.starts_with("catalog")), "{found:?}");
    let fixes = [
        "stage.basket.containers=1",
        "stage.basket.queue.delivery=fifo",
        "stage.basket.table.conflict=version-checked",
        "table.conflict=version-checked",
    ];
    for fix in fixes {
        holds_with("scaled-out-stage", &[fix], all_is_everywhere);
    }
    assert!(layout.find("basket-container-2@1").is_some());
    assert!(layout.find("catalog-container@1").is_some());
}

/// A record that the second stage alone cannot process is stored by the first one and sent on; where it comes back for ever, and
/// what gives it up, is the second stage's queue.
#[test]
fn a_record_that_one_stage_cannot_process_passes_the_stages_before() {
    let at_core = "records.poison_at=core";
    let elsewhere = "stage.inbound.queue.max_receives=3";
    assert_eq!(found("poison-message", &[at_core]), Some(PropertyName::Settles));
    assert_eq!(found("poison-message", &[at_core, elsewhere]), Some(PropertyName::Settles));
    let given_up = [at_core, "stage.core.queue.max_receives=3"];
    holds_with("poison-message", &given_up, |run| {
        let layout = &run.simulation.plan().layout;
        for table in (0..layout.tables() as u16).map(TableId) {
            let is_before = layout.table_place(table).1.index() == 0;
            let rows = run.simulation.rows(table).get(RecordId(3)).rows;
            assert_eq!(
                rows,
                u8::from(is_before),
                "{}",
                layout.name(layout.machine(Place::Table(table)))
            );
        }
        let order = run.simulation.destination().order();
        assert_eq!((order.len(), order.contains(&RecordId(3))), (5, false));
        assert!(run.simulation.is_parked(RecordId(3)));
    });
}

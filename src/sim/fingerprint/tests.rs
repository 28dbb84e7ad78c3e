//! Field by field: what is changed alone changes the fingerprint, or a reason is stated; and a copy has it.
//!
//! The lists of fields stand beside the types (`fields.rs`), and a field that they do not name breaks
//! the build.

use std::collections::BTreeSet;
use std::sync::Arc;

mod messages;
mod reasons;

use self::reasons::{Left, REASONS};
use super::of;
use crate::model::fault::Target;
use crate::model::id::{MachineId, RegionId, TableId};
use crate::model::message::Message;
use crate::model::{
    container, destination, dns, global_database, outbox, progress, queue, replicator, service,
    source, table,
};
use crate::plan::{Plan, Strike};
use crate::scheduler::{Random, Scheduler};
use crate::sim::choice::Alternatives;
use crate::sim::world::World;
use crate::sim::{Simulation, budget, driver, ending};

/// Two regions and two stages, in designs that use every field: a default store with keys, a global database
/// with a limit and plans of two enactors, clocks that differ, all that a budget can do to standard queues, strong
/// replication whose log judges conditions, a fence that can be late, relays that read by id, and an external service that
/// forgets, or that knows calls by their delivery; logs whose consumers commit at intervals; rows that are taken back;
/// containers that receive several records at a time; a writer that waits for another region; and logs that are mirrored.
const PLANS: [&str; 15] = [
    "records.keys = 2
     script = ['publish 1', 'await published batch 1', 'publish 2']",
    "store.default = 'aurora'
     aurora.rpo_records_max = 2
     dns = { ttl = 2, health_threshold = 2, failback = 'caught-up', enactors = 2 }
     destination.dedupe = 'by-message-id'
     script = ['publish 1', 'publish 2', 'await published or refused batch 2']",
    "records.keys = 2
     topology.containers = 2
     queue = { delivery = 'standard', max_receives = 3, capacity = 4 }
     destination.dedupe = 'by-message-id'
     budget = { crash = 2, lost_reply = 2, visibility_timeout = 2, reorder = 2 }
     script = ['publish 1', 'publish 2', 'await sometime']",
    "topology.regions = 3
     records.keys = 2
     replication.mode = 'strong'
     table.insert = 'conditional'
     destination.versions = 'checked'
     source.on_partial = 'ignore'
     topology.old_containers = 1
     records.new_format_from = 2
     queue.deduplication = 'by-record'
     script = ['publish 1', 'publish 2']",
    "store.default = 'aurora'
     aurora = { fencing = 'best-effort', acknowledge = 'by-another-region' }
     script = ['publish 1', 'failover one-table to @2', 'publish 2']",
    "store.default = 'aurora'
     container.steps = ['store', 'remove']
     script = ['publish 1', 'failover one-table to @2', 'publish 2']",
    "stage.one.to = ['two', 'destination']
     stage.two.to = ['destination']
     container.steps = ['store', 'remove']
     relay.instances = 2
     script = ['publish 1', 'publish 2']",
    "records.keys = 2
     table.clock = 'per-region'
     script = ['publish 1', 'await published batch 1', 'publish 2']",
    "topology.containers = 2
     queue.delivery = 'standard'
     container.steps = ['store', 'remove']
     relay = { position = 'by-id', instances = 2 }
     script = ['publish 1', 'publish 2']",
    "container.steps = ['store', 'call', 'publish', 'remove']
     service.window = 2
     destination.window = 2
     script = ['publish 1', 'publish 2']",
    "container.steps = ['call', 'store', 'publish', 'remove']
     service.idempotency = 'by-attempt'
     budget = { crash = 1, lost_reply = 1 }
     script = ['publish 1', 'publish 2']",
    "topology.containers = 2
     queue = { delivery = 'log', commit = 'at-intervals' }
     budget = { crash = 1, pause = 1 }
     script = ['publish 1', 'publish 2']",
    "topology.containers = 2
     container = { dual_write = 'compensate-if-alone', on_dependency_failure = 'give-back' }
     budget = { refuse = 9, visibility_timeout = 2 }
     script = ['publish 1', 'publish 2']",
    "topology.old_containers = 1
     records.new_format_from = 4
     container = { batch = 3, on_batch_failure = 'all-back' }
     script = ['publish 1', 'publish 2']",
    "queue = { delivery = 'log', mirror = 'asynchronous' }
     budget.lose_region = 1
     rpo.records = 'unlimited'
     script = ['publish 1', 'publish 2']",
];

/// After how many random steps the states are looked at.
const STEPS: [u64; 4] = [0, 30, 90, 180];

fn plan(text: &str) -> Arc<Plan> {
    let topology = "topology.stages = ['one', 'two']\nrecords.batches = [3, 2]";
    let text = format!("name = 'fields'\n{topology}\n{text}");
    Arc::new(Plan::load(&text, "test", &[]).unwrap_or_else(|error| panic!("{error}")))
}

/// The world after some random steps, always the same.
fn world(plan: &Arc<Plan>, steps: u64) -> World {
    let mut simulation = Simulation::new(Arc::clone(plan));
    let mut random = Random::new(3);
    random.begin(plan, 0);
    while simulation.steps() < steps && !simulation.is_over() {
        let choice = match simulation.enabled().is_quiescent() {
            true => random.at_rest(&simulation),
            false => random.choose(&simulation),
        };
        simulation.step(choice.expect("the run is not over"));
    }
    simulation.world
}

/// A change of one field of a world.
struct Change {
    /// The part and its field.
    name: String,
    make: Box<dyn Fn(&mut World)>,
}

#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn add(&mut self, part: &str, field: &str, make: impl Fn(&mut World) + 'static) {
        self.0.push(Change { name: format!("{part}.{field}"), make: Box::new(make) });
    }
}

/// A change of every field of every machine, and of all that is beside them.
fn changes(plan: &Plan) -> Vec<Change> {
    let mut all = Changes::default();
    of_names_and_ends(&mut all);
    of_stages(plan, &mut all);
    of_service(&mut all);
    for &(field, change) in outbox::fields::CHANGES {
        all.add("out", field, move |world| change(&mut world.out));
    }
    for &(field, change) in progress::fields::CHANGES {
        all.add("progress", field, move |world| change(outbox::fields::progress(&mut world.out)));
    }
    for &(field, change) in driver::fields::CHANGES {
        all.add("driver", field, move |world| change(&mut world.driver));
    }
    for &(field, change) in ending::fields::CHANGES {
        all.add("ending", field, move |world| change(&mut world.ending));
    }
    for &(field, change) in budget::fields::CHANGES {
        all.add("faults", field, move |world| change(&mut world.faults));
    }
    for &(field, change) in budget::fields::left::CHANGES {
        all.add("left", field, move |world| change(budget::fields::left::of(&mut world.faults)));
    }
    all.add("world", "current", |world| world.current = Message::Wake { region: RegionId(1) });
    all.add("world", "alternatives", |world| {
        let Alternatives { answers, failing: _ } = &mut world.alternatives;
        answers.0 ^= 2;
    });
    all.add("world", "alternatives", |world| {
        world.alternatives.failing = Some(MachineId(9));
    });
    all.add("world", "struck", |world| {
        world.struck = match world.struck {
            Some(_) => None,
            None => Some(Strike::of_script(1)),
        };
    });
    all.add("world", "lost", |world| world.lost.0 ^= 2);
    all.add("world", "held", |world| world.held.push(Target::Table(TableId(7))));
    all.add("world", "undone", |world| world.undone.push(Target::Table(TableId(7))));
    for place in (0..plan.log_places()).skip(1).step_by(plan.records() + 1) {
        all.add("world", "log", move |world| match world.log.contains(place) {
            true => world.log.remove(place),
            false => world.log.insert(place),
        });
    }
    all.0
}

/// The source, the two names, the destination.
fn of_names_and_ends(all: &mut Changes) {
    for &(field, change) in source::fields::CHANGES {
        all.add("source", field, move |world| change(&mut world.source, &mut world.out));
    }
    for &(field, change) in destination::fields::CHANGES {
        all.add("destination", field, move |world| change(&mut world.destination));
    }
    type Of = fn(&mut World) -> &mut dns::Dns;
    let names: [(&str, Of); 2] =
        [("in-dns", |world| &mut world.in_dns), ("out-dns", |world| &mut world.out_dns)];
    for (name, dns) in names {
        for &(field, change) in dns::fields::CHANGES {
            all.add(name, field, move |world| change(dns(world)));
        }
        for (field, change) in dns::fields::health() {
            all.add(name, field, move |world| change(dns::fields::parts(dns(world)).0));
        }
        for (field, change) in dns::fields::plans() {
            all.add(name, field, move |world| change(dns::fields::parts(dns(world)).1));
        }
    }
}

/// Queues, containers, tables and replicators.
fn of_stages(plan: &Plan, all: &mut Changes) {
    for at in 0..plan.layout.queues() {
        for &(field, change) in queue::fields::CHANGES {
            all.add("queue", field, move |world| {
                change(&mut world.queues[at], &mut world.shelf, &mut world.out);
            });
        }
        for &(field, change) in queue::fields::OF_ITEMS {
            all.add("item", field, move |world| {
                change(&mut world.queues[at], &mut world.shelf, &mut world.out);
            });
        }
    }
    for at in 0..plan.layout.containers() {
        for &(field, change) in container::fields::CHANGES {
            all.add("container", field, move |world| change(&mut world.containers[at]));
        }
        for (field, change) in container::batch::fields::changes() {
            all.add("batch", field, move |world| {
                change(&mut world.containers[at], &mut world.out);
            });
        }
        all.add("hand", "receipt", move |world| {
            container::fields::RECEIPT(&mut world.containers[at]);
        });
    }
    let (width, keys) = (plan.records() + 1, plan.keys().count());
    for at in 0..plan.layout.tables() {
        for &(field, change) in table::fields::CHANGES {
            all.add("table", field, move |world| change(&mut world.tables[at], &mut world.out));
        }
        for (field, change) in global_database::fields::changes() {
            all.add("cluster", field, move |world| change(&mut world.tables[at], &mut world.out));
        }
        for (field, change) in table::relay::fields::changes() {
            all.add("relay", field, move |world| change(&mut world.tables[at], &mut world.out));
        }
        for (field, change) in table::relay::fields::changes_of_shared() {
            all.add("shared-outbox", field, move |world| {
                change(&mut world.tables[at], &mut world.out);
            });
        }
        for (instance, part) in ["relay-1", "relay-2"].into_iter().enumerate() {
            for (field, change) in table::relay::fields::changes_of_worker(instance) {
                all.add(part, field, move |world| change(&mut world.tables[at]));
            }
        }
        for &(field, change) in table::fields::row::CHANGES {
            all.add("row", field, move |world| change(&mut world.rows[at * width + 2]));
        }
        if plan.writers_places() > 0 {
            for &(field, change) in table::fields::writers::CHANGES {
                all.add("writers", field, move |world| change(&mut world.writers[at * width + 2]));
            }
        }
        for &(field, change) in table::fields::latest::CHANGES.iter().filter(|_| keys > 0) {
            all.add("latest", field, move |world| change(&mut world.latest[at * keys + 1]));
        }
    }
    for at in 0..plan.replicators.len() {
        for &(field, change) in replicator::fields::CHANGES {
            all.add("replicator", field, move |world| {
                change(&mut world.replicators[at], &mut world.out);
            });
        }
    }
}

/// The external service, and what it knows of one record at one stage.
fn of_service(all: &mut Changes) {
    for &(field, change) in service::fields::CHANGES {
        all.add("service", field, move |world| change(&mut world.service));
    }
    for &(field, change) in service::fields::calls::CHANGES {
        all.add("calls", field, move |world| {
            service::fields::calls::of(&mut world.service).into_iter().for_each(change);
        });
    }
}

/// A new part of the world breaks this: it wants changes above, and a line in `World::copy_from`.
const _: fn(World) = |world| {
    let World {
        out: _,
        current: _,
        // Items without a queue mean nothing; those of queues are changed with the queues.
        shelf: _,
        source: _,
        in_dns: _,
        out_dns: _,
        destination: _,
        queues: _,
        containers: _,
        tables: _,
        rows: _,
        latest: _,
        writers: _,
        replicators: _,
        service: _,
        log: _,
        driver: _,
        faults: _,
        ending: _,
        alternatives: _,
        held: _,
        undone: _,
        struck: _,
        lost: _,
        // Empty between two steps.
        scratch: _,
    } = world;
};

/// The mutant that this is made for: the sends for which a resolver keeps its answer were missing, and
/// `verify` took two states for one.
#[test]
fn every_field_is_in_the_fingerprint_or_a_reason_is_stated() {
    let mut effective = BTreeSet::new();
    let mut named = BTreeSet::new();
    for plan in PLANS.map(plan) {
        for change in changes(&plan) {
            let reason =
                REASONS.iter().find(|(name, is_so, ..)| *name == change.name && is_so(&plan));
            named.insert(change.name.clone());
            for steps in STEPS {
                let (before, mut after) = (world(&plan, steps), world(&plan, steps));
                (change.make)(&mut after);
                if format!("{before:?}") == format!("{after:?}") {
                    continue;
                }
                effective.insert(change.name.clone());
                let is_same = of(&before, &plan) == of(&after, &plan);
                match reason {
                    None => assert!(!is_same, "{} is left out, after {steps} steps", change.name),
                    Some((name, _, Left::Out, why)) => {
                        assert!(is_same, "{name} is not left out, though {why}");
                    }
                    Some((_, _, Left::AsMeant, _)) => {}
                }
            }
        }
    }
    let without: Vec<&String> = named.difference(&effective).collect();
    assert!(without.is_empty(), "nothing was changed of {without:?}");
    let stated = REASONS.iter().filter(|(name, ..)| !named.contains(*name));
    assert_eq!(stated.count(), 0, "a reason is stated for a field that there is not");
}

#[test]
fn a_copy_into_a_used_world_has_every_field() {
    for plan in PLANS.map(plan) {
        for change in changes(&plan) {
            for steps in STEPS {
                let mut changed = world(&plan, steps);
                (change.make)(&mut changed);
                let expected = format!("{changed:?}");
                // In all else it is the same, so what is not copied is not right by luck.
                let mut used = world(&plan, steps);
                used.copy_from(&changed);
                assert_eq!(format!("{used:?}"), expected, "{}", change.name);
            }
        }
        let (first, mut used) = (world(&plan, 0), world(&plan, 300));
        used.copy_from(&first);
        assert_eq!(format!("{used:?}"), format!("{first:?}"));
        let later = world(&plan, 180);
        used.copy_from(&later);
        assert_eq!(format!("{used:?}"), format!("{later:?}"));
    }
}

/// Where deliveries repeat, a receipt is the place of its delivery and an incarnation how many came after it.
#[test]
fn receipts_and_incarnations_are_written_as_what_they_mean() {
    let plan = plan(PLANS[2]);
    assert!(plan.repeats());
    let holds = |world: &World, at: usize| {
        let hand = world.containers[at].hand()?;
        let queue = plan.containers[at].in_queue_id.index();
        let mut items = world.queues[queue].in_flight(&world.shelf);
        (items.next()?.receipt == hand.receipt).then_some(queue)
    };
    let at_work = |steps| {
        let found = world(&plan, steps);
        (0..plan.layout.containers()).find_map(|at| Some((at, holds(&found, at)?)))
    };
    let (steps, (at, queue)) = (1..400)
        .find_map(|steps| Some((steps, at_work(steps)?)))
        .expect("a container works on the oldest delivery of its queue");
    let renumber = |world: &mut World| {
        let change = queue::fields::OF_ITEMS.iter().find(|(field, _)| *field == "receipt");
        let (_, change) = change.expect("it is in the list");
        change(&mut world.queues[queue], &mut world.shelf, &mut world.out);
    };
    let fingerprint = |change: &dyn Fn(&mut World)| {
        let mut world = world(&plan, steps);
        change(&mut world);
        of(&world, &plan)
    };
    let receipt = |world: &mut World| container::fields::RECEIPT(&mut world.containers[at]);
    let before = fingerprint(&|_| {});
    assert_ne!(fingerprint(&receipt), before, "a receipt that has expired");
    assert_ne!(fingerprint(&renumber), before, "a delivery to another receipt");
    let both = fingerprint(&|world| {
        receipt(world);
        renumber(world);
    });
    assert_eq!(both, before, "how receipts are numbered");
    let older = |world: &mut World| {
        let change = container::fields::CHANGES.iter().find(|(field, _)| *field == "incarnation");
        change.expect("it is in the list").1(&mut world.containers[at]);
    };
    assert_ne!(fingerprint(&older), before, "a delivery to an earlier life of the container");
}

/// A service that has failed and works again is as it was, unless it has lost the keys of calls: where calls are sent again, too.
#[test]
fn a_key_that_the_service_has_lost_makes_another_state() {
    let differs = |keys: &str| {
        let plan = plan(&format!(
            "container.steps = ['call', 'store', 'publish', 'remove']
             service.keys = '{keys}'
             budget = {{ crash = 1, lost_reply = 1 }}
             script = ['publish 1', 'publish 2']"
        ));
        let context = plan.service.as_ref().expect("it is called");
        let is_called = |steps: &u64| world(&plan, *steps).service.effects() > 0;
        let steps = (1..400).find(is_called).expect("it is called");
        let (before, mut after) = (world(&plan, steps), world(&plan, steps));
        after.service.fail(context, &mut after.out);
        after.service.recover(context, &mut after.out);
        of(&after, &plan) != of(&before, &plan)
    };
    assert!(differs("in-memory") && !differs("durable"));
}

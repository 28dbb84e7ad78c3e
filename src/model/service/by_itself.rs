//! The external service by itself.

use crate::model::message::{Message, Receipt};
use crate::sim::rig::{Rig, all_tell};

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const SERVICE: &str = "external-service";

fn rig(options: &str) -> Rig {
    let steps = "container.steps = ['store', 'call', 'publish', 'remove']";
    let script = ["fail external-service", "recover external-service"];
    Rig::new(&format!("{steps}\n{options}"), &script)
}

/// A call for a delivery of this queue of a record.
fn called(rig: &mut Rig, queue: &str, record: u16, receipt: u32) {
    let (client, queue) = (rig.client("one-container@1"), rig.queue(queue));
    let (copy, receipt) = (rig.copy(record), Receipt(receipt));
    rig.give(SERVICE, Message::Call { client, queue, copy, receipt });
}

#[test]
fn a_call_is_known_again_by_its_key() {
    let told = |idempotency| {
        let mut rig = rig(&format!("service.idempotency = '{idempotency}'"));
        rig.title(idempotency);
        called(&mut rig, "inbound-queue@1", 1, 4);
        rig.title("again for this delivery, for another one, and in the other region");
        called(&mut rig, "inbound-queue@1", 1, 4);
        called(&mut rig, "inbound-queue@1", 1, 5);
        called(&mut rig, "inbound-queue@2", 1, 5);
        rig.title("at another stage, and for another record");
        called(&mut rig, "one-two-queue@1", 1, 4);
        called(&mut rig, "inbound-queue@1", 2, 6);
        rig
    };
    let all = ["by-record", "by-attempt", "none"].map(told);
    all_tell(&all, TOLD, "a_call_is_known_again_by_its_key");
}

#[test]
fn a_key_is_forgotten_after_so_many_other_effects() {
    let mut rig = rig("service.window = 2");
    called(&mut rig, "inbound-queue@1", 1, 1);
    called(&mut rig, "inbound-queue@1", 2, 2);
    called(&mut rig, "inbound-queue@1", 1, 3);
    called(&mut rig, "inbound-queue@1", 3, 4);
    rig.title("two others came since");
    called(&mut rig, "inbound-queue@1", 1, 5);
    called(&mut rig, "inbound-queue@1", 1, 6);
    rig.tells(TOLD, "a_key_is_forgotten_after_so_many_other_effects");
}

#[test]
fn a_failed_service_refuses_or_keeps_waiting_and_forgets_nothing() {
    let told = |on_failure| {
        let mut rig = rig(&format!("service.on_failure = '{on_failure}'"));
        rig.title(on_failure);
        called(&mut rig, "inbound-queue@1", 1, 1);
        rig.drive(1);
        called(&mut rig, "inbound-queue@1", 1, 2);
        rig.drive(1);
        called(&mut rig, "inbound-queue@1", 1, 3);
        rig
    };
    let all = ["reject", "hang"].map(told);
    all_tell(&all, TOLD, "a_failed_service_refuses_or_keeps_waiting_and_forgets_nothing");
}

/// Keys in memory are gone with a failure, whichever they are made of, and those that come after it are known again.
#[test]
fn a_service_that_keeps_keys_in_memory_forgets_them_when_it_fails() {
    let told = |idempotency| {
        let mut rig =
            rig(&format!("service = {{ idempotency = '{idempotency}', keys = 'in-memory' }}"));
        rig.title(idempotency);
        called(&mut rig, "inbound-queue@1", 1, 1);
        called(&mut rig, "inbound-queue@1", 1, 1);
        rig.drive(2);
        called(&mut rig, "inbound-queue@1", 1, 1);
        called(&mut rig, "inbound-queue@1", 1, 1);
        rig
    };
    let all = ["by-record", "by-attempt"].map(told);
    all_tell(&all, TOLD, "a_service_that_keeps_keys_in_memory_forgets_them_when_it_fails");
}

//! The fields that need not change the fingerprint.

use crate::model::options::{Commit, Dedupe, Deduplication, OnPartial};
use crate::plan::Plan;

/// Why a field need not change the fingerprint.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// It does not.
    Out,
    /// It is written as what it means, so it depends on what else is in the state.
    AsMeant,
}

/// A field that need not change the fingerprint, in which plans, and the reason.
pub(super) type Reason = (&'static str, fn(&Plan) -> bool, Left, &'static str);

pub(super) const REASONS: &[Reason] = &[
    ("world.current", always, Left::Out, "the message that was handled last is history"),
    ("world.alternatives", always, Left::Out, "they follow from in-dns's inbox and the driver"),
    (
        "world.held",
        expects_nothing_of_faults,
        Left::Out,
        "only an outage's end, and what the script expects, depend on it",
    ),
    ("world.struck", always, Left::Out, "which fault struck in the last step is history"),
    ("out.ready", always, Left::Out, "it follows from the inboxes and from which are open"),
    ("out.new_heads", always, Left::Out, "it is emptied before a step ends"),
    ("out.now", always, Left::Out, "the time of a write is compared, and clocks are not"),
    ("latest.time", does_not_compare, Left::Out, "no table goes by the time of a write"),
    ("latest.time", always, Left::AsMeant, "it is written as its place in the order of writes"),
    (
        "out.late",
        is_never_late,
        Left::Out,
        "only a best effort at fencing has messages that are late",
    ),
    ("table.ahead", clocks_do_not_differ, Left::Out, "no table goes by the clock of its region"),
    ("cluster.unconfirmed", is_not_confirmed, Left::Out, "no writer waits for another region"),
    ("replicator.left_out", is_not_confirmed, Left::Out, "no writer waits for another region"),
    ("shared-outbox.is_home", is_not_shared, Left::Out, "no database has an outbox"),
    ("shared-outbox.done", is_not_shared, Left::Out, "no database has an outbox"),
    ("shared-outbox.lost", is_not_shared, Left::Out, "no database has an outbox"),
    ("shared-outbox.ahead", is_not_shared, Left::Out, "no database has an outbox"),
    ("relay.passed", is_shared, Left::Out, "a relay of a database reads in the order of the log"),
    ("relay-1.state", has_no_outbox, Left::Out, "containers publish by themselves"),
    ("relay-1.under_way", has_no_outbox, Left::Out, "containers publish by themselves"),
    ("relay-1.life", has_no_outbox, Left::Out, "containers publish by themselves"),
    ("relay-1.life", repeats, Left::AsMeant, "it is written with the replies that it may ignore"),
    ("relay-1.to", publishes_to_one, Left::Out, "each stage publishes to one queue"),
    ("relay-2.to", publishes_to_one, Left::Out, "each stage publishes to one queue"),
    ("relay-2.to", has_one_relay, Left::Out, "a relay has one instance"),
    ("relay-2.state", has_one_relay, Left::Out, "a relay has one instance"),
    ("relay-2.under_way", has_one_relay, Left::Out, "a relay has one instance"),
    ("relay-2.life", has_one_relay, Left::Out, "a relay has one instance"),
    ("relay-2.life", repeats, Left::AsMeant, "it is written with the replies that it may ignore"),
    ("relay.intents", has_no_outbox, Left::Out, "containers publish by themselves"),
    ("relay.passed", has_no_outbox, Left::Out, "containers publish by themselves"),
    ("out.events", always, Left::Out, "what happened is history"),
    ("progress.owed", always, Left::Out, "they follow from what each record has reached"),
    ("progress.changed", always, Left::Out, "it is taken before a step ends"),
    ("progress.queued", does_not_repeat, Left::Out, "it follows from the queues"),
    ("progress.delivered", does_not_repeat, Left::Out, "it follows from the destination"),
    ("source.batch", always, Left::AsMeant, "the record under way says which"),
    ("source.refused", does_not_await_refusal, Left::Out, "no line of the script asks for it"),
    ("source.left_out", looks_at_each_record, Left::Out, "no batch is one request"),
    ("destination.order", always, Left::Out, "in which order records arrived is history"),
    ("destination.numbers", repeats, Left::AsMeant, "they are written with the messages of queues"),
    ("replicator.lost", always, Left::Out, "the world has the regions that are lost"),
    ("in-dns.chosen", always, Left::Out, "it is taken in the step in which it is chosen"),
    ("out-dns.chosen", always, Left::Out, "it is taken in the step in which it is chosen"),
    ("ending.healed_at", always, Left::AsMeant, "it matters if something is new since then"),
    ("ending.struck", always, Left::AsMeant, "it matters if something is new since the healing"),
    ("ending.broken", expects_nothing, Left::Out, "only what the script expects depends on it"),
    ("driver.passed_over", expects_nothing, Left::Out, "the script expects nothing"),
    ("world.undone", expects_nothing, Left::Out, "only what the script expects depends on it"),
    ("driver.fails", always, Left::Out, "it is taken in the step in which it is chosen"),
    ("queue.deliveries", repeats, Left::Out, "receipts are only compared for equality"),
    ("container.is_old", is_new, Left::Out, "no container is of the old release"),
    ("batch.rest", receives_one, Left::Out, "containers receive one record at a time"),
    ("batch.done", receives_one, Left::Out, "containers receive one record at a time"),
    ("batch.removes", receives_one, Left::Out, "containers receive one record at a time"),
    ("batch.becomes_old", receives_one, Left::Out, "containers receive one record at a time"),
    ("queue.taken", does_not_deduplicate, Left::Out, "each request to send is a message"),
    ("queue.mirrored", has_no_mirrors, Left::Out, "no log is mirrored"),
    ("queue.is_alone", has_no_mirrors, Left::Out, "no log is mirrored"),
    ("queue.messages", has_no_message_ids, Left::Out, "no machine tells messages apart"),
    ("queue.messages", repeats, Left::Out, "numbers are only compared for equality"),
    ("item.receives", has_no_limit, Left::Out, "only a queue that gives up counts deliveries"),
    ("item.receipt", repeats, Left::AsMeant, "it is written as the place of its delivery"),
    ("item.processed", commits_each, Left::AsMeant, "it is written as the place of its delivery"),
    ("item.number", has_no_message_ids, Left::Out, "no machine tells messages apart"),
    ("item.number", repeats, Left::AsMeant, "it matters if the destination had it last"),
    ("hand.receipt", repeats, Left::AsMeant, "it is written as the place of its delivery"),
    ("service.state", has_no_service, Left::Out, "no container calls it"),
    (
        "destination.counted",
        keeps_ids,
        Left::Out,
        "only a destination that forgets counts arrivals",
    ),
    ("destination.count", keeps_ids, Left::Out, "only a destination that forgets counts arrivals"),
    (
        "destination.counted",
        always,
        Left::AsMeant,
        "how many arrivals came since matters until it is forgotten",
    ),
    (
        "destination.count",
        always,
        Left::AsMeant,
        "how many arrivals came since matters until it is forgotten",
    ),
    ("service.count", never_forgets, Left::Out, "only a service that forgets counts effects"),
    ("calls.at", never_forgets, Left::Out, "only a service that forgets counts effects"),
    (
        "calls.at",
        always,
        Left::AsMeant,
        "how many effects came since matters until it is forgotten",
    ),
    (
        "service.count",
        always,
        Left::AsMeant,
        "how many effects came since matters until it is forgotten",
    ),
    (
        "calls.delivery",
        repeats,
        Left::AsMeant,
        "it is written with the deliveries that can be called for",
    ),
    ("container.incarnation", repeats, Left::AsMeant, "it is written with those who mention it"),
];

fn has_no_mirrors(plan: &Plan) -> bool {
    !plan.has_mirrors()
}

fn receives_one(plan: &Plan) -> bool {
    !plan.any_container(|container| container.batch > 1)
}

fn expects_nothing_of_faults(plan: &Plan) -> bool {
    expects_nothing(plan)
        && plan.budget.outage == 0
        && plan.budget.partition == 0
        && plan.budget.fail == 0
}

fn expects_nothing(plan: &Plan) -> bool {
    plan.checks().next().is_none()
}

fn always(_: &Plan) -> bool {
    true
}

fn repeats(plan: &Plan) -> bool {
    plan.repeats()
}

fn does_not_repeat(plan: &Plan) -> bool {
    !plan.repeats()
}

fn is_never_late(plan: &Plan) -> bool {
    !plan.can_be_late
}

fn has_no_outbox(plan: &Plan) -> bool {
    !plan.has_outbox()
}

fn publishes_to_one(plan: &Plan) -> bool {
    plan.layout.shape.is_line()
}

fn has_one_relay(plan: &Plan) -> bool {
    !plan.has_outbox() || plan.scenario().relay.instances == 1
}

fn is_shared(plan: &Plan) -> bool {
    plan.has_shared_outbox()
}

fn is_not_shared(plan: &Plan) -> bool {
    !is_shared(plan)
}

fn is_not_confirmed(plan: &Plan) -> bool {
    !plan.replicators.iter().any(|context| context.returns)
}

fn clocks_do_not_differ(plan: &Plan) -> bool {
    !plan.clocks_differ
}

fn does_not_compare(plan: &Plan) -> bool {
    !plan.compares_times()
}

fn does_not_await_refusal(plan: &Plan) -> bool {
    !plan.awaits_refusal()
}

fn looks_at_each_record(plan: &Plan) -> bool {
    plan.scenario().source.on_partial == OnPartial::Retry
}

fn has_no_message_ids(plan: &Plan) -> bool {
    plan.scenario().destination.dedupe != Dedupe::ByMessageId
}

fn is_new(plan: &Plan) -> bool {
    !plan.containers.iter().any(|context| context.can_be_old)
}

fn does_not_deduplicate(plan: &Plan) -> bool {
    plan.scenario().queue.deduplication == Deduplication::None
}

fn commits_each(plan: &Plan) -> bool {
    plan.repeats() && plan.scenario().queue.commit == Commit::Each
}

fn has_no_service(plan: &Plan) -> bool {
    plan.service.is_none()
}

fn never_forgets(plan: &Plan) -> bool {
    plan.scenario().service.window == 0
}

fn keeps_ids(plan: &Plan) -> bool {
    plan.destination.options.window == 0
}

fn has_no_limit(plan: &Plan) -> bool {
    plan.scenario().queue.max_receives == 0
}

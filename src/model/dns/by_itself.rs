//! The two names by themselves.

use crate::model::RegionId;
use crate::model::message::{Health, Message};
use crate::sim::rig::{Rig, all_tell};

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const NAME: &str = "in-dns";
const SOURCE: &str = "record-source";

/// So many sends, of one record after the other: the regions that they go to, with a `!` behind one that refuses
/// and a `-` for a name that does not resolve.
fn sends(rig: &mut Rig, count: u16) -> String {
    let (since, mut routes) = (rig.told().len(), String::new());
    for number in 0..count {
        let before = rig.told().len();
        rig.give(NAME, rig.send(SOURCE, number % 5 + 1));
        let told = &rig.told()[before..];
        let region = told.split("Routed").nth(1).and_then(|line| line.split("region: ").nth(1));
        routes.push_str(region.map_or("-", |region| &region[..1]));
        if told.contains("SendRefused") {
            routes.push('!');
        }
    }
    rig.retell(since, &format!("{count} sends go to {routes}"));
    routes
}

fn probed(rig: &mut Rig, region: u8, health: Health) {
    rig.give(NAME, Message::Probed { region: RegionId(region), health });
}

/// Smooth weighted round-robin: each region's share is spread evenly.
#[test]
fn answers_in_turn_keep_the_weights() {
    let answers = |weights: &str, regions: u8| {
        let options = format!("topology.regions = {regions}\ndns.weights = {weights}");
        let mut rig = Rig::new(&options, &[]);
        sends(&mut rig, 12)
    };
    assert_eq!(answers("[1, 1]", 2), "121212121212");
    assert_eq!(answers("[3, 1]", 2), "112111211121");
    assert_eq!(answers("[1, 3]", 2), "212221222122");
    assert_eq!(answers("[0, 7]", 2), "222222222222");
    assert_eq!(answers("[0, 0]", 2), "121212121212");
    assert_eq!(answers("[255, 85]", 2), "112111211121");
    assert_eq!(answers("[5, 1, 1]", 3), "112131111213");
}

/// A fair run has each record's answer, spread by weight, and a scheduler can choose any other.
#[test]
fn random_answers_keep_the_weights() {
    let answers = |weights: &str| {
        let options = format!("dns = {{ answer = 'random', weights = {weights} }}");
        let mut rig = Rig::new(&options, &[]);
        sends(&mut rig, 5)
    };
    assert_eq!(answers("[1, 1]"), "12121");
    assert_eq!(answers("[3, 1]"), "11121");
    assert_eq!(answers("[0, 1]"), "22222");
    let mut rig = Rig::new("dns = { answer = 'random', weights = [3, 1] }", &[]);
    let shares = |rig: &Rig| -> Vec<(String, u32)> {
        let (simulation, layout) = (rig.simulation(), &rig.simulation().plan().layout);
        simulation.answers().map(|(choice, share)| (choice.name(layout), share)).collect()
    };
    rig.leave(NAME, rig.send(SOURCE, 1));
    let expected = [("step in-dns".to_owned(), 3), ("resolve in-dns@2".to_owned(), 1)];
    assert_eq!(shares(&rig), expected);
    rig.choose("resolve in-dns@2");
    assert!(rig.told().contains("Routed { record: 1, region: 2 }"), "{}", rig.told());
}

#[test]
fn new_weights_begin_with_equal_credit() {
    let script = ["weights 3 1", "offline in-dns@1", "recover in-dns@1", "weights 0 1"];
    let mut rig = Rig::new("dns.weights = [1, 3]", &script);
    sends(&mut rig, 3);
    for _ in script {
        rig.drive(1);
        sends(&mut rig, 4);
    }
    rig.tells(TOLD, "new_weights_begin_with_equal_credit");
}

/// A region that is offline gets nothing, one that has failed gets the request and refuses it.
#[test]
fn what_is_offline_and_what_has_failed() {
    let told = |options| {
        let script = ["fail in-dns@1", "offline in-dns@2", "recover in-dns@1", "offline in-dns@1"];
        let mut rig = Rig::new(options, &script);
        rig.title(options);
        for _ in script {
            rig.drive(1);
            rig.give(NAME, rig.send(SOURCE, 1));
            rig.give(NAME, rig.send(SOURCE, 2));
        }
        rig
    };
    all_tell(
        &["", "dns.route = 'ignore-offline'", "dns.acknowledge = 'before-enqueue'"].map(told),
        TOLD,
        "what_is_offline_and_what_has_failed",
    );
}

#[test]
fn the_failover_policy_answers_the_primary_or_the_next() {
    let options =
        "topology.regions = 3\ndns = { policy = 'failover', primary = 2, health_threshold = 1 }";
    let script = ["offline in-dns@2", "offline in-dns@1", "recover in-dns@2"];
    let mut rig = Rig::new(options, &script);
    let mut routes = sends(&mut rig, 3);
    for _ in script {
        rig.drive(1);
        routes += &sends(&mut rig, 2);
    }
    assert_eq!(routes, "222113322");
}

/// An answer is used for `ttl` more sends, whatever becomes of its region; then there is a new one.
#[test]
fn the_resolver_keeps_an_answer_for_so_many_sends() {
    let answers = |ttl| {
        let mut rig = Rig::new(&format!("dns.ttl = {ttl}"), &["offline in-dns@1"]);
        let first = sends(&mut rig, 1);
        rig.drive(1);
        first + &sends(&mut rig, 8)
    };
    assert_eq!(answers(0), "122222222");
    assert_eq!(answers(1), "112222222");
    assert_eq!(answers(3), "111122222");
    let mut rig = Rig::new("dns.ttl = 2", &["offline in-dns@1"]);
    sends(&mut rig, 1);
    rig.drive(1);
    rig.title("a refusal of an answer that is out of date is worth another try");
    rig.give(NAME, Message::SendRefused { incarnation: 0 });
    sends(&mut rig, 4);
    rig.give(NAME, Message::SendRefused { incarnation: 0 });
    rig.tells(TOLD, "the_resolver_keeps_an_answer_for_so_many_sends");
}

/// Whatever becomes of the region, and however often it is refused: nothing is worth another try to who will not ask again.
#[test]
fn a_resolver_that_never_asks_again_keeps_its_first_answer() {
    let options = "dns.resolver = 'keeps-first'";
    let mut rig = Rig::new(options, &["offline in-dns@1", "recover in-dns@1"]);
    let mut routes = sends(&mut rig, 2);
    rig.drive(1);
    routes += &sends(&mut rig, 2);
    rig.give(NAME, Message::SendRefused { incarnation: 0 });
    rig.drive(1);
    routes += &sends(&mut rig, 1);
    assert_eq!(routes, "11111");
    rig.tells(TOLD, "a_resolver_that_never_asks_again_keeps_its_first_answer");
}

/// As many results in a row as the threshold says take a region out, and bring it back.
#[test]
fn health_checks_go_by_results_in_a_row() {
    let told = |failback: &str| {
        let mut rig =
            Rig::new(&format!("dns = {{ health_threshold = 2, failback = '{failback}' }}"), &[]);
        rig.title(failback);
        rig.give(NAME, Message::Probe { region: RegionId(0) });
        rig.title("not in a row");
        probed(&mut rig, 0, Health::Failed);
        probed(&mut rig, 0, Health::Available);
        probed(&mut rig, 0, Health::Failed);
        sends(&mut rig, 2);
        rig.title("in a row");
        probed(&mut rig, 0, Health::Failed);
        sends(&mut rig, 2);
        rig.title("another change while it rests, and while it probes");
        rig.give(NAME, Message::Probe { region: RegionId(0) });
        rig.give(NAME, Message::Probe { region: RegionId(0) });
        probed(&mut rig, 0, Health::Available);
        probed(&mut rig, 0, Health::Available);
        sends(&mut rig, 2);
        if failback == "caught-up" {
            rig.title("of one stage, and of the other");
            probed(&mut rig, 0, Health::CaughtUp);
            sends(&mut rig, 2);
            probed(&mut rig, 0, Health::CaughtUp);
            sends(&mut rig, 2);
        }
        rig
    };
    all_tell(&["caught-up", "immediate"].map(told), TOLD, "health_checks_go_by_results_in_a_row");
}

/// A region that fails again before it has caught up stays out.
#[test]
fn a_region_that_fails_again_has_not_caught_up() {
    let mut rig = Rig::new("dns.health_threshold = 1", &["fail in-dns@1", "recover in-dns@1"]);
    rig.drive(1);
    probed(&mut rig, 0, Health::Failed);
    sends(&mut rig, 2);
    rig.drive(1);
    probed(&mut rig, 0, Health::Available);
    rig.give(NAME, Message::Probe { region: RegionId(0) });
    probed(&mut rig, 0, Health::CaughtUp);
    probed(&mut rig, 0, Health::Failed);
    probed(&mut rig, 0, Health::CaughtUp);
    sends(&mut rig, 2);
    rig.title("with no region healthy all are answered");
    probed(&mut rig, 1, Health::Failed);
    sends(&mut rig, 2);
    rig.tells(TOLD, "a_region_that_fails_again_has_not_caught_up");
}

#[test]
fn two_enactors_write_plans_and_clean_up() {
    let told = |plans: &str| {
        let options = format!("dns = {{ enactors = 2, plans = '{plans}' }}");
        let mut rig = Rig::new(&options, &["weights 3 1", "weights 1 3", "weights 0 1"]);
        rig.title(plans);
        rig.drive(2);
        rig.title("the second enactor is late, and a clean-up comes after it");
        rig.give(NAME, Message::Enact { plan: 1, weights: [3, 1, 0, 0, 0, 0, 0, 0] });
        sends(&mut rig, 4);
        rig.give(NAME, Message::CleanUp { plan: 1 });
        sends(&mut rig, 1);
        rig.give(NAME, Message::CleanUp { plan: 2 });
        sends(&mut rig, 1);
        rig.drive(1);
        rig.give(NAME, Message::Enact { plan: 3, weights: [0, 1, 0, 0, 0, 0, 0, 0] });
        rig.give(NAME, Message::CleanUp { plan: 3 });
        sends(&mut rig, 1);
        rig
    };
    all_tell(
        &["conditional", "check-then-apply"].map(told),
        TOLD,
        "two_enactors_write_plans_and_clean_up",
    );
}

/// The destination is led to the queue that it names, unless its region is offline in out-dns.
#[test]
fn out_dns_leads_to_the_queue_that_is_named() {
    let script = ["offline in-dns@2", "offline out-dns@1", "recover out-dns@1", "fail out-dns@1"];
    let mut rig = Rig::new("", &script);
    let (client, queue) = ("record-destination", "outbound-queue@1");
    for _ in script {
        rig.drive(1);
        rig.give("out-dns", rig.receive(client, queue));
        rig.give("out-dns", rig.remove(client, queue, 3));
        rig.give("out-dns", rig.receive(client, "outbound-queue@2"));
    }
    rig.title("replies pass, whatever the name says");
    let queue = rig.queue(queue);
    rig.give("out-dns", Message::Removed { incarnation: 0, queue });
    rig.give("out-dns", Message::RemoveRefused { incarnation: 0, queue, expired: true });
    rig.tells(TOLD, "out_dns_leads_to_the_queue_that_is_named");
}

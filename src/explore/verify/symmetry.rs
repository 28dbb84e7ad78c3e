//! Which records may change places.
//!
//! A state in which two records have changed places, with all that is known of them, goes on in the same
//! way and is judged in the same way: so one of the two is enough. (Symmetry reduction, by a
//! representative of each orbit; Ip and Dill, *Better verification through symmetry*, 1996.) It is found
//! without looking for the representative: the fingerprint of a state leaves the names of records out, and
//! adds up, for each record, a number for all places where it is mentioned. Two states have the same
//! sum if and only if, hashes apart, a permutation of the records leads from one to the other.
//!
//! Nothing but the following tells a record from another one of its batch:
//!
//! * **the order of publishing.** The source sends them one after the other. Those that it has not sent yet
//!   are nowhere, and the one that it is sending is mentioned by it; so a permutation that leads from a
//!   state to another one changes only those that were sent, and what is sent next is the same;
//! * **its value.** Only the spec looks at it, which knows whose it is; a copy with another value than
//!   its record's is written with it;
//! * **a business key**, **an unreadable row**, **a new format**, **that no container can process it**, or **the message that it came in** where the
//!   destination remembers those: such plans are not treated like this;
//! * **the answer of in-dns that is due**, where answers are random: whichever it is, every answer is tried.
//!   Only the fair schedule after the healing takes those that are due, and it is one of very many.
//!
//! With one container on a queue and answers in turn, who is where follows from when it was sent, faults apart;
//! and those change the order of so few records, within a small budget, that hardly two states are one (the
//! first 45,000 states with a change of order and a timeout: none). So this is used where records overtake
//! each other without a fault: with several containers on a standard queue, or random answers.

use crate::model::options::{Answer, Dedupe, Delivery};
use crate::plan::Plan;

/// Whether states are taken for one that differ in nothing but which record is where.
pub(super) fn is_used(plan: &Plan) -> bool {
    let scenario = plan.scenario();
    let are_alike = plan.keys().count() == 0 && plan.keys().unreadable().is_none();
    let are_alike = are_alike && scenario.records.poison.is_empty();
    let are_alike = are_alike && scenario.records.new_format_from == 0;
    let are_alike = are_alike && scenario.destination.dedupe != Dedupe::ByMessageId;
    let compete = plan
        .queues
        .iter()
        .any(|queue| queue.options.delivery == Delivery::Standard && plan.can_take_over(queue.id));
    let overtake = compete || scenario.dns.answer == Answer::Random;
    are_alike && overtake && plan.records() > 1
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, VecDeque};
    use std::sync::Arc;

    use super::*;
    use crate::explore::verify::point::Point;
    use crate::explore::verify::space::choices_of;
    use crate::explore::verify::tiny;
    use crate::model::id::{ContainerId, MachineId, RecordId, RegionId};
    use crate::model::layout::{IN_DNS, Place};
    use crate::model::message::Message;
    use crate::sim::{Bytes, Choice};

    /// The first machine that does not bring records to the stage.
    const FIRST: Place = Place::Container(ContainerId(0));

    fn plan(changes: &[&str]) -> Arc<Plan> {
        let three = [&["records.batches=3"], changes].concat();
        tiny::plan("\"publish 1\", \"await delivered all\"", &three)
    }

    /// The fingerprint of the state without names, and those of all states that it leads to.
    fn ways(point: &Point, next: &mut Point, plan: &Plan, bytes: &mut Bytes) -> (u128, Vec<u128>) {
        let mut choices = Vec::new();
        choices_of(point, &mut choices);
        let mut fingerprint_after = |choice| {
            next.copy_from(point);
            if let Some(choice) = choice
                && next.step(choice, plan).is_err()
            {
                return 0;
            }
            next.hash_all(plan, bytes);
            next.fingerprint()
        };
        let own = fingerprint_after(None);
        let mut ways: Vec<u128> = choices.into_iter().map(Some).map(fingerprint_after).collect();
        ways.sort_unstable();
        (own, ways)
    }

    /// The fingerprint without names of the state in which the first record waits in front of the stage in one
    /// region and the second one in the other.
    fn with_records_in(regions: [u8; 2], plan: &Arc<Plan>) -> u128 {
        let (mut point, mut routed) = (Point::new(plan), 0);
        let is_early = |machine: MachineId| machine.index() < plan.layout.machine(FIRST).index();
        loop {
            let early = point.simulation.enabled().machines().find(|&one| is_early(one));
            let Some(machine) = early else { break };
            let mut choice = Choice::Step(machine);
            if let (IN_DNS, Some(Message::Send { .. })) =
                (machine, point.simulation.next_message(machine))
            {
                let wanted = Choice::Resolve(RegionId(regions[routed]));
                // The answer that is due has no choice of its own.
                choice = if point.simulation.enabled().contains(wanted) { wanted } else { choice };
                routed += 1;
            }
            point.step(choice, plan).expect("the design is sound");
        }
        let entered = |record| point.simulation.progress().entered(RecordId(record));
        for (index, region) in regions.into_iter().enumerate() {
            assert!(entered(index as u16 + 1).contains(RegionId(region)));
        }
        point.hash_all(plan, &mut Bytes::new(true));
        point.fingerprint()
    }

    /// Records of one batch change places, those of different batches do not: a script may wait for one of the
    /// batches and not for the other.
    #[test]
    fn records_of_different_batches_do_not_change_places() {
        let random = ["dns.answer=random", "queue.delivery=standard", "topology.containers=2"];
        let together = tiny::plan("\"publish 1\"", &[&["records.batches=2"], &random[..]].concat());
        let apart = tiny::plan("\"publish 1\", \"publish 2\"", &random);
        assert!(is_used(&together) && is_used(&apart));
        assert_eq!(with_records_in([0, 1], &together), with_records_in([1, 0], &together));
        assert_ne!(with_records_in([0, 1], &apart), with_records_in([1, 0], &apart));
    }

    /// What the argument comes to: states that are taken for one lead to states that are taken for one, each
    /// to as many. Looked at in the first states that a search in breadth comes to, from where all records
    /// wait in front of the stage.
    #[test]
    fn states_that_are_one_go_on_alike() {
        let cases: [(bool, &[&str]); 5] = [
            (false, &["dns.answer=random"]),
            (true, &["queue.delivery=standard", "topology.containers=2", "dns.weights=1,0"]),
            (
                true,
                &[
                    "queue.delivery=standard",
                    "topology.containers=2",
                    "dns.weights=1,0",
                    "container.batch=2",
                ],
            ),
            (false, &["budget.lost_reply=2", "dns.answer=random"]),
            (false, &["container.steps=call,store,publish,remove", "dns.answer=random"]),
        ];
        for (all_wait, changes) in cases {
            let plan = plan(changes);
            assert!(is_used(&plan), "{changes:?}");
            let (mut named, mut anonymous) = (Bytes::new(false), Bytes::new(true));
            let mut next = Point::new(&plan);
            let is_early = |&choice: &Choice| match choice {
                Choice::Step(machine) => machine.index() < plan.layout.machine(FIRST).index(),
                Choice::Resolve(_) | Choice::Fail(_) | Choice::Fault(_) | Choice::Heal => false,
            };
            loop {
                let early = next.simulation.enabled().iter().find(is_early);
                let Some(choice) = early.filter(|_| all_wait) else { break };
                next.step(choice, &plan).expect("the design is sound");
            }
            next.hash_all(&plan, &mut named);
            let mut known = BTreeSet::from([next.fingerprint()]);
            let mut todo = VecDeque::from([next.clone()]);
            let mut groups: BTreeMap<u128, (u32, Vec<u128>)> = BTreeMap::new();
            while let Some(point) = todo.pop_front().filter(|_| known.len() < 60_000) {
                let (own, ways) = ways(&point, &mut next, &plan, &mut anonymous);
                let group = groups.entry(own).or_insert_with(|| (0, ways.clone()));
                assert_eq!(group.1, ways, "{changes:?}: states that are one go on differently");
                group.0 += 1;
                assert!(group.0 <= 6, "{changes:?}: three records change places in six ways");
                let mut choices = Vec::new();
                choices_of(&point, &mut choices);
                for choice in choices {
                    next.copy_from(&point);
                    next.step(choice, &plan).expect("the design is sound");
                    next.hash_all(&plan, &mut named);
                    if known.insert(next.fingerprint()) {
                        todo.push_back(next.clone());
                    }
                }
            }
            let states: u32 = groups.values().map(|group| group.0).sum();
            println!("{changes:?}: {states} states, {} without names", groups.len());
            assert!(groups.len() < states as usize, "{changes:?}: no two states are one");
        }
    }
}

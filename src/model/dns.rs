//! The two names: in-dns in front of the inbound queues, out-dns in front of the outbound ones
//! (Route 53).

use crate::model::dns::health::HealthCheck;
use crate::model::dns::plans::Plans;
use crate::model::id::{MachineId, QueueId, RecordId, RegionId, RegionSet};
use crate::model::message::rows::messages;
use crate::model::message::{Client, Health, Message, Receipt};
use crate::model::options::{Acknowledge, Answer, DnsOptions, Policy, Route};
use crate::model::outbox::Outbox;
use crate::model::record::RecordCopy;
use crate::model::states::states;

#[cfg(test)]
mod by_itself;
mod checks;
#[cfg(test)]
pub(crate) mod fields;
pub(crate) mod health;
pub(crate) mod plans;

pub use crate::model::event::dns::Event;

pub use crate::model::id::DnsSide;

/// Maps a name to one of the regions' queues and relays requests and replies.
///
/// in-dns answers by weight, with smooth weighted round-robin: region 1 first, and equal weights
/// alternate. With [`Answer::Random`] every region that it may answer is an alternative of its
/// step, a choice of the scheduler. A region of weight 0 gets nothing, unless no online region has a positive weight:
/// then all online ones are equal (Route 53 does the same when all weights are 0, or when only
/// records of weight 0 are healthy). A region that is *offline* is not answered; when every
/// region is, the name does not resolve and the sender is refused. A region whose target has
/// *failed* is still answered, and the request fails, until a health check (`health_threshold`) has taken
/// the region out. Regions that are unhealthy are answered only when no other one is left, and then as
/// if all were healthy. With the failover policy only one region is answered: the primary one, or
/// the next that is healthy.
///
/// Its weights are those of the plan in place ([`PlanWrite`](crate::model::options::PlanWrite)); without one, the name does not resolve.
///
/// The source asks through one resolver, which keeps an answer for `ttl` more sends, whatever becomes of
/// the region meanwhile. (The time to live is in seconds; what counts here is how many sends fall into it.
/// With one source and a long one, weights are hardly kept.)
///
/// out-dns has no policy but this: the destination asks for the queue of each region, and gets that of
/// every one that is online. A request to receive is passed on in the name of the destination, and the queue
/// answers there: a record does not come by way of the name.
///
/// Replies to the other requests pass whatever the DNS says: the connection exists already.
///
/// Source: Amazon Route 53 weighted routing, and "How Route 53 determines whether a health check is
/// healthy"; the smooth variant spreads each region's share
/// evenly, as nginx does for its upstream servers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dns {
    /// By region; 0..=255.
    weights: [u8; 8],
    /// How far each region is ahead of its share, by region; sums to 0.
    credit: [i16; 8],
    offline: RegionSet,
    failed: RegionSet,
    /// Regions in which something is broken that a record passes; only known to checks of the whole path.
    broken: RegionSet,
    health: HealthCheck,
    plans: Plans,
    /// The answer that the source's resolver holds, and for how many more sends.
    cache: Option<(RegionId, u16)>,
    /// The answer that the scheduler chose for the send at hand; none between two steps.
    chosen: Option<RegionId>,
}

/// What a DNS name knows about its place and its design.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Its own address.
    pub(crate) machine: MachineId,
    /// Who asks it: the source, or the destination.
    pub(crate) requester: MachineId,
    /// By region: the address of the queue behind the name.
    pub(crate) queues: Vec<MachineId>,
    /// By queue of the system: its region.
    pub(crate) regions_of_queues: Vec<RegionId>,
    /// The primary region of the failover policy.
    pub(crate) primary: RegionId,
    /// By stage: the address of the replicator.
    pub(crate) replicators: Vec<MachineId>,
    /// The design of both names.
    pub(crate) options: DnsOptions,
}

impl Context {
    /// The region whose queue this is.
    #[inline]
    fn region_of(&self, queue: QueueId) -> RegionId {
        self.regions_of_queues[queue.index()]
    }

    /// Who asks the queues: the name itself, on behalf of its requester.
    #[inline]
    fn as_client(&self) -> Client {
        Client { machine: self.machine, incarnation: 0 }
    }

    /// The inbound queue of the region: the first of its queues.
    fn inbound(&self, region: RegionId) -> QueueId {
        let positions = self.regions_of_queues.len() / self.queues.len();
        QueueId((region.index() * positions) as u16)
    }
}

states! {
    /// What keeps a DNS name from answering with some region.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub enum State {
        /// Nothing.
        AllOnline,
        /// A region was taken out, or has failed.
        SomeOffline,
        /// A health check has a region out.
        SomeUnhealthy,
    }
}

messages! {
    /// What a DNS name can be sent: in-dns by the source, queues, tables and itself; out-dns by the
    /// destination and queues.
    pub(crate) enum Input for "a DNS name" {
        Send, Sent, SendRefused, Receive, Remove, Removed, RemoveRefused,
        Probe, Probed, Enact, CleanUp,
    }
}

impl Dns {
    pub(crate) fn new(weights: &[u8]) -> Dns {
        let mut dns = Dns::default();
        dns.weights[..weights.len()].copy_from_slice(weights);
        dns
    }

    /// Handles one message.
    #[inline]
    pub(crate) fn handle(&mut self, message: &Message, context: &Context, out: &mut Outbox) {
        match Input::of(message) {
            Input::Send { copy, .. } => self.relay_send(copy, context, out),
            Input::Receive { client, queue } => {
                let incarnation = client.incarnation;
                let refusal = Message::ReceiveRefused { incarnation, queue };
                // The queue answers the one who asks, and not the name.
                self.relay_request(queue, *message, refusal, context, out);
            }
            Input::Remove { client, queue, receipt } => {
                let incarnation = client.incarnation;
                let refusal = Message::RemoveRefused { incarnation, queue, expired: false };
                let request = Message::Remove { client: context.as_client(), queue, receipt };
                self.relay_request(queue, request, refusal, context, out);
            }
            // What the queue says of it comes too late.
            Input::Sent { .. } | Input::SendRefused { .. }
                if context.options.acknowledge == Acknowledge::BeforeEnqueue => {}
            Input::SendRefused { .. } => self.refuse_send(context, out),
            Input::Probe { region } => self.check(region, context, out),
            Input::Probed { region, health } => self.probed(region, health, context, out),
            Input::Enact { plan, weights } => {
                if self.plans.enact(plan, context.options.plans, out) {
                    self.begin_weights(weights);
                    out.send(context.requester, Message::Wake { region: RegionId(0) });
                }
            }
            Input::CleanUp { plan } => self.plans.clean_up(plan, out),
            Input::Sent { .. } | Input::Removed { .. } | Input::RemoveRefused { .. } => {
                out.send(context.requester, *message);
            }
        }
    }

    /// Relays a send to the region that is due, or refuses it.
    #[inline]
    fn relay_send(&mut self, copy: RecordCopy, context: &Context, out: &mut Outbox) {
        let Some(region) = self.resolve(copy.id, context) else {
            return self.refuse_send(context, out);
        };
        out.emit(Event::Routed { record: copy.id, region });
        if self.failed.contains(region) {
            return self.refuse_send(context, out);
        }
        out.send(
            context.queues[region.index()],
            Message::Send { client: context.as_client(), copy },
        );
        if context.options.acknowledge == Acknowledge::BeforeEnqueue {
            let queue = context.inbound(region);
            out.send(context.requester, Message::Sent { incarnation: 0, queue });
        }
    }

    /// Tells the source that it is refused. When the answer that its resolver holds is out of date,
    /// trying again is worth while: the answer will not be used for ever.
    fn refuse_send(&self, context: &Context, out: &mut Outbox) {
        out.send(context.requester, Message::SendRefused { incarnation: 0 });
        if let Some((region, _)) = self.cache
            && self.shares(context).all(|(allowed, _)| allowed != region)
        {
            out.send(context.requester, Message::Wake { region });
        }
    }

    /// Relays a request to the queue that it names, or refuses it.
    #[inline]
    fn relay_request(
        &self,
        queue: QueueId,
        request: Message,
        refusal: Message,
        context: &Context,
        out: &mut Outbox,
    ) {
        let region = context.region_of(queue);
        if self.offline.contains(region) && context.options.route == Route::ByPolicy {
            return out.send(context.requester, refusal);
        }
        out.emit(Event::FetchRouted { region });
        if self.failed.contains(region) {
            return out.send(context.requester, refusal);
        }
        out.send(context.queues[region.index()], request);
    }

    /// The region of the next answer, if there is one to give.
    #[inline]
    fn resolve(&mut self, record: RecordId, context: &Context) -> Option<RegionId> {
        if context.options.ttl == 0 {
            return self.answer(record, context);
        }
        if let Some((region, left)) = self.cached() {
            self.cache = Some((region, left - 1));
            return Some(region);
        }
        let answer = self.answer(record, context);
        self.cache = answer.map(|region| (region, context.options.ttl));
        answer
    }

    /// The answer that the resolver still holds.
    fn cached(&self) -> Option<(RegionId, u16)> {
        self.cache.filter(|&(_, left)| left > 0)
    }

    #[inline]
    fn answer(&mut self, record: RecordId, context: &Context) -> Option<RegionId> {
        match context.options.answer {
            Answer::RoundRobin => self.next_in_turn(context),
            Answer::Random => self.chosen.take().or_else(|| self.due(record, context)),
        }
    }

    /// The next region by smooth weighted round-robin.
    #[inline]
    fn next_in_turn(&mut self, context: &Context) -> Option<RegionId> {
        let open = self.open(context);
        let weighted = self.is_weighted(open);
        let mut total = 0;
        let mut best: Option<usize> = None;
        for index in 0..context.queues.len() {
            if !open.contains(RegionId(index as u8)) {
                continue;
            }
            let weight = if weighted { i16::from(self.weights[index]) } else { 1 };
            if weight == 0 {
                continue;
            }
            total += weight;
            self.credit[index] += weight;
            if best.is_none_or(|best| self.credit[index] > self.credit[best]) {
                best = Some(index);
            }
        }
        let best = best?;
        self.credit[best] -= total;
        Some(RegionId(best as u8))
    }

    /// The regions that the policy allows, but for their weights.
    #[inline]
    fn open(&self, context: &Context) -> RegionSet {
        let closed = match context.options.route {
            Route::ByPolicy => self.offline,
            Route::IgnoreOffline => RegionSet::EMPTY,
        };
        let online = RegionSet::first(context.queues.len()).without(closed);
        let healthy = online.without(self.health.unhealthy());
        let open = if healthy.is_empty() { online } else { healthy };
        if self.plans.in_place().is_none() {
            return RegionSet::EMPTY;
        }
        match context.options.policy {
            Policy::Weighted => open,
            Policy::Failover if open.contains(context.primary) => RegionSet(1 << context.primary.0),
            // The lowest one of the others.
            Policy::Failover => RegionSet(open.0 & open.0.wrapping_neg()),
        }
    }

    /// Whether one of these regions has a positive weight; else all of them are equal.
    #[inline]
    fn is_weighted(&self, open: RegionSet) -> bool {
        open.iter().any(|region| self.weights[region.index()] > 0)
    }

    /// The regions that a send may be answered with, each with its share of the answers.
    pub(crate) fn shares(&self, context: &Context) -> impl Iterator<Item = (RegionId, u32)> {
        let open = self.open(context);
        let weighted = self.is_weighted(open);
        let weight = move |region: RegionId| match weighted {
            true => u32::from(self.weights[region.index()]),
            false => 1,
        };
        open.iter().map(move |region| (region, weight(region))).filter(|&(_, share)| share > 0)
    }

    /// The random answer that a step gives unless another one is chosen. It spreads records over
    /// the regions by their shares, so that fair schedules use all of them, and it depends on
    /// nothing but the record and the weights, so that schedules that differ only in earlier
    /// answers meet in one state.
    fn due(&self, record: RecordId, context: &Context) -> Option<RegionId> {
        let total: u32 = self.shares(context).map(|(_, share)| share).sum();
        // Multiples of the golden ratio are spread evenly, however many there are.
        let turn = u32::from(record.0).wrapping_sub(1).wrapping_mul(0x9E37_79B9);
        let mut position = (u64::from(turn) * u64::from(total)) >> 32;
        for (region, share) in self.shares(context) {
            match position.checked_sub(share.into()) {
                Some(left) => position = left,
                None => return Some(region),
            }
        }
        None
    }

    /// The answers to a send that a scheduler may choose in place of the one that is due.
    pub(crate) fn other_answers(&self, record: RecordId, context: &Context) -> RegionSet {
        let mut others = RegionSet::EMPTY;
        if context.options.answer == Answer::Random && self.cached().is_none() {
            self.shares(context).for_each(|(region, _)| _ = others.insert(region));
            if let Some(due) = self.due(record, context) {
                others.remove(due);
            }
        }
        others
    }

    /// The next send is answered with this region.
    pub(crate) fn choose(&mut self, region: RegionId) {
        self.chosen = Some(region);
    }

    /// New weights are planned and put in place. Whether they could be.
    pub(crate) fn set_weights(
        &mut self,
        weights: &[u8],
        context: &Context,
        out: &mut Outbox,
    ) -> bool {
        let mut planned = [0; 8];
        planned[..weights.len()].copy_from_slice(weights);
        let enacted = self.plans.enact_next(planned, context, out);
        if enacted {
            self.begin_weights(planned);
        }
        enacted
    }

    /// Begins again with other weights.
    fn begin_weights(&mut self, weights: [u8; 8]) {
        self.weights = weights;
        self.credit = [0; 8];
    }

    /// Takes a region out of the answers.
    pub(crate) fn set_offline(&mut self, region: RegionId) {
        self.offline.insert(region);
        self.credit = [0; 8];
    }

    /// Makes the region's target unreachable.
    pub(crate) fn fail(&mut self, region: RegionId) {
        self.failed.insert(region);
    }

    /// Brings a region back in every respect.
    pub(crate) fn recover(&mut self, region: RegionId) {
        self.offline.remove(region);
        self.failed.remove(region);
        self.credit = [0; 8];
    }

    /// The region is gone for good, with what was under way to it.
    pub(crate) fn lose(&mut self, region: RegionId) {
        self.fail(region);
        self.health.lose(region);
    }

    /// All regions are online and reached (0), some are not (1), or some are unhealthy (2).
    #[inline]
    pub fn state(&self) -> State {
        if !self.health.unhealthy().is_empty() {
            State::SomeUnhealthy
        } else if self.offline.0 | self.failed.0 != 0 {
            State::SomeOffline
        } else {
            State::AllOnline
        }
    }

    /// Which of its plans is in place.
    pub(crate) fn plans(&self) -> &Plans {
        &self.plans
    }

    /// What its health checks know.
    pub(crate) fn health(&self) -> &HealthCheck {
        &self.health
    }

    /// The answer that the source's resolver holds, and for how many more sends.
    pub(crate) fn cache(&self) -> Option<(RegionId, u16)> {
        self.cache
    }

    /// The regions that it does not answer.
    pub fn offline(&self) -> RegionSet {
        self.offline
    }

    /// The regions whose target is unreachable.
    pub fn failed(&self) -> RegionSet {
        self.failed
    }

    /// Regions whose path is broken, as far as checks look at it.
    pub(crate) fn broken(&self) -> RegionSet {
        self.broken
    }

    /// By region: its weight.
    pub fn weights(&self) -> [u8; 8] {
        self.weights
    }

    /// By region: how far it is ahead of its share.
    pub(crate) fn credit(&self) -> [i16; 8] {
        self.credit
    }
}

//! The two names: in-dns in front of the inbound queues, out-dns in front of the outbound ones
//! (Route 53).

use crate::model::dns::health::HealthCheck;
use crate::model::dns::plans::Plans;
use crate::model::id::{MachineId, QueueId, RegionId, RegionSet};
use crate::model::message::rows::messages;
use crate::model::message::{Client, Health, Message, Receipt};
use crate::model::options::{Acknowledge, DnsOptions, Resolver, Route};
use crate::model::outbox::Outbox;
use crate::model::record::RecordCopy;
use crate::model::states::states;

mod answers;
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
/// alternate. With [`Answer::Random`](crate::model::options::Answer::Random) every region that it may answer is an alternative of its
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
/// the region meanwhile, or the first one for ever ([`Resolver::KeepsFirst`]). (The time to live is in seconds; what counts here is how many sends fall into it.
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

    /// For how many more sends an answer is used; one that is kept for ever is not counted down.
    #[inline]
    fn answers_live(&self) -> u16 {
        match self.options.resolver {
            Resolver::Refreshes => self.options.ttl,
            Resolver::KeepsFirst => 1,
        }
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
            && context.options.resolver == Resolver::Refreshes
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

    /// The region's target is reachable again; a region that is offline stays so.
    pub(crate) fn reach(&mut self, region: RegionId) {
        self.failed.remove(region);
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

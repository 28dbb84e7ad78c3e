//! The options of the two DNS names.

use crate::model::list;
use crate::model::options::scenarios::{
    BACK_BEFORE_CAUGHT_UP, INBOUND_QUEUE_FAILS, INBOUND_QUEUE_OUT, NOT_FETCHED_FROM,
};
use crate::model::options::{About, SOUND, UNSOUND, sound};
use crate::model::property::PropertyName as P;

section! {
    /// The design of the two DNS names.
    DnsOptions {
        /// in-dns: the weight of each region, 0..=255; empty means 1 each.
        ///
        /// Source: Amazon Route 53, "Weighted routing", <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html>.
        #[serde(with = "list")]
        #[cfg_attr(feature = "schema", schemars(with = "list::OneOrMany<u32>"))]
        weights: Vec<u32> => patterns(),
        /// in-dns: which regions it may answer.
        policy: Policy,
        /// in-dns: the primary region of the failover policy; it is 1 with any other policy.
        primary: u8 = 1 => vec![
            (1, SOUND),
            (2, SOUND.needs(&["dns.health_threshold=1", "dns.policy=failover"])),
        ],
        /// in-dns: for how many more sends the source uses an answer that it got: 0..=1000.
        ttl: u16 => vec![
            (0, SOUND),
            (1, SOUND),
            (3, SOUND.holds_in(&["health-failover"])),
        ],
        /// in-dns: whether the source's resolver ever asks again.
        resolver: Resolver,
        /// in-dns: how many results of a health check in a row take a region out, or bring it back:
        /// 0..=10; 0: there are no health checks.
        ///
        /// Source: "How Amazon Route 53 determines whether a health check is healthy",
        /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html>.
        health_threshold: u8 => sound([0, 1, 2, 3]),
        /// in-dns: what a health check looks at.
        health_check: HealthCheckOf,
        /// in-dns: when a region that is healthy again gets traffic.
        failback: Failback,
        /// in-dns: how many enactors write what the script plans, `weights` line by `weights` line, each on
        /// its own: 1 or 2. The second one may be late.
        enactors: u8 = 1 => sound([1, 2]),
        /// in-dns: how they write it.
        plans: PlanWrite,
        /// in-dns: how it picks one of the regions that it may answer.
        answer: Answer,
        /// in-dns: when the source hears that its record was taken.
        acknowledge: Acknowledge,
        /// Which regions the names resolve to.
        route: Route,
    }
}

/// Equal weights, and some of two regions.
fn patterns() -> Vec<(Vec<u32>, About)> {
    let of_two = [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2], [3, 1], [255, 1]];
    let patterns = of_two.map(|weights| (weights.to_vec(), SOUND));
    std::iter::once((Vec::new(), SOUND)).chain(patterns).collect()
}

/// What an option of the health checks needs.
const CHECKED: &[&str] = &["dns.health_threshold=1"];

option! {
    /// How an enactor of in-dns writes a plan that it found newer than the one in place.
    PlanWrite {
        /// Only if it still is: the write itself asks. Sound.
        Conditional = SOUND.holds_in(&["dynamodb-dns-plans"]),
        /// Whatever is in place by then. Unsound: a late enactor puts an old plan over a newer one, and
        /// the clean-up of old plans then leaves none in place.
        ///
        /// Source: "Summary of the Amazon DynamoDB Service Disruption in the Northern Virginia (US-EAST-1) Region",
        /// <https://aws.amazon.com/message/101925/>.
        CheckThenApply = UNSOUND.needs(&["dns.enactors=2"]).by("dynamodb-dns-plans", P::DeliveredAll),
    }
}

option! {
    /// When the source hears that its record was taken.
    Acknowledge {
        /// When the inbound queue has it. Sound.
        AfterEnqueue,
        /// When in-dns has sent it on. Unsound: the queue may refuse it, or be gone, and no machine sends it
        /// again.
        BeforeEnqueue = UNSOUND.by(INBOUND_QUEUE_FAILS, P::NeverLost),
    }
}

option! {
    /// Which regions in-dns may answer.
    Policy {
        /// All that are online and healthy, in proportion to their weights.
        Weighted,
        /// The primary region while it is healthy, else the next one that is; the primary one if none
        /// is.
        ///
        /// Source: Amazon Route 53, "Failover routing",
        /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-failover.html>, and "How Amazon Route 53 chooses records when
        /// health checking is configured",
        /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html>.
        Failover = SOUND
            .needs(CHECKED)
            .holds_in(&["health-failover"])
            .safer_with(&["records.keys=1"]),
    }
}

option! {
    /// What the health check of a region looks at.
    HealthCheckOf {
        /// The region's own inbound queue: a shallow check. What is broken behind the queue stays unseen, and traffic
        /// goes on to it; it waits there until it is repaired. Sound, and not enough where a region's outage is not to be felt.
        Queue,
        /// Whichever region answers: the check asks the shared name, and is led to a region that works. Unsound: no
        /// region is taken out as long as another one works.
        ByName = UNSOUND.needs(CHECKED).by(INBOUND_QUEUE_OUT, P::Expectation),
        /// All that a record passes in the region: every queue, every table, and of each stage one container at least.
        /// Sound.
        WholePath = SOUND.needs(CHECKED).holds_in(&["health-failover", "shared-name-check"]),
        /// Any region's queue, for all regions at once. Unsound: one region that fails takes the
        /// others out with it, and then all are answered, the failed one too.
        ///
        /// Source: where no record is healthy, Route 53 takes all of them for healthy,
        /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html>.
        AllRegions = UNSOUND.needs(CHECKED).by("health-failover", P::RoutedByPolicy),
    }
}

option! {
    /// When a region that is healthy again gets traffic.
    Failback {
        /// When its tables have applied what was written elsewhere meanwhile. Sound.
        CaughtUp,
        /// At once, as Route 53 does by itself. Sound: what is written there before it has caught up was
        /// written later than what it has not heard of. A reader there sees old values meanwhile;
        /// no container does.
        ///
        /// Source: Route 53 takes a record into account while its health check is healthy, and looks at nothing else,
        /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html>.
        Immediate = SOUND.needs(CHECKED).holds_in(&[BACK_BEFORE_CAUGHT_UP]),
    }
}

option! {
    /// How in-dns picks one of the regions that it may answer.
    Answer {
        /// In turn, each in proportion to its weight (smooth weighted round-robin). Sound.
        RoundRobin,
        /// Any of them: which one is a choice of the scheduler, and a random one takes each in
        /// proportion to its weight, as Route 53 does. Sound.
        ///
        /// Source: Amazon Route 53, "Weighted routing", <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html>.
        Random = SOUND.holds_in(&["failover"]),
    }
}

option! {
    /// Whether the resolver of the source asks in-dns again when the time to live of an answer is over.
    Resolver {
        /// It does. Sound.
        Refreshes = SOUND.holds_in(&["failover", "pinned-resolver"]),
        /// It never does: the source's process keeps the first answer as long as it lives (a runtime that caches names for
        /// ever, a pool of connections that is never renewed). Unsound: it goes on sending to a region that is out.
        ///
        /// Source: AWS SDK for Java developer guide, "Set the JVM TTL for DNS name lookups": with some configurations a JVM never asks again,
        /// <https://docs.aws.amazon.com/sdk-for-java/latest/developer-guide/jvm-ttl-dns.html>.
        KeepsFirst = UNSOUND.by("failover", P::RoutedByPolicy).by("pinned-resolver", P::RoutedByPolicy),
    }
}

option! {
    /// Which regions a DNS name resolves to.
    Route {
        /// Regions that are online, by their weights. Sound.
        ByPolicy,
        /// Any region by its weight, offline or not. Unsound.
        IgnoreOffline = UNSOUND.by("failover", P::RoutedByPolicy).by(NOT_FETCHED_FROM, P::RoutedByPolicy),
    }
}

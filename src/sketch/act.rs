//! What a script does, before its components have names.

use crate::model::fault::FaultKind;
use crate::scenario::{Scenario, ScriptStep};
use crate::sketch::Spot;

/// How the script begins, in a system in which nothing has failed yet. Only there it is certain
/// what the first batch will meet, so only there the script can say what to expect.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Opening {
    /// With the first act.
    #[default]
    Plain,
    /// The containers of a stage are paused and the first batch waits in front of them (F1).
    Waiting(Spot),
    /// Replication fails and the first batch stays where it was written (F4).
    Unreplicated,
    /// A region goes offline and the first batch takes another way (failover).
    Bypassed(Spot),
    /// A container is paused, and is found paused.
    Paused(Spot),
    /// Some containers are of the old release, and get the first batch, all of it or most of it in the new format, while
    /// they are replaced: first the stage and the region of the spot. The lowest bit of the number says whether they
    /// stop at once; the others, how many are old.
    Rollout(Spot, u8),
}

/// Something that the script does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    /// Publish the next batch; after the last one, the first one again.
    Publish,
    /// Wait for something.
    Await(Wait, Spot),
    /// Something fails.
    Disturb(Disturbance, Spot),
    /// One of the things that failed works again, modulo their number, with or without the
    /// containers that it may have stopped.
    Recover {
        /// Which one, counted from the first that failed.
        which: u8,
        /// Whether those containers are recovered too.
        with_containers: bool,
    },
    /// in-dns gets new weights, as far as there are regions.
    Weights([u8; 8]),
    /// The dead letters of a queue come back.
    Redrive(Spot),
    /// A regional table, or the region as a whole, is lost for good.
    Lose {
        /// The region, and not only the table.
        region: bool,
        /// Where.
        spot: Spot,
    },
    /// The writer of a database moves to the region of the spot: of the stage there, or the next one
    /// after it that has a database.
    MoveWriter {
        /// By a switchover, and not by a failover.
        planned: bool,
        /// Which database, and where to.
        spot: Spot,
    },
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wait {
    /// Everything published is at the destination; and then, that this is all there is.
    DeliveredAll,
    /// The last batch is at the destination.
    DeliveredBatch,
    /// So many records as the spot says are.
    Delivered,
    /// The last batch is accepted.
    Published,
    /// The last batch is accepted, or the source was refused.
    PublishedOrRefused,
    /// The last batch was put into a queue.
    Enqueued,
    /// What of the last batch came to a region was put into a queue there.
    EnqueuedThere,
    /// A region's queues are empty.
    Drained,
    /// No machine can take a step.
    Quiescent,
    /// Any moment.
    Sometime,
}

impl Wait {
    /// Every one, in a fixed order.
    pub(crate) const ALL: [Wait; 10] = [
        Wait::DeliveredAll,
        Wait::DeliveredBatch,
        Wait::Delivered,
        Wait::Published,
        Wait::PublishedOrRefused,
        Wait::Enqueued,
        Wait::EnqueuedThere,
        Wait::Drained,
        Wait::Quiescent,
        Wait::Sometime,
    ];
}

/// What fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Disturbance {
    /// A container is paused.
    PauseContainer,
    /// A container crashes.
    CrashContainer,
    /// A queue refuses.
    FailQueue,
    /// A regional table refuses or hangs.
    FailTable,
    /// All tables of a stage and their replication.
    FailGlobalTable,
    /// A stage's replication.
    FailReplicator,
    /// in-dns does not reach a region.
    FailInDns,
    /// out-dns does not reach a region.
    FailOutDns,
    /// in-dns no longer resolves to a region.
    OfflineInDns,
    /// out-dns no longer resolves to a region.
    OfflineOutDns,
    /// Every queue, table and DNS target of a region.
    FailRegion,
    /// Every container of a region crashes.
    CrashRegion,
    /// A stage's replication does not reach a region.
    FailLink,
    /// All of it, in one region.
    Outage,
    /// Some of a region's queues, containers and tables: the scheduler chooses.
    FailSome,
}

impl Disturbance {
    /// Every one, in a fixed order.
    pub(crate) const ALL: [Disturbance; 15] = [
        Disturbance::PauseContainer,
        Disturbance::CrashContainer,
        Disturbance::FailQueue,
        Disturbance::FailTable,
        Disturbance::FailGlobalTable,
        Disturbance::FailReplicator,
        Disturbance::FailInDns,
        Disturbance::FailOutDns,
        Disturbance::OfflineInDns,
        Disturbance::OfflineOutDns,
        Disturbance::FailRegion,
        Disturbance::CrashRegion,
        Disturbance::FailLink,
        Disturbance::Outage,
        Disturbance::FailSome,
    ];

    /// The step that begins it, what has to be recovered, and which containers it may stop.
    pub(crate) fn resolve(
        self,
        spot: Spot,
        shape: &Scenario,
    ) -> (ScriptStep, String, Option<String>) {
        let topology = &shape.topology;
        let region = spot.region(topology);
        let fault = |kind, name: String, stops: Option<String>| {
            (ScriptStep::Fault(kind, name.clone()), name, stops)
        };
        let fail = |name, stops| fault(FaultKind::Fail, name, stops);
        let everywhere = || Some("*-container*".to_owned());
        let containers = format!("*-container*@{region}");
        let here = Some(containers.clone());
        match self {
            Disturbance::PauseContainer => fault(FaultKind::Pause, spot.container(shape), None),
            Disturbance::CrashContainer => fault(FaultKind::Crash, spot.container(shape), None),
            Disturbance::FailQueue => fail(spot.queue(topology), here),
            Disturbance::FailTable => fail(spot.table(topology), here),
            Disturbance::FailGlobalTable => fail(spot.global_table(topology), everywhere()),
            Disturbance::FailReplicator => fail(spot.replicator(topology), None),
            Disturbance::FailInDns => fail(format!("in-dns@{region}"), None),
            Disturbance::FailOutDns => fail(format!("out-dns@{region}"), None),
            Disturbance::OfflineInDns => {
                fault(FaultKind::Offline, format!("in-dns@{region}"), None)
            }
            Disturbance::OfflineOutDns => {
                fault(FaultKind::Offline, format!("out-dns@{region}"), None)
            }
            Disturbance::FailRegion => fail(format!("*@{region}"), here),
            Disturbance::CrashRegion => fault(FaultKind::Crash, containers, None),
            Disturbance::FailLink => fail(format!("{}@{region}", spot.replicator(topology)), None),
            Disturbance::Outage => (ScriptStep::Outage(region), format!("*@{region}"), None),
            Disturbance::FailSome => {
                let all = format!("*@{region}");
                (ScriptStep::FailSome(all.clone()), all, here)
            }
        }
    }
}

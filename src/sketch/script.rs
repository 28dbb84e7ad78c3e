//! From abstract acts to the lines of a script.

use std::collections::BTreeSet;

use crate::model::container::State;
use crate::model::fault::FaultKind;
use crate::model::options::OnRefusal;
use crate::scenario::{Condition, Expectation, Scenario, ScriptStep, Topology};
use crate::sketch::{Act, Disturbance, Opening, Sketch, Spot, Wait};

/// The script of a sketch: its opening, its acts, the batches that are left, the recovery of
/// everything, and the wait for the end.
pub(super) fn write(sketch: &Sketch) -> Vec<ScriptStep> {
    // A source that gives up may never get a batch accepted, and a dead letter does not arrive
    // before it is redriven.
    let certain = sketch.design.source.on_refusal != OnRefusal::Abort && sketch.max_receives() == 0;
    let (script, failed) = (Vec::new(), Vec::new());
    let lost = BTreeSet::new();
    let shape = sketch.shape();
    let mut writer =
        Writer { sketch, shape, script, publishes: 0, failed, certain, lost, moved: false };
    writer.open();
    sketch.acts.iter().for_each(|&act| writer.act(act));
    writer.close();
    writer.script
}

struct Writer<'a> {
    sketch: &'a Sketch,
    shape: Scenario,
    script: Vec<ScriptStep>,
    /// How many publish steps there are so far.
    publishes: usize,
    /// What has failed and was not recovered, with the containers that it may have stopped.
    failed: Vec<(String, Option<String>)>,
    /// Whether everything published arrives, at the latest after everything was healed.
    certain: bool,
    /// The regions that are lost.
    lost: BTreeSet<u8>,
    /// A writer was moved.
    moved: bool,
}

impl Writer<'_> {
    fn open(&mut self) {
        let topology = &self.sketch.design.topology;
        match self.sketch.opening {
            Opening::Plain => {}
            Opening::Waiting(spot) => {
                let (containers, queue) =
                    (spot.containers(&self.shape), spot.in_queue_name(topology));
                self.push(ScriptStep::Fault(FaultKind::Pause, containers.clone()));
                self.publish();
                self.await_first_batch(Condition::Enqueued(queue, 1));
                let all_go_on =
                    self.hanging_containers_kill_no_record() && !self.sketch.has_poison();
                if self.every_region_gets_some() && all_go_on {
                    let (queue, batch, records) = (spot.queue_in_front(topology), 1, None);
                    self.expect(Expectation::Waiting { queue, batch, records });
                }
                self.push(ScriptStep::Recover(containers));
            }
            // Not all that is stored can be stored before it is replicated.
            Opening::Unreplicated if self.sketch.waits_for_replication() => {}
            Opening::Unreplicated => {
                self.push(ScriptStep::Fault(FaultKind::Fail, "*-replicator".to_owned()));
                self.publish();
                self.await_first_batch(Condition::DeliveredBatch(1));
                self.expect(Expectation::Unreplicated(1));
                self.push(ScriptStep::Recover("*-replicator".to_owned()));
            }
            Opening::Bypassed(spot) => {
                let region = spot.region(topology);
                let name = format!("in-dns@{region}");
                self.push(ScriptStep::Fault(FaultKind::Offline, name.clone()));
                self.publish();
                self.await_first_batch(Condition::DeliveredBatch(1));
                self.expect(Expectation::Bypassed(region, 1));
                if !self.sketch.has_poison() {
                    self.expect(Expectation::DeadLettered(0));
                }
                self.push(ScriptStep::Recover(name));
            }
            Opening::Rollout(spot, number) => {
                self.publish();
                self.replace(FaultKind::Deploy, spot);
                // The old release comes back, and goes again.
                if number & 4 != 0 {
                    self.replace(FaultKind::Rollback, spot);
                    self.replace(FaultKind::Deploy, spot);
                }
            }
            Opening::Paused(spot) => {
                let name = spot.container(&self.shape);
                self.push(ScriptStep::Fault(FaultKind::Pause, name.clone()));
                self.expect(Expectation::State(name.clone(), State::FailedProcessing));
                self.push(ScriptStep::Recover(name.clone()));
                self.expect(Expectation::State(name, State::Processing));
            }
        }
    }

    /// Every stage of every region gets the new release, or the old one again, one after the other.
    fn replace(&mut self, kind: FaultKind, first: Spot) {
        let Topology { regions, stages, .. } = &self.sketch.design.topology;
        let (from, stages) =
            (first.stage_index(&self.sketch.design.topology) as u8, stages.len() as u8);
        for region in 0..*regions {
            for stage in 0..stages {
                let (stage, region) = (from + stage, first.region % regions + region);
                let containers = Spot { stage, region }.containers(&self.shape);
                self.push(ScriptStep::Fault(kind, containers));
            }
        }
    }

    /// What has failed is recovered; where there are deployments, containers are replaced instead.
    fn bring_back(&mut self, name: String) {
        let is_there = self.lost.is_empty() && name.contains("-container");
        let replaces = is_there && self.sketch.rollout().is_some();
        self.push(match replaces {
            true => ScriptStep::Fault(FaultKind::Deploy, name),
            false => ScriptStep::Recover(name),
        });
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Publish => self.publish(),
            Act::Await(wait, spot) => self.wait(wait, spot),
            Act::Disturb(disturbance, spot) if self.is_gone(disturbance, spot) => {}
            Act::Disturb(disturbance, spot) => {
                let (begin, name, stops) = disturbance.resolve(spot, &self.shape);
                self.failed.push((name, stops));
                self.push(begin);
            }
            Act::Recover { which, with_containers } => {
                if self.failed.is_empty() {
                    return;
                }
                let (name, stops) = self.failed.remove(usize::from(which) % self.failed.len());
                self.bring_back(name);
                if let (true, Some(containers)) = (with_containers, stops) {
                    self.bring_back(containers);
                }
            }
            // A failover policy has no weights.
            Act::Weights(_) if self.sketch.fails_over() => {}
            Act::Weights(weights) => {
                let weights = &weights[..usize::from(self.sketch.design.topology.regions)];
                self.push(ScriptStep::Weights(weights.iter().map(|&w| w.into()).collect()));
            }
            Act::Redrive(spot) => {
                self.push(ScriptStep::Redrive(spot.queue(&self.sketch.design.topology)));
            }
            Act::Lose { region: false, spot }
                if self.lost.contains(&spot.region(&self.sketch.design.topology)) => {}
            Act::Lose { region: false, spot } => {
                let table = spot.table(&self.sketch.design.topology);
                self.push(ScriptStep::Fault(FaultKind::Lose, table));
            }
            Act::Lose { region: true, spot } => self.lose_region(spot),
            Act::MoveWriter { planned, spot } => self.move_writer(planned, spot),
        }
    }

    /// A region is lost, unless it is the last one. Sometimes the script fails over at once; else
    /// that is left to the healing.
    fn lose_region(&mut self, spot: Spot) {
        let topology = &self.sketch.design.topology;
        let region = spot.region(topology);
        let lost = self.lost.len() as u16 + self.sketch.budget().lose_region;
        if lost == self.sketch.regions_to_lose() || self.lost.contains(&region) {
            return;
        }
        self.lost.insert(region);
        self.push(ScriptStep::Fault(FaultKind::Lose, format!("@{region}")));
        if spot.stage.is_multiple_of(2) {
            self.push(ScriptStep::Fault(FaultKind::Offline, format!("in-dns@{region}")));
        }
    }

    /// Nothing if no stage has a database.
    fn move_writer(&mut self, planned: bool, spot: Spot) {
        let topology = &self.sketch.design.topology;
        let stages = topology.stages.len();
        let from = spot.stage_index(topology);
        let mut from = (from..from + stages).map(|stage| stage % stages);
        let Some(stage) = from.find(|&stage| self.sketch.has_database(stage)) else { return };
        let kind = if planned { FaultKind::Switchover } else { FaultKind::Failover };
        let (name, region) = (format!("{}-table", topology.stages[stage]), spot.region(topology));
        // Where the writers are from the beginning, the first one does not move to.
        let is_idle = !self.moved && region == self.sketch.writer();
        if is_idle || self.lost.contains(&region) {
            return;
        }
        self.moved = true;
        self.push(ScriptStep::MoveWriter(kind, name, region));
    }

    /// Whether all that fails is in a region that is lost.
    fn is_gone(&self, disturbance: Disturbance, spot: Spot) -> bool {
        let is_of_one_region = match disturbance {
            Disturbance::PauseContainer
            | Disturbance::CrashContainer
            | Disturbance::FailQueue
            | Disturbance::FailTable
            | Disturbance::FailInDns
            | Disturbance::FailOutDns
            | Disturbance::FailRegion
            | Disturbance::CrashRegion
            | Disturbance::FailLink
            | Disturbance::Outage
            | Disturbance::FailSome => true,
            Disturbance::FailGlobalTable
            | Disturbance::FailReplicator
            | Disturbance::OfflineInDns
            | Disturbance::OfflineOutDns => false,
        };
        is_of_one_region && self.lost.contains(&spot.region(&self.sketch.design.topology))
    }

    fn close(&mut self) {
        let everything = || "*".to_owned();
        let refused =
            self.sketch.design.source.on_refusal == OnRefusal::Abort && !self.failed.is_empty();
        while self.publishes < self.sketch.design.records.batches.len() {
            self.publish();
        }
        if !self.failed.is_empty() {
            self.push(ScriptStep::Recover(everything()));
        }
        if refused {
            // What was refused is published again; what was accepted is not.
            (0..self.sketch.design.records.batches.len()).for_each(|_| self.publish());
        }
        if self.sketch.max_receives() > 0 {
            // A container may find a refusal of before and stop after the recovery; when it is
            // recovered as well, what no machine handles any more is dead-lettered.
            self.push(ScriptStep::Await(Condition::Quiescent));
            self.push(ScriptStep::Recover(everything()));
            self.push(ScriptStep::Await(Condition::Quiescent));
            self.push(ScriptStep::Redrive(everything()));
            self.certain = self.sketch.design.source.on_refusal != OnRefusal::Abort;
        }
        self.wait(Wait::DeliveredAll, Spot::default());
    }

    fn push(&mut self, step: ScriptStep) {
        self.script.push(step);
    }

    fn publish(&mut self) {
        let batch = self.publishes % self.sketch.design.records.batches.len();
        self.publishes += 1;
        self.push(ScriptStep::Publish(batch as u16 + 1));
    }

    /// Waits for something that is certain as long as the source is not refused.
    fn await_first_batch(&mut self, condition: Condition) {
        let refused = self.sketch.design.source.on_refusal == OnRefusal::Abort
            && self.sketch.budget().total() > 0;
        let condition = if refused { Condition::Quiescent } else { condition };
        self.push(ScriptStep::Await(condition));
    }

    /// Writes what is certain, unless the scheduler may choose faults: then the system may come to
    /// rest too early, and everything is healed before the script gets here.
    fn expect(&mut self, expectation: Expectation) {
        if self.sketch.budget().total() == 0 {
            self.push(ScriptStep::Expect(expectation));
        }
    }

    fn wait(&mut self, wait: Wait, spot: Spot) {
        let topology = &self.sketch.design.topology;
        let batches = self.sketch.design.records.batches.len();
        // Before the first batch there is nothing to wait for.
        let certain = self.publishes > 0 && self.certain;
        let latest = self.publishes.checked_sub(1).map_or(1, |last| last % batches) as u16 + 1;
        let published: u32 = self.sketch.design.records.batches.iter().take(self.publishes).sum();
        let condition = match wait {
            Wait::Drained => Condition::Drained(spot.region(topology)),
            Wait::Sometime => Condition::Sometime,
            Wait::Quiescent => Condition::Quiescent,
            // A source that gives up is refused; but only what was published is refused.
            Wait::PublishedOrRefused if self.publishes > 0 => Condition::PublishedOrRefused(latest),
            _ if !certain => Condition::Quiescent,
            Wait::DeliveredAll => Condition::DeliveredAll,
            Wait::DeliveredBatch => Condition::DeliveredBatch(latest),
            // What was lost does not arrive.
            Wait::Delivered if self.loses_records() => Condition::Quiescent,
            Wait::Delivered => Condition::Delivered(1 + u32::from(spot.stage) % published),
            Wait::PublishedOrRefused => Condition::Quiescent,
            Wait::Published => Condition::Published(latest),
            Wait::Enqueued => Condition::Enqueued(spot.queue_name(topology), latest),
            Wait::EnqueuedThere => Condition::Enqueued(spot.queue(topology), latest),
        };
        let all = condition == Condition::DeliveredAll && !self.loses_records();
        self.push(ScriptStep::Await(condition));
        let may_stay = self.sketch.max_receives() > 0 && self.sketch.may_stay();
        if all && !may_stay {
            let parked = u32::from(self.sketch.has_poison());
            self.push(ScriptStep::Expect(Expectation::Delivered(published - parked)));
        }
    }

    /// Whether a region may be lost before the script gets here, or what an outbox has to publish.
    fn loses_records(&self) -> bool {
        !self.lost.is_empty() || self.sketch.budget().lose_region > 0 || self.sketch.loses_intents()
    }

    /// Whether containers that hang leave a record where it is: several of them have it delivered to each
    /// in turn, which a queue that counts receives takes for a record that cannot be processed.
    fn hanging_containers_kill_no_record(&self) -> bool {
        self.sketch.containers_max() == 1 || self.sketch.max_receives() == 0
    }

    /// Whether the first batch goes to every region, whatever the schedule.
    fn every_region_gets_some(&self) -> bool {
        self.sketch.reaches_every_region(self.sketch.design.records.batches[0])
    }
}

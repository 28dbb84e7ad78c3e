//! Resolves a script: names to components, and what can never come true to an error.

use std::cell::OnceCell;

use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::{BatchId, QueueId, RegionId, RegionSet, ReplicatorId, StageId};
use crate::model::layout::Layout;
use crate::model::options::StoreKind;
use crate::model::progress::Milestone;
use crate::plan::action::{Await, Check, DriverAction};
use crate::plan::{names, validate};
use crate::scenario::{Cause, Condition, Expectation, Problem, Scenario, ScriptStep};
use crate::words;
use crate::words::plural;

/// The actions, and for each the index of the script step that it was made of.
pub(super) fn resolve(
    scenario: &Scenario,
    layout: &Layout,
) -> Result<(Vec<DriverAction>, Vec<usize>), Problem> {
    let mut resolver = Resolver {
        scenario,
        layout,
        published: Vec::new(),
        key: String::new(),
        targets: OnceCell::new(),
        lost: RegionSet::EMPTY,
        moves_writers: false,
    };
    let mut actions = Vec::new();
    let mut script_steps = Vec::new();
    for (index, step) in scenario.script.iter().enumerate() {
        resolver.key = format!("script[{index}]");
        resolver.step(step, &mut actions)?;
        script_steps.resize(actions.len(), index);
    }
    resolver.every_batch_is_published()?;
    Ok((actions, script_steps))
}

/// How many regions the script loses for good.
pub(super) fn regions_lost(actions: &[DriverAction]) -> usize {
    let mut lost = RegionSet::EMPTY;
    for action in actions {
        if let DriverAction::Fault(faults) = action {
            for fault in faults.iter().filter(|fault| fault.kind == FaultKind::Lose) {
                if let Target::Region(region) = fault.target {
                    lost.insert(region);
                }
            }
        }
    }
    lost.iter().count()
}

struct Resolver<'a> {
    scenario: &'a Scenario,
    layout: &'a Layout,
    /// The batches that the script has published so far, each once, in that order.
    published: Vec<BatchId>,
    /// The key of the step that is being resolved.
    key: String,
    /// Everything that can be named, when it was needed first: naming all takes longer than
    /// anything else here, and many scripts name nothing.
    targets: OnceCell<Vec<(String, Vec<Target>)>>,
    /// The regions that the script has lost so far.
    lost: RegionSet,
    /// The script has moved a writer so far.
    moves_writers: bool,
}

impl Resolver<'_> {
    fn targets(&self) -> &[(String, Vec<Target>)] {
        self.targets.get_or_init(|| names::targets(self.layout))
    }

    fn step(&mut self, step: &ScriptStep, to: &mut Vec<DriverAction>) -> Result<(), Problem> {
        let action = match step {
            ScriptStep::Publish(batch) => {
                let batch = self.batch(*batch)?;
                if !self.published.contains(&batch) {
                    self.published.push(batch);
                }
                DriverAction::Publish(batch)
            }
            ScriptStep::Await(Condition::DeliveredAll) => {
                let wait = |&batch| DriverAction::Await(Await::Batch(batch, Milestone::DELIVERED));
                to.extend(self.published.iter().map(wait));
                return Ok(());
            }
            ScriptStep::Await(condition) => DriverAction::Await(self.condition(condition)?),
            ScriptStep::Fault(kind, pattern) => {
                let faults = self.faults(*kind, pattern)?;
                DriverAction::Fault(self.striking(faults)?)
            }
            ScriptStep::FailSome(pattern) => {
                let faults = self.some(pattern)?;
                DriverAction::FaultSome(self.striking(faults)?)
            }
            ScriptStep::MoveWriter(kind, pattern, region) => {
                let moves = self.moves(*kind, pattern, *region)?;
                let moves = self.striking(moves)?;
                self.refuse_idle_moves(&moves)?;
                DriverAction::Fault(moves)
            }
            ScriptStep::Outage(region) => {
                let faults = self.outage(*region)?;
                DriverAction::Fault(self.striking(faults)?)
            }
            ScriptStep::Recover(pattern) => {
                let any = || Cause::Name(pattern.clone());
                let found = names::find(pattern, &self.key, self.targets(), |_| true, any)?;
                DriverAction::Recover(found)
            }
            ScriptStep::Redrive(pattern) => DriverAction::Redrive(self.queues(pattern)?),
            ScriptStep::Weights(weights) => {
                validate::weights_matter(self.scenario, &self.key)?;
                DriverAction::Weights(validate::weights(weights, self.scenario, &self.key)?)
            }
            // It is about the whole run.
            ScriptStep::Expect(Expectation::Objective(_)) => return Ok(()),
            ScriptStep::Expect(expectation) => DriverAction::Check(self.check(expectation)?),
        };
        to.push(action);
        Ok(())
    }

    /// These faults, if one of them can strike: nothing happens to what is in a region that the script
    /// has lost before, but that it is taken out of a DNS name. A region that they lose is lost from here on.
    fn striking(&mut self, faults: Vec<Fault>) -> Result<Vec<Fault>, Problem> {
        let gone = |fault: &Fault| {
            let region = fault.target.region(self.layout);
            fault.kind != FaultKind::Offline && region.is_some_and(|at| self.lost.contains(at))
        };
        if let Some(fault) = faults.first().filter(|_| faults.iter().all(gone)) {
            let region = fault.target.region(self.layout).expect("it is in a region that is lost");
            return self.problem(Cause::NeverStrikes {
                why: format!("region {region} is lost before it"),
                remedy: "put it in front of the loss, or leave it out",
            });
        }
        for fault in &faults {
            if let (FaultKind::Lose, Target::Region(region)) = (fault.kind, fault.target) {
                self.lost.insert(region);
            }
        }
        Ok(faults)
    }

    /// A writer does not move to where it is from the beginning.
    fn refuse_idle_moves(&mut self, moves: &[Fault]) -> Result<(), Problem> {
        let budget = &self.scenario.budget;
        let stays = self.lost.is_empty()
            && !self.moves_writers
            && [budget.switchover, budget.failover, budget.lose_region] == [0; 3];
        let writer = RegionId(self.scenario.aurora.writer.wrapping_sub(1));
        let to_itself = |fault: &Fault| fault.target.region(self.layout) == Some(writer);
        if stays && moves.iter().all(to_itself) {
            return self.problem(Cause::NeverStrikes {
                why: format!("the writer is in region {writer} from the beginning"),
                remedy: "name another region, or change aurora.writer",
            });
        }
        self.moves_writers = true;
        Ok(())
    }

    fn problem<T>(&self, cause: Cause) -> Result<T, Problem> {
        Err(Problem::new(self.key.clone(), cause))
    }

    fn batch(&self, number: u16) -> Result<BatchId, Problem> {
        let batches = self.scenario.records.batches.len();
        if number == 0 || usize::from(number) > batches {
            return self.problem(Cause::UnknownBatch { found: number, batches });
        }
        Ok(BatchId(number))
    }

    /// A batch that waits for ever would be counted among the records that a verdict is about.
    fn every_batch_is_published(&self) -> Result<(), Problem> {
        let batches = &self.scenario.records.batches;
        let numbered = (1..).map(BatchId).zip(batches);
        let mut unpublished = numbered.filter(|(batch, _)| !self.published.contains(batch));
        let Some((batch, &size)) = unpublished.next() else { return Ok(()) };
        if self.published.is_empty() {
            return Err(Problem::new("script", Cause::NothingPublished));
        }
        let size = plural(size.into(), "record", "records");
        let key = format!("records.batches[{}]", batch.index() - 1);
        Err(Problem::new(key, Cause::NeverPublished { batch: batch.0, size }))
    }

    fn published_batch(&self, number: u16) -> Result<BatchId, Problem> {
        let batch = self.batch(number)?;
        if !self.published.contains(&batch) {
            return self.problem(Cause::NeverTrue {
                why: format!("{batch} is not published before it"),
                remedy: "put a 'publish' step in front of it",
            });
        }
        Ok(batch)
    }

    fn condition(&self, condition: &Condition) -> Result<Await, Problem> {
        Ok(match condition {
            Condition::Published(batch) => {
                Await::Batch(self.published_batch(*batch)?, Milestone::ACCEPTED)
            }
            Condition::PublishedOrRefused(batch) => {
                Await::PublishedOrRefused(self.published_batch(*batch)?)
            }
            Condition::DeliveredBatch(batch) => {
                Await::Batch(self.published_batch(*batch)?, Milestone::DELIVERED)
            }
            Condition::Enqueued(queue, batch) if queue.contains('@') => {
                Await::EnqueuedAt(self.queue(queue)?, self.published_batch(*batch)?)
            }
            Condition::Enqueued(queue, batch) => {
                let milestone = Milestone(self.position(queue)? as u8);
                Await::Batch(self.published_batch(*batch)?, milestone)
            }
            Condition::Delivered(count) => {
                let batches = &self.scenario.records.batches;
                let size = |batch: &BatchId| batches[batch.index() - 1];
                let published: u32 = self.published.iter().map(size).sum();
                if *count > published {
                    return self.problem(Cause::NeverTrue {
                        why: format!("only {published} records are published before it"),
                        remedy: "wait for fewer, or publish more before",
                    });
                }
                Await::Delivered(*count)
            }
            Condition::Drained(region) => {
                Await::Drained(names::region(*region, &self.key, self.layout)?)
            }
            Condition::Quiescent => Await::Quiescent,
            Condition::Sometime => Await::Sometime,
            Condition::DeliveredAll => unreachable!("one await for each batch, made by the caller"),
        })
    }

    /// The position of the queues with a name without a region.
    fn position(&self, name: &str) -> Result<usize, Problem> {
        let known: Vec<String> =
            (0..self.layout.positions()).map(|position| self.layout.queue_name(position)).collect();
        if let Some(position) = known.iter().position(|known| known == name) {
            return Ok(position);
        }
        let near = words::closest(name, known.iter().map(String::as_str));
        let hint = match near {
            Some(near) => format!("; did you mean '{near}'?"),
            None => format!("; the queues are {}", known.join(", ")),
        };
        self.problem(Cause::UnknownComponent { name: name.to_owned(), hint })
    }

    fn faults(&self, kind: FaultKind, pattern: &str) -> Result<Vec<Fault>, Problem> {
        let wrong = || Cause::WrongKind {
            name: pattern.to_owned(),
            verb: verb(kind),
            remedy: kind.remedy(),
        };
        if kind == FaultKind::Lose
            && let Some(region) = pattern.strip_prefix('@')
        {
            return self.loss_of_a_region(region);
        }
        let fits = |target| kind.can_happen_to(target);
        let found = names::find(pattern, &self.key, self.targets(), fits, wrong)?;
        Ok(found.into_iter().map(|target| Fault { kind, target }).collect())
    }

    /// What may be among some components that fail: machines; containers are paused.
    fn some(&self, pattern: &str) -> Result<Vec<Fault>, Problem> {
        let wrong = || Cause::WrongKind {
            name: pattern.to_owned(),
            verb: "be among some that fail",
            remedy: "queues, containers, tables and replicators can; write 'fail' for anything else",
        };
        let fits = |target: Target| target.place().is_some();
        let found = names::find(pattern, &self.key, self.targets(), fits, wrong)?;
        let fault = |target| {
            let is_container = matches!(target, Target::Container(_));
            Fault { kind: if is_container { FaultKind::Pause } else { FaultKind::Fail }, target }
        };
        Ok(found.into_iter().map(fault).collect())
    }

    /// The writers of all global databases that match move to the region.
    fn moves(&self, kind: FaultKind, pattern: &str, to: u8) -> Result<Vec<Fault>, Problem> {
        let to = names::region(to, &self.key, self.layout)?;
        let name = |stage: StageId| format!("{}-table", self.layout.stages[stage.index()]);
        let found = self.layout.stage_ids().filter(|&stage| names::matches(pattern, &name(stage)));
        let found: Vec<StageId> = found.collect();
        if found.is_empty() {
            let known: Vec<String> = self.layout.stage_ids().map(name).collect();
            let hint = match words::closest(pattern, known.iter().map(String::as_str)) {
                Some(near) => format!("; did you mean '{near}'?"),
                None => format!("; databases are called {}", known.join(", ")),
            };
            return self.problem(Cause::UnknownComponent { name: pattern.to_owned(), hint });
        }
        let name = |stage: &StageId| &self.layout.stages[stage.index()];
        let has_writer =
            |stage: &StageId| self.scenario.of_stage(name(stage)).store == StoreKind::Aurora;
        let fault = |stage: StageId| Fault {
            kind,
            target: Target::Writer(ReplicatorId(stage.0.into()), to),
        };
        let faults: Vec<Fault> = found.into_iter().filter(has_writer).map(fault).collect();
        if faults.is_empty() {
            let (name, verb) = (pattern.to_owned(), verb(kind));
            return self.problem(Cause::WrongKind { name, verb, remedy: kind.remedy() });
        }
        Ok(faults)
    }

    /// The region is gone for good; another one has to be left.
    fn loss_of_a_region(&self, number: &str) -> Result<Vec<Fault>, Problem> {
        let region = names::region(number.parse().unwrap_or(0), &self.key, self.layout)?;
        let mut lost = self.lost;
        if lost.insert(region) && lost.len() == self.layout.regions {
            return self.problem(Cause::NoRegionLeft);
        }
        Ok(vec![Fault { kind: FaultKind::Lose, target: Target::Region(region) }])
    }

    /// Everything in the region fails, and it cannot be reached.
    fn outage(&self, number: u8) -> Result<Vec<Fault>, Problem> {
        let region = names::region(number, &self.key, self.layout)?;
        Ok(names::outage(region, self.targets()))
    }

    fn check(&self, expectation: &Expectation) -> Result<Check, Problem> {
        Ok(match expectation {
            Expectation::Delivered(count) => Check::Delivered(*count),
            Expectation::Waiting { queue, batch, records } => Check::Waiting {
                queue: self.queue(queue)?,
                batch: self.published_batch(*batch)?,
                records: *records,
            },
            Expectation::Unreplicated(batch) => Check::Unreplicated(self.published_batch(*batch)?),
            Expectation::Bypassed(region, batch) => Check::Bypassed(
                names::region(*region, &self.key, self.layout)?,
                self.published_batch(*batch)?,
            ),
            Expectation::DeadLettered(count) => Check::DeadLettered(*count),
            Expectation::State(pattern, state) => {
                let wrong = || Cause::WrongKind {
                    name: pattern.clone(),
                    verb: "be in such a state",
                    remedy: "name a container",
                };
                let fits = |target| matches!(target, Target::Container(_));
                let found = names::find(pattern, &self.key, self.targets(), fits, wrong)?;
                let containers = found.into_iter().filter_map(|target| {
                    if let Target::Container(id) = target { Some(id) } else { None }
                });
                Check::State(containers.collect(), *state)
            }
            Expectation::Objective(_) => unreachable!("it is no check, by the caller"),
        })
    }

    /// The one queue of that name.
    fn queue(&self, name: &str) -> Result<QueueId, Problem> {
        match self.queues(name)?.as_slice() {
            [id] => Ok(*id),
            _ => self.problem(no_queue(name)),
        }
    }

    /// The queues that match a pattern.
    fn queues(&self, pattern: &str) -> Result<Vec<QueueId>, Problem> {
        let fits = |target| matches!(target, Target::Queue(_));
        let wrong = || no_queue(pattern);
        let found = names::find(pattern, &self.key, self.targets(), fits, wrong)?;
        let queue = |target| if let Target::Queue(id) = target { Some(id) } else { None };
        Ok(found.into_iter().filter_map(queue).collect())
    }
}

fn no_queue(name: &str) -> Cause {
    Cause::WrongKind {
        name: name.to_owned(),
        verb: "hold waiting records",
        remedy: "name a queue with its region, as in 'inbound-queue@1'",
    }
}

/// What happens to a component, as in "it cannot …".
fn verb(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Offline => "be taken offline",
        FaultKind::Lose => "be lost",
        FaultKind::Deploy | FaultKind::Rollback => "be deployed",
        FaultKind::Pause
        | FaultKind::Crash
        | FaultKind::Fail
        | FaultKind::Switchover
        | FaultKind::Failover => kind.name(),
    }
}

//! Replication in a replay. P's front of a global table tells the region's table and the replicator at the same time;
//! here replication follows the store. So a row is replicated, and applied, as soon after its lines as it can be.

use std::collections::BTreeSet;

use active_active::model::{MachineId, Message};
use active_active::sim::Choice;

use super::meaning::Kind;
use super::read::Line;
use super::replay::{Replay, What, record_of};

impl Replay<'_> {
    /// A row is to be replicated, or applied, as soon as it can.
    pub(super) fn owe(&mut self, machine: MachineId, line: &Line) -> Result<(), What> {
        let cause = &self.run.lines[line.by - 1];
        if cause.details.record != line.details.record {
            return Err(format!("its cause, line {}, is about another record", cause.file_line));
        }
        if !self.known.insert((machine, record_of(line))) {
            self.nothing(STORED_AGAIN);
            return Ok(());
        }
        *self.owed.entry(machine).or_default().entry(record_of(line)).or_default() += 1;
        Ok(())
    }

    /// Replicates and applies what is owed, as far as that can be, and lets a writer move, which is a matter of messages
    /// here.
    pub(super) fn catch_up(&mut self) -> Result<(), What> {
        while let Some((machine, record)) = self.next_owed() {
            self.choose(Choice::Step(machine))?;
            let Some(record) = record else { continue };
            self.alike.steps += 1;
            let owed = self.owed.get_mut(&machine).expect("it was found there");
            let times = owed.get_mut(&record).expect("it was found there");
            *times -= 1;
            if *times == 0 {
                owed.remove(&record);
            }
        }
        self.owed.retain(|_, rows| !rows.is_empty());
        Ok(())
    }

    /// Where the stores of two regions came in another order than P's front told them, or a front has not passed on
    /// a write when the run ends, rows that P has not handled can be in the way of those that it has.
    pub(super) fn clear_the_way(&mut self) -> Result<(), What> {
        while let Some((&machine, _)) = self.owed.iter().find(|&(&machine, _)| {
            let next = self.simulation.next_message(machine);
            let is_row = |next: &Message| {
                matches!(
                    next,
                    Message::Replicate { .. } | Message::Apply { .. } | Message::Insert { .. }
                )
            };
            next.is_some_and(is_row) && self.simulation.enabled().contains(Choice::Step(machine))
        }) {
            let record = self.simulation.next_message(machine).and_then(Message::record);
            self.cleared.extend(record.map(|record| (machine, record.0)));
            self.choose(Choice::Step(machine))?;
            self.catch_up()?;
        }
        Ok(())
    }

    /// The machine that has a row to replicate or to apply, and the record; or one that hears that a writer moves.
    fn next_owed(&self) -> Option<(MachineId, Option<u16>)> {
        let machines = (0..self.script.plan.layout.machines() as u16).map(MachineId);
        let mut enabled =
            machines.filter(|&machine| self.simulation.enabled().contains(Choice::Step(machine)));
        let hears = |&machine: &MachineId| {
            matches!(self.simulation.next_message(machine), Some(Message::Handover { .. }))
        };
        if self.run.is_passive()
            && let Some(machine) = enabled.find(hears)
        {
            return Some((machine, None));
        }
        self.owed.iter().find_map(|(&machine, rows)| {
            let (Message::Replicate { copy, .. } | Message::Apply { copy, .. }) =
                self.simulation.next_message(machine)?
            else {
                return None;
            };
            let can = self.simulation.enabled().contains(Choice::Step(machine));
            (can && rows.contains_key(&copy.id.0)).then_some((machine, Some(copy.id.0)))
        })
    }

    /// Rows that P has replicated, or applied, and not stored when the run ends, have no step.
    pub(super) fn excuse_what_is_ahead(&mut self) {
        for (machine, mut rows) in std::mem::take(&mut self.owed) {
            let name = self.script.plan.layout.name(machine).to_owned();
            rows.retain(|&record, times| {
                let ahead = self.is_ahead(&name, record);
                (0..*times).filter(|_| ahead).for_each(|_| self.nothing(AHEAD));
                !ahead
            });
            if !rows.is_empty() {
                self.owed.insert(machine, rows);
            }
        }
    }

    /// Whether the table, or the replicator, has a row of a region whose table has not stored it yet.
    pub(super) fn is_ahead(&self, machine: &str, record: u16) -> bool {
        let replicator = match machine.split_once("-table@") {
            Some((stage, _)) => format!("{stage}-replicator"),
            None => machine.to_owned(),
        };
        let is_it =
            |line: &&Line| line.machine == replicator && line.details.record == Some(record);
        let Some(line) = self.run.lines.iter().find(is_it) else { return false };
        // The table that the same front has told, if it has handled that.
        let stored = |other: &&Line| other.by == line.by && other.row.kind == Kind::Table;
        match self.run.lines.iter().find(stored) {
            Some(origin) => {
                let has = |rows: &BTreeSet<u16>| rows.contains(&record);
                origin.machine != machine
                    && !self.stored.get(origin.machine.as_str()).is_some_and(has)
            }
            None => true,
        }
    }

    /// Whether P's table of the other region has the record: its replication was under way when the run ended.
    pub(super) fn is_stored_elsewhere(&self, table: &str, record: u16) -> bool {
        let other = match table.strip_suffix("@1") {
            Some(stage) => format!("{stage}@2"),
            None => table.replace("@2", "@1"),
        };
        self.stored.get(other.as_str()).is_some_and(|rows| rows.contains(&record))
    }
}

/// Why a row is not replicated a second time.
const STORED_AGAIN: &str = "a container that was refused stores the record again: here that changes no row, and nothing is \
                            replicated";

/// Why a row that was replicated is not, when the run ends.
const AHEAD: &str = "P's front tells table and replicator at once, and replication is ahead of the store when the run \
                     ends: here it follows the store";

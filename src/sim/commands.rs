//! Commands of the script to single components, at once or as messages.

use crate::model::fault::{Fault, FaultKind, Target, Trait};
use crate::model::id::MachineId;
use crate::model::message::{Message, MessageKind};
use crate::model::options::Commands;
use crate::plan::{DriverAction, Plan, Strike};
use crate::scenario::ScriptStep;
use crate::sim::Pair;
use crate::sim::world::World;

impl World {
    /// The script lets these faults begin: now, or when each component is reached.
    pub(super) fn let_begin(&mut self, action: usize, faults: &[Fault], plan: &Plan) {
        let mut strikes = false;
        for (number, &fault) in faults.iter().enumerate() {
            match commanded(action, fault, plan) {
                Some(machine) => self.command(machine, action, number),
                None => strikes |= self.strike_by_script(fault, plan),
            }
        }
        if strikes {
            self.note_strike(Strike::of_script(action));
        }
    }

    /// One of the faults of a `fail some` begins, as above.
    pub(super) fn let_one_begin(
        &mut self,
        action: usize,
        number: usize,
        fault: Fault,
        plan: &Plan,
    ) {
        match commanded(action, fault, plan) {
            Some(machine) => self.command(machine, action, number),
            None => {
                if self.strike_by_script(fault, plan) {
                    self.note_strike(Strike::of_script(action));
                }
            }
        }
    }

    /// The script lets these faults end: now, or when each component is reached.
    pub(super) fn let_end(&mut self, action: usize, targets: &[Target], plan: &Plan) {
        for (number, &target) in targets.iter().enumerate() {
            match as_message(target, plan) {
                Some(machine) => self.command(machine, action, number),
                None => self.recover_by_script(target, plan),
            }
        }
    }

    /// A fault of the script begins. What it makes fail stays so until the script, or a healing, recovers it. Whether it
    /// changes anything.
    fn strike_by_script(&mut self, fault: Fault, plan: &Plan) -> bool {
        let strikes = self.strike(fault, plan);
        let comes_back =
            if let (FaultKind::Crash, Target::Container(id)) = (fault.kind, fault.target) {
                plan.restarts(id)
            } else {
                false
            };
        let lasts = [FaultKind::Fail, FaultKind::Pause, FaultKind::Crash].contains(&fault.kind);
        self.undone.retain(|undone| *undone != fault.target);
        if lasts
            && !comes_back
            && let Err(at) = self.held.binary_search(&fault.target)
        {
            self.held.insert(at, fault.target);
        }
        strikes
    }

    fn recover_by_script(&mut self, target: Target, plan: &Plan) {
        self.release(target);
        self.undone.retain(|undone| *undone != target);
        self.recover(target, plan);
    }

    /// The script does not make it fail any more.
    pub(super) fn release(&mut self, target: Target) {
        self.held.retain(|held| *held != target);
    }

    fn command(&mut self, machine: MachineId, action: usize, number: usize) {
        let (action, number) = (action as u16, number as u16);
        self.out.send_command(machine, Message::Command { action, number });
    }

    /// A command has reached its component.
    #[cold]
    ///
    /// # Panics
    ///
    /// If the message that is being handled is none.
    pub(super) fn obey(&mut self, machine: MachineId, plan: &Plan) -> Pair {
        let Message::Command { action, number } = self.current else {
            unreachable!("{:?} is no command", self.current)
        };
        let (action, number) = (usize::from(action), usize::from(number));
        let (kind, state) = self.kind_and_state(machine, plan);
        match &plan.actions[action] {
            DriverAction::Fault(faults) | DriverAction::FaultSome(faults) => {
                if self.strike_by_script(faults[number], plan) {
                    self.note_strike(Strike::of_script(action));
                }
            }
            DriverAction::Recover(targets) => self.recover_by_script(targets[number], plan),
            DriverAction::Publish(_)
            | DriverAction::Await(_)
            | DriverAction::Redrive(_)
            | DriverAction::Weights(_)
            | DriverAction::Check(_) => unreachable!("action {action} commands no component"),
        }
        self.out.keep_closed(machine);
        Pair { machine: kind, state, message: MessageKind::Command }
    }

    /// All commands on their way reach their components: a healing of a system that goes round comes after what the
    /// script has told it.
    pub(super) fn obey_all(&mut self, plan: &Plan) {
        if plan.scenario().commands == Commands::AtOnce {
            return;
        }
        for machine in (0..plan.layout.machines() as u16).map(MachineId) {
            let mut commands = Vec::new();
            self.out.retain(machine, |message| {
                let is_command = matches!(message, Message::Command { .. });
                commands.extend(is_command.then_some(*message));
                !is_command
            });
            for command in commands {
                self.current = command;
                self.obey(machine, plan);
            }
        }
    }
}

/// The machine that is told of a fault of this action, if a message tells it.
fn commanded(action: usize, fault: Fault, plan: &Plan) -> Option<MachineId> {
    let is_command = fault.kind.is(Trait::Local);
    let is_outage = matches!(plan.script_line(action), ScriptStep::Outage(_));
    as_message(fault.target, plan).filter(|_| is_command && !is_outage)
}

/// The machine that a command about the target is a message to, if commands are messages.
fn as_message(target: Target, plan: &Plan) -> Option<MachineId> {
    match plan.scenario().commands {
        Commands::AtOnce => None,
        Commands::AsMessages => plan.commanded(target),
    }
}

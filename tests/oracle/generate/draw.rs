//! What a case of the oracle is drawn from.

use active_active::model::fault::FaultKind;
use active_active::plan::{Plan, names};
use active_active::scenario::options;
use active_active::scheduler::seed::below;
use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use super::{
    ANY_LOSS, CHECKED, PARKED, SOUND, STAGES, UNSOUND, VERSIONS_CHECKED, fitted, switch,
    with_what_it_needs,
};

/// The numbers of a case.
pub(super) struct Draw(pub(super) Xoshiro256PlusPlus);

impl Draw {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        below(self.0.next_u32(), bound)
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A topology, batches, and up to two changes of the design.
    pub(super) fn changes(&mut self) -> Vec<String> {
        let sizes: Vec<String> = (0..3).map(|_| (1 + self.below(3)).to_string()).collect();
        let regions = 2 + self.below(4) / 3;
        let mut changes = vec![
            format!("records.batches={}", sizes.join(",")),
            format!("topology.stages={}", self.pick(STAGES)),
            format!("topology.regions={regions}"),
            format!("topology.containers={}", 1 + self.below(4) / 3),
        ];
        if self.below(3) == 0 {
            let weights: Vec<String> = (0..regions).map(|_| self.below(3).to_string()).collect();
            changes.push(format!("dns.weights={}", weights.join(",")));
        }
        if self.below(2) == 0 {
            changes.push(format!("budget.crash={}", self.below(4)));
        }
        if self.below(6) == 0 {
            changes.push("queue.delivery=standard".to_owned());
            changes.push("budget.reorder=3".to_owned());
        }
        if self.below(6) == 0 {
            changes.push("budget.visibility_timeout=3".to_owned());
        }
        if self.below(4) == 0 {
            changes.push(format!("records.keys={}", 1 + self.below(4)));
            // Either alone is as far as most runs come before something goes back; both are sound.
            let checked = [&VERSIONS_CHECKED[..], &VERSIONS_CHECKED[..1], &VERSIONS_CHECKED[1..]];
            let checked = [checked.as_slice(), &[&[]]].concat();
            changes.extend(self.pick(&checked).iter().map(|&change| change.to_owned()));
        }
        match self.below(3) {
            0 => changes.push(format!("rpo.records={}", self.below(2))),
            _ => changes.push(ANY_LOSS.to_owned()),
        }
        if self.below(6) == 0 {
            changes.push(format!("queue.capacity={}", 1 + self.below(3)));
        }
        if self.below(6) == 0 {
            changes.push("records.unreadable=1".to_owned());
        }
        self.poison(&mut changes);
        self.rollout(&mut changes);
        if self.below(6) == 0 {
            changes.push(format!("speed.*-container*@1={}", 2 + self.below(9)));
        }
        if self.below(4) == 0 {
            changes.push(format!("dns.health_threshold={}", 1 + self.below(3)));
            let change: &&str = self.pick(CHECKED);
            changes.extend(with_what_it_needs(change));
        }
        // It shows only where replication fails as well.
        if self.below(12) == 0 {
            changes.push("replication.on_failure=drop".to_owned());
        }
        if self.below(4) == 0 {
            changes.push("store.default=aurora".to_owned());
        }
        let is_sound = self.below(2) == 0;
        if is_sound && self.below(4) == 0 {
            changes.push("replication.mode=strong".to_owned());
            changes.push(format!("replication.witness={}", regions == 2));
        }
        self.great_faults(&mut changes);
        for _ in 0..self.below(3) {
            let change: &&str = self.pick(if is_sound { &SOUND } else { &UNSOUND });
            changes.extend(with_what_it_needs(change));
        }
        if changes.iter().any(|change| change == "table.clock=per-region") && self.below(2) == 0 {
            changes.push(format!("table.skew={}", 1 + self.below(20)));
        }
        self.one_stage(&mut changes);
        changes
    }

    /// In one case of four, what can differ between stages is set for one stage only.
    fn one_stage(&mut self, changes: &mut [String]) {
        let named = changes.iter().find_map(|change| change.strip_prefix("topology.stages="));
        let stages: Vec<String> =
            named.into_iter().flat_map(|names| names.split(',')).map(str::to_owned).collect();
        if self.below(4) > 0 || stages.is_empty() {
            return;
        }
        let stage = self.pick(&stages).clone();
        for change in changes {
            let (key, value) = change.split_once('=').expect("KEY=VALUE");
            let own = options::find(key).and_then(|option| option.key_of_stage(&stage));
            if let (Some(own), true) = (own, self.below(2) == 0) {
                *change = format!("{own}={value}");
            }
        }
    }

    /// Records that no container can process, in one case of twelve.
    fn poison(&mut self, changes: &mut Vec<String>) {
        if self.below(12) == 0 {
            // Three of four are given up after a few deliveries, and two of those are parked.
            changes.push(format!("records.poison={}", self.pick(&["1", "2", "1,3"])));
            if self.below(4) > 0 {
                changes.push(format!("queue.max_receives={}", 2 + self.below(2)));
                let most = self.pick(&["", "queue.parked_max=1", PARKED, PARKED]);
                if !most.is_empty() {
                    changes.extend(["queue.dead_letters=parked", most].map(str::to_owned));
                }
            }
        }
    }

    /// Containers of the old release, and records that they cannot read, in one case of thirty.
    fn rollout(&mut self, changes: &mut Vec<String>) {
        if self.below(30) == 0 {
            changes.push("topology.old_containers=1".to_owned());
            changes.push(format!("records.new_format_from={}", 1 + self.below(4)));
        }
    }

    /// What concerns a table, a region or the writer of a database as a whole.
    fn great_faults(&mut self, changes: &mut Vec<String>) {
        let great = ["lose_table", "outage", "outage", "lose_region"];
        if self.below(4) == 0 {
            changes.push(format!("budget.{}=1", self.pick(&great)));
        }
        if self.below(3) == 0 && changes.iter().any(|change| change == "store.default=aurora") {
            let moves = ["switchover", "failover"];
            changes.push(format!("budget.{}=1", self.pick(&moves)));
        }
    }

    /// A scenario with a script of arbitrary faults, awaits and expectations.
    pub(super) fn script(&mut self, changes: &mut Vec<String>) -> Option<String> {
        let published = "script = [\"publish 1\", \"publish 2\", \"publish 3\"]";
        let plan = fitted(published, changes)?;
        let mut lines = Vec::new();
        for batch in 1..=3 {
            for _ in 0..self.below(4) {
                lines.push(self.line(&plan, batch - 1));
            }
            lines.push(format!("publish {batch}"));
        }
        for _ in 0..self.below(4) {
            lines.push(self.line(&plan, 3));
        }
        if self.below(6) == 0 && !changes.iter().any(|change| change.starts_with("dns.")) {
            lines = switch(changes);
        }
        Some(format!("name = \"generated\"\nscript = {lines:?}"))
    }

    /// One line, when so many batches were published.
    fn line(&mut self, plan: &Plan, published: usize) -> String {
        let targets = names::targets(&plan.layout);
        let (name, parts) = self.pick(&targets).clone();
        let can = |kind: FaultKind| parts.iter().all(|&part| kind.can_happen_to(part));
        let region = 1 + self.below(plan.layout.regions);
        let queue = plan.layout.queue_name(self.below(plan.layout.positions()));
        let batch = 1 + self.below(published.max(1));
        let fault = [
            FaultKind::Pause,
            FaultKind::Crash,
            FaultKind::Fail,
            FaultKind::Offline,
            FaultKind::Lose,
            FaultKind::Deploy,
            FaultKind::Rollback,
        ];
        let kind = *self.pick(&fault);
        let planned = [FaultKind::Switchover, FaultKind::Failover];
        let (moves, to) = (*self.pick(&planned), 1 + self.below(plan.layout.regions));
        match self.below(if plan.has_database() { 32 } else { 28 }) {
            0..10 if can(kind) => format!("{} {name}", kind.name()),
            0..16 => format!("recover {name}"),
            16 => format!("weights{} 0", " 1".repeat(plan.layout.regions - 1)),
            17 => "await quiescent".to_owned(),
            18 => "expect dead-lettered 0".to_owned(),
            19 if published > 0 => format!("await enqueued {queue} batch {batch}"),
            20 if published > 0 => format!("await enqueued {queue}@{region} batch {batch}"),
            21 if published > 0 => format!("expect waiting {queue}@{region} batch {batch}"),
            22 if published > 0 => format!("expect bypassed @{region} batch {batch}"),
            23 if published > 0 => format!("expect unreplicated batch {batch}"),
            24 if region > 1 => format!("lose @{region}"),
            25 => "await sometime".to_owned(),
            26 => format!("redrive {queue}@{region}"),
            27 if published > 0 => format!("expect delivered {}", batch + region),
            28.. => format!("{} *-table to @{to}", moves.name()),
            _ => format!("await drained @{region}"),
        }
    }
}

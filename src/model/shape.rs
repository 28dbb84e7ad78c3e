//! The shape of a pipeline: where each of its stages sends to.
//!
//! A *position* is a queue in front of something: that of number *n* is in front of stage *n*, the last one in front of the
//! destination. So a stage, the queue that its containers read and the position have one number, in every shape; a shape says
//! to which positions a stage publishes. Ways only lead forward, so that no record goes round.
//!
//! ```
//! use active_active::plan::Plan;
//! use active_active::scenario::Scenario;
//!
//! let plan = |text: &str| Plan::new(&Scenario::parse(text).expect("it is a scenario"));
//! let text = r#"
//!     topology.stages = ["ledger", "notify", "audit"]
//!     stage.ledger.to = ["notify", "audit"]
//!     script = ["publish 1"]
//! "#;
//! let layout = plan(text)?.layout;
//! let next: Vec<Vec<String>> = layout.stage_ids().map(|stage| {
//!     let next = layout.shape.next(stage).iter();
//!     next.map(|&position| layout.queue_name(position.into())).collect()
//! }).collect();
//! assert_eq!(next[0], ["ledger-notify-queue", "ledger-audit-queue"]);
//! assert_eq!([&next[1], &next[2]], [&["outbound-queue"]; 2]);
//! # Ok::<(), active_active::scenario::Problem>(())
//! ```

use crate::model::id::StageId;

/// Where the stages send to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shape {
    /// By stage: where it sends to.
    next: Vec<Next>,
    /// By position: the stages that send to it.
    previous: Vec<Vec<StageId>>,
    /// Each stage sends to the one after it, and the last one to the destination.
    is_line: bool,
}

/// Where one stage sends to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Next {
    /// Positions, all greater than that of the stage, in the order in which it publishes; none if records end there.
    pub(crate) positions: Vec<u8>,
    /// It sends a record to one of them: that of the number which remains when the key is divided by this, and the quotient
    /// by the number of positions. None if it sends to all.
    pub(crate) divisor: Option<usize>,
}

/// Some of the positions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Positions(u32);

impl Positions {
    /// Adds a position.
    pub(crate) fn insert(&mut self, position: usize) {
        self.0 |= 1 << position;
    }

    /// Takes a position away.
    pub(crate) fn remove(&mut self, position: usize) {
        self.0 &= !(1 << position);
    }

    /// Whether this position is one of them.
    #[inline]
    pub fn contains(self, position: usize) -> bool {
        self.0 >> position & 1 == 1
    }

    /// One bit for each.
    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One after the other, in ascending order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..u32::BITS as usize).filter(move |&position| self.contains(position))
    }
}

impl Shape {
    pub(crate) fn new(next: Vec<Next>) -> Shape {
        let to_next = |(stage, next): (usize, &Next)| {
            next.divisor.is_none() && next.positions == [stage as u8 + 1]
        };
        let is_line = next.iter().enumerate().all(to_next);
        let mut previous = vec![Vec::new(); next.len() + 1];
        for (stage, next) in next.iter().enumerate() {
            let to = next.positions.iter();
            to.for_each(|&to| previous[usize::from(to)].push(StageId(stage as u8)));
        }
        Shape { next, previous, is_line }
    }

    /// One stage after the other.
    pub(crate) fn line(stages: usize) -> Shape {
        let next = |stage| Next { positions: vec![stage as u8 + 1], divisor: None };
        Shape::new((0..stages).map(next).collect())
    }

    /// Whether one stage comes after the other, and the destination after the last one.
    #[inline]
    pub fn is_line(&self) -> bool {
        self.is_line
    }

    /// The positions that containers of a stage publish to, in their order; to one of them if the stage
    /// [routes](Shape::routes).
    #[inline]
    pub fn next(&self, stage: StageId) -> &[u8] {
        &self.next[stage.index()].positions
    }

    /// Whether a stage sends a record to one of several positions, by its key.
    pub fn routes(&self, stage: StageId) -> bool {
        self.next[stage.index()].divisor.is_some()
    }

    /// The positions that containers of a stage publish records of a key to, in their order.
    pub fn next_of(&self, stage: StageId, key: usize) -> &[u8] {
        let Next { positions, divisor } = &self.next[stage.index()];
        match divisor {
            None => positions,
            Some(divisor) => {
                let choice = key / divisor % positions.len();
                &positions[choice..=choice]
            }
        }
    }

    /// The stages that send to a position; none to the first one, which gets what is published.
    #[inline]
    pub fn previous(&self, position: usize) -> &[StageId] {
        &self.previous[position]
    }

    /// The position in front of the destination.
    #[inline]
    pub fn last(&self) -> usize {
        self.next.len()
    }

    /// Whether records end at the position: no stage is behind it, or one that sends nowhere.
    pub fn is_end(&self, position: usize) -> bool {
        self.next.get(position).is_none_or(|next| next.positions.is_empty())
    }

    /// A position, and those that a record of the key comes to from there.
    pub fn ahead_of(&self, position: usize, key: usize) -> Positions {
        let mut ahead = Positions::default();
        ahead.insert(position);
        for stage in position..self.next.len() {
            if ahead.contains(stage) {
                let next = self.next_of(StageId(stage as u8), key);
                next.iter().for_each(|&to| ahead.insert(to.into()));
            }
        }
        ahead
    }

    /// All positions that a record of the key comes to.
    pub fn way(&self, key: usize) -> Positions {
        self.ahead_of(0, key)
    }

    /// Those of them at which it ends.
    pub fn ends(&self, key: usize) -> Positions {
        let mut ends = Positions::default();
        let way = self.way(key);
        way.iter().filter(|&position| self.is_end(position)).for_each(|end| ends.insert(end));
        ends
    }

    /// Whether records of different keys come to a stage by different ways.
    pub(crate) fn joins_by_key(&self) -> bool {
        let routes = self.next.iter().any(|next| next.divisor.is_some());
        routes && (0..self.next.len()).any(|position| self.previous(position).len() > 1)
    }

    /// How many keys it takes until every way is taken.
    pub(crate) fn keys_min(&self) -> usize {
        let routes = self.next.iter().filter(|next| next.divisor.is_some());
        routes.map(|next| next.positions.len()).fold(1, usize::saturating_mul)
    }

    /// How often a record comes to a position where no fault disturbs it, in all; of one that is sent to several, each
    /// of its copies, and at most.
    pub(crate) fn visits(&self) -> u64 {
        // There are at most 16 stages; every run asks, so nothing is allocated.
        let mut visits = [0_u64; 17];
        visits[0] = 1;
        for (stage, next) in self.next.iter().enumerate() {
            for &to in &next.positions {
                let to = usize::from(to);
                visits[to] = visits[to].saturating_add(visits[stage]);
            }
        }
        visits.into_iter().fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(positions: &[u8]) -> Next {
        Next { positions: positions.to_vec(), divisor: None }
    }

    fn by_key(positions: &[u8], divisor: usize) -> Next {
        Next { positions: positions.to_vec(), divisor: Some(divisor) }
    }

    fn list(positions: Positions) -> Vec<usize> {
        positions.iter().collect()
    }

    #[test]
    fn a_line_leads_from_stage_to_stage() {
        let line = Shape::line(3);
        assert!(line.is_line());
        assert_eq!(list(line.way(0)), [0, 1, 2, 3]);
        assert_eq!(list(line.ends(0)), [3]);
        assert_eq!(list(line.ahead_of(2, 0)), [2, 3]);
        assert_eq!(line.previous(2), [StageId(1)]);
        assert_eq!((line.previous(0).len(), line.visits()), (0, 4));
        assert_eq!(Shape::new(vec![all(&[1]), all(&[2]), all(&[3])]), line);
    }

    #[test]
    fn a_record_that_is_sent_to_several_comes_to_all_of_them() {
        // 0 to 1 and 2; 1 ends; 2 to the destination.
        let shape = Shape::new(vec![all(&[1, 2]), all(&[]), all(&[3])]);
        assert!(!shape.is_line());
        assert_eq!(list(shape.way(0)), [0, 1, 2, 3]);
        assert_eq!(list(shape.ends(0)), [1, 3]);
        assert_eq!(list(shape.ahead_of(1, 0)), [1]);
        assert_eq!(shape.visits(), 4);
    }

    #[test]
    fn ways_that_meet_bring_a_record_once_each() {
        let shape = Shape::new(vec![all(&[1, 2]), all(&[3]), all(&[3]), all(&[4])]);
        assert_eq!(shape.previous(3), [StageId(1), StageId(2)]);
        // 1 + 1 + 1 + 2 + 2
        assert_eq!(shape.visits(), 7);
    }

    #[test]
    fn a_key_takes_one_of_the_ways() {
        let shape = Shape::new(vec![by_key(&[1, 2], 1), by_key(&[3, 4], 2), all(&[4]), all(&[4])]);
        assert_eq!(shape.keys_min(), 4);
        assert!(shape.routes(StageId(0)) && !shape.routes(StageId(2)));
        let ways: Vec<Vec<usize>> = (0..4).map(|key| list(shape.way(key))).collect();
        assert_eq!(ways, [vec![0, 1, 3, 4], vec![0, 2, 4], vec![0, 1, 4], vec![0, 2, 4]]);
    }
}

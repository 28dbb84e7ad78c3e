//! `AnsweredOnce`.

use crate::model::id::ContainerId;
use crate::spec::{Breach, Judgement};

/// A container hears once of each request that its table stored the record.
///
/// Catches databases that acknowledge a write a second time: a container that waits for another answer of its
/// table by then cannot tell them apart, and goes on with a record that is stored nowhere. Here the answer came
/// when it waited for none, which shows the fault before it does harm. Replies to an earlier life of a
/// container are another matter: it knows them by their number, and drops them. Source: the published model, in which
/// a container has no handler for such an answer.
#[derive(Clone, Copy, Debug)]
pub struct AnsweredOnce;

impl AnsweredOnce {
    /// A container heard of a record stored, and had been answered.
    pub(super) fn again(container: ContainerId) -> Judgement {
        Err(Breach::AnsweredAgain { container })
    }
}

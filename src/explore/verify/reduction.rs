//! Which steps need not be tried in every order.

use crate::explore::verify::point::Point;
use crate::explore::verify::progress::Tally;
use crate::plan::Plan;
use crate::sim::Choice;
use crate::spec::Breach;

#[derive(Debug)]
pub(super) struct Reduction;

impl Reduction {
    pub(super) fn none(_plan: &Plan) -> Reduction {
        Reduction
    }

    pub(super) fn settle(
        &self,
        _point: &mut Point,
        _path: &mut Vec<Choice>,
        _tally: &mut Tally,
    ) -> Result<u64, Breach> {
        Ok(0)
    }
}

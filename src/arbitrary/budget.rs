//! Which faults the scheduler may choose, from bytes.

use arbitrary::{Result, Unstructured};

use crate::scenario::Budget;

/// Faults of single machines, and of whole tables, regions and databases: which those are depends on
/// which of the four picks it is.
const BUDGET: [(u16, u16, u16); 8] =
    [(0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0), (3, 0, 0)];
/// The kinds of faults that [`BUDGET`] draws: the first ones of the table.
const PICKED: usize = 9;

/// A budget.
pub(super) fn of(bytes: &mut Unstructured<'_>) -> Result<Budget> {
    let mut later = [0; Budget::KEYS.len() - PICKED];
    let mut pick = || -> Result<(u16, u16, u16)> {
        let byte: u8 = bytes.arbitrary()?;
        let kind = byte.checked_sub(128).map_or(usize::MAX, |high| usize::from(high / 2));
        later.get_mut(kind).into_iter().for_each(|count| *count += 1);
        Ok(BUDGET[usize::from(byte) % BUDGET.len()])
    };
    let (crash, outage, lose_table) = pick()?;
    let (lost_reply, lose_region, both) = pick()?;
    let (visibility_timeout, switchover, twice) = pick()?;
    let (reorder, failover, again) = pick()?;
    let (lose_table, lose_region) = (lose_table + both, lose_region + both);
    let (switchover, failover) = (switchover + 2 * twice, failover + 2 * again);
    let of_machines = [crash, lost_reply, visibility_timeout, reorder];
    let of_regions = [lose_table, lose_region, switchover, failover, outage];
    Ok(Budget::of_counts(of_machines.into_iter().chain(of_regions).chain(later)))
}

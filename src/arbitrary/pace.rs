//! Speeds and times from bytes.

use arbitrary::{Result, Unstructured};

use super::spot;
use crate::scenario::Timing;
use crate::sketch::Speed;

/// How many speeds there are, and whether times are given.
const SPEEDS: [(u8, bool); 8] =
    [(0, false), (0, false), (0, false), (0, true), (1, true), (1, false), (2, false), (3, false)];
/// Milliseconds.
const TIMES: [u32; 8] = [1, 0, 2, 5, 20, 70, 500, 60_000];
const SPEED: [u32; 4] = [1, 2, 10, 1000];

/// Who is how fast, and how long things take.
pub(super) fn pace(bytes: &mut Unstructured<'_>) -> Result<(Vec<Speed>, Timing)> {
    let (count, is_timed) = *bytes.choose(&SPEEDS)?;
    let one = |_| {
        Ok(Speed { kind: bytes.arbitrary()?, spot: spot(bytes)?, speed: *bytes.choose(&SPEED)? })
    };
    let speeds = (0..count).map(one).collect::<Result<_>>()?;
    Ok((speeds, if is_timed { timing(bytes)? } else { Timing::default() }))
}

fn timing(bytes: &mut Unstructured<'_>) -> Result<Timing> {
    let mut timing = Timing {
        source_ms: *bytes.choose(&TIMES)?,
        dns_ms: *bytes.choose(&TIMES)?,
        destination_ms: *bytes.choose(&TIMES)?,
        queue_ms: *bytes.choose(&TIMES)?,
        container_ms: *bytes.choose(&TIMES)?,
        table_ms: *bytes.choose(&TIMES)?,
        replicator_ms: *bytes.choose(&TIMES)?,
        service_ms: 0,
        visibility_timeout_ms: 0,
        spread_percent: bytes.arbitrary::<u8>()? % 101,
        within_region_ms: *bytes.choose(&TIMES)?,
        between_regions_ms: *bytes.choose(&TIMES)?,
    };
    timing.service_ms = timing.replicator_ms;
    timing.visibility_timeout_ms = timing.between_regions_ms;
    Ok(timing)
}

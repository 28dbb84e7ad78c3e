//! For tests: the changes of each field of the health checks.

use super::HealthCheck;
use crate::fields::changes_of_each_field;

changes_of_each_field! {
    pub(crate) HealthCheck {
        unhealthy: [|health| health.unhealthy.0 ^= 1],
        probing: [|health| health.probing.0 ^= 1],
        again: [|health| health.again.0 ^= 1],
        streak: [|health| health.streak[0] += 1, |health| health.streak[7] += 1],
        awaited: [|health| health.awaited[0] += 1, |health| health.awaited[7] += 1],
        relapsed: [|health| health.relapsed.0 ^= 1],
    }
}

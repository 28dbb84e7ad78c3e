//! What a violation of each property says.

use active_active::spec::PropertyName;

/// By property: what happened, and what the reasons name.
pub(super) const WORDS: [(PropertyName, &str, &[&str]); PropertyName::ALL.len()] = [
    (PropertyName::NoInvention, "inbound-queue@1 has record 1 with value", &[]),
    (
        PropertyName::StoreBeforeForward,
        "only-container@1 sends record 1 on, and its own stage has not stored it",
        &["only-table@1 has no row for record 1"],
    ),
    (
        PropertyName::RemoveLast,
        "record 1 was removed from inbound-queue@1 before its stage stored it",
        &["only-table@1 has no row for record 1", "outbound-queue@1 never had it"],
    ),
    (
        PropertyName::NeverLost,
        "record 1 was accepted, is not delivered, and left the last queue that had it",
        &["never had it"],
    ),
    (
        PropertyName::EffectOnce,
        "the destination counted record 1 again when it came through region 1",
        &["record-destination counts whatever arrives"],
    ),
    (
        PropertyName::RoutedByPolicy,
        "in-dns sent record 1 to region 1; allowed was region 2",
        &["the weights are [1, 1], offline: 1"],
    ),
    (
        PropertyName::RegionFifo,
        "only-table@1 stored record 1 after record 2, which came to the region later",
        &[
            "inbound-queue@1 took record 1 before record 2",
            "inbound-queue@1 is first in, first out, and one container reads it",
        ],
    ),
    (
        PropertyName::AnsweredOnce,
        "only-container@1 hears that a record is stored, and has no request that was not answered",
        &["the writer has moved; what the old one wrote came to the new one by only-replicator"],
    ),
    (
        PropertyName::InOrder,
        " record 1 after record 2, which was published later",
        &[
            "record-source published record 1 before record 2",
            "record 1 came to region 1, record 2 to region 2: the regions changed while",
        ],
    ),
    (
        PropertyName::MonotoneVersion,
        "only-table@1 shows record 1, version 1 of key 1, and showed record 2, version 2",
        &["the last write wins: record 1 has a later write time than record 2"],
    ),
    (
        PropertyName::WithinRpo,
        "of 1 record something acknowledged is lost for good; rpo.records allows none",
        &["record 1: in no queue any more and not delivered; "],
    ),
    (
        PropertyName::Expectation,
        "'expect delivered 1' does not hold",
        &["1 record is not at the destination", "record 1 is in inbound-queue@1, in flight"],
    ),
    (
        PropertyName::Settles,
        "after 640 fair steps without a fault, driver is about to handle 'proceed'",
        &["driver is about to handle 'proceed'", "out-dns is about to handle 'receive'"],
    ),
    (
        PropertyName::DeliveredAll,
        "record 1 never reached the destination",
        &["record 1 was not accepted: record-source drops what is refused"],
    ),
    (
        PropertyName::StoredEverywhere,
        "record 1 was delivered, but only-table@1 lacks it",
        &["only-table@1 has no row", "only-table@2 has no row"],
    ),
    (
        PropertyName::Converged,
        "only-table@1 and only-table@2 differ in record 1",
        &["only-table@1 has a row for record 1", "only-table@2 has no row for record 1"],
    ),
    (
        PropertyName::Drained,
        "only-container@2 takes no more work",
        &["only-container@2 is Processing since step", "has not asked inbound-queue@2"],
    ),
    (
        PropertyName::Latency,
        "'expect latency max <= 20ms' does not hold: it is 27.000 ms",
        &[
            "record 1 was first sent at 1.0 ms and arrived at 28.0 ms",
            "1 of 1 record took longer than 20ms",
        ],
    ),
    (
        PropertyName::Rto,
        "'expect rto <= 20ms' does not hold: it is ",
        &["'crash only-container@1' struck at 0.0 ms", "record 1 was first sent at 1.0 ms"],
    ),
    (
        PropertyName::Rpo,
        "'expect rpo <= 10ms' does not hold: it is ",
        &[
            "'crash only-container@1' struck at ",
            "record 1 was acknowledged at 10.0 ms, and was nowhere else",
        ],
    ),
];

//! Lines that are steps of a script, and lines that are none.

use super::*;

#[test]
fn every_step_reads_back_what_it_writes() {
    let lines = [
        "publish 2",
        "await published batch 2",
        "await published or refused batch 2",
        "await enqueued inbound-preprocess-queue batch 2",
        "await enqueued inbound-preprocess-queue@1 batch 2",
        "await delivered batch 2",
        "await delivered 15",
        "await delivered all",
        "await drained @1",
        "await quiescent",
        "await sometime",
        "pause preprocess-container@1",
        "crash *-container@2",
        "fail inbound-queue@1",
        "fail some *@1",
        "offline in-dns@1",
        "deploy core@1",
        "deploy *@2",
        "deploy core-container-2@1",
        "deploy core-container-container*@1",
        "rollback core@1",
        "rollback core-container-2@1",
        "lose core-table@1",
        "lose @1",
        "switchover core-table to @2",
        "failover *-table to @1",
        "outage @1",
        "recover *@1",
        "redrive inbound-queue@1",
        "weights 3 1",
        "expect delivered 20",
        "expect waiting inbound-preprocess-queue@1 batch 2",
        "expect waiting inbound-preprocess-queue@1 batch 2 records 5",
        "expect unreplicated batch 2",
        "expect bypassed @1 batch 2",
        "expect dead-lettered 0",
        "expect state preprocess-container@1 FailedDependency",
        "expect latency p99 <= 2s",
        "expect latency p99.9 <= 2000ms",
        "expect latency max <= 1min",
        "expect rto <= 60s",
        "expect rpo <= 5s",
    ];
    for line in lines {
        let step: ScriptStep = line.parse().expect("the line is in the module's list");
        assert_eq!(step.to_string(), line);
    }
}

#[test]
fn refuses_lines_that_are_not_whole() {
    for line in [
        "",
        "publish",
        "publish x",
        "await",
        "await 3",
        "pause",
        "crash a b",
        "fail some",
        "fail some a b",
        "await published or refused",
        "weights",
        "weights a",
        "expect",
        "expect waiting q",
        "expect waiting q batch 1 x",
        "await drained 1",
        "publish 1 2",
        "halt",
        "switchover core-table",
        "failover core-table to 2",
    ] {
        let error = line.parse::<ScriptStep>().expect_err("the line is not a step");
        assert!(!error.to_string().is_empty());
    }
}

//! What `active-active replay tests/stories/stranded-overwrite.toml --as-test` prints.

/// MonotoneVersion is violated: inbound-table@1 shows record 1, version 1 of key 1, and showed record 2, version 2, before.
///
/// When the design is put right, change the scenario below and expect `verdict = "holds"`.
#[test]
fn stranded_overwrite_monotone_version() {
    let text = r#"
# A saved run. Its story: active-active replay FILE
format = 2

[expected]
verdict = "violated"
property = "MonotoneVersion"
step = 35
what = "inbound-table@1 shows record 1, version 1 of key 1, and showed record 2, version 2, before"

[scenario]
name = "stranded-overwrite"
script = ["publish 1"]

[scenario.records]
batches = [2]
keys = 1

[scenario.topology]
stages = ["inbound"]

[run]
# Every machine in turn, but for this.
deviations = [
    "step 11: hold inbound-container@1",
]
"#;
    let saved = active_active::saved::SavedRun::parse(text, "the saved run");
    let replayed = saved.unwrap_or_else(|error| panic!("{error}")).replay();
    assert_eq!(replayed.misfit, None);
    assert!(replayed.matches_expected, "{:?}", replayed.outcome.verdict);
}

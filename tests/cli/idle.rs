//! What makes no difference, and is named.

use super::Place;

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("it is JSON")
}

/// A batch that is published again sends what was not accepted: nothing, if all was. A container that drains is replaced when it has
/// finished, and that is no nothing. A setting that nothing brings to bear is named as a fault is that never struck.
#[test]
fn what_makes_no_difference_is_named() {
    let place = Place::new();
    let never = |script: &str, rest: &str| {
        let system = "topology.stages = ['core']\nrecords.batches = [2]";
        place.write("same.toml", format!("name = 'same'\nscript = [{script}]\n{system}\n{rest}"));
        let sweep = json(&place.run("sweep same.toml --runs 20 --format json").stdout);
        let verify = json(&place.run("verify same.toml --format json").stdout);
        assert_eq!(sweep["never_struck"], verify["never_struck"], "{script} {rest}");
        sweep["never_struck"].clone()
    };
    let twice = "'publish 1', 'await published batch 1', 'publish 1', 'await delivered all'";
    let again = serde_json::json!(["'publish 1' again (all of it was accepted before)"]);
    assert_eq!(never(twice, ""), again);
    // Not even while the source is at it: it goes on by itself.
    assert_eq!(never("'publish 1', 'publish 1', 'await delivered all'", ""), again);
    let refused = "'fail inbound-queue@1', 'publish 1', 'await quiescent', 'recover *', 'publish 1', \
                   'await delivered all'";
    assert_eq!(never(refused, "source.on_refusal = 'abort'"), serde_json::json!([]));
    let deploys = "'publish 1', 'deploy core@1', 'await delivered all'";
    assert_eq!(never(deploys, "container.on_stop = 'drain'"), serde_json::json!([]));
    let unread = "container.on_unreadable=give-up, which needs something like records.unreadable=1";
    assert_eq!(never(twice, "container.on_unreadable = 'give-up'")[1], unread);
}

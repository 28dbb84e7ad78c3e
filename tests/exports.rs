//! Each export is read by a reader of its format.

use serde_json::Value;

use crate::common::program::program;

/// What `active-active export` prints.
fn export(arguments: &str) -> String {
    let mut command = program();
    let output = command.args(["export"]).args(arguments.split(' ')).output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(errors, "", "{arguments}");
    String::from_utf8(output.stdout).expect("it prints text")
}

const UNSOUND: &str = "crash-anywhere --set container.on_duplicate=skip";

#[test]
fn mermaid_names_every_participant_it_uses() {
    for what in ["f1-fail-container --runs 5", UNSOUND] {
        let text = export(&format!("mermaid {what}"));
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("sequenceDiagram"));
        let declared = text.lines().filter(|line| line.starts_with("    participant ")).count();
        let mut arrows = 0;
        for line in lines {
            let line = line.trim_start();
            let Some((ends, _)) = line.split_once(": ") else {
                assert!(line.starts_with("participant m"), "{line}");
                continue;
            };
            let ends = ends.strip_prefix("Note over ").unwrap_or_else(|| {
                arrows += 1;
                ends
            });
            if ends == "accTitle" {
                continue;
            }
            for end in ends.split([',', '-', ')', 'x']).filter(|end| !end.is_empty()) {
                let number: usize = end.trim_start_matches('m').parse().expect("m and a number");
                assert!(number < declared, "{line}");
            }
        }
        assert!(arrows > 5, "{text}");
    }
}

#[test]
fn the_drawing_is_xml_and_lies_inside_of_itself() {
    for what in ["f1-fail-container --runs 5", UNSOUND] {
        let text = export(&format!("svg {what}"));
        let document = roxmltree::Document::parse(&text).expect("it is XML");
        let root = document.root_element();
        let number = |node: roxmltree::Node<'_, '_>, name: &str| {
            node.attribute(name).and_then(|text| text.parse::<f64>().ok())
        };
        let width = number(root, "width").expect("it has a width");
        let height = number(root, "height").expect("it has a height");
        for node in root.descendants().filter(|node| node.has_tag_name("text")) {
            for (name, most) in [("x", width), ("y", height)] {
                let at = number(node, name).expect("a text has a place");
                assert!((0.0..=most).contains(&at), "{:?} at {at} of {most}", node.text());
            }
        }
    }
}

#[test]
fn the_trace_has_every_step_and_its_arrows_end_where_they_can() {
    let trace: Value =
        serde_json::from_str(&export("chrome-trace f1-fail-container --runs 5")).expect("JSON");
    let events = trace["traceEvents"].as_array().expect("a list");
    let of = |phase: &str| {
        let phase = phase.to_owned();
        events.iter().filter(move |event| event["ph"] == phase.as_str())
    };
    assert_eq!(of("X").count(), 1_862);
    assert_eq!(of("s").count(), of("f").count());
    assert!(of("s").count() > 1_500);
    for event in events {
        let is_meta = event["ph"] == "M";
        assert!(is_meta || event["ts"].is_u64(), "{event}");
        assert!(event["pid"].is_u64() && event["name"].is_string(), "{event}");
    }
    // Both ends of an arrow lie in a slice of their thread; slices of a thread do not overlap.
    let mut slices = std::collections::BTreeMap::new();
    for event in of("X") {
        let key = (event["pid"].as_u64(), event["tid"].as_u64(), event["ts"].as_u64());
        assert_eq!(event["dur"], 1_000);
        assert_eq!(slices.insert(key, event), None);
    }
    for event in of("s").chain(of("f")) {
        let ts = event["ts"].as_u64().map(|ts| ts - ts % 1_000);
        let key = (event["pid"].as_u64(), event["tid"].as_u64(), ts);
        assert!(slices.contains_key(&key), "{event}");
    }
    let faults: Vec<&Value> = of("b").map(|event| &event["name"]).collect();
    assert_eq!(faults, ["pause preprocess-container@1"]);
}

/// With a time, slices are as long as services take, begin when their machine is free, and arrows end
/// where they can.
#[test]
fn the_trace_of_a_run_with_a_time_is_in_its_microseconds() {
    let timed = "f1-fail-container --scheduler timed --runs 2";
    let trace: Value =
        serde_json::from_str(&export(&format!("chrome-trace {timed}"))).expect("JSON");
    assert_eq!(trace["otherData"]["unit"], "virtual milliseconds");
    let events = trace["traceEvents"].as_array().expect("a list");
    let of = |phase: &str| {
        let phase = phase.to_owned();
        events.iter().filter(move |event| event["ph"] == phase.as_str())
    };
    let us = |event: &Value, name: &str| event[name].as_u64().expect("microseconds");
    let thread = |event: &Value| (event["pid"].as_u64(), event["tid"].as_u64());
    let mut slices = std::collections::BTreeMap::<_, Vec<(u64, u64)>>::new();
    for event in of("X") {
        let (begin, took) = (us(event, "ts"), us(event, "dur"));
        // Queues take 2 ms on average and no longer than twice that, the slowest machine 5.
        assert!(took <= 10_000, "{event}");
        let before = slices.entry(thread(event)).or_default();
        assert!(before.last().is_none_or(|&(_, end)| end <= begin), "{event} overlaps {before:?}");
        before.push((begin, begin + took));
    }
    for event in of("s").chain(of("f")) {
        let at = us(event, "ts");
        let on = &slices[&thread(event)];
        assert!(on.iter().any(|&(begin, end)| (begin..=end).contains(&at)), "{event}");
    }
    let ends = of("X").map(|event| us(event, "ts") + us(event, "dur"));
    let csv = export(&format!("csv {timed}"));
    assert!(csv.starts_with("step,ms,component,metric,value\n"));
    let last = csv.lines().rfind(|line| line.contains("record-destination,delivered,30"));
    let cells: Vec<&str> = last.expect("all are delivered").split(',').collect();
    let ms: f64 = cells[1].parse().expect("a number");
    let latency = csv.lines().find(|line| line.contains(",record-30,latency_ms,"));
    assert!(latency.is_some(), "{csv}");
    assert!(ms * 1_000.0 <= ends.max().expect("there are slices") as f64);
}

#[test]
fn the_table_ends_with_everything_delivered() {
    let text = export("csv f1-fail-container --runs 5");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("step,component,metric,value"));
    let mut last = std::collections::BTreeMap::new();
    let mut before = 0;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let [step, component, metric, value] = cells.try_into().expect("four cells");
        let step: u64 = step.parse().expect("a number");
        assert!(step >= before, "{line}");
        before = step;
        last.insert((component, metric), value.parse::<u64>().expect("a number"));
    }
    assert_eq!(last[&("record-destination", "delivered")], 30);
    assert_eq!(last[&("record-source", "accepted")], 30);
    assert_eq!(last[&("inbound-preprocess-queue@1", "records")], 0);
    assert_eq!(last[&("preprocess-replicator", "backlog_rows")], 0);
    let latencies = last.iter().filter(|((_, metric), _)| *metric == "latency_steps");
    assert_eq!(latencies.clone().count(), 30);
    assert!(latencies.clone().all(|(_, &steps)| steps > 20));
}

#[test]
fn ci_systems_see_what_failed() {
    for (what, failures) in [("f1-fail-container --runs 5", 0), (UNSOUND, 1)] {
        let text = export(&format!("junit {what}"));
        let document = roxmltree::Document::parse(&text).expect("it is XML");
        let suite = document.descendants().find(|node| node.has_tag_name("testsuite"));
        let suite = suite.expect("there is a suite");
        let cases = suite.children().filter(|node| node.has_tag_name("testcase"));
        assert_eq!(suite.attribute("tests"), Some(cases.clone().count().to_string().as_str()));
        for (attribute, element) in
            [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
        {
            let found = suite.descendants().filter(|node| node.has_tag_name(element)).count();
            assert_eq!(suite.attribute(attribute), Some(found.to_string().as_str()), "{attribute}");
        }
        assert_eq!(suite.attribute("failures"), Some(failures.to_string().as_str()));
        if failures > 0 {
            let failed = suite.descendants().find(|node| node.has_tag_name("failure"));
            let failed = failed.expect("it failed");
            assert_eq!(failed.attribute("type"), Some("RemoveLast"));
            assert!(failed.text().expect("it says why").contains("of seed 1, at step"));
        }
    }
}

#[test]
fn a_pull_request_shows_a_table_and_a_diagram() {
    use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};
    for (what, has_diagram) in [("f1-fail-container --runs 5", false), (UNSOUND, true)] {
        let text = export(&format!("markdown {what}"));
        let events: Vec<Event<'_>> = Parser::new_ext(&text, Options::ENABLE_TABLES).collect();
        let rows = events.iter().filter(|event| matches!(event, Event::Start(Tag::TableRow)));
        let properties = active_active::spec::PropertyName::ALL.len();
        assert_eq!(rows.count(), properties);
        let cells = events.iter().filter(|event| matches!(event, Event::Start(Tag::TableCell)));
        assert_eq!(cells.count(), 3 * (properties + 1));
        let is_diagram = |event: &Event<'_>| {
            matches!(event, Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
                if &**language == "mermaid")
        };
        assert_eq!(events.iter().any(is_diagram), has_diagram);
        assert!(!events.iter().any(|event| matches!(event, Event::Html(_) | Event::InlineHtml(_))));
    }
}

//! The page that `report` writes: what is in it, and what must never be.

use std::sync::Arc;

use active_active::explore::{Progress, Runner, Sweep};
use active_active::model::layout::MachineKind;
use active_active::plan::Plan;
use active_active::report::html::{Command, Origin, Page};
use active_active::report::recording::{Recording, Window};
use active_active::report::{RunSummary, SchedulerSummary, SweepRequest, SweepSummary};
use active_active::scenario::{Scenario, builtin};
use active_active::scheduler::Random;
use serde_json::Value;

fn recording(scenario: &Scenario, window: Window) -> Recording {
    let plan = Arc::new(Plan::new(scenario).expect("the scenario is right"));
    Recording::of(&plan, window, |watcher| {
        Runner::new(Arc::clone(&plan)).run(&mut Random::new(1), 0, watcher)
    })
}

fn page(scenario: &Scenario, window: Window, commands: &[Command]) -> String {
    let recording = recording(scenario, window);
    let plan = Arc::clone(&recording.plan);
    let scheduler = SchedulerSummary { name: "random".to_owned(), seed: Some(1) };
    let sweep = Sweep { plan: Arc::clone(&plan), runs: 20, threads: 1, steps_max: u64::MAX };
    let report = sweep.run(|| Random::new(1), &Progress::default());
    let request = SweepRequest { scheduler: scheduler.clone(), runs: 20, steps_max: None };
    let sweep = SweepSummary::new(&plan, request, &report);
    let run = RunSummary::of_run(&plan, scheduler, 0, &recording.outcome);
    let origin = Origin::Scheduler;
    let (recording, run, sweep) = (&recording, &run, &sweep);
    let detection =
        Some("# T\n\n## Schedules\n\n| design | `random` |\n|---|--:|\n| <i>x</i> | 12 |\n");
    Page { recording, run, sweep, origin, commands, detection }.to_html()
}

fn f1() -> Scenario {
    builtin::scenario("f1-fail-container").expect("it is built in")
}

/// What the page's script reads.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").expect("the page has data");
    let (json, _) = rest.split_once("</script>").expect("the data end");
    serde_json::from_str(json).expect("the data are JSON")
}

/// What every machine shows after a step, as the page's script computes it.
fn shown_after(data: &Value, step: u64) -> Vec<Value> {
    let mut now = data["initial"].as_array().expect("a list").clone();
    for frame in data["frames"].as_array().expect("a list") {
        if frame[0].as_u64() > Some(step) {
            break;
        }
        for change in frame[5].as_array().expect("a list") {
            now[change[0].as_u64().expect("a machine") as usize] = change[1].clone();
        }
    }
    now
}

#[test]
fn five_records_of_f1_wait_in_front_of_the_paused_container_and_drain() {
    let data = data(&page(&f1(), Window::default(), &[]));
    let machine = |name: &str| {
        let machines = data["machines"].as_array().expect("a list");
        machines.iter().position(|machine| machine["name"] == name).expect("there is one")
    };
    let step = |line: &str| {
        let script = data["script"].as_array().expect("a list");
        let line = script.iter().find(|known| known["line"] == line).expect("the script has it");
        line["step"].as_u64().expect("the driver came to it")
    };
    let queue = machine("inbound-preprocess-queue@1");
    let container = machine("preprocess-container@1");
    let waiting = shown_after(&data, step("await enqueued inbound-preprocess-queue batch 2"));
    assert_eq!(waiting[queue][3], 5, "five records wait");
    let batch =
        |record: &Value| data["batch_of"][record.as_u64().expect("a record") as usize].clone();
    let records: Vec<Value> =
        waiting[queue].as_array().expect("a list")[4..].iter().map(batch).collect();
    assert_eq!(records, vec![Value::from(2); 5], "all of batch 2");
    assert_eq!(waiting[container][0], 1, "the container has failed");
    let end = shown_after(&data, u64::MAX);
    assert_eq!(end[queue][3], 0, "they have drained");
    assert_eq!(end[container][0], 0, "it works again");
    assert_eq!(end[machine("record-destination")][0], 30);
}

/// The frames add up to the world that the run ends with.
#[test]
fn what_the_frames_add_up_to_is_what_the_simulation_shows() {
    for (name, _) in builtin::every() {
        let scenario = builtin::scenario(name).expect("it is built in");
        let recording = recording(&scenario, Window::default());
        let plan = Arc::clone(&recording.plan);
        let mut runner = Runner::new(Arc::clone(&plan));
        runner.run(&mut Random::new(1), 0, &mut ());
        let simulation = runner.simulation();
        let mut now = recording.initial.clone();
        for frame in &recording.frames {
            assert!(!frame.text.is_empty(), "{name}: {frame:?}");
            frame
                .changes
                .iter()
                .for_each(|(machine, value)| now[machine.index()].clone_from(value));
        }
        let of_kind = |kind: MachineKind| {
            let places = plan.layout.places().iter().enumerate();
            places.filter(move |(_, place)| place.kind() == kind).map(|(index, _)| index)
        };
        for (id, machine) in of_kind(MachineKind::Queue).enumerate() {
            let queue = simulation.queue(active_active::model::QueueId(id as u16));
            assert_eq!(now[machine][3] as usize, queue.len(), "{name}");
        }
        for (id, machine) in of_kind(MachineKind::Table).enumerate() {
            let rows = simulation.rows(active_active::model::TableId(id as u16));
            let records = plan.record_ids().map(|record| u32::from(rows.get(record).rows));
            assert_eq!(now[machine][1] + now[machine][2], records.sum::<u32>(), "{name}");
        }
        for machine in of_kind(MachineKind::Destination) {
            assert_eq!(now[machine][0], simulation.progress().delivered(), "{name}");
        }
        let steps: Vec<u64> = recording.frames.iter().filter_map(|frame| frame.step).collect();
        assert!(steps.is_sorted_by(|one, next| one < next));
        assert_eq!(steps.len() as u64 + recording.heals, recording.outcome.steps, "{name}");
    }
}

#[test]
fn a_page_needs_nothing_from_outside() {
    let page = page(&f1(), Window::default(), &[]);
    // The names of XML are no addresses.
    let page = page.replace("\"http://www.w3.org/2000/svg\"", "");
    for outside in ["src=", "http:", "https:", "@import", "url(", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn text_of_a_scenario_stays_text() {
    let nasty =
        "</script><script>alert(1)</script> <b onclick='x'> \"&amp;\" \u{2028} ü 🦀 {{css}}";
    let mut scenario = f1();
    scenario.about = nasty.to_owned();
    let command = Command { purpose: nasty.to_owned(), line: nasty.to_owned() };
    let text = page(&scenario, Window::default(), &[command]);
    assert_eq!(text.matches("<script").count(), 2, "the data and the script");
    assert_eq!(text.matches("</script>").count(), 2);
    assert!(!text.contains("<b onclick"));
    assert_eq!(data(&text)["summary"]["scenario"]["about"], nasty);
    assert!(text.contains("&lt;/script&gt;&lt;script&gt;alert(1)"), "it is shown as it is");
    assert!(text.contains("{{css}}"), "it is no part of the template");
}

#[test]
fn a_page_of_a_long_run_says_what_it_leaves_out() {
    let window = Window { first: 1, steps_max: 100 }.ending_at(1_863);
    assert_eq!(window.first, 1_764);
    let whole = recording(&f1(), Window::default());
    let part = recording(&f1(), window);
    assert!(whole.is_whole() && !part.is_whole());
    assert_eq!(part.steps_recorded(), 100);
    assert_eq!((&part.lives, &part.disturbances), (&whole.lives, &whole.disturbances));
    // The part begins with what the whole run shows there.
    let mut now = whole.initial.clone();
    for frame in whole.frames.iter().take_while(|frame| frame.step < Some(window.first)) {
        frame.changes.iter().for_each(|(machine, value)| now[machine.index()].clone_from(value));
    }
    assert_eq!(part.initial, now);
    let tail = whole.frames.iter().skip_while(|frame| frame.step < Some(window.first));
    let words = |frame: &active_active::report::recording::Frame| (frame.step, frame.text.clone());
    assert_eq!(
        part.frames.iter().map(words).collect::<Vec<_>>(),
        tail.map(words).collect::<Vec<_>>()
    );
    let page = page(&f1(), window, &[]);
    assert!(page.contains("This page shows steps 1,764 to 1,862 of 1,863"));
}

#[test]
fn what_was_never_reached_and_the_detection_table_are_on_the_page() {
    let page = page(&f1(), Window::default(), &[]);
    // F1 refuses nobody.
    assert!(page.contains("<span class=\"missed\">insert-refused</span>"));
    assert!(page.contains("<td>&lt;i&gt;x&lt;/i&gt;</td><td>12</td>"));
    assert!(page.contains("<h3>Schedules</h3>") && page.contains("<th>random</th>"));
}

//! The page that `report` writes, in a real browser: `cargo test --test browser`.
//!
//! It needs Chromium (Debian: `apt-get install chromium`), so plain `cargo test` leaves it out; the
//! gate installs Chromium and runs it.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

#[path = "browser/chromium.rs"]
mod chromium;

use chromium::{Chromium, text};

const WIDE: (u32, u32) = (1280, 900);
const NARROW: (u32, u32) = (400, 800);

/// A directory with the pages of a test.
struct Pages {
    directory: tempfile::TempDir,
}

impl Pages {
    fn new() -> Pages {
        Pages { directory: tempfile::tempdir().expect("there is room for a directory") }
    }

    fn run(&self, arguments: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_active-active"));
        let words = arguments.split(' ');
        let output = command.current_dir(self.directory.path()).args(words).output();
        String::from_utf8(output.expect("it runs").stdout).expect("it prints text")
    }

    fn json(&self, arguments: &str) -> Value {
        serde_json::from_str(&self.run(arguments)).expect("it prints JSON")
    }

    fn report(&self, arguments: &str) -> PathBuf {
        let written = self.run(&format!("report {arguments} --out page.html --force"));
        assert!(written.starts_with("Wrote page.html"), "{written}");
        self.directory.path().join("page.html")
    }
}

/// The step that the page shows.
fn step(chromium: &mut Chromium) -> u64 {
    let shown = text(&chromium.value("document.getElementById('where').textContent"));
    let number = shown.split(' ').nth(1).expect("step N of M");
    number.replace(',', "").parse().expect("a number")
}

fn field(chromium: &mut Chromium, name: &str) -> u64 {
    let shown =
        chromium.value(&format!("document.querySelector('[data-field={name}]').textContent"));
    text(&shown).replace(',', "").parse().expect("a number")
}

/// What the picture shows of a machine.
fn shown(chromium: &mut Chromium, name: &str) -> String {
    let title = format!(
        "[...document.querySelectorAll('.picture.wide .m title')].map((t) => t.textContent)\
         .find((t) => t.startsWith('{name}: '))"
    );
    text(&chromium.value(&title))
}

#[test]
fn loads_without_an_error_and_fits_at_both_widths_and_in_both_schemes() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    let unsound = "crash-anywhere --set container.on_duplicate=skip";
    let large = "baseline --set topology.regions=8 --set topology.containers=3 \
                 --set topology.stages=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p --runs 2";
    let timed = "crash-anywhere --scheduler timed --runs 5";
    for report in ["f1-fail-container --runs 20", timed, unsound, large] {
        let page = pages.report(report);
        for scheme in ["light", "dark"] {
            let mut papers = Vec::new();
            for (size, picture, other) in [(WIDE, "wide", "narrow"), (NARROW, "narrow", "wide")] {
                chromium.open(&page, size, scheme);
                let display = |class: &str| {
                    format!("getComputedStyle(document.querySelector('.picture.{class}')).display")
                };
                assert_eq!(chromium.value(&display(picture)), "block");
                assert_eq!(chromium.value(&display(other)), "none");
                let over = "document.scrollingElement.scrollWidth - innerWidth";
                assert!(chromium.value(over).as_i64() <= Some(0), "{report} at {size:?}");
                papers
                    .push(text(&chromium.value("getComputedStyle(document.body).backgroundColor")));
                chromium.assert_silent();
            }
            let is_dark = papers[0].starts_with("rgb(20, 22, 26");
            assert_eq!(is_dark, scheme == "dark", "{papers:?}");
        }
    }
}

#[test]
fn it_opens_at_the_violation_and_where_nothing_is_violated_at_the_beginning() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    let unsound = "crash-anywhere --set container.on_duplicate=skip";
    chromium.open(&pages.report(unsound), WIDE, "light");
    let at = step(&mut chromium);
    assert!(at > 0, "the story has been told");
    assert_eq!(at, field(&mut chromium, "steps"), "a violation ends the smallest run");
    let marked = "[...document.querySelectorAll('.picture.wide .m.breach title')]\
                  .map((title) => title.textContent.split(':')[0])";
    let marked_at_the_end = chromium.value(marked);
    let names = marked_at_the_end.as_array().expect("a list");
    assert_eq!(names.len(), 1, "one machine is where it shows: {names:?}");
    let told = text(&chromium.value("document.querySelector('.verdict').textContent"));
    assert!(told.contains(&format!(" from {} before", text(&names[0]))), "{names:?}: {told}");
    chromium.press("ArrowLeft");
    assert_eq!(chromium.value(marked), serde_json::json!([]), "it has not happened yet");
    // What was judged is not mixed with the smaller system of the run below.
    let (judged, below) = (field(&mut chromium, "records"), field(&mut chromium, "shown-records"));
    assert!(below < judged, "{below} of {judged} records");
    chromium.open(&pages.report("baseline --runs 5"), WIDE, "light");
    assert_eq!(step(&mut chromium), 0);
    assert_eq!(chromium.value(marked), serde_json::json!([]));
    // One way of many where nothing went wrong, and what was not reached: for who asks.
    let open = "[...document.querySelectorAll('details')].map((one) => one.open)";
    assert_eq!(chromium.value(open), serde_json::json!([false, false, false]));
    let diagram = "document.querySelector('details.sequence .diagram').checkVisibility()";
    assert_eq!(chromium.value(diagram), false);
    chromium.assert_silent();
}

#[test]
fn no_label_of_the_diagram_lies_under_a_box_and_the_phases_are_bands() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    chromium.open(&pages.report("charged-twice"), WIDE, "light");
    let covered = "(() => { const all = (what) => [...document.querySelectorAll('.diagram ' + what)]\
                   .map((e) => e.getBoundingClientRect());\
                   const boxes = all('rect.sq-box, rect.sq-end'), labels = all('.sq-label');\
                   return boxes.length < 3 || labels.length < 10 ? -1 : labels.filter((l) =>\
                   boxes.some((b) => l.left < b.right && b.left < l.right && l.top + 3 < b.bottom &&\
                   b.top < l.bottom - 3)).length; })()";
    assert_eq!(chromium.value(covered), 0, "labels under a box");
    let bands = "[...document.querySelectorAll('#spans .phase')].map((band) => band.className)";
    let phases = serde_json::json!(["phase chaos", "phase heal", "phase converge"]);
    assert_eq!(chromium.value(bands), phases);
    let gaps = "(() => { const bands = [...document.querySelectorAll('#spans .phase')]\
                .map((band) => band.getBoundingClientRect());\
                return bands.slice(1).filter((b, i) => b.left > bands[i].right + 1).length; })()";
    assert_eq!(chromium.value(gaps), 0, "together they are the whole run");
    chromium.assert_silent();
}

#[test]
fn three_regions_and_the_controls_fit_in_900_pixels() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    chromium.open(&pages.report("baseline --set topology.regions=3 --runs 5"), WIDE, "light");
    let height = |of: &str| {
        format!("Math.ceil(document.querySelector('{of}').getBoundingClientRect().height)")
    };
    let picture = chromium.value(&height("#stage")).as_i64().expect("a number");
    let controls = chromium.value(&height(".transport")).as_i64().expect("a number");
    assert!(picture > 300 && picture + controls <= 900, "{picture} and {controls}");
    chromium.assert_silent();
}

#[test]
fn names_of_properties_are_not_broken_and_labels_are_not_covered() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    let three = "baseline --set topology.regions=3 --set topology.containers=3 --runs 5";
    chromium.open(&pages.report(three), WIDE, "light");
    let broken = "[...document.querySelectorAll('#properties td code')]\
                  .filter((name) => name.getClientRects().length > 1).length";
    assert_eq!(chromium.value(broken), 0, "names in two lines");
    let covered = "(() => { const boxes = (what) => [...document.querySelectorAll(\
                   '.picture.wide .m.container ' + what)].map((e) => e.getBoundingClientRect());\
                   const bodies = boxes('.body'), labels = boxes('.label');\
                   return labels.length < 45 ? -1 : labels.filter((l) => bodies.some((b) =>\
                   l.left < b.right && b.left < l.right && l.top < b.bottom && b.top < l.bottom\
                   )).length; })()";
    assert_eq!(chromium.value(covered), 0, "labels under a container");
    chromium.assert_silent();
}

#[test]
fn the_numbers_are_those_of_the_json() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    let page = pages.report("f1-fail-container --runs 20");
    let run = pages.json("run f1-fail-container --format json");
    let sweep = pages.json("sweep f1-fail-container --runs 20 --format json");
    chromium.open(&page, WIDE, "light");
    assert_eq!(Value::from(field(&mut chromium, "steps")), run["steps"]);
    assert_eq!(Value::from(field(&mut chromium, "runs")), sweep["runs"]);
    assert_eq!(Value::from(field(&mut chromium, "steps-in-all")), sweep["steps"]);
    assert_eq!(Value::from(field(&mut chromium, "pairs")), sweep["pairs_reached"]);
    let never = sweep["pairs_never"].as_array().expect("a list").len();
    assert_eq!(field(&mut chromium, "pairs-never"), never as u64);
    let missed = chromium.value("document.querySelectorAll('#reached .missed').length");
    assert_eq!(missed, never as u64);
    // The last step of the page is the last step of the run, in the same words.
    chromium.press("End");
    let told = run["story"].as_array().expect("a list").iter().rfind(|line| line["step"].is_u64());
    let told = told.expect("it has steps");
    // The healing at the end is a step of the run, too, and a band of its own on the page.
    assert_eq!(Value::from(step(&mut chromium)), told["step"]);
    let told = told["text"].clone();
    let now = text(&chromium.value("document.getElementById('now').textContent"));
    assert!(now.ends_with(&text(&told)), "{now}");
    let delivered = shown(&mut chromium, "record-destination");
    let records = &run["scenario"]["records"];
    assert_eq!(delivered, format!("record-destination: {records} delivered"));
    chromium.assert_silent();
}

/// The text of the cells of a row, the first of which that fits.
fn cells(chromium: &mut Chromium, row: &str) -> Vec<String> {
    let cells =
        format!("[...document.querySelector('{row}').cells].map((cell) => cell.textContent)");
    let cells = chromium.value(&cells);
    cells.as_array().unwrap_or_else(|| panic!("{row}")).iter().map(text).collect()
}

#[test]
fn times_recovery_points_and_latencies_are_those_of_the_json() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    for (scheduler, unit) in [("timed", "ms"), ("random", "steps")] {
        let what = format!("f1-fail-container --scheduler {scheduler}");
        let page = pages.report(&format!("{what} --runs 20"));
        let run = pages.json(&format!("run {what} --format json"));
        let sweep = pages.json(&format!("sweep {what} --runs 20 --metrics --format json"));
        chromium.open(&page, WIDE, "light");
        let shown = |value: &Value| match unit {
            "ms" => format!("{:.1}", value.as_f64().expect("a number")),
            _ => value.to_string(),
        };
        let tables: &[(&str, &Value)] = match unit {
            "ms" => &[("run", &run["metrics"]), ("sweep", &sweep["metrics"])],
            // To measure all schedules takes as long again, so it is not done unasked.
            _ => &[("run", &run["metrics"])],
        };
        for (of, metrics) in tables {
            let names =
                ["latency", "lag", "oldest_message_age", "rto_path", "rto_service", "rpo_age"];
            for name in names {
                let row = cells(&mut chromium, &format!("[data-{of}-metric={name}]"));
                let [p50, p99, max] = ["p50", "p99", "max"]
                    .map(|rank| shown(&metrics[format!("{name}_{unit}_{rank}")]));
                let expected = format!("p50 {p50}, p99 {p99}, max {max} {unit} (");
                assert!(row[1].starts_with(&expected), "{name}: {row:?} is not {expected}");
            }
            let row = cells(&mut chromium, &format!("[data-{of}-metric=exposed_in_one_region]"));
            let most = &metrics["exposed_in_one_region_records_max"];
            assert_eq!(row[1], format!("at most {most} records at any time"));
        }
        let fault = &run["faults"][0];
        let row = cells(&mut chromium, "[data-fault=\"pause preprocess-container@1\"]");
        let duration = |name: &str| format!("{} {unit}", shown(&fault[format!("{name}_{unit}")]));
        let at_risk = &fault["rpo_records"];
        assert_eq!(row[1], format!("{at_risk} records, the oldest for {}", duration("rpo_age")));
        assert_eq!(row[2..], [duration("rto_path"), duration("rto_service")]);
        // The greatest latency is that of the plot, and the fault is where the time line has it.
        let plots = "[...document.querySelectorAll('.plot h4')].map((head) => head.textContent)\
                     .find((head) => head.startsWith('End-to-end latency'))";
        let plot = text(&chromium.value(plots));
        let longest = shown(&run["metrics"][format!("latency_{unit}_max")]);
        assert!(plot.ends_with(&format!("max {longest} {unit}")), "{plot}");
        chromium.click("#script li:nth-child(3) button", 0.5);
        let place = text(&chromium.value("document.getElementById('where').textContent"));
        let began = shown(&fault[format!("began_{unit}")]);
        let expected = match unit {
            "ms" => format!(" · {began} of "),
            _ => format!("step {began} of "),
        };
        assert!(place.contains(&expected), "{place}: {expected}");
        chromium.assert_silent();
    }
}

#[test]
fn with_a_time_the_slider_and_the_player_go_by_it() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    chromium.open(&pages.report("f1-fail-container --scheduler timed --runs 2"), WIDE, "light");
    let at = |chromium: &mut Chromium| {
        let place = text(&chromium.value("document.getElementById('where').textContent"));
        let (_, time) = place.split_once(" · ").expect("a time stands there");
        let time = time.strip_suffix(" ms").or(time.split(" ms ").next()).expect("a unit");
        let (now, end) = time.split_once(" of ").expect("now, and the end");
        [now, end].map(|text| text.replace(',', "").parse::<f64>().expect("a number"))
    };
    chromium.click("#scrub", 0.5);
    let [middle, end] = at(&mut chromium);
    assert!((middle / end - 0.5).abs() < 0.03, "{middle} of {end}");
    chromium.click("#play", 0.5);
    let us = middle * 1_000.0;
    chromium.wait(&format!("Number(document.getElementById('scrub').value) > {us} + 20000"));
    chromium.click("#play", 0.5);
    let before = step(&mut chromium);
    chromium.press("ArrowRight");
    assert_eq!(step(&mut chromium), before + 1, "an arrow goes on by one step");
    chromium.press("End");
    let [now, end] = at(&mut chromium);
    assert_eq!(now, end);
    chromium.click(".plot svg", 0.25);
    let [quarter, _] = at(&mut chromium);
    assert!((quarter / end - 0.25).abs() < 0.03, "{quarter} of {end}");
    chromium.assert_silent();
}

#[test]
fn five_records_of_f1_wait_at_a_red_container_and_drain() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    chromium.open(&pages.report("f1-fail-container --runs 20"), WIDE, "light");
    // The fifth line of the script: await enqueued inbound-preprocess-queue batch 2.
    chromium.click("#script li:nth-child(5) button", 0.5);
    let queue = shown(&mut chromium, "inbound-preprocess-queue@1");
    assert!(queue.starts_with("inbound-preprocess-queue@1: 5 records"), "{queue}");
    let container = shown(&mut chromium, "preprocess-container@1");
    assert_eq!(container, "preprocess-container@1: FailedProcessing");
    let stroke = "getComputedStyle(document.querySelector('.picture.wide .m.container.failed .body'))\
                  .stroke";
    assert_eq!(chromium.value(stroke), "rgb(192, 50, 42)", "it is red");
    let dots = "(() => { const q = [...document.querySelectorAll('.picture.wide .m.queue')]\
                .find((g) => g.querySelector('title').textContent\
                .startsWith('inbound-preprocess-queue@1')); return [...q.querySelectorAll('.dots rect')]\
                .map((dot) => dot.classList[0]); })()";
    assert_eq!(chromium.value(dots), serde_json::json!(["b1", "b1", "b1", "b1", "b1"]));
    chromium.press("End");
    let queue = shown(&mut chromium, "inbound-preprocess-queue@1");
    assert_eq!(queue, "inbound-preprocess-queue@1: 0 records");
    assert_eq!(chromium.value("document.querySelectorAll('.picture.wide .m.failed').length"), 0);
    chromium.assert_silent();
}

#[test]
fn every_control_works_by_mouse() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    chromium.open(&pages.report("f1-fail-container --runs 5"), WIDE, "light");
    assert_eq!(step(&mut chromium), 0);
    for (button, expected) in
        [("#forward", 1), ("#forward", 2), ("#back", 1), ("#last", 1862), ("#first", 0)]
    {
        chromium.click(button, 0.5);
        assert_eq!(step(&mut chromium), expected, "{button}");
    }
    chromium.click("#scrub", 0.5);
    let middle = step(&mut chromium);
    assert!((900..1000).contains(&middle), "{middle}");
    chromium.click("#play", 0.5);
    chromium.wait(&format!("Number(document.getElementById('scrub').value) > {}", middle + 20));
    assert_eq!(chromium.value("document.getElementById('play').textContent"), "Pause");
    chromium.click("#play", 0.5);
    assert_eq!(chromium.value("document.getElementById('play').textContent"), "Play");
    let stopped = step(&mut chromium);
    // Four frames later it is still there.
    chromium.value(
        "new Promise((yes) => { let n = 4; const f = () => (n-- ? requestAnimationFrame(f) : yes(0)); f(); })",
    );
    assert_eq!(step(&mut chromium), stopped);
    chromium.click(".plot svg", 0.25);
    let quarter = step(&mut chromium);
    assert!((440..500).contains(&quarter), "{quarter}");
    chromium.assert_silent();
}

#[test]
fn every_control_works_by_keyboard() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    chromium.open(&pages.report("f1-fail-container --runs 5"), NARROW, "dark");
    for (key, expected) in [
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("PageDown", 51),
        ("PageUp", 1),
        ("End", 1862),
        ("Home", 0),
    ] {
        chromium.press(key);
        assert_eq!(step(&mut chromium), expected, "{key}");
    }
    chromium.press("n");
    let first = step(&mut chromium);
    chromium.press("n");
    let second = step(&mut chromium);
    assert!(0 < first && first < second, "{first} {second}");
    chromium.press("p");
    assert_eq!(step(&mut chromium), first);
    chromium.press(" ");
    chromium.wait(&format!("Number(document.getElementById('scrub').value) > {}", first + 20));
    chromium.press(" ");
    assert_eq!(chromium.value("document.getElementById('play').textContent"), "Play");
    // Tab comes to the slider and to every button of the transport, and Enter or space presses it.
    chromium.press("Home");
    let mut seen = Vec::new();
    for _ in 0..30 {
        chromium.press("Tab");
        seen.push(text(&chromium.value("document.activeElement.id")));
        if seen.last().is_some_and(|id| id == "forward") {
            break;
        }
    }
    for id in ["scrub", "first", "back", "play", "forward"] {
        assert!(seen.iter().any(|known| known == id), "{id} in {seen:?}");
    }
    chromium.press(" ");
    assert_eq!(step(&mut chromium), 1, "space presses the button that has the focus");
    chromium.assert_silent();
}

#[test]
fn whatever_a_scenario_says_is_text() {
    let pages = Pages::new();
    let scenario = r#"
        name = "nasty"
        about = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \u2028 'ü' 🦀 <!--"
        script = ["publish 1", "await delivered all"]
    "#;
    std::fs::write(pages.directory.path().join("nasty.toml"), scenario).expect("there is room");
    let page = pages.report("nasty.toml --runs 5");
    let mut chromium = Chromium::new();
    chromium.open(&page, WIDE, "light");
    let about = text(&chromium.value("document.querySelector('.about').textContent"));
    assert!(about.starts_with("</script><script>alert(1)</script><img src=x"), "{about}");
    assert_eq!(chromium.value("document.querySelectorAll('img, .about *').length"), 0);
    chromium.press("ArrowRight");
    assert_eq!(step(&mut chromium), 1, "the script of the page runs");
    chromium.assert_silent();
}

/// Runs of which the states of the world say more than what fails and how many records there are.
#[test]
fn late_messages_clocks_that_are_ahead_and_releases_are_shown() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    let late = "late-anywhere --scheduler random --runs 1 --run 0";
    let cases = [
        (late, "1 late", "1 message is late on the way to it"),
        ("rollback-unreadable --runs 1 --run 0", "old", "of the old release"),
        ("clock-skew --runs 1 --run 0", "ahead", "the clock of its region is ahead"),
    ];
    for (report, badge, words) in cases {
        chromium.open(&pages.report(report), WIDE, "light");
        // The slider goes through all steps, to the first at which it is so.
        let at = format!(
            "(() => {{ const slider = document.getElementById('scrub'); for (let at = 0; at <= Number(slider.max); at++) \
             {{ slider.value = at; slider.dispatchEvent(new Event('input')); if ([...document.querySelectorAll(\
             '.picture.wide .badge')].some((one) => one.textContent === '{badge}')) return at; }} return -1; }})()"
        );
        let at = chromium.value(&at).as_i64().expect("a position");
        assert!(at >= 0, "{report}: no machine has the word '{badge}'");
        let titles = "[...document.querySelectorAll('.picture.wide .m')].filter((m) => \
                      m.querySelector('.badge')?.textContent).map((m) => m.querySelector('title').textContent)";
        let titles = chromium.value(titles).to_string();
        assert!(titles.contains(words), "{report}: {titles}");
        let legend = text(&chromium.value("document.getElementById('legend').textContent"));
        let word = badge.rsplit(' ').next().expect("a word");
        assert!(legend.contains(&format!("{word}: ")), "{legend}");
        chromium.assert_silent();
    }
    chromium.open(&pages.report("baseline --runs 1"), WIDE, "light");
    let legend = text(&chromium.value("document.getElementById('legend').textContent"));
    assert!(!legend.contains("late") && !legend.contains("release"), "{legend}");
}

#[test]
fn three_regions_with_three_containers_fit_and_labels_lie_apart_at_all_widths() {
    let pages = Pages::new();
    let mut chromium = Chromium::new();
    let three = "baseline --set topology.regions=3 --set topology.containers=3 --runs 5";
    let page = pages.report(three);
    chromium.open(&page, WIDE, "light");
    let height = |of: &str| {
        format!("Math.ceil(document.querySelector('{of}').getBoundingClientRect().height)")
    };
    let picture = chromium.value(&height("#stage")).as_i64().expect("a number");
    let controls = chromium.value(&height(".transport")).as_i64().expect("a number");
    assert!(picture > 300 && picture + controls <= 900, "{picture} and {controls}");
    for report in [three, "baseline --runs 2"] {
        let page = pages.report(report);
        for (size, class) in [(WIDE, "wide"), (NARROW, "narrow"), ((500, 800), "narrow")] {
            chromium.open(&page, size, "light");
            // Letters as they are drawn: what stands around them keeps lines away.
            let labels = format!(
                "(() => {{ const boxes = [...document.querySelectorAll('.picture.{class} .label')].map((l) => \
                 l.getBoundingClientRect()); let over = 0; boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {{ \
                 if (a.left + 1.5 < b.right - 1.5 && b.left + 1.5 < a.right - 1.5 && a.top + 2 < b.bottom - 2 && \
                 b.top + 2 < a.bottom - 2) over++; }})); return boxes.length > 8 ? over : -1; }})()"
            );
            assert_eq!(chromium.value(&labels), 0, "labels over labels at {size:?}");
            let letters = format!(
                "(() => {{ const svg = document.querySelector('.picture.{class}'); const scale = \
                 svg.getBoundingClientRect().width / svg.viewBox.baseVal.width; return Math.min(...[...svg.querySelectorAll(\
                 'text')].filter((t) => t.textContent).map((t) => parseFloat(getComputedStyle(t).fontSize) * scale)); }})()"
            );
            let letters = chromium.value(&letters).as_f64().expect("a number");
            assert!(letters > 9.4, "letters of {letters} pixels at {size:?}");
        }
    }
    chromium.assert_silent();
}

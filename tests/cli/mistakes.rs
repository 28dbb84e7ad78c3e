//! Mistakes that people make in a scenario, and what they are told: the range of the key, the names of the values, what is
//! wrong with the form of the text, each with its line.

use super::Place;
use super::bad_input::refused;

/// A script, so that nothing else is wrong.
const SCRIPT: &str = "script = [\"publish 1\"]\n";

fn refused_in_a_file(cases: &[(&str, &str)]) {
    let place = Place::new();
    for (text, expected) in cases {
        place.write("a.toml", text);
        refused(&place, "run a.toml", &format!("a.toml:{expected}\n"));
    }
}

#[test]
fn a_number_is_told_the_range_of_its_key() {
    let place = Place::new();
    place.write("a.toml", SCRIPT);
    let cases = [
        ("topology.regions=-1", "topology.regions: -1 is out of range; use 2 to 8"),
        ("topology={regions=-1}", "topology: -1 is out of range; use 2 to 8"),
        ("dns.weights=-1,1", "dns.weights: -1 is out of range; use 0 to 255"),
        ("dns.ttl=-1", "dns.ttl: -1 is out of range; use 0 to 1000"),
        ("dns.primary=-1", "dns.primary: -1 is out of range; use 1 to 2"),
        ("container.batch=-1", "container.batch: -1 is out of range; use 1 to 10"),
        ("speed.core-container@1=-1", "speed.core-container@1: -1 is out of range; use 1 to 1000"),
        ("records.poison=-1", "records.poison: -1 is out of range; use 1 to 10"),
        ("format=-1", "format: -1 is out of range; use 1"),
    ];
    for (change, expected) in cases {
        refused(
            &place,
            &format!("run a.toml --set {change}"),
            &format!("--set {change}: {expected}\n"),
        );
    }
    let cases = [
        (
            "verify a.toml --records -1",
            "invalid value '-1' for '--records <N>': use a whole number from 1 to 65534",
        ),
        (
            "verify a.toml --records 65535",
            "invalid value '65535' for '--records <N>': use a whole number from 1 to 65534",
        ),
        (
            "verify a.toml --stages -1",
            "invalid value '-1' for '--stages <N>': use a whole number from 1 to 16",
        ),
        (
            "verify a.toml --stages 17",
            "invalid value '17' for '--stages <N>': use a whole number from 1 to 16",
        ),
        (
            "verify a.toml --budget crash=-1",
            "invalid value 'crash=-1' for '--budget <KIND=N,…>': crash=-1 is out of range; use crash=0 to crash=65535;",
        ),
    ];
    for (arguments, expected) in cases {
        refused(&place, arguments, expected);
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_told_those_that_there_are() {
    let duplicates = "\"forward-again\" or \"skip\" or \"give-back\"";
    refused_in_a_file(&[
        (
            "container.on_duplicate = 3",
            &format!("1: container.on_duplicate: 3 is not a value of it; use {duplicates}"),
        ),
        ("format = \"2\"", "1: format: \"2\" is a text; write a number, without quotes, and use 1"),
        (
            "heal = true",
            "1: heal: true is not a value of it; use \"everything\" or \"faults\" or \"nothing\"",
        ),
    ]);
    let place = Place::new();
    let expected = format!(
        "--set container.on_duplicate=3: container.on_duplicate: 3 is not a value of it; use {duplicates}\n"
    );
    refused(&place, "run baseline --set container.on_duplicate=3", &expected);
}

#[test]
fn a_line_of_a_script_is_told_which_word_is_wrong() {
    let place = Place::new();
    let cases = [
        ("publish -1", "'-1' is not the number of a batch; use 1 to 65534"),
        ("await delivered -1", "'-1' is not a number of records; use 0 to 65534"),
        ("await drained 1", "'1' is not a region; write '@' and its number, as in @1"),
        ("weights 1 -1", "'-1' is no weight; use 0 to 255, one for each region"),
        (
            "expect state core-container@1 Procesing",
            "'Procesing' is not a state of a container; use Processing or FailedProcessing or FailedDependency; did you \
             mean Processing?",
        ),
    ];
    for (line, expected) in cases {
        place.write("a.toml", format!("script = [\"publish 1\", \"{line}\"]\n"));
        refused(&place, "run a.toml", &format!("a.toml:1: script[1]: '{line}': {expected}\n"));
    }
    // A state is meant in small letters, too.
    place.write(
        "a.toml",
        "script = [\"publish 1\", \"expect state core-container@1 processing\", \"expect state core-container@2 \
         PROCESSING\"]\n",
    );
    assert_eq!(place.run("run a.toml --quiet").status, Some(0));
    let cases =
        [("recover inbound-queue", "inbound-queue"), ("crash core-contaner", "core-container")];
    for (line, meant) in cases {
        let name = line.split(' ').nth(1).expect("a name");
        place.write("a.toml", format!("script = [\"publish 1\", \"{line}\"]\n"));
        let expected = format!(
            "a.toml:1: script[1]: no component is called '{name}'; there is one in each region: did you mean \
             '{meant}@1', or '{meant}@*' for all of them?\n"
        );
        refused(&place, "run a.toml", &expected);
    }
}

#[test]
fn a_text_that_is_not_toml_is_told_what_is_wrong_with_it() {
    refused_in_a_file(&[
        (
            "[dns]\nttl = 1\nttl = 2",
            "3: 'dns.ttl' is given twice, first in line 2; leave one of both out",
        ),
        (
            "queue = 3\n[queue]\ncapacity = 1",
            "2: 'queue' is given twice, first in line 1; write all that it has in one place",
        ),
        (
            "[queue]\ncapacity = 1\n[queue]\ndelivery = \"fifo\"",
            "3: 'queue' is given twice, first in line 1; write all that it has in one place",
        ),
        (
            "queue = 2\nqueue.capacity = 1",
            "2: 'queue' is given twice, first in line 1; write all that it has in one place",
        ),
        ("name = \"x", "1: the text that begins here has no end; close it with a double quote"),
        ("name = 'x", "1: the text that begins here has no end; close it with a single quote"),
        ("script = [\"publish 1\"", "1: the list that begins here has no end; close it with ']'"),
        ("queue = { capacity = 1", "1: this table has no end; close it with '}'"),
        ("[queue\ncapacity = 1", "1: the name of this table has no end; close it with ']'"),
        ("name = fifo", "1: fifo is not a value; write a text in quotes, as in \"fifo\""),
        ("replication.witness = True", "1: True is not a value; write true, in small letters"),
        ("name = ", "1: there is no value here; write one, as in queue.capacity = 4"),
        (
            "name: \"x\"",
            "1: there is no '=' behind this key; write KEY = VALUE, as in queue.capacity = 4",
        ),
        (
            "records.seed = 0xZZ",
            "1: 0xZZ is not a number; write it in digits, as in 12, or a text in quotes",
        ),
        (
            "records.seed = 99999999999999999999999999999999999999999",
            "1: records.seed: this is not a number in range; use 0 to 9223372036854775807",
        ),
        (
            "script = [\"publish 1\" \"publish 1\"]",
            "1: there is no comma between two elements; separate them with ','",
        ),
        (
            "{\"name\": \"x\"}",
            "1: this is not a line of TOML; write KEY = VALUE, as in queue.capacity = 4, or [TABLE]",
        ),
        (
            "name = \"a\\q\"",
            "1: '\\' begins no character here; write '\\\\', or put the text into single quotes",
        ),
    ]);
}

#[test]
fn what_stands_in_a_list_twice_is_refused() {
    let place = Place::new();
    place.write(
        "a.toml",
        format!("{SCRIPT}queue.max_receives = 2\nqueue.dead_letters = \"parked\"\n"),
    );
    let cases = [
        ("records.poison=1,2,1", "records.poison[2]"),
        ("spec.leave_out=MonotoneVersion,MonotoneVersion", "spec.leave_out[1]"),
    ];
    for (change, key) in cases {
        let expected =
            format!("--set {change}: {key}: this is in the list already; leave one of both out\n");
        refused(&place, &format!("run a.toml --set {change}"), &expected);
    }
    place.write(
        "b.toml",
        format!("{SCRIPT}records.poison = 1\nrecords.poison_at = [\"core\", \"core\"]\n"),
    );
    refused(&place, "run b.toml", "b.toml:3: records.poison_at[1]: this is in the list already;");
}

#[test]
fn a_missing_file_is_called_the_same_by_all() {
    let place = Place::new();
    for name in ["nowhere.toml", "nowhere"] {
        for command in ["merge", "replay", "minimize"] {
            let expected = format!("{name}: no such file; check the path\n");
            refused(&place, &format!("{command} {name}"), &expected);
        }
    }
}

/// The work was done, and the file of the campaign was then replaced by the shard, or the failure could not be saved.
#[test]
fn one_path_for_two_things_is_refused_before_the_work() {
    let place = Place::new();
    place.write("there/x", "");
    for (out, state) in
        [("same", "same"), ("./same", "same"), ("there/../same", "same"), ("same/part", "same")]
    {
        for shard in ["--shard 1/2", ""] {
            let arguments = format!("sweep baseline --runs 10 {shard} --out {out} --state {state}");
            refused(
                &place,
                &arguments,
                "same: --state and --out both need it, and it can be only one",
            );
        }
    }
    let beside = "sweep baseline --runs 10 --shard 1/2 --out there/part --state there/state";
    assert_eq!(place.run(beside).status, Some(0));
}

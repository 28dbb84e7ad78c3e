//! Whatever is wrong: one clear error, exit status 2, nothing on the standard output, nothing
//! written.

use super::{Done, Place};

/// 65 letters are one too many.
const LONG_NAME: &str =
    "name = \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"";

/// Runs, expects an error that begins so, and that nothing else happens.
pub(super) fn refused(place: &Place, arguments: &str, expected: &str) {
    let before = place.names();
    let done = place.run(arguments);
    check(&done, arguments, expected);
    assert_eq!(place.names(), before, "{arguments}");
}

fn check(done: &Done, arguments: &str, expected: &str) {
    assert_eq!(done.status, Some(2), "{arguments}: {done:?}");
    assert_eq!(done.stdout, "", "{arguments}");
    let begins = done.stderr.starts_with(&format!("error: {expected}"));
    assert!(begins, "{arguments}:\n{}should begin with {expected}", done.stderr);
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn a_wrong_scenario_file_is_refused_with_file_line_key_and_remedy() {
    let place = Place::new();
    let cases = [
        (
            "unknown key",
            "[dns]\nweigths = [1]",
            "FILE:2: dns.weigths: there is no key 'weigths' here",
        ),
        (
            "failover",
            "[dns]\npolicy = \"failover\"",
            "FILE:2: dns.policy: without a health check nothing fails over; set dns.health_threshold",
        ),
        (
            "failover-weights",
            "[dns]\npolicy = \"failover\"\nhealth_threshold = 1\nweights = [1, 2]",
            "FILE:4: dns.weights: a failover policy has no weights; leave them out",
        ),
        (
            "failover-random",
            "[dns]\npolicy = \"failover\"\nhealth_threshold = 1\nanswer = \"random\"",
            "FILE:4: dns.answer: a failover policy has one answer, so nothing is random",
        ),
        (
            "window",
            "[destination]\ndedupe = \"none\"\nwindow = 2",
            "FILE:3: destination.window: a destination that does not look at ids has none to forget; leave this out",
        ),
        ("primary", "[dns]\nprimary = 3", "FILE:2: dns.primary: there is no region 3"),
        ("primary-unused", "[dns]\nprimary = 2", "FILE:2: dns.primary: only a failover policy"),
        (
            "keeps",
            "[dns]\nttl = 2\nresolver = \"keeps-first\"",
            "FILE:2: dns.ttl: the resolver keeps its first answer for ever",
        ),
        (
            "where",
            "[records]\npoison_at = [\"core\"]",
            "FILE:2: records.poison_at: no record is one that",
        ),
        (
            "at",
            "[records]\npoison = [1]\npoison_at = [\"coer\"]",
            "FILE:3: records.poison_at[0]: there is no",
        ),
        (
            "log-in-memory",
            "[queue]\ndelivery = \"log\"\nstorage = \"in-memory\"",
            "FILE:3: queue.storage: a log is on disk",
        ),
        (
            "no-keys",
            "container.steps = [\"call\", \"store\", \"publish\", \"remove\"]\nservice = { keys = \"in-memory\", idempotency = \"none\" }",
            "FILE:2: service.keys: a service that knows no call again",
        ),
        (
            "uncalled-keys",
            "service.keys = \"in-memory\"",
            "FILE:1: service.keys: no container calls",
        ),
        ("ttl", "[dns]\nttl = 1001", "FILE:2: dns.ttl: 1001 sends; use 0 to 1000"),
        ("health", "[dns]\nhealth_threshold = 11", "FILE:2: dns.health_threshold: 11 results"),
        ("check", "[dns]\nhealth_check = \"all-regions\"", "FILE:2: dns.health_check: there is no"),
        ("failback", "[dns]\nfailback = \"immediate\"", "FILE:2: dns.failback: without a health"),
        (
            "direction",
            "about = \"x\\u202Ey\"",
            "FILE:1: about: has the character U+202E, which a terminal does not show as text",
        ),
        ("long-name", LONG_NAME, "FILE:1: name: 'nnnnnnnnnnnnnnnnnnnnnnnnnnn"),
        ("weight", "[dns]\nweights = [1, 256]", "FILE:2: dns.weights[1]: 256 is no weight"),
        ("stages", "topology.stages = []", "FILE:1: topology.stages: 0 stages; use 1 to 16"),
        (
            "unknown-stage",
            "topology.stages = [\"intake\", \"ledger\"]\n[stage.ledgr]\ncontainers = 2",
            "FILE:2: stage.ledgr: there is no stage 'ledgr'; did you mean 'ledger'?",
        ),
        (
            "unknown-key-of-a-stage",
            "[stage.core]\nqueue.max_recieves = 3",
            "FILE:2: stage.core.queue.max_recieves: there is no key 'max_recieves' here",
        ),
        (
            "unknown-table-of-a-stage",
            "[stage.core.qeue]\nmax_receives = 3",
            "FILE:1: stage.core.qeue: there is no key 'qeue' here; the keys are to, route, containers",
        ),
        (
            "replication-of-a-stage",
            "[stage.core.replication]\nmode = \"strong\"",
            "FILE:1: stage.core.replication: 'replication' is the same for all stages, so set it outside",
        ),
        (
            "containers-of-a-stage",
            "[stage.core]\ncontainers = 9",
            "FILE:2: stage.core.containers: 9 containers a stage; use 1 to 8",
        ),
        (
            "parked-at-a-stage",
            "[stage.core]\nqueue.parked_max = 1",
            "FILE:2: stage.core.queue.parked_max: it counts the records in the dead-letter queues of all",
        ),
        (
            "skew-of-a-stage",
            "[stage.core]\ntable.skew = 1",
            "FILE:2: stage.core.table.skew: a clock is its region's, and every stage reads the same",
        ),
        (
            "store-twice",
            "store.stages = { core = \"aurora\" }\n[stage.core]\nstore = \"dynamodb\"",
            "FILE:3: stage.core.store: store.stages has a store for this stage, too; leave one of both out",
        ),
        (
            "capacity-of-a-stage",
            "[stage.core]\nqueue.at_capacity = \"starve\"",
            "FILE:2: stage.core.queue.at_capacity: no queue is ever full; set queue.capacity",
        ),
        (
            "groups-of-all-at-a-stage",
            "queue.groups = \"by-record\"\n[stage.core.queue]\ndelivery = \"standard\"",
            "FILE:2: stage.core.queue.groups: only fifo queues and logs have that, and queue.groups of all stages is \
             in force at 'core'; set stage.core.queue.groups, too",
        ),
        (
            "steps-of-a-stage",
            "[stage.core]\ncontainer.steps = [\"store\"]",
            "FILE:2: stage.core.container.steps: a container needs store, publish and remove once each",
        ),
        (
            "outbox-of-all-at-a-database",
            "container.steps = [\"store\", \"remove\"]\naurora.fencing = \"best-effort\"\n[stage.core]\nstore = \"aurora\"",
            "FILE:2: aurora.fencing: the outbox of a cluster that writes after it was replaced is not modelled",
        ),
        (
            "online",
            "script = ['online in-dns@1']",
            "FILE:1: script[0]: 'online in-dns@1' is no step of a script (did you mean 'recover'?)",
        ),
        (
            "outside",
            "script = ['publish 1', 'crash record-source']",
            "FILE:1: script[1]: no component is called 'record-source'; it is outside of the system, and does not fail",
        ),
        (
            "no-service",
            "script = ['fail service']",
            "FILE:1: script[0]: no component is called 'service'; there is an 'external-service' if \
             container.steps has 'call'",
        ),
        (
            "no-offline-queue",
            "script = ['offline inbound-queue@1']",
            "FILE:1: script[0]: 'inbound-queue@1' cannot be taken offline; only 'in-dns@REGION'",
        ),
        (
            "machine",
            "script = [\n\"publish 1\",\n\"pause core-containr@1\"]",
            "FILE:3: script[1]: no component is called 'core-containr@1'; did you mean \
             'core-container@1'?",
        ),
        (
            "region-alone",
            "script = [\n\"publish 1\",\n\"recover @1\"]",
            "FILE:3: script[1]: no component is called '@1'; did you mean '*@1', all of that region?",
        ),
        (
            "nothing of the kind",
            "topology.stages = [\"book\"]\nscript = [\"publish 1\", \"pause xyzzy\"]",
            "FILE:2: script[1]: no component is called 'xyzzy'; there are, among others, \
             'book-container@1'",
        ),
        (
            "never true",
            "script = [\"publish 1\", \"await delivered 11\"]",
            "FILE:1: script[1]: this can never come true: only 10 records are published",
        ),
        (
            "a batch that is never published",
            "script = [\"publish 1\"]\n[records]\nbatches = [1, 10]",
            "FILE:3: records.batches[1]: batch 2, of 10 records, is never published; add 'publish 2'",
        ),
        (
            "an await of a batch that is not published before it",
            "script = [\"publish 1\", \"await delivered batch 2\", \"publish 2\"]\n\
             records.batches = [1, 1]",
            "FILE:1: script[1]: this can never come true: batch 2 is not published before it; put a",
        ),
        (
            "a fault of what is lost",
            "script = [\"publish 1\", \"lose @1\",\n\"crash *-container@1\"]",
            "FILE:2: script[2]: this can never strike: region 1 is lost before it; put it in front",
        ),
        (
            "a second loss",
            "script = [\"lose @1\",\n\"lose @1\", \"publish 1\"]",
            "FILE:2: script[1]: this can never strike: region 1 is lost before it",
        ),
        (
            "a move to where the writer is",
            "script = [\"publish 1\",\n\"failover *-table to @1\"]\nstore.default = \"aurora\"",
            "FILE:2: script[1]: this can never strike: the writer is in region 1 from the beginning",
        ),
        (
            "no writer",
            "[budget]\nswitchover = 1",
            "FILE:2: budget.switchover: only a global database has a writer; set store.default",
        ),
        ("no writer", "[budget]\nfailover = 1", "FILE:2: budget.failover: only a global database"),
        (
            "no region left",
            "script = \"publish 1\"\n[budget]\nlose_region = 2",
            "FILE:3: budget.lose_region: the last region would be lost as well; leave one",
        ),
        (
            "no region left",
            "script = [\"publish 1\", \"lose @1\"]\n[budget]\nlose_region = 1",
            "FILE:3: budget.lose_region: the last region would be lost as well; leave one",
        ),
        ("version", "format = 2", "FILE:1: format: format 2 is not known here; this build reads"),
        ("no TOML", "name = ", "FILE:1"),
        ("empty", " \n", "FILE: the file is empty; 'active-active init FILE' writes one"),
        ("nothing", "name = \"a\"", "FILE: script: the script publishes nothing"),
    ];
    for (what, text, expected) in cases {
        place.write("file.toml", text);
        for command in ["run", "sweep"] {
            let expected = expected.replace("FILE:", "file.toml:");
            refused(&place, &format!("{command} file.toml"), &expected);
        }
        assert!(!what.is_empty());
    }
}

#[test]
fn what_is_no_scenario_file_is_refused() {
    let place = Place::new();
    place.write("garbage.toml", b"name = \"a\"\n\xff\xfe\x00\x01");
    place.write("directory/inner", "");
    place.write("saved.toml", "format = 1\n[scenario]\n[run]\ncount = 0\nchoices = []\n");
    let cases = [
        ("garbage.toml", "garbage.toml:2: this is no text (UTF-8)"),
        ("directory", "directory: cannot be read: "),
        ("directory/", "directory/: cannot be read: "),
        ("missing.toml", "missing.toml: no such file; check the path"),
        ("directory/missing", "directory/missing: no such file; check the path"),
        (
            "saved.toml",
            "saved.toml: this is a saved run, not a scenario; use 'active-active replay'",
        ),
        (
            "basline",
            "basline: no such file, and no built-in scenario of that name; did you mean \
          'baseline'?",
        ),
        ("xyz", "xyz: no such file, and no built-in scenario of that name; 'active-active list'"),
    ];
    for (name, expected) in cases {
        for command in ["run", "sweep"] {
            refused(&place, &format!("{command} {name}"), expected);
        }
    }
    let cases = [
        ("directory", "directory: cannot be read: "),
        ("missing.toml", "missing.toml: no such file"),
    ];
    for (name, expected) in cases {
        refused(&place, &format!("replay {name}"), expected);
    }
}

#[test]
fn a_file_in_the_way_of_a_built_in_name_is_the_file() {
    let place = Place::new();
    place.write("baseline", "name = 7");
    refused(&place, "run baseline", "baseline:1: name: 7 is not a text");
}

#[test]
fn a_wrong_replay_file_is_refused() {
    let place = Place::new();
    place.write("version.toml", "format = 3\nnews = true\n");
    place.write("garbage", b"\x7fELF\xff\xff");
    place.write("empty.toml", "");
    place.write("scenario.toml", "name = \"a\"\nscript = [\"publish 1\"]\n");
    let cases = [
        ("version.toml", "version.toml:1: format: format 3 is not known here; this build reads"),
        ("garbage", "garbage:1: this is no saved run; if it is an artifact of a fuzz target"),
        ("empty.toml", "empty.toml: format: this is not a saved run, which begins with 'format"),
        ("scenario.toml", "scenario.toml: format: this is a scenario, not a saved run; use 'run'"),
    ];
    for (name, expected) in cases {
        refused(&place, &format!("replay {name}"), expected);
    }
}

#[test]
fn a_wrong_change_is_refused() {
    let place = Place::new();
    let cases = [
        ("dns.weights=1,256", "--set dns.weights=1,256: dns.weights[1]: 256 is no weight"),
        ("dns.weigths=1", "--set dns.weigths=1: dns.weigths: there is no key 'weigths' here"),
        ("topology.stages=[]", "--set topology.stages=[]: topology.stages: 0 stages"),
        ("container.steps=store", "--set container.steps=store: container.steps: a container"),
        ("script=halt", "--set script=halt: script: 'halt' is no step of a script"),
        ("script=[]", "--set script=[]: script: the script publishes nothing"),
        ("novalue", "invalid value 'novalue' for '--set <KEY=VALUE>': novalue: write KEY=VALUE"),
    ];
    for (change, expected) in cases {
        refused(&place, &format!("sweep baseline --set {change}"), expected);
    }
}

#[test]
fn wrong_usage_is_refused() {
    let place = Place::new();
    let cases = [
        (
            "sweep baseline --runs 0",
            "invalid value '0' for '--runs <N>': use a whole number from 1",
        ),
        (
            "sweep baseline --runs -1",
            "invalid value '-1' for '--runs <N>': use a whole number from 1 on",
        ),
        ("sweep baseline --threads 0", "invalid value '0' for '--threads <N>'"),
        (
            "sweep baseline --threads 1025",
            "invalid value '1025' for '--threads <N>': use a whole number from 1 to 1024",
        ),
        ("sweep baseline --max-steps 0", "invalid value '0' for '--max-steps <STEPS>'"),
        (
            "sweep baseline --seed x",
            "invalid value 'x' for '--seed <SEED>': use a whole number from 0 on",
        ),
        ("sweep baseline --scheduler x", "invalid value 'x' for '--scheduler <SCHEDULER>': there"),
        ("sweep baseline --scheduler script:1,x", "invalid value 'script:1,x' for '--scheduler"),
        ("sweep baseline --format xml", "invalid value 'xml' for '--format <FORMAT>'"),
        ("sweep", "the following required arguments were not provided"),
        ("sweep baseline --fast", "unexpected argument '--fast' found"),
        ("swep baseline", "unrecognized subcommand 'swep'"),
        ("replay x --artifact y", "invalid value 'y' for '--artifact <TARGET>'"),
        (
            "run baseline --run -3",
            "invalid value '-3' for '--run <INDEX>': use a whole number from 0",
        ),
    ];
    for (arguments, expected) in cases {
        refused(&place, arguments, expected);
    }
}

/// Whoever mistypes is told what may have been meant, and where to look.
#[test]
fn what_is_mistyped_is_suggested() {
    let place = Place::new();
    let cases = [
        (
            "sweep basline",
            "basline: no such file, and no built-in scenario of that name; did you mean 'baseline'?",
        ),
        (
            "sweep something-else",
            "something-else: no such file, and no built-in scenario of that name; 'active-active list' shows",
        ),
        ("sweep nowhere.toml", "nowhere.toml: no such file; check the path"),
        (
            "sweep baseline --set container.on_duplicat=skip",
            "--set container.on_duplicat=skip: container.on_duplicat: there is no key 'on_duplicat' here",
        ),
        (
            "sweep baseline --set script=publsh",
            "--set script=publsh: script: 'publsh' is no step of a script (did you mean 'publish'?);",
        ),
        (
            "sweep baseline --scheduler rndom",
            "invalid value 'rndom' for '--scheduler <SCHEDULER>': there is no strategy 'rndom' (did you mean 'random'?);",
        ),
        (
            "sweep baseline --scheduler dely:3",
            "invalid value 'dely:3' for '--scheduler <SCHEDULER>': there is no strategy 'dely:3' (did you mean 'delay'?);",
        ),
        (
            "verify baseline --budget crahs=1",
            "invalid value 'crahs=1' for '--budget <KIND=N,…>': 'crahs=1' is not a part of a budget (did you mean 'crash'?);",
        ),
        (
            "verify baseline --budget crash=much",
            "invalid value 'crash=much' for '--budget <KIND=N,…>': 'crash=much' is not a part of a budget; write",
        ),
        (
            "verify baseline --budget crash=1,crash=2",
            "invalid value 'crash=1,crash=2' for '--budget <KIND=N,…>': 'crash' is given twice, first as 1;",
        ),
        ("man swep", "no command is called 'swep'; did you mean 'sweep'?"),
    ];
    for (arguments, expected) in cases {
        refused(&place, arguments, expected);
    }
}

/// An error of 100,000 letters hides what is wrong.
#[test]
fn a_very_long_value_is_abbreviated() {
    let place = Place::new();
    let long = "h".repeat(100_000);
    for text in [format!("heal = \"{long}\""), format!("script = [\"publish {long}\"]")] {
        place.write("long.toml", format!("{text}\n"));
        let done = place.run("sweep long.toml");
        assert_eq!(done.status, Some(2));
        assert!(done.stderr.len() < 1_000, "{}", done.stderr.len());
    }
}

/// The file that is written first has another name, which nobody needs to know.
#[test]
fn a_file_that_cannot_be_written_is_named_as_it_was_given() {
    let place = Place::new();
    let expected = "nowhere/x.toml: cannot be written: No such file or directory (os error 2); check \
                    that the directory exists, is writable and has room, or name another";
    refused(&place, "init nowhere/x.toml", expected);
}

/// `run --run K` makes a run of the sweep, and so do a report and an export.
#[test]
fn a_run_that_the_sweep_does_not_have_is_refused() {
    let place = Place::new();
    let cases = [
        (
            "report baseline --run 1000",
            "--run 1000: the runs are 0 to 999; give one of them, or --runs 1001 or",
        ),
        (
            "report baseline --runs 5 --run 5",
            "--run 5: the runs are 0 to 4; give one of them, or --runs 6",
        ),
        (
            "export csv baseline --runs 5 --run 18446744073709551615",
            "--run 18446744073709551615: the runs are 0 to 4",
        ),
        (
            "run baseline --scheduler round-robin --run 1",
            "--run 1: all runs of the round-robin scheduler are run 0; leave --run",
        ),
        (
            "run baseline --scheduler script:1,2 --run 1",
            "--run 1: all runs of the script:1,2 scheduler are run 0",
        ),
        (
            "report baseline --scheduler round-robin --runs 9 --run 1",
            "--run 1: all runs of the round-robin",
        ),
        (
            "run baseline --run 18446744073709551615",
            "--run 18446744073709551615: the runs are 0 to",
        ),
        (
            "run baseline --run 18446744073709551616",
            "invalid value '18446744073709551616' for '--run",
        ),
    ];
    for (arguments, expected) in cases {
        refused(&place, arguments, expected);
    }
    for right in ["export csv baseline --runs 5 --run 4", "run baseline --run 18446744073709551614"]
    {
        assert_eq!(place.run(right).status, Some(0), "{right}");
    }
}

/// What is said of a saved run is what was saved: options that would change it were ignored.
#[test]
fn a_saved_run_takes_no_options_of_a_sweep() {
    let place = Place::new();
    let unsound = "crash-anywhere --set container.steps=remove,store,publish --no-minimize";
    assert_eq!(place.run(&format!("run {unsound} --out .")).status, Some(1));
    let saved = place.names().into_iter().next().expect("it was saved");
    for (option, value) in [
        ("--set", "name=a"),
        ("--runs", "5"),
        ("--run", "0"),
        ("--seed", "1"),
        ("--scheduler", "portfolio"),
        ("--max-steps", "5"),
    ] {
        for command in ["report", "export junit"] {
            let expected =
                format!("{option}: a saved run is shown as it was saved; leave {option} out");
            refused(&place, &format!("{command} {saved} {option} {value}"), &expected);
        }
    }
}

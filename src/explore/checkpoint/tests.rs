use super::*;
use crate::explore::evidence::Evidence;
use crate::explore::sweep::SweepReport;

fn identity() -> Identity {
    Identity {
        scenario: "name = 'a'".to_owned(),
        scheduler: "random".to_owned(),
        seed: 1,
        runs: 1_000,
        steps_max: None,
    }
}

/// Reads a file whose second line says this of the segment, with a checksum that is right.
fn read(shard: &str, says: &[(&str, &str)]) -> Result<Done, CheckpointError> {
    let shard = shard.parse().expect("it is a shard");
    let checkpoint = Checkpoint::new(identity(), shard);
    let evidence = serde_json::to_string(&Evidence::default()).expect("it is plain data");
    let right = [
        ("first", "64"),
        ("runs", "32"),
        ("steps", "100"),
        ("inconclusive", "0"),
        ("awaited_until_heal", "null"),
        ("evidence", evidence.as_str()),
        ("runs_with_operator", "0"),
        ("operator", "null"),
        ("runs_with_loss", "0"),
        ("largest_loss", "null"),
        ("violating_run", "null"),
        ("pairs", "{}"),
        ("reached", "{}"),
    ];
    let value = |(key, value): (&str, &str)| {
        let says = says.iter().find(|(other, _)| *other == key);
        format!("\"{key}\":{}", says.map_or(value, |(_, value)| value))
    };
    let json = format!("{{{}}}", right.map(value).join(","));
    let text = checkpoint.to_text(&Done::of(shard)) + &sealed(&json, checkpoint.seed);
    let read = Checkpoint::parse(&text)?;
    read.done(1_000, Rhythm::INDEPENDENT, &mut |_| None)
}

/// What a line can say, though its checksum is right, because another program wrote it.
#[test]
fn a_line_that_says_what_cannot_be_is_refused() {
    const LOSS: &str = r#"{"run":70,"undelivered":[1],"restorable":[],"unreplicated":[]}"#;
    let ends = Evidence { ends: 33, ..Evidence::default() };
    let ends = serde_json::to_string(&ends).expect("it is plain data");
    let segments = |done: Done| done.segments().map(|(first, _)| first).collect::<Vec<u64>>();
    assert_eq!(read("1/1", &[]).map(segments), Ok(vec![64]));
    let lossy = [("runs_with_loss", "1"), ("largest_loss", LOSS)];
    assert_eq!(read("1/1", &lossy).map(segments), Ok(vec![64]));
    let cases: [(&[(&str, &str)], &str); 16] = [
        (&[("runs", "0")], "there are no 0 runs from 64 on"),
        (&[("first", "18446744073709551615")], "there are no 32 runs from 18446744073709551615 on"),
        (&[("inconclusive", "33")], "it counts more than its 32 runs"),
        (&[("violating_run", "70")], "run 70 violates the spec, and later ones were made"),
        (&[("violating_run", "96")], "run 96 violates the spec, and later ones were made"),
        (&[("violating_run", "95"), ("inconclusive", "32")], "it counts more than its 32 runs"),
        (&[("reached", r#"{"Paused":33}"#)], "it counts more than its 32 runs"),
        (&[("runs_with_loss", "33"), ("largest_loss", LOSS)], "it counts more than its 32 runs"),
        (&[("runs_with_loss", "1")], "it counts losses and names none"),
        (&[("largest_loss", LOSS)], "it names losses and counts none"),
        (&[("runs_with_operator", "1")], "it counts operators and names none"),
        (&[("operator", "[96,\"a\"]")], "run 96 is not one of the runs 64 to 95"),
        (&[("evidence", &ends)], "it counts more than its 32 runs"),
        (&[("awaited_until_heal", "[63,0]")], "run 63 is not one of the runs 64 to 95"),
        (&[("awaited_until_heal", "[96,0]")], "run 96 is not one of the runs 64 to 95"),
        (&[("pairs", r#"{"a":60,"b":41}"#)], "it counts more than its 100 steps"),
    ];
    for (says, what) in cases {
        let what = what.to_owned();
        assert_eq!(read("1/1", says), Err(CheckpointError::Impossible { line: 2, what }));
    }
    let beyond = read("1/1", &[("first", "969")]);
    assert_eq!(beyond, Err(CheckpointError::Fewer { last: 1_000, asked: 1_000 }));
    // Runs 0 to 499 are the first shard's.
    let what = "run 64 is not of shard 2/2".to_owned();
    assert_eq!(read("2/2", &[]), Err(CheckpointError::Impossible { line: 2, what }));
}

#[test]
fn what_another_build_counts_or_shows_is_refused() {
    let cases: [(&[(&str, &str)], &str); 3] = [
        (&[("pairs", r#"{"a":1}"#)], "it counts 'a', which is not known here"),
        (&[("reached", r#"{"Nothing":1}"#)], "it counts 'Nothing', which is not known here"),
        (&[("violating_run", "95")], "run 95 violates the spec there, and not here"),
    ];
    for (says, what) in cases {
        let what = what.to_owned();
        assert_eq!(read("1/1", says), Err(CheckpointError::Build { line: 2, what }));
    }
    let damaged = Err(CheckpointError::Damaged { line: 2 });
    assert_eq!(read("1/1", &[("runs", "-1")]), damaged);
    assert_eq!(read("1/1", &[("runs", "1e1")]), damaged);
}

#[test]
fn a_first_line_of_another_version_or_kind_is_refused() {
    let head = |kind: &str, version: &str, rest: &str| {
        let json = format!("{{\"kind\":\"{kind}\",\"version\":\"{version}\"{rest}}}");
        Checkpoint::parse(&sealed(&json, 0)).expect_err("it is another file")
    };
    let own = env!("CARGO_PKG_VERSION");
    let found = "0.0.1".to_owned();
    assert_eq!(head(MARK, "0.0.1", ",\"news\":1"), CheckpointError::Version { found });
    assert_eq!(head("another kind", own, ""), CheckpointError::Unreadable);
    assert_eq!(head(MARK, own, ""), CheckpointError::Unreadable);
    assert_eq!(head(MARK, own, ",\"shard\":\"0/1\",\"identity\":{}"), CheckpointError::Unreadable);
    let unsealed = format!("{{\"kind\":\"{MARK}\",\"version\":\"{own}\"}}\n");
    let damaged = CheckpointError::Damaged { line: 1 };
    assert_eq!(Checkpoint::parse(&unsealed), Err(damaged));
    for other in ["", "\n", "{}", "{}\n", "name = 'a'\n", "\0\0\0\0"] {
        assert_eq!(Checkpoint::parse(other), Err(CheckpointError::Unreadable), "{other:?}");
    }
}

/// A file without an end, such as a device, is refused at its first line.
#[test]
fn what_has_no_end_is_not_read_to_its_end() {
    let endless = io::BufReader::new(io::repeat(0));
    let read = Checkpoint::read(endless).expect("it can be read");
    assert_eq!(read, Err(CheckpointError::Unreadable));
    let text = Checkpoint::new(identity(), Shard::default()).to_text(&Done::of(Shard::default()));
    let endless = io::BufReader::new(text.as_bytes().chain(io::repeat(b'x')));
    let read = Checkpoint::read(endless).expect("it can be read");
    assert_eq!(read, Err(CheckpointError::Damaged { line: 2 }));
}

/// Every line is a JSON object, which other tools can read.
#[test]
fn lines_are_json_objects() {
    let mut done = Done::of(Shard::default());
    let report = SweepReport { runs: 3, steps: 7, ..SweepReport::default() };
    done.add(Segment { first: 5, report }).expect("nothing is there");
    let text = Checkpoint::new(identity(), Shard::default()).to_text(&done);
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    assert_eq!((&lines[0]["kind"], &lines[0]["identity"]["seed"]), (&MARK.into(), &1.into()));
    assert_eq!((&lines[1]["first"], &lines[1]["runs"]), (&5.into(), &3.into()));
}

/// Each field of the identity alone makes it another campaign: runs under another bound on steps were added to those of
/// this one.
#[test]
fn a_file_of_another_campaign_is_refused_and_said_which_field_differs() {
    type Change = (&'static str, fn(&mut Identity));
    let change: [Change; 4] = [
        ("scenario", |other| other.scenario.push(' ')),
        ("scheduler", |other| other.scheduler.push_str(":2")),
        ("seed", |other| other.seed += 1),
        ("bound on steps", |other| other.steps_max = Some(other.steps_max.unwrap_or(7) + 1)),
    ];
    let checkpoint = Checkpoint::new(identity(), Shard::default());
    assert_eq!(checkpoint.check(&identity(), Shard::default()), Ok(()));
    for (field, change) in change {
        let mut other = identity();
        change(&mut other);
        let refused = checkpoint.check(&other, Shard::default());
        assert_eq!(refused, Err(CheckpointError::Other(field)));
    }
    let shard: Shard = "1/2".parse().expect("it is a shard");
    assert_eq!(checkpoint.check(&identity(), shard), Err(CheckpointError::Other("shard")));
}

/// A whole campaign goes on; how a shard was dealt out depends on the number of runs.
#[test]
fn only_a_whole_campaign_may_be_asked_for_another_number_of_runs() {
    let more = Identity { runs: identity().runs + 64, ..identity() };
    let shard: Shard = "1/2".parse().expect("it is a shard");
    assert_eq!(
        Checkpoint::new(identity(), Shard::default()).check(&more, Shard::default()),
        Ok(())
    );
    let refused = Checkpoint::new(identity(), shard).check(&more, shard);
    assert_eq!(refused, Err(CheckpointError::Other("number of runs")));
}

//! What bytes are: valid cases of sound designs, and all that there is.

use rand::Rng;

use super::*;
use crate::run::Verdict;
use crate::scenario::StageOptions;
use crate::scheduler::seed;

#[test]
fn no_byte_is_the_smallest_case() {
    let case = Case::from_bytes(&[]).expect("it is short");
    let script: Vec<String> = case.scenario.script.iter().map(ToString::to_string).collect();
    assert_eq!(script, ["publish 1", "await delivered all", "expect delivered 1"]);
    assert_eq!(case.scenario.topology.regions, 2);
    assert_eq!(case.scenario.topology.stages, ["inbound"]);
    assert!(case.choices.is_empty());
}

#[test]
fn bytes_are_read_as_the_table_says() {
    let bytes = [
        &[1, 0][..],                  // a random run
        &[8, 0, 1, 6],                // 3 regions, 2 stages, 2 containers
        &[1, 0, 1, 0, 0],             // batches of 2 and 1
        &[0],                         // no databases
        &[4, 1, 0, 1, 1, 3], // two kinds of faults, the first two of the table: 1 crash, 3 lost replies
        &[0, 1, 14, 2, 1, 2], // no opening, and one act: the second queue of the third region fails
        &[4, 1, 0, 0],       // 2 keys
        &[1, 0, 0, 1],       // one option, the first one: the source gives up
        &[4, 0, 0],          // 1 retry
        &[0, 0],             // stages in a line, none of which has settings of its own
        &[5, 5, 0, 4, 0, 0, 0, 0, 0], // weights 0 1 3, and five for regions that are not there
        &[3, 0, 5, 0, 0, 3, 5, 0], // in-dns is 10 times as fast
        &[0],                // no times
        &[0, 9, 3, 255],     // two choices, three of the base between them
    ];
    let case = Case::from_bytes(&bytes.concat()).expect("it is short");
    let toml = case.scenario.to_toml();
    let expected = r#"
        name = "generated"
        topology = { regions = 3, stages = ["inbound", "preprocess"], containers = 2 }
        records = { batches = [2, 1], keys = 2 }
        dns.weights = [0, 1, 3]
        source.on_refusal = "abort"
        table.conflict = "version-checked"
        destination.versions = "checked"
        container.retries = 1
        budget = { crash = 1, lost_reply = 3 }
        speed.in-dns = 10
        script = [
            "fail inbound-preprocess-queue@3",
            "publish 1",
            "publish 2",
            "recover *",
            "publish 1",
            "publish 2",
            "await quiescent",
        ]
    "#;
    assert_eq!(Scenario::parse(expected), Ok(case.scenario), "{toml}");
    assert_eq!(case.choices, [61_441, 9, 63_491, 63]);
    assert_eq!(Case::from_bytes(&vec![0; BYTES_MAX + 1]), None);
}

#[test]
fn one_stage_can_have_settings_of_its_own() {
    let mut bytes = [0; 160];
    let mut own = Vec::new();
    for number in 0..400 {
        seed::generator(4, number).fill_bytes(&mut bytes);
        let case = Case::from_bytes(&bytes).expect("it is short");
        own.extend(case.scenario.stage.into_values());
    }
    let differs = |option: fn(&StageOptions) -> bool| own.iter().any(option);
    assert!(differs(|own| own.containers.is_some()));
    assert!(differs(|own| own.queue.delivery.is_some()));
    assert!(differs(|own| own.container.retries.is_some()));
    assert!(differs(|own| own.container.steps.is_some()));
    assert!(differs(|own| own.table.on_failure.is_some()));
}

/// Taken by their numbers, the choices are those of the timed scheduler.
#[test]
fn a_timed_case_has_the_order_of_the_timed_scheduler() {
    let (mut bytes, mut timed) = ([0; 96], 0);
    for number in 0..400 {
        seed::generator(2, number).fill_bytes(&mut bytes);
        let case = Case::from_bytes(&bytes).expect("it is short");
        let Some(case) = case.timed() else { continue };
        let plan = Arc::new(Plan::new(&case.scenario).expect("every sketch is valid"));
        let (mut by_time, mut by_number) = (Choices::default(), Choices::default());
        let mut runner = Runner::new(plan);
        runner.run(&mut Timed::new(0), 0, &mut by_time);
        runner.run(&mut Script::new(case.choices.clone()), 0, &mut by_number);
        assert_eq!(by_time, by_number);
        timed += 1;
    }
    assert!(timed > 50, "{timed} cases have times");
}

#[test]
fn all_bytes_are_cases_that_hold() {
    let mut bytes = [0; 96];
    for number in 0..2_000 {
        seed::generator(1, number).fill_bytes(&mut bytes);
        let case = Case::from_bytes(&bytes).expect("it is short");
        let plan = Plan::new(&case.scenario).expect("every sketch is valid");
        let outcome = Runner::new(Arc::new(plan)).run(&mut Script::new(case.choices), 0, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "{}", case.scenario.to_toml());
    }
}

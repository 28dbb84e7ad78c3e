//! Each scheduler: it finds, it reaches, and it chooses as it says. That it holds on every sound
//! scenario is in `scenarios.rs`, what it chooses from in `exhaustive.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use active_active::explore::{Choices, Cut, Observer, Phase, Progress, Runner, Sweep, Verdict};
use active_active::model::dns;
use active_active::model::event::fault;
use active_active::model::{Event, MachineId, Place};
use active_active::plan::Plan;
use active_active::scheduler::{Random, Replay, RoundRobin, Scheduler, Script, Timed};
use active_active::sim::{Choice, Simulation, Step};
use active_active::spec::PropertyName;

use crate::common::plans;

/// By machine: how many steps others took while it could have taken one.
struct Waits(Vec<usize>);

impl Observer for Waits {
    fn begin(&mut self, simulation: &Simulation) {
        self.0 = vec![0; simulation.plan().layout.machines()];
    }

    fn phase(&mut self, _phase: Phase, _simulation: &Simulation) {}

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        let machines = self.0.len();
        for (index, waits) in self.0.iter_mut().enumerate() {
            let choice = Choice::Step(MachineId(index as u16));
            let can = simulation.enabled().contains(choice) && step.choice != choice;
            *waits = if can { *waits + 1 } else { 0 };
            assert!(*waits <= machines, "machine {index} waits longer than a round");
        }
    }
}

#[test]
fn round_robin_lets_nobody_wait_longer_than_a_round() {
    let mut runner = Runner::new(plans::plan("f1-fail-container", &[]));
    runner.run(&mut RoundRobin::default(), 0, &mut Waits(Vec::new()));
}

#[test]
fn round_robin_gives_nobody_two_turns_while_another_waits() {
    let plan = plans::plan("f1-fail-container", &[]);
    let mut simulation = Simulation::new(plan);
    let mut fair = RoundRobin::default();
    let mut last = None;
    while let Some(choice) = fair.choose(&simulation) {
        let alone = simulation.enabled().steps() == 1;
        assert!(alone || last != Some(choice), "{choice:?} twice at step {}", simulation.steps());
        simulation.step(choice);
        last = Some(choice);
    }
}

#[test]
#[should_panic(expected = "waits longer than a round")]
fn random_does_let_somebody_wait_longer_than_a_round() {
    let mut runner = Runner::new(plans::plan("f1-fail-container", &[]));
    for run in 0..100 {
        runner.run(&mut Random::new(1), run, &mut Waits(Vec::new()));
    }
}

/// How far counts are from their expected shares (Pearson's chi-square).
fn chi_square(counts: &[(u64, f64)]) -> f64 {
    let total: u64 = counts.iter().map(|(count, _)| count).sum();
    let shares: f64 = counts.iter().map(|(_, share)| share).sum();
    let term = |&(count, share): &(u64, f64)| {
        let expected = total as f64 * share / shares;
        (count as f64 - expected).powi(2) / expected
    };
    counts.iter().map(term).sum()
}

/// Of a chi-square with 11 degrees of freedom, one value in 30,000 is greater. The numbers are
/// always the same, so the test cannot fail by chance.
const CHI_SQUARE_MAX: f64 = 40.0;
const DRAWS: u64 = 24_000;

/// How far the choices in the first state, in which 12 machines can step, are from what the
/// plan's speeds ask for.
fn first_choices(plan: &Arc<Plan>, mut draw: impl FnMut(&Simulation, u64) -> Choice) -> f64 {
    let simulation = Simulation::new(Arc::clone(plan));
    let mut counts = BTreeMap::new();
    for number in 0..DRAWS {
        *counts.entry(draw(&simulation, number)).or_insert(0) += 1;
    }
    assert_eq!(simulation.enabled().steps(), 12);
    let share = |choice: Choice| match choice {
        Choice::Step(machine) => (counts[&choice], f64::from(plan.speed(machine))),
        Choice::Resolve(_) | Choice::Fail(_) | Choice::Fault(_) | Choice::Heal => {
            panic!("there is no {choice:?}")
        }
    };
    chi_square(&simulation.enabled().iter().map(share).collect::<Vec<_>>())
}

#[test]
fn random_chooses_uniformly_within_a_run_and_over_runs() {
    let plan = plans::plan("f1-fail-container", &[]);
    let mut random = Random::new(11);
    random.begin(&plan, 0);
    let within =
        first_choices(&plan, |simulation, _| random.choose(simulation).expect("all can step"));
    assert!(within < CHI_SQUARE_MAX, "{within}");
    let over = first_choices(&plan, |simulation, run| {
        random.begin(&plan, run);
        random.choose(simulation).expect("all can step")
    });
    assert!(over < CHI_SQUARE_MAX, "{over}");
}

#[test]
fn random_chooses_by_speed() {
    let changes = ["speed.driver=2", "speed.*-queue@1=3", "speed.*-queue@2=10"];
    let plan = plans::plan("f1-fail-container", &changes);
    assert_eq!(plan.speed(plan.layout.machine(Place::OutDns)), 1);
    let mut random = Random::new(12);
    random.begin(&plan, 0);
    let within =
        first_choices(&plan, |simulation, _| random.choose(simulation).expect("all can step"));
    assert!(within < CHI_SQUARE_MAX, "{within}");
    // The canary: without speeds the same choices are far from these shares.
    let equal = plans::plan("f1-fail-container", &[]);
    random.begin(&equal, 0);
    let simulation = Simulation::new(equal);
    let far = first_choices(&plan, |_, _| random.choose(&simulation).expect("all can step"));
    assert!(far > 100.0 * CHI_SQUARE_MAX, "{far}");
}

/// The first state in which in-dns is about to answer a send, in the fair order.
fn before_an_answer(plan: &Arc<Plan>) -> Simulation {
    let mut simulation = Simulation::new(Arc::clone(plan));
    let mut fair = RoundRobin::default();
    while !simulation.enabled().has_alternatives() {
        simulation.step(fair.choose(&simulation).expect("a send comes"));
    }
    simulation
}

/// in-dns gets its turn as often as anybody, and each region its share of the answers.
#[test]
fn random_draws_answers_by_weight_and_in_dns_no_more_often_for_them() {
    let changes = ["topology.regions=4", "dns.weights=5,0,2,1", "dns.answer=random"];
    let plan = plans::plan("baseline", &changes);
    let simulation = before_an_answer(&plan);
    let enabled = simulation.enabled();
    assert_eq!(
        enabled.steps(),
        enabled.machine_count() + 2,
        "two answers beside the one that is due"
    );
    let mut random = Random::new(21);
    random.begin(&plan, 0);
    let mut counts: BTreeMap<Choice, u64> = BTreeMap::new();
    for _ in 0..DRAWS {
        *counts.entry(random.choose(&simulation).expect("all can step")).or_insert(0) += 1;
    }
    let answers: Vec<(u64, f64)> =
        simulation.answers().map(|(choice, share)| (counts[&choice], f64::from(share))).collect();
    let shares: Vec<f64> = answers.iter().map(|&(_, share)| share).collect();
    assert_eq!(shares, [5.0, 2.0, 1.0]);
    assert!(chi_square(&answers) < CHI_SQUARE_MAX, "{answers:?}");
    // The canary: they are not drawn as if they were equal.
    let equal: Vec<(u64, f64)> = answers.iter().map(|&(count, _)| (count, 1.0)).collect();
    assert!(chi_square(&equal) > CHI_SQUARE_MAX, "{answers:?}");
    let of_in_dns = answers.iter().map(|&(count, _)| count).sum();
    let rest = (DRAWS - of_in_dns, enabled.machine_count() as f64 - 1.0);
    assert!(chi_square(&[(of_in_dns, 1.0), rest]) < CHI_SQUARE_MAX, "{of_in_dns}");
}

/// Every answer is a choice with a name, by number and by replay, and goes where it says.
#[test]
fn every_answer_can_be_chosen_by_number_and_by_name() {
    let plan = plans::plan("baseline", &["topology.regions=3", "dns.answer=random"]);
    let simulation = before_an_answer(&plan);
    let enabled = simulation.enabled();
    let choices: Vec<Choice> = enabled.iter().collect();
    assert_eq!(choices.len(), enabled.len());
    let mut names = BTreeSet::new();
    for (number, &choice) in choices.iter().enumerate() {
        assert_eq!((enabled.nth(number), enabled.contains(choice)), (choice, true));
        let name = choice.name(&plan.layout);
        assert_eq!(Choice::parse(&name, &plan.layout), Some(choice));
        names.insert(name);
    }
    let sampled: BTreeSet<Choice> = (0..enabled.steps()).map(|n| enabled.any_step(n)).collect();
    assert_eq!(sampled, choices.into_iter().collect());
    let is_answer = |name: &&String| name.contains("in-dns");
    let answers: Vec<&String> = names.iter().filter(is_answer).collect();
    assert_eq!(answers, ["resolve in-dns@2", "resolve in-dns@3", "step in-dns"]);
    for (choice, _) in simulation.answers() {
        let mut after = simulation.clone();
        after.step(choice);
        assert!(!after.enabled().has_alternatives(), "the send is answered");
        if let Choice::Resolve(region) = choice {
            let to = |event: &Event| matches!(event, Event::Dns(dns::Event::Routed { region: to, .. }) if *to == region);
            assert!(after.events().iter().any(to), "{choice:?}");
        }
    }
    assert_eq!(Choice::parse("resolve in-dns@4", &plan.layout), None);
}

/// Every fault of the budget is a choice with a name, from the beginning on.
#[test]
fn every_fault_of_the_budget_has_a_name() {
    let changes = [
        "store.default=aurora",
        "budget.lose_table=1",
        "budget.lose_region=1",
        "budget.switchover=1",
        "budget.failover=1",
        "budget.outage=1",
        "topology.stages=only",
    ];
    let mut simulation = Simulation::new(plans::plan("baseline", &changes));
    let plan = Arc::clone(simulation.plan());
    let first = simulation.enabled().nth_step(0);
    simulation.step(first);
    let names = |simulation: &Simulation| {
        let points = simulation.enabled().fault_points().map(Choice::Fault);
        let named = points.map(|choice| (choice.name(&plan.layout), choice));
        let named: BTreeMap<String, Choice> = named.collect();
        for (name, &choice) in &named {
            assert_eq!(Choice::parse(name, &plan.layout), Some(choice), "{name}");
        }
        named
    };
    let offered: Vec<String> = names(&simulation).into_keys().collect();
    let expected = [
        "failover only-table to @2",
        "lose @1",
        "lose @2",
        "lose only-table@1",
        "lose only-table@2",
        "outage @1",
        "outage @2",
        "switchover only-table to @2",
    ];
    assert_eq!(offered, expected);
    simulation.step(names(&simulation)["outage @1"]);
    // The writer does not work, so it hands over to nobody.
    let offered: Vec<String> = names(&simulation).into_keys().collect();
    let left = ["end-outage @1", "failover only-table to @2", "lose @1", "lose @2"];
    assert_eq!(offered, [&left[..], &["lose only-table@1", "lose only-table@2"]].concat());
    simulation.step(names(&simulation)["end-outage @1"]);
    simulation.step(names(&simulation)["lose @2"]);
    let offered: Vec<String> = names(&simulation).into_keys().collect();
    assert_eq!(offered, ["lose only-table@1"], "nothing can happen any more to what is gone");
}

/// One stage: two queues, a container and a table of region 1, of which some fail.
const SOME_OF_FOUR: &str = r#"
    name = "some-of-four"
    topology.stages = ["only"]
    records.batches = [1]
    script = ["fail some *@1", "await quiescent", "publish 1"]
"#;

/// As many fail as another number of them, and these as well as those.
#[test]
fn random_draws_how_many_fail_and_then_which_ones() {
    let plan = plans::plan(SOME_OF_FOUR, &[]);
    let mut runner = Runner::new(Arc::clone(&plan));
    let (mut choices, mut counts) = (Choices::default(), BTreeMap::new());
    for run in 0..DRAWS {
        runner.run(&mut Random::new(17), run, &mut choices);
        let fails = |choice: &&Choice| matches!(choice, Choice::Fail(_));
        let chosen: Vec<Choice> = choices.taken.iter().filter(fails).copied().collect();
        *counts.entry(chosen).or_insert(0u64) += 1;
    }
    // If nothing before the last one fails, it fails without being chosen.
    assert_eq!(counts.len(), 15);
    let ways = |size: usize| [4.0, 6.0, 4.0, 1.0][size - 1];
    let share = |chosen: &[Choice]| 1.0 / ways(chosen.len().max(1));
    let shares: Vec<(u64, f64)> =
        counts.iter().map(|(chosen, &count)| (count, share(chosen))).collect();
    assert!(chi_square(&shares) < CHI_SQUARE_MAX, "{counts:?}");
    // The canary: not as if somebody had thrown a coin for each of them.
    let even: Vec<(u64, f64)> = counts.values().map(|&count| (count, 1.0)).collect();
    assert!(chi_square(&even) > CHI_SQUARE_MAX, "{counts:?}");
}

/// Each component fails by name, or is left be; and the last one fails without a choice if nothing
/// else did.
#[test]
fn every_component_can_be_chosen_by_name() {
    let plan = plans::plan(SOME_OF_FOUR, &[]);
    let mut simulation = Simulation::new(Arc::clone(&plan));
    let names = ["inbound-queue@1", "outbound-queue@1", "only-table@1", "only-container@1"];
    let (mut offered, mut last_fails) = (BTreeSet::new(), false);
    let is_fault = |event: &Event| matches!(event, Event::Fault(fault::Event::Faulted { .. }));
    while let Some(choice) = RoundRobin::default().choose(&simulation)
        && choice.machine() == Some(plan.layout.machine(Place::Driver))
    {
        let others = simulation.enabled().iter().filter(|choice| matches!(choice, Choice::Fail(_)));
        for other in others {
            let name = other.name(&plan.layout);
            assert_eq!(Choice::parse(&name, &plan.layout), Some(other));
            let mut after = simulation.clone();
            after.step(other);
            assert!(
                matches!(after.events()[0], Event::Fault(fault::Event::Faulted { .. })),
                "{name}"
            );
            offered.insert(name);
        }
        simulation.step(choice);
        last_fails |= simulation.events().iter().any(is_fault);
    }
    assert_eq!(offered.len(), 3, "{offered:?} of {names:?}");
    assert!(names.iter().filter(|name| !offered.contains(&format!("fail {name}"))).count() == 1);
    assert!(last_fails, "the last one had to fail");
    assert_eq!(Choice::parse("fail in-dns", &plan.layout), None);
}

/// Crashes fall early and late, on every container, and in some runs not at all.
#[test]
fn random_spreads_faults_over_the_whole_run() {
    let mut runner = Runner::new(plans::plan("crash-anywhere", &[]));
    let (mut choices, mut points) = (Choices::default(), BTreeSet::new());
    let (mut early, mut late, mut none) = (0, 0, 0);
    for run in 0..1_000 {
        runner.run(&mut Random::new(13), run, &mut choices);
        let is_fault = |choice: &Choice| matches!(choice, Choice::Fault(_));
        points.extend(choices.taken.iter().copied().filter(is_fault));
        let first = choices.taken.iter().position(is_fault);
        early += u64::from(first.is_some_and(|at| at < 100));
        late += u64::from(first.is_some_and(|at| at > 1_000));
        none += u64::from(first.is_none());
    }
    assert_eq!(points.len(), 2 * 10, "each container crashes and is started again");
    assert!(early > 100 && late > 50 && none > 10, "{early} early, {late} late, {none} without");
}

#[test]
fn a_random_run_does_not_depend_on_the_runs_before_it() {
    let plan = plans::plan("crash-anywhere", &[]);
    let (mut many, mut alone) = (Runner::new(Arc::clone(&plan)), Runner::new(plan));
    let mut random = Random::new(14);
    for run in 0..50 {
        let (mut taken, mut again) = (Choices::default(), Choices::default());
        let outcome = many.run(&mut random, run, &mut taken);
        assert_eq!(alone.run(&mut Random::new(14), run, &mut again), outcome);
        assert_eq!(taken, again, "run {run}");
    }
}

#[test]
fn a_script_without_numbers_is_the_fair_run() {
    let mut runner = Runner::new(plans::plan("crash-anywhere", &[]));
    let (mut fair, mut scripted) = (Choices::default(), Choices::default());
    runner.run(&mut RoundRobin::default(), 0, &mut fair);
    runner.run(&mut Script::default(), 0, &mut scripted);
    assert_eq!(fair, scripted);
}

/// The canary of every scheduler: a design that is wrong in every schedule.
#[test]
fn every_scheduler_finds_a_design_that_is_always_wrong() {
    let plan = plans::plan("baseline", &["container.steps=publish,store,remove"]);
    let mut runner = Runner::new(plan);
    let mut choices = Choices::default();
    let mut found = vec![runner.run(&mut Random::new(1), 0, &mut choices).verdict];
    found.push(runner.run(&mut Replay::new(choices.taken), 0, &mut ()).verdict);
    assert_eq!(found[0], found[1], "a replay finds what was recorded, in the same step");
    found.push(runner.run(&mut Timed::new(1), 0, &mut ()).verdict);
    found.push(runner.run(&mut RoundRobin::default(), 0, &mut ()).verdict);
    found.push(runner.run(&mut Script::new(vec![3, 1, 4, 1, 5, 9]), 0, &mut ()).verdict);
    for verdict in found {
        let Verdict::Violated(violation) = verdict else { panic!("not found: {verdict:?}") };
        assert_eq!(violation.property(), PropertyName::StoreBeforeForward);
    }
}

/// What a random run finds only because of when a container crashed, its replay finds too, and so
/// does the script of the same choices; the fair run crashes nobody and finds nothing.
#[test]
fn replays_and_scripts_find_what_needs_a_crash_at_the_right_time() {
    let plan = plans::plan("crash-anywhere", &["container.on_duplicate=skip"]);
    let mut runner = Runner::new(Arc::clone(&plan));
    let mut choices = Choices::default();
    let violated = (0..2_000).find_map(|run| {
        let verdict = runner.run(&mut Random::new(1), run, &mut choices).verdict;
        matches!(verdict, Verdict::Violated(_)).then_some(verdict)
    });
    let violated = violated.expect("two thousand runs find it");
    let mut script = Script::from_choices(&plan, &choices.taken).expect("there are few faults");
    assert_eq!(runner.run(&mut script, 0, &mut ()).verdict, violated);
    assert_eq!(runner.run(&mut Replay::new(choices.taken), 0, &mut ()).verdict, violated);
    assert_eq!(runner.run(&mut RoundRobin::default(), 0, &mut ()).verdict, Verdict::Holds);
}

#[test]
fn a_replay_that_does_not_fit_says_where_and_is_no_verdict() {
    let mut runner = Runner::new(plans::plan("crash-anywhere", &[]));
    let mut choices = Choices::default();
    let crash_at = (0..100).find_map(|run| {
        runner.run(&mut Random::new(1), run, &mut choices);
        choices.taken.iter().position(|choice| matches!(choice, Choice::Fault(_)))
    });
    let crash_at = crash_at.expect("some run crashes");
    let plan = plans::plan("crash-anywhere", &["budget.crash=0"]);
    let crash = choices.taken[crash_at].name(&plan.layout);
    let recorded = choices.taken.len();
    let mut replay = Replay::new(choices.taken);
    let outcome = Runner::new(plan).run(&mut replay, 0, &mut ());
    assert_eq!(outcome.verdict, Verdict::Inconclusive(Cut::Scheduler(crash_at as u64)));
    assert_eq!(replay.taken(), crash_at);
    let misfit = replay.misfit().expect("there is nothing to crash").to_string();
    let start = format!("choice {} of {recorded}, '{crash}', is not possible", crash_at + 1);
    assert!(misfit.starts_with(&start), "{misfit}");
    assert!(misfit.contains("possible are step "), "{misfit}");
}

#[test]
fn a_replay_that_ends_early_goes_on_fairly() {
    let mut runner = Runner::new(plans::plan("crash-anywhere", &[]));
    let mut choices = Choices::default();
    runner.run(&mut Random::new(2), 0, &mut choices);
    choices.taken.truncate(500);
    let mut replay = Replay::new(choices.taken);
    assert_eq!(runner.run(&mut replay, 0, &mut ()).verdict, Verdict::Holds);
    assert_eq!((replay.taken(), replay.misfit()), (500, None));
}

#[test]
fn a_run_that_is_cut_short_is_never_a_verdict() {
    let mut runner = Runner::new(plans::plan("baseline", &[]));
    runner.limit_steps(629);
    let cut = runner.run(&mut RoundRobin::default(), 0, &mut ()).verdict;
    assert_eq!(cut, Verdict::Inconclusive(Cut::StepBound(629)));
    runner.limit_steps(630);
    let whole = runner.run(&mut RoundRobin::default(), 0, &mut ()).verdict;
    assert_eq!(whole, Verdict::Holds);
}

#[test]
fn a_sweep_does_not_depend_on_the_number_of_threads() {
    let designs: [&[&str]; 2] = [&[], &["container.on_duplicate=skip"]];
    for design in designs {
        let plan = plans::plan("crash-anywhere", design);
        let sweep =
            |threads| Sweep { plan: Arc::clone(&plan), runs: 500, threads, steps_max: 1_950 };
        let report = |threads| sweep(threads).run(|| Random::new(9), &Progress::default());
        let one = report(1);
        assert_eq!(one.violation.is_some(), !design.is_empty());
        assert!(one.inconclusive > 0 || !design.is_empty(), "some runs are longer than that");
        for threads in [2, 3, 8] {
            assert_eq!(report(threads), one, "{threads} threads");
        }
    }
}

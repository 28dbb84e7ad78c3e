//! The commands of the README do what it says they do.

use std::fs;

use crate::common::program::{self, program};

const README: &str = include_str!("../README.md");
const GUIDE: &str = include_str!("../docs/guide.md");
const CAMPAIGNS: &str = include_str!("../docs/campaigns.md");

/// The code blocks of a language, in order.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        let block = |lines: &mut std::str::Lines<'_>| {
            let inside = lines.take_while(|line| *line != "```");
            inside.collect::<Vec<_>>().join("\n")
        };
        match line.strip_prefix("```") {
            Some(found) if found == language => blocks.push(block(&mut lines)),
            Some(_) => drop(block(&mut lines)),
            None => {}
        }
    }
    blocks
}

/// The commands of a console block, each with the lines that it is shown to print.
fn commands(block: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let mut commands: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ active-active ") {
            let words = command.split(' ').map(str::to_owned).collect();
            commands.push((words, Vec::new()));
        } else {
            let last = commands.last_mut().expect("a console block begins with a command");
            last.1.push(line.to_owned());
        }
    }
    commands
}

/// Writes the files of a document, each named by its first line, and runs its commands in order.
fn run(document: &str) -> usize {
    let place = tempfile::tempdir().expect("there is room for a directory");
    for file in blocks(document, "toml") {
        let name = file.lines().next().and_then(|line| line.strip_prefix("# "));
        let name = name.expect("a file begins with its name");
        fs::write(place.path().join(name), &file).expect("there is room for a file");
    }
    let consoles = blocks(document, "console");
    let mut count = 0;
    for (words, shown) in consoles.iter().flat_map(|block| commands(block)) {
        let mut command = program();
        let output = command.current_dir(place.path()).args(&words).output().expect("it runs");
        let stdout = String::from_utf8(output.stdout).expect("it prints text");
        assert!(!shown.is_empty(), "{words:?} shows what it prints");
        for line in shown {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(
                stdout.contains(&line),
                "{words:?} does not print '{line}', but:\n{stdout}{errors}"
            );
        }
        count += 1;
    }
    count
}

#[test]
fn every_command_prints_what_the_readme_shows() {
    assert!(run(README) >= 10, "the README has commands");
}

/// A reader who types the first command sees what stands there, from the first line to the last.
#[test]
fn the_first_sweep_of_the_readme_is_shown_whole() {
    let place = tempfile::tempdir().expect("there is room for a directory");
    let file = &blocks(README, "toml")[0];
    fs::write(place.path().join("payments.toml"), file).expect("there is room for a file");
    let first = blocks(README, "console").swap_remove(0);
    let (words, shown) = commands(&first).swap_remove(0);
    let output = program().current_dir(place.path()).args(&words).output().expect("it runs");
    let printed = String::from_utf8(output.stdout).expect("it prints text");
    assert_eq!(shown.join("\n"), printed.trim_end());
}

#[test]
fn every_command_prints_what_the_guide_shows() {
    assert!(run(GUIDE) >= 8, "the guide has commands");
}

#[test]
fn every_command_prints_what_the_page_about_campaigns_shows() {
    assert!(run(CAMPAIGNS) >= 4, "the page has commands");
}

#[test]
fn every_command_prints_what_the_page_about_the_published_model_shows() {
    assert_eq!(run(include_str!("../docs/published-model.md")), 12);
}

/// The variables that an engine sets, with their values on two machines.
#[cfg(unix)]
type Variables = &'static [(&'static str, [&'static str; 2])];

/// By the variable that tells the command of an engine from others.
#[cfg(unix)]
const ENGINES: [(&str, Variables); 3] = [
    ("SLURM", &[("SLURM_ARRAY_TASK_ID", ["1", "2"]), ("SLURM_ARRAY_TASK_COUNT", ["2", "2"])]),
    ("AWS_BATCH", &[("AWS_BATCH_JOB_ARRAY_INDEX", ["0", "1"])]),
    ("JOB_COMPLETION", &[("JOB_COMPLETION_INDEX", ["0", "1"])]),
];

/// What the page has for engines is run as they would run it: the same lines, with the variables that
/// they set, for two machines instead of 64 and a scenario that is there.
#[test]
#[cfg(unix)]
fn the_lines_for_batch_engines_share_a_campaign() {
    let binary = program::PATH;
    for (engine, variables) in ENGINES {
        let place = tempfile::tempdir().expect("there is room for a directory");
        let shared = place.path().display().to_string();
        let script = script_of(engine)
            .replace("active-active", &format!("'{binary}'"))
            .replace("design.toml", "crash-anywhere")
            .replace("/shared/crash-anywhere", "crash-anywhere")
            .replace("/shared", &shared)
            .replace("100000000", "600")
            .replace("/64", "/2");
        for machine in 0..2 {
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &script]).current_dir(place.path());
            shell.envs(variables.iter().map(|(name, values)| (name, values[machine])));
            let output = shell.output().expect("there is a shell");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{engine}: {script}\n{errors}");
        }
        let entries = fs::read_dir(place.path()).expect("the directory is there");
        let names = entries.map(|entry| entry.expect("it is readable").file_name());
        let parts = names.filter(|name| name.to_string_lossy().starts_with("part-"));
        let mut merge = program();
        let output = merge.current_dir(place.path()).arg("merge").args(parts).output();
        let output = output.expect("it runs").stdout;
        let report = String::from_utf8(output).expect("it prints text");
        assert!(report.contains("HOLDS. No violation in 600 runs."), "{engine}: {report}");
    }
}

/// The command of the page that uses this variable, as a shell would read it.
#[cfg(unix)]
fn script_of(variable: &str) -> String {
    let lines: Vec<&str> = CAMPAIGNS.lines().map(str::trim).collect();
    let used = lines.iter().position(|line| line.contains("--shard") && line.contains(variable));
    let used = used.expect("the page has a command for this engine");
    let begins = |line: &&str| line.starts_with("active-active sweep");
    let first = lines[..=used].iter().rposition(begins).expect("it begins somewhere");
    let is_end = |line: &&str| line.starts_with("```") || line.starts_with("volumeMounts");
    let length = lines[first..].iter().position(is_end).expect("it ends somewhere");
    lines[first..][..length].join(" ").replace("\\ ", "")
}

/// The picture of the README is what its command draws.
#[test]
fn the_picture_of_the_readme_is_up_to_date() {
    let place = tempfile::tempdir().expect("there is room for a directory");
    let payments = blocks(README, "toml").into_iter().next().expect("the README has a scenario");
    fs::write(place.path().join("payments.toml"), payments).expect("there is room for a file");
    let mut command = program();
    let words = ["export", "svg", "payments.toml"];
    let output = command.current_dir(place.path()).args(words).output().expect("it runs");
    assert!(
        output.stdout == include_bytes!("../docs/payments.svg"),
        "docs/payments.svg is not what 'active-active export svg payments.toml' draws"
    );
}

/// The file that the guide builds up to is the one of the example.
#[test]
fn the_example_tests_the_system_of_the_guide() {
    let lines = |text: &str| {
        let lines = text.lines().skip_while(|line| !line.starts_with("script"));
        lines.map(str::to_owned).collect::<Vec<String>>()
    };
    let failing = blocks(GUIDE, "toml").pop().expect("the guide has files");
    assert_eq!(lines(&failing), lines(include_str!("../examples/orders.toml")));
}

/// The gate types the commands of the first shell block.
#[test]
fn the_first_shell_block_is_two_commands() {
    let first = blocks(README, "sh").into_iter().next().expect("the README has a shell block");
    assert_eq!(first, "cargo run --release\ncargo test");
}

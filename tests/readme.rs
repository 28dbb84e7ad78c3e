//! The commands of the README do what it says they do.

use std::fs;

use assert_cmd::cargo::cargo_bin_cmd;

const README: &str = include_str!("../README.md");
const GUIDE: &str = include_str!("../docs/guide.md");

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
        let mut command = cargo_bin_cmd!("active-active");
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

#[test]
fn every_command_prints_what_the_guide_shows() {
    assert!(run(GUIDE) >= 8, "the guide has commands");
}

/// The picture of the README is what its command draws.
#[test]
fn the_picture_of_the_readme_is_up_to_date() {
    let place = tempfile::tempdir().expect("there is room for a directory");
    let payments = blocks(README, "toml").into_iter().next().expect("the README has a scenario");
    fs::write(place.path().join("payments.toml"), payments).expect("there is room for a file");
    let mut command = cargo_bin_cmd!("active-active");
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

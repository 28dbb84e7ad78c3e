//! The commands of the README do what it says they do.

use std::fs;

use assert_cmd::cargo::cargo_bin_cmd;

const README: &str = include_str!("../README.md");

/// The code blocks of a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = README.lines();
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

#[test]
fn every_command_prints_what_the_readme_shows() {
    let place = tempfile::tempdir().expect("there is room for a directory");
    let [payments] = blocks("toml").try_into().expect("the README has one scenario");
    fs::write(place.path().join("payments.toml"), payments).expect("there is room for a file");
    let consoles = blocks("console");
    assert!(consoles.len() >= 5, "the README has consoles");
    for (words, shown) in consoles.iter().flat_map(|block| commands(block)) {
        let mut command = cargo_bin_cmd!("active-active");
        let output = command.current_dir(place.path()).args(&words).output().expect("it runs");
        let stdout = String::from_utf8(output.stdout).expect("it prints text");
        assert!(!shown.is_empty(), "{words:?} shows what it prints");
        for line in shown {
            assert!(stdout.contains(&line), "{words:?} does not print '{line}', but:\n{stdout}");
        }
    }
}

/// The gate types the commands of the first shell block.
#[test]
fn the_first_shell_block_is_two_commands() {
    let first = blocks("sh").into_iter().next().expect("the README has a shell block");
    assert_eq!(first, "cargo run --release\ncargo test");
}

//! Help texts, manual pages and completions.

use super::Place;

/// The names of the commands, as the help text lists them.
fn commands(place: &Place) -> Vec<String> {
    let help = place.run("--help").stdout;
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = list.take_while(|line| !line.is_empty());
    // What is indented further is the rest of a description.
    let name = |line: &str| {
        let line = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?;
        line.split_whitespace().next().map(str::to_owned)
    };
    let names: Vec<String> = lines.filter_map(name).collect();
    assert!(names.len() >= 10, "{help}");
    names
}

#[test]
fn every_help_text_fits_a_screen_and_says_how() {
    let place = Place::new();
    assert!(place.run("--help").stdout.lines().count() <= 36);
    for command in commands(&place) {
        let done = place.run(&format!("{command} -h"));
        if command == "help" {
            continue;
        }
        assert_eq!(done.status, Some(0), "{command}: {}", done.stderr);
        assert!(done.stdout.lines().count() <= 50, "{command}:\n{}", done.stdout);
        assert!(done.stdout.contains("Examples:\n  active-active "), "{command}: {}", done.stdout);
    }
}

#[test]
fn every_example_does_something() {
    let place = Place::new();
    assert_eq!(place.run("init mine.toml").status, Some(0));
    place.write("failure.toml", include_str!("../stories/skipped-duplicate.toml"));
    for shard in ["1", "2"] {
        let sweep = format!("sweep baseline --runs 20 --shard {shard}/2 --out part-{shard}.json");
        assert_eq!(place.run(&sweep).status, Some(0));
    }
    let mut examples = 0;
    for command in commands(&place) {
        let help = place.run(&format!("{command} -h")).stdout;
        for line in help.lines().filter_map(|line| line.strip_prefix("  active-active ")) {
            let words: Vec<&str> = line.split(' ').collect();
            let done = place.run_typing(&words, "n\nq\n");
            assert!(matches!(done.status, Some(0 | 1)), "{line}: {}", done.stderr);
            assert!(line.contains("--out") || !done.stdout.is_empty(), "{line}");
            examples += 1;
        }
    }
    assert!(examples >= 15, "{examples}");
}

#[test]
fn every_shell_gets_its_completions() {
    let place = Place::new();
    let commands = commands(&place);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let done = place.run(&format!("completions {shell}"));
        assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""));
        for command in &commands {
            assert!(done.stdout.contains(command.as_str()), "{shell}: {command}");
        }
    }
    assert_eq!(place.run("completions cmd").status, Some(2));
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let place = Place::new();
    let whole = place.run("man").stdout;
    assert!(whole.contains(".TH active-active 1"), "{whole}");
    for command in commands(&place) {
        if command == "help" {
            continue;
        }
        let page = place.run(&format!("man {command}")).stdout;
        assert!(page.contains(&format!(".TH active-active-{command} 1")), "{page}");
    }
    let done = place.run("man swep");
    assert_eq!(done.status, Some(2));
    assert!(done.stderr.contains("did you mean 'sweep'?"), "{}", done.stderr);
}

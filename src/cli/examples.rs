//! What the help texts end with. Every command in them is run by a test.

pub(super) const RUN: &str = "\
Examples:
  active-active run f1-fail-container
  active-active run baseline --run 17 --format json";

pub(super) const SWEEP: &str = "\
Examples:
  active-active sweep f1-fail-container
  active-active sweep mine.toml --runs 1000
  active-active sweep crash-anywhere --set container.on_duplicate=skip";

pub(super) const VERIFY: &str = "\
Examples:
  active-active verify baseline --records 1 --stages 1";

pub(super) const REPLAY: &str = "\
Examples:
  active-active replay failure.toml
  active-active replay failure.toml --full
  active-active replay failure.toml --step
  active-active replay failure.toml --as-test";

pub(super) const REPORT: &str = "\
Examples:
  active-active report f1-fail-container --runs 100 --out f1.html
  active-active report failure.toml --out failure.html";

pub(super) const MINIMIZE: &str = "\
Examples:
  active-active minimize failure.toml
  active-active minimize failure.toml --out small.toml
  active-active minimize failure.toml --steps-max 1000000000";

pub(super) const EXPORT: &str = "\
Examples:
  active-active export mermaid failure.toml
  active-active export junit baseline --out baseline.xml";

pub(super) const SCHEMA: &str = "\
Examples:
  active-active schema --out scenario.schema.json";

pub(super) const LIST: &str = "\
Examples:
  active-active list
  active-active list --components mine.toml";

pub(super) const INIT: &str = "\
Examples:
  active-active init new.toml";

pub(super) const COMPLETIONS: &str = "\
Examples:
  active-active completions bash
  active-active completions zsh";

pub(super) const MERGE: &str = "\
Examples:
  active-active merge part-1.json part-2.json";

pub(super) const MAN: &str = "\
Examples:
  active-active man
  active-active man sweep";

//! The JSON schema of scenario files says what the reader of scenario files says.

use std::path::Path;

use active_active::report::json;
use active_active::scenario::{Scenario, builtin, schema};
use serde_json::Value;

mod validate;

use validate::errors;
const COMMITTED: &str = include_str!("../scenarios/scenario.schema.json");

fn table(toml: &str) -> Value {
    let table: toml::Table = toml.parse().expect("it is TOML");
    serde_json::to_value(table).expect("TOML without dates is JSON")
}

#[test]
fn every_scenario_fits() {
    let schema = schema::scenario();
    for (name, text) in builtin::every() {
        let written = table(text);
        assert_eq!(errors(&written, &schema), Vec::<String>::new(), "{name}");
        // With every key written out, too.
        let whole = Scenario::parse(text).expect("it is right");
        assert_eq!(errors(&table(&whole.to_toml()), &schema), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn what_the_reader_refuses_does_not_fit() {
    let schema = schema::scenario();
    let wrong = [
        "nmae = 'x'",
        "script = ['publsh 1']",
        "script = [1]",
        "[topology]\nregoins = 2",
        "[topology]\nregions = 'two'",
        "[container]\nsteps = ['store', 'publish', 'delete']",
        "[container]\non_duplicate = 'ignore'",
        "[queue]\ndelivery = 'lifo'",
        "[budget]\ncrash = -1",
        "[speed]\n'*-container@1' = 'fast'",
    ];
    for text in wrong {
        assert!(Scenario::parse(text).is_err(), "the reader takes {text}");
        assert!(!errors(&table(text), &schema).is_empty(), "the schema takes {text}");
    }
    // One element needs no brackets, for both.
    let bare = "name = 'x'\nscript = 'publish 1'\n[records]\nbatches = 3";
    assert!(Scenario::parse(bare).is_ok());
    assert_eq!(errors(&table(bare), &schema), Vec::<String>::new());
}

/// Editors read the file, people read the key's description in it.
#[test]
fn every_key_is_described_and_the_committed_file_is_up_to_date() {
    let schema = schema::scenario();
    let now = json::document(&schema);
    if now != COMMITTED {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scenario.schema.json");
        std::fs::write(&path, now).expect("the folder is there");
        panic!("write the file again: cp {} scenarios/scenario.schema.json", path.display());
    }
    let tables = schema["definitions"].as_object().expect("a table").values();
    for table in tables.chain([&schema]).filter(|table| table["properties"].is_object()) {
        for (key, value) in table["properties"].as_object().expect("a table") {
            assert!(value["description"].is_string(), "{key} is not described");
        }
    }
}

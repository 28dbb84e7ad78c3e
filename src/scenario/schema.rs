//! The JSON schema of scenario files, made from the types that read them: editors complete and
//! check with it.
//!
//! ```
//! use active_active::scenario::schema;
//!
//! let schema = schema::scenario();
//! let keys = schema["properties"].as_object().expect("a table has keys");
//! assert!(keys.contains_key("script"));
//! ```

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::scenario::{Scenario, ScriptStep};

/// The words that a line of a script begins with.
const VERBS: &str = "publish|await|pause|crash|fail|offline|outage|lose|switchover|failover|deploy|rollback|recover|\
                     redrive|weights|expect";

/// The schema, as of JSON Schema 7, which taplo and the TOML extensions of editors know.
pub fn scenario() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<Scenario>();
    schema.insert("title".to_owned(), Value::from("A scenario of active-active"));
    schema.to_value()
}

impl JsonSchema for ScriptStep {
    fn schema_name() -> Cow<'static, str> {
        "ScriptStep".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "What the driver does next.",
            "pattern": format!("^\\s*({VERBS})(\\s|$)"),
            "examples": [
                "publish 1",
                "await published batch 1",
                "await delivered all",
                "await sometime",
                "pause core-container@1",
                "crash core-container@1",
                "fail core-table@1",
                "outage @1",
                "recover *@1",
                "expect delivered 10",
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What reads the scripts lists its words when it does not know one.
    #[test]
    fn the_schema_knows_every_word_that_a_line_begins_with() {
        let error = "x".parse::<ScriptStep>().expect_err("no line begins with x").to_string();
        let (_, words) = error.split_once("begin with ").expect("it lists the words");
        let words = words.split([',', ' ']).filter(|word| !word.is_empty() && *word != "or");
        let known: Vec<&str> = VERBS.split('|').collect();
        let missing: Vec<&str> = words.filter(|word| !known.contains(word)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

//! Reports as JSON: one document, keys in a fixed order, units in the names.

use serde::Serialize;

/// A summary as an indented JSON document that ends with a line break.
pub fn document(summary: &impl Serialize) -> String {
    let json = serde_json::to_string_pretty(summary);
    format!("{}\n", json.expect("a summary has only strings as keys"))
}

//! Whether a document fits a schema of draft 7, for the keywords that our schema uses.
//!
//! A validator for every schema needs regular expressions, big numbers and the tables of Unicode: 128 s of
//! processor time to build. A keyword that is not known here is not skipped: the test panics and names it.

use serde_json::Value;

/// What the schema has against the document: where, and what; nothing if it fits.
pub(crate) fn errors(document: &Value, schema: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    Validator { root: schema }.check("", document, schema, &mut errors);
    errors
}

struct Validator<'a> {
    /// What references lead into.
    root: &'a Value,
}

impl Validator<'_> {
    fn check(&self, at: &str, value: &Value, schema: &Value, errors: &mut Vec<String>) {
        let keywords = match schema {
            Value::Bool(true) => return,
            Value::Bool(false) => return errors.push(format!("{at}: is not allowed")),
            Value::Object(keywords) => keywords,
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                panic!("{schema} is not a schema")
            }
        };
        for (keyword, argument) in keywords {
            let fits = match keyword.as_str() {
                "$schema" | "default" | "definitions" | "description" | "examples" | "title" => {
                    true
                }
                // Of numbers, it says what `minimum` and `maximum` say, or nothing.
                "format" => argument.as_str().is_some_and(|name| name.starts_with("uint")),
                "$ref" => {
                    self.check(at, value, self.definition(argument), errors);
                    true
                }
                "allOf" => {
                    list(argument).iter().for_each(|all| self.check(at, value, all, errors));
                    true
                }
                "anyOf" => list(argument).iter().any(|one| self.fits(value, one)),
                "oneOf" => list(argument).iter().filter(|one| self.fits(value, one)).count() == 1,
                "const" => value == argument,
                "type" => match argument.as_array() {
                    Some(names) => names.iter().any(|name| is_of(value, name)),
                    None => is_of(value, argument),
                },
                "minimum" => value.as_f64().is_none_or(|number| number >= float(argument)),
                "maximum" => value.as_f64().is_none_or(|number| number <= float(argument)),
                "pattern" => value.as_str().is_none_or(|text| begins(text, argument)),
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(&format!("{at}/{index}"), item, argument, errors);
                    }
                    true
                }
                "properties" | "additionalProperties" => {
                    self.check_property(at, keyword, value, keywords, errors);
                    true
                }
                _ => panic!("the keyword {keyword} is not known here: add it"),
            };
            if !fits {
                errors.push(format!("{at}: {value} does not fit {keyword} {argument}"));
            }
        }
    }

    /// Checks the values of an object that one of the two keywords is about.
    fn check_property(
        &self,
        at: &str,
        keyword: &str,
        value: &Value,
        keywords: &serde_json::Map<String, Value>,
        errors: &mut Vec<String>,
    ) {
        let named = keywords.get("properties");
        for (key, value) in value.as_object().into_iter().flatten() {
            let schema = named.and_then(|named| named.get(key));
            let schema = match (keyword, schema) {
                ("properties", schema) => schema,
                (_, Some(_)) => None,
                (_, None) => keywords.get(keyword),
            };
            if let Some(schema) = schema {
                self.check(&format!("{at}/{key}"), value, schema, errors);
            }
        }
    }

    fn fits(&self, value: &Value, schema: &Value) -> bool {
        let mut errors = Vec::new();
        self.check("", value, schema, &mut errors);
        errors.is_empty()
    }

    fn definition(&self, reference: &Value) -> &Value {
        let name = reference.as_str().and_then(|path| path.strip_prefix("#/definitions/"));
        name.and_then(|name| self.root["definitions"].get(name))
            .unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }
}

fn list(argument: &Value) -> &[Value] {
    argument.as_array().unwrap_or_else(|| panic!("{argument} is not a list of schemas"))
}

fn float(argument: &Value) -> f64 {
    argument.as_f64().unwrap_or_else(|| panic!("{argument} is not a number"))
}

fn is_of(value: &Value, name: &Value) -> bool {
    match name.as_str() {
        Some("array") => value.is_array(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("null") => value.is_null(),
        Some("number") => value.is_number(),
        Some("object") => value.is_object(),
        Some("string") => value.is_string(),
        _ => panic!("{name} is not a type"),
    }
}

/// The one form of pattern that our schema has: the text begins with one of these words.
fn begins(text: &str, pattern: &Value) -> bool {
    let words = pattern
        .as_str()
        .and_then(|pattern| pattern.strip_prefix(r"^\s*(")?.strip_suffix(r")(\s|$)"))
        .unwrap_or_else(|| panic!("{pattern} is a pattern of another form"));
    let first = text.split_whitespace().next().unwrap_or_default();
    words.split('|').any(|word| word == first)
}

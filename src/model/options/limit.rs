//! How many records something may happen to.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// The number of records to which something may happen. In files a number, or `"unlimited"`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LossLimit {
    /// This many, or fewer.
    AtMost(u32),
    /// Any number.
    Unlimited,
}

/// What stands for any number.
const UNLIMITED: &str = "unlimited";

impl LossLimit {
    /// Whether it may happen to so many records.
    pub fn allows(self, records: usize) -> bool {
        match self {
            LossLimit::AtMost(most) => records as u64 <= u64::from(most),
            LossLimit::Unlimited => true,
        }
    }
}

impl Default for LossLimit {
    /// It may happen to none.
    fn default() -> LossLimit {
        LossLimit::AtMost(0)
    }
}

impl fmt::Display for LossLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LossLimit::AtMost(most) => most.fmt(f),
            LossLimit::Unlimited => f.write_str(UNLIMITED),
        }
    }
}

impl Serialize for LossLimit {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            LossLimit::AtMost(most) => to.serialize_u32(*most),
            LossLimit::Unlimited => to.serialize_str(UNLIMITED),
        }
    }
}

impl<'de> Deserialize<'de> for LossLimit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<LossLimit, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl Reader {
    fn at_most<E: Error>(number: impl TryInto<u32> + fmt::Display + Copy) -> Result<LossLimit, E> {
        number.try_into().map(LossLimit::AtMost).map_err(|_| {
            E::custom(format_args!("{number} records; use 0 to {}, or \"{UNLIMITED}\"", u32::MAX))
        })
    }
}

impl Visitor<'_> for Reader {
    type Value = LossLimit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number of records, or \"{UNLIMITED}\"")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<LossLimit, E> {
        Reader::at_most(number)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<LossLimit, E> {
        Reader::at_most(number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<LossLimit, E> {
        match text {
            UNLIMITED => Ok(LossLimit::Unlimited),
            _ => Err(E::custom(format_args!(
                "'{text}' is not a limit; write a number of records, or \"{UNLIMITED}\""
            ))),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for LossLimit {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LossLimit".into()
    }

    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [
                { "type": "integer", "minimum": 0, "maximum": u32::MAX },
                { "const": UNLIMITED },
            ],
        })
    }
}

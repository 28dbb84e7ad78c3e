//! How much a loss may destroy.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::model::options::{SOUND, section};
use crate::model::property::PropertyName;

section! {
    /// How much of what was acknowledged a loss may destroy: the recovery point objective.
    ///
    /// Declared is what the scenario says. What is destroyed under a declaration is in every verdict; what is
    /// destroyed beyond it violates [`WithinRpo`](crate::spec::WithinRpo).
    ///
    /// ```
    /// use active_active::scenario::{LossLimit, Rpo, Scenario};
    ///
    /// assert_eq!(Scenario::default().rpo, Rpo { records: LossLimit::AtMost(0) });
    /// let scenario = Scenario::parse("script = [\"publish 1\"]\nrpo.records = \"unlimited\"")?;
    /// assert_eq!(scenario.rpo.records, LossLimit::Unlimited);
    /// assert!(scenario.rpo.records.allows(1_000));
    /// # Ok::<(), active_active::scenario::FileError>(())
    /// ```
    #[derive(Copy)]
    Rpo {
        /// In records, over the whole run: how many may have an acknowledged row or message destroyed.
        /// "unlimited": any number, and how many did is in the verdict.
        records: LossLimit => vec![
            (LossLimit::AtMost(0), SOUND.by("aurora-failover", PropertyName::WithinRpo).by("aurora-anywhere", PropertyName::WithinRpo).by("loss-anywhere", PropertyName::WithinRpo)),
            (LossLimit::AtMost(1), SOUND),
            (LossLimit::Unlimited, SOUND),
        ],
    }
}

/// A number of records that may lose something. In files a number, or `"unlimited"`.
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
    /// Whether so many records may lose something.
    pub fn allows(self, records: usize) -> bool {
        match self {
            LossLimit::AtMost(most) => records as u64 <= u64::from(most),
            LossLimit::Unlimited => true,
        }
    }
}

impl Default for LossLimit {
    /// Nothing that was acknowledged may be lost.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Scenario, ScriptStep};

    #[test]
    fn is_read_as_it_is_written() {
        for limit in [LossLimit::AtMost(0), LossLimit::AtMost(u32::MAX), LossLimit::Unlimited] {
            let script = vec![ScriptStep::Publish(1)];
            let rpo = Rpo { records: limit };
            let scenario = Scenario { script, rpo, ..Scenario::default() };
            assert_eq!(Scenario::parse(&scenario.to_toml()), Ok(scenario));
        }
    }

    #[test]
    fn allows_its_own_number_and_no_more() {
        assert!(LossLimit::AtMost(2).allows(2) && !LossLimit::AtMost(2).allows(3));
        assert!(LossLimit::Unlimited.allows(usize::MAX));
    }

    #[test]
    fn what_is_no_limit_is_refused_with_the_remedy() {
        let cases = [
            ("-1", "-1 records; use 0 to 4294967295, or \"unlimited\""),
            ("4294967296", "4294967296 records; use 0 to 4294967295, or \"unlimited\""),
            ("\"any\"", "'any' is not a limit; write a number of records, or \"unlimited\""),
            ("true", "true is not a number of records, or \"unlimited\""),
        ];
        for (value, expected) in cases {
            let text = format!("name = \"a\"\n[rpo]\nrecords = {value}");
            let error = Scenario::parse(&text).expect_err("it is no limit").to_string();
            assert!(error.starts_with("scenario:3: rpo.records: "), "{error}");
            assert!(error.ends_with(expected), "{error}");
        }
    }
}

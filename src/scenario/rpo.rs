//! How much a loss may destroy.

pub use crate::model::options::LossLimit;
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

//! One of several machines that share a campaign.

use std::fmt;
use std::str::FromStr;

/// One of several machines that share a campaign. Shards are dealt as many runs as each other, as far as
/// groups of runs that learn from each other can be dealt out whole.
///
/// ```
/// use active_active::explore::Shard;
///
/// let shard: Shard = "3/64".parse()?;
/// assert_eq!((shard.number(), shard.of()), (3, 64));
/// assert_eq!(Shard::default().to_string(), "1/1");
/// assert!("65/64".parse::<Shard>().is_err());
/// # Ok::<(), active_active::explore::ShardError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Shard {
    /// From 1.
    number: u32,
    of: u32,
}

/// Why a text does not name a shard.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "'{0}' is not a shard; write it as 3/64: the third of 64, counted from 1, of at most {SHARDS_MAX}"
)]
pub struct ShardError(String);

/// The greatest number of shards of a campaign.
const SHARDS_MAX: u32 = 65_536;

impl Shard {
    /// Its number, from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// How many shards there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Its number, from 0.
    pub(crate) fn index(self) -> usize {
        self.number as usize - 1
    }

    /// Whether it is the whole campaign.
    pub fn is_all(self) -> bool {
        self.of == 1
    }
}

impl Default for Shard {
    /// The whole campaign.
    fn default() -> Shard {
        Shard { number: 1, of: 1 }
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Shard, ShardError> {
        let parse = || {
            let (number, of) = text.split_once('/')?;
            let (number, of) = (digits(number)?, digits(of)?);
            let is_right = (1..=of).contains(&number) && of <= SHARDS_MAX;
            is_right.then_some(Shard { number, of })
        };
        parse().ok_or_else(|| ShardError(text.to_owned()))
    }
}

/// A number without a sign.
fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_at_its_ends_and_one_beyond() {
        for right in ["1/1", "1/2", "2/2", "1/65536", "65536/65536"] {
            assert_eq!(right.parse::<Shard>().map(|shard| shard.to_string()), Ok(right.to_owned()));
        }
        let wrong =
            ["0/1", "2/1", "0/0", "1/0", "1/65537", "65537/65536", "1", "1/", "/1", "", "+1/2"];
        for wrong in wrong.into_iter().chain(["1/+2", "-1/2", "1/2/3", " 1/2", "1/4294967297"]) {
            assert_eq!(wrong.parse::<Shard>(), Err(ShardError(wrong.to_owned())));
        }
    }
}

//! Which Postgres it is.

use std::{fmt, ops::RangeInclusive};

use crate::{Error, Result};

/// As the server tells it: 150018 is 15.18.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerVersion(pub u32);

impl ServerVersion {
    pub fn major(self) -> u32 {
        self.0 / 10_000
    }

    /// # Errors
    /// [`Error::Unsupported`] if it is none of `supported`.
    pub fn check(self, supported: &RangeInclusive<u32>) -> Result<()> {
        if supported.contains(&self.major()) {
            return Ok(());
        }
        Err(Error::Unsupported { found: self.major(), least: *supported.start(), most: *supported.end() })
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major(), self.0 % 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_outside_the_range_is_refused_in_a_sentence_with_the_range() {
        let supported = 14..=17;
        for found in [140_000, 150_018, 170_099] {
            assert!(ServerVersion(found).check(&supported).is_ok(), "{found}");
        }
        for found in [130_099, 180_003] {
            let refused = ServerVersion(found).check(&supported).unwrap_err().to_string();
            assert!(refused.contains("runs on 14 to 17"), "{refused}");
        }
        assert_eq!(ServerVersion(150_018).to_string(), "15.18");
    }
}

//! A bucket that leaks one unit every so many seconds: `contracts/libraries/LeakyBucket.sol`.

/// A stored bucket. Its level is as of `since`, a Unix time, from which the next unit leaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    pub level: u32,
    pub since: u64,
}

impl Bucket {
    /// The bucket at `now`. A part of a unit is never lost or gained.
    #[must_use]
    pub fn leaked(self, leak_seconds: u64, now: u64) -> Self {
        let units = now.saturating_sub(self.since).checked_div(leak_seconds).unwrap_or(0);
        match u32::try_from(units) {
            Ok(units) if units < self.level => {
                Self { level: self.level - units, since: self.since + u64::from(units) * leak_seconds }
            }
            _ => Self { level: 0, since: now },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_units_leak_and_the_rest_of_a_unit_keeps_its_time() {
        let check = |level, since, now, expect: (u32, u64)| {
            let bucket = Bucket { level, since }.leaked(10, now);
            assert_eq!((bucket.level, bucket.since), expect, "{level} since {since} at {now}");
        };
        check(5, 100, 100, (5, 100));
        check(5, 100, 129, (3, 120));
        check(5, 100, 149, (1, 140));
        check(5, 100, 150, (0, 150));
        check(5, 100, 155, (0, 155));
        check(0, 0, 1 << 40, (0, 1 << 40));
    }
}

//! Whether a number can be the size of the network, and whether it is time to report it. Pure.

/// What the contract has. Times are Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub reported: u32,
    pub reported_at: u64,
    /// The head's time.
    pub now: u64,
}

/// A number that somebody must look at before it is reported. `linkpool guard report` reports it all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unbelievable {
    /// No network has no nodes: a source that broke says this.
    #[error("0 nodes")]
    Nothing,
    #[error("{found} nodes, more than there can be")]
    TooMany { found: u64 },
    /// Networks do not halve between two reports; counters do.
    #[error(
        "{found} nodes, less than half of the {reported} reported last: if it is true, a person runs `linkpool guard report`"
    )]
    Halved { found: u32, reported: u32 },
    /// Nor do they double.
    #[error("{found} nodes, more than twice the {reported} reported last: if it is true, a person runs `linkpool guard report`")]
    Doubled { found: u32, reported: u32 },
}

impl Unbelievable {
    /// A stable word, for the metric's label.
    pub fn code(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::TooMany { .. } => "too_many",
            Self::Halved { .. } => "halved",
            Self::Doubled { .. } => "doubled",
        }
    }
}

/// Whether to report now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The last report is old enough to be renewed.
    Renew,
    /// The network is smaller than reported: the guard must know at once.
    Smaller,
    NotYet,
}

/// The number as it may be reported.
pub fn believe(found: u64, known: Known) -> Result<u32, Unbelievable> {
    let size = u32::try_from(found).map_err(|_| Unbelievable::TooMany { found })?;
    let (size_wide, reported) = (u64::from(size), u64::from(known.reported));
    match size {
        0 => Err(Unbelievable::Nothing),
        // A pool that was told 0 once must be able to learn better.
        _ if reported == 0 => Ok(size),
        _ if size_wide * 2 < reported => Err(Unbelievable::Halved { found: size, reported: known.reported }),
        _ if size_wide > reported * 2 => Err(Unbelievable::Doubled { found: size, reported: known.reported }),
        _ => Ok(size),
    }
}

/// `report_after` and `least_interval` in seconds.
pub fn due(size: u32, known: Known, report_after: u64, least_interval: u64) -> Due {
    let age = known.now.saturating_sub(known.reported_at);
    if age >= report_after {
        Due::Renew
    } else if size < known.reported && age >= least_interval {
        Due::Smaller
    } else {
        Due::NotYet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Known = Known { reported: 19_000, reported_at: 1_000, now: 1_000 };

    #[test]
    fn a_number_that_halved_or_doubled_or_vanished_is_not_believed() {
        assert_eq!(believe(19_001, KNOWN), Ok(19_001));
        assert_eq!(believe(9_500, KNOWN), Ok(9_500));
        assert_eq!(believe(9_499, KNOWN), Err(Unbelievable::Halved { found: 9_499, reported: 19_000 }));
        assert_eq!(believe(38_000, KNOWN), Ok(38_000));
        assert_eq!(believe(38_001, KNOWN), Err(Unbelievable::Doubled { found: 38_001, reported: 19_000 }));
        assert_eq!(believe(0, KNOWN), Err(Unbelievable::Nothing));
        assert_eq!(believe(1 << 32, KNOWN), Err(Unbelievable::TooMany { found: 1 << 32 }));
    }

    #[test]
    fn a_pool_that_was_told_nothing_learns_the_first_number() {
        assert_eq!(believe(19_000, Known { reported: 0, ..KNOWN }), Ok(19_000));
        let huge = Known { reported: u32::MAX, ..KNOWN };
        assert_eq!(believe(u64::from(u32::MAX), huge), Ok(u32::MAX));
    }

    #[test]
    fn a_report_is_renewed_before_it_is_old_and_a_smaller_network_is_told_at_once() {
        let due = |size, age: u64| super::due(size, Known { now: 1_000 + age, ..KNOWN }, 100, 10);
        assert_eq!([due(19_000, 99), due(19_000, 100)], [Due::NotYet, Due::Renew]);
        assert_eq!([due(18_999, 9), due(18_999, 10), due(19_001, 10)], [Due::NotYet, Due::Smaller, Due::NotYet]);
    }
}

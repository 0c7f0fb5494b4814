//! Whether what waits is to be passed on now. Pure.

use std::time::Duration;

use linkpool_primitives::JUELS_PER_LINK;

use crate::{Price, Rules};

/// What is known of what waits. Times are the chain's, in Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    pub juels: u128,
    /// When it was passed on last.
    pub passed_at: Option<u64>,
    /// Since when at least the least amount waits.
    pub since: Option<u64>,
    /// Whether the node is about to retire.
    pub is_leaving: bool,
    pub now: u64,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Less than the least amount waits.
    Dust,
    /// It was passed on not long ago.
    Recently,
    /// If its gas is worth it.
    IfWorthIt,
    /// Whatever gas costs.
    Now,
}

/// Whether it pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// Gas costs a part of it that is small enough; in juels.
    Yes {
        cost_juels: u128,
    },
    No {
        cost_juels: u128,
    },
    /// Nothing says what LINK is worth, and nothing should: the least amount alone decides.
    NotAsked,
    /// What should say what LINK is worth does not.
    Unknown,
}

impl Worth {
    pub fn allows(self) -> bool {
        matches!(self, Self::Yes { .. } | Self::NotAsked)
    }
}

/// By time and amount alone.
pub fn due(waiting: Waiting, rules: &Rules) -> Due {
    if waiting.juels == 0 || waiting.juels < rules.least_juels {
        return Due::Dust;
    }
    let interval = if waiting.is_leaving { rules.leaving_interval } else { rules.interval };
    let age = |since: u64| Duration::from_secs(waiting.now.saturating_sub(since));
    if waiting.passed_at.is_some_and(|at| age(at) < interval) {
        return Due::Recently;
    }
    // Of what was never passed on, the time counts from when there was enough of it.
    let latest = waiting.passed_at.max(waiting.since).is_some_and(|since| age(since) >= rules.latest);
    if latest || waiting.is_leaving { Due::Now } else { Due::IfWorthIt }
}

/// By what gas costs, in wei.
pub fn worth(juels: u128, cost_wei: u128, price: &Price, rules: &Rules) -> Worth {
    let wei_per_link = match price {
        Price::NotAsked => return Worth::NotAsked,
        Price::Unknown(_) | Price::Known { wei_per_link: 0 } => return Worth::Unknown,
        Price::Known { wei_per_link } => *wei_per_link,
    };
    // Ether for gas and LINK there is of both fit 90 bits, and so does one LINK in wei.
    let cost_juels = cost_wei.saturating_mul(JUELS_PER_LINK).div_ceil(wei_per_link);
    let is_small = cost_juels.saturating_mul(100) <= juels.saturating_mul(rules.max_cost_percent.into());
    if is_small { Worth::Yes { cost_juels } } else { Worth::No { cost_juels } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;
    const LINK: u128 = JUELS_PER_LINK;

    fn waiting(juels: u128, passed_days_ago: Option<u64>, since_days: u64) -> Waiting {
        let now = 100 * DAY;
        let passed_at = passed_days_ago.map(|days| now - days * DAY);
        Waiting { juels, passed_at, since: Some(now - since_days * DAY), is_leaving: false, now }
    }

    fn due(waiting: Waiting) -> Due {
        super::due(waiting, &Rules::default())
    }

    #[test]
    fn once_a_day_where_it_pays_and_once_a_week_where_it_does_not() {
        assert_eq!(due(waiting(LINK, None, 0)), Due::IfWorthIt);
        assert_eq!(due(waiting(LINK, Some(0), 0)), Due::Recently);
        assert_eq!([due(waiting(LINK, Some(1), 0)), due(waiting(LINK, Some(6), 6))], [Due::IfWorthIt; 2]);
        // A week after the last time, of what has come since.
        assert_eq!([due(waiting(LINK, None, 7)), due(waiting(LINK, Some(8), 7))], [Due::Now; 2]);
        assert_eq!(due(waiting(LINK, Some(20), 2)), Due::IfWorthIt, "it is not a week that so much waits");
    }

    #[test]
    fn less_than_the_least_amount_stays_however_long() {
        assert_eq!([due(waiting(0, None, 90)), due(waiting(LINK - 1, None, 90))], [Due::Dust; 2]);
        let nothing = Rules { least_juels: 0, ..Rules::default() };
        assert_eq!(super::due(waiting(0, None, 90), &nothing), Due::Dust);
    }

    #[test]
    fn a_node_that_is_about_to_retire_does_not_wait_for_its_day() {
        let leaving =
            |hours: u64| Waiting { is_leaving: true, passed_at: Some(100 * DAY - hours * 3_600), ..waiting(LINK, None, 0) };
        assert_eq!([due(leaving(0)), due(leaving(1))], [Due::Recently, Due::Now]);
    }

    #[test]
    fn gas_may_cost_a_hundredth_of_what_is_passed_on() {
        let at = |wei_per_link, cost_wei| worth(100 * LINK, cost_wei, &Price::Known { wei_per_link }, &Rules::default());
        // At 0.005 ether for a LINK, a LINK of gas is 0.005 ether.
        let price = 5 * 10u128.pow(15);
        assert_eq!(at(price, price), Worth::Yes { cost_juels: LINK });
        assert_eq!(at(price, price + 1), Worth::No { cost_juels: LINK + 200 });
        assert_eq!(at(0, 1), Worth::Unknown);
    }

    #[test]
    fn without_a_price_the_amount_alone_decides_and_one_that_is_missing_decides_nothing() {
        let at = |price: &Price| worth(LINK, u128::MAX, price, &Rules::default());
        assert_eq!(at(&Price::NotAsked), Worth::NotAsked);
        assert!(!at(&Price::Unknown("old".into())).allows() && at(&Price::NotAsked).allows());
        assert!(matches!(at(&Price::Known { wei_per_link: 1 }), Worth::No { .. }), "no overflow");
    }
}

//! `[earnings]`: when what the nodes earn is passed on.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use linkpool_earnings::{PriceSource, Rules};
use linkpool_primitives::{Address, JUELS_PER_LINK};
use linkpool_tx_manager::{Limits, TransactionConfig};
use serde::Deserialize;
use smart_default::SmartDefault;

use super::ether::Ether;
use crate::failure::Failure;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
/// Days after the latest moment until a person is told that something still waits.
const OVERDUE_DAYS: u64 = 2;
/// Transactions of this account a day that its budget has room for: every source of a large fleet once.
const PER_DAY: u32 = 1_000;
/// Most feeds; each is asked about every node at each look.
const MAX_FEEDS: usize = 50;

#[derive(Debug, Deserialize, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct EarningsConfig {
    /// Feeds of the kind OCR that pay the nodes' wallets for their reports.
    feeds: Vec<String>,
    /// Chainlink's feed of LINK in ether, and how old its price may be.
    link_eth_feed: Option<String>,
    #[default(26)]
    link_eth_feed_max_age_hours: u64,
    /// Instead of a feed: what one LINK is worth.
    link_price_eth: Option<Ether>,
    /// Whole LINK; less is left where it is.
    #[default(1)]
    least_link: u64,
    /// Between two of the same source.
    #[default(24)]
    interval_hours: u64,
    /// After so long it is passed on whatever gas costs.
    #[default(7)]
    latest_days: u64,
    /// What gas may cost, in hundredths of what is passed on.
    #[default(1)]
    max_cost_percent: u64,
    /// How long requests may wait while a node's wallet sends nothing.
    #[default(6)]
    silent_hours: u64,
    /// What Operators may cost that are made within 24 hours for nodes whose jobs wait for one; unset makes none.
    operators_daily_cap_eth: Option<Ether>,
    /// Between two looks at what waits.
    #[default(300_000)]
    poll_ms: u64,
    /// Where `/health`, `/ready` and `/metrics` are served; nowhere if unset.
    pub health_listen: Option<SocketAddr>,
}

impl EarningsConfig {
    /// What the role is told; `transactions` are those of `[transactions]`.
    pub fn settings(
        &self,
        pool: Address,
        factory: Address,
        transactions: TransactionConfig,
    ) -> Result<linkpool_earnings::EarningsConfig> {
        if self.feeds.len() > MAX_FEEDS {
            return Err(Failure::bad_input(format!("earnings.feeds: at most {MAX_FEEDS}")));
        }
        let feeds = self.feeds.iter().map(|text| address("feeds", text)).collect::<Result<_>>()?;
        let rules = Rules {
            least_juels: u128::from(self.least_link) * JUELS_PER_LINK,
            interval: Duration::from_secs(self.interval_hours * HOUR),
            latest: Duration::from_secs(self.latest_days * DAY),
            max_cost_percent: self.max_cost_percent,
            silent_after: Duration::from_secs(self.silent_hours * HOUR),
            overdue_after: Duration::from_secs((self.latest_days + OVERDUE_DAYS) * DAY),
            ..Rules::default()
        };
        if rules.interval > rules.latest {
            return Err(Failure::bad_input("earnings: latest_days must not be shorter than interval_hours"));
        }
        // The budget of a day is made of as many transactions of a kind as this says.
        let operators = self.operators_daily_cap_eth.as_ref();
        let limits = Limits { registrations_per_day: PER_DAY, ..transactions.limits };
        let look_interval = Duration::from_millis(self.poll_ms);
        Ok(linkpool_earnings::EarningsConfig {
            feeds,
            price: self.price()?,
            operators_per_day_wei: operators.map(|cap| cap.wei("earnings.operators_daily_cap_eth")).transpose()?,
            rules,
            // Between two looks at what waits it has nothing to send, and no use for a block.
            transactions: TransactionConfig { limits, idle_interval: Some(look_interval), ..transactions },
            look_interval,
            ..linkpool_earnings::EarningsConfig::new(pool, factory)
        })
    }

    /// Where it is said what a LINK is worth; `None` if nowhere.
    pub fn price(&self) -> Result<Option<PriceSource>> {
        match (&self.link_eth_feed, &self.link_price_eth) {
            (None, None) => Ok(None),
            (Some(feed), None) => {
                let max_age = Duration::from_secs(self.link_eth_feed_max_age_hours * HOUR);
                Ok(Some(PriceSource::Feed { feed: address("link_eth_feed", feed)?, max_age }))
            }
            (None, Some(price)) => match price.wei("earnings.link_price_eth")? {
                0 => Err(Failure::bad_input("earnings.link_price_eth: a LINK is worth more than nothing")),
                wei_per_link => Ok(Some(PriceSource::Fixed { wei_per_link })),
            },
            (Some(_), Some(_)) => {
                Err(Failure::bad_input("earnings: link_eth_feed and link_price_eth are both set: keep one of them"))
            }
        }
    }
}

fn address(key: &str, text: &str) -> Result<Address> {
    linkpool_primitives::parse_address(text).map_err(|error| Failure::bad_input(format!("earnings.{key}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(config: &EarningsConfig) -> Result<linkpool_earnings::EarningsConfig, String> {
        config.settings(Address::ZERO, Address::ZERO, TransactionConfig::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn without_settings_it_is_a_link_a_day_and_each_week_at_the_latest() {
        let settings = settings(&EarningsConfig::default()).unwrap();
        assert_eq!((settings.rules, settings.price, settings.feeds.len()), (Rules::default(), None, 0));
        assert_eq!(settings.transactions.idle_interval, Some(settings.look_interval));
    }

    #[test]
    fn there_is_one_price_and_what_can_not_be_meant_names_its_setting() {
        let feed = || Some("0xDC530D9457755926550b59e8ECcdaE7624181557".to_owned());
        let fixed = settings(&EarningsConfig { link_price_eth: Some("0.005".into()), ..Default::default() }).unwrap();
        assert_eq!(fixed.price, Some(PriceSource::Fixed { wei_per_link: 5_000_000_000_000_000 }));
        for (config, sentence) in [
            (EarningsConfig { link_eth_feed: feed(), link_price_eth: Some("1".into()), ..Default::default() }, "are both set"),
            (EarningsConfig { link_price_eth: Some("0".into()), ..Default::default() }, "worth more than nothing"),
            (EarningsConfig { link_eth_feed: Some("0x12".into()), ..Default::default() }, "earnings.link_eth_feed: `0x12`"),
            (EarningsConfig { feeds: vec!["0x12".into()], ..Default::default() }, "earnings.feeds: `0x12`"),
            (EarningsConfig { feeds: vec![String::new(); 51], ..Default::default() }, "at most 50"),
            (EarningsConfig { interval_hours: 200, ..Default::default() }, "must not be shorter than interval_hours"),
        ] {
            let refusal = settings(&config).unwrap_err();
            assert!(refusal.contains(sentence), "{refusal}");
        }
    }
}

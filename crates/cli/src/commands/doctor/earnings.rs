//! What passes the nodes' earnings on: the contract of this pool, a price of LINK, and what the role found.

use std::time::Duration;

use linkpool_chain::Chain;
use linkpool_contracts::{Artefact, earnings_factory::implementation};
use linkpool_db::Database;
use linkpool_earnings::{EarningsConfig, Error, Price, require_factory};
use linkpool_primitives::{Address, checksum};

use super::report::Report;
use crate::config::Config;

/// Nothing where the pool has none, by the settings.
pub async fn check(config: &Config, chain: &Chain, pool: Address, database: Option<&Database>, report: &mut Report) {
    // What is wrong with the settings is said elsewhere.
    let Ok(Some(factory)) = config.earnings_factory() else { return };
    let Ok(settings) = config.transactions.settings().and_then(|known| config.earnings.settings(pool, factory, known)) else {
        return;
    };
    if let Err(error) = contracts(chain, &settings, report).await {
        return report.warn("earnings", format!("what passes earnings on could not be looked at: {error}"), "run it again");
    }
    if let Err(error) = price(chain, &settings, report).await {
        report.warn("link-price", format!("what LINK is worth could not be asked: {error}"), "run it again");
    }
    if let Some(database) = database {
        waiting(database, chain, &settings, report).await;
    }
}

async fn contracts(chain: &Chain, settings: &EarningsConfig, report: &mut Report) -> Result<(), Error> {
    let (factory, shared) = (settings.factory, implementation(settings.factory));
    for (artefact, address) in [(Artefact::NodeEarningsFactory, factory), (Artefact::NodeEarnings, shared)] {
        if !artefact.is_code(&chain.code(address).await?) {
            let sentence = format!("the code at {} is not {artefact}'s as this version has it", checksum(&address));
            report.fail("earnings", sentence, "correct chain.earnings_factory: whoever pays into another's contract may lose it");
            return Ok(());
        }
    }
    match require_factory(chain, settings).await {
        Ok(()) => report.ok("earnings", format!("the factory {} pays this pool's stakers", checksum(&factory))),
        Err(error @ Error::OtherPool { .. }) => {
            report.fail("earnings", error.to_string(), "it pays other stakers than this pool's")
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn price(chain: &Chain, settings: &EarningsConfig, report: &mut Report) -> Result<(), Error> {
    let head = chain.heads().await?.head;
    match linkpool_earnings::price(chain, settings.price, &head).await? {
        Price::Known { .. } => {
            report.ok("link-price", "what a LINK is worth in ether is known, so gas can be weighed against it")
        }
        Price::NotAsked => report.warn(
            "link-price",
            "nothing says what a LINK is worth in ether: earnings are passed on by the least amount alone, whatever gas costs",
            "set earnings.link_eth_feed, or earnings.link_price_eth",
        ),
        Price::Unknown(why) => {
            report.fail(
                "link-price",
                why,
                "until then earnings are passed on only when they have waited longest; set another feed",
            );
        }
    }
    Ok(())
}

/// What the role found, as of its last look.
async fn waiting(database: &Database, chain: &Chain, settings: &EarningsConfig, report: &mut Report) {
    let (sources, head) = match (database.earnings_sources().await, chain.heads().await) {
        (Ok(sources), Ok(heads)) => (sources, heads.head),
        (Err(error), _) => return report.warn("earnings", error.to_string(), "repeat when the database answers"),
        (_, Err(error)) => return report.warn("earnings", error.to_string(), "repeat when the endpoint answers"),
    };
    for source in &sources {
        let wallet = checksum(&source.wallet);
        if let Some(trouble) = &source.trouble {
            report.warn("earnings", format!("node {wallet}: {trouble}"), "docs/earnings.md says how each source is set up");
        }
        let is_older = |since: Option<u64>, bound: Duration| {
            since.is_some_and(|since| head.timestamp.saturating_sub(since) >= bound.as_secs())
        };
        if is_older(source.silent_since, settings.rules.silent_after) {
            let sentence = format!("node {wallet} has requests that nobody answered, and its wallet sends nothing");
            report.warn("earnings", sentence, "look at its jobs, its wallet's ether, and its log");
        }
        if is_older(source.waiting_since, settings.rules.overdue_after) {
            let sentence = format!("what node {wallet} has earned waits longer than it ever should");
            report.warn("earnings", sentence, "start `linkpool earnings`; its `--dry-run` says what holds it up");
        }
    }
}

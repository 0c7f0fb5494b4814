//! Whether what a day allows fits what it may cost, at the chain's prices now: told before a limit stops work that is as it should be.

use linkpool_chain::{Chain, Error as ChainError};
use linkpool_contracts::refusal;
use linkpool_db::{
    Database,
    fleet::{FundingPerDay, Phase},
};
use linkpool_primitives::Address;
use linkpool_registrar::{Error, Outlook, RegistrarConfig};
use linkpool_tx_manager::FeesPerDay;

use super::report::Report;
use crate::{config::Config, money};

const GWEI: u128 = 1_000_000_000;
/// What a Chainlink node lets one transaction of its own take, unless told otherwise (`GasEstimator.LimitDefault`).
const NODE_GAS: u128 = 500_000;

pub async fn check(
    config: &Config,
    chain: &Chain,
    (pool, account): (Address, Address),
    database: Option<&Database>,
    report: &mut Report,
) {
    // What is wrong with the settings is said elsewhere.
    let settings = config.transactions.settings().and_then(|transactions| config.registrar.settings(pool, transactions));
    let (Ok(settings), Ok(currency)) = (settings, config.currency()) else { return };
    let outlook = match Outlook::of(chain, account, &settings).await {
        Ok(outlook) => outlook,
        Err(Error::Chain(ChainError::Reverted { message, data })) => {
            let reason = refusal(&data).map_or(message, |(_, sentence)| sentence);
            let sentence = format!("what a registration costs can't be tried while the contract takes none: {reason}");
            return report.warn("fees", sentence, "run it again when it does");
        }
        Err(error) => {
            return report.warn("fees", format!("what a registration costs could not be asked: {error}"), "run it again");
        }
    };
    fees(&settings, &outlook, currency, report);
    let open = match database {
        Some(database) => database
            .nodes_with_wallet()
            .await
            .map_or(0, |nodes| nodes.iter().filter(|node| node.phase == Phase::Open).count() as u128),
        None => 0,
    };
    funding(&settings, open, currency, report);
    wallets(&settings, &outlook, currency, report);
}

fn fees(settings: &RegistrarConfig, outlook: &Outlook, currency: &str, report: &mut Report) {
    let (caps, limits) = (settings.transactions.fees, settings.transactions.limits);
    let (price_wei, gwei) = (outlook.market.price_wei(), money::gwei(outlook.market.price_wei()));
    if outlook.offer_wei.is_none() {
        let sentence = format!(
            "gas costs {gwei} gwei now, and transactions.max_fee_gwei ({}) and max_tip_gwei ({}) do not let that be paid",
            money::gwei(caps.max_fee_wei),
            money::gwei(caps.max_tip_wei)
        );
        let to_do = format!(
            "nothing is sent until it is cheaper, or until transactions.max_fee_gwei is {} or more",
            price_wei.div_ceil(GWEI)
        );
        return report.fail("fees", sentence, to_do);
    }
    let (allowed, gas) = (limits.registrations_per_day, outlook.node_gas());
    let (one_wei, day_wei) = (outlook.fees_wei(1), outlook.fees_wei(allowed));
    let takes = format!("a node takes up to {gas} gas to register and pay, {} {currency} at {gwei} gwei", money::ether(one_wei));
    let FeesPerDay::Most(max_wei) = limits.fees_per_day else {
        return report.ok("fees", format!("{takes}; the budget of a day has room for {allowed}"));
    };
    if day_wei <= max_wei {
        return report.ok("fees", format!("{takes}; transactions.fees_daily_cap_eth has room for the {allowed} of a day"));
    }
    let most = money::ether(max_wei);
    let sentence = format!(
        "{takes}: the {allowed} that a day allows take up to {}, and transactions.fees_daily_cap_eth is {most}, enough for {}",
        money::ether(day_wei),
        max_wei.checked_div(one_wei).unwrap_or_default()
    );
    let to_do = format!("set transactions.fees_daily_cap_eth to {} or more, or leave it out", money::ether(day_wei));
    if one_wei > max_wei { report.fail("fees", sentence, to_do) } else { report.warn("fees", sentence, to_do) }
}

fn funding(settings: &RegistrarConfig, open: u128, currency: &str, report: &mut Report) {
    let FundingPerDay::Most(max_wei) = settings.funding_bounds().per_day else { return };
    let (new, funding) = (settings.transactions.limits.registrations_per_day, settings.funding);
    let day_wei = funding.initial_wei.saturating_mul(new.into()).saturating_add(funding.top_up_to_wei.saturating_mul(open));
    if day_wei <= max_wei {
        return;
    }
    let sentence = format!(
        "the {new} new wallets that a day allows and one filling for each of {open} open nodes take {} {currency}, and \
         registrar.funding_daily_cap_eth is {}",
        money::ether(day_wei),
        money::ether(max_wei)
    );
    let to_do = format!("set registrar.funding_daily_cap_eth to {} or more, or leave it out", money::ether(day_wei));
    report.warn("funding", sentence, to_do);
}

/// Whether what a wallet is given, or is let go down to, pays for a transaction of the node's own.
fn wallets(settings: &RegistrarConfig, outlook: &Outlook, currency: &str, report: &mut Report) {
    let funding = settings.funding;
    let needed_wei = outlook.market.price_wei().saturating_mul(NODE_GAS);
    let amounts = [("funding_initial_eth", funding.initial_wei), ("funding_top_up_below_eth", funding.top_up_below_wei)];
    for (setting, wei) in amounts.into_iter().filter(|(_, wei)| (1..needed_wei).contains(wei)) {
        let sentence = format!(
            "registrar.{setting} is {} {currency}, and a node's transaction of {NODE_GAS} gas costs {} at {} gwei",
            money::ether(wei),
            money::ether(needed_wei),
            money::gwei(outlook.market.price_wei())
        );
        report.warn("funding", sentence, format!("set registrar.{setting} to {} or more", money::ether(needed_wei)));
    }
}

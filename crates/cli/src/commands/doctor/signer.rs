//! The registrar's account: its key opens, it has its role and ether, and nobody else sends from it.

use alloy::primitives::utils::format_ether;
use linkpool_chain::Chain;
use linkpool_contracts::pool::rolesOfCall;
use linkpool_db::{Database, tx::Account};
use linkpool_primitives::{Address, checksum};

use super::report::Report;
use crate::config::Config;

/// The contract's bit for the role registrar.
const REGISTRAR: u8 = 1;

/// Gives the account that was looked at.
pub async fn check(
    config: &Config,
    given: Option<Address>,
    chain: &Chain,
    pool: Address,
    database: Option<&Database>,
    report: &mut Report,
) -> Option<Address> {
    let address = match given {
        Some(address) => address,
        None => account(config, report).await?,
    };
    if let Err(error) = on_chain(config, chain, pool, address, report).await {
        report.fail("account", error.to_string(), "repeat when the endpoint answers");
    }
    if let Some(database) = database
        && let Err(error) = nonces(chain, database, address, report).await
    {
        report.fail("nonce", error.to_string(), "repeat when chain and database answer");
    }
    Some(address)
}

async fn account(config: &Config, report: &mut Report) -> Option<Address> {
    if matches!(config.registrar.place(), Ok(None)) {
        let to_do = "pass --account ADDRESS, or set registrar.keystore and registrar.password_file, or registrar.aws_kms";
        report.warn("account", "the registrar's account was not looked at: no key is configured here", to_do);
        return None;
    }
    match config.registrar.signer(&config.aws).await {
        Ok(signer) => Some(signer.address()),
        Err(error) => {
            report.fail("keystore", error.to_string(), "the registrar can't start like this");
            None
        }
    }
}

async fn on_chain(config: &Config, chain: &Chain, pool: Address, address: Address, report: &mut Report) -> anyhow::Result<()> {
    let shown = checksum(&address);
    let roles: u8 = chain.call(pool, &rolesOfCall { account: address }).await?;
    if roles & REGISTRAR == 0 {
        let to_do = format!("have the owner call setRoles({shown}, {})", roles | REGISTRAR);
        report.fail("role", format!("the account {shown} does not have the role registrar"), to_do);
    } else {
        report.ok("role", format!("the account {shown} has the role registrar"));
    }
    let (balance_wei, least_wei) = (chain.balance(address).await?, config.doctor.balance_eth.wei("doctor.balance_eth")?);
    let (ether, currency) = (format_ether(balance_wei), config.currency()?);
    if balance_wei < least_wei {
        let sentence = format!("the account {shown} has {ether} {currency}, less than {}", format_ether(least_wei));
        report.fail("balance", sentence, "send it some, or lower doctor.balance_eth");
    } else {
        report.ok("balance", format!("the account has {ether} {currency}"));
    }
    Ok(())
}

async fn nonces(chain: &Chain, database: &Database, address: Address, report: &mut Report) -> anyhow::Result<()> {
    let account = Account { chain_id: chain.chain_id(), address };
    // The database first: what is sent in between is counted there before it is on the chain.
    let state = database.signer_state(&account).await?;
    let on_chain = chain.nonce(address).await?;
    let Some(state) = state else {
        let sentence = format!("nothing was ever sent from {} by this database", checksum(&address));
        report.warn("nonce", sentence, "nothing, if this is a new deployment; else the database is not the one it should be");
        return Ok(());
    };
    if on_chain > state.next_nonce {
        let sentence = format!(
            "the account is at nonce {on_chain} on chain and at {} in the database: somebody else sends from it, or the database is an old copy",
            state.next_nonce
        );
        report.fail("nonce", sentence, "find out which: no other program may have this key; then run `linkpool signer resync`");
    } else if state.next_nonce > on_chain + state.in_flight + state.unfinal {
        let sentence = format!(
            "the account is at nonce {on_chain} on chain, {} are on their way, and the next in the database is {}: nothing behind the gap is ever mined",
            state.in_flight, state.next_nonce
        );
        let to_do = "compare the endpoints with an explorer; if they are right, use the missing nonces up with payments of nothing from the \
                     account to itself";
        report.fail("nonce", sentence, to_do);
    } else if state.used_elsewhere > 0 {
        let sentence = format!("{} nonces were used by transactions that this database does not know", state.used_elsewhere);
        let to_do = "look at them in an explorer: they are ours where the database was restored from a backup; else somebody else has the \
                     registrar's key, and the role must go to a new account";
        report.warn("nonce", sentence, to_do);
    } else {
        report.ok("nonce", format!("nonce {on_chain} on chain, {} is the next in the database", state.next_nonce));
    }
    if let Some(reason) = state.halted {
        report.fail("halted", reason, "nothing is sent until a person has looked at it");
    }
    Ok(())
}

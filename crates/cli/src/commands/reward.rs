//! `linkpool reward deposit`

use alloy::{primitives::U256, sol_types::SolCall};
use anyhow::Result;
use clap::{Args, Subcommand};
use linkpool_chain::Chain;
use linkpool_contracts::{link, pool, reward_data};
use linkpool_primitives::{Address, Juels, checksum};
use linkpool_tx_manager::TransactionKind;

use super::{
    connect,
    sending::{self, Call, Probe, Sending},
    signing::By,
};
use crate::{
    config::{Config, keys::Key},
    failure::Failure,
};

#[derive(Debug, Subcommand)]
pub enum Reward {
    /// Pay LINK to the stakers of a node, from the account of keys.treasury
    Deposit(Deposit),
}

#[derive(Debug, Args)]
pub struct Deposit {
    /// The node's wallet
    #[arg(long, value_name = "ADDRESS", value_parser = crate::flags::address)]
    node: Address,
    /// How much LINK, for example 12.5
    #[arg(long, value_name = "LINK", value_parser = amount)]
    amount: Juels,
    #[command(flatten)]
    sending: Sending,
}

fn amount(text: &str) -> Result<Juels, String> {
    let amount = Juels::from_link(text).map_err(|error| error.to_string())?;
    if amount.0 == 0 { Err("the amount must be more than zero".into()) } else { Ok(amount) }
}

pub async fn run(config: &Config, command: &Reward) -> Result<()> {
    let Reward::Deposit(deposit) = command;
    // Also to print the call: it goes to the token, which only the chain can name for certain.
    let chain = connect::chain(config).await?;
    let pool = connect::pool_on(config, Some(&chain)).await?;
    let token = chain.call(pool, &pool::termsCall {}).await?.link;
    let make = async |from: Option<Address>| {
        if let Some(from) = from {
            require_link(&chain, token, from, deposit.amount).await?;
        }
        call(pool, token, from, deposit)
    };
    sending::run(config, &deposit.sending, (Some(chain.clone()), By::Key(Key::Treasury)), make).await
}

/// The token itself would burn all gas and give no reason.
async fn require_link(chain: &Chain, token: Address, from: Address, amount: Juels) -> Result<()> {
    let balance = chain.call(token, &link::balanceOfCall { _owner: from }).await?;
    if balance >= U256::from(amount.0) {
        return Ok(());
    }
    let has = u128::try_from(balance).map(|juels| Juels(juels).to_link()).unwrap_or_default();
    Err(Failure::refused(format!("{} has {has} LINK, fewer than the {} LINK to be paid", checksum(&from), amount.to_link())))
}

/// LINK travels with `transferAndCall`: one transaction and no approval that could be left over.
fn call(pool: Address, token: Address, from: Option<Address>, deposit: &Deposit) -> Result<Call> {
    let data = reward_data(&[(deposit.node, deposit.amount.0)])
        .ok_or_else(|| Failure::bad_input("the amount is more LINK than there is"))?;
    let value = U256::from(deposit.amount.0);
    let transfer = link::transferAndCallCall { _to: pool, _value: value, _data: data.clone().into() };
    let (amount, node) = (deposit.amount.to_link(), checksum(&deposit.node));
    // LINK hides the pool's reasons: the pool is asked itself, as if by the token.
    let heard = pool::onTokenTransferCall { sender: from.unwrap_or_default(), amount: value, data: data.into() };
    Ok(Call {
        kind: TransactionKind::Reward,
        to: token,
        data: transfer.abi_encode(),
        description: format!("LINK.transferAndCall: {amount} LINK to the pool {} as a reward for node {node}", checksum(&pool)),
        occasion: String::new(),
        probe: Some(Probe { from: token, to: pool, data: heard.abi_encode() }),
    })
}

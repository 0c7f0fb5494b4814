//! What a node has earned at work goes to who stakes on it: passed on by the role, and claimed to the juel.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use linkpool_contracts::{
    operator::{ownerCall, withdrawableCall},
    pool,
};
use linkpool_primitives::{Address, Juels};
use tokio_util::sync::CancellationToken;

use super::{
    journey::{Journey, block},
    step::Step,
};
use crate::dev::{earnings, work::PAYMENT};

pub const STEPS: [Step; 3] = [
    Step("what the node has earned lies at its Operator", |journey| Box::pin(earned(journey))),
    Step("it is passed on to the node's stakers, by a contract that nobody owns", |journey| Box::pin(passed_on(journey))),
    Step("its only staker claims it a week later, to the juel", |journey| Box::pin(claimed(journey))),
];

/// Answers that the node was paid for on the way here.
const ANSWERS: u128 = 2;
const BASIS_POINTS: u128 = 10_000;
/// Blocks after which one is final, and a few more.
const UNTIL_FINAL: u64 = 20;
const VEST_PERIOD: Duration = Duration::from_secs(7 * 86_400);
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(250);

async fn operator(journey: &Journey) -> Result<Address> {
    let node = journey.database.fleet_node(&journey.scaled.id).await?.context("the node is gone")?;
    node.operator.context("the node has no Operator")
}

async fn earned(journey: &mut Journey) -> Result<String> {
    let operator = operator(journey).await?;
    let waiting = journey.chain.call(operator, &withdrawableCall {}).await?.to::<u128>();
    ensure!(waiting == ANSWERS * PAYMENT, "the Operator has {waiting} juels, and {ANSWERS} answers were paid");
    Ok(format!("{} LINK for {ANSWERS} answers", Juels(waiting).to_link()))
}

/// Fees that are owed and LINK of the pool.
async fn pool(journey: &Journey) -> Result<(u128, u128)> {
    let totals = journey.chain.call(journey.contracts.pool, &pool::totalsCall {}).await?;
    Ok((totals.feesOwed.to(), journey.balance(journey.contracts.pool).await?))
}

/// Starts the role, which nobody needed before, and gives it final blocks.
async fn passed_on(journey: &mut Journey) -> Result<String> {
    let operator = operator(journey).await?;
    let waiting = journey.chain.call(operator, &withdrawableCall {}).await?.to::<u128>();
    let (fees_before, held_before) = pool(journey).await?;
    let shutdown = CancellationToken::new();
    let role =
        tokio::spawn(earnings::run(journey.chain.clone(), journey.database.clone(), journey.contracts.clone(), shutdown.clone()));
    let done = tokio::time::timeout(WAIT_TIMEOUT, emptied(journey, operator)).await;
    shutdown.cancel();
    role.await.context("the role panicked")??;
    done.with_context(|| format!("the Operator was not emptied in {} s", WAIT_TIMEOUT.as_secs()))??;
    let (fees, held) = pool(journey).await?;
    let fee = waiting * journey.fee_bps().await? / BASIS_POINTS;
    ensure!(held - held_before == waiting, "the pool got {} juels, and not the {waiting} that waited", held - held_before);
    ensure!(fees - fees_before == fee, "the maker fee of it is {} juels, and not {fee}", fees - fees_before);
    let owner = journey.chain.call(operator, &ownerCall {}).await?;
    let contract = linkpool_contracts::earnings_factory::earnings_of(journey.contracts.earnings_factory, journey.scaled.wallet);
    ensure!(owner == contract, "the Operator is {owner}'s, and not the node's own contract's");
    Ok(format!("{} LINK, {} of it the maker fee", Juels(waiting).to_link(), Juels(fee).to_link()))
}

async fn emptied(journey: &Journey, operator: Address) -> Result<()> {
    while journey.chain.call(operator, &withdrawableCall {}).await?.to::<u128>() > 0 {
        journey.chain.mine(UNTIL_FINAL).await?;
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    Ok(())
}

async fn claimed(journey: &mut Journey) -> Result<String> {
    let (holder, node) = (journey.accounts.holders[3], journey.scaled.wallet);
    journey.chain.advance_time(VEST_PERIOD).await?;
    let before = journey.balance(holder).await?;
    let call = pool::claimCall { node, staker: holder };
    let mined = block(&journey.send(holder, journey.contracts.pool, &call).await?);
    let paid = journey.balance(holder).await? - before;
    let earned = ANSWERS * PAYMENT;
    let expected = earned - earned * journey.fee_bps().await? / BASIS_POINTS;
    ensure!(paid == expected, "the staker got {paid} juels of {expected}");
    Ok(format!("{} LINK in block {mined}", Juels(paid).to_link()))
}

//! One stake, from the wallet and back. Each step returns what it saw, for the table.

use std::time::Duration;

use alloy::{primitives::U256, sol_types::SolCall};
use anyhow::{Context, Result, bail, ensure};
use linkpool_contracts::{pool, refusal, stake_data};
use linkpool_primitives::{Juels, parse_address};

use super::journey::{Journey, block, juels, link_amount};

pub const NAMES: [&str; 8] = [
    "two nodes stand open on the API",
    "a holder stakes 60,000 LINK in one transaction",
    "a second 60,000 on the node is refused and moves nothing",
    "a reward of 1,000 LINK splits into fee and stakers' share",
    "the share vests and is claimed to the juel",
    "unbond, wait 28 days, withdraw the exact amount",
    "rewards are compounded, and a batch unbonds and claims though a stranger claimed first",
    "a three-block reorg takes a stake back",
];

const STAKE: u128 = link_amount(60_000);
const REWARD: u128 = link_amount(1_000);
/// Rounding keeps less than a juel an accrual and a claim; the journey has fewer than this many.
const DUST: u128 = 4;

pub async fn run(index: usize, journey: &mut Journey) -> Result<String> {
    match index {
        0 => nodes_open(journey).await,
        1 => stake(journey).await,
        2 => cap_refused(journey).await,
        3 => reward_splits(journey).await,
        4 => reward_vests(journey).await,
        5 => leave(journey).await,
        6 => batch(journey).await,
        7 => reorg(journey).await,
        _ => bail!("there is no step {index}"),
    }
}

async fn nodes_open(journey: &mut Journey) -> Result<String> {
    let answer = journey
        .get_when("nodes?status=active&sort=created", |answer| answer["data"].as_array().is_some_and(|nodes| nodes.len() >= 2))
        .await?;
    let nodes = answer["data"].as_array().context("no list of nodes")?;
    journey.node = parse_address(nodes[0]["address"].as_str().context("a node without an address")?)?;
    ensure!(
        juels(&nodes[0]["available_juels"])? == link_amount(100_000),
        "the node's available capacity is not its cap of 100,000 LINK: {}",
        nodes[0]
    );
    Ok(format!("{} nodes", nodes.len()))
}

async fn stake(journey: &mut Journey) -> Result<String> {
    let holder = journey.accounts.holders[0];
    let before = journey.balance(holder).await?;
    let mined = block(&journey.stake(holder, STAKE).await?);
    let answer = journey.get_at(&format!("stakers/{holder}"), mined).await?;
    ensure!(juels(&answer["data"]["active_stake_juels"])? == STAKE, "the API does not show the stake: {}", answer["data"]);
    ensure!(journey.balance(holder).await? == before - STAKE, "the wallet did not pay exactly 60,000 LINK");
    let node = journey.get_at(&format!("nodes/{}", journey.node), mined).await?;
    ensure!(
        juels(&node["data"]["available_juels"])? == link_amount(40_000),
        "the available capacity of the node is wrong: {}",
        node["data"]
    );
    Ok(format!("mined in block {mined}, shown as of block {}", answer["meta"]["as_of"]["block_number"]))
}

/// The token's own 0.4 code swallows the reason of a refused callback, so the sentence comes from asking the pool directly,
/// which is what the page and the CLI do before they let anybody pay for a transaction.
async fn cap_refused(journey: &mut Journey) -> Result<String> {
    let (holder, token, pool) = (journey.accounts.holders[1], journey.contracts.link, journey.contracts.pool);
    let data = stake_data(&[(journey.node, STAKE)]).context("an amount beyond 96 bits")?;
    let callback = pool::onTokenTransferCall { sender: holder, amount: U256::from(STAKE), data: data.into() };
    let sentence = match journey.chain.simulate(token, pool, callback.abi_encode()).await {
        Err(linkpool_chain::Error::Reverted { data, .. }) => refusal(&data),
        other => bail!("the pool did not refuse: {other:?}"),
    };
    let (name, sentence) = sentence.context("the refusal is not one of the contract's errors")?;
    ensure!(name == "CapExceeded" && sentence.contains("40000 LINK"), "another refusal than the cap's: {sentence}");
    let before = (journey.balance(holder).await?, journey.balance(pool).await?);
    let call = journey.stake_call(journey.node, STAKE)?.abi_encode();
    let receipt = journey.chain.send_unlocked_blind(holder, Some(token), call, 500_000).await?;
    ensure!(!receipt.status(), "the transaction went through");
    ensure!(before == (journey.balance(holder).await?, journey.balance(pool).await?), "LINK moved");
    let answer = journey.get_at(&format!("stakers/{holder}"), block(&receipt)).await?;
    ensure!(juels(&answer["data"]["stake_juels"])? == 0, "the API shows a stake that was refused");
    Ok(sentence)
}

async fn reward_splits(journey: &mut Journey) -> Result<String> {
    let mined = block(&journey.reward(REWARD).await?);
    let pool = journey.get_at("pool", mined).await?;
    let node = journey.get_at(&format!("nodes/{}", journey.node), mined).await?;
    let (fee, share) = (juels(&pool["data"]["fees_owed_juels"])?, juels(&node["data"]["rewards_unvested_juels"])?);
    let expected = REWARD * u128::from(pool["data"]["fee_bps"].as_u64().context("no fee")?) / 10_000;
    ensure!(fee == expected, "the fee is {fee} juels, not {expected}");
    // A block may have passed since, and with it a second's vesting.
    let holder = journey.accounts.holders[0];
    let staker = journey.get_at(&format!("stakers/{holder}"), mined).await?;
    let vested = journey.pending_at(holder, &staker).await?;
    ensure!(
        fee + share <= REWARD && fee + share + link_amount(1) > REWARD,
        "fee {fee} and share {share} do not add up to the reward"
    );
    ensure!(juels(&staker["data"]["rewards_juels"])? == vested, "the API's reward differs from the contract's {vested}");
    Ok(format!("fee {} LINK, stakers {} LINK", Juels(fee).to_link(), Juels(REWARD - fee).to_link()))
}

async fn reward_vests(journey: &mut Journey) -> Result<String> {
    let holder = journey.accounts.holders[0];
    let config = journey.get("config").await?;
    let vest = config["data"]["vest_seconds"].as_u64().context("no vesting time")?;
    let head = journey.chain.heads().await?.head.number;
    for half in 1..=2 {
        journey.chain.advance_time(Duration::from_secs(vest / 2 + 1)).await?;
        let answer = journey.get_at(&format!("stakers/{holder}"), head + half).await?;
        let (shown, contract) = (juels(&answer["data"]["rewards_juels"])?, journey.pending_at(holder, &answer).await?);
        ensure!(shown == contract, "the API shows {shown} juels of rewards, the contract {contract}");
    }
    let share = REWARD - REWARD * u128::from(config["data"]["fee_bps"].as_u64().context("no fee")?) / 10_000;
    let before = journey.balance(holder).await?;
    let mined =
        block(&journey.send(holder, journey.contracts.pool, &pool::claimCall { node: journey.node, staker: holder }).await?);
    let claimed = journey.balance(holder).await? - before;
    // Less than one unit of the price a share has not vested for anybody; it stays in the stream and vests with the next reward.
    let node = journey.get_at(&format!("nodes/{}", journey.node), mined).await?;
    let left = juels(&node["data"]["rewards_unvested_juels"])?;
    ensure!(
        claimed + left <= share && share - claimed - left <= DUST,
        "claimed {claimed} and left {left} juels are not the {share} of the share"
    );
    let answer = journey.get_at(&format!("stakers/{holder}"), mined).await?;
    ensure!(juels(&answer["data"]["rewards_juels"])? == 0, "rewards are left after the claim");
    Ok(format!("{} LINK claimed, {left} juels stay to vest", Juels(claimed).to_link()))
}

async fn leave(journey: &mut Journey) -> Result<String> {
    let (holder, contract) = (journey.accounts.holders[0], journey.contracts.pool);
    let shares = journey.active_shares(holder).await?;
    let unbond = pool::unbondCall { node: journey.node, shares: U256::from(shares) };
    let mined = block(&journey.send(holder, contract, &unbond).await?);
    let answer = journey.get_at(&format!("stakers/{holder}"), mined).await?;
    ensure!(
        juels(&answer["data"]["unbonding_stake_juels"])? == STAKE,
        "the API does not show the stake as unbonding: {}",
        answer["data"]
    );
    let withdraw = pool::withdrawCall { node: journey.node, staker: holder, ticket: 0 };
    let early = journey.chain.simulate(holder, contract, withdraw.abi_encode()).await;
    ensure!(matches!(early, Err(linkpool_chain::Error::Reverted { .. })), "the stake could leave before its time");
    journey.chain.advance_time(Duration::from_secs(28 * 86_400)).await?;
    let before = journey.balance(holder).await?;
    let mined = block(&journey.send(holder, contract, &withdraw).await?);
    let paid = journey.balance(holder).await? - before;
    ensure!(paid == STAKE, "{paid} juels came back, not {STAKE}");
    let answer = journey.get_at(&format!("stakers/{holder}"), mined).await?;
    ensure!(juels(&answer["data"]["stake_juels"])? == 0, "the API still shows stake");
    Ok(format!("{} LINK back", Juels(paid).to_link()))
}

async fn batch(journey: &mut Journey) -> Result<String> {
    let (holder, contract, node) = (journey.accounts.holders[1], journey.contracts.pool, journey.node);
    journey.stake(holder, link_amount(1_000)).await?;
    journey.reward(REWARD).await?;
    let vest = Duration::from_secs(7 * 86_400);
    journey.chain.advance_time(vest).await?;
    let before = journey.balance(holder).await?;
    journey.send(holder, contract, &pool::compoundCall { node, target: node }).await?;
    let shares = journey.active_shares(holder).await?;
    ensure!(shares > link_amount(1_900), "{shares} shares are not the stake and its reward");
    ensure!(journey.balance(holder).await? == before, "compounding moved LINK");

    journey.reward(REWARD).await?;
    journey.chain.advance_time(vest).await?;
    let claim = pool::claimCall { node, staker: holder };
    journey.send(journey.accounts.holders[2], contract, &claim).await?;
    let claimed = journey.balance(holder).await? - before;
    ensure!(claimed > link_amount(900), "a stranger's claim paid the holder {claimed} juels");
    let unbond = pool::unbondCall { node, shares: U256::from(shares) };
    let calls = vec![claim.abi_encode().into(), unbond.abi_encode().into()];
    let mined = block(&journey.send(holder, contract, &pool::multicallCall { calls }).await?);
    let answer = journey.get_at(&format!("stakers/{holder}"), mined).await?;
    let (active, unbonding) = (juels(&answer["data"]["active_stake_juels"])?, juels(&answer["data"]["unbonding_stake_juels"])?);
    ensure!(active == 0 && unbonding == shares, "the API shows {active} juels active and {unbonding} unbonding");
    Ok(format!("{} LINK unbonding, {} LINK claimed", Juels(unbonding).to_link(), Juels(claimed).to_link()))
}

async fn reorg(journey: &mut Journey) -> Result<String> {
    let holder = journey.accounts.holders[2];
    let mined = block(&journey.stake(holder, link_amount(10_000)).await?);
    journey.get_at(&format!("stakers/{holder}"), mined).await?;
    let path = format!("stakers/{holder}");
    let staked = journey.get(&path).await?;
    ensure!(juels(&staked["data"]["stake_juels"])? == link_amount(10_000), "the stake was not shown before the reorg");
    journey.chain.reorg(3).await?;
    let gone = journey.get_when(&path, |answer| answer["data"]["stake_juels"] == "0").await?;
    let shown: linkpool_primitives::B256 =
        gone["meta"]["as_of"]["block_hash"].as_str().context("an answer without as_of")?.parse()?;
    let number = gone["meta"]["as_of"]["block_number"].as_u64().context("an answer without as_of")?;
    let canonical = journey.chain.header(number).await?.map(|header| header.block.hash);
    ensure!(canonical == Some(shown), "the API shows block {number} of a branch that is gone");
    ensure!(journey.active_shares(holder).await? == 0, "the contract still holds the stake");
    Ok(format!("gone as of block {number}"))
}

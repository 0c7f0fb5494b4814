//! One stake, from the wallet and back. Each step returns what it saw, for the table.

use std::time::Duration;

use alloy::{primitives::U256, sol_types::SolCall};
use anyhow::{Context, Result, bail, ensure};
use linkpool_contracts::{pool, refusal, stake_data};
use linkpool_primitives::{Address, JUELS_PER_LINK, Juels, parse_address};
use serde_json::Value;

use super::{
    journey::{Journey, block, juels, link_amount},
    step::Step,
};

pub const STEPS: [Step; 8] = [
    Step("two nodes stand open on the API", |journey| Box::pin(nodes_open(journey))),
    Step("a holder stakes 60,000 LINK in one transaction", |journey| Box::pin(stake(journey))),
    Step("a second 60,000 on the node is refused and moves nothing", |journey| Box::pin(cap_refused(journey))),
    Step("a reward of 1,000 LINK splits into fee and stakers' share", |journey| Box::pin(reward_splits(journey))),
    Step("half has vested half-way; all is claimed but 4 juels at most", |journey| Box::pin(reward_vests(journey))),
    Step("unbond, wait 28 days, withdraw the exact amount", |journey| Box::pin(leave(journey))),
    Step("rewards are compounded, and a batch unbonds and claims though a stranger claimed first", |journey| {
        Box::pin(batch(journey))
    }),
    Step("a three-block reorg takes a stake back", |journey| Box::pin(reorg(journey))),
];

const STAKE: u128 = link_amount(60_000);
const REWARD: u128 = link_amount(1_000);
/// Rounding keeps less than a juel at each accrual and each claim, and a reward has at most this many of them here.
const ROUNDING_JUELS: u128 = 4;
/// The contract counts what vests in whole juels for one LINK of stake. What is less stays in the stream and vests later.
const NOT_COUNTED_JUELS: u128 = STAKE / JUELS_PER_LINK;

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
    let answer = journey.get_from_block(&format!("stakers/{holder}"), mined).await?;
    ensure!(juels(&answer["data"]["active_stake_juels"])? == STAKE, "the API does not show the stake: {}", answer["data"]);
    ensure!(journey.balance(holder).await? == before - STAKE, "the wallet did not pay exactly 60,000 LINK");
    let node = journey.get_from_block(&format!("nodes/{}", journey.node), mined).await?;
    ensure!(
        juels(&node["data"]["available_juels"])? == link_amount(40_000),
        "the available capacity of the node is wrong: {}",
        node["data"]
    );
    Ok(format!("mined in block {mined}, shown as of block {}", answer["meta"]["as_of"]["block_number"]))
}

/// The token's own 0.4 code swallows the reason of a refused callback, so the message comes from asking the pool directly,
/// which is what the page and the CLI do before they let anybody pay for a transaction.
async fn cap_refused(journey: &mut Journey) -> Result<String> {
    let (holder, token, pool) = (journey.accounts.holders[1], journey.contracts.link, journey.contracts.pool);
    let data = stake_data(&[(journey.node, STAKE)]).context("an amount beyond 96 bits")?;
    let callback = pool::onTokenTransferCall { sender: holder, amount: U256::from(STAKE), data: data.into() };
    let (name, message) = refused(journey, token, callback.abi_encode()).await?;
    ensure!(name == "CapExceeded" && message.contains("40000 LINK"), "another refusal than the cap's: {message}");
    let before = (journey.balance(holder).await?, journey.balance(pool).await?);
    let call = journey.stake_call(journey.node, STAKE)?.abi_encode();
    let receipt = journey.chain.send_unlocked_blind(holder, Some(token), call, 500_000).await?;
    ensure!(!receipt.status(), "the transaction went through");
    ensure!(before == (journey.balance(holder).await?, journey.balance(pool).await?), "LINK moved");
    let answer = journey.get_from_block(&format!("stakers/{holder}"), block(&receipt)).await?;
    ensure!(juels(&answer["data"]["stake_juels"])? == 0, "the API shows a stake that was refused");
    Ok(message)
}

/// Asks the pool as `caller`, and returns the name and the message of the contract's error that it refuses with.
async fn refused(journey: &Journey, caller: Address, call: Vec<u8>) -> Result<(String, String)> {
    match journey.chain.simulate(caller, journey.contracts.pool, call).await {
        Err(linkpool_chain::Error::Reverted { data, .. }) => {
            refusal(&data).context("the refusal is not one of the contract's errors")
        }
        other => bail!("the pool did not refuse: {other:?}"),
    }
}

async fn reward_splits(journey: &mut Journey) -> Result<String> {
    let mined = block(&journey.reward(REWARD).await?);
    journey.rewarded_at = journey.chain.header(mined).await?.context("the reward's block is gone")?.block.timestamp;
    let pool = journey.get_from_block("pool", mined).await?;
    let node = journey.get_from_block(&format!("nodes/{}", journey.node), mined).await?;
    let (maker_fee, unvested) = (juels(&pool["data"]["fees_owed_juels"])?, juels(&node["data"]["rewards_unvested_juels"])?);
    let expected = REWARD - net_reward(&pool)?;
    ensure!(maker_fee == expected, "the maker fee is {maker_fee} juels, not {expected}");
    let holder = journey.accounts.holders[0];
    let staker = journey.get_from_block(&format!("stakers/{holder}"), mined).await?;
    let vested = journey.pending_at(holder, &staker).await?;
    // A block may have passed since, and with it a second's vesting.
    ensure!(
        maker_fee + unvested <= REWARD && maker_fee + unvested + link_amount(1) > REWARD,
        "the maker fee {maker_fee} and the unvested {unvested} do not add up to the reward"
    );
    ensure!(juels(&staker["data"]["rewards_juels"])? == vested, "the API's reward differs from the contract's {vested}");
    Ok(format!("fee {} LINK, stakers {} LINK", Juels(maker_fee).to_link(), Juels(REWARD - maker_fee).to_link()))
}

/// What stakers get of [`REWARD`], by the answer that shows the fee.
fn net_reward(answer: &Value) -> Result<u128> {
    Ok(REWARD - REWARD * u128::from(answer["data"]["fee_bps"].as_u64().context("no fee")?) / 10_000)
}

async fn reward_vests(journey: &mut Journey) -> Result<String> {
    let holder = journey.accounts.holders[0];
    let config = journey.get("config").await?;
    let vest = config["data"]["vest_seconds"].as_u64().context("no vesting time")?;
    let net_reward = net_reward(&config)?;
    let head = journey.chain.heads().await?.head.number;
    for half in 1..=2 {
        journey.chain.advance_time(Duration::from_secs(vest / 2 + 1)).await?;
        let answer = journey.get_from_block(&format!("stakers/{holder}"), head + half).await?;
        let (shown, contract) = (juels(&answer["data"]["rewards_juels"])?, journey.pending_at(holder, &answer).await?);
        ensure!(shown == contract, "the API shows {shown} juels of rewards, the contract {contract}");
        // The holder is the only staker, so all that has vested is the holder's.
        let elapsed = as_of_time(&answer)?.saturating_sub(journey.rewarded_at).min(vest);
        let vested = net_reward * u128::from(elapsed) / u128::from(vest);
        ensure!(
            shown <= vested && vested - shown <= NOT_COUNTED_JUELS + ROUNDING_JUELS,
            "{elapsed} s after the reward {shown} juels can be claimed, and {vested} have vested"
        );
    }
    let before = journey.balance(holder).await?;
    let mined =
        block(&journey.send(holder, journey.contracts.pool, &pool::claimCall { node: journey.node, staker: holder }).await?);
    let claimed = journey.balance(holder).await? - before;
    let node = journey.get_from_block(&format!("nodes/{}", journey.node), mined).await?;
    let left = juels(&node["data"]["rewards_unvested_juels"])?;
    ensure!(
        claimed + left <= net_reward && net_reward - claimed - left <= ROUNDING_JUELS,
        "claimed {claimed} and left {left} juels are not the net reward of {net_reward}"
    );
    let answer = journey.get_from_block(&format!("stakers/{holder}"), mined).await?;
    ensure!(juels(&answer["data"]["rewards_juels"])? == 0, "rewards are left after the claim");
    Ok(format!("{} LINK claimed, {left} juels stay to vest", Juels(claimed).to_link()))
}

/// When the block that an answer holds at was made, in Unix seconds.
fn as_of_time(answer: &Value) -> Result<u64> {
    let text = answer["meta"]["as_of"]["block_timestamp"].as_str().context("an answer without as_of")?;
    Ok(u64::try_from(chrono::DateTime::parse_from_rfc3339(text)?.timestamp())?)
}

async fn leave(journey: &mut Journey) -> Result<String> {
    let (holder, contract) = (journey.accounts.holders[0], journey.contracts.pool);
    let shares = journey.active_shares(holder).await?;
    let unbond = pool::unbondCall { node: journey.node, shares: U256::from(shares) };
    let mined = block(&journey.send(holder, contract, &unbond).await?);
    let answer = journey.get_from_block(&format!("stakers/{holder}"), mined).await?;
    ensure!(
        juels(&answer["data"]["unbonding_stake_juels"])? == STAKE,
        "the API does not show the stake as unbonding: {}",
        answer["data"]
    );
    let withdraw = pool::withdrawCall { node: journey.node, staker: holder, ticket: 0 };
    let (name, message) = refused(journey, holder, withdraw.abi_encode()).await?;
    ensure!(name == "NotReady", "another refusal than that it is too early: {message}");
    journey.chain.advance_time(Duration::from_secs(28 * 86_400)).await?;
    let before = journey.balance(holder).await?;
    let mined = block(&journey.send(holder, contract, &withdraw).await?);
    let paid = journey.balance(holder).await? - before;
    ensure!(paid == STAKE, "{paid} juels came back, not {STAKE}");
    let answer = journey.get_from_block(&format!("stakers/{holder}"), mined).await?;
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
    let answer = journey.get_from_block(&format!("stakers/{holder}"), mined).await?;
    let (active, unbonding) = (juels(&answer["data"]["active_stake_juels"])?, juels(&answer["data"]["unbonding_stake_juels"])?);
    ensure!(active == 0 && unbonding == shares, "the API shows {active} juels active and {unbonding} unbonding");
    Ok(format!("{} LINK unbonding, {} LINK claimed", Juels(unbonding).to_link(), Juels(claimed).to_link()))
}

async fn reorg(journey: &mut Journey) -> Result<String> {
    let holder = journey.accounts.holders[2];
    let before = journey.balance(holder).await?;
    let mined = block(&journey.stake(holder, link_amount(10_000)).await?);
    journey.get_from_block(&format!("stakers/{holder}"), mined).await?;
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
    ensure!(journey.balance(holder).await? == before, "the wallet does not have its LINK again");
    Ok(format!("gone as of block {number}"))
}

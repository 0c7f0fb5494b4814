//! Each action that has a row, under the name that the contracts' gas tests give it where they have it too.

use alloy_primitives::{Address, FixedBytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use anyhow::Result;

use crate::{
    chain::Receipt,
    contracts::{
        LINK,
        LinkToken::{approveCall, balanceOfCall},
        StakingPool::{
            cancelUnbondCall, claimCall, compoundCall, executePenaltyCall, multicallCall, requestPenaltyCall, restakeCall,
            stakeCall,
        },
        Wallet, rewards, stakes,
    },
    earnings,
    world::{AMOUNT, DAY, UNBONDING, VETO, World},
};

type Action = fn(&mut World) -> Result<Receipt>;

pub const ACTIONS: &[(&str, Action)] = &[
    ("approve", approve),
    ("first_stake", |w| w.stake(w.alice, w.node, AMOUNT)),
    ("first_stake_pending", |w| w.pending_reward().and_then(|()| w.stake(w.alice, w.node, AMOUNT))),
    ("first_stake_empty_node", |w| w.stake(w.alice, w.other, AMOUNT)),
    ("first_stake_by_approve", |w| approve(w).and_then(|_| w.call(w.alice, &stake_call(w.node)))),
    ("second_stake", |w| staked_yesterday(w).and_then(|()| w.stake(w.alice, w.node, AMOUNT))),
    ("second_stake_pending", |w| earning(w).and_then(|()| w.stake(w.alice, w.node, AMOUNT))),
    ("unbond", |w| staked_yesterday(w).and_then(|()| unbond(w, AMOUNT / 2))),
    ("unbond_pending", |w| earning(w).and_then(|()| unbond(w, AMOUNT / 2))),
    ("second_unbond_pending", second_unbond),
    ("cancel_unbond", |w| two_tickets(w).and_then(|(first, _)| w.call(w.alice, &cancel(w.node, first)))),
    ("withdraw", |w| ripe(w, |_| Ok(())).and_then(|ticket| w.withdraw(w.alice, w.node, ticket))),
    ("withdraw_pending", |w| ripe(w, World::pending_reward).and_then(|ticket| w.withdraw(w.alice, w.node, ticket))),
    ("withdraw_to_emptied_wallet", withdraw_to_emptied_wallet),
    ("restake", restake),
    ("claim", second_claim),
    ("claim_pending", |w| earning(w).and_then(|()| w.claim(w.alice, w.node))),
    ("claim_to_emptied_wallet", claim_to_emptied_wallet),
    ("claim_10_nodes", claim_10_nodes),
    ("multicall_overhead", multicall_overhead),
    ("compound", |w| on_both(w).and_then(|()| w.call(w.alice, &compoundCall { node: w.node, target: w.node }))),
    ("compound_other_node", |w| on_both(w).and_then(|()| w.call(w.alice, &compoundCall { node: w.node, target: w.other }))),
    ("deployment", |w| Ok(w.deployment.clone())),
    ("register_first_node", |w| Ok(w.first_registration.clone())),
    ("register_node", |w| Wallet::named("third node").and_then(|wallet| w.register(&wallet))),
    ("reward", |w| w.reward(w.node, 70 * LINK)),
    ("reward_pending", |w| w.pending_reward().and_then(|()| w.reward(w.node, 70 * LINK))),
    ("reward_empty_node", reward_empty_node),
    ("earnings_factory_deployment", earnings::factory_deployment),
    ("earnings_push", earnings::push_again),
    ("earnings_push_first_use", earnings::push_first_use),
    ("earnings_take", earnings::take),
    ("earnings_collect", earnings::collect),
    ("operator_create", earnings::operator_create),
    ("penalty_request", request),
    ("penalty", |w| request(w).and_then(|_| execute(w))),
    ("penalty_pending", |w| w.reward(w.node, 70 * LINK).and_then(|_| request(w)).and_then(|_| execute(w))),
];

fn staked_yesterday(w: &mut World) -> Result<()> {
    w.stake(w.alice, w.node, AMOUNT)?;
    w.chain.skip(DAY);
    Ok(())
}

fn earning(w: &mut World) -> Result<()> {
    w.stake(w.alice, w.node, AMOUNT)?;
    w.pending_reward()
}

fn on_both(w: &mut World) -> Result<()> {
    w.stake(w.alice, w.node, AMOUNT)?;
    w.stake(w.alice, w.other, AMOUNT)?;
    w.pending_reward()
}

fn approve(w: &mut World) -> Result<Receipt> {
    w.on_link(w.alice, &approveCall { _spender: w.pool, _value: U256::from(AMOUNT) })
}

fn stake_call(node: Address) -> stakeCall {
    stakeCall { node, amount: U256::from(AMOUNT) }
}

fn cancel(node: Address, ticket: u32) -> cancelUnbondCall {
    cancelUnbondCall { node, ticket }
}

fn unbond(w: &mut World, shares: u128) -> Result<Receipt> {
    Ok(w.unbond(w.alice, w.node, shares)?.1)
}

fn second_unbond(w: &mut World) -> Result<Receipt> {
    earning(w)?;
    unbond(w, AMOUNT / 2)?;
    w.chain.skip(DAY);
    unbond(w, AMOUNT / 4)
}

/// A ticket of half of Alice's stake that can be withdrawn.
fn ripe(w: &mut World, before: fn(&mut World) -> Result<()>) -> Result<u32> {
    w.stake(w.alice, w.node, AMOUNT)?;
    before(w)?;
    let (ticket, _) = w.unbond(w.alice, w.node, AMOUNT / 2)?;
    w.chain.skip(UNBONDING);
    Ok(ticket)
}

fn two_tickets(w: &mut World) -> Result<(u32, u32)> {
    w.stake(w.alice, w.node, AMOUNT)?;
    w.stake(w.bob, w.other, AMOUNT)?;
    let (first, _) = w.unbond(w.alice, w.node, AMOUNT / 2)?;
    let (second, _) = w.unbond(w.alice, w.node, AMOUNT / 4)?;
    Ok((first, second))
}

fn restake(w: &mut World) -> Result<Receipt> {
    let (first, ticket) = two_tickets(w)?;
    w.call(w.alice, &cancel(w.node, first))?;
    w.chain.skip(UNBONDING);
    w.call(w.alice, &restakeCall { node: w.node, ticket, target: w.other })
}

/// Alice sends away all LINK she holds.
fn empty(w: &mut World) -> Result<()> {
    let mut copy = w.clone();
    let held = copy.on_link(w.alice, &balanceOfCall { _owner: w.alice })?.output;
    w.give(w.alice, w.bob, u128::abi_decode(&held)?)?;
    Ok(())
}

fn withdraw_to_emptied_wallet(w: &mut World) -> Result<Receipt> {
    let ticket = ripe(w, |_| Ok(()))?;
    empty(w)?;
    w.withdraw(w.alice, w.node, ticket)
}

fn claim_to_emptied_wallet(w: &mut World) -> Result<Receipt> {
    earning(w)?;
    empty(w)?;
    w.claim(w.alice, w.node)
}

fn second_claim(w: &mut World) -> Result<Receipt> {
    earning(w)?;
    w.claim(w.alice, w.node)?;
    w.chain.skip(10 * DAY);
    w.claim(w.alice, w.node)
}

fn claim_10_nodes(w: &mut World) -> Result<Receipt> {
    w.report(1_000)?;
    let mut nodes = Vec::new();
    for index in 0..10 {
        let wallet = Wallet::named(("one of ten", U256::from(index)).abi_encode_params())?;
        w.register(&wallet)?;
        nodes.push(wallet.address);
    }
    let each = |amount: u128| nodes.iter().map(|node| (*node, amount)).collect::<Vec<_>>();
    w.transfer_and_call(w.alice, 10 * AMOUNT, stakes(&each(AMOUNT)))?;
    w.transfer_and_call(w.operator, 10 * LINK, rewards(&each(LINK)))?;
    let staker = w.alice;
    let calls: Vec<_> = nodes.iter().map(|node| claimCall { node: *node, staker }.abi_encode().into()).collect();
    let all = multicallCall { calls };
    w.chain.skip(DAY);
    // As elsewhere, not the first claim ever.
    w.call(staker, &all)?;
    w.chain.skip(DAY);
    w.call(staker, &all)
}

/// What one call costs in a batch more than by itself.
fn multicall_overhead(w: &mut World) -> Result<Receipt> {
    earning(w)?;
    let claim = claimCall { node: w.node, staker: w.alice };
    let alone = w.clone().call(w.alice, &claim)?;
    let batch = w.call(w.alice, &multicallCall { calls: vec![claim.abi_encode().into()] })?;
    Ok(Receipt { gas_used: batch.gas_used - alone.gas_used, ..batch })
}

fn reward_empty_node(w: &mut World) -> Result<Receipt> {
    w.pending_reward()?;
    w.reward(w.node, 70 * LINK)?;
    w.reward(w.other, 70 * LINK)
}

fn request(w: &mut World) -> Result<Receipt> {
    let mut evidence = [0; 32];
    evidence[..8].copy_from_slice(b"evidence");
    let fault_at = alloy_primitives::Uint::<40, 1>::from(w.chain.now());
    w.call(w.slasher, &requestPenaltyCall { node: w.node, bps: 100, evidence: FixedBytes(evidence), faultAt: fault_at })
}

fn execute(w: &mut World) -> Result<Receipt> {
    w.chain.skip(VETO);
    w.call(w.slasher, &executePenaltyCall { node: w.node })
}

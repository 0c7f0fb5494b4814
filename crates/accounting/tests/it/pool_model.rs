//! Random histories, done to the model and to the contract.
//!
//! `LINKPOOL_HISTORIES` says how many, each of 400 actions and of what it takes for everybody to leave; `LINKPOOL_SEED` where the
//! seeds begin. A history that fails names its seed, and `LINKPOOL_HISTORIES=1 LINKPOOL_SEED=<it>` does it again.

use std::{
    collections::HashSet,
    mem::{Discriminant, discriminant},
};

use linkpool_accounting::{Pool, Refusal, UNBONDING_SECONDS, VETO_SECONDS};
use linkpool_contracts::link;
use linkpool_primitives::{Address, JUELS_PER_LINK};
use rand::{SeedableRng, rngs::StdRng};

use crate::{
    action::Action,
    choice::{self, Choice},
    meaning::{payment, refusal},
    storage,
    world::World,
};

const ACTIONS: u32 = 400;
const DAY: u64 = 86_400;
/// The whole storage is read after so many actions; each action's own events are compared at once.
const ACTIONS_BETWEEN_READINGS: u32 = 100;

#[derive(Default)]
struct Tally {
    accepted: u32,
    refused: u32,
    /// The different refusals.
    reasons: HashSet<Discriminant<Refusal>>,
}

#[tokio::test]
async fn the_model_is_the_contract_to_the_juel() {
    let number = |name: &str, default: u64| std::env::var(name).ok().map_or(default, |text| text.parse().unwrap());
    let (histories, seed) = (number("LINKPOOL_HISTORIES", 2), number("LINKPOOL_SEED", 1));
    let mut tally = Tally::default();
    for seed in seed..seed + histories {
        println!("history with seed {seed}");
        history(seed, &mut tally).await;
    }
    let Tally { accepted, refused, reasons } = tally;
    println!(
        "pool_model: {histories} histories with the seeds {seed} to {}: {accepted} actions accepted and {refused} refused for {} \
         reasons, every event, field and payment equal",
        seed + histories - 1,
        reasons.len()
    );
}

async fn history(seed: u64, tally: &mut Tally) {
    let (mut world, mut model) = World::new().await;
    let mut random = StdRng::seed_from_u64(seed);
    let mut now = opening(&mut world, &mut model, seed, tally).await;
    for number in 1..=ACTIONS {
        now = choice::awaited(&mut random, &model, now).unwrap_or(now + choice::pause(&mut random));
        let action = Choice { random: &mut random, model: &model, world: &world, now }.action();
        step(&mut world, &mut model, &action, now, tally).await;
        if number % ACTIONS_BETWEEN_READINGS == 0 {
            storage::assert_same(&world, &model, now).await;
        }
    }
    everybody_leaves(&mut world, &mut model, now, tally).await;
}

/// What chance alone brings about too rarely: a full bucket of registrations, too small a network, all places for penalties taken, and a node that
/// falls below half price and so retires itself.
async fn opening(world: &mut World, model: &mut Pool, seed: u64, tally: &mut Tally) -> u64 {
    let mut now = model.registry().reported_at + 100;
    for wallet in (1..=12).map(Address::with_last_byte) {
        step(world, model, &Action::Register { wallet }, now, tally).await;
        now += DAY / 4;
    }
    for size in [60, 150] {
        step(world, model, &Action::Report { size }, now, tally).await;
        step(world, model, &Action::Register { wallet: Address::with_last_byte(13) }, now, tally).await;
    }
    let nodes: Vec<Address> = model.nodes().iter().map(|node| node.wallet).collect();
    let staker = world.accounts.stakers[0];
    let parts = nodes.iter().map(|node| (*node, 1_000 * JUELS_PER_LINK + u128::from(seed))).collect();
    step(world, model, &Action::Stake { staker, parts }, now, tally).await;
    if seed.is_multiple_of(2) {
        for node in nodes {
            step(world, model, &Action::Request { node, bps: 1_000, fault_at: now }, now, tally).await;
        }
    } else {
        let node = nodes[0];
        while model.node(node).unwrap().retired_at == 0 {
            let reward = Action::Reward { from: world.accounts.deployer, parts: vec![(node, JUELS_PER_LINK / 3)] };
            step(world, model, &reward, now, tally).await;
            step(world, model, &Action::Request { node, bps: 1_000, fault_at: now }, now, tally).await;
            step(world, model, &Action::Execute { node }, now + VETO_SECONDS, tally).await;
            now += 10 * DAY;
        }
    }
    now
}

/// One action at one time: the same events and payments, or the same refusal with the same figures.
async fn step(world: &mut World, model: &mut Pool, action: &Action, now: u64, tally: &mut Tally) {
    let (call, plain) = (action.call(model, world), action.plain_call(model, world));
    let before = model.clone();
    let expected = action.apply(model, world, now);
    let mined = world.send(&call, now).await;
    match expected {
        Ok(events) => {
            assert!(mined.succeeded, "the contract refuses {action:?} at {now}: {:?}", refusal(&world.refusal(&plain).await));
            assert_eq!(mined.events, events, "{action:?} at {now}");
            let payments: Vec<_> = match action {
                // What was claimed is stake at once.
                Action::Compound { .. } => Vec::new(),
                _ => events.iter().filter_map(|event| payment(event, world.accounts.sink)).collect(),
            };
            assert_eq!(mined.paid, payments, "{action:?} at {now}");
            tally.accepted += 1;
        }
        Err(expected) => {
            assert!(!mined.succeeded, "the model refuses {action:?} at {now}: {expected}");
            assert_eq!(refusal(&world.refusal(&plain).await), expected, "{action:?} at {now}");
            assert!(*model == before, "a refused action left something behind: {action:?}");
            tally.refused += 1;
            tally.reasons.insert(discriminant(&expected));
        }
    }
}

/// Everybody unbonds, waits, is paid and claims; everything that is owed is paid. Then LINK is where the tally says.
async fn everybody_leaves(world: &mut World, model: &mut Pool, now: u64, tally: &mut Tally) {
    let holders = |model: &Pool| model.positions().map(|(node, staker, _)| (node, staker)).collect::<Vec<_>>();
    for (node, staker) in holders(model) {
        let shares = model.position(node, staker).unwrap().shares;
        if shares > 0 {
            step(world, model, &Action::Unbond { staker, node, shares }, now, tally).await;
        }
    }
    let now = now + UNBONDING_SECONDS;
    for (node, staker) in holders(model) {
        for ticket in 0..model.position(node, staker).unwrap().tickets.len() as u32 {
            if model.preview_withdraw(node, staker, ticket) > 0 {
                step(world, model, &Action::Withdraw { by: staker, staker, node, ticket }, now, tally).await;
            }
        }
        step(world, model, &Action::Claim { by: staker, staker, node }, now, tally).await;
    }
    for action in [Action::PayFees, Action::PaySink { by: world.accounts.deployer }] {
        step(world, model, &action, now, tally).await;
    }
    storage::assert_same(world, model, now).await;
    assert!(model.nodes().iter().all(|node| node.assets == 0 && node.total_shares == 0), "stake without an owner stays");
    let held = world.view(world.link, &link::balanceOfCall { _owner: world.pool }).await;
    assert_eq!(held.to::<u128>(), model.totals().accounted, "the pool's LINK");
    for (account, balance) in &world.balances {
        let found = world.view(world.link, &link::balanceOfCall { _owner: *account }).await;
        assert_eq!(found.to::<u128>(), *balance, "the LINK of {account}");
    }
}

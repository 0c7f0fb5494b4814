//! Where all LINK is that was paid, at a block.
//!
//! What was paid and not taken back is held by Operators for requests that wait, waits at Operators and at the nodes' own contracts to be passed on, or is the
//! pool's: fees, what vests, what can be claimed; or was claimed; or is the sink's. What is left over is dust: it is the pool's, and nobody can claim it.
//!
//! How much dust there is at most follows from where it is rounded. What leaves a node's stream is rounded up to a juel each time the stream is brought up to
//! date, which a deposit, a claim, a stake and a retirement do once. What a position has earned is rounded down once for as long as it stands, and once more
//! whenever shares are added or taken. Nothing else rounds, and nothing rounds the other way.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::{SolCall, SolEvent},
};
use linkpool_accounting::claimable;
use linkpool_contracts::{
    link::balanceOfCall,
    operator::withdrawableCall,
    pool::{NodeRetired, RewardClaimed, RewardDeposited, Staked, nodeOfCall, positionOfCall, totalsCall},
};

use super::{
    life::{Requests, logs},
    world::World,
};

/// What accounts held before anybody paid.
pub struct Opening {
    consumer: u128,
    donor: u128,
    sink: u128,
    fee_recipient: u128,
    /// LINK of the stakers, staked or not.
    stakers: u128,
}

#[derive(Debug, Default, Clone, Copy)]
pub struct Books {
    pub paid: u128,
    pub plain: u128,
    pub refunded: u128,
    pub escrow: u128,
    pub waiting: u128,
    pub fees: u128,
    pub unvested: u128,
    pub claimable: u128,
    pub claimed: u128,
    pub sink: u128,
    pub dust: i128,
    pub most_dust: i128,
}

struct Contents {
    consumer: u128,
    donor: u128,
    sink: u128,
    fee_recipient: u128,
    stakers: u128,
    held_by_contracts: u128,
    held_by_operators: u128,
    withdrawable: u128,
    pool: u128,
    totals: Totals,
    unvested: u128,
    claimable: u128,
}

type Totals = <totalsCall as SolCall>::Return;

impl Opening {
    pub async fn read(world: &World) -> Self {
        let hash = world.fixture.chain.heads().await.unwrap().head.hash;
        let now = Contents::read(world, hash).await;
        assert_eq!((now.held_by_contracts, now.held_by_operators, now.unvested), (0, 0, 0), "somebody has paid");
        let Contents { consumer, donor, sink, fee_recipient, stakers, .. } = now;
        Self { consumer, donor, sink, fee_recipient, stakers }
    }
}

impl Contents {
    async fn read(world: &World, at: B256) -> Self {
        let (chain, accounts, pool) = (&world.fixture.chain, &world.accounts, world.contracts.pool);
        let one = [world.consumer.address, world.donor, accounts.treasury, accounts.operator, pool];
        let contracts: Vec<Address> = world.nodes.iter().map(|node| node.contract).collect();
        let operators: Vec<Address> = world.nodes.iter().map(|node| node.operator).collect();
        let holders = [one.as_slice(), &world.stakers, &contracts, &operators].concat();
        let balances: Vec<balanceOfCall> = holders.iter().map(|holder| balanceOfCall { _owner: *holder }).collect();
        let balances = chain.call_many_at(world.contracts.link, &balances, at).await.unwrap();
        let mut balances = balances.into_iter().map(|juels| juels.to::<u128>());
        let mut next = |count: usize| balances.by_ref().take(count).sum::<u128>();
        let (consumer, donor, sink, fee_recipient, held_by_pool) = (next(1), next(1), next(1), next(1), next(1));
        let (free, held_by_contracts, held_by_operators) =
            (next(world.stakers.len()), next(contracts.len()), next(operators.len()));
        let mut withdrawable = 0;
        for operator in &operators {
            withdrawable += chain.call_at(*operator, &withdrawableCall {}, at).await.unwrap().to::<u128>();
        }
        let calls: Vec<nodeOfCall> = world.nodes.iter().map(|node| nodeOfCall { node: node.wallet }).collect();
        let nodes = chain.call_many_at(pool, &calls, at).await.unwrap();
        let mut claims = 0;
        for (node, on_chain) in world.nodes.iter().zip(&nodes) {
            let calls = world.stakers.iter().map(|staker| positionOfCall { node: node.wallet, staker: *staker });
            for position in chain.call_many_at(pool, &calls.collect::<Vec<_>>(), at).await.unwrap() {
                claims += claimable(position.shares.to(), position.debt, on_chain.accPerShare);
            }
        }
        let staked: u128 = nodes.iter().map(|node| node.assets.to::<u128>()).sum();
        let totals = chain.call_at(pool, &totalsCall {}, at).await.unwrap();
        Self {
            consumer,
            donor,
            sink,
            fee_recipient,
            stakers: free + staked,
            held_by_contracts,
            held_by_operators,
            withdrawable,
            pool: held_by_pool,
            totals,
            unvested: nodes.iter().map(|node| node.unvested.to::<u128>()).sum(),
            claimable: claims,
        }
    }
}

impl Books {
    /// As of the newest block, while nobody mines.
    pub async fn of(world: &World, opening: &Opening) -> Self {
        let hash = world.fixture.chain.heads().await.unwrap().head.hash;
        let (now, requests) = (Contents::read(world, hash).await, Requests::read(world).await);
        assert_eq!(world.fixture.chain.heads().await.unwrap().head.hash, hash, "somebody mines");
        assert_eq!(now.pool, now.totals.accounted.to::<u128>(), "the pool counts other LINK than it holds");
        let mut books = Self {
            paid: requests.paid(),
            refunded: requests.refunds(),
            plain: opening.donor - now.donor,
            // By the chain's logs, and by what Operators hold and do not give away.
            escrow: requests.open().map(|request| request.payment).sum(),
            waiting: now.withdrawable + now.held_by_contracts,
            fees: now.totals.feesOwed.to::<u128>() + now.fee_recipient - opening.fee_recipient,
            unvested: now.unvested,
            claimable: now.claimable,
            claimed: now.stakers - opening.stakers,
            sink: now.totals.sinkOwed.to::<u128>() + now.sink - opening.sink,
            dust: 0,
            most_dust: most_dust(world).await,
        };
        assert_eq!(books.escrow, now.held_by_operators - now.withdrawable, "Operators hold other payments than their logs tell");
        assert_eq!(books.paid - books.refunded, opening.consumer - now.consumer, "the consumer has paid something else");
        books.dust = books.came() - books.is_somewhere();
        books
    }

    fn came(&self) -> i128 {
        signed(self.paid + self.plain - self.refunded)
    }

    fn is_somewhere(&self) -> i128 {
        let Self { escrow, waiting, fees, unvested, claimable, claimed, sink, .. } = *self;
        signed(escrow + waiting + fees + unvested + claimable + claimed + sink)
    }

    pub fn check(&self) {
        assert!((0..=self.most_dust).contains(&self.dust), "LINK is missing or was made: {self:#?}");
    }
}

fn signed(juels: u128) -> i128 {
    juels.try_into().unwrap()
}

/// A juel for each time that something is rounded, and one for each position.
async fn most_dust(world: &World) -> i128 {
    let topics = logs(world, &[world.contracts.pool]).await;
    let count = |signature: B256| topics.iter().filter(|log| log.topic0() == Some(&signature)).count();
    let once = [RewardDeposited::SIGNATURE_HASH, RewardClaimed::SIGNATURE_HASH, NodeRetired::SIGNATURE_HASH];
    let rounded: usize = once.into_iter().map(count).sum::<usize>() + 2 * count(Staked::SIGNATURE_HASH);
    let positions = world.nodes.len() * world.stakers.len();
    i128::try_from(rounded + positions).unwrap()
}

/// Shown with a unit that people read.
pub fn link(juels: impl Into<U256>) -> String {
    linkpool_primitives::Juels(juels.into().to()).to_link()
}

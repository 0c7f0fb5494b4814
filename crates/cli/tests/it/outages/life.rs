//! What goes on meanwhile: holders stake and unbond, somebody sends LINK to nodes' own contracts, and the chain is reorganized now and then.

use std::{sync::Arc, time::Duration};

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_chain::Chain;
use linkpool_contracts::{earnings_factory::earnings_of, link, pool, stake_data};
use linkpool_primitives::{Address, JUELS_PER_LINK};
use linkpool_replay::random::Random;
use linkpool_testkit::{
    Clock,
    fixture::{Accounts, Contracts},
};
use serde_json::json;
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::fixture::OutageFixture;

const STAKE_INTERVAL: Duration = Duration::from_millis(150);
/// One act in so many is a reorg; nothing final is ever touched.
const REORGS: usize = 40;
const DEEPEST: usize = 3;
const GAS: u64 = 600_000;

pub struct Life {
    goes_on: Arc<Mutex<()>>,
    paused: std::sync::Mutex<Option<OwnedMutexGuard<()>>>,
    ended: CancellationToken,
    task: JoinHandle<()>,
}

impl Life {
    pub fn begin(outage: &OutageFixture, seed: u64) -> Self {
        let world = World {
            chain: outage.fixture.chain.clone(),
            clock: outage.clock.clone(),
            contracts: outage.contracts.clone(),
            accounts: outage.accounts.clone(),
            nodes: Vec::new(),
            random: Random::new(seed ^ 1),
        };
        let (goes_on, ended) = (Arc::<Mutex<()>>::default(), CancellationToken::new());
        let task = tokio::spawn(live(world, goes_on.clone(), ended.clone()));
        Self { goes_on, paused: std::sync::Mutex::default(), ended, task }
    }

    /// Nothing happens any more when this returns, but blocks go on.
    pub async fn pause(&self) {
        let paused = self.goes_on.clone().lock_owned().await;
        *self.paused.lock().unwrap() = Some(paused);
    }

    pub fn resume(&self) {
        self.paused.lock().unwrap().take();
    }

    pub async fn end(self) {
        self.ended.cancel();
        self.task.await.unwrap();
    }
}

struct World {
    chain: Chain,
    clock: Arc<Clock>,
    contracts: Contracts,
    accounts: Accounts,
    nodes: Vec<Address>,
    random: Random,
}

async fn live(mut world: World, goes_on: Arc<Mutex<()>>, ended: CancellationToken) {
    let mut acts = 0;
    while !ended.is_cancelled() {
        let going = goes_on.lock().await;
        if acts % 20 == 0 {
            world.look_for_nodes().await;
        }
        acts += 1;
        world.act().await;
        drop(going);
        tokio::select! { () = ended.cancelled() => {} () = tokio::time::sleep(STAKE_INTERVAL) => {} }
    }
}

impl World {
    async fn look_for_nodes(&mut self) {
        let pool = self.contracts.pool;
        let Ok(count) = self.chain.call(pool, &pool::nodeCountCall {}).await else { return };
        let calls: Vec<_> = (0..count.to::<u64>()).map(|index| pool::nodeAtCall { index: U256::from(index) }).collect();
        let nodes = futures_util::future::join_all(calls.iter().map(|call| self.chain.call(pool, call))).await;
        self.nodes = nodes.into_iter().flatten().map(|node| node.wallet).collect();
    }

    /// What fails, fails: a reorg may have taken what it stands on.
    async fn act(&mut self) {
        if self.nodes.is_empty() {
            return;
        }
        if self.random.index(REORGS) == 0 {
            let depth = 1 + self.random.index(DEEPEST) as u64;
            return self.clock.reorg(depth).await.unwrap();
        }
        let holder = self.accounts.holders[self.random.index(self.accounts.holders.len())];
        let node = self.nodes[self.random.index(self.nodes.len())];
        if self.random.index(10) == 0 {
            let contract = earnings_of(self.contracts.earnings_factory, node);
            let gift = link::transferCall { _to: contract, _value: U256::from(JUELS_PER_LINK) };
            return self.send(holder, self.contracts.link, gift.abi_encode()).await;
        }
        if self.random.index(5) == 0 {
            let unbond = pool::unbondCall { node, shares: U256::from(JUELS_PER_LINK / 2) };
            return self.send(holder, self.contracts.pool, unbond.abi_encode()).await;
        }
        let data = stake_data(&[(node, JUELS_PER_LINK)]).unwrap();
        let stake =
            link::transferAndCallCall { _to: self.contracts.pool, _value: U256::from(JUELS_PER_LINK), _data: data.into() };
        self.send(holder, self.contracts.link, stake.abi_encode()).await;
    }

    /// Nobody waits for the block: a reorg may take it with it.
    async fn send(&self, from: Address, to: Address, data: Vec<u8>) {
        let data = alloy::primitives::Bytes::from(data);
        let transaction = json!([{ "from": from, "to": to, "data": data, "gas": format!("{GAS:#x}") }]);
        let _ = self.chain.forward("eth_sendTransaction".into(), transaction).await;
    }
}

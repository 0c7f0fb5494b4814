//! Our indexer on the generated chain: what it wrote is what the contract's views say.

use std::time::Duration;

use linkpool_chain::{Chain, Endpoint};
use linkpool_db::{Connect, Database};
use linkpool_indexer::{Config, Verification, follow, run, verify};
use linkpool_replay::{
    Behaviour, Server,
    chain::{DEPLOY_BLOCK, POOL},
};
use linkpool_testkit::TestDatabase;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::fixture::Client;

/// Of a debug build on a busy machine.
const WAIT_TIMEOUT: Duration = Duration::from_secs(300);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// An indexer that follows a server, and what it writes to.
struct Following {
    chain: Chain,
    database: Database,
    task: JoinHandle<linkpool_indexer::Result<()>>,
    _database: TestDatabase,
}

impl Following {
    async fn of(server: &Server) -> Self {
        let chain = Chain::connect(&Endpoint::new(server.http_url()).unwrap().patient(), None).await.unwrap();
        let test_database = TestDatabase::create().await.unwrap();
        let database = Database::connect(&Connect::new(test_database.url()).patient()).await.unwrap();
        database.migrate().await.unwrap();
        follow(&chain, &database, POOL, DEPLOY_BLOCK).await.unwrap();
        let config = Config { pool: POOL, range: 10_000, poll: Duration::from_millis(50) };
        let task = tokio::spawn(run(config, chain.clone(), database.clone(), CancellationToken::new()));
        Self { chain, database, task, _database: test_database }
    }

    /// Waits until the database stands at this block.
    async fn stands_at(&self, block: u64) {
        let deadline = tokio::time::Instant::now() + WAIT_TIMEOUT;
        while self.database.cursor().await.unwrap().unwrap().block.number < block {
            assert!(!self.task.is_finished(), "the indexer ended");
            assert!(tokio::time::Instant::now() < deadline, "{:?}", self.database.cursor().await);
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// [`Following::stands_at`], and everything compared with the contract.
    async fn verified_at(&self, block: u64) -> Verification {
        self.stands_at(block).await;
        verify(&self.chain, &self.database, POOL).await.unwrap().unwrap()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn every_position_of_the_chain_is_as_the_contract_has_it_at_its_end_and_after_blocks_at_the_tip() {
    let client = Client::of(Behaviour::default(), 5).await;
    let indexer = Following::of(&client.server).await;
    let node = client.server.node();
    let found = indexer.verified_at(node.head()).await;
    assert_eq!(found.differences, []);
    assert_eq!(found.nodes, 12);
    assert!(found.positions > 2_000 && found.tickets > 2_000, "{} positions, {} tickets", found.positions, found.tickets);
    for _ in 0..4 {
        let head = node.mine(1);
        indexer.stands_at(head).await;
    }
    let head = node.mine(1);
    assert_eq!(indexer.verified_at(head).await.differences, []);
}

#[tokio::test]
async fn a_slow_endpoint_with_a_cap_of_logs_is_indexed_to_its_end_with_nothing_set_by_hand() {
    // Infura's cap, made so small that the chain of this test does not fit ten times over, as the real one does not.
    let cap = crate::fixture::replay().events_until(u64::MAX / 2) / 60;
    let behaviour = Behaviour { latency_ms: 25, log_cap: Some(cap), ..Behaviour::default() };
    let client = Client::of(behaviour, 0).await;
    let indexer = Following::of(&client.server).await;
    assert_eq!(indexer.verified_at(client.server.node().head()).await.differences, []);
}

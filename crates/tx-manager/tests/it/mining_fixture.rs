//! A signer between a database and a chain whose endpoints can fail.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use alloy::{
    primitives::U256,
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::SolCall,
};
use linkpool_chain::{Chain, Endpoint, Policy};
use linkpool_contracts::{pool::registerNodeCall, proof};
use linkpool_db::{
    Connect, Database,
    tx::{TransactionFilter, TransactionView},
};
use linkpool_primitives::Address;
use linkpool_testkit::{AnvilOptions, Proxy, until_some};
use linkpool_tx_manager::{Limits, NewTransactionRequest, Outcome, Sender, TransactionConfig, TransactionKind, Until};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    fixture::{Fixture, WAIT_TIMEOUT, signer},
    role,
};

pub const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// Shorter than any patience of a test, longer than any answer.
const ENDPOINT_TIMEOUT: Duration = Duration::from_millis(700);

/// Time passes by itself here: a block every 150 milliseconds, final after two more.
pub struct MiningFixture {
    pub fixture: Fixture,
    pub proxies: Vec<Proxy>,
    counter: AtomicU64,
}

/// A role that drives the account in the background.
pub struct Role {
    token: CancellationToken,
    task: JoinHandle<linkpool_tx_manager::Result<()>>,
}

impl Role {
    pub async fn stop(self) {
        self.token.cancel();
        self.task.await.expect("the role does not panic").expect("the role ends well");
    }
}

impl MiningFixture {
    pub async fn set(endpoints: usize) -> Self {
        let options = AnvilOptions { block_time: Some(Duration::from_millis(150)), ..AnvilOptions::default() };
        let fixture = Fixture::with(options).await;
        let mut proxies = Vec::new();
        for _ in 0..endpoints {
            proxies.push(Proxy::start(fixture.port()).await.unwrap());
        }
        Self { fixture, proxies, counter: AtomicU64::new(0) }
    }

    pub fn config(&self) -> TransactionConfig {
        TransactionConfig {
            limits: Limits::none(),
            use_lease: false,
            poll_interval: Duration::from_millis(50),
            used_elsewhere_patience: Duration::from_millis(500),
            ..TransactionConfig::default()
        }
    }

    /// The chain through every proxy.
    pub async fn chain(&self) -> Chain {
        let endpoints: Vec<Endpoint> = self.proxies.iter().map(|proxy| endpoint(&proxy.http_url())).collect();
        // Whoever hangs is given less time than a busy machine may take for an answer.
        let connect = async || Chain::connect_all(&endpoints, Some(31_337), Policy::default()).await.ok();
        until_some("the chain", WAIT_TIMEOUT, connect).await
    }

    pub async fn sender(&self) -> Sender {
        self.sender_with(self.config()).await
    }

    pub async fn sender_with(&self, config: TransactionConfig) -> Sender {
        Sender::new(config, database(&self.fixture.url).await, self.chain().await, Arc::new(signer()))
    }

    /// Whatever else drives the same signer, as a role.
    pub async fn role(&self, transactions: TransactionConfig) -> Role {
        let (database, sender, token) =
            (database(&self.fixture.url).await, self.sender_with(transactions).await, CancellationToken::new());
        let run = role::drive(sender, database, token.clone());
        Role { token, task: tokio::spawn(run) }
    }

    pub fn key(&self) -> String {
        format!("test {}", self.counter.fetch_add(1, Ordering::Relaxed))
    }

    /// One gwei for a wallet that nobody has.
    pub fn payment(&self) -> (Address, NewTransactionRequest) {
        let wallet = nobody();
        (wallet, NewTransactionRequest::ether(TransactionKind::Fund, wallet, 1_000_000_000, 1_000_000_000))
    }

    /// The registration of a brand-new wallet that agrees.
    pub async fn registration(&self) -> (Address, NewTransactionRequest) {
        registration(&self.fixture).await
    }

    pub async fn send(&self, sender: &Sender, key: &str, request: &NewTransactionRequest) -> Outcome {
        tokio::time::timeout(WAIT_TIMEOUT, sender.send(key, request, Until::Mined, &CancellationToken::new()))
            .await
            .expect("it settles in time")
            .unwrap()
    }

    /// Has it settled, in bounded time.
    pub async fn drive(&self, sender: &Sender, id: i64) -> Outcome {
        let stop = CancellationToken::new();
        tokio::time::timeout(WAIT_TIMEOUT, sender.drive(id, Until::Mined, &stop)).await.expect("it settles in time").unwrap()
    }

    pub async fn view(&self, id: i64) -> TransactionView {
        self.fixture.database.transaction(id).await.unwrap().unwrap()
    }

    pub async fn all(&self) -> Vec<TransactionView> {
        self.fixture.database.transactions(&TransactionFilter { limit: 1_000, ..TransactionFilter::default() }).await.unwrap()
    }

    /// Waits until the transaction looks so.
    pub async fn until(&self, id: i64, what: &str, holds: impl Fn(&TransactionView) -> bool) -> TransactionView {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let view = self.view(id).await;
            if holds(&view) {
                return view;
            }
            if Instant::now() > deadline {
                let signed = self.fixture.database.attempts_of(id).await.unwrap();
                panic!("{what} did not come: {view:#?} {signed:#?}");
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Every nonce that was taken is mined by one transaction of ours, and the chain expects the one after the last.
    pub async fn assert_no_gap(&self) {
        let mut nonces: Vec<u64> = self.all().await.iter().filter_map(|it| it.receipt.and(it.nonce)).collect();
        nonces.sort_unstable();
        assert_eq!(nonces, (0..self.fixture.sent().await).collect::<Vec<_>>());
    }
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint { timeout: ENDPOINT_TIMEOUT, ..Endpoint::new(url).unwrap() }
}

pub async fn database(url: &str) -> Database {
    Database::connect(&Connect { max_connections: 6, ..Connect::new(url).patient() }).await.unwrap()
}

/// Ends a wait for the transaction as soon as the database says why it lasts.
pub fn stop_once_explained(database: &Database, id: i64, stop: &CancellationToken) {
    let (database, stop) = (database.clone(), stop.clone());
    tokio::spawn(async move {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while Instant::now() < deadline {
            if database.request_status(id).await.unwrap().is_some_and(|status| status.last_error.is_some()) {
                break;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        stop.cancel();
    });
}

/// The registration of a brand-new wallet that agrees.
pub async fn registration(fixture: &Fixture) -> (Address, NewTransactionRequest) {
    let wallet = PrivateKeySigner::random();
    let deadline = fixture.chain.heads().await.unwrap().head.timestamp + 3_600;
    let digest = proof::digest(fixture.chain.chain_id(), fixture.contracts.pool, wallet.address(), deadline);
    let proof = wallet.sign_hash_sync(&digest).unwrap().as_bytes().to_vec().into();
    let call = registerNodeCall { wallet: wallet.address(), deadline: U256::from(deadline), proof };
    (wallet.address(), NewTransactionRequest::call(TransactionKind::Register, fixture.contracts.pool, call.abi_encode()))
}

/// A wallet that nobody has.
pub fn nobody() -> Address {
    PrivateKeySigner::random().address()
}

//! A chain with the contracts, a database, and the account that sends.

use std::time::{Duration, Instant};

use linkpool_chain::{Chain, Endpoint};
use linkpool_contracts::pool::{nodeCountCall, nodeOfCall};
use linkpool_db::Database;
use linkpool_primitives::Address;
use linkpool_testkit::{
    Anvil, AnvilOptions, TestDatabase, Tools,
    fixture::{Accounts, Contracts},
};
use linkpool_tx_manager::{LocalSigner, Signer};

use crate::mining_fixture::{POLL_INTERVAL, database};

/// Longest wait for anything that takes a second on a quiet machine.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
/// Whoever holds locks for a test.
const HOLDER: &str = "from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
/// The fifth account of every development chain; its key is public. The pool takes registrations from it.
const KEY: &str = "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a";

pub struct Fixture {
    pub chain: Chain,
    pub contracts: Contracts,
    pub accounts: Accounts,
    pub database: Database,
    pub url: String,
    anvil: Anvil,
    test_database: TestDatabase,
}

impl Fixture {
    pub async fn with(options: AnvilOptions) -> Self {
        let anvil = Anvil::start(&Tools::find().unwrap(), &options).await.unwrap();
        let chain = Chain::connect(&Endpoint::new(anvil.http_url()).unwrap().patient(), None).await.unwrap();
        let accounts = Accounts::of(&chain).await.unwrap();
        let contracts = Contracts::deploy(&chain, &accounts).await.unwrap();
        let test_database = TestDatabase::create().await.unwrap();
        let url = test_database.url().to_owned();
        let database = database(&url).await;
        database.migrate().await.unwrap();
        assert_eq!(signer().address(), accounts.registrar);
        Self { chain, contracts, accounts, database, url, anvil, test_database }
    }

    /// The chain's port on this machine.
    pub fn port(&self) -> u16 {
        self.anvil.port()
    }

    pub fn chain_url(&self) -> String {
        self.anvil.http_url()
    }

    /// Runs SQL statements beside the program: what a person or another process does to its database. Returns the first column.
    pub fn sql(&self, statements: &str) -> Vec<String> {
        self.test_database.server().run(self.test_database.name(), statements).unwrap()
    }

    /// Holds the locks that `select` takes, in a transaction of its own, until [`Fixture::let_go`].
    pub async fn hold(&self, select: &str) {
        let (server, name) = (self.test_database.server(), self.test_database.name().to_owned());
        let statements = format!("begin; {select}; select pg_sleep(100)");
        // Ends with an error: it is cut off.
        tokio::task::spawn_blocking(move || server.run(&name, &statements));
        self.until_sql(&format!("select 1 {HOLDER}")).await;
    }

    /// Ends what [`Fixture::hold`] has begun.
    pub fn let_go(&self) {
        self.sql(&format!("select pg_terminate_backend(pid) {HOLDER}"));
    }

    /// Waits until the query finds a row.
    pub async fn until_sql(&self, query: &str) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while self.sql(query).is_empty() {
            assert!(Instant::now() < deadline, "nothing came of {query}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    pub async fn is_registered(&self, wallet: Address) -> bool {
        let node = self.chain.call(self.contracts.pool, &nodeOfCall { node: wallet }).await.unwrap();
        node.status != 0
    }

    pub async fn registered(&self) -> u64 {
        self.chain.call(self.contracts.pool, &nodeCountCall {}).await.unwrap().to()
    }

    /// Transactions of the account in the chain.
    pub async fn sent(&self) -> u64 {
        self.chain.nonce(self.accounts.registrar).await.unwrap()
    }

    /// A request to the development chain itself.
    pub async fn control(&self, method: &str, parameters: serde_json::Value) -> serde_json::Value {
        self.chain.forward(method.into(), parameters).await.unwrap()
    }
}

pub fn signer() -> LocalSigner {
    LocalSigner::from_key(KEY).unwrap()
}

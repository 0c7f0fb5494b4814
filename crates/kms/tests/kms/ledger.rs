//! A chain, a database, and an account of KMS that sends.

use std::{sync::Arc, time::Duration};

use linkpool_chain::{Chain, Endpoint};
use linkpool_db::{Connect, Database};
use linkpool_primitives::Address;
use linkpool_testkit::{Anvil, AnvilOptions, TestDatabase, Tools};
use linkpool_tx_manager::{Limits, NewTransactionRequest, Sender, Signer, TransactionConfig, TransactionKind};
use serde_json::json;

use crate::{fixture::Fixture, recorder::Recorder};

/// How often AWS is asked for one signature.
const ATTEMPTS: u32 = 4;

pub struct Ledger {
    pub aws: Fixture,
    pub chain: Chain,
    pub database: Database,
    pub recorder: Recorder,
    test_database: TestDatabase,
    _anvil: Anvil,
}

impl Ledger {
    pub async fn set() -> Self {
        let options = AnvilOptions { block_time: Some(Duration::from_millis(150)), ..AnvilOptions::default() };
        let anvil = Anvil::start(&Tools::find().unwrap(), &options).await.unwrap();
        let (aws, recorder) = (Fixture::set().await, Recorder::to(anvil.port()).await);
        let chain = Chain::connect(&Endpoint::new(&recorder.url).unwrap().patient(), None).await.unwrap();
        let test_database = TestDatabase::create().await.unwrap();
        let database =
            Database::connect(&Connect { max_connections: 6, ..Connect::new(test_database.url()).patient() }).await.unwrap();
        database.migrate().await.unwrap();
        let rich = json!([aws.signer(ATTEMPTS).await.address(), "0x56bc75e2d63100000"]);
        chain.forward("anvil_setBalance".into(), rich).await.unwrap();
        Self { aws, chain, database, recorder, test_database, _anvil: anvil }
    }

    /// One that asks AWS by itself, and does not know of others.
    pub async fn sender(&self) -> Sender {
        let config = TransactionConfig {
            limits: Limits::none(),
            use_lease: false,
            poll_interval: Duration::from_millis(30),
            ..TransactionConfig::default()
        };
        let signer = Arc::new(self.aws.signer(ATTEMPTS).await);
        Sender::new(config, self.database.clone(), self.chain.clone(), signer)
    }

    /// The only payment that wallet number `number` ever gets.
    pub fn payment(&self, number: u8) -> (Address, NewTransactionRequest) {
        let wallet = Address::repeat_byte(number);
        (wallet, NewTransactionRequest::ether(TransactionKind::Fund, wallet, 1_000_000_000, 1_000_000_000))
    }

    /// All bytes that are committed, as 0x and hexadecimal digits.
    pub fn committed(&self) -> Vec<String> {
        let select = "select '0x' || encode(raw, 'hex') from attempt order by nonce, attempt_number";
        self.test_database.server().run(self.test_database.name(), select).unwrap()
    }
}

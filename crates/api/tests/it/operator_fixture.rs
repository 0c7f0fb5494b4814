//! One operator's listener on one database, and a client that has the token.

use linkpool_api::operator::{FleetRules, OperatorToken, serve};
use linkpool_db::{Database, fleet::ProofMode};
use linkpool_testkit::TestDatabase;
use reqwest::RequestBuilder;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::fixture::{Answer, answer, database};

pub struct Operator {
    pub base: String,
    pub token: OperatorToken,
    pub client: reqwest::Client,
    pub database: Database,
    _stop: DropGuard,
    _directory: tempfile::TempDir,
    _test_database: Option<TestDatabase>,
}

impl Operator {
    pub async fn start() -> Self {
        Self::start_with(FleetRules::new(ProofMode::Signature)).await
    }

    pub async fn start_with(rules: FleetRules) -> Self {
        let (test_database, database) = database().await;
        Self { _test_database: Some(test_database), ..Self::on(database, rules).await }
    }

    /// On a database that somebody else keeps.
    pub async fn on(database: Database, rules: FleetRules) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let token = OperatorToken::read_or_create(&directory.path().join("token")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/api/v1/operator", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        tokio::spawn(serve((token.clone(), rules), database.clone(), listener, shutdown.clone()));
        let (client, _stop) = (reqwest::Client::new(), shutdown.drop_guard());
        Self { base, token, client, database, _stop, _directory: directory, _test_database: None }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        answer(request.bearer_auth(self.token.expose()).send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.base))).await
    }

    pub async fn scale(&self, key: &str, body: Value) -> Answer {
        self.send(self.client.post(format!("{}/nodes", self.base)).header("idempotency-key", key).json(&body)).await
    }
}

//! A small chain, served; and a client that asks as any program would.

use std::sync::{Arc, OnceLock};

use linkpool_replay::{Behaviour, Node, Replay, Server, Workload, generate};
use serde_json::{Value, json};

/// How many events the chains of these tests have; `REPLAY_EVENTS` asks for more.
const EVENTS: u64 = 20_000;

/// One chain for all tests.
pub fn replay() -> Arc<Replay> {
    static REPLAY: OnceLock<Arc<Replay>> = OnceLock::new();
    let events = || std::env::var("REPLAY_EVENTS").ok().and_then(|count| count.parse().ok()).unwrap_or(EVENTS);
    REPLAY.get_or_init(|| Arc::new(generate(&Workload::small(events())))).clone()
}

pub struct Client {
    pub server: Server,
    http: reqwest::Client,
}

impl Client {
    /// A server whose head is `hold` blocks before the chain's end.
    pub async fn of(behaviour: Behaviour, hold: u64) -> Self {
        let replay = replay();
        let head = replay.last() - hold;
        let server = Server::start(Node::new(replay, head, behaviour), 0).await.unwrap();
        Self { server, http: reqwest::Client::new() }
    }

    pub async fn post(&self, body: &Value) -> Value {
        let request = self.http.post(self.server.http_url()).body(body.to_string());
        serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap()
    }

    /// The whole answer, an error included.
    pub async fn ask(&self, method: &str, params: Value) -> Value {
        let answer = self.post(&json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })).await;
        assert_eq!((answer["id"].as_u64(), answer["jsonrpc"].as_str()), (Some(7), Some("2.0")));
        answer
    }

    pub async fn result(&self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params).await;
        assert_eq!(answer["error"], Value::Null, "{method}");
        answer["result"].clone()
    }

    pub async fn logs(&self, filter: Value) -> Vec<alloy::rpc::types::Log> {
        serde_json::from_value(self.result("eth_getLogs", json!([filter])).await).unwrap()
    }
}

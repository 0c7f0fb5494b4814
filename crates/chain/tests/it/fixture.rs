use std::time::Duration;

use alloy::primitives::address;
use linkpool_chain::{Chain, Endpoint, EndpointState, EndpointStatus, Policy};
use linkpool_primitives::Address;
use linkpool_testkit::{Anvil, AnvilOptions, Proxy, Tools};
use serde_json::json;

pub const EMITTER: Address = address!("00000000000000000000000000000000000000e1");
/// Emits an empty log for every call: LOG0 over nothing, then stop.
pub const EMITTER_CODE: &str = "0x60006000a000";
const NAMES: [&str; 3] = ["alpha", "beta", "gamma"];
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
/// For an endpoint that never answers: soon over, and longer than any answer takes.
const HASTY_TIMEOUT: Duration = Duration::from_secs(2);

/// A node with some logs, and endpoints in front of it, named `alpha`, `beta`, `gamma`.
pub struct Fixture {
    pub anvil: Anvil,
    pub proxies: Vec<Proxy>,
}

impl Fixture {
    /// Blocks 1 to 10, with two logs in each of the blocks 4, 5 and 10.
    pub async fn with(endpoints: usize) -> Self {
        let anvil = Anvil::start(&Tools::find().unwrap(), &AnvilOptions::default()).await.unwrap();
        anvil.request("evm_setAutomine", json!([false])).await.unwrap();
        anvil.request("anvil_setCode", json!([EMITTER, EMITTER_CODE])).await.unwrap();
        let mut proxies = Vec::new();
        for seed in 0..endpoints {
            proxies.push(Proxy::seeded(anvil.port(), seed as u64).await.unwrap());
        }
        let fixture = Self { anvil, proxies };
        fixture.mine(3).await;
        fixture.emit(2).await;
        fixture.emit(2).await;
        fixture.mine(4).await;
        fixture.emit(2).await;
        fixture
    }

    pub async fn mine(&self, blocks: u64) {
        self.anvil.request("anvil_mine", json!([format!("{blocks:#x}")])).await.unwrap();
    }

    /// A block with so many logs.
    pub async fn emit(&self, logs: usize) {
        let from = self.anvil.request("eth_accounts", json!([])).await.unwrap()[0].clone();
        for _ in 0..logs {
            let transaction = json!([{ "from": from, "to": EMITTER, "gas": "0x10000" }]);
            self.anvil.request("eth_sendTransaction", transaction).await.unwrap();
        }
        self.mine(1).await;
    }

    pub fn endpoints(&self) -> Vec<Endpoint> {
        let endpoint = |(proxy, name): (&Proxy, &str)| {
            Endpoint::named(name, proxy.http_url()).unwrap().with_ws(proxy.ws_url()).unwrap().patient()
        };
        self.proxies.iter().zip(NAMES).map(endpoint).collect()
    }

    /// The chain for a test in which an endpoint never answers.
    pub async fn hasty_chain(&self) -> Chain {
        let hasty = |endpoint| Endpoint { timeout: HASTY_TIMEOUT, ..endpoint };
        let endpoints: Vec<Endpoint> = self.endpoints().into_iter().map(hasty).collect();
        Chain::connect_all(&endpoints, Some(31337), Policy::default()).await.unwrap()
    }

    pub async fn chain(&self) -> Chain {
        self.chain_with(Policy::default()).await
    }

    pub async fn chain_with(&self, policy: Policy) -> Chain {
        Chain::connect_all(&self.endpoints(), Some(31337), policy).await.unwrap()
    }
}

/// A policy under which the endpoints that are not in use are looked after at every opportunity.
pub fn curious() -> Policy {
    Policy { probe_every: Duration::from_millis(10), ..Policy::default() }
}

pub fn status(chain: &Chain, name: &str) -> EndpointStatus {
    chain.endpoints().into_iter().find(|endpoint| endpoint.name == name).unwrap()
}

pub fn states(chain: &Chain) -> Vec<EndpointState> {
    chain.endpoints().into_iter().map(|endpoint| endpoint.state).collect()
}

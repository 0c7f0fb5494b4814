//! One pool on a chain that is not anvil, from its deployment on. Each step says what it saw.

use std::time::{Duration, Instant};

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_chain::Chain;
use linkpool_contracts::{creation, link, pool, stake_data};
use linkpool_primitives::{Address, JUELS_PER_LINK, checksum};
use linkpool_testkit::{
    Provider, Proxy,
    fixture::{Accounts, Contracts},
};
use serde_json::{Value, json};

use super::node::{Kind, Node, request};
use crate::{
    deploy::terms,
    fixture::{ACCOUNT, CliFixture},
    roles::{Roles, get},
};

const WAIT_TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// Of geth's chain for developers each 32nd block is final.
const MAX_BLOCKS: u32 = 100;

/// Whether the chain is heard to call blocks safe and final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tags {
    Told,
    /// As by a node that does not know the tags.
    Unknown,
}

pub struct SystemFixture {
    pub node: Node,
    /// Between the chain and everybody who asks it.
    pub proxy: Proxy,
    pub roles: Roles,
    /// Signed for by the chain; has all LINK.
    holder: Address,
    /// Those of the nodes, in the order in which they were made. The stake goes to the first.
    pub wallets: Vec<Address>,
    api: String,
    pub operator: String,
    /// Since the last step.
    step: Instant,
}

impl SystemFixture {
    /// Deploys as an operator does, on a chain that has its LINK already, and starts every role.
    pub async fn begin(node: Node, tags: Tags) -> Self {
        let mut step = Instant::now();
        let proxy = Proxy::start(node.port).await.unwrap();
        if tags == Tags::Unknown {
            proxy.act_as(Provider::all().into_iter().find(|provider| provider.name == "rsk, no finalized tag").unwrap());
        }
        let fixture = CliFixture::at(proxy.port()).await;
        let chain_id = fixture.chain.chain_id();
        let version = node.version(&fixture.chain).await;
        tell(node.kind, "chain", &format!("{version}, chain {chain_id}"), &mut step);
        let holder = holder(&node, &fixture.chain).await;
        let token = fixture.chain.send_unlocked(holder, None, creation::link_token()).await.unwrap().contract_address.unwrap();
        fixture.configure(chain_id, "", &terms(&accounts(holder), &[("token", &format!("\"{token}\""))]));
        let shown = fixture.json("deploy --dry-run");
        let made = fixture.json("deploy");
        let parsed = |address: &Value| address.as_str().unwrap().parse::<Address>().unwrap();
        assert_eq!(parsed(&made["pool"]), parsed(&shown["contracts"][1]["address"]), "{shown}");
        let contracts = Contracts {
            link: token,
            timelock: parsed(&made["timelock"]),
            pool: parsed(&made["pool"]),
            lens: parsed(&made["lens"]),
            earnings_factory: parsed(&made["earnings_factory"]),
            deploy_block: made["deploy_block"].as_u64().unwrap(),
        };
        let mut system = Self {
            roles: Roles::of(fixture, contracts).await,
            node,
            proxy,
            holder,
            wallets: Vec::new(),
            api: String::new(),
            operator: String::new(),
            step,
        };
        // The endpoint's name has a port, which is another each time.
        let notes = notes(&shown).replace(&format!("`127.0.0.1:{}`", system.proxy.port()), "it");
        system.say("deploy", &format!("in block {}; {notes}", made["deploy_block"]));
        system.api = system.roles.address("api", "the page and the API at ").await + "/api/v1";
        system.operator = system.roles.address("fleet", "the operator's calls at ").await;
        system
    }

    pub fn say(&mut self, step: &str, seen: &str) {
        tell(self.node.kind, step, seen, &mut self.step);
    }

    pub fn chain(&self) -> &Chain {
        &self.roles.fixture.chain
    }

    /// Lets blocks pass, one after the other, until this holds.
    pub async fn blocks_until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let nothing = json!([{ "from": self.holder, "to": self.holder, "value": "0x1" }]);
        for _ in 0..MAX_BLOCKS {
            if holds().await {
                return;
            }
            let sent = request(self.chain(), "eth_sendTransaction", nothing.clone()).await;
            mined(self.chain(), sent).await;
        }
        panic!("{MAX_BLOCKS} blocks were not enough for {what}");
    }

    pub async fn number(&self, tag: &str) -> u64 {
        let block = request(self.chain(), "eth_getBlockByNumber", json!([tag, false])).await;
        u64::from_str_radix(block["number"].as_str().unwrap_or_default().trim_start_matches("0x"), 16).unwrap_or_default()
    }

    /// Stakes in one transaction; the number of its block.
    pub async fn stake_link(&self, amount_link: u128) -> u64 {
        let amount = amount_link * JUELS_PER_LINK;
        let data = stake_data(&[(self.wallets[0], amount)]).unwrap();
        let (token, pool) = (self.roles.contracts.link, self.roles.contracts.pool);
        let call = link::transferAndCallCall { _to: pool, _value: U256::from(amount), _data: data.into() };
        self.chain().send_unlocked(self.holder, Some(token), call.abi_encode()).await.unwrap().block_number.unwrap()
    }

    /// Waits until the API shows the holder's stake as the contract has it, as of this block or a later one of this chain.
    pub async fn equal(&self, block: u64) {
        let call = pool::positionOfCall { node: self.wallets[0], staker: self.holder };
        // A share is a juel here: nobody was rewarded or punished.
        let stake: u128 = self.chain().call(self.roles.contracts.pool, &call).await.unwrap().shares.to();
        let hash = self.chain().header(block).await.unwrap().unwrap().block.hash.to_string();
        let path = format!("stakers/{}", checksum(&self.holder));
        let answer = self.shown(&path, |answer| {
            let as_of = &answer["meta"]["as_of"];
            as_of["block_number"].as_u64() > Some(block) || as_of["block_hash"].as_str() == Some(&hash)
        });
        assert_eq!(answer.await["data"]["stake_juels"], stake.to_string());
    }

    /// The API's first answer for which this holds.
    pub async fn shown(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let url = format!("{}/{path}", self.api);
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let (status, body) = get(&url, None).await;
            let answer: Value = serde_json::from_str(&body).unwrap_or_default();
            if status == 200 && holds(&answer) {
                return answer;
            }
            assert!(Instant::now() < deadline, "{path} stays {status} {body}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

/// Prints what a step saw, for people and for the proof's report. The next begins.
fn tell(kind: Kind, step: &str, seen: &str, since: &mut Instant) {
    println!("chains | {kind:?} | {step} | {seen} | {:.1} s", since.elapsed().as_secs_f64());
    *since = Instant::now();
}

/// An account that the chain signs for; the operator's own gets ether of it where it has none.
async fn holder(node: &Node, chain: &Chain) -> Address {
    let accounts = chain.accounts().await.unwrap();
    if node.kind == Kind::Hardhat {
        return accounts[2];
    }
    let ether = json!([{ "from": accounts[0], "to": ACCOUNT, "value": "0x56bc75e2d63100000" }]);
    let sent = request(chain, "eth_sendTransaction", ether).await;
    mined(chain, sent).await;
    accounts[0]
}

async fn mined(chain: &Chain, transaction: Value) {
    let deadline = Instant::now() + WAIT_TIMEOUT;
    while request(chain, "eth_getTransactionReceipt", json!([transaction])).await.is_null() {
        assert!(Instant::now() < deadline, "{transaction} is not mined");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Everybody a stranger, but the registrar.
fn accounts(holder: Address) -> Accounts {
    let [operator, guardian, slasher, reporter, treasury] = [0xa1, 0xa2, 0xa3, 0xa4, 0xa5].map(Address::repeat_byte);
    Accounts { operator, guardian, slasher, reporter, registrar: ACCOUNT, treasury, holders: vec![holder] }
}

fn notes(shown: &Value) -> String {
    let notes = shown["notes"].as_array().unwrap();
    let notes: Vec<&str> = notes.iter().map(|note| note.as_str().unwrap()).collect();
    if notes.is_empty() { "no note".to_owned() } else { notes.join("; ") }
}

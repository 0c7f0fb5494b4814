//! What happens on the chain: requests and their answers, payments taken back, plain LINK, claims. Who sends does not wait for a block: a reorg may take it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    rpc::types::Log,
    sol_types::{SolCall, SolEvent},
};
use linkpool_contracts::{
    consumer::{askCall, cancelCall},
    link::transferCall,
    operator::{CancelOracleRequest, OracleRequest, OracleResponse, fulfillOracleRequest2Call},
    pool::claimCall,
};
use serde_json::json;

use super::world::{Node, World};

const GAS: u64 = 700_000;
/// So dear that the registrar has wallets to fill up.
const GAS_PRICE_WEI: u128 = 20_000_000_000;
/// Of so many requests one is never answered, and its payment taken back.
const IGNORED: u8 = 24;
const ANSWER: u64 = 42;

/// A request as the canonical chain has it.
pub struct Request {
    pub node: usize,
    pub payment: u128,
    pub event: OracleRequest,
}

impl Request {
    /// Whether its node is one of those that never answer it.
    pub fn is_ignored(&self) -> bool {
        self.event.requestId[31].is_multiple_of(IGNORED)
    }
}

/// All requests of a chain up to a block.
#[derive(Default)]
pub struct Requests {
    pub all: BTreeMap<B256, Request>,
    pub answered: BTreeSet<B256>,
    pub refunded: BTreeSet<B256>,
}

impl Requests {
    pub async fn read(world: &World) -> Self {
        let operators: Vec<Address> = world.nodes.iter().map(|node| node.operator).collect();
        let mut requests = Self::default();
        for log in logs(world, &operators).await {
            let node = operators.iter().position(|operator| *operator == log.address()).unwrap();
            if let Ok(event) = OracleRequest::decode_log(&log.inner) {
                let request = Request { node, payment: event.payment.to(), event: event.data };
                requests.all.insert(request.event.requestId, request);
            } else if let Ok(event) = OracleResponse::decode_log(&log.inner) {
                assert!(requests.answered.insert(event.requestId), "a request was answered twice");
            } else if let Ok(event) = CancelOracleRequest::decode_log(&log.inner) {
                requests.refunded.insert(event.requestId);
            }
        }
        requests
    }

    /// Those that nobody has answered or taken back.
    pub fn open(&self) -> impl Iterator<Item = &Request> {
        let is_open = |id: &B256| !self.answered.contains(id) && !self.refunded.contains(id);
        self.all.iter().filter(move |(id, _)| is_open(id)).map(|(_, request)| request)
    }

    pub fn paid(&self) -> u128 {
        self.all.values().map(|request| request.payment).sum()
    }

    pub fn refunds(&self) -> u128 {
        self.refunded.iter().map(|id| self.all[id].payment).sum()
    }
}

/// Everything that these contracts have logged.
pub async fn logs(world: &World, of: &[Address]) -> Vec<Log> {
    let filter = json!([{ "fromBlock": "0x0", "toBlock": "latest", "address": of }]);
    serde_json::from_value(world.fixture.chain.forward("eth_getLogs".into(), filter).await.unwrap()).unwrap()
}

/// Sends from unlocked accounts, each with its own nonces from where the chain is.
pub struct Senders<'a> {
    world: &'a World,
    nonces: HashMap<Address, u64>,
}

impl<'a> Senders<'a> {
    pub fn of(world: &'a World) -> Self {
        Self { world, nonces: HashMap::new() }
    }

    async fn send(&mut self, from: Address, to: Address, call: &impl SolCall) {
        let chain = &self.world.fixture.chain;
        let nonce = match self.nonces.get(&from) {
            Some(nonce) => *nonce,
            None => chain.nonce(from).await.unwrap(),
        };
        self.nonces.insert(from, nonce + 1);
        let hex = |number: u128| format!("{number:#x}");
        let transaction = json!([{
            "from": from, "to": to, "data": Bytes::from(call.abi_encode()), "nonce": hex(nonce.into()), "gas": hex(GAS.into()),
            "gasPrice": hex(GAS_PRICE_WEI),
        }]);
        chain.forward("eth_sendTransaction".into(), transaction).await.unwrap();
    }

    pub async fn ask(&mut self, node: &Node, juels: u128) {
        let (caller, consumer) = (self.world.caller, self.world.consumer.address);
        let ask = askCall { operator: node.operator, jobId: B256::repeat_byte(1), payment: U256::from(juels) };
        self.send(caller, consumer, &ask).await;
    }

    /// By the node's wallet, as a node answers.
    pub async fn answer(&mut self, request: &Request) {
        let node = &self.world.nodes[request.node];
        let event = &request.event;
        let number = U256::from(ANSWER);
        let answer = fulfillOracleRequest2Call {
            requestId: event.requestId,
            payment: event.payment,
            callbackAddress: event.callbackAddr,
            callbackFunctionId: event.callbackFunctionId,
            expiration: event.cancelExpiration,
            data: [event.requestId.as_slice(), &number.to_be_bytes::<32>()].concat().into(),
        };
        self.send(node.wallet, node.operator, &answer).await;
    }

    pub async fn take_back(&mut self, request: &Request) {
        let event = &request.event;
        let cancel = cancelCall { requestId: event.requestId, payment: event.payment, expiration: event.cancelExpiration };
        self.send(self.world.caller, self.world.consumer.address, &cancel).await;
    }

    /// Plain LINK, for the node's own contract.
    pub async fn give(&mut self, node: &Node, juels: u128) {
        let transfer = transferCall { _to: node.contract, _value: U256::from(juels) };
        self.send(self.world.donor, self.world.contracts.link, &transfer).await;
    }

    /// Anybody may; the staker is paid.
    pub async fn claim(&mut self, node: &Node, staker: Address) {
        self.by_stranger(self.world.contracts.pool, &claimCall { node: node.wallet, staker }).await;
    }

    pub async fn by_stranger(&mut self, to: Address, call: &impl SolCall) {
        self.send(self.world.stranger, to, call).await;
    }
}

//! What the node knows and how it answers each method.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use alloy::primitives::{Address, B256, Bytes as CallData, U64, hex};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;

use super::{
    behaviour::{Behaviour, FaultKind},
    logs::{self, Filter},
    message::{self, Call, Fault, Pieces},
};
use crate::{
    chain::{CHAIN_ID, Replay},
    views,
};

/// Blocks between the head and the newest that is safe, or final: two epochs.
const SAFE: u64 = 32;
const FINAL: u64 = 64;
/// How far the lagging backend is behind.
const LAG: u64 = 50;

/// One chain as one node serves it. Its head moves when it is told to mine.
#[derive(Debug)]
pub struct Node {
    replay: Arc<Replay>,
    head: watch::Sender<u64>,
    behaviour: RwLock<Behaviour>,
    requests: AtomicU64,
    calls: AtomicU64,
}

/// A block as the protocol names it: by number, tag, or ([EIP-1898](https://eips.ethereum.org/EIPS/eip-1898)) hash.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockObject {
    block_hash: Option<B256>,
    block_number: Option<U64>,
}

#[derive(Debug, Deserialize)]
struct CallObject {
    to: Option<Address>,
    data: Option<CallData>,
    input: Option<CallData>,
}

impl Node {
    /// A node whose head is `head`; the blocks after it are mined one by one.
    pub fn new(replay: Arc<Replay>, head: u64, behaviour: Behaviour) -> Self {
        let head = watch::Sender::new(head.min(replay.last()));
        Self { replay, head, behaviour: RwLock::new(behaviour), requests: AtomicU64::new(0), calls: AtomicU64::new(0) }
    }

    /// The chain it serves, the part that is not mined yet included.
    pub fn replay(&self) -> &Arc<Replay> {
        &self.replay
    }

    pub fn head(&self) -> u64 {
        *self.head.borrow()
    }

    /// Tells of every new head. A receiver that is slow sees the newest.
    pub fn heads(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// Mines up to `count` blocks and returns the new head; it stays where the chain ends.
    pub fn mine(&self, count: u64) -> u64 {
        let last = self.replay.last();
        self.head.send_modify(|head| *head = (*head + count).min(last));
        self.head()
    }

    pub fn behaviour(&self) -> Behaviour {
        self.behaviour.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_behaviour(&self, behaviour: Behaviour) {
        *self.behaviour.write().unwrap_or_else(PoisonError::into_inner) = behaviour;
    }

    /// Requests answered so far; a batch is one.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Answers one body, single call or batch, in the time that its manners say.
    pub(super) async fn answer(&self, body: &[u8]) -> Pieces {
        let request = self.requests.fetch_add(1, Ordering::Relaxed);
        let behaviour = self.behaviour();
        if behaviour.latency_ms > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(behaviour.latency_ms)).await;
        }
        let lag = if behaviour.has_fault(FaultKind::Lag) && request % 2 == 1 { LAG } else { 0 };
        let as_of = self.head().saturating_sub(lag);
        let mut out = Pieces::new();
        match message::parse(body) {
            Err(fault) => message::push(&mut out, None, Err(fault)),
            Ok((calls, batch)) => {
                for (index, call) in calls.iter().enumerate() {
                    if batch {
                        out.push(Bytes::from_static(if index == 0 { b"[" } else { b"," }));
                    }
                    message::push(&mut out, call.id, self.call(call, as_of, &behaviour));
                }
                if batch {
                    out.push(Bytes::from_static(b"]"));
                }
            }
        }
        out
    }

    fn call(&self, call: &Call<'_>, head: u64, behaviour: &Behaviour) -> Result<Pieces, Fault> {
        if !call.method.starts_with("replay_") {
            self.calls.fetch_add(1, Ordering::Relaxed);
        }
        let parameter = |index: usize| call.params.get(index).unwrap_or(&Value::Null);
        match call.method {
            "eth_chainId" => Ok(quantity(CHAIN_ID)),
            "net_version" => Ok(message::text(format!("\"{CHAIN_ID}\""))),
            "web3_clientVersion" => Ok(message::text(r#""linkpool-replay""#)),
            "eth_syncing" => Ok(message::text("false")),
            "eth_blockNumber" => Ok(quantity(head)),
            "eth_getBlockByNumber" => Ok(self.block(number(parameter(0), head)?, head)),
            "eth_getBlockByHash" => {
                let hash: B256 = read(parameter(0))?;
                Ok(self.replay.number_of(&hash).map_or_else(message::null, |number| self.block(number, head)))
            }
            "eth_getLogs" => self.logs(read(parameter(0))?, head, behaviour),
            "eth_getCode" => {
                let address: Address = read(parameter(0))?;
                let block = self.state_block(parameter(1), head, behaviour)?;
                Ok(message::text(if views::has_code(block, address) { r#""0xfe""# } else { r#""0x""# }))
            }
            "eth_call" => {
                let asked: CallObject = read(parameter(0))?;
                let block = self.state_block(parameter(1), head, behaviour)?;
                let data = asked.input.or(asked.data).unwrap_or_default();
                let answer = views::call(&self.replay, block, asked.to.unwrap_or_default(), &data);
                let reverted = |_| Fault { data: Some("0x".into()), ..Fault::new(3, "execution reverted") };
                answer.map(|bytes| message::text(format!("\"{}\"", hex::encode_prefixed(bytes)))).map_err(reverted)
            }
            "replay_mine" => {
                let count: U64 = if parameter(0).is_null() { U64::from(1) } else { read(parameter(0))? };
                Ok(quantity(self.mine(count.to())))
            }
            "replay_calls" => Ok(quantity(self.calls.load(Ordering::Relaxed))),
            "replay_behaviour" => {
                if !parameter(0).is_null() {
                    self.set_behaviour(read(parameter(0))?);
                }
                let now = serde_json::to_string(&self.behaviour()).map_err(|error| Fault::new(-32_603, error.to_string()))?;
                Ok(message::text(now))
            }
            unknown => Err(Fault::new(-32_601, format!("the method {unknown} does not exist/is not available"))),
        }
    }

    fn block(&self, number: u64, head: u64) -> Pieces {
        let json = self.replay.json(number).filter(|_| number <= head);
        json.map_or_else(message::null, |json| vec![json])
    }

    fn logs(&self, filter: Filter, head: u64, behaviour: &Behaviour) -> Result<Pieces, Fault> {
        if let Some(hash) = filter.block_hash {
            let number = self.replay.number_of(&hash).filter(|number| *number <= head);
            let number = number.ok_or_else(|| Fault::new(-32_000, "unknown block"))?;
            return logs::find(&self.replay, behaviour, &filter, number..=number);
        }
        let end = |name: &Option<Value>| name.as_ref().map_or(Ok(head), |name| number(name, head));
        let (from, to) = (end(&filter.from_block)?, end(&filter.to_block)?);
        if from > to {
            return Err(Fault::parameters("invalid block range params"));
        }
        // As nodes do: what is beyond the head is left out without a word.
        logs::find(&self.replay, behaviour, &filter, from..=to.min(head))
    }

    /// The block whose state is asked for, if this node has it.
    fn state_block(&self, name: &Value, head: u64, behaviour: &Behaviour) -> Result<u64, Fault> {
        let block = if name.is_object() {
            let named: BlockObject = read(name)?;
            match (named.block_hash, named.block_number) {
                (Some(hash), _) => self.replay.number_of(&hash).ok_or_else(|| Fault::new(-32_000, "header not found"))?,
                (None, Some(number)) => number.to(),
                (None, None) => head,
            }
        } else if name.is_null() {
            head
        } else {
            number(name, head)?
        };
        if block > head {
            return Err(Fault::new(-32_000, "header not found"));
        }
        if !behaviour.has_state(block, head) {
            let root = self.replay.block(block).map(|block| block.hash).unwrap_or_default();
            return Err(Fault::new(-32_000, format!("missing trie node {root:x} (path ) state {root:#x} is not available")));
        }
        Ok(block)
    }

    /// The header at the head, for those who subscribed.
    pub(super) fn header(&self, number: u64) -> Option<Bytes> {
        self.replay.header(number)
    }
}

/// A block number or one of the five tags.
fn number(name: &Value, head: u64) -> Result<u64, Fault> {
    match name.as_str() {
        Some("latest" | "pending") => Ok(head),
        Some("safe") => Ok(head.saturating_sub(SAFE)),
        Some("finalized") => Ok(head.saturating_sub(FINAL)),
        Some("earliest") => Ok(0),
        _ => read::<U64>(name).map(|number| number.to()),
    }
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, Fault> {
    T::deserialize(value).map_err(|error| Fault::parameters(format!("invalid argument: {error}")))
}

fn quantity(number: u64) -> Pieces {
    message::text(format!("\"{number:#x}\""))
}

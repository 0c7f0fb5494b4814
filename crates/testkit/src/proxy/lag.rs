//! A node that has not seen the newest blocks.

use serde_json::{Value, json};

use super::{
    call::{Call, error, quantity, result},
    fault::Fault,
    node::Node,
};

/// What such a node knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    head: u64,
    safe: u64,
    finalized: u64,
}

/// Makes a higher number of the newest block, where a fault says so.
pub(super) fn exaggerate(call: &Call, answer: &mut Value) {
    let by = call.faults.iter().find_map(|fault| if let Fault::Ahead(by) = fault { Some(*by) } else { None });
    if let Some(by) = by.filter(|_| call.method == "eth_getBlockByNumber" && call.params[0] == "latest") {
        let number = quantity(&answer["result"]["number"]).unwrap_or_default().saturating_add(by);
        answer["result"]["number"] = json!(format!("{number:#x}"));
    }
}

/// Takes fields out of a block, where a fault says so.
pub(super) fn reduce(call: &Call, answer: &mut Value) {
    if !matches!(call.method.as_str(), "eth_getBlockByNumber" | "eth_getBlockByHash") {
        return;
    }
    for fault in &call.faults {
        if let (Fault::HeadersWithout(field), Some(block)) = (fault, answer["result"].as_object_mut()) {
            block.remove(*field);
        }
    }
}

impl View {
    /// The view that the calls are answered from, if one of them lags. The outer `None`: the node does not answer.
    pub async fn of(node: &Node, calls: &[Call]) -> Option<Option<Self>> {
        let Some(fault) = calls.iter().find_map(|call| call.faults.iter().find(|fault| is_lag(fault))) else {
            return Some(None);
        };
        let mut numbers = [0; 3];
        for (number, tag) in numbers.iter_mut().zip(["latest", "safe", "finalized"]) {
            let block = ask(node, "eth_getBlockByNumber", json!([tag, false])).await?;
            *number = quantity(&block["number"]).unwrap_or_default();
        }
        let [latest, safe, finalized] = numbers;
        let behind = match fault {
            Fault::StaleHead(head) => latest.saturating_sub(*head),
            Fault::LagsBehind(blocks) => *blocks,
            _ => 0,
        };
        let back = |number: u64| number.saturating_sub(behind);
        Some(Some(Self { head: back(latest), safe: back(safe), finalized: back(finalized) }))
    }

    /// Makes the call one that can be asked of the real node, or answers it.
    pub async fn before(&self, node: &Node, call: &mut Call) -> Option<Value> {
        if !call.faults.iter().any(is_lag) {
            return None;
        }
        match call.method.as_str() {
            "eth_blockNumber" => Some(result(call, json!(format!("{:#x}", self.head)))),
            "eth_getLogs" => self.logs(node, call).await,
            method => {
                let position = position(method)?;
                self.block(node, call, position).await
            }
        }
    }

    /// Hides what is in blocks that it does not know.
    pub fn after(&self, call: &Call, answer: &mut Value) {
        let number = match call.method.as_str() {
            "eth_getBlockByHash" => &answer["result"]["number"],
            "eth_getTransactionReceipt" | "eth_getTransactionByHash" => &answer["result"]["blockNumber"],
            _ => return,
        };
        if call.faults.iter().any(is_lag) && quantity(number).is_some_and(|number| number > self.head) {
            answer["result"] = Value::Null;
        }
    }

    /// Beyond its head it finds nothing, and says nothing of it. A block that it is asked for by hash must be there.
    async fn logs(&self, node: &Node, call: &mut Call) -> Option<Value> {
        if let Some(hash) = call.params[0].get("blockHash").cloned() {
            return if self.knows(node, &hash).await { None } else { Some(error(call, -32000, "unknown block", None)) };
        }
        let from = self.number(&call.params[0]["fromBlock"]);
        let to = self.number(&call.params[0]["toBlock"]).min(self.head);
        if from > to {
            return Some(result(call, json!([])));
        }
        call.params[0]["fromBlock"] = json!(format!("{from:#x}"));
        call.params[0]["toBlock"] = json!(format!("{to:#x}"));
        None
    }

    async fn block(&self, node: &Node, call: &mut Call, position: usize) -> Option<Value> {
        let block = call.params.get(position).cloned().unwrap_or_else(|| json!("latest"));
        let is_known = match block.get("blockHash") {
            Some(hash) => self.knows(node, hash).await,
            None => {
                let number = self.number(&block);
                let parameters = call.params.as_array_mut()?;
                parameters.resize(parameters.len().max(position + 1), Value::Null);
                parameters[position] = json!(format!("{number:#x}"));
                number <= self.head
            }
        };
        match call.method.as_str() {
            _ if is_known => None,
            "eth_getBlockByNumber" | "eth_getBlockReceipts" => Some(result(call, Value::Null)),
            _ => Some(error(call, -32000, "header not found", None)),
        }
    }

    async fn knows(&self, node: &Node, hash: &Value) -> bool {
        let block = ask(node, "eth_getBlockByHash", json!([hash, false])).await.unwrap_or_default();
        quantity(&block["number"]).is_some_and(|number| number <= self.head)
    }

    fn number(&self, block: &Value) -> u64 {
        match block.as_str() {
            Some("earliest") => 0,
            Some("safe") => self.safe,
            Some("finalized") => self.finalized,
            _ => quantity(block).unwrap_or(self.head),
        }
    }
}

fn is_lag(fault: &Fault) -> bool {
    matches!(fault, Fault::LagsBehind(_) | Fault::StaleHead(_))
}

/// Which parameter of a method names the block.
fn position(method: &str) -> Option<usize> {
    match method {
        "eth_getBlockByNumber" | "eth_getBlockReceipts" => Some(0),
        "eth_call" | "eth_getBalance" | "eth_getTransactionCount" | "eth_getCode" | "eth_estimateGas" => Some(1),
        "eth_getStorageAt" => Some(2),
        _ => None,
    }
}

async fn ask(node: &Node, method: &str, params: Value) -> Option<Value> {
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let answer = node.ask(node.port, call.to_string().into_bytes()).await?;
    let mut answer: Value = serde_json::from_slice(&answer).ok()?;
    Some(answer["result"].take())
}

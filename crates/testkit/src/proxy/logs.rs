//! What becomes of the answers to `eth_getLogs`.

use serde_json::{Value, json};

use super::{
    call::{Call, error, quantity},
    fault::Fault,
    node::Node,
};

pub(super) fn distort(node: &Node, call: &Call, answer: &mut Value) {
    if call.method != "eth_getLogs" {
        return;
    }
    for fault in &call.faults {
        let Some(logs) = answer["result"].as_array_mut() else { return };
        match fault {
            Fault::LogCap(most) if logs.len() > *most && call.params[0].get("blockHash").is_none() => {
                *answer = error(call, -32005, &refusal(&call.params[0], logs, *most), None);
            }
            Fault::EmptyLogs => logs.clear(),
            Fault::RemovedLogs => logs.iter_mut().for_each(|log| log["removed"] = json!(true)),
            Fault::ShuffledLogs => shuffle(node, logs),
            Fault::DuplicatedLogs => logs.extend(logs.first().cloned()),
            Fault::LosesLogs { one_in } => logs.retain(|_| !node.rules.loses_log(*one_in)),
            Fault::TimelessLogs => logs.iter_mut().filter_map(Value::as_object_mut).for_each(|log| {
                log.remove("blockTimestamp");
            }),
            _ => {}
        }
    }
}

/// Infura's words, with the widest range that it would answer; that is the range asked for where one block has too many.
fn refusal(filter: &Value, logs: &[Value], most: usize) -> String {
    let from = quantity(&filter["fromBlock"]).unwrap_or_default();
    let first_too_many = logs.get(most).and_then(|log| quantity(&log["blockNumber"])).unwrap_or(from);
    let to = first_too_many.saturating_sub(1).max(from);
    format!("query returned more than {most} results. Try with this block range [{from:#x}, {to:#x}].")
}

/// Into another order, if there is one.
fn shuffle(node: &Node, logs: &mut [Value]) {
    let before = logs.to_vec();
    for last in (1..logs.len()).rev() {
        logs.swap(last, node.rules.throw(last + 1));
    }
    if before == logs && logs.len() > 1 {
        logs.rotate_left(1);
    }
}

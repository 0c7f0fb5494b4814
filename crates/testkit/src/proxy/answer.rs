//! One HTTP request: its calls, the faults that befall them, and what comes of it.

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use alloy::primitives::{hex, keccak256};
use serde_json::{Value, json};

use super::{
    call::{Call, Outcome, error, result},
    fault::Fault,
    lag::{self, View},
    logs,
    node::Node,
};

pub(super) async fn answer(node: &Node, body: Vec<u8>) -> Outcome {
    let Ok(parsed) = serde_json::from_slice::<Value>(&body) else { return Outcome::Status(400) };
    let is_batch = parsed.is_array();
    let calls = match parsed {
        Value::Array(calls) => calls,
        call => vec![call],
    };
    let mut calls: Vec<Call> = calls.into_iter().map(|call| struck(call, node)).collect();
    let provider = node.provider();
    if let Some(provider) = &provider
        && let Some(outcome) = provider.before(&calls, is_batch, node.requests.fetch_add(1, Ordering::Relaxed) + 1).await
    {
        return outcome;
    }
    if provider.is_none() && calls.iter().all(|call| call.faults.is_empty()) {
        return node.ask(node.port, body).await.map_or(Outcome::Close, Outcome::Json);
    }
    tokio::time::sleep(latency(&calls)).await;
    if let Some(outcome) = faults(&calls).find_map(before) {
        return outcome;
    }
    let Some(answers) = answers(node, &mut calls).await else { return Outcome::Close };
    let answers = if is_batch { Value::Array(answers) } else { answers.into_iter().next().unwrap_or_default() };
    let mut body = answers.to_string().into_bytes();
    let padding = faults(&calls).map(|fault| if let Fault::Verbose(bytes) = fault { *bytes } else { 0 }).max();
    body.resize(body.len() + padding.unwrap_or_default(), b' ');
    match faults(&calls).find_map(after) {
        Some(After::Half) => {
            body.truncate(body.len() / 2);
            Outcome::Json(body)
        }
        Some(After::Is(outcome)) => outcome,
        None => Outcome::Json(body),
    }
}

fn struck(mut call: Value, node: &Node) -> Call {
    let method = call["method"].as_str().unwrap_or_default().to_owned();
    let faults = node.rules.strike(&method);
    Call { id: call["id"].take(), method, params: call["params"].take(), faults }
}

fn faults(calls: &[Call]) -> impl Iterator<Item = &Fault> {
    calls.iter().flat_map(|call| &call.faults)
}

fn latency(calls: &[Call]) -> Duration {
    let delays = faults(calls).filter_map(|fault| if let Fault::Latency(delay) = fault { Some(*delay) } else { None });
    delays.max().unwrap_or_default()
}

/// What happens to the whole request before the node hears of it.
fn before(fault: &Fault) -> Option<Outcome> {
    match fault {
        Fault::TimeoutBefore => Some(Outcome::Silence),
        Fault::CloseBefore => Some(Outcome::Close),
        Fault::Status(status) => Some(Outcome::Status(*status)),
        Fault::Redirect(url) => Some(Outcome::Redirect(url.clone())),
        _ => None,
    }
}

enum After {
    Half,
    Is(Outcome),
}

/// What happens to the whole answer.
fn after(fault: &Fault) -> Option<After> {
    match fault {
        Fault::TimeoutAfter => Some(After::Is(Outcome::Silence)),
        Fault::CloseAfter => Some(After::Is(Outcome::Close)),
        Fault::Malformed => Some(After::Is(Outcome::Page)),
        Fault::Truncated => Some(After::Half),
        _ => None,
    }
}

/// What befalls a call that comes with a state override.
fn overridden(call: &mut Call) -> Option<Value> {
    let parameters = call.params.as_array_mut().filter(|parameters| parameters.len() > 2)?;
    if call.faults.contains(&Fault::RefusesOverrides) {
        return Some(error(call, -32602, "trailing characters at line 1 column 124", None));
    }
    if call.faults.contains(&Fault::IgnoresOverrides) {
        parameters.truncate(2);
    }
    None
}

/// The answers in the order of the calls; `None` where the node does not answer.
async fn answers(node: &Node, calls: &mut [Call]) -> Option<Vec<Value>> {
    let view = View::of(node, calls).await?;
    let mut answers: Vec<Option<Value>> = Vec::with_capacity(calls.len());
    let mut asked: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
    for (index, call) in calls.iter_mut().enumerate() {
        let mut local = overridden(call).or_else(|| instead(call));
        if let (None, Some(view)) = (&local, &view) {
            local = view.before(node, call).await;
        }
        if local.is_none() {
            asked.entry(port(node, call)).or_default().push(index);
        }
        answers.push(local);
    }
    for (port, indexes) in asked {
        let batch: Vec<Value> = indexes.iter().map(|index| calls[*index].request()).collect();
        let answered = node.ask(port, Value::Array(batch).to_string().into_bytes()).await?;
        let mut answered: Vec<Value> = serde_json::from_slice(&answered).ok()?;
        for index in indexes {
            let found = answered.iter_mut().find(|answer| answer["id"] == calls[index].id)?;
            answers[index] = Some(found.take());
        }
    }
    let provider = node.provider();
    let changed = calls.iter().zip(answers).enumerate().map(|(index, (call, answer))| {
        let mut answer = answer.unwrap_or_default();
        if let Some(provider) = &provider {
            provider.after(call, index, &mut answer);
        }
        if let Some(view) = &view {
            view.after(call, &mut answer);
        }
        logs::distort(node, call, &mut answer);
        lag::exaggerate(call, &mut answer);
        lag::reduce(call, &mut answer);
        if let Some((code, message)) = call.faults.iter().find_map(error_after) {
            answer = error(call, code, message, None);
        }
        answer
    });
    Some(changed.collect())
}

fn port(node: &Node, call: &Call) -> u16 {
    let fork = call.faults.iter().find_map(|fault| if let Fault::Fork(port) = fault { Some(*port) } else { None });
    fork.unwrap_or(node.port)
}

fn error_after(fault: &Fault) -> Option<(i64, &str)> {
    if let Fault::ErrorAfter { code, message } = fault { Some((*code, message)) } else { None }
}

/// What is answered without asking the node.
fn instead(call: &Call) -> Option<Value> {
    call.faults.iter().find_map(|fault| match fault {
        Fault::Error { code, message, data } => Some(error(call, *code, message, data.as_ref())),
        Fault::Answer(value) => Some(result(call, value.clone())),
        Fault::ChainId(id) if call.method == "eth_chainId" => Some(result(call, json!(format!("{id:#x}")))),
        Fault::ForgetsTransactions if call.method == "eth_sendRawTransaction" => {
            let raw = hex::decode(call.params[0].as_str().unwrap_or_default()).unwrap_or_default();
            Some(result(call, json!(keccak256(raw))))
        }
        _ => None,
    })
}

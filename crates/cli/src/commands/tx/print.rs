//! A transaction on a screen, and as JSON. Amounts in JSON are decimal strings of wei.

use alloy::primitives::{hex, utils::format_ether};
use linkpool_db::tx::{AnsweredNonceRequest, AttemptView, NonceState, TransactionView};
use linkpool_primitives::checksum;
use serde_json::{Value, json};

use crate::output::answer;

const GWEI: u128 = 1_000_000_000;

pub fn table(transactions: &[TransactionView]) {
    answer!(
        "{:<6}  {:<15}  {:<10}  {:<42}  {:<6}  {:<3}  {:<10}  {:<66}  WHY",
        "NUMBER",
        "KIND",
        "STATE",
        "SIGNER",
        "NONCE",
        "TRY",
        "BLOCK",
        "HASH"
    );
    for it in transactions {
        let nonce = it.nonce.map_or("-".into(), |nonce| nonce.to_string());
        let block = it.receipt.map_or("-".into(), |receipt| receipt.block_number.to_string());
        let hash = it.hash.map_or("-".into(), |hash| format!("{hash:#x}"));
        let line = format!(
            "{:<6}  {:<15}  {:<10}  {:<42}  {nonce:<6}  {:<3}  {block:<10}  {hash:<66}  {}",
            it.id,
            it.kind,
            it.state_word(),
            checksum(&it.account.address),
            it.attempts,
            it.why().unwrap_or_default()
        );
        answer!("{}", line.trim_end());
    }
}

pub fn details(it: &TransactionView, currency: &str, attempts: &[(u64, AttemptView)], requests: &[AnsweredNonceRequest]) {
    let line = |name: &str, value: &str| answer!("{name:<12} {value}");
    line("number", &it.id.to_string());
    line("key", &it.idempotency_key);
    line("kind", &it.kind);
    line("state", it.state_word());
    line("chain", &it.account.chain_id.to_string());
    line("from", &checksum(&it.account.address));
    line("to", &it.recipient.as_ref().map_or("(a new contract)".into(), checksum));
    line("value", &format!("{} {currency}", format_ether(it.value_wei)));
    line("data", &if it.data.is_empty() { "-".into() } else { shortened(&it.data) });
    line("handed in", &it.created_at.to_rfc3339());
    if let Some(node) = &it.node_id {
        line("node", node);
    }
    if let Some(nonce) = it.nonce {
        line("nonce", &nonce.to_string());
    }
    if let Some(receipt) = it.receipt {
        let result = if receipt.succeeded { "succeeded" } else { "reverted" };
        line("block", &format!("{} {:#x}, {result}, {} gas", receipt.block_number, receipt.block_hash, receipt.gas_used));
    }
    if let Some(retry_at) = it.retry_at {
        line("tried again", &retry_at.to_rfc3339());
    }
    if let Some(why) = it.why() {
        line("why", why);
    }
    for (nonce, attempt) in attempts {
        answer!("{}", attempt_line(*nonce, attempt));
    }
    for request in requests {
        let answer = request.answer.as_deref().unwrap_or("not done yet");
        answer!("  {} by {} at {}: {answer}", request.action.as_str(), request.actor, request.requested_at.to_rfc3339());
    }
}

pub fn json(it: &TransactionView) -> Value {
    json!({
        "id": it.id, "idempotency_key": it.idempotency_key, "kind": it.kind, "state": it.state.as_str(),
        "chain_id": it.account.chain_id, "signer": checksum(&it.account.address), "node": it.node_id,
        "to": it.recipient.as_ref().map(checksum), "value_wei": it.value_wei.to_string(), "data": hex::encode_prefixed(&it.data),
        "created_at": it.created_at.to_rfc3339(), "retry_at": it.retry_at.map(|at| at.to_rfc3339()), "last_error": it.last_error,
        "nonce": it.nonce, "nonce_state": it.nonce_state.map(NonceState::as_str), "trouble": it.trouble, "attempts": it.attempts,
        "hash": it.hash.map(|hash| format!("{hash:#x}")),
        "receipt": it.receipt.map(|receipt| json!({
            "block_number": receipt.block_number, "block_hash": format!("{:#x}", receipt.block_hash),
            "succeeded": receipt.succeeded, "gas_used": receipt.gas_used,
        })),
    })
}

pub fn details_json(it: &TransactionView, attempts: &[(u64, AttemptView)], requests: &[AnsweredNonceRequest]) -> Value {
    let mut details = json(it);
    details["signed"] = attempts
        .iter()
        .map(|(nonce, attempt)| {
            json!({
                "nonce": nonce, "number": attempt.number, "hash": format!("{:#x}", attempt.hash), "gas_limit": attempt.gas_limit,
                "max_fee_wei": attempt.max_fee_wei.to_string(), "tip_wei": attempt.tip_wei.to_string(), "cancels": attempt.cancels,
                "sends": attempt.sends, "sent_block": attempt.sent_block, "last_answer": attempt.last_answer, "included": attempt.included,
            })
        })
        .collect();
    details["requests"] = requests
        .iter()
        .map(|request| {
            json!({
                "action": request.action.as_str(), "actor": request.actor, "requested_at": request.requested_at.to_rfc3339(),
                "answer": request.answer,
            })
        })
        .collect();
    details
}

fn attempt_line(nonce: u64, attempt: &AttemptView) -> String {
    let gwei = |wei: u128| format!("{}.{:03}", wei / GWEI, wei % GWEI / 1_000_000);
    let mut line = format!(
        "  nonce {nonce} attempt {}  {:#x}  {} gas at {} gwei (tip {}), sent {} time(s)",
        attempt.number,
        attempt.hash,
        attempt.gas_limit,
        gwei(attempt.max_fee_wei),
        gwei(attempt.tip_wei),
        attempt.sends
    );
    for (holds, words) in [(attempt.cancels, "cancels"), (attempt.included, "in a block")] {
        if holds {
            line = format!("{line}, {words}");
        }
    }
    match &attempt.last_answer {
        Some(answer) => format!("{line}, last answer: {}", answer.replace('_', " ")),
        None => line,
    }
}

fn shortened(data: &[u8]) -> String {
    let text = hex::encode_prefixed(&data[..data.len().min(36)]);
    if data.len() > 36 { format!("{text}… ({} bytes)", data.len()) } else { text }
}

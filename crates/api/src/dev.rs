//! Development only: a wallet for a browser that has none. Mounted only when the configuration names a development chain,
//! and compiled only with the feature `dev`.

use std::time::Duration;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    config::DevConfig,
    problem::{Problem, UNAVAILABLE, UNSUPPORTED_MEDIA_TYPE},
    state::Api,
    view::AddressText,
};

const WALLET: &str = include_str!("../../../web/dev/wallet.js");
const WALLET_TAG: &str = "<script src=\"/dev/wallet.js\"></script>";

/// What a wallet needs. Nothing that changes the chain other than by a transaction.
const METHODS: &[&str] = &[
    "eth_accounts",
    "eth_blockNumber",
    "eth_call",
    "eth_chainId",
    "eth_estimateGas",
    "eth_feeHistory",
    "eth_gasPrice",
    "eth_getBalance",
    "eth_getBlockByHash",
    "eth_getBlockByNumber",
    "eth_getCode",
    "eth_getLogs",
    "eth_getTransactionByHash",
    "eth_getTransactionCount",
    "eth_getTransactionReceipt",
    "eth_maxPriorityFeePerGas",
    "eth_sendTransaction",
    "net_version",
    "web3_clientVersion",
];
const MAX_BODY_BYTES: usize = 64 * 1024;
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// JSON-RPC 2.0's codes: method not found, invalid request.
const METHOD_NOT_FOUND: i32 = -32_601;
const INVALID_REQUEST: i32 = -32_600;

/// The page with the demo wallet in it.
pub(crate) fn with_wallet(html: &str) -> String {
    html.replacen("</head>", &format!("{WALLET_TAG}</head>"), 1)
}

pub(crate) fn routes(config: &DevConfig) -> Router<Api> {
    let accounts: Vec<Value> =
        config.accounts.iter().map(|account| json!({ "name": account.name, "address": AddressText(account.address) })).collect();
    let accounts = json!({ "data": accounts });
    let chain = Chain { client: reqwest::Client::new(), url: config.rpc_url.clone() };
    Router::new()
        .route(
            "/dev/wallet.js",
            get(async || {
                ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], WALLET)
            }),
        )
        .route("/dev/accounts", get(async move || Json(accounts)))
        .route("/dev/rpc", post(forward).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)).with_state(chain))
}

#[derive(Debug, Clone)]
struct Chain {
    client: reqwest::Client,
    url: String,
}

#[derive(Debug, Deserialize)]
struct Call {
    #[serde(default)]
    id: Value,
    method: String,
}

/// One JSON-RPC call, no batches.
async fn forward(State(chain): State<Chain>, headers: HeaderMap, body: Bytes) -> Result<Response, Problem> {
    // A page of another origin can't send this type without asking first, and nobody here answers such a question.
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !media.starts_with("application/json") {
        return Err(Problem::new(&UNSUPPORTED_MEDIA_TYPE, "send the call as application/json"));
    }
    let Ok(call) = serde_json::from_slice::<Call>(&body) else {
        return Ok(refuse(Value::Null, INVALID_REQUEST, "the body is not one JSON-RPC call"));
    };
    if !METHODS.contains(&call.method.as_str()) {
        let method: String = call.method.chars().take(64).collect();
        return Ok(refuse(call.id, METHOD_NOT_FOUND, &format!("the demo wallet does not forward `{method}`")));
    }
    let answer = ask(&chain, body).await.map_err(|error| {
        tracing::warn!(%error, "the development chain did not answer");
        Problem {
            retry_after_seconds: Some(2),
            ..Problem::new(&UNAVAILABLE, "the development chain does not answer; try again in a moment")
        }
    })?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], answer)
        .into_response())
}

async fn ask(chain: &Chain, body: Bytes) -> reqwest::Result<Vec<u8>> {
    let request = chain.client.post(&chain.url).header("content-type", "application/json").timeout(REQUEST_TIMEOUT).body(body);
    let mut response = request.send().await?.error_for_status()?;
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if answer.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Ok(json!({ "jsonrpc": "2.0", "id": null, "error": { "code": INVALID_REQUEST, "message": "the answer is too large" } }).to_string().into_bytes());
        }
        answer.extend_from_slice(&chunk);
    }
    Ok(answer)
}

fn refuse(id: Value, code: i32, message: &str) -> Response {
    Json(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })).into_response()
}

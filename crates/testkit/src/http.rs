//! One JSON-RPC request over HTTP/1.1: enough to ask a local node whether it is ready, and for a test to steer it.

use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{Error, Result};

const NAME: &str = "the chain";
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// A bound on what is read; no answer a test asks for comes near it.
const MAX_ANSWER_BYTES: u64 = 64 << 20;

/// Calls `method` on a node on this machine and returns its result.
pub(crate) async fn request(port: u16, method: &str, params: Value) -> Result<Value> {
    let unreachable = |cause: String| Error::Unreachable { what: NAME, cause };
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let answer = tokio::time::timeout(REQUEST_TIMEOUT, post(port, &body)).await;
    let answer = answer.map_err(|_| unreachable(format!("no answer to {method} within {} s", REQUEST_TIMEOUT.as_secs())))?;
    let answer = answer.map_err(|error| unreachable(error.to_string()))?;
    let mut answer: Value = serde_json::from_slice(&answer).map_err(|error| unreachable(error.to_string()))?;
    match answer["error"]["message"].as_str() {
        Some(message) => Err(Error::Refused { what: NAME, message: format!("{method}: {message}") }),
        None => Ok(answer["result"].take()),
    }
}

async fn post(port: u16, body: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let head = format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER_BYTES).read_to_end(&mut answer).await?;
    // With `Connection: close` anvil answers with a length, so the body is all that follows the blank line.
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or_else(|| std::io::Error::other("the answer is not HTTP"))?;
    Ok(answer.split_off(end + 4))
}

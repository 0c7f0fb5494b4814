//! The demo wallet of a development stack, in front of a stand-in that answers as a chain would.

use linkpool_api::{ApiConfig, DemoAccount, DevConfig};
use linkpool_primitives::{Address, checksum};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::fixture::{Answer, Fixture, answer};

/// Answers every HTTP request with one JSON-RPC result.
async fn chain() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let body = r#"{"jsonrpc":"2.0","id":1,"result":"0x7a69"}"#;
            let text = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = socket.write_all(text.as_bytes()).await;
        }
    });
    url
}

async fn fixture() -> Fixture {
    let accounts = vec![DemoAccount { name: "Alice".into(), address: Address::repeat_byte(0xa1) }];
    let dev = DevConfig { rpc_url: chain().await, accounts };
    Fixture::with(ApiConfig { dev: Some(dev), ..ApiConfig::default() }).await
}

async fn call(fixture: &Fixture, body: Value) -> Answer {
    answer(fixture.client.post(format!("{}/dev/rpc", fixture.base)).json(&body).send().await.unwrap()).await
}

#[tokio::test]
async fn the_wallet_its_accounts_and_the_page_that_loads_it_are_served() {
    let fixture = fixture().await;
    assert!(fixture.get("/dev/wallet.js").await.body.as_str().unwrap().starts_with("// linkpool-demo-wallet"));
    let accounts = fixture.data("/dev/accounts").await;
    assert_eq!(accounts, json!([{ "name": "Alice", "address": checksum(&Address::repeat_byte(0xa1)) }]));
    assert_eq!(fixture.data("/api/v1/config").await["dev_mode"], true);
    let page = fixture.get("/").await;
    let text = page.body.as_str().unwrap();
    assert!(page.status == 503 || text.contains("<script src=\"/dev/wallet.js\"></script></head>"), "{text}");
}

#[tokio::test]
async fn a_wallets_calls_reach_the_chain_and_no_others_do() {
    let fixture = fixture().await;
    assert_eq!(call(&fixture, json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" })).await.body["result"], "0x7a69");
    for method in ["anvil_setBalance", "evm_mine", "hardhat_reset", "debug_traceTransaction", "eth_sign"] {
        let answer = call(&fixture, json!({ "jsonrpc": "2.0", "id": 7, "method": method })).await;
        assert_eq!((&answer.body["error"]["code"], &answer.body["id"]), (&json!(-32601), &json!(7)), "{method}");
    }
    let batch = call(&fixture, json!([{ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" }])).await;
    assert_eq!(batch.body["error"]["code"], -32600);
}

#[tokio::test]
async fn a_foreign_page_cannot_reach_the_chain() {
    let fixture = fixture().await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;
    let simple = fixture
        .client
        .post(format!("{}/dev/rpc", fixture.base))
        .header("content-type", "text/plain")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer(simple).await.problem(), "unsupported-media-type");
    let allowed = call(&fixture, json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" })).await;
    assert_eq!(allowed.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_refused() {
    let fixture = fixture().await;
    let answer = call(&fixture, json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": ["x".repeat(70_000)] })).await;
    assert_eq!(answer.problem(), "payload-too-large");
}

//! Servers that keep the protocol's spirit and not its letter.

use std::io::Write;

use linkpool_chain::{Chain, Endpoint, Error};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// One way to answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Behaviour {
    Plain,
    TextIds,
    ByteOrderMark,
    Created,
    Gzip,
    /// So many bytes of blanks around the answer.
    Endless(usize),
}

/// Serves chain 7 in this manner, and whatever else is asked for with its newest block.
async fn server(behaviour: Behaviour) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, behaviour));
        }
    });
    Endpoint::named("odd", format!("http://127.0.0.1:{port}")).unwrap()
}

async fn serve(mut stream: TcpStream, behaviour: Behaviour) -> std::io::Result<()> {
    let mut heard = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        heard.extend_from_slice(&chunk[..read]);
        let Some(body) = body(&heard) else { continue };
        let mut answer: Vec<u8> = match serde_json::from_slice::<Value>(&body).unwrap() {
            Value::Array(calls) => json!(calls.iter().map(|call| result(call, behaviour)).collect::<Vec<_>>()),
            call => result(&call, behaviour),
        }
        .to_string()
        .into_bytes();
        heard.clear();
        let mut headers = "content-type: application/json\r\n".to_owned();
        let mut status = "200 OK";
        match behaviour {
            Behaviour::ByteOrderMark => drop(answer.splice(0..0, *b"\xef\xbb\xbf")),
            Behaviour::Created => status = "201 Created",
            Behaviour::Gzip => {
                let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                packed.write_all(&answer)?;
                answer = packed.finish()?;
                headers.push_str("content-encoding: gzip\r\n");
            }
            Behaviour::Endless(bytes) => answer.extend(std::iter::repeat_n(b' ', bytes)),
            Behaviour::Plain | Behaviour::TextIds => {}
        }
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", answer.len());
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&answer).await?;
    }
}

/// The body of a whole request.
fn body(heard: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(heard);
    let (head, _) = text.split_once("\r\n\r\n")?;
    let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok())?;
    let body = &heard[head.len() + 4..];
    (body.len() >= length).then(|| body[..length].to_vec())
}

fn result(call: &Value, behaviour: Behaviour) -> Value {
    let id = if behaviour == Behaviour::TextIds { json!(call["id"].to_string()) } else { call["id"].clone() };
    let hash = |digit: u8| format!("0x{}", hex(digit));
    let result = match call["method"].as_str().unwrap() {
        "eth_chainId" => json!("0x7"),
        // A header with what is needed and nothing else.
        _ => json!({ "number": "0x9", "hash": hash(9), "parentHash": hash(8), "timestamp": "0x1" }),
    };
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

fn hex(digit: u8) -> String {
    digit.to_string().repeat(64)
}

#[tokio::test]
async fn answers_are_read_in_whichever_wrapping_they_come() {
    for behaviour in [Behaviour::Plain, Behaviour::TextIds, Behaviour::ByteOrderMark, Behaviour::Created, Behaviour::Gzip] {
        let chain =
            Chain::connect(&server(behaviour).await, Some(7)).await.unwrap_or_else(|error| panic!("{behaviour:?}: {error}"));
        let heads = chain.heads().await.unwrap_or_else(|error| panic!("{behaviour:?}: {error}"));
        assert_eq!((heads.head.number, heads.finalized), (9, 9), "{behaviour:?}");
        let header = chain.header(9).await.unwrap().unwrap();
        assert!(header.may_hold(linkpool_primitives::Address::ZERO), "without a bloom a block may hold anything");
    }
}

#[tokio::test]
async fn an_answer_longer_than_any_true_one_is_cut_off_and_not_read() {
    let endpoint = server(Behaviour::Endless(1 << 20)).await;
    let error = Chain::connect(&endpoint, Some(7)).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("its answer to eth_chainId is longer than any true one"), "{error}");
}

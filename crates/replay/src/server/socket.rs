//! WebSocket: the same calls, and new heads for those who subscribe.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{
    message::{self, Fault, Pieces},
    node::Node,
};

/// The only subscription of a connection.
const SUBSCRIPTION: &str = "0x1";

/// Serves one peer until it leaves.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: WebSocketStream<S>, node: Arc<Node>) {
    let mut heads = node.heads();
    heads.mark_unchanged();
    let (mut subscribed, mut told) = (false, node.head());
    loop {
        let answers = tokio::select! {
            changed = heads.changed() => match changed {
                Ok(()) => {
                    let head = *heads.borrow_and_update();
                    let news: Vec<String> = (told + 1..=head).filter_map(|number| notice(&node, number)).collect();
                    told = head;
                    if subscribed { news } else { Vec::new() }
                }
                Err(_) => return,
            },
            message = stream.next() => match message {
                Some(Ok(Message::Text(text))) => vec![answer(&node, text.as_bytes(), &mut subscribed).await],
                Some(Ok(Message::Binary(bytes))) => vec![answer(&node, &bytes, &mut subscribed).await],
                // Pings are answered by the library.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Vec::new(),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
        };
        for text in answers {
            if stream.send(Message::text(text)).await.is_err() {
                return;
            }
        }
    }
}

async fn answer(node: &Node, body: &[u8], subscribed: &mut bool) -> String {
    let own = match message::parse(body) {
        Ok((calls, false)) => calls.first().and_then(|call| {
            let result = match call.method {
                "eth_subscribe" => subscribe(call.params.first(), subscribed),
                "eth_unsubscribe" => {
                    *subscribed = false;
                    Ok(message::text("true"))
                }
                _ => return None,
            };
            let mut out = Pieces::new();
            message::push(&mut out, call.id, result);
            Some(out)
        }),
        _ => None,
    };
    let pieces = match own {
        Some(pieces) => pieces,
        None => node.answer(body).await,
    };
    String::from_utf8_lossy(&pieces.concat()).into_owned()
}

fn subscribe(kind: Option<&serde_json::Value>, subscribed: &mut bool) -> Result<Pieces, Fault> {
    if kind.and_then(|kind| kind.as_str()) != Some("newHeads") {
        return Err(Fault::parameters("only newHeads can be subscribed to"));
    }
    *subscribed = true;
    Ok(message::text(format!("\"{SUBSCRIPTION}\"")))
}

fn notice(node: &Node, number: u64) -> Option<String> {
    let header = node.header(number)?;
    let header = String::from_utf8_lossy(&header);
    Some(format!(
        r#"{{"jsonrpc":"2.0","method":"eth_subscription","params":{{"subscription":"{SUBSCRIPTION}","result":{{{header}}}}}}}"#
    ))
}

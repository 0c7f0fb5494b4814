//! The RPC server: HTTP and WebSocket on one port of the loopback interface.

mod behaviour;
mod http;
mod logs;
mod message;
mod node;
mod socket;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinHandle};

pub use behaviour::{Behaviour, FaultKind};
pub use node::Node;

/// Most connections at once.
const CONNECTIONS: usize = 256;

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    node: Arc<Node>,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves `node` on a port that the operating system chooses, or on `port`.
    pub async fn start(node: Node, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let (address, node) = (listener.local_addr()?, Arc::new(node));
        let task = tokio::spawn(accept(listener, node.clone()));
        Ok(Self { address, node, task })
    }

    pub fn http_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Mines one block every `interval` until the chain ends.
pub async fn mine_every(node: Arc<Node>, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    while node.head() < node.replay().last() {
        ticks.tick().await;
        node.mine(1);
    }
}

async fn accept(listener: TcpListener, node: Arc<Node>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Answers are written in one go: nothing is gained by waiting for more.
        let _ = stream.set_nodelay(true);
        if connections.len() >= CONNECTIONS {
            connections.join_next().await;
        }
        connections.spawn(http::serve(TokioIo::new(stream), node.clone()));
        while connections.try_join_next().is_some() {}
    }
}

//! An RPC endpoint that fails and lies to order: a proxy before an anvil, on a port that the operating system chooses.
//!
//! It understands single calls, batches and the websocket, and changes its behaviour at runtime:
//!
//! ```ignore
//! let proxy = Proxy::start(anvil.port()).await?;
//! proxy.set(Fault::Status(429).on("eth_getLogs").when(When::First(2)));
//! proxy.set(Fault::LagsBehind(5));
//! proxy.clear();
//! ```
//!
//! Rules add up: every one that is for a call befalls it, in the order in which they were set. Where chance decides, the
//! seed does.

mod answer;
mod call;
mod fault;
mod http;
mod lag;
mod logs;
mod node;
mod provider;
mod rules;
mod serve;
mod tunnel;

use std::{
    net::{Ipv4Addr, Shutdown, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use serde_json::Value;
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpSocket},
    task::JoinHandle,
};

pub use fault::{Fault, Rule, When};
pub use provider::Provider;

use self::{
    node::{NAME, Node},
    rules::Rules,
};
use crate::{Error, Result};

/// Connections that may wait to be taken.
const BACKLOG: u32 = 1_024;

/// A running proxy. Dropping it closes its connections.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    node: Arc<Node>,
    listening: Mutex<Listening>,
    /// Bound beside whoever listens: the port stays ours while nobody does.
    _holds_the_port: TcpSocket,
}

#[derive(Debug)]
enum Listening {
    On(JoinHandle<()>, Arc<TcpListener>),
    /// Nobody listens there: a connection is refused.
    Off(TcpSocket),
    Changing,
}

impl Proxy {
    /// A proxy before the node at this port, without faults.
    pub async fn start(node_port: u16) -> Result<Self> {
        Self::seeded(node_port, 0).await
    }

    /// As [`Proxy::start`], with a seed for whatever is left to chance.
    pub async fn seeded(node_port: u16, seed: u64) -> Result<Self> {
        let node = Arc::new(Node::new(node_port, Rules::new(seed))?);
        let socket = bind(0)?;
        let port = socket.local_addr().map_err(Error::io("read the proxy's port"))?.port();
        let listening = Mutex::new(Listening::Off(bind(port)?));
        let proxy = Self { port, node, listening, _holds_the_port: socket };
        proxy.resume()?;
        Ok(proxy)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn ws_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// Puts a fault, or a rule with one, in force.
    pub fn set(&self, rule: impl Into<Rule>) {
        self.node.rules.set(rule.into());
    }

    /// Behaves as this provider does, beside the rules.
    pub fn act_as(&self, provider: Provider) {
        self.node.act_as(Some(provider));
    }

    /// Ends all faults. A request that hangs goes on hanging: its answer is lost.
    pub fn clear(&self) {
        self.node.act_as(None);
        self.node.rules.clear();
    }

    /// How many calls of a method came over HTTP, each call of a batch counted.
    pub fn calls(&self, method: &str) -> u64 {
        self.node.rules.calls(method)
    }

    /// How many requests came while it acted as a provider; a batch is one.
    pub fn requests(&self) -> u64 {
        self.node.requests.load(Ordering::Relaxed)
    }

    /// How many requests came over HTTP since the start, and how many calls were in them.
    pub fn counted(&self) -> (u64, u64) {
        (self.node.all.load(Ordering::Relaxed), self.node.rules.all_calls())
    }

    /// How many calls a fault befell.
    pub fn struck(&self) -> u64 {
        self.node.rules.struck()
    }

    /// How many websockets were opened.
    pub fn subscriptions(&self) -> u64 {
        self.node.tunnels.load(Ordering::Relaxed)
    }

    /// Closes every connection, and refuses new ones until [`Proxy::resume`].
    pub async fn stop(&self) -> Result<()> {
        let before = std::mem::replace(&mut *self.listening(), Listening::Changing);
        let after = match before {
            Listening::On(task, listener) => {
                task.abort();
                let _ = task.await;
                // Two may be bound to a port only while neither listens, and a process that is being started just now has a copy
                // of the listener: closing ours would not end it.
                SockRef::from(&listener).shutdown(Shutdown::Both).map_err(Error::io("stop listening on the proxy's port"))?;
                drop(listener);
                Listening::Off(bind(self.port)?)
            }
            other => other,
        };
        *self.listening() = after;
        Ok(())
    }

    /// Takes connections again, at the same port.
    pub fn resume(&self) -> Result<()> {
        let mut listening = self.listening();
        *listening = match std::mem::replace(&mut *listening, Listening::Changing) {
            Listening::Off(socket) => {
                let listener = Arc::new(socket.listen(BACKLOG).map_err(Error::io("listen on the proxy's port"))?);
                Listening::On(tokio::spawn(serve::accept(listener.clone(), self.node.clone())), listener)
            }
            other => other,
        };
        Ok(())
    }

    /// Calls a JSON-RPC method through the proxy.
    pub async fn request(&self, method: &str, params: Value) -> Result<Value> {
        crate::http::request(self.port, method, params).await
    }

    fn listening(&self) -> MutexGuard<'_, Listening> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Listening::On(task, _) = &*self.listening() {
            task.abort();
        }
    }
}

/// Bound and not listening. The operating system gives a port away again only when nobody is bound to it.
fn bind(port: u16) -> Result<TcpSocket> {
    let failed = || Error::io(format!("bind {NAME} to port {port}"));
    let socket = TcpSocket::new_v4().map_err(failed())?;
    socket.set_reuseaddr(true).map_err(failed())?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).map_err(failed())?;
    Ok(socket)
}

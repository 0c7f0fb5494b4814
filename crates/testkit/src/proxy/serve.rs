//! Connections: requests in, what the rules make of them out.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    answer::{self, Outcome},
    http,
    provider::Provider,
    rules::Rules,
    tunnel,
};
use crate::{Error, Result};

/// Longer than any client waits.
const NODE_TIMEOUT: Duration = Duration::from_secs(60);
const JSON: &str = "application/json";
const PAGE: &[u8] = b"<html><body><h1>Something went wrong</h1></body></html>";

/// The node behind the proxy, and what happens on the way to it.
#[derive(Debug)]
pub(super) struct Node {
    pub port: u16,
    pub rules: Rules,
    client: reqwest::Client,
    tunnels: AtomicU64,
    provider: Mutex<Option<Arc<Provider>>>,
    requests: AtomicU64,
    all: AtomicU64,
}

impl Node {
    pub fn new(port: u16, rules: Rules) -> Result<Self> {
        let client = reqwest::Client::builder().timeout(NODE_TIMEOUT).no_proxy().build();
        let client = client.map_err(|error| Error::Unreachable { what: super::WHAT, cause: error.to_string() })?;
        Ok(Self {
            port,
            rules,
            client,
            tunnels: AtomicU64::new(0),
            provider: Mutex::new(None),
            requests: AtomicU64::new(0),
            all: AtomicU64::new(0),
        })
    }

    /// Whom it acts as.
    pub fn provider(&self) -> Option<Arc<Provider>> {
        self.provider.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn act_as(&self, provider: Option<Provider>) {
        *self.provider.lock().unwrap_or_else(PoisonError::into_inner) = provider.map(Arc::new);
    }

    /// The number of this request, from 1.
    pub fn count(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests of any kind but websockets.
    pub fn all(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }

    pub fn tunnels(&self) -> u64 {
        self.tunnels.load(Ordering::Relaxed)
    }

    /// What the node at `port` answers to this body; `None` where it does not.
    pub async fn ask(&self, port: u16, body: Vec<u8>) -> Option<Vec<u8>> {
        let request = self.client.post(format!("http://127.0.0.1:{port}")).header("Content-Type", JSON).body(body);
        let answer = request.send().await.ok()?;
        answer.bytes().await.ok().map(|bytes| bytes.to_vec())
    }
}

/// Takes connections until it is aborted, and they end with it.
pub(super) async fn accept(listener: TcpListener, node: Arc<Node>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if let Ok((stream, _)) = listener.accept().await {
            let node = node.clone();
            connections.spawn(async move {
                if let Err(error) = connection(stream, &node).await {
                    tracing::debug!(%error, "a connection of the fault proxy ended");
                }
            });
        }
    }
}

async fn connection(mut stream: TcpStream, node: &Node) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut rest = Vec::new();
    while let Some(request) = http::read(&mut stream, &mut rest).await? {
        if request.header("upgrade").is_some_and(|what| what.eq_ignore_ascii_case("websocket")) {
            node.tunnels.fetch_add(1, Ordering::Relaxed);
            return tunnel::run(stream, node, &request.head).await;
        }
        let is_last = request.header("connection").is_some_and(|what| what.eq_ignore_ascii_case("close"));
        node.all.fetch_add(1, Ordering::Relaxed);
        match answer::answer(node, request.body).await {
            Outcome::Json(body) => http::write(&mut stream, 200, "", JSON, &body).await?,
            Outcome::Body(status, body) => http::write(&mut stream, status, "", JSON, &body).await?,
            Outcome::Page => http::write(&mut stream, 200, "", "text/html", PAGE).await?,
            Outcome::Status(status) => http::write(&mut stream, status, "", "text/html", PAGE).await?,
            Outcome::Redirect(url) => http::write(&mut stream, 307, &format!("Location: {url}\r\n"), "text/html", b"").await?,
            Outcome::Silence => return until_closed(stream).await,
            Outcome::Close => return Ok(()),
        }
        if is_last {
            break;
        }
    }
    Ok(())
}

async fn until_closed(mut stream: TcpStream) -> io::Result<()> {
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}

//! AWS JSON 1.1 over HTTP.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{
    account::{Account, Fate},
    config::{Behaviour, StandinAwsConfig},
    error::AwsError,
    live::live,
    signature,
    world::World,
};

/// Longest call.
const MAX_BYTES: usize = 1 << 20;

/// A stand-in that runs, until it is dropped; its tasks end with it.
#[derive(Debug)]
pub struct StandinAws {
    account: Arc<Account>,
    address: SocketAddr,
    tasks: Vec<JoinHandle<Infallible>>,
}

impl StandinAws {
    /// On a port of this machine that nobody has. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn start(config: StandinAwsConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let account = Arc::new(Account::new(config));
        // Above 127.127, as every port is that a system chooses.
        account.with_world(|world| world.network = address.port().to_be_bytes());
        let live = tokio::spawn(live(account.clone()));
        let accept = tokio::spawn(accept(listener, account.clone()));
        Ok(Self { account, address, tasks: vec![live, accept] })
    }

    /// Where all of its services answer.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it behaves so.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        self.account.behave(change);
    }

    /// Looks at what there is, or changes it: what nobody can ask AWS for.
    pub fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        self.account.with_world(look)
    }

    /// How often each of AWS's buckets was asked, and how many calls were refused.
    pub fn counted(&self) -> (std::collections::HashMap<&'static str, u64>, u64) {
        self.account.counted()
    }

    /// How many signatures KMS gave, by their length and whether `s` was high.
    pub fn signed(&self) -> std::collections::BTreeMap<(usize, bool), u64> {
        self.account.signed()
    }
}

impl Drop for StandinAws {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn accept(listener: TcpListener, account: Arc<Account>) -> Infallible {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, account.clone()));
        }
    }
}

async fn serve(stream: TcpStream, account: Arc<Account>) {
    let service = service_fn(move |request| {
        let account = account.clone();
        async move { answer(&account, request).await }
    });
    // Of a connection that is cut off, whoever was on its other end has heard.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// An error cuts the connection off: the answer is lost.
async fn answer(account: &Account, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BYTES).collect().await.map_err(io::Error::other)?.to_bytes();
    let target = head.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let answered = match signature::check(&head, &body) {
        Err(reason) => Err(AwsError { status: 403, ..AwsError::new("InvalidSignatureException", reason) }),
        Ok(()) => match serde_json::from_slice::<Value>(&body) {
            Err(error) => Err(AwsError::new("SerializationException", error.to_string())),
            Ok(body) => match account.call(target, &body) {
                Fate::Lost => return Err(io::ErrorKind::ConnectionReset.into()),
                Fate::Answered(answered) => answered,
            },
        },
    };
    let (status, body) = match answered {
        Ok(body) => (200, body),
        Err(error) => (error.status, error.body()),
    };
    let response = Response::builder().status(status).header("content-type", "application/x-amz-json-1.1");
    response.body(Full::new(Bytes::from(body.to_string()))).map_err(io::Error::other)
}

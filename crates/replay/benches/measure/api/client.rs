//! One connection to the API.

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Empty};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1::{SendRequest, handshake},
    header::{ACCEPT_ENCODING, HOST, HeaderMap},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub struct Client {
    sender: SendRequest<Empty<Bytes>>,
    address: String,
}

impl Client {
    pub async fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("a connection to the API")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with the sender.
        tokio::spawn(connection);
        Ok(Self { sender, address: address.to_owned() })
    }

    pub async fn send(&mut self, path: &str, coding: &str) -> Result<Response<Incoming>> {
        let request = Request::get(format!("/api/v1{path}")).header(HOST, &self.address).header(ACCEPT_ENCODING, coding);
        self.sender.ready().await?;
        Ok(self.sender.send_request(request.body(Empty::new())?).await?)
    }

    /// The whole answer, which is to be good.
    pub async fn ask(&mut self, path: &str) -> Result<(HeaderMap, Bytes)> {
        let (parts, body) = self.send(path, "identity").await?.into_parts();
        let body = body.collect().await?.to_bytes();
        if parts.status != StatusCode::OK {
            bail!("{path} was answered with {}: {}", parts.status, String::from_utf8_lossy(&body));
        }
        Ok((parts.headers, body))
    }

    pub async fn json(&mut self, path: &str) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.ask(path).await?.1).with_context(|| format!("the answer to {path}"))
    }
}

//! As much HTTP/1.1 as JSON-RPC clients speak. By hand, because a fault proxy must be able to break the rules.

use std::io;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const MAX_HEAD_BYTES: usize = 64 << 10;
const MAX_BODY_BYTES: usize = 64 << 20;

#[derive(Debug)]
pub(super) struct Request {
    /// With the blank line that ends it.
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

impl Request {
    /// A header's value; its name in lower case.
    pub fn header(&self, name: &str) -> Option<String> {
        header(&self.head, name)
    }
}

/// Reads one request; `None` where the client has hung up.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin), rest: &mut Vec<u8>) -> io::Result<Option<Request>> {
    let end = loop {
        if let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if rest.len() > MAX_HEAD_BYTES {
            return Err(io::Error::other("the head of a request is too long"));
        }
        if stream.read_buf(rest).await? == 0 {
            return Ok(None);
        }
    };
    let length = header(&rest[..end], "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    if length > MAX_BODY_BYTES {
        return Err(io::Error::other("the body of a request is too long"));
    }
    while rest.len() < end + length {
        if stream.read_buf(rest).await? == 0 {
            return Ok(None);
        }
    }
    let after = rest.split_off(end + length);
    let mut head = std::mem::replace(rest, after);
    let body = head.split_off(end);
    Ok(Some(Request { head, body }))
}

/// Writes one answer and leaves the connection open.
pub(super) async fn write(stream: &mut TcpStream, status: u16, more: &str, kind: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Status\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await
}

fn header(head: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    lines.find(|(found, _)| found.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}

//! Connections: requests in, what the rules make of them out.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
};

use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    answer,
    call::Outcome,
    http,
    node::{JSON, Node},
    tunnel,
};

const PAGE: &[u8] = b"<html><body><h1>Something went wrong</h1></body></html>";

/// Takes connections until it is aborted, and they end with it.
pub(super) async fn accept(listener: Arc<TcpListener>, node: Arc<Node>) {
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

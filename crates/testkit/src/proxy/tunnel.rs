//! The websocket: bytes in both directions, which may stop coming.

use std::io;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{fault::Fault, node::Node};

/// Carries a websocket, whose opening request is `head`, until one side closes it.
pub(super) async fn run(client: TcpStream, node: &Node, head: &[u8]) -> io::Result<()> {
    if node.rules.befalls_subscriptions(&Fault::NoSubscriptions) {
        return Ok(());
    }
    let mut upstream = TcpStream::connect(("127.0.0.1", node.port)).await?;
    upstream.set_nodelay(true)?;
    upstream.write_all(head).await?;
    let (from_node, mut to_node) = upstream.into_split();
    let (mut from_client, to_client) = client.into_split();
    tokio::select! {
        done = copy(&mut from_client, &mut to_node) => done.map(|_| ()),
        done = to_the_client(from_node, to_client, node) => done,
    }
}

/// While subscriptions are silent nothing is passed on; what came meanwhile follows when they are not.
async fn to_the_client(mut from_node: OwnedReadHalf, mut to_client: OwnedWriteHalf, node: &Node) -> io::Result<()> {
    let mut changes = node.rules.changes();
    let mut buffer = vec![0; 64 << 10];
    loop {
        if node.rules.befalls_subscriptions(&Fault::NoSubscriptions) {
            return Ok(());
        }
        let read = tokio::select! {
            read = from_node.read(&mut buffer) => read?,
            _ = changes.changed() => continue,
        };
        if read == 0 {
            return Ok(());
        }
        while node.rules.befalls_subscriptions(&Fault::SilentSubscriptions) {
            if changes.changed().await.is_err() {
                return Ok(());
            }
        }
        to_client.write_all(&buffer[..read]).await?;
    }
}

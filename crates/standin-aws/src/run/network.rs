//! A task's network interface, as its database sees it: connections come from the task's address.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpSocket, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// What leads a task's connections to the database, for as long as it lives.
#[derive(Debug)]
pub(super) struct Interface {
    database: SocketAddr,
    here: SocketAddr,
    task: JoinHandle<()>,
}

impl Interface {
    pub async fn open(address: Ipv4Addr, database: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let here = listener.local_addr()?;
        Ok(Self { database, here, task: tokio::spawn(lead(listener, address, database)) })
    }

    /// The text of a variable, with this in the place of the database.
    pub fn led_through(&self, text: &str) -> String {
        text.replace(&self.database.to_string(), &self.here.to_string())
    }
}

impl Drop for Interface {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn lead(listener: TcpListener, address: Ipv4Addr, database: SocketAddr) {
    let mut led = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((mut client, _)) = accepted else { continue };
                led.spawn(async move {
                    if let Ok(mut server) = connect(address, database).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
            Some(_) = led.join_next() => {}
        }
    }
}

async fn connect(address: Ipv4Addr, database: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((address, 0).into())?;
    socket.connect(database).await
}

//! A road to a server of this machine, which can be closed: whoever takes it hears nothing or is cut off, and others go on.

use std::net::Ipv4Addr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    Open,
    /// Connections stay, come about, and carry nothing.
    Silent,
    /// Connections break, also new ones.
    Closed,
}

pub struct Road {
    port: u16,
    passage: watch::Sender<Passage>,
}

impl Road {
    pub async fn to(server_port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (passage, changes) = watch::channel(Passage::Open);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server_port, changes.clone()));
            }
        });
        Self { port, passage }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What was silent can only be closed: bytes may have been lost on the way.
    pub fn set(&self, passage: Passage) {
        self.passage.send_replace(passage);
    }
}

async fn carry(mut client: TcpStream, server_port: u16, mut changes: watch::Receiver<Passage>) {
    let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server_port)).await else { return };
    loop {
        let passage = *changes.borrow_and_update();
        let changed = changes.changed();
        let goes_on = match passage {
            Passage::Closed => false,
            Passage::Silent => changed.await.is_ok(),
            Passage::Open => tokio::select! {
                _ = copy_bidirectional(&mut client, &mut server) => false,
                changed = changed => changed.is_ok(),
            },
        };
        if !goes_on {
            return;
        }
    }
}

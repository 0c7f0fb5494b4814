//! A road to a server of this machine, most often the database: it can be closed, go silent in the middle of a write, or lead to
//! another server.

use std::{io, net::Ipv4Addr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What becomes of what is on the road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// Everything arrives.
    Open,
    /// Connections stay, come about, and carry nothing.
    Silent,
    /// Connections break, also new ones.
    Closed,
}

/// How the next commit that comes along makes the road go silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// It never arrives: the server waits in an open transaction.
    Lost,
    /// It arrives, and its answer does not.
    Unanswered,
}

/// The message that ends a transaction, as Postgres reads it.
const COMMIT: &[u8] = b"COMMIT\0";
/// What a block at the tip, which is one statement and commits by itself, has among its parameters: the lease, and the notice.
const BLOCK: [&[u8]; 2] = [b"indexer", br#"{"what":"indexed""#];

#[derive(Debug, Clone, Copy)]
struct State {
    passage: Passage,
    server_port: u16,
    /// Connections older than the last of these are silent for ever.
    abandoned: u32,
    awaits: Option<Commit>,
}

/// A port of this machine that leads to another one.
#[derive(Debug)]
pub struct TcpProxy {
    port: u16,
    state: watch::Sender<State>,
}

impl TcpProxy {
    pub async fn to(server_port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let state = watch::Sender::new(State { passage: Passage::Open, server_port, abandoned: 0, awaits: None });
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, shared.clone()));
            }
        });
        Ok(Self { port, state })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What was silent goes on where it was, when it is open again.
    pub fn set(&self, passage: Passage) {
        self.state.send_modify(|state| (state.passage, state.awaits) = (passage, None));
    }

    /// Goes silent with the next commit.
    pub fn silence_at(&self, commit: Commit) {
        self.state.send_modify(|state| state.awaits = Some(commit));
    }

    /// Returns when it is silent.
    pub async fn silent(&self) {
        let mut changes = self.state.subscribe();
        // The sender is ours.
        let _ = changes.wait_for(|state| state.passage == Passage::Silent).await;
    }

    /// What is on its way now never arrives, and nobody is told. New connections come about.
    pub fn abandon(&self) {
        self.state.send_modify(|state| {
            (state.passage, state.awaits) = (Passage::Open, None);
            state.abandoned += 1;
        });
    }

    /// New connections go to another server.
    pub fn lead_to(&self, server_port: u16) {
        self.state.send_modify(|state| state.server_port = server_port);
    }
}

async fn carry(mut client: TcpStream, state: watch::Sender<State>) {
    let mut changes = state.subscribe();
    let State { abandoned: born, server_port, .. } = *changes.borrow();
    let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server_port)).await else { return };
    let (mut asked, mut answered) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    // A part that was lost makes what would follow meaningless.
    let mut has_lost = false;
    loop {
        let now = *changes.borrow_and_update();
        if now.passage == Passage::Closed {
            return;
        }
        let is_silent = has_lost || now.passage == Passage::Silent || now.abandoned > born;
        let passed = tokio::select! {
            changed = changes.changed() => changed.is_ok(),
            read = client.read(&mut asked), if !is_silent => {
                let asked = &asked[..read.unwrap_or(0)];
                match now.awaits.filter(|_| commits(asked)) {
                    None => pass(asked, &mut server).await,
                    Some(commit) => {
                        state.send_modify(|state| (state.passage, state.awaits) = (Passage::Silent, None));
                        has_lost = commit == Commit::Lost;
                        has_lost || pass(asked, &mut server).await
                    }
                }
            }
            read = server.read(&mut answered), if !is_silent => pass(&answered[..read.unwrap_or(0)], &mut client).await,
        };
        if !passed {
            return;
        }
    }
}

fn commits(asked: &[u8]) -> bool {
    let has = |wanted: &[u8]| asked.windows(wanted.len()).any(|part| part == wanted);
    has(COMMIT) || BLOCK.iter().all(|part| has(part))
}

/// False where one end has gone.
async fn pass(part: &[u8], to: &mut TcpStream) -> bool {
    !part.is_empty() && to.write_all(part).await.is_ok()
}

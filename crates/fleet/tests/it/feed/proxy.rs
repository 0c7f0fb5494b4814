//! What stands before a node: it lets requests through, one connection each, or does something else with them.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};
use tokio_util::sync::CancellationToken;

/// When the fleet is killed at a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cut {
    /// The node never hears of it.
    Before,
    /// The node has done it, and nobody hears its answer.
    After,
}

#[derive(Debug, Default)]
struct State {
    /// Method and path of all requests.
    seen: Vec<String>,
    cut: Option<(usize, Cut)>,
    /// What is answered in the node's place: by the beginning of method and path, a status and a body. Status 0: nothing, ever.
    answers: Vec<(String, u16, String)>,
    /// The last byte of the address from which the next request comes: a node counts logins by address.
    from: u8,
}

#[derive(Debug, Clone)]
pub struct Proxy {
    pub url: String,
    /// Cancelled when a cut is reached.
    pub killed: CancellationToken,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    pub async fn start(node: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let proxy = Self { url, killed: CancellationToken::new(), state: Arc::default() };
        let served = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let served = served.clone();
                tokio::spawn(async move { served.serve(client, node).await });
            }
        });
        proxy
    }

    pub fn cut(&self, at: usize, cut: Cut) {
        self.with(|state| state.cut = Some((at, cut)));
    }

    pub fn answer(&self, request: &str, status: u16, body: &str) {
        self.with(|state| state.answers.push((request.into(), status, body.into())));
    }

    pub fn let_through(&self) {
        self.with(|state| state.answers.clear());
    }

    /// How often this was asked.
    pub fn count(&self, request: &str) -> usize {
        self.with(|state| state.seen.iter().filter(|seen| seen.starts_with(request)).count())
    }

    pub fn seen(&self) -> Vec<String> {
        self.with(|state| state.seen.clone())
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn serve(&self, mut client: TcpStream, node: SocketAddr) -> io::Result<()> {
        let (head, body) = read(&mut client).await?;
        let request = head.split(" HTTP/").next().unwrap_or_default().to_owned();
        let (cut, answer, from) = self.with(|state| {
            state.seen.push(request.clone());
            state.from = state.from % 250 + 2;
            let cut = state.cut.filter(|(at, _)| *at == state.seen.len()).map(|(_, cut)| cut);
            let answer = state.answers.iter().find(|(begins, ..)| request.starts_with(begins)).cloned();
            (cut, answer, state.from)
        });
        if cut == Some(Cut::Before) {
            self.killed.cancel();
            return Ok(());
        }
        let answer = match answer {
            Some((_, 0, _)) => return std::future::pending().await,
            Some((_, status, body)) => format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes(),
            None => forward(node, from, &head, &body).await?,
        };
        if cut == Some(Cut::After) {
            self.killed.cancel();
            return Ok(());
        }
        client.write_all(&answer).await?;
        client.shutdown().await
    }
}

/// The request's head, with its last empty line, and its body.
async fn read(client: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let count = client.read(&mut chunk).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&chunk[..count]);
        let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        let body_end = end + 4 + length.unwrap_or(0);
        while bytes.len() < body_end {
            let count = client.read(&mut chunk).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            bytes.extend_from_slice(&chunk[..count]);
        }
        return Ok((head, bytes[end + 4..body_end].to_vec()));
    }
}

async fn forward(node: SocketAddr, from: u8, head: &str, body: &[u8]) -> io::Result<Vec<u8>> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, from], 0)))?;
    let mut server = socket.connect(node).await?;
    server.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).await?;
    server.write_all(body).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    Ok(answer)
}

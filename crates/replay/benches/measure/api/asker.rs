//! A connection that asks as pgbench does: what it sends is written at once, what comes is read into a buffer that is there, and no more is looked at than
//! its status and its length. The machine is shared, so what a client costs is taken from the server.

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// No answer that is asked for is larger.
const BUFFER_BYTES: usize = 1 << 20;

pub struct Asker {
    stream: TcpStream,
    /// Behind the path of each request.
    headers: String,
    request: String,
    buffer: Box<[u8]>,
    status: u16,
}

impl Asker {
    /// Each answer is to have this status; `header` is a line that is sent besides.
    pub async fn connect(address: &str, header: &str, status: u16) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("a connection to the API")?;
        stream.set_nodelay(true)?;
        let headers = format!(" HTTP/1.1\r\nhost: {address}\r\n{header}\r\n");
        Ok(Self { stream, headers, request: String::new(), buffer: vec![0; BUFFER_BYTES].into(), status })
    }

    /// Reads the whole answer.
    pub async fn ask(&mut self, path: &str) -> Result<()> {
        self.request.clear();
        self.request.push_str("GET /api/v1");
        self.request.push_str(path);
        self.request.push_str(&self.headers);
        self.stream.write_all(self.request.as_bytes()).await?;
        let (mut read, mut whole) = (0, None);
        while whole.is_none_or(|whole| read < whole) {
            let more = self.stream.read(&mut self.buffer[read..]).await?;
            ensure!(more > 0, "{path}: the connection ended within an answer");
            read += more;
            if whole.is_none() {
                whole = self.length(&self.buffer[..read]).with_context(|| path.to_owned())?;
            }
        }
        ensure!(whole == Some(read), "{path}: more came than the answer");
        Ok(())
    }

    /// Of the whole answer, once its headers are there.
    fn length(&self, text: &[u8]) -> Result<Option<usize>> {
        let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let head = std::str::from_utf8(&text[..end])?;
        let status: u16 = head.split(' ').nth(1).context("a status")?.parse()?;
        if status != self.status {
            bail!("answered with {status}: {}", String::from_utf8_lossy(&text[end..]));
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let body: usize = match status {
            304 => 0,
            _ => length.context("an answer without a length")?.parse()?,
        };
        Ok(Some(end + 4 + body))
    }
}

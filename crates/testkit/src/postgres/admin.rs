//! Statements for the server itself, over its private socket: the frontend protocol's simple query, version 3.0
//! (PostgreSQL documentation, chapter "Frontend/Backend Protocol"). No driver, so that the crate which owns the SQL can be
//! built against a database that this one started.

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    os::{fd::AsRawFd, unix::net::UnixStream},
    path::Path,
    time::Duration,
};

use super::cluster::ROLE;
use crate::{Error, Result};

const NAME: &str = "Postgres";
const PROTOCOL: u32 = 3 << 16;
/// Long enough for a migration, short enough not to hang a test for ever.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(120);
/// No answer to an administrator's statement comes near this.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// A connection over the socket in the cluster's folder, where the folder's mode is the password.
#[derive(Debug)]
pub(super) struct AdminConnection {
    stream: BufReader<UnixStream>,
}

impl AdminConnection {
    pub(super) fn open(cluster: &Path, port: u16, database: &str) -> Result<Self> {
        let unreachable = |error: io::Error| Error::Unreachable { what: NAME, cause: error.to_string() };
        let stream = connect(cluster, port).map_err(unreachable)?;
        stream.set_read_timeout(Some(STATEMENT_TIMEOUT)).map_err(unreachable)?;
        stream.set_write_timeout(Some(STATEMENT_TIMEOUT)).map_err(unreachable)?;
        let mut connection = Self { stream: BufReader::new(stream) };
        let mut start = PROTOCOL.to_be_bytes().to_vec();
        for text in ["user", ROLE, "database", database, ""] {
            start.extend_from_slice(text.as_bytes());
            start.push(0);
        }
        connection.send(None, &start).map_err(unreachable)?;
        connection.until_ready()?;
        Ok(connection)
    }

    /// Runs statements and returns the first column of each row.
    pub(super) fn run(&mut self, sql: &str) -> Result<Vec<String>> {
        let unreachable = |error: io::Error| Error::Unreachable { what: NAME, cause: error.to_string() };
        let mut body = sql.as_bytes().to_vec();
        body.push(0);
        self.send(Some(b'Q'), &body).map_err(unreachable)?;
        self.until_ready()
    }

    /// Reads to the end of an answer. The first error is the one that counts, but the rest has to be read.
    fn until_ready(&mut self) -> Result<Vec<String>> {
        let (mut rows, mut refused) = (Vec::new(), None);
        loop {
            let received = self.receive();
            let (kind, body) = match (received, refused) {
                (Ok(message), kept) => {
                    refused = kept;
                    message
                }
                // A refused start is followed by the end of the connection.
                (Err(_), Some(message)) => return Err(Error::Refused { what: NAME, message }),
                (Err(error), None) => return Err(Error::Unreachable { what: NAME, cause: error.to_string() }),
            };
            match kind {
                b'D' => rows.push(first_column(&body)),
                b'E' => refused = refused.or_else(|| Some(error_message(&body))),
                b'Z' => return refused.map_or(Ok(rows), |message| Err(Error::Refused { what: NAME, message })),
                _ => {}
            }
        }
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len() + 4).map_err(io::Error::other)?;
        let mut message = Vec::with_capacity(body.len() + 5);
        message.extend(kind);
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(body);
        self.stream.get_mut().write_all(&message)
    }

    fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.stream.read_exact(&mut head)?;
        let [kind, length @ ..] = head;
        let length = (u32::from_be_bytes(length) as usize).saturating_sub(4);
        if length > MAX_MESSAGE_BYTES {
            return Err(io::Error::other("the answer is too long"));
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((kind, body))
    }
}

/// A socket's path is limited to about 100 bytes; through the folder's descriptor any folder will do.
fn connect(cluster: &Path, port: u16) -> io::Result<UnixStream> {
    let folder = File::open(cluster)?;
    let name = format!(".s.PGSQL.{port}");
    if cfg!(target_os = "linux") {
        UnixStream::connect(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd()))
    } else {
        UnixStream::connect(cluster.join(name))
    }
}

/// DataRow: a count (i16), then for each column its length (i32, -1 for null) and its text.
fn first_column(body: &[u8]) -> String {
    let length = body.get(2..6).and_then(|bytes| bytes.try_into().ok()).map_or(-1, i32::from_be_bytes);
    let text = usize::try_from(length).ok().and_then(|length| body.get(6..6 + length));
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}

/// ErrorResponse: fields of a letter and a text that ends in a zero byte; `M` is the sentence.
fn error_message(body: &[u8]) -> String {
    let message = body.split(|byte| *byte == 0).find_map(|field| field.strip_prefix(b"M"));
    String::from_utf8_lossy(message.unwrap_or(b"an error without a message")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_of_an_error_is_found_among_its_fields() {
        assert_eq!(error_message(b"SERROR\0C42601\0Msyntax error\0P8\0\0"), "syntax error");
        assert_eq!(error_message(b"SERROR\0\0"), "an error without a message");
    }

    #[test]
    fn rows_give_their_first_column() {
        assert_eq!(first_column(b"\0\x02\0\0\0\x03abc\0\0\0\x01d"), "abc");
        assert_eq!(first_column(b"\0\x01\xff\xff\xff\xff"), "");
        assert_eq!(first_column(b"\0\x01\0\0\0\x09ab"), "");
    }
}

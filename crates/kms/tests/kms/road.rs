//! The way to the chain, on which somebody writes down what is sent.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const SEND: &str = "eth_sendRawTransaction";

pub struct Road {
    pub url: String,
    /// One text a connection.
    asked: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Road {
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let kept = asked.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, port, kept.clone()));
            }
        });
        Self { url, asked }
    }

    /// Every transaction that was sent, as 0x and hexadecimal digits.
    pub fn sent(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let texts = asked.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        texts.flat_map(|text| text.split(SEND).skip(1).filter_map(first).collect::<Vec<_>>()).collect()
    }
}

/// The first parameter after the method's name; a call has at most one such method, and an answer's number before or after it.
fn first(rest: &str) -> Option<String> {
    let start = rest.find("\"0x")? + 1;
    let length = rest[start..].find('"')?;
    Some(rest[start..start + length].to_owned())
}

async fn carry(mut client: TcpStream, port: u16, kept: Arc<Mutex<Vec<Vec<u8>>>>) {
    let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
    let place = {
        let mut kept = kept.lock().unwrap();
        kept.push(Vec::new());
        kept.len() - 1
    };
    let (mut asked, mut answered) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        let passed = tokio::select! {
            read = client.read(&mut asked) => match read {
                Ok(length @ 1..) => {
                    kept.lock().unwrap()[place].extend(&asked[..length]);
                    server.write_all(&asked[..length]).await
                }
                _ => return,
            },
            read = server.read(&mut answered) => match read {
                Ok(length @ 1..) => client.write_all(&answered[..length]).await,
                _ => return,
            },
        };
        if passed.is_err() {
            return;
        }
    }
}

//! An external adapter: it answers every request with 42, and counts them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const BODY: &str = r#"{"data":{"result":42}}"#;

pub struct Adapter {
    pub url: String,
    asked: Arc<AtomicUsize>,
}

impl Adapter {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let count = count.clone();
                tokio::spawn(async move {
                    // What was asked is no matter: a request of a few hundred bytes comes in one piece here.
                    let _ = client.read(&mut [0; 8_192]).await;
                    count.fetch_add(1, Ordering::Relaxed);
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len());
                    let _ = client.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { url, asked }
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

//! What the listener bounds, and how it ends. That half a header loses the connection is in `tests/it/limits.rs`.

use axum::{response::sse::Sse, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};

use super::*;

const WAIT_TIMEOUT: Duration = Duration::from_secs(20);

/// A router whose answers wait until they are let go; and told of each request that has come.
struct Held {
    come: Arc<Notify>,
    go: Arc<Notify>,
    address: SocketAddr,
    shutdown: CancellationToken,
    served: JoinHandle<()>,
}

impl Held {
    async fn start(max_connections: usize) -> Self {
        let (come, go, shutdown) = (Arc::new(Notify::new()), Arc::new(Notify::new()), CancellationToken::new());
        let (told, waits) = (come.clone(), go.clone());
        let answer = async move || {
            told.notify_one();
            waits.notified().await;
            "answered"
        };
        let router = Router::new().route("/", get(answer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = tokio::spawn(serve_at_most(max_connections, listener, router, shutdown.clone()));
        Self { come, go, address, shutdown, served }
    }

    async fn ask(&self) -> TcpStream {
        let mut client = TcpStream::connect(self.address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        client
    }

    async fn has_come(&self) {
        timeout(WAIT_TIMEOUT, self.come.notified()).await.expect("a request comes to the router");
    }
}

async fn answer(mut client: TcpStream) -> String {
    let mut text = String::new();
    timeout(WAIT_TIMEOUT, client.read_to_string(&mut text)).await.expect("an answer").unwrap();
    text
}

#[tokio::test]
async fn a_client_that_does_not_read_its_stream_loses_it() {
    let endless = futures_util::stream::repeat_with(|| Ok::<_, Infallible>(axum::response::sse::Event::default().data("x")));
    let router = Router::new().route("/", get(async move || Sse::new(endless)));
    let (mut client, server) = tokio::io::duplex(1_024);
    client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let peer = SocketAddr::from(([127, 0, 0, 1], 1));
    let served = serve_connection(server, peer, router, CancellationToken::new(), Duration::from_millis(50));
    timeout(WAIT_TIMEOUT, served).await.expect("the server gives the stream up");
}

#[tokio::test]
async fn one_connection_more_than_may_be_open_waits_for_one_that_ends() {
    let held = Held::start(1).await;
    let first = held.ask().await;
    held.has_come().await;
    let second = held.ask().await;
    assert!(timeout(Duration::from_millis(200), held.come.notified()).await.is_err(), "the second request waits");
    held.go.notify_one();
    assert!(answer(first).await.ends_with("answered"));
    held.has_come().await;
    held.go.notify_one();
    assert!(answer(second).await.ends_with("answered"));
}

#[tokio::test]
async fn at_the_end_new_clients_are_refused_and_open_requests_are_answered() {
    let held = Held::start(10).await;
    let open = held.ask().await;
    held.has_come().await;
    held.shutdown.cancel();
    let refused = async {
        while TcpStream::connect(held.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(WAIT_TIMEOUT, refused).await.expect("a new client is refused while a request is open");
    assert!(!held.served.is_finished());
    held.go.notify_one();
    assert!(answer(open).await.ends_with("answered"));
    timeout(WAIT_TIMEOUT, held.served).await.expect("it ends with the last connection").unwrap();
}

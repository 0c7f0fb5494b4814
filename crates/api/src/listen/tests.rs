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

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
/// In place of a limit that is to be passed.
const SHORT_TIME: Duration = Duration::from_millis(100);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

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
        Self::with(max_connections, TIMEOUTS).await
    }

    async fn with(max_connections: usize, timeouts: Timeouts) -> Self {
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
        let served = tokio::spawn(serve_at_most(max_connections, timeouts, listener, router, shutdown.clone()));
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
    client.write_all(REQUEST).await.unwrap();
    let peer = SocketAddr::from(([127, 0, 0, 1], 1));
    let timeouts = Timeouts { write: SHORT_TIME, ..TIMEOUTS };
    let rests = Rests::first(Arc::default());
    let served = serve_connection(server, peer, router, rests, CancellationToken::new(), timeouts);
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

/// A listener that answers at once and has these limits.
async fn answering(header_read: Duration, idle: Duration) -> Held {
    let held = Held::with(10, Timeouts { patience: Patience { header_read, idle }, ..TIMEOUTS }).await;
    let (come, go) = (held.come.clone(), held.go.clone());
    tokio::spawn(async move {
        loop {
            come.notified().await;
            go.notify_one();
        }
    });
    held
}

/// One answer of a connection that stays open.
async fn one_answer(client: &mut TcpStream) {
    let mut text = Vec::new();
    while !text.ends_with(b"answered") {
        let read = timeout(WAIT_TIMEOUT, client.read_buf(&mut text)).await.expect("an answer").unwrap();
        assert!(read > 0, "it ends after {}", String::from_utf8_lossy(&text));
    }
}

async fn is_open(client: &mut TcpStream, time: Duration) -> bool {
    match timeout(time, client.read(&mut [0])).await {
        Err(_) => true,
        Ok(Ok(0) | Err(_)) => false,
        Ok(Ok(_)) => panic!("an answer to nothing"),
    }
}

#[tokio::test]
async fn a_client_that_asks_again_after_a_rest_is_answered_and_may_not_take_as_long_to_ask() {
    let held = answering(SHORT_TIME, WAIT_TIMEOUT * 3).await;
    let mut client = TcpStream::connect(held.address).await.unwrap();
    for _ in 0..2 {
        client.write_all(REQUEST).await.unwrap();
        one_answer(&mut client).await;
        assert!(is_open(&mut client, SHORT_TIME * 3).await, "a rest is no slow header");
    }
    client.write_all(b"GET / HTTP/1.1\r\nx: ").await.unwrap();
    let trickle = async {
        while is_open(&mut client, SHORT_TIME / 10).await {
            // Once the other side has closed, it can't be written.
            let _ = client.write_all(b"x").await;
        }
    };
    timeout(WAIT_TIMEOUT, trickle).await.expect("a slow header ends the connection");
}

#[tokio::test]
async fn a_client_that_rests_too_long_and_one_that_never_begins_lose_their_connections() {
    let held = answering(WAIT_TIMEOUT * 3, SHORT_TIME).await;
    let mut client = TcpStream::connect(held.address).await.unwrap();
    client.write_all(REQUEST).await.unwrap();
    one_answer(&mut client).await;
    assert!(!is_open(&mut client, WAIT_TIMEOUT).await, "it has rested too long");
    let held = answering(SHORT_TIME, WAIT_TIMEOUT * 3).await;
    let mut silent = TcpStream::connect(held.address).await.unwrap();
    assert!(!is_open(&mut silent, WAIT_TIMEOUT).await, "it has not begun");
}

#[tokio::test]
async fn where_no_more_may_be_open_the_one_that_has_waited_longest_makes_room_and_none_that_is_being_answered() {
    let held = Held::start(3).await;
    let answered = held.ask().await;
    held.has_come().await;
    let mut silent = TcpStream::connect(held.address).await.unwrap();
    let mut begun = TcpStream::connect(held.address).await.unwrap();
    begun.write_all(&REQUEST[..20]).await.unwrap();
    let another = held.ask().await;
    assert!(!is_open(&mut silent, WAIT_TIMEOUT).await, "who has said nothing for longest makes room");
    held.has_come().await;
    begun.write_all(&REQUEST[20..]).await.unwrap();
    held.has_come().await;
    for _ in 0..3 {
        held.go.notify_one();
        tokio::task::yield_now().await;
    }
    one_answer(&mut begun).await;
    for client in [answered, another] {
        assert!(answer(client).await.ends_with("answered"));
    }
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

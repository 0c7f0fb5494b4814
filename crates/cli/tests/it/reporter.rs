//! `linkpool reporter`: the guard's report stays fresh while the source can be believed, and only then.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant},
};

use linkpool_contracts::pool::registryCall;
use linkpool_testkit::fixture::Contracts;

use crate::{fixture::CliFixture, program::assert_refused};

const DAY: Duration = Duration::from_secs(86_400);
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

struct Reporter {
    process: Child,
    health: SocketAddr,
}

impl Reporter {
    fn start(fixture: &CliFixture) -> Self {
        let mut process = fixture.command("reporter").env("NO_PROXY", "127.0.0.1").stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let (tell, told) = mpsc::channel();
        // To the end, so that it can always write.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(tell.send(line))));
        let (deadline, mut said) = (Instant::now() + WAIT_TIMEOUT, String::new());
        let health = loop {
            let line = told.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|_| panic!("the reporter ended, or does not say where it listens: {said}"));
            if let Some((_, rest)) = line.split_once("health and metrics at http://") {
                break rest.trim_end_matches('/').parse().unwrap();
            }
            said.push_str(&line);
        };
        Self { process, health }
    }

    /// The body of a path of its listener.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.health).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    async fn says(&self, path: &str, text: &str) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let answer = self.get(path);
            if answer.contains(text) {
                return;
            }
            assert!(Instant::now() < deadline, "{path} never says {text:?}: {answer}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn fixture(source: &str) -> (CliFixture, Contracts) {
    let (fixture, contracts, _) = CliFixture::with_pool(|accounts, ours| accounts.reporter = ours).await;
    let settings = format!("[reporter]\n{source}\npoll_ms = 50\nhealth_listen = \"127.0.0.1:0\"\n");
    fixture.configure(31337, &format!("pool = \"{}\"\n", contracts.pool), &settings);
    (fixture, contracts)
}

async fn until_reported(fixture: &CliFixture, contracts: &Contracts, size: u32) {
    let deadline = Instant::now() + WAIT_TIMEOUT;
    loop {
        let registry = fixture.chain.call(contracts.pool, &registryCall {}).await.unwrap();
        if registry.reported == size {
            return;
        }
        assert!(Instant::now() < deadline, "{} is reported and not {size}", registry.reported);
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_is_renewed_in_time_and_a_number_that_cannot_be_is_not_reported() {
    let (fixture, contracts) = fixture("source_file = \"size\"").await;
    let size = |text: &str| fs::write(fixture.path("size"), text).unwrap();
    size("19500\n");
    // Killed with the report on its way: the next one finds it done.
    fixture.chain.advance_time(4 * DAY).await.unwrap();
    fixture.killed_at("sent", "reporter");
    until_reported(&fixture, &contracts, 19_500).await;
    let reporter = Reporter::start(&fixture);
    reporter.says("/health", "\"state\":\"ok\"").await;
    assert_eq!(fixture.nonce().await, 1);

    size("0");
    reporter.says("/health", "0 nodes").await;
    size("9749");
    reporter.says("/health", "less than half of the 19500 reported last").await;
    reporter.says("/metrics", "linkpool_reporter_failures_total{reason=\"halved\"}").await;
    fixture.chain.advance_time(8 * DAY).await.unwrap();
    reporter.says("/metrics", "linkpool_reporter_report_left_seconds 0").await;
    assert!(fixture.succeed("guard status").contains("closed: the last report is too old"));
    assert_eq!(fixture.nonce().await, 1, "an unbelievable number was reported");

    size("19000");
    until_reported(&fixture, &contracts, 19_000).await;
    assert!(fixture.succeed("guard status").contains("open: 1900 more nodes"));
    reporter.says("/metrics", "linkpool_reporter_reports_total 1").await;
    assert_eq!(fixture.nonce().await, 2);
}

/// Answers every request with what is in the cell.
fn serve(answer: Arc<Mutex<String>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.lock().unwrap().as_bytes());
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_on_the_network_is_asked_for_its_number_and_cannot_hurt() {
    let http = |status: &str, body: &str| {
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    };
    let answer = Arc::new(Mutex::new(http("500 Internal Server Error", "secret")));
    let set = |text: String| *answer.lock().unwrap() = text;
    let address = serve(answer.clone());
    let (fixture, contracts) =
        fixture(&format!("source_url = \"http://{address}/secret-key\"\npointer = \"/network/nodes\"")).await;
    fixture.chain.advance_time(4 * DAY).await.unwrap();
    let reporter = Reporter::start(&fixture);
    reporter.says("/health", "it answers 500").await;
    assert!(!reporter.get("/health").contains("secret"));
    set(http("200 OK", &"9".repeat(2 << 20)));
    reporter.says("/health", "longer than").await;
    set(http("200 OK", "<html></html>"));
    reporter.says("/health", "no whole number at `/network/nodes`").await;
    set(http("302 Found", ""));
    reporter.says("/health", "it answers 302").await;
    assert_eq!(fixture.nonce().await, 0);
    set(http("200 OK", r#"{"network":{"nodes":19001}}"#));
    until_reported(&fixture, &contracts, 19_001).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reporter_without_a_source_or_too_slow_for_the_pool_does_not_start() {
    let (fixture, contracts) = fixture("").await;
    assert_refused(&fixture.run("reporter"), 2, &["reporter: set one of source_file, source_url, or size with size_until"]);
    let slow = "[reporter]\nsize = 19000\nsize_until = \"2100-01-01T00:00:00Z\"\nreport_after_hours = 168\n";
    fixture.configure(31337, &format!("pool = \"{}\"\n", contracts.pool), slow);
    assert_refused(&fixture.run("reporter"), 2, &["reports count for 604800 s on this pool"]);
}

//! `linkpool scale up` against a listener that fails in every way a listener can.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    process::Output,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::program::{assert_refused, linkpool};

const NODE: &str = "0123456789ab";
const TOKEN: &str = "a-token-of-thirty-two-characters";
/// A call that has not come by then comes no more.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Answers one connection each, in order, and then is gone. An empty answer closes the connection.
struct Listener {
    address: SocketAddr,
    requests: JoinHandle<Vec<String>>,
}

impl Listener {
    fn start(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        let requests = std::thread::spawn(move || answers.iter().map_while(|answer| answer_one(&listener, answer)).collect());
        Self { address, requests }
    }

    /// Runs `linkpool scale up` against it. Gives the output and the requests.
    fn scale_up(self, arguments: &[&str]) -> (Output, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token");
        std::fs::write(&token, TOKEN).unwrap();
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
        let output = linkpool()
            .current_dir(folder.path())
            .env("LINKPOOL__OPERATOR__URL", format!("http://{}", self.address))
            .env("LINKPOOL__OPERATOR__TOKEN_FILE", &token)
            // A proxy that nobody runs: a call through it would find no connection.
            .env("http_proxy", "http://127.0.0.1:1")
            .env_remove("no_proxy")
            .env_remove("NO_PROXY")
            .args(["scale", "up"])
            .args(arguments)
            .output()
            .unwrap();
        (output, self.requests.join().unwrap())
    }
}

fn answer_one(listener: &TcpListener, answer: &str) -> Option<String> {
    let deadline = Instant::now() + CALL_TIMEOUT;
    let mut stream = loop {
        match listener.accept() {
            Ok((stream, _)) => break stream,
            Err(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
            Err(_) => return None,
        }
    };
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(CALL_TIMEOUT)).unwrap();
    let request = request(&mut stream);
    stream.write_all(answer.as_bytes()).unwrap();
    Some(request)
}

/// A request's head; its body is read and dropped.
fn request(stream: &mut TcpStream) -> String {
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the request ends early: {}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&buffer[..read]);
        let all = String::from_utf8_lossy(&text);
        let Some((head, body)) = all.split_once("\r\n\r\n") else { continue };
        let length = header(head, "content-length").map_or(0, |text| text.parse().unwrap());
        if body.len() >= length {
            return head.to_owned();
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(found, text)| found.eq_ignore_ascii_case(name).then_some(text))
}

fn answer(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn created() -> String {
    let node = serde_json::json!({
        "id": NODE, "phase": "requested", "phase_since": "2026-11-22T11:00:00Z", "is_final": false, "health": "down", "wallet": null,
        "registered_block": null, "contract_status": null, "source": "fleet", "name": null, "proof_mode": "signature",
        "created_at": "2026-11-22T11:00:00Z", "attempts": 0, "retry_at": null, "last_error": null,
    });
    let body = serde_json::json!({ "data": { "operation_id": "one", "repeated": false, "nodes": [node] } });
    answer("202 Accepted", "application/json", &body.to_string())
}

#[test]
fn a_call_without_an_answer_names_the_key_that_repeats_it() {
    let broken = answer("502 Bad Gateway", "text/plain", "");
    let cut = "HTTP/1.1 202 Accepted\r\ncontent-length: 900\r\n\r\n{".to_owned();
    for (reply, code) in [(String::new(), 5), (broken, 5), (cut, 1)] {
        let (output, requests) = Listener::start(vec![reply]).scale_up(&["2"]);
        let key = requests.first().and_then(|head| header(head, "idempotency-key")).expect("no call came");
        assert_refused(&output, code, &["repeat with --idempotency-key", key, "it asks only once"]);
    }
}

/// As the listener answers while its database is busy.
fn busy() -> String {
    answer(
        "503 Service Unavailable\r\nretry-after: 1",
        "application/problem+json",
        r#"{"detail":"the database does not answer"}"#,
    )
}

#[test]
fn a_call_is_made_again_under_its_key_when_the_listener_says() {
    let (output, requests) = Listener::start(vec![busy(), busy(), created()]).scale_up(&["1"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let keys: Vec<_> = requests.iter().map(|head| header(head, "idempotency-key").expect("a key")).collect();
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn a_listener_that_stays_busy_is_asked_four_times() {
    let (output, requests) = Listener::start(vec![busy(), busy(), busy(), busy()]).scale_up(&["1"]);
    assert_eq!(requests.len(), 4);
    assert_refused(&output, 5, &["the database does not answer", "repeat with --idempotency-key"]);
}

#[test]
fn a_call_that_was_refused_is_not_to_be_repeated() {
    let problem = answer("400 Bad Request", "application/problem+json", r#"{"detail":"at most 50 nodes a call"}"#);
    let (output, _) = Listener::start(vec![problem]).scale_up(&["51"]);
    assert_refused(&output, 2, &["at most 50 nodes a call"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("--idempotency-key"));
}

#[test]
fn the_token_goes_to_the_listener_and_never_to_a_proxy() {
    let (output, requests) = Listener::start(vec![created()]).scale_up(&["1"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(requests.first().and_then(|head| header(head, "authorization")), Some(&*format!("Bearer {TOKEN}")));
}

#[test]
fn waiting_goes_on_when_the_listener_comes_back() {
    let event = format!(r#"{{"node_id":"{NODE}","number":2,"happened_at":"2026-11-22T11:00:00Z","kind":"open","detail":{{}}}}"#);
    let stream = answer("200 OK", "text/event-stream", &format!("event: node\ndata: {event}\n\n"));
    let unavailable = answer("503 Service Unavailable", "text/plain", "");
    let (output, _) = Listener::start(vec![created(), String::new(), unavailable, stream]).scale_up(&["1", "--wait"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("open"));
}

#[test]
fn waiting_for_a_listener_that_stays_away_ends_at_the_deadline() {
    let texts = ["not open after 1 s", NODE, "cannot reach the operator's listener"];
    let (output, _) = Listener::start(vec![created()]).scale_up(&["1", "--wait", "--timeout", "1"]);
    assert_refused(&output, 4, &texts);
    let (output, _) = Listener::start(vec![created()]).scale_up(&["1", "--wait", "--timeout", "1", "--json"]);
    let last: serde_json::Value =
        serde_json::from_slice(output.stderr.trim_ascii().rsplit(|byte| *byte == b'\n').next().unwrap()).unwrap();
    let message = last["fields"]["message"].as_str().unwrap();
    assert!(last["fields"]["exit_code"] == 4 && texts.iter().all(|text| message.contains(text)), "{last}");
}

#[test]
fn a_timeout_is_between_a_second_and_a_day() {
    for seconds in ["0", "86401", "18446744073709551615"] {
        let output = linkpool().args(["scale", "up", "--wait", "--timeout", seconds]).output().unwrap();
        assert_refused(&output, 2, &["--timeout", "1..=86400"]);
    }
}

//! Who hangs up.

use std::{
    io::Write,
    net::TcpStream,
    sync::{Arc, atomic::Ordering::Relaxed},
    thread::sleep,
    time::{Duration, Instant},
};

use linkpool_api::operator::OperatorToken;
use socket2::SockRef;
use tokio_util::sync::CancellationToken;

use super::{PATHS, tally::Tally};

/// Connections that are opened, used and reset in a second, where the machine can.
const RESETS_PER_SECOND: u64 = 1_600;
/// Threads that do it, each with one connection at a time. So many that the time until a busy machine wakes each of them up does not
/// add up to fewer resets.
const CALLERS: u64 = 64;
const RESET_INTERVAL: Duration = Duration::from_nanos(1_000_000_000 * CALLERS / RESETS_PER_SECOND);
const MAX_LAG_DELAY: Duration = Duration::from_millis(200);

/// Whom they call.
#[derive(Clone)]
pub struct Called {
    pub public: String,
    pub operator: String,
    pub token: OperatorToken,
}

/// Opens [`RESETS_PER_SECOND`] connections, to the public listener and to the operator's, from [`CALLERS`] threads: a runtime would
/// take the time that it measures from those whom it disturbs.
pub fn hang_ups(called: &Called, tally: &Arc<Tally>, end: &CancellationToken) -> Vec<std::thread::JoinHandle<()>> {
    let caller = |caller| {
        let (called, tally, end) = (called.clone(), tally.clone(), end.clone());
        std::thread::spawn(move || hang_up_for_long(caller, &called, &tally, &end))
    };
    (0..CALLERS).map(caller).collect()
}

fn hang_up_for_long(caller: u64, called: &Called, tally: &Tally, end: &CancellationToken) {
    let mut due = Instant::now();
    for turn in 0u64.. {
        if end.is_cancelled() {
            return;
        }
        hold_back(tally, end);
        let number = turn * CALLERS + caller;
        let after = Duration::from_micros(number * 7919 % 4_000);
        let (address, request) = called.request(number);
        let hung_up = hang_up(address, &request, after);
        tally.resets.fetch_add(u64::from(hung_up.is_ok()), Relaxed);
        // Who falls behind catches up for a moment, and does not make up for what a busy machine did not give.
        let now = Instant::now();
        due = (due + RESET_INTERVAL).max(now.checked_sub(MAX_LAG_DELAY).unwrap_or(now));
        sleep(due.saturating_duration_since(now));
    }
}

fn hold_back(tally: &Tally, end: &CancellationToken) {
    let begun = Instant::now();
    while tally.waits.are_long() && !end.is_cancelled() {
        sleep(RESET_INTERVAL);
    }
    tally.held_back.fetch_add(begun.elapsed().as_millis() as u64, Relaxed);
}

/// Sends a request and resets the connection within 4 ms.
fn hang_up(address: &str, request: &str, after: Duration) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
    stream.write_all(request.as_bytes())?;
    sleep(after);
    Ok(())
}

impl Called {
    /// Every other call is one that writes, of a node that there is not.
    fn request(&self, number: u64) -> (&str, String) {
        if number.is_multiple_of(2) {
            return (&self.operator, release(&self.token, number));
        }
        let path = PATHS[(number / 2) as usize % PATHS.len()];
        (&self.public, format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n"))
    }
}

fn release(token: &OperatorToken, number: u64) -> String {
    let (body, key) = (r#"{"reason":"a try"}"#, token.expose());
    let head = format!("host: a\r\nauthorization: Bearer {key}\r\nidempotency-key: {number}\r\ncontent-type: application/json");
    format!("POST /api/v1/operator/nodes/000000000000/release HTTP/1.1\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

//! Who reads.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use linkpool_primitives::JUELS_PER_LINK;
use reqwest::{Client, StatusCode};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{PATHS, tally::Tally};

/// How long an honest client looks at an answer.
const READING_DELAY: Duration = Duration::from_millis(200);

/// Reads one route after the other. An answer is right if it is whole, of one block, and no older than what was written when it was
/// asked for.
pub async fn read(client: Client, base: String, first: usize, tally: Arc<Tally>, end: CancellationToken) {
    for turn in first.. {
        if end.is_cancelled() {
            return;
        }
        let path = PATHS[turn % PATHS.len()];
        let written = tally.written.load(Relaxed);
        let asked = async {
            let answer = client.get(format!("{base}{path}")).send().await.unwrap();
            (answer.status(), answer.json::<Value>().await.unwrap())
        };
        let (status, body) = tally.waits.during(first, asked).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        tally.answers.fetch_add(1, Relaxed);
        if let Some(block) = body["meta"]["as_of"]["block_number"].as_u64() {
            assert!(block >= written, "{path}: as of block {block}, and {written} was written before");
            is_of_one_block(path, block, &body["data"]);
        }
        tokio::time::sleep(READING_DELAY).await;
    }
}

fn is_of_one_block(path: &str, block: u64, data: &Value) {
    // Block 11 makes the pool, 12 the node; every block since stakes one LINK.
    let staked = (u128::from(block - 12) * JUELS_PER_LINK).to_string();
    if path.ends_with("0101") {
        assert_eq!(data["stake_juels"], staked, "{path} at block {block}");
    }
    if path.ends_with("/status") {
        assert_eq!(data["indexed"]["block_number"], block, "{data}");
    }
}

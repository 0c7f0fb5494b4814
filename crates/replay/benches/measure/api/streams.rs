//! How soon each of many open streams has a block, and what they hold.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use http_body_util::BodyExt;
use hyper::{Response, body::Incoming, header::CONTENT_ENCODING};
use linkpool_db::{Database, notice::Notice};
use serde_json::json;
use tokio::{sync::mpsc, task::JoinSet};

use super::{Arguments, Rows, client::Client, start};
use crate::{fixture::BenchFixture, percentile};

/// Before a block counts as lost.
const WAIT_TIMEOUT: Duration = Duration::from_secs(30);
const BLOCK_INTERVAL: Duration = Duration::from_millis(500);
/// No `head` is longer.
const MAX_HEAD_BYTES: usize = 512;

/// With which each piece of a compressed stream ends.
const PIECE_END: &[u8] = &[0, 0, 0xff, 0xff];
/// Those that come before any block: how the stream is resumed, and the present.
const FIRST_PIECES: u64 = 2;

/// A block that a stream has told of, and when.
type Seen = (u64, Instant);

pub async fn measure(fixture: &mut BenchFixture, url: &str, database: &Database, arguments: &Arguments) -> Result<Rows> {
    let (server, address) = start(fixture, url).await?;
    let ws = fixture.chain["ws"].as_str().unwrap_or_default().to_owned();
    let indexer = fixture.again(&["follow", fixture.rpc(), url, "--ws", &ws])?;
    let (mut rows, mut first, mut notices) = (Rows::new(), Vec::new(), database.notices().await?);
    let mut head = fixture.number("head");
    for (name, coding) in [("sse", "identity"), ("sse_gzip", "gzip")] {
        let (sender, mut seen) = mpsc::unbounded_channel();
        let mut readers = JoinSet::new();
        for _ in 0..arguments.streams {
            let mut client = Client::connect(&address).await?;
            let answer = client.send("/stream", coding).await?;
            ensure!(answer.status().is_success(), "a stream was refused: {}", answer.status());
            readers.spawn(read(client, answer, head, sender.clone()));
        }
        let (mut taken, mut asking) = (Vec::new(), Client::connect(&address).await?);
        for _ in 0..arguments.blocks {
            tokio::time::sleep(BLOCK_INTERVAL).await;
            head = mine(fixture).await?;
            let committed = until_committed(&mut notices, head).await?;
            let all = tokio::time::timeout(WAIT_TIMEOUT, everybody(&mut seen, head, arguments.streams)).await;
            let all = all.with_context(|| format!("not every stream has told of block {head}"))??;
            let told = all.iter().map(|at| at.saturating_duration_since(committed).as_secs_f64() * 1_000.0);
            let before = taken.len();
            taken.extend(told);
            let last = taken[before..].iter().copied().fold(0.0, f64::max);
            eprintln!("{name}: block {head}: the last stream told of it after {last:.0} ms");
            let begun = Instant::now();
            asking.ask("/nodes?limit=50").await?;
            first.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        taken.sort_by(f64::total_cmp);
        rows.extend([50, 99].map(|percent| (format!("{name}_p{percent}_ms"), percentile(&taken, percent))));
        rows.push((format!("{name}_rss_mb"), server.usage()?.peak_mb));
        readers.shutdown().await;
    }
    first.sort_by(f64::total_cmp);
    rows.push(("first_of_block_ms".to_owned(), percentile(&first, 50)));
    indexer.stop().await?;
    server.stop().await?;
    Ok(rows)
}

async fn mine(fixture: &BenchFixture) -> Result<u64> {
    let head = fixture.ask("replay_mine", json!([])).await?;
    let head = head.as_str().and_then(|head| u64::from_str_radix(head.trim_start_matches("0x"), 16).ok());
    head.context("the new head")
}

async fn until_committed(notices: &mut linkpool_db::notice::Notices, head: u64) -> Result<Instant> {
    let heard = tokio::time::timeout(WAIT_TIMEOUT, async {
        loop {
            if let Some(Notice::Indexed { to, .. }) = notices.next().await?
                && to >= head
            {
                return Ok(Instant::now());
            }
        }
    });
    heard.await.with_context(|| format!("block {head} is not in the database"))?
}

/// When each stream told of the block.
async fn everybody(seen: &mut mpsc::UnboundedReceiver<Seen>, head: u64, streams: usize) -> Result<Vec<Instant>> {
    let mut all = Vec::with_capacity(streams);
    while all.len() < streams {
        let Some((block, at)) = seen.recv().await else { bail!("the streams have ended") };
        if block == head {
            all.push(at);
        }
    }
    Ok(all)
}

/// Tells of each block that comes behind `before`. The client is held: its connection ends with it. It takes its share of the machine, so
/// of what comes it looks at the end alone: at the `head`, which is the last event of a block, or at how many pieces have come.
async fn read(client: Client, answer: Response<Incoming>, before: u64, sender: mpsc::UnboundedSender<Seen>) -> Result<()> {
    let is_gzip = answer.headers().contains_key(CONTENT_ENCODING);
    let (mut body, mut pieces, mut end) = (answer.into_body(), 0, Vec::with_capacity(2 * MAX_HEAD_BYTES));
    while let Some(frame) = body.frame().await {
        let at = Instant::now();
        let Ok(data) = frame?.into_data() else { continue };
        end.extend_from_slice(&data[data.len().saturating_sub(MAX_HEAD_BYTES)..]);
        end.drain(..end.len().saturating_sub(MAX_HEAD_BYTES));
        pieces += u64::from(is_gzip && end.ends_with(PIECE_END));
        let of_pieces = (pieces > FIRST_PIECES && end.ends_with(PIECE_END)).then(|| before + pieces - FIRST_PIECES);
        if let Some(block) = of_pieces.or_else(|| head(&end)) {
            sender.send((block, at))?;
            end.clear();
        }
    }
    drop(client);
    Ok(())
}

/// The block of the `head` with which the text ends: its name, its data, and its id.
fn head(text: &[u8]) -> Option<u64> {
    let mut lines = text.strip_suffix(b"\n\n")?.rsplit(|byte| *byte == b'\n');
    let (_id, data, event) = (lines.next()?, lines.next()?, lines.next()?);
    let data = data.strip_prefix(b"data: ").filter(|_| event == b"event: head")?;
    serde_json::from_slice::<serde_json::Value>(data).ok()?["block_number"].as_u64()
}

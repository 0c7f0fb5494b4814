//! `GET /api/v1/stream`: what changes, as server-sent events (HTML Living Standard, 9.2).

use std::{collections::VecDeque, convert::Infallible, net::SocketAddr, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, State},
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, stream};
use linkpool_db::read::{EventPosition, Fate, Snapshot};
use linkpool_primitives::BlockRef;
use tokio::sync::broadcast;

use crate::{
    accept::takes_gzip,
    as_of::AsOf,
    batch::Batch,
    gzip,
    limits::{Client, StreamPermit},
    live::MAX_EVENTS,
    parameters::{EventId, StreamQuery},
    problem::Problem,
    state::Api,
    update::{Topic, Update},
};

const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// A comment, which clients pass over.
const KEEP_ALIVE: Bytes = Bytes::from_static(b":\n\n");
const CLIENT_RETRY_DELAY: Duration = Duration::from_millis(2_000);
/// Events read at once for a client that was away.
const PAGE: u32 = 200;

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
const ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("accept-encoding");
static ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Live changes
///
/// Server-sent events. `head` comes once for each indexed range of blocks; `node`, `stake`, `reward` and `pool` for each
/// event of the contract; `announcement` each time that an owner's operation is scheduled, done or cancelled, as it then stands;
/// `reorg` means that whatever you hold from `first_invalid_block` on must be fetched again.
/// Every `id` is `<block>-<log index>-<first 8 digits of the block hash>`; a browser sends the last one as
/// `Last-Event-ID` when it reconnects and gets what it missed. Delivery is at least once.
#[utoipa::path(get, path = "/stream", tag = "live", operation_id = "get_stream",
    params(StreamQuery),
    responses((status = 200, description = "A stream without end", content_type = "text/event-stream", body = String,
        example = "retry: 2000\n\nid: 12-2147483647-9b83c12c\nevent: head\ndata: {\"block_number\":12,\"block_hash\":\"0x9b83c12c69edb74f6c8dd5d052765c1adf940e320bd1291696e6fa07829eee71\",\"block_timestamp\":\"2026-11-22T11:00:00Z\"}\n\n")))]
pub(crate) async fn get_stream(
    State(api): State<Api>,
    query: StreamQuery,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, Problem> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let permit = api.streams.open(Client::of(peer, &headers, api.config.trust_forwarded_for))?;
    // Before the snapshot is taken, so that nothing falls between the two.
    let receiver = api.live.subscribe();
    let (reorg, replay) = missed(&mut api.snapshot().await?, query.last_event_id).await?;
    let is_gzip = takes_gzip(&headers);
    let mut subscription = Subscription {
        api: api.clone(),
        receiver,
        topics: query.topics,
        is_gzip,
        through: replay.head.number,
        waiting: is_gzip.then_some(gzip::HEADER).into_iter().collect(),
        replay: Some(replay),
        _permit: permit,
    };
    subscription.write(format!("retry: {}\n: LinkPool\n\n", CLIENT_RETRY_DELAY.as_millis()).into());
    subscription.waiting.extend(Batch::all(reorg.as_slice()).flat_map(|batch| batch.pieces(is_gzip, |_, _| true)));
    let mut response = Body::from_stream(subscription.into_stream()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, EVENT_STREAM);
    response.headers_mut().insert(header::VARY, ACCEPT_ENCODING);
    if is_gzip {
        response.headers_mut().insert(header::CONTENT_ENCODING, GZIP);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx holds responses back unless told not to.
    response.headers_mut().insert(ACCEL_BUFFERING.clone(), HeaderValue::from_static("no"));
    Ok(response)
}

/// What is still to be told of the past: the events behind a place, and then the present.
#[derive(Debug, Clone, Copy)]
struct Replay {
    /// `None` for a client that missed nothing, or is to fetch everything again.
    after: Option<EventPosition>,
    head: BlockRef,
}

/// What a client gets first, and what it then gets page by page.
async fn missed(snapshot: &mut Snapshot, last: Option<EventId>) -> Result<(Option<Update>, Replay), Problem> {
    let head = snapshot.cursor().block;
    let Some((mut position, hash_prefix)) = last else { return Ok((None, Replay { after: None, head })) };
    let mut reorg = None;
    if let Fate::Replaced { first_invalid } = snapshot.fate_of(position.block_number, &hash_prefix).await? {
        reorg = Some(Update::reorg(first_invalid));
        position = EventPosition::end_of(first_invalid.saturating_sub(1));
    }
    if snapshot.count_events_after(position, MAX_EVENTS as u32 + 1).await? > MAX_EVENTS as u64 {
        return Ok((reorg.or(Some(Update::reorg(position.block_number))), Replay { after: None, head }));
    }
    Ok((reorg, Replay { after: Some(position), head }))
}

/// One client's end.
struct Subscription {
    api: Api,
    receiver: broadcast::Receiver<Batch>,
    topics: Vec<Topic>,
    is_gzip: bool,
    /// What the client is told of the past covers the blocks up to here.
    through: u64,
    waiting: VecDeque<Bytes>,
    replay: Option<Replay>,
    _permit: StreamPermit,
}

impl Subscription {
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut subscription| async move { subscription.next().await.map(|text| (Ok(text), subscription)) })
    }

    /// What is to be written next; `None` ends the stream: at shutdown, for a client that has fallen too far behind, and where the past
    /// can't be read. The client then comes back.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(text) = self.waiting.pop_front() {
                return Some(text);
            }
            if let Some(replay) = self.replay.take() {
                self.fill(replay).await.ok()?;
                continue;
            }
            let batch = tokio::select! {
                () = self.api.shutdown.cancelled() => return None,
                batch = self.receiver.recv() => batch.ok()?,
                () = tokio::time::sleep(KEEP_ALIVE_INTERVAL) => {
                    self.write(KEEP_ALIVE);
                    continue;
                }
            };
            let pieces = batch.pieces(self.is_gzip, |topic, block_number| self.wants(topic, block_number));
            self.waiting.extend(pieces);
        }
    }

    /// What is for this client alone.
    fn write(&mut self, text: Bytes) {
        self.waiting.push_back(if self.is_gzip { gzip::piece(&[text]) } else { text });
    }

    /// Whether the client is to hear of an update; after a reorganisation, of its blocks once more.
    fn wants(&mut self, topic: Topic, block_number: u64) -> bool {
        if topic == Topic::Reorg {
            self.through = self.through.min(block_number.saturating_sub(1));
        } else if block_number <= self.through && topic != Topic::Phase {
            return false;
        }
        self.topics.contains(&topic)
    }

    /// Puts the next page of the past into the queue, or the present if there is none. Each page has a snapshot of its own,
    /// so that a slow client holds no connection.
    async fn fill(&mut self, replay: Replay) -> Result<(), Problem> {
        if let Some(position) = replay.after {
            let mut snapshot = self.api.snapshot().await?;
            let as_of = AsOf::of(snapshot.cursor());
            let mut events = snapshot.events_after(position, PAGE).await?;
            let is_last = events.len() < PAGE as usize;
            // What is newer comes live.
            events.retain(|record| record.block_number <= self.through);
            let last = events.last().map(|last| EventPosition { block_number: last.block_number, log_index: last.log_index });
            let until = EventPosition::end_of(self.through);
            let through = if is_last { until } else { last.unwrap_or(until) };
            let announced = snapshot.announcements_after(position, MAX_EVENTS as u32).await?;
            let updates = Update::merged(events, &announced, (position, through), &as_of);
            let batches = Batch::all(&updates);
            self.waiting.extend(batches.flat_map(|batch| batch.pieces(self.is_gzip, |topic, _| self.topics.contains(&topic))));
            if let (false, Some(after)) = (is_last, last) {
                self.replay = Some(Replay { after: Some(after), ..replay });
                return Ok(());
            }
        }
        let head = Update::head(&replay.head);
        // A client that wants no heads gets the place alone, which a browser keeps without telling anybody: whoever breaks
        // off before the first event still resumes here.
        let is_wanted = self.topics.contains(&Topic::Head);
        let id = head.id.clone().unwrap_or_default();
        self.waiting.extend(Batch::all(&[head]).flat_map(|batch| batch.pieces(self.is_gzip, |_, _| is_wanted)));
        if !is_wanted {
            self.write(format!("id: {id}\n\n").into());
        }
        Ok(())
    }
}

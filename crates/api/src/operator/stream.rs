//! `GET /operations/{id}/stream`: what happens to the nodes of one call, as server-sent events.
//!
//! Every stream begins with the nodes' first events, so that whoever connects again has everything; `id` is
//! `<node>-<number>`, by which a reader drops what it has seen.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use linkpool_db::{Database, fleet::FleetEvent};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{operations, shared::Operator, types::EventView};
use crate::problem::{Problem, TOO_MANY_STREAMS};

const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// The database is asked at least this often: a notice that was lost delays an event by no more.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(2);

pub(super) async fn get_stream(State(operator): State<Operator>, Path(id): Path<String>) -> Result<Response, Problem> {
    let operation = operations::find(&operator, &id).await?;
    let permit = operator.streams.clone().try_acquire_owned();
    let permit = permit.map_err(|_| Problem::new(&TOO_MANY_STREAMS, "too many operators are watching; close a stream first"))?;
    let reader = Reader {
        seen: operation.nodes.into_iter().map(|node| (node.id, 0)).collect(),
        changes: operator.changes.clone(),
        operator,
        _permit: permit,
    };
    let mut response = Sse::new(reader.into_stream()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE_INTERVAL)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

struct Reader {
    /// The last event sent of each node.
    seen: Vec<(String, u32)>,
    changes: watch::Receiver<u64>,
    operator: Operator,
    _permit: OwnedSemaphorePermit,
}

impl Reader {
    fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        let batches =
            stream::unfold(self, |mut reader| async move { reader.batch().await.map(|events| (stream::iter(events), reader)) });
        futures_util::StreamExt::flatten(batches)
    }

    /// The next events; `None` when the service ends.
    async fn batch(&mut self) -> Option<Vec<Result<Event, Infallible>>> {
        loop {
            self.changes.mark_unchanged();
            match self.operator.database.fleet_events(&self.seen).await {
                Ok(events) if !events.is_empty() => return Some(events.iter().map(|event| Ok(self.take(event))).collect()),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the nodes' events can't be read"),
            }
            tokio::select! {
                () = self.operator.shutdown.cancelled() => return None,
                _ = timeout(MAX_POLL_INTERVAL, self.changes.changed()) => {}
            }
        }
    }

    fn take(&mut self, event: &FleetEvent) -> Event {
        if let Some((_, number)) = self.seen.iter_mut().find(|(node, _)| *node == event.node_id) {
            *number = event.number;
        }
        let data = serde_json::to_string(&EventView::from(event)).unwrap_or_default();
        Event::default().id(format!("{}-{}", event.node_id, event.number)).event("node").data(data)
    }
}

/// Counts the fleet's changes until `shutdown`: one connection for all streams.
pub(super) async fn follow(database: Database, changed: watch::Sender<u64>, shutdown: CancellationToken) {
    let listen = async {
        loop {
            if let Ok(mut wakes) = database.wakes().await {
                while wakes.next().await.is_ok() {
                    changed.send_modify(|count| *count = count.wrapping_add(1));
                }
            }
            sleep(MAX_POLL_INTERVAL).await;
        }
    };
    tokio::select! {
        () = listen => {}
        () = shutdown.cancelled() => {}
    }
}

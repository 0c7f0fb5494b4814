//! Tells every open stream how nodes come along on their way into the pool. The fleet and the registrar write the phases;
//! this server reads them from the same database.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use linkpool_db::{
    Reader,
    fleet::{FleetNode, Phase},
};
use serde_json::json;
use tokio::sync::broadcast;

use crate::{
    batch::Batch,
    update::{Topic, Update},
    view::AddressText,
};

/// Changes within this time are read together; the tables are looked at no more often.
const BATCH_DELAY: Duration = Duration::from_millis(100);
/// How long after a lost connection it is tried again.
const RECONNECT_DELAY: Duration = Duration::from_secs(1);

/// Runs until it is dropped.
pub(crate) async fn follow(database: Reader, updates: broadcast::Sender<Batch>) {
    // What happened before is no news.
    let (start, mut known) = (Utc::now(), Known::new());
    loop {
        if let Err(error) = listen(&database, &updates, start, &mut known).await {
            tracing::debug!(%error, "cannot follow the fleet; trying again");
        }
        tokio::time::sleep(RECONNECT_DELAY).await;
    }
}

type Known = HashMap<String, Phase>;

async fn listen(
    database: &Reader,
    updates: &broadcast::Sender<Batch>,
    start: DateTime<Utc>,
    known: &mut Known,
) -> Result<(), linkpool_db::Error> {
    let mut wakes = database.wakes().await?;
    loop {
        let mut news = Vec::new();
        for node in database.fleet_nodes().await? {
            let is_new = known.insert(node.id.clone(), node.phase) != Some(node.phase);
            if is_new && node.phase_since >= start {
                news.push(update(&node));
            }
        }
        for batch in Batch::all(&news) {
            // Nobody listening is no failure.
            let _ = updates.send(batch);
        }
        wakes.next().await?;
        tokio::time::sleep(BATCH_DELAY).await;
    }
}

fn update(node: &FleetNode) -> Update {
    let data = json!({
        "node_id": node.id,
        "phase": node.phase.as_str(),
        "wallet": node.wallet.map(AddressText),
        "at": node.phase_since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        // Why a step failed may name machines of ours; operators see it, the public does not.
        "detail": null,
    });
    Update { topic: Topic::Phase, block_number: 0, id: None, data: data.to_string().into() }
}

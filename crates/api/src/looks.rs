//! Where the cursor stands, asked once for all who want to know at the same time.
//!
//! An answer that was made before may be given again only while its block stands, and whoever asks after a block is written is not to
//! get the one before it. So each request waits for a look that began after it came; while one is under way, those that come wait
//! together for the next.

use linkpool_db::Reader;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::as_of::AsOf;

/// As many as there are connections to this server.
const MAX_WAITING: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Looks(mpsc::Sender<oneshot::Sender<Option<AsOf>>>);

impl Looks {
    pub fn start(database: Reader, shutdown: CancellationToken) -> Self {
        let (sender, waiting) = mpsc::channel(MAX_WAITING);
        tokio::spawn(shutdown.run_until_cancelled_owned(look(database, waiting)));
        Self(sender)
    }

    /// As of when the tables are, now; `None` where nobody can tell.
    pub async fn look(&self) -> Option<AsOf> {
        let (sender, seen) = oneshot::channel();
        self.0.send(sender).await.ok()?;
        seen.await.ok().flatten()
    }
}

async fn look(database: Reader, mut waiting: mpsc::Receiver<oneshot::Sender<Option<AsOf>>>) {
    let mut together = Vec::new();
    while waiting.recv_many(&mut together, MAX_WAITING).await > 0 {
        // Why it is not known, says whoever reads on.
        let seen = database.cursor().await.ok().flatten().map(|cursor| AsOf::of(&cursor));
        for one in together.drain(..) {
            // Who has gone away wants nothing.
            let _ = one.send(seen);
        }
    }
}

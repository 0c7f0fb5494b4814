//! Where the cursor stands, asked once for all who want to know at the same time.
//!
//! An answer that was made before may be given again only while its block stands, and whoever asks after a block is written is not to
//! get the one before it. So each request waits for a look that began after it came; while one is under way, those that come wait
//! together for the next.

use std::sync::Arc;

use linkpool_db::{Reader, cursor::Cursor};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// As many as there are connections to this server.
const MAX_WAITING: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Looks(mpsc::Sender<Waiting>);

type Waiting = oneshot::Sender<Option<Arc<Cursor>>>;

impl Looks {
    pub fn start(database: Reader, shutdown: CancellationToken) -> Self {
        let (sender, waiting) = mpsc::channel(MAX_WAITING);
        tokio::spawn(shutdown.run_until_cancelled_owned(look(database, waiting)));
        Self(sender)
    }

    /// Where it stands now; `None` where nobody can tell.
    pub async fn look(&self) -> Option<Arc<Cursor>> {
        let (sender, seen) = oneshot::channel();
        self.0.send(sender).await.ok()?;
        seen.await.ok().flatten()
    }
}

async fn look(database: Reader, mut waiting: mpsc::Receiver<Waiting>) {
    let mut together = Vec::new();
    while waiting.recv_many(&mut together, MAX_WAITING).await > 0 {
        // Why it is not known, says whoever reads on.
        let seen = database.cursor().await.ok().flatten().map(Arc::new);
        for one in together.drain(..) {
            // Who has gone away wants nothing.
            let _ = one.send(seen.clone());
        }
    }
}

//! One replica, as whoever observes it sees it: a handle on the task that watches it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use linkpool_chainlink::client::Transport;
use linkpool_db::fleet::ReplicaState;
use linkpool_health::DeduplicatedLog;
use tokio::{sync::Notify, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{
    keep_running::KeptReplica,
    replica::{Replica, Running},
};
use crate::{
    ObservedReplica,
    look::{Shown, Sight, Signals, Watch, Which},
};

/// Between two attempts at finding out how one that runs is looked at from its database.
const ADOPT_INTERVAL: Duration = Duration::from_secs(5);

/// Handle on the task that keeps one replica running. What becomes of the replica when it is dropped is the replica's
/// [`linkpool_process::Life`].
#[derive(Debug)]
pub(super) struct Supervisor {
    shown: Shown,
    replace: Arc<Notify>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Supervisor {
    /// Starts the replica and keeps it running.
    pub fn start(replica: Replica, transport: Transport, signals: &Signals) -> Self {
        let watch = watch_of(&replica, transport);
        let shown = Shown::new(Sight::without_address(ReplicaState::Starting, None), 0, signals);
        Self::watch(replica, watch, shown, None, signals)
    }

    /// Keeps one running that somebody else has started. It is looked at first, so that it is never shown as less than it is; what its database says of
    /// it is heard a moment later, because a fleet that takes over asks for all of them.
    pub async fn adopt(replica: Replica, running: Running, transport: Transport, signals: &Signals) -> Self {
        let mut watch = watch_of(&replica, transport);
        watch.begin(Which::Process(running.process.id()), None, running.answers);
        let sight = watch.look(replica.config.launcher.witness()).await;
        Self::watch(replica, watch, Shown::new(sight, running.starts, signals), Some(running.process), signals)
    }

    fn watch(
        replica: Replica,
        watch: Watch,
        shown: Shown,
        running: Option<linkpool_process::Process>,
        signals: &Signals,
    ) -> Self {
        let (replace, stop) = (Arc::<Notify>::default(), CancellationToken::new());
        let outage_over = signals.outage_over.clone();
        let (told, replaced, end) = (shown.clone(), replace.clone(), stop.clone());
        let span = tracing::info_span!("replica", node = replica.location.node_id, id = replica.location.replica_id);
        let adopted = running.is_some().then(|| replica.clone());
        let watched = KeptReplica { replica, watch, shown: told, outage_over, replace: replaced, stop: end };
        let kept = async move {
            tokio::select! {
                () = watched.keep_running(running) => {}
                never = known(adopted) => match never {},
            }
        };
        Self { shown, replace, stop, task: tokio::spawn(kept.instrument(span)) }
    }

    pub fn observe(&self, id: String) -> ObservedReplica {
        self.shown.observe(id)
    }

    /// Ends the process; the next is started without waiting.
    pub fn replace(&self) {
        // At once, so that the next pass does not find it failing and replace it again.
        self.shown.show(Sight::without_address(ReplicaState::Starting, Some("it is being replaced".into())));
        self.replace.notify_one();
    }

    pub fn ask_to_stop(&self) {
        self.stop.cancel();
    }

    /// Whether it was stopped and its process has ended.
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Returns when the process has ended.
    pub async fn stopped(mut self) {
        self.stop.cancel();
        // The error would be a panic of the task.
        let _ = (&mut self.task).await;
    }

    /// Watches no longer. Returns when nothing is done to the replica any more.
    pub async fn let_go(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

fn watch_of(replica: &Replica, transport: Transport) -> Watch {
    Watch::new(&replica.location.node_id, replica.location.port_file(), transport)
}

/// One that runs already can be looked at from its database once this is done. Never returns.
async fn known(adopted: Option<Replica>) -> Infallible {
    if let Some(replica) = adopted {
        let mut unknown = DeduplicatedLog::default();
        while let Err(reason) = replica.config.launcher.adopt(&replica.location).await {
            unknown.warn(&reason, "a node that runs can't be looked at from its database");
            sleep(ADOPT_INTERVAL).await;
        }
    }
    std::future::pending().await
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

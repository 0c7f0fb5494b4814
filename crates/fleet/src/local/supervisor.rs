//! One replica, as whoever observes it sees it: a handle on the task that watches it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use linkpool_chainlink::client::Transport;
use linkpool_db::fleet::ReplicaState;
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{
    keep_running::KeptReplica,
    probe::{Probe, Sight},
    replica::{Replica, Running},
};
use crate::ObservedReplica;

/// What all replicas of a backend tell each other and whoever observes them.
#[derive(Debug, Clone, Default)]
pub(super) struct Signals {
    /// An observation may differ from the last one.
    pub changed: Arc<Notify>,
    /// What kept replicas from running is over: those that wait for their next start need not.
    pub outage_over: Arc<Notify>,
}

#[derive(Debug)]
pub(super) struct View {
    sight: Sight,
    since: Instant,
    starts: u64,
}

impl View {
    fn shared(sight: Sight, starts: u64) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self { sight, since: Instant::now(), starts }))
    }
}

/// What was seen last, and who is to know of news.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    view: Arc<Mutex<View>>,
    changed: Arc<Notify>,
}

impl Shown {
    pub fn state(&self) -> ReplicaState {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).sight.state
    }

    /// Counts a start and returns which it is.
    pub fn started(&self) -> u64 {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.starts += 1;
        view.starts
    }

    /// Stores what was seen; whoever waits for changes is told where it differs.
    pub fn show(&self, sight: Sight) {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        if view.sight == sight {
            return;
        }
        if view.sight.state != sight.state {
            view.since = Instant::now();
        }
        view.sight = sight;
        drop(view);
        self.changed.notify_one();
    }
}

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
        let probe = Probe::new(replica.location.port_file(), transport);
        Self::watch(replica, probe, View::shared(Sight::without_address(ReplicaState::Starting, None), 0), None, signals)
    }

    /// Keeps one running that somebody else has started. It is looked at first, so that it is never shown as less than it is.
    pub async fn adopt(replica: Replica, running: Running, transport: Transport, signals: &Signals) -> Self {
        let mut probe = Probe::new(replica.location.port_file(), transport);
        probe.set(running.answers);
        let waiting = || Sight::without_address(ReplicaState::Waiting, None);
        let sight = probe.look().await.unwrap_or_else(waiting);
        Self::watch(replica, probe, View::shared(sight, running.starts), Some(running.process), signals)
    }

    fn watch(
        replica: Replica,
        probe: Probe,
        view: Arc<Mutex<View>>,
        running: Option<linkpool_process::Process>,
        signals: &Signals,
    ) -> Self {
        let shown = Shown { view, changed: signals.changed.clone() };
        let (replace, stop) = (Arc::<Notify>::default(), CancellationToken::new());
        let outage_over = signals.outage_over.clone();
        let (told, replaced, end) = (shown.clone(), replace.clone(), stop.clone());
        let span = tracing::info_span!("replica", node = replica.location.node_id, id = replica.location.replica_id);
        let watched = KeptReplica { replica, probe, shown: told, outage_over, replace: replaced, stop: end };
        Self { shown, replace, stop, task: tokio::spawn(watched.keep_running(running).instrument(span)) }
    }

    pub fn observe(&self, id: String) -> ObservedReplica {
        let view = self.shown.view.lock().unwrap_or_else(PoisonError::into_inner);
        ObservedReplica {
            id,
            state: view.sight.state,
            for_time: view.since.elapsed(),
            base_url: view.sight.base_url.clone(),
            starts: view.starts,
            detail: view.sight.detail.clone(),
        }
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

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

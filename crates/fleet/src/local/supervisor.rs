//! One replica: started, watched, started again.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use linkpool_chainlink::client::Transport;
use linkpool_db::fleet::ReplicaState;
use linkpool_process::Signal;
use tokio::{
    process::{Child, Command},
    sync::Notify,
    task::JoinHandle,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{
    LocalConfig,
    backoff::Backoff,
    files::{Directory, credentials_file, open_log},
    probe::{Probe, Sight},
};
use crate::{ObservedReplica, Result, SetKey};

/// Time between two looks at a replica that serves, and at one that is on its way.
const LOOK_SERVING: Duration = Duration::from_secs(1);
const LOOK_OTHERWISE: Duration = Duration::from_millis(50);

/// A process that has lived this long without listening waits for the lease.
const SETTLED: Duration = Duration::from_millis(400);

/// How one replica is started.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    config: Arc<LocalConfig>,
    database_url_file: PathBuf,
    credentials_file: PathBuf,
    port_file: PathBuf,
    log_file: PathBuf,
    node_id: String,
    slot: u16,
}

/// A dead replica is started again within three seconds, whatever the lease.
const LONGEST_HEAD_START: Duration = Duration::from_millis(2_500);

impl Launch {
    pub fn new(config: &Arc<LocalConfig>, directory: &Directory, node_directory: &Path, set: &SetKey, slot: u16) -> Self {
        let name = format!("{}-{slot}", set.generation);
        Self {
            config: config.clone(),
            database_url_file: directory.database_url_file(),
            credentials_file: credentials_file(node_directory),
            port_file: node_directory.join(format!("{name}.port")),
            log_file: node_directory.join(format!("{name}.log")),
            node_id: set.node_id.clone(),
            slot,
        }
    }

    async fn spawn(&self) -> Result<Child> {
        // The address of a killed predecessor must not be taken for this one's.
        let _ = fs::remove_file(&self.port_file);
        let log = open_log(&self.log_file)?;
        let failed = |cause| crate::Error::File { path: self.config.program.clone(), cause };
        let errors = log.try_clone().map_err(failed)?;
        let mut command = Command::new(&self.config.program);
        command
            .args(&self.config.arguments)
            .arg("--database-url-file")
            .arg(&self.database_url_file)
            .arg("--schema")
            .arg(format!("node_{}", self.node_id))
            .arg("--port-file")
            .arg(&self.port_file)
            .arg("--chain-id")
            .arg(self.config.chain_id.to_string())
            .arg("--api-credentials-file")
            .arg(&self.credentials_file)
            .arg("--lease-duration-ms")
            .arg(self.config.lease_duration.as_millis().to_string())
            .arg("--lease-refresh-ms")
            .arg(self.config.lease_refresh.as_millis().to_string())
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors);
        // A paused or hanging replica must end too, so nothing milder will do; its lease runs out by itself.
        linkpool_process::spawn(command, Signal::KILL).await.map_err(failed)
    }
}

#[derive(Debug)]
struct View {
    sight: Sight,
    since: Instant,
    starts: u64,
}

/// Handle on the task that keeps one replica running. Dropping it kills the replica.
#[derive(Debug)]
pub(super) struct Supervisor {
    view: Arc<Mutex<View>>,
    slot: u16,
    credentials_file: PathBuf,
    replace: Arc<Notify>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Supervisor {
    pub fn start(launch: Launch, transport: Transport, changed: Arc<Notify>) -> Self {
        let sight = Sight::without_address(ReplicaState::Starting, None);
        let view = Arc::new(Mutex::new(View { sight, since: Instant::now(), starts: 0 }));
        let (replace, stop) = (Arc::<Notify>::default(), CancellationToken::new());
        let (slot, credentials_file) = (launch.slot, launch.credentials_file.clone());
        let probe = Probe::new(launch.port_file.clone(), transport);
        let watched = Watched { launch, probe, view: view.clone(), changed, replace: replace.clone(), stop: stop.clone() };
        Self { view, slot, credentials_file, replace, stop, task: tokio::spawn(watched.keep_running()) }
    }

    pub fn observe(&self) -> ObservedReplica {
        let view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        let listens = view.sight.base_url.is_some();
        ObservedReplica {
            slot: self.slot,
            state: view.sight.state,
            for_time: view.since.elapsed(),
            base_url: view.sight.base_url.clone(),
            credentials_file: listens.then(|| self.credentials_file.display().to_string()),
            starts: view.starts,
            detail: view.sight.detail.clone(),
        }
    }

    /// Ends the process; the next is started without waiting.
    pub fn replace(&self) {
        // At once, so that the next pass does not find it failing and replace it again.
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.sight = Sight::without_address(ReplicaState::Starting, Some("it is being replaced".into()));
        view.since = Instant::now();
        self.replace.notify_one();
    }

    pub fn ask_to_stop(&self) {
        self.stop.cancel();
    }

    /// Returns when the process has ended.
    pub async fn stopped(mut self) {
        self.stop.cancel();
        // The error would be a panic of the task; its child was killed when it was dropped.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Why a run of the process ended.
enum Ended {
    ByItself(std::io::Result<ExitStatus>),
    Replaced,
    Stopped,
}

/// The task's side.
struct Watched {
    launch: Launch,
    probe: Probe,
    view: Arc<Mutex<View>>,
    changed: Arc<Notify>,
    replace: Arc<Notify>,
    stop: CancellationToken,
}

impl Watched {
    async fn keep_running(mut self) {
        let mut backoff = Backoff::default();
        loop {
            let started = Instant::now();
            let reason = match self.launch.spawn().await {
                Err(error) => error.to_string(),
                Ok(mut child) => match self.run(&mut child, started).await {
                    Ended::Replaced => continue,
                    Ended::Stopped => break,
                    Ended::ByItself(Ok(status)) => format!("it ended with {status}; see {}", self.launch.log_file.display()),
                    Ended::ByItself(Err(error)) => error.to_string(),
                },
            };
            let wait = backoff.after(started.elapsed()).max(self.head_start());
            tracing::warn!(node = self.launch.node_id, slot = self.launch.slot, reason, ?wait, "a replica is down");
            self.show(Sight::without_address(ReplicaState::BackingOff, Some(reason)));
            tokio::select! {
                () = sleep(wait) => {}
                () = self.stop.cancelled() => break,
            }
        }
        self.show(Sight::without_address(ReplicaState::Stopped, None));
    }

    /// What a waiting replica gets to take the lease of one that crashed while it served: the successor would only race it.
    fn head_start(&self) -> Duration {
        let served = self.view.lock().unwrap_or_else(PoisonError::into_inner).sight.state == ReplicaState::Serving;
        let lease = self.launch.config.lease_duration + self.launch.config.lease_refresh;
        if served { lease.min(LONGEST_HEAD_START) } else { Duration::ZERO }
    }

    async fn run(&mut self, child: &mut Child, started: Instant) -> Ended {
        self.started();
        loop {
            let serving = self.view.lock().unwrap_or_else(PoisonError::into_inner).sight.state == ReplicaState::Serving;
            let pause = if serving { LOOK_SERVING } else { LOOK_OTHERWISE };
            let (replace, stop) = (self.replace.clone(), self.stop.clone());
            let look = async {
                sleep(pause).await;
                self.probe.look().await
            };
            let sight = tokio::select! {
                ended = child.wait() => return Ended::ByItself(ended),
                () = replace.notified() => {
                    self.end(child).await;
                    return Ended::Replaced;
                }
                () = stop.cancelled() => {
                    self.end(child).await;
                    return Ended::Stopped;
                }
                sight = look => sight,
            };
            let settled = if started.elapsed() < SETTLED { ReplicaState::Starting } else { ReplicaState::Waiting };
            self.show(sight.unwrap_or_else(|| Sight::without_address(settled, None)));
        }
    }

    async fn end(&self, child: &mut Child) {
        if let Err(error) = linkpool_process::stop(child, self.launch.config.stop_grace).await {
            tracing::warn!(%error, node = self.launch.node_id, slot = self.launch.slot, "a replica could not be stopped");
        }
    }

    fn started(&self) {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).starts += 1;
        self.show(Sight::without_address(ReplicaState::Starting, None));
    }

    /// Stores what was seen; whoever waits for changes is told where it differs.
    fn show(&self, sight: Sight) {
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

//! The task that keeps one replica running: started, watched, started again.

use std::{
    io,
    process::ExitStatus,
    sync::Arc,
    time::{Duration, Instant},
};

use linkpool_db::fleet::ReplicaState;
use linkpool_health::DeduplicatedLog;
use linkpool_process::Process;
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{backoff::Backoff, launcher::Launch, log, replica::Replica};
use crate::look::{Shown, Sight, Watch, Which};

/// Time between two looks at a replica that serves, and at one that is on its way. What a look asks for is the probe's to say.
const SERVING_INTERVAL: Duration = Duration::from_secs(1);
const OTHERWISE_INTERVAL: Duration = Duration::from_millis(50);

/// A lease that lasts longer is not waited for: its replica would be away for nothing, since who waits for a lease that long has booted by then
/// and may as well be the successor.
const LONGEST_HEAD_START_TIME: Duration = Duration::from_secs(4);

/// Why a run of the process ended.
enum Ended {
    /// Its status is known to its parent only.
    ByItself(io::Result<Option<ExitStatus>>),
    Replaced,
    Stopped,
}

pub(super) struct KeptReplica {
    pub replica: Replica,
    pub watch: Watch,
    pub shown: Shown,
    pub outage_over: Arc<Notify>,
    pub replace: Arc<Notify>,
    pub stop: CancellationToken,
}

impl KeptReplica {
    /// Until it is stopped. `running` is a process that was there before.
    pub async fn keep_running(mut self, mut running: Option<Process>) {
        let (mut backoff, mut down) = (Backoff::default(), DeduplicatedLog::default());
        let mut log_seen = Instant::now();
        loop {
            // One that was there before has settled, however long ago that was.
            let began = if running.is_some() { None } else { Some(Instant::now()) };
            let process = match running.take() {
                Some(process) => Ok(process),
                None => match self.stop.run_until_cancelled(self.replica.prepare()).await {
                    None => break,
                    Some(Ok(launch)) => self.start(launch).await,
                    Some(Err(error)) => Err(error),
                },
            };
            let reason = match process {
                Err(error) => error.to_string(),
                Ok(mut process) => match self.run(&mut process, (&mut backoff, &mut down), &mut log_seen).await {
                    Ended::Replaced => continue,
                    Ended::Stopped => break,
                    Ended::ByItself(Ok(status)) => {
                        let how = status.map(|status| format!(" with {status}")).unwrap_or_default();
                        format!("it ended{how}; see {}", self.replica.log_file.display())
                    }
                    Ended::ByItself(Err(error)) => error.to_string(),
                },
            };
            let wait = backoff.after(began.map_or(Duration::MAX, |began| began.elapsed())).max(self.head_start());
            let (node, id) = (&self.replica.location.node_id, &self.replica.location.replica_id);
            down.warn(&format!("replica {id} of node {node}: {reason}"), "a replica is down");
            self.shown.show(Sight::without_address(ReplicaState::BackingOff, Some(reason)));
            tokio::select! {
                () = sleep(wait) => {}
                () = self.outage_over.notified() => backoff.over(),
                () = self.stop.cancelled() => break,
            }
            // As one that the fleet replaces: both are replaced again and again where the reason is not the replica.
            metrics::counter!("linkpool_fleet_replacements_total").increment(1);
        }
        self.replica.forget();
        self.shown.show(Sight::without_address(ReplicaState::Stopped, None));
    }

    async fn start(&mut self, launch: Launch) -> crate::Result<Process> {
        self.shown.show(Sight::without_address(ReplicaState::Starting, None));
        let process = self.replica.spawn(&launch, self.shown.started()).await?;
        self.watch.begin(Which::Process(process.id()), Some(Instant::now()), launch.answers);
        Ok(process)
    }

    fn head_start(&self) -> Duration {
        let served = self.shown.state() == ReplicaState::Serving;
        if served { head_start(self.replica.config.launcher.lease()) } else { Duration::ZERO }
    }

    async fn run(
        &mut self,
        process: &mut Process,
        (backoff, down): (&mut Backoff, &mut DeduplicatedLog),
        log_seen: &mut Instant,
    ) -> Ended {
        loop {
            let pause = if self.shown.state() == ReplicaState::Serving { SERVING_INTERVAL } else { OTHERWISE_INTERVAL };
            let (replace, stop) = (self.replace.clone(), self.stop.clone());
            let look = async {
                sleep(pause).await;
                self.watch.look(self.replica.config.launcher.witness()).await
            };
            let sight = tokio::select! {
                ended = process.ended() => return Ended::ByItself(ended),
                () = replace.notified() => {
                    self.end(process).await;
                    return Ended::Replaced;
                }
                () = stop.cancelled() => {
                    self.end(process).await;
                    return Ended::Stopped;
                }
                sight = look => sight,
            };
            if matches!(sight.state, ReplicaState::Serving | ReplicaState::Waiting) {
                down.over();
            }
            if sight.state == ReplicaState::Serving && backoff.in_outage() {
                // What this one was short of, others may have been short of.
                backoff.over();
                self.outage_over.notify_waiters();
            }
            self.shown.show(sight);
            if log_seen.elapsed() >= log::LOOK_INTERVAL {
                *log_seen = Instant::now();
                self.shorten_log().await;
            }
        }
    }

    async fn shorten_log(&self) {
        let path = self.replica.log_file.clone();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || log::shorten(&path)).await {
            tracing::warn!(%error, log = %self.replica.log_file.display(), "a long log could not be set aside");
        }
    }

    async fn end(&self, process: &mut Process) {
        if let Err(error) = process.stop(self.replica.config.launcher.stop_grace()).await {
            let (node, replica) = (&self.replica.location.node_id, &self.replica.location.replica_id);
            tracing::warn!(%error, node, replica, "a replica could not be stopped");
        }
    }
}

/// What a waiting replica gets to take the lease of one that crashed while it served. The whole lease: the successor of a process that boots within a
/// second would win the race otherwise, and its work would begin a boot later.
fn head_start(lease: Duration) -> Duration {
    if lease <= LONGEST_HEAD_START_TIME { lease } else { Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_of_seconds_runs_out_before_its_replica_is_started_again_and_a_long_one_is_not_waited_for() {
        let usual = Duration::from_millis(3_500);
        assert_eq!([head_start(usual), head_start(Duration::from_secs(11))], [usual, Duration::ZERO]);
    }
}

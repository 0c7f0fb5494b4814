//! Looking at one process of a replica from both sides: its API and its database.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use linkpool_chainlink::client::Transport;
use linkpool_db::fleet::ReplicaState;

use super::{
    judge::{Answer, Since, judge},
    launcher::{Answers, Launcher},
    probe::Probe,
    replica::Replica,
    witness::Testimony,
};

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sight {
    pub state: ReplicaState,
    pub base_url: Option<String>,
    pub detail: Option<String>,
    pub holds_lease: Option<bool>,
}

impl Sight {
    pub fn without_address(state: ReplicaState, detail: Option<String>) -> Self {
        Self { state, base_url: None, detail, holds_lease: None }
    }
}

/// One replica, whichever process it has at the moment.
#[derive(Debug)]
pub(super) struct Watch {
    launcher: Arc<dyn Launcher>,
    node_id: String,
    probe: Probe,
    process: Option<Watched>,
}

/// What is remembered of a process.
#[derive(Debug)]
struct Watched {
    pid: i32,
    /// Of one that was there before, nobody knows.
    began: Option<Instant>,
    /// By what its database knows it.
    id: Option<String>,
    /// When it was last not absent, not holding the lease, not silent.
    present: Instant,
    without_lease: Instant,
    answered: Instant,
}

impl Watch {
    pub fn new(replica: &Replica, transport: Transport) -> Self {
        let probe = Probe::new(replica.location.port_file(), transport);
        Self { launcher: replica.config.launcher.clone(), node_id: replica.location.node_id.clone(), probe, process: None }
    }

    /// From now on this process is looked at.
    pub fn begin(&mut self, pid: i32, began: Option<Instant>, answers: Answers) {
        let now = Instant::now();
        self.probe.begin(answers);
        self.process = Some(Watched { pid, began, id: None, present: now, without_lease: now, answered: now });
    }

    pub async fn look(&mut self) -> Sight {
        let (answer, base_url) = self.probe.look().await;
        let Some(process) = &mut self.process else { return Sight::without_address(ReplicaState::Starting, None) };
        let witness = self.launcher.witness();
        let testimony = witness.map_or(Testimony::Unknown, |it| it.of(&self.node_id, process.pid, &mut process.id));
        let (state, detail) = judge(&answer, testimony, process.since(&answer, testimony));
        let holds_lease = match testimony {
            Testimony::Connected { holds, .. } => holds,
            Testimony::Absent => Some(false),
            Testimony::Unknown => None,
        };
        Sight { state, base_url, detail, holds_lease }
    }
}

impl Watched {
    fn since(&mut self, answer: &Answer, testimony: Testimony) -> Since {
        let now = Instant::now();
        if testimony != Testimony::Absent {
            self.present = now;
        }
        if !matches!(testimony, Testimony::Connected { holds: Some(true), .. }) {
            self.without_lease = now;
        }
        if !matches!(answer, Answer::Silent(_)) {
            self.answered = now;
        }
        let since = |at: Instant| -> Duration { now.saturating_duration_since(at) };
        Since {
            running: self.began.map(since),
            absent: since(self.present),
            holding: since(self.without_lease),
            silent: since(self.answered),
        }
    }
}

//! One replica, looked at again and again.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use linkpool_chainlink::client::Transport;
use linkpool_db::fleet::ReplicaState;

use super::{
    judge::{Answer, Since, judge},
    probe::{Answers, Probe},
    witness::{Testimony, Which, Witness},
};

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
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
pub struct Watch {
    node_id: String,
    probe: Probe,
    process: Option<Watched>,
}

/// What is remembered of a process.
#[derive(Debug)]
struct Watched {
    which: Which,
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
    /// `port_file` is where it says its address, if it does.
    pub fn new(node_id: &str, port_file: PathBuf, transport: Transport) -> Self {
        Self { node_id: node_id.to_owned(), probe: Probe::new(port_file, transport), process: None }
    }

    /// From now on this process is looked at.
    pub fn begin(&mut self, which: Which, began: Option<Instant>, answers: Answers) {
        let now = Instant::now();
        self.probe.begin(answers);
        self.process = Some(Watched { which, began, id: None, present: now, without_lease: now, answered: now });
    }

    /// `witness` sees it from the side of its database, where somebody does.
    pub async fn look(&mut self, witness: Option<&Witness>) -> Sight {
        let (answer, base_url) = self.probe.look().await;
        let Some(process) = &mut self.process else { return Sight::without_address(ReplicaState::Starting, None) };
        let testimony = witness.map_or(Testimony::Unknown, |it| it.of(&self.node_id, process.which, &mut process.id));
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

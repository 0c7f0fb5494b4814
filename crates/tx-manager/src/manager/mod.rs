//! Talking to the chain for one signer: one tick looks at every open nonce, then gives new ones out.

mod assign;
mod confirm;
mod loss;
mod loss_watch;
mod pace;
mod run;
mod send;
mod sign;
mod step;
mod tick;

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use linkpool_chain::{Looks, Market};
use linkpool_db::lease::Leader;
use linkpool_primitives::B256;

use self::{loss_watch::LossDetector, pace::Pace};
use crate::{Result, Sender, Term};

pub use pace::Urgency;
pub use run::{Role, run};

/// Longest time between two looks of one that waits for the lease: it adds to how long nobody works after a crash.
const FOLLOWER_POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Which transaction requests get a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigns {
    All,
    Only(i64),
    Nothing,
}

/// Drives one signer. What it holds between ticks only saves work.
#[derive(Debug)]
pub struct TxManager {
    /// Its database takes writes of the present term only.
    sender: Sender,
    assigns: Assigns,
    leader: Leader,
    /// As what this instance works, since it last asked; `None` while another does.
    term: Option<Term>,
    looks: Looks,
    pace: Pace,
    /// Whether a nonce is used on this head and nobody has a receipt yet.
    lacks_receipt: bool,
    /// When this process last sent an attempt.
    sent: HashMap<B256, Instant>,
    /// Nonces whose last attempt was refused because it pays too little.
    underpriced: HashSet<u64>,
    /// Nonces whose last attempt no endpoint will ever take.
    invalid: HashSet<u64>,
    /// Since when a nonce looks like somebody else's.
    unknown_nonces: HashMap<u64, Instant>,
    loss: LossDetector,
    /// The head at which every mined transaction was last looked at.
    confirmed: Option<B256>,
    market: Option<(B256, Market)>,
}

impl TxManager {
    pub fn new(sender: Sender, assigns: Assigns) -> Self {
        let leader = Leader::new(sender.database.clone(), sender.account.lease(), sender.config.lease_term);
        Self {
            looks: Looks::new(sender.chain.clone()),
            pace: Pace::new(),
            lacks_receipt: false,
            sender,
            assigns,
            leader,
            term: None,
            sent: HashMap::new(),
            underpriced: HashSet::new(),
            invalid: HashSet::new(),
            unknown_nonces: HashMap::new(),
            loss: LossDetector::default(),
            confirmed: None,
            market: None,
        }
    }

    /// As what this instance works, if it does. What it writes from then on is written while the lease is its own, or not at all.
    pub async fn term(&mut self) -> Result<Option<Term>> {
        let term = match self.sender.config.use_lease {
            true => self.leader.hold().await?.map(|lease| Term(Some(lease))),
            false => Some(Term(None)),
        };
        match &term {
            // Another looks at the chain meanwhile.
            None => self.pace.forget(),
            Some(term) if self.term.as_ref() != Some(term) => self.sender.database = term.database(&self.sender.database),
            Some(_) => {}
        }
        self.term = term.clone();
        Ok(term)
    }

    /// How long to wait before the next tick. It costs the chain nothing where nothing is due.
    pub fn pause(&self) -> Duration {
        let poll = self.sender.config.poll_interval;
        if self.term.is_some() { poll } else { poll.min(FOLLOWER_POLL_INTERVAL) }
    }

    /// What followed from the last tick failed: there shall be another.
    pub fn forget(&mut self) {
        self.pace.forget();
    }

    /// Gives the lease up, so that another need not wait for its end.
    pub async fn release(&mut self) {
        if let Err(error) = self.leader.release().await {
            tracing::warn!(%error, "the signer's lease was not given up; it runs out by itself");
        }
    }
}

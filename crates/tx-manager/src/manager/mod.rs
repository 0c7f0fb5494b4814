//! Talking to the chain for one signer: one turn looks at every open nonce, then gives new ones out.

mod assign;
mod confirm;
mod loss;
mod pace;
mod send;
mod sign;
mod step;

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use linkpool_chain::{Heads, Looks, Market};
use linkpool_db::{
    Database,
    lease::{Leader, Lease},
    tx::Work,
};
use linkpool_primitives::B256;

use self::{
    loss::LossWatch,
    pace::{Due, Pace},
};
use crate::{Result, Sender};

pub use pace::Wish;

/// Longest time between two looks of one that waits for the lease: it adds to how long nobody works after a crash.
const FOLLOWER_POLL: Duration = Duration::from_millis(200);

/// How long an intent waits while nothing is sent.
const HALTED_RETRY: Duration = Duration::from_secs(5);

/// Which intents get a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigns {
    All,
    Only(i64),
    Nothing,
}

/// That an instance is the one that works; by which lease, where leases are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term(Option<Lease>);

impl Term {
    /// The database for what is written in it.
    pub fn database(&self, database: &Database) -> Database {
        self.0.as_ref().map_or_else(|| database.clone(), |lease| database.under(lease))
    }
}

/// Drives one signer. What it holds between turns only saves work.
#[derive(Debug)]
pub struct Transactor {
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
    outbid: HashSet<u64>,
    /// Nonces whose last attempt no endpoint will ever take.
    invalid: HashSet<u64>,
    /// Since when a nonce looks like somebody else's.
    strange: HashMap<u64, Instant>,
    loss: LossWatch,
    /// The head at which every mined transaction was last looked at.
    confirmed: Option<B256>,
    /// The market of a head.
    market: Option<(B256, Market)>,
}

/// What one turn works with.
#[derive(Debug, Clone)]
struct Pass {
    /// `finalized` is by depth on a chain that knows no finality.
    heads: Heads,
    /// The signer's nonce at the head.
    nonce: u64,
}

impl Transactor {
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
            outbid: HashSet::new(),
            invalid: HashSet::new(),
            strange: HashMap::new(),
            loss: LossWatch::default(),
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

    /// How long to wait before the next turn. It costs the chain nothing where nothing is due.
    pub fn pause(&self) -> Duration {
        let poll = self.sender.config.poll_interval;
        if self.term.is_some() { poll } else { poll.min(FOLLOWER_POLL) }
    }

    /// One turn, if this instance is the one that works and there may be something to do: then the heads it worked with.
    pub async fn turn(&mut self, wish: Wish) -> Result<Option<Heads>> {
        if self.term().await?.is_none() {
            return Ok(None);
        }
        let work = self.work().await?;
        let due = self.pace.due(work, wish, Instant::now(), self.clocks());
        if due == Due::Nothing {
            return Ok(None);
        }
        let turned = self.look(due, (work, wish)).await;
        if turned.is_err() {
            self.pace.forget();
        }
        turned
    }

    async fn look(&mut self, due: Due, (work, wish): (Work, Wish)) -> Result<Option<Heads>> {
        let poll = self.sender.config.poll_interval;
        let mut heads = self.looks.heads().await?.answer;
        heads.finalized = self.sender.config.final_block(&heads);
        if due == Due::Look && self.pace.knows(&heads) {
            self.pace.looked(&self.looks, poll, work, wish);
            return Ok(None);
        }
        let nonce = self.sender.chain.nonce(self.sender.account.address).await?;
        let pass = Pass { heads, nonce };
        let next = self.sender.database.signer_nonce(&self.sender.account, nonce).await?;
        self.confirm(&pass).await?;
        self.watch_for_loss(&pass).await?;
        if self.may_assign(nonce, next).await? {
            self.assign(&pass).await?;
        }
        let left = self.work().await?;
        // What somebody waits for may need an endpoint, or the indexer, that is a moment behind this head.
        let is_puzzled = self.lacks_receipt || wish.hurry || !(self.outbid.is_empty() && self.invalid.is_empty());
        // What there was to do before: where the turn changed it, the next has to look at what came of that.
        self.pace.turned(&heads, work, wish, is_puzzled);
        self.pace.looked(&self.looks, poll, left, wish);
        Ok(Some(heads))
    }

    /// What the database has to do.
    async fn work(&self) -> Result<Work> {
        let only = match self.assigns {
            Assigns::All => None,
            Assigns::Only(intent) => Some(intent),
            // There is none with this number.
            Assigns::Nothing => Some(-1),
        };
        Ok(self.sender.database.signer_work(&self.sender.account, only).await?)
    }

    /// When something is due whatever the chain does.
    fn clocks(&self) -> impl Iterator<Item = Instant> {
        let resend = self.sent.values().map(|sent| *sent + confirm::RESEND_AFTER);
        let foreign = self.strange.values().map(|since| *since + self.sender.config.foreign_patience);
        resend.chain(foreign).chain(self.loss.due())
    }

    /// What followed from the last turn failed: there shall be another.
    pub fn forget(&mut self) {
        self.pace.forget();
    }

    /// Gives the lease up, so that another need not wait for its end.
    pub async fn release(&mut self) {
        if let Err(error) = self.leader.release().await {
            tracing::warn!(%error, "the signer's lease was not given up; it runs out by itself");
        }
    }

    /// What gas costs at the head: asked for once, and only if something is to be signed.
    async fn market(&mut self, pass: &Pass) -> Result<Market> {
        if let Some((head, market)) = self.market
            && head == pass.heads.head.hash
        {
            return Ok(market);
        }
        let market = self.sender.chain.market(self.sender.config.usual_tip_wei).await?;
        self.market = Some((pass.heads.head.hash, market));
        Ok(market)
    }

    /// Whether the chain's blocks had no base fee when its market was last asked for.
    fn is_legacy(&self) -> bool {
        self.market.is_some_and(|(_, market)| market.is_legacy)
    }

    /// The start-up rule, kept at all times: a chain that is ahead of the database means that somebody else sends from this
    /// account, or that the database was restored from a backup. Both need a person before another nonce is given out.
    async fn may_assign(&self, chain_nonce: u64, next: u64) -> Result<bool> {
        let (database, account) = (&self.sender.database, &self.sender.account);
        let halted = (chain_nonce > next).then(|| {
            format!(
                "the account {} is at nonce {chain_nonce} on chain and at {next} in the database: somebody else sends from it, or the database is an old \
                 copy; nothing is sent until a person has looked and runs `linkpool signer resync`",
                linkpool_primitives::checksum(&account.address)
            )
        });
        if database.set_signer_halted(account, halted.as_deref()).await? {
            match &halted {
                Some(reason) => tracing::error!(reason, "no nonces are given out any more"),
                None => tracing::info!("nonces are given out again"),
            }
        }
        if let Some(reason) = &halted {
            for intent in database.queued_intents(account, None, self.sender.config.limits.max_in_flight).await? {
                database.set_intent_back(&intent, reason, HALTED_RETRY).await?;
            }
        }
        Ok(halted.is_none())
    }
}

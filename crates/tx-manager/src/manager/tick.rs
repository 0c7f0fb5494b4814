//! One look at everything: at every nonce that is open, then at what waits for one.

use std::time::{Duration, Instant};

use linkpool_chain::{Heads, Market};
use linkpool_db::tx::Work;

use super::{Assigns, TxManager, Urgency, pace::Due, step::RESEND_DELAY};
use crate::Result;

/// How long a transaction request waits while nothing is sent.
const HALTED_DELAY: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub(super) struct Tick {
    /// `finalized` is by depth on a chain that knows no finality.
    pub heads: Heads,
    /// The signer's nonce at the head.
    pub nonce: u64,
}

impl TxManager {
    /// One tick, if this instance is the one that works and there may be something to do: then the heads it worked with.
    pub async fn tick(&mut self, urgency: Urgency) -> Result<Option<Heads>> {
        if self.term().await?.is_none() {
            return Ok(None);
        }
        let work = self.work().await?;
        let due = self.pace.due(work, urgency, Instant::now(), self.clocks());
        if due == Due::Nothing {
            return Ok(None);
        }
        let ticked = self.look(due, (work, urgency)).await;
        if ticked.is_err() {
            self.pace.forget();
        }
        ticked
    }

    async fn look(&mut self, due: Due, (work, urgency): (Work, Urgency)) -> Result<Option<Heads>> {
        let (poll, idle) = (self.sender.config.poll_interval, self.sender.config.idle_interval);
        let mut heads = self.looks.heads().await?.answer;
        heads.finalized = self.sender.config.final_block(&heads);
        if due == Due::Look && self.pace.knows(&heads) {
            self.pace.looked(&self.looks, (poll, idle), work, urgency);
            return Ok(None);
        }
        if due == Due::Look && self.pace.rests(&heads, work, urgency, Instant::now()) {
            self.pace.ticked(&heads, work, urgency, false);
            self.pace.looked(&self.looks, (poll, idle), work, urgency);
            return Ok(Some(heads));
        }
        let nonce = self.sender.chain.nonce(self.sender.account.address).await?;
        self.pace.saw_nonce();
        let tick = Tick { heads, nonce };
        let next = self.sender.database.signer_nonce(&self.sender.account, nonce).await?;
        self.confirm(&tick).await?;
        self.detect_loss(&tick).await?;
        if self.may_assign(nonce, next).await? {
            self.assign(&tick).await?;
        }
        let left = self.work().await?;
        // What somebody waits for may need an endpoint, or the indexer, that is a moment behind this head.
        let is_puzzled = self.lacks_receipt || urgency.hurry || !(self.underpriced.is_empty() && self.invalid.is_empty());
        // What there was to do before: where the tick changed it, the next has to look at what came of that.
        self.pace.ticked(&heads, work, urgency, is_puzzled);
        self.pace.looked(&self.looks, (poll, idle), left, urgency);
        Ok(Some(heads))
    }

    /// What the database has to do.
    async fn work(&self) -> Result<Work> {
        let only = match self.assigns {
            Assigns::All => None,
            Assigns::Only(request) => Some(request),
            // There is none with this number.
            Assigns::Nothing => Some(-1),
        };
        Ok(self.sender.database.signer_work(&self.sender.account, only).await?)
    }

    /// When something is due whatever the chain does.
    fn clocks(&self) -> impl Iterator<Item = Instant> {
        let resend = self.sent.values().map(|sent| *sent + RESEND_DELAY);
        let used_elsewhere = self.unknown_nonces.values().map(|since| *since + self.sender.config.used_elsewhere_patience);
        resend.chain(used_elsewhere).chain(self.loss.due())
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
            for request in database.queued_requests(account, None, self.sender.config.limits.max_in_flight).await? {
                database.defer_request(&request, reason, HALTED_DELAY).await?;
            }
        }
        Ok(halted.is_none())
    }

    /// What gas costs at the head: asked for once, and only if something is to be signed.
    pub(super) async fn market(&mut self, tick: &Tick) -> Result<Market> {
        if let Some((head, market)) = self.market
            && head == tick.heads.head.hash
        {
            return Ok(market);
        }
        let market = self.sender.chain.market(self.sender.config.usual_tip_wei).await?;
        self.market = Some((tick.heads.head.hash, market));
        Ok(market)
    }
}

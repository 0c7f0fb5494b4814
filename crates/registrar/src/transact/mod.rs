//! Talking to the chain: one pass looks at every open nonce, then gives new ones out, then compares nodes with the contract.

mod assign;
mod check;
mod confirm;
mod loss;
mod send;
mod step;

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use linkpool_chain::{Heads, Market};
use linkpool_db::lease::{Leader, Lease};
use linkpool_primitives::B256;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use self::loss::LossWatch;
use crate::{Result, complaint::Complaint, context::Context, role::Listening, settle};

/// How long an intent waits while nothing is sent.
const HALTED_RETRY: Duration = Duration::from_secs(5);

/// The loop over the chain. What it holds between passes only saves work.
pub(crate) struct Transactor {
    context: Context,
    leads: watch::Sender<bool>,
    leader: Leader,
    /// When this process last sent an attempt.
    sent: HashMap<B256, Instant>,
    /// Nonces whose last attempt was refused because it pays too little.
    outbid: HashSet<u64>,
    loss: LossWatch,
    /// The head at which every mined transaction was last looked at.
    confirmed: Option<B256>,
    /// The market of a head.
    market: Option<(B256, Market)>,
    complaint: Complaint,
}

/// What one pass works with.
#[derive(Debug, Clone, Copy)]
struct Pass {
    heads: Heads,
    /// The signer's nonce at the head.
    nonce: u64,
}

impl Transactor {
    pub fn new(context: Context, leads: watch::Sender<bool>) -> Self {
        let leader = Leader::new(context.database.clone(), "registrar", context.config.lease_term);
        Self {
            context,
            leads,
            leader,
            sent: HashMap::new(),
            outbid: HashSet::new(),
            loss: LossWatch::default(),
            confirmed: None,
            market: None,
            complaint: Complaint::default(),
        }
    }

    pub async fn run(mut self, shutdown: CancellationToken) -> Result<()> {
        let mut listening = Listening::default();
        loop {
            listening.connect(&self.context.database).await;
            if let Err(error) = self.turn().await {
                if !error.is_transient() {
                    return Err(error);
                }
                self.complaint.warn(&error, "a pass of the registrar ended early");
            } else {
                self.complaint.over();
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = sleep(self.context.config.poll_interval) => {}
                () = listening.next() => {}
            }
        }
        if let Err(error) = self.leader.release().await {
            tracing::warn!(%error, "the registrar's lease was not given up; it runs out by itself");
        }
        Ok(())
    }

    /// One pass, if this instance is the one that works.
    async fn turn(&mut self) -> Result<()> {
        let lease = if self.context.config.use_lease {
            let Some(lease) = self.leader.hold().await? else {
                self.leads.send_replace(false);
                return Ok(());
            };
            Some(lease)
        } else {
            None
        };
        self.leads.send_if_modified(|leads| !std::mem::replace(leads, true));
        self.pass(lease.as_ref()).await
    }

    async fn pass(&mut self, lease: Option<&Lease>) -> Result<()> {
        let chain = &self.context.chain;
        let (heads, nonce) = (chain.heads().await?, chain.nonce(self.context.account.address).await?);
        let pass = Pass { heads, nonce };
        let next = self.context.database.signer_nonce(&self.context.account, nonce).await?;
        self.confirm(&pass).await?;
        self.watch_for_loss(&pass).await?;
        if self.may_assign(nonce, next).await? {
            self.assign(&pass, lease).await?;
        }
        settle::settle(&self.context, &heads).await
    }

    /// What gas costs at the head: asked for once, and only if something is to be signed.
    async fn market(&mut self, pass: &Pass) -> Result<Market> {
        if let Some((head, market)) = self.market
            && head == pass.heads.head.hash
        {
            return Ok(market);
        }
        let market = self.context.chain.market().await?;
        self.market = Some((pass.heads.head.hash, market));
        Ok(market)
    }

    /// The start-up rule, kept at all times: a chain that is ahead of the database means that somebody else sends from this
    /// account, or that the database was restored from a backup. Both need a person before another nonce is given out.
    async fn may_assign(&self, chain_nonce: u64, next: u64) -> Result<bool> {
        let halted = (chain_nonce > next).then(|| {
            format!(
                "the account {} is at nonce {chain_nonce} on chain and at {next} in the database: somebody else sends from it, or the database is an old \
                 copy; nothing is sent until they agree",
                linkpool_primitives::checksum(&self.context.account.address)
            )
        });
        if self.context.database.set_signer_halted(&self.context.account, halted.as_deref()).await? {
            match &halted {
                Some(reason) => tracing::error!(reason, "the registrar has stopped to give out nonces"),
                None => tracing::info!("the registrar gives out nonces again"),
            }
        }
        if let Some(reason) = &halted {
            for intent in self.context.database.queued_intents(&self.context.account, self.context.config.max_in_flight).await? {
                self.context.database.set_intent_back(&intent, reason, HALTED_RETRY).await?;
            }
        }
        Ok(halted.is_none())
    }
}

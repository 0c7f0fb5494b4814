//! Headers: the newest, and runs of them whose links were checked.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use linkpool_primitives::{B256, BlockRef};

use crate::{
    Chain, Result,
    chain::Failures,
    checked::{Checked, Heads, Tags},
    health::{LAG_BLOCKS, Rank},
    peer::{EndpointName, Peer},
    quorum::Agreement,
};

/// An answer and who gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<T> {
    pub endpoint: EndpointName,
    pub answer: T,
}

impl Chain {
    /// Head, safe and finalized.
    pub async fn heads(&self) -> Result<Heads> {
        self.told_heads().await.map(|told| told.answer)
    }

    /// [`Chain::heads`], and who told of them. With a quorum: the newest block that so many endpoints have in common.
    pub async fn told_heads(&self) -> Result<Told<Heads>> {
        self.told(Tags::Asked).await
    }

    /// The newest block alone, for one call, and who told of it; otherwise as [`Chain::told_heads`].
    pub async fn told_newest(&self) -> Result<Told<BlockRef>> {
        self.told(Tags::Left).await.map(|Told { endpoint, answer }| Told { endpoint, answer: answer.head })
    }

    /// The hash of the final block, where whoever told of these heads told of it in the same answer. With a quorum nobody alone is asked.
    pub fn final_hash(&self, told: &Told<Heads>) -> Option<B256> {
        let peer = self.peers().iter().find(|peer| peer.name == told.endpoint)?;
        if self.policy().quorum > 1 { None } else { peer.recent.final_hash(&told.answer) }
    }

    async fn told(&self, tags: Tags) -> Result<Told<Heads>> {
        let heads = if self.policy().quorum > 1 { self.common_heads(tags).await } else { self.newest_heads(tags).await };
        self.look_after_the_others();
        heads
    }

    /// From the healthiest endpoint that is not behind what others told before. Behind is better than nothing.
    async fn newest_heads(&self, tags: Tags) -> Result<Told<Heads>> {
        let behind: Mutex<Option<Told<Heads>>> = Mutex::new(None);
        let newest = self
            .ask(|peer| {
                let behind = &behind;
                async move {
                    let asked = Instant::now();
                    let answer = peer.heads(tags).await?;
                    let told = Told { endpoint: peer.name.clone(), answer };
                    match self.is_behind(&peer, answer.head.number, asked) {
                        Some(newer) => {
                            if let Ok(mut behind) = behind.lock() {
                                behind.get_or_insert(told);
                            }
                            Err(peer.lagging(newer))
                        }
                        None => Ok(told),
                    }
                }
            })
            .await;
        match (newest, behind.into_inner()) {
            (Err(error), Ok(Some(told))) if error.fails_over() => Ok(told),
            (newest, _) => newest,
        }
    }

    /// The height that another endpoint in good health told of before this one was asked, if this one's is well below it.
    fn is_behind(&self, peer: &Peer, number: u64, asked: Instant) -> Option<u64> {
        let others = self.peers().iter().filter(|other| other.name != peer.name);
        let heads = others.filter_map(|other| {
            let health = other.health();
            health.head().filter(|(_, seen)| *seen < asked && health.is_trusted()).map(|(number, _)| number)
        });
        heads.max().filter(|newest| number + LAG_BLOCKS < *newest)
    }

    /// Every endpoint in good health is asked, and the heads count as far as the quorum's slowest: an endpoint that stands still
    /// holds up nobody while enough others go on.
    async fn common_heads(&self, tags: Tags) -> Result<Told<Heads>> {
        let quorum = self.policy().quorum.min(self.peers().len());
        let order = self.order().into_iter().enumerate();
        let asked = order.filter(|(index, (rank, _))| *index < quorum || *rank < Rank::Pausing);
        let asked: Vec<Arc<Peer>> = asked.map(|(_, (_, peer))| peer).collect();
        let (mut heads, mut failures) = (Vec::new(), Failures::default());
        for answer in self.side_by_side(&asked, quorum, |peer| async move { peer.heads(tags).await }).await {
            match answer {
                Ok(answer) => heads.push(answer),
                Err(error) => failures.hear(error),
            }
        }
        if heads.is_empty() {
            return Err(failures.into_error());
        }
        let number = reached_by(quorum, heads.iter().map(|heads| heads.head.number));
        let (endpoint, header) = self
            .agreed(
                |peer| async move { Ok((peer.name.clone(), peer.header(number).await?.ok_or_else(|| peer.lagging(number))?)) },
                |(_, one), (_, other)| if one.block == other.block { Agreement::Same } else { Agreement::OtherBranch },
            )
            .await?;
        let safe = reached_by(quorum, heads.iter().map(|heads| heads.safe)).min(number);
        let finalized = reached_by(quorum, heads.iter().map(|heads| heads.finalized)).min(number);
        Ok(Told { endpoint, answer: Heads { head: header.block, safe, finalized } })
    }

    /// Endpoints that are not in use get better, worse, or another chain without our noticing, so they are asked for their head
    /// from time to time, beside what the caller waits for.
    fn look_after_the_others(&self) {
        let (now, every) = (Instant::now(), self.policy().probe_every.max(Duration::from_millis(10)));
        for peer in self.peers() {
            if self.peers().len() > 1 && peer.health().is_due(now, every) {
                let (chain, peer) = (self.clone(), peer.clone());
                tokio::spawn(async move {
                    let asked = Instant::now();
                    let outcome = peer.probe(chain.chain_id()).await;
                    peer.note(&outcome);
                    let head = peer.health().head().map(|(number, _)| number);
                    if outcome.is_ok() && head.is_some_and(|head| chain.is_behind(&peer, head, asked).is_some()) {
                        peer.health().lagged(Instant::now());
                    }
                });
            }
        }
    }

    /// The header at a height, if the chain is that long.
    pub async fn header(&self, number: u64) -> Result<Option<Checked>> {
        self.ask(|peer| async move { peer.header(number).await }).await
    }

    /// The blocks at these heights by one endpoint's word, in the same order; `None` for one that it does not have.
    pub async fn blocks_at(&self, numbers: &[u64]) -> Result<Told<Vec<Option<BlockRef>>>> {
        self.ask(|peer| async move {
            let headers = peer.headers_at(numbers).await?;
            let answer = headers.into_iter().map(|header| header.map(|header| header.block)).collect();
            Ok(Told { endpoint: peer.name.clone(), answer })
        })
        .await
    }

    /// The headers `from..=to`, each the child of the one before.
    ///
    /// # Errors
    /// [`Error::Lagging`](crate::Error::Lagging) where one is missing, [`Error::Inconsistent`](crate::Error::Inconsistent) where a link is broken even at a second look.
    pub async fn headers(&self, from: u64, to: u64) -> Result<Vec<Checked>> {
        Ok(self.told_headers(from, to).await?.answer)
    }

    /// The same, and who told of them.
    ///
    /// # Errors
    /// As [`Chain::headers`].
    pub async fn told_headers(&self, from: u64, to: u64) -> Result<Told<Vec<Checked>>> {
        self.ask(|peer| async move { Ok(Told { endpoint: peer.name.clone(), answer: peer.headers(from, to).await? }) }).await
    }
}

/// The highest block that so many have reached; the lowest of all where there are fewer.
fn reached_by(quorum: usize, numbers: impl Iterator<Item = u64>) -> u64 {
    let mut numbers: Vec<u64> = numbers.collect();
    numbers.sort_unstable_by(|one, other| other.cmp(one));
    numbers.get(quorum.saturating_sub(1)).or(numbers.last()).copied().unwrap_or_default()
}

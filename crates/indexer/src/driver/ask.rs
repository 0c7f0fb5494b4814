//! Questions of the engine, put to the chain.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::stream::{StreamExt, TryStreamExt, iter};
use linkpool_chain::{Chain, Checked, Log, Looks};
use linkpool_primitives::{B256, BlockRef};

use super::{rows::Rows, watched::Watch};
use crate::engine::{Ask, AskId, Fault, Fetched, Hashes, Header, Heads, Input};

type Answer<T> = Result<T, linkpool_chain::Error>;

/// Headers asked for at once, for the times of blocks with logs, and how many such questions are open together.
const TIMES: usize = 100;
const TIMES_OPEN: usize = 4;
/// A question that is passed from endpoint to endpoint is given up after this long; the engine asks again, and for less.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// How often the final block's hash is asked for beside a head that is not the one that was told.
const FINAL_HASH_TRIES: usize = 2;

/// Whom the questions go to.
#[derive(Debug)]
pub(super) struct Asker {
    pub chain: Chain,
    pub watch: Arc<Watch>,
    pub looks: Looks,
    /// The last final block whose hash is known: asked once each time the chain finalizes.
    finalized: Mutex<Option<(u64, B256)>>,
    /// Whether a subscription has told of a block since the heads were last asked for.
    is_announced: AtomicBool,
}

impl Asker {
    pub fn new(chain: Chain, watch: Arc<Watch>) -> Self {
        Self { looks: Looks::new(chain.clone()), chain, watch, finalized: Mutex::new(None), is_announced: AtomicBool::new(false) }
    }

    /// A subscription tells of a new block.
    pub fn announce(&self) {
        self.is_announced.store(true, Ordering::Relaxed);
    }

    /// Never fails: what goes wrong is an input too.
    pub async fn ask(&self, id: AskId, ask: Ask) -> Input<Rows> {
        let is_one_block = matches!(ask, Ask::Range { from, to } | Ask::Blocks { from, to, .. } if from == to);
        let question = async {
            match ask {
                Ask::Heads => self.heads(id).await,
                Ask::Hashes(heights) => self.hashes(id, &heights).await,
                Ask::Links { from, to } => self.links(id, from, to).await,
                Ask::Range { from, to } => self.range(from, to).await.map(|fetched| Input::Fetched(id, fetched)),
                Ask::Blocks { from, to, ignore_bloom } => {
                    self.blocks(from, to, ignore_bloom).await.map(|fetched| Input::Fetched(id, fetched))
                }
            }
        };
        let Ok(answer) = tokio::time::timeout(ANSWER_TIMEOUT, question).await else {
            return Input::Failed(id, Fault::TimedOut, "no endpoint answers in time".to_owned());
        };
        answer.unwrap_or_else(|error| {
            // A shorter range is no way out any more, but another endpoint may be.
            if let linkpool_chain::Error::TooLarge { endpoint, .. } = &error
                && is_one_block
            {
                self.chain.deprioritize(endpoint);
            }
            Input::Failed(id, fault(&error), error.to_string())
        })
    }

    async fn heads(&self, id: AskId) -> Answer<Input<Rows>> {
        let told = match self.is_announced.swap(false, Ordering::Relaxed) {
            true => self.looks.announced_heads().await?,
            false => self.looks.heads().await?,
        };
        let linkpool_chain::Heads { head, safe, finalized } = told.answer;
        let finalized_hash = match self.chain.final_hash(&told) {
            Some(hash) => Some(hash),
            None => self.final_hash(finalized, &head).await,
        };
        Ok(Input::Heads(id, told.endpoint, Heads { head, safe, finalized, finalized_hash }))
    }

    /// The final block's hash, if anyhow possible from an endpoint that also has the head; without one the engine does without.
    async fn final_hash(&self, finalized: u64, head: &BlockRef) -> Option<B256> {
        let known = self.finalized.lock().ok().and_then(|known| *known);
        match known {
            _ if finalized == 0 => return None,
            Some((number, hash)) if number == finalized => return Some(hash),
            _ => {}
        }
        let mut told = None;
        for _ in 0..FINAL_HASH_TRIES {
            let blocks = self.chain.blocks_at(&[finalized, head.number]).await.ok()?.answer;
            let [Some(last), newest] = blocks[..] else { continue };
            told = Some(last.hash);
            if newest.is_some_and(|newest| newest.hash == head.hash) {
                if let Ok(mut known) = self.finalized.lock() {
                    *known = Some((finalized, last.hash));
                }
                break;
            }
        }
        told
    }

    async fn hashes(&self, id: AskId, heights: &[u64]) -> Answer<Input<Rows>> {
        let told = self.chain.blocks_at(heights).await?;
        let blocks = heights.iter().copied().zip(told.answer).collect();
        Ok(Input::Hashes(id, Hashes { endpoint: told.endpoint, blocks }))
    }

    async fn links(&self, id: AskId, from: u64, to: u64) -> Answer<Input<Rows>> {
        let told = self.chain.told_headers(from, to).await?;
        let run: Vec<BlockRef> = told.answer.iter().map(|header| header.block).collect();
        // Who is right about the final block is asked anew where two differ.
        if let (Some(last), Ok(mut known)) = (run.last(), self.finalized.lock()) {
            known.take_if(|(number, hash)| *number == last.number && *hash != last.hash);
        }
        let blocks = run.into_iter().map(|block| (block.number, Some(block))).collect();
        Ok(Input::Hashes(id, Hashes { endpoint: told.endpoint, blocks }))
    }

    async fn range(&self, from: u64, to: u64) -> Answer<Fetched<Rows>> {
        let watched = self.watch.now();
        let range = self.chain.final_logs(&watched.addresses, from, to).await?;
        let times = block_times(&self.chain, &range.logs, &[&range.first, &range.last]).await?;
        Ok(Fetched {
            endpoint: range.endpoint,
            first_parent: range.first.parent_hash,
            headers: vec![header(&range.last)],
            payload: watched.read(range.logs, &times),
            answer_bytes: range.answer_bytes,
        })
    }

    async fn blocks(&self, from: u64, to: u64, ignore_bloom: bool) -> Answer<Fetched<Rows>> {
        let watched = self.watch.now();
        let blocks = match ignore_bloom {
            true => self.chain.blocks_ignoring_bloom(&watched.addresses, from, to).await?,
            false => self.chain.blocks(&watched.addresses, from, to).await?,
        };
        let times = blocks.headers.iter().map(|header| (header.block.number, header.block.timestamp)).collect();
        Ok(Fetched {
            endpoint: blocks.endpoint,
            first_parent: blocks.headers.first().map_or(B256::ZERO, |first| first.parent_hash),
            headers: blocks.headers.iter().map(header).collect(),
            payload: watched.read(blocks.logs, &times),
            answer_bytes: blocks.answer_bytes,
        })
    }
}

/// The times of the blocks with logs, by their headers, which must be the blocks that the logs say they are of. Many nodes put a
/// time beside the log: nobody checks that one, and it was seen to be 0, in milliseconds, and that of another block.
pub(crate) async fn block_times(chain: &Chain, logs: &[Log], known: &[&Checked]) -> Answer<HashMap<u64, u64>> {
    let positions = logs.iter().filter_map(Log::position);
    let mut blocks: Vec<(u64, B256)> = positions.map(|position| (position.number, position.hash)).collect();
    blocks.dedup_by_key(|(number, _)| *number);
    let is_known = |block: &(u64, B256)| known.iter().find(|header| (header.block.number, header.block.hash) == *block);
    let mut times: HashMap<u64, u64> =
        blocks.iter().filter_map(is_known).map(|header| (header.block.number, header.block.timestamp)).collect();
    blocks.retain(|(number, _)| !times.contains_key(number));
    let asked = blocks.chunks(TIMES).map(|part| async move {
        let numbers: Vec<u64> = part.iter().map(|(number, _)| *number).collect();
        let told = chain.blocks_at(&numbers).await?;
        // Who gave it another time may be the one to avoid, or who gave the log: whoever is asked next shall give both.
        let lacks = |number: u64| {
            chain.deprioritize(&told.endpoint);
            linkpool_chain::Error::Lagging { endpoint: told.endpoint.to_string(), block: number.to_string() }
        };
        let time = |((number, hash), block): (&(u64, B256), &Option<BlockRef>)| {
            let block = block.filter(|block| *hash == block.hash);
            block.map(|block| (*number, block.timestamp)).ok_or_else(|| lacks(*number))
        };
        part.iter().zip(&told.answer).map(time).collect::<Answer<Vec<(u64, u64)>>>()
    });
    let found: Vec<Vec<(u64, u64)>> = iter(asked.collect::<Vec<_>>()).buffered(TIMES_OPEN).try_collect().await?;
    times.extend(found.into_iter().flatten());
    rising(chain, &times)?;
    Ok(times)
}

/// No block is older than one before it.
fn rising(chain: &Chain, times: &HashMap<u64, u64>) -> Answer<()> {
    let mut times: Vec<(u64, u64)> = times.iter().map(|(number, time)| (*number, *time)).collect();
    times.sort_unstable();
    match times.windows(2).find(|pair| pair[1].1 < pair[0].1) {
        None => Ok(()),
        Some(pair) => Err(linkpool_chain::Error::Inconsistent {
            endpoint: chain.name().to_owned(),
            what: format!("block {} is older than block {}", pair[1].0, pair[0].0),
        }),
    }
}

fn header(checked: &Checked) -> Header {
    Header { block: checked.block, parent_hash: checked.parent_hash }
}

fn fault(error: &linkpool_chain::Error) -> Fault {
    use linkpool_chain::Error;
    match error {
        Error::TooLarge { suggested, .. } => {
            Fault::TooLarge { hint: suggested.and_then(|(from, to)| to.checked_sub(from)).map(|blocks| blocks + 1) }
        }
        Error::RateLimited { .. } => Fault::RateLimited { wait: None },
        Error::Lagging { .. } | Error::Pruned { .. } => Fault::Lagging,
        Error::Inconsistent { .. } => Fault::Inconsistent,
        // Whatever the code says: what is refused in words that nobody knows may be answered if it is shorter.
        Error::Rpc { .. } => Fault::Refused,
        error if error.is_time_out() => Fault::TimedOut,
        error if error.is_transient() => Fault::Transient,
        _ => Fault::Fatal,
    }
}

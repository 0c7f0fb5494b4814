//! What goes into the engine and what comes out of it.

use std::{fmt::Debug, sync::Arc};

use linkpool_primitives::{B256, BlockRef, IndexerState};

/// Milliseconds of a clock that only rises; where it starts does not matter.
pub type Millis = u64;

/// Names an answer's question. Answers to questions that were given up are ignored.
pub type AskId = u64;

pub type EndpointName = Arc<str>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPosition {
    pub number: u64,
    pub hash: B256,
    pub index: u32,
}

/// An event that does not continue what was written: something between `since` and `at` is missing, or never happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The block that last set the value.
    pub since: u64,
    /// The block whose event presupposes another value.
    pub at: u64,
    pub what: String,
}

/// The logs of a range, in whatever form the driver writes them. The engine never looks inside.
pub trait Payload: Debug + Default {
    /// The last value of the fields whose events also say by how much they changed them, with the block of each.
    type Ledger: Debug + Clone + Default;

    /// Every log, in the order the endpoint gave.
    fn log_positions(&self) -> impl Iterator<Item = LogPosition>;

    /// Memory that it holds, roughly.
    fn bytes(&self) -> usize;

    /// Advances the ledger; with `forgive`, past a gap.
    ///
    /// # Errors
    /// The first gap. The ledger is then of no use.
    fn follow(&self, ledger: &mut Self::Ledger, forgive: bool) -> Result<(), Gap>;
}

/// A header that a reorg may still remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub block: BlockRef,
    pub parent_hash: B256,
}

/// A header of the database and how many logs of its block are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub number: u64,
    pub hash: B256,
    pub logs: u32,
}

/// The newest blocks by tag; 0 where the chain has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    pub head: BlockRef,
    pub safe: u64,
    pub finalized: u64,
    /// Of the final block, if the endpoint told.
    pub finalized_hash: Option<B256>,
}

/// What the database holds, read in one snapshot.
#[derive(Debug, Clone)]
pub struct Snapshot<L> {
    pub cursor: BlockRef,
    pub finalized: u64,
    /// What was last written about why nothing moves, if anything.
    pub state: IndexerState,
    /// In any order.
    pub headers: Vec<Kept>,
    /// The block before the contract.
    pub start: (u64, B256),
    pub ledger: L,
}

/// A question to the chain. One backend must answer all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    Heads,
    /// Logs of final blocks, with the headers at both ends.
    Range {
        from: u64,
        to: u64,
    },
    /// All headers, and the logs of each block asked for by hash, where its bloom does not deny them.
    Blocks {
        from: u64,
        to: u64,
        /// Whether each block is asked for whatever its bloom says: something is missing, or is to be compared.
        ignore_bloom: bool,
    },
    /// The blocks at these heights.
    Hashes(Vec<u64>),
    /// The blocks `from..=to`, each the child of the one before.
    Links {
        from: u64,
        to: u64,
    },
}

/// The answer to [`Ask::Range`] or [`Ask::Blocks`].
#[derive(Debug, Clone)]
pub struct Fetched<P> {
    pub endpoint: EndpointName,
    pub first_parent: B256,
    /// Of every block, or of the last alone.
    pub headers: Vec<Header>,
    pub payload: P,
    /// Size of the endpoint's answer.
    pub answer_bytes: usize,
}

impl<P> Fetched<P> {
    /// The last block of the answer.
    pub fn end(&self) -> Option<BlockRef> {
        self.headers.last().map(|header| header.block)
    }
}

/// The answer to [`Ask::Hashes`] or [`Ask::Links`]: `None` for a height that the endpoint does not have.
#[derive(Debug, Clone)]
pub struct Hashes {
    pub endpoint: EndpointName,
    pub blocks: Vec<(u64, Option<BlockRef>)>,
}

/// Why a question has no answer, by what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Ask for fewer blocks; `hint` is the provider's own idea of how many.
    TooLarge { hint: Option<u64> },
    /// Ask less often.
    RateLimited { wait: Option<Millis> },
    /// The block is not there yet, or no more.
    Lagging,
    /// Two answers that can't both be true.
    Inconsistent,
    /// No answer within the time of a request.
    TimedOut,
    /// An error in words that are not known: it may mean any of these.
    Refused,
    /// May go away by itself.
    Transient,
    /// Will not go away by itself.
    Fatal,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Written,
    /// It is written, and other logs are to be asked for from now on: only the database knows which.
    Changed,
    /// Another writer has moved the cursor; nothing was written.
    CursorMoved,
    /// Another instance holds the lease; nothing was written.
    Fenced,
    /// Nobody knows whether it was written: the cursor tells.
    Failed(String),
}

#[derive(Debug)]
pub enum Input<P: Payload> {
    /// Nothing happened but time.
    Tick,
    /// This instance may write from now on.
    LeaseGained,
    LeaseLost,
    Loaded(Snapshot<P::Ledger>),
    /// The ledger as it was after this block.
    Ledger(u64, P::Ledger),
    /// Of either.
    LoadFailed(String),
    /// A subscription says that there is a new block. Which one, the heads tell: nobody checks a subscription's words.
    Woken,
    Heads(AskId, EndpointName, Heads),
    Fetched(AskId, Fetched<P>),
    Hashes(AskId, Hashes),
    Failed(AskId, Fault, String),
    Written(Outcome),
}

/// One transaction. `ancestor` is set where everything above it is replaced.
#[derive(Debug)]
pub struct Write<P> {
    /// Where the cursor must stand.
    pub expected: BlockRef,
    pub ancestor: Option<BlockRef>,
    pub to: BlockRef,
    pub heads: Heads,
    pub caught_up: bool,
    pub headers: Vec<Header>,
    /// In the order of the chain.
    pub payloads: Vec<P>,
}

#[derive(Debug)]
pub enum Effect<P> {
    /// Read the database and come back with [`Input::Loaded`].
    Load,
    /// Read the ledger as it was after this block, and come back with [`Input::Ledger`].
    LoadLedger(u64),
    Ask(AskId, Ask),
    /// Come back with [`Input::Written`]. Never two at a time.
    Write(Box<Write<P>>),
    /// Record that the chain was seen while there was nothing to write.
    Seen(Heads),
    /// Record the state, with a sentence for people.
    SetState(IndexerState, Option<String>),
    /// This endpoint gave an answer that can't be true.
    ReportFaulty(EndpointName, String),
    /// Ask another endpoint next, if there is one: nothing is proven.
    Deprioritize(EndpointName),
    /// Something worth a line in the log.
    Log(String),
    /// Writing must not go on, whoever restarts it.
    Stop {
        block: u64,
        finalized: u64,
    },
}

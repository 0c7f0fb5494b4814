//! What a comparison found.

use std::collections::BTreeSet;

use linkpool_primitives::{Address, B256, BlockRef, checksum};

/// Differences kept with their values; more are only counted.
pub(super) const KEPT: usize = 1_000;

/// How much was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// Every row of the state, and every event.
    #[default]
    All,
    /// The pool, all nodes, and of positions and tickets at most this many that changed since the block and as many taken at
    /// random; the events since the block.
    Sample { rows: u32, since: u64 },
}

/// The outcome of a comparison.
#[derive(Debug, Clone, Default)]
pub struct Verification {
    /// The block at which both were read.
    pub block: BlockRef,
    pub scope: Scope,
    /// Who gave the newest logs.
    pub endpoint: String,
    pub nodes: usize,
    pub positions: usize,
    pub tickets: usize,
    pub events: usize,
    /// Empty: they are equal. At most a thousand; `difference_count` counts all.
    pub differences: Vec<Difference>,
    pub difference_count: usize,
    /// Blocks whose events are wrong, or after which the state is.
    pub bad_blocks: BTreeSet<u64>,
    /// Whether an event is among the differences, kept or only counted.
    pub events_differ: bool,
    /// What kept somebody from looking further.
    pub notes: Vec<String>,
}

/// What a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    Pool,
    Node(Address),
    Position(Address, Address),
    Ticket(Address, Address, i64),
    Role(Address),
    Slot(i16),
    /// The sum of the positions or tickets of a node: a row is missing, or one is too many.
    Shares(Address),
    /// The number of stakers of a node, or of the pool, as the history has it.
    Stakers(Option<Address>),
    /// A row of the event log, of the pool or of a followed contract, by block and log index.
    Event(u64, u32),
    /// An operation that a timelock announced.
    Operation(Address, B256),
    /// The delay of a timelock.
    Delay(Address),
    /// What an Operator holds for requests that nobody has answered.
    Operator(Address),
}

/// One place where the two disagree.
#[derive(Debug, Clone, PartialEq, Eq, derive_more::Display)]
#[display("{what}: the database has {database}, the chain {contract}")]
pub struct Difference {
    pub subject: Subject,
    /// The subject in words, with the part of it that differs.
    pub what: String,
    pub database: String,
    pub contract: String,
}

impl Verification {
    pub(super) fn new(block: BlockRef, scope: Scope, endpoint: &str) -> Self {
        Self { block, scope, endpoint: endpoint.to_owned(), ..Self::default() }
    }

    pub fn is_equal(&self) -> bool {
        self.difference_count == 0
    }

    pub fn first_bad_block(&self) -> Option<u64> {
        self.bad_blocks.first().copied()
    }

    /// Records a difference unless there is none.
    pub(super) fn compare<T: PartialEq + std::fmt::Debug>(&mut self, subject: Subject, part: &str, database: &T, contract: &T) {
        if database != contract {
            self.note(subject, part, format!("{database:?}"), format!("{contract:?}"));
        }
    }

    pub(super) fn note(&mut self, subject: Subject, part: &str, database: String, contract: String) {
        self.difference_count += 1;
        if self.differences.len() < KEPT {
            let what = if part.is_empty() { subject.to_string() } else { format!("{subject}, {part}") };
            self.differences.push(Difference { subject, what, database, contract });
        }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pool => write!(f, "pool"),
            Self::Node(node) => write!(f, "node {}", checksum(node)),
            Self::Position(node, staker) => write!(f, "position of {} on {}", checksum(staker), checksum(node)),
            Self::Ticket(node, staker, ticket) => write!(f, "ticket {ticket} of {} on {}", checksum(staker), checksum(node)),
            Self::Role(account) => write!(f, "roles of {}", checksum(account)),
            Self::Slot(slot) => write!(f, "penalty slot {slot}"),
            Self::Shares(node) => write!(f, "rows of node {}", checksum(node)),
            Self::Stakers(Some(node)) => write!(f, "stakers of node {}", checksum(node)),
            Self::Stakers(None) => write!(f, "stakers of the pool"),
            Self::Event(block, index) => write!(f, "event {index} of block {block}"),
            Self::Operation(timelock, operation) => write!(f, "operation {operation} of the timelock {}", checksum(timelock)),
            Self::Operator(operator) => write!(f, "Operator {}", checksum(operator)),
            Self::Delay(timelock) => write!(f, "delay of the timelock {}", checksum(timelock)),
        }
    }
}

//! What can be made to go wrong, with what, and when.

use std::time::Duration;

use serde_json::Value;

/// One way in which an endpoint fails or lies.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The request never reaches the node, and no answer comes: the caller's own timeout ends it.
    TimeoutBefore,
    /// The request reaches the node, and no answer comes.
    TimeoutAfter,
    /// The connection is closed before the request reaches the node.
    CloseBefore,
    /// The request reaches the node, and the connection is closed instead of an answer.
    CloseAfter,
    /// An HTTP status (429, 500, 502, 503, 413) with a page instead of JSON; the request does not reach the node.
    Status(u16),
    /// An HTTP redirect to this URL.
    Redirect(String),
    /// The node is asked; the answer is a page, with status 200.
    Malformed,
    /// The node is asked; the answer is the first half of its JSON.
    Truncated,
    /// Every answer takes this much longer.
    Latency(Duration),
    /// So many bytes that mean nothing follow the answer.
    Verbose(usize),
    /// An error answer instead of asking the node.
    Error { code: i64, message: String, data: Option<Value> },
    /// The node is asked, and an error is answered nevertheless.
    ErrorAfter { code: i64, message: String },
    /// This result instead of asking the node; `Value::Null` for "there is none".
    Answer(Value),
    /// Range queries with more logs than this are refused in Infura's words (-32005), with the range that it suggests.
    LogCap(usize),
    /// As if the newest blocks did not exist: by tag, by number (null), by hash (null), and in `eth_getLogs` ranges, which are
    /// answered without them and without an error (geth#24078).
    LagsBehind(u64),
    /// As [`Fault::LagsBehind`], with this block as the head for ever.
    StaleHead(u64),
    /// `eth_getLogs` finds nothing.
    EmptyLogs,
    /// `eth_getLogs` marks every log as removed.
    RemovedLogs,
    /// `eth_getLogs` answers in another order.
    ShuffledLogs,
    /// `eth_getLogs` gives its first log twice.
    DuplicatedLogs,
    /// `eth_getLogs` loses its first log, and then one in so many; at least 1.
    LosesLogs { one_in: u64 },
    /// `eth_getLogs` answers the logs without the time of their block, as older nodes do.
    TimelessLogs,
    /// The newest block is said to be so much higher than it is.
    Ahead(u64),
    /// A call with a state override is refused, in Hardhat's words.
    RefusesOverrides,
    /// State overrides are not looked at, as by ganache.
    IgnoresOverrides,
    /// Blocks come without this field.
    HeadersWithout(&'static str),
    /// Another chain id.
    ChainId(u64),
    /// The calls go to the node at this port of this machine: another branch, or another chain.
    Fork(u16),
    /// `eth_sendRawTransaction` answers the hash, and the transaction never reaches a node.
    ForgetsTransactions,
    /// Subscriptions stay open and nothing comes through them any more.
    SilentSubscriptions,
    /// Subscriptions are closed, and new ones refused.
    NoSubscriptions,
}

impl Fault {
    /// An error answer instead of asking the node.
    pub fn error(code: i64, message: &str) -> Self {
        Self::Error { code, message: message.to_owned(), data: None }
    }

    /// The node takes the transaction, and its answer is that it had it before.
    pub fn already_known() -> Self {
        Self::ErrorAfter { code: -32000, message: "already known".to_owned() }
    }

    /// The transaction is refused: its nonce is used.
    pub fn nonce_too_low() -> Self {
        Self::error(-32000, "nonce too low: next nonce 185, tx nonce 184")
    }

    /// The transaction is refused: another with its nonce pays too much to be replaced.
    pub fn replacement_underpriced() -> Self {
        Self::error(-32000, "replacement transaction underpriced")
    }

    /// The transaction is refused: the account can't pay for it.
    pub fn insufficient_funds() -> Self {
        Self::error(-32000, "insufficient funds for gas * price + value: balance 0, tx cost 21000")
    }

    /// A provider's rate limit in words, with the code that others use for "too many results".
    pub fn rate_limited() -> Self {
        Self::error(-32005, "daily request count exceeded, request rate limited")
    }

    pub fn on(self, method: &'static str) -> Rule {
        Rule::from(self).on(method)
    }

    /// Only while this holds.
    pub fn when(self, when: When) -> Rule {
        Rule::from(self).when(when)
    }

    /// Whether it befalls subscriptions and no single call.
    pub(super) fn is_for_subscriptions(&self) -> bool {
        matches!(self, Self::SilentSubscriptions | Self::NoSubscriptions)
    }
}

/// Which of the calls that a rule is for it befalls. Calls are counted from the moment the rule is set, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    /// This call only.
    Nth(u64),
    /// The calls up to this one.
    First(u64),
    /// Every call after this one.
    After(u64),
    /// One call in so many; at least 1.
    Every(u64),
    /// Each call with this chance of a thousand, by the proxy's seed.
    Chance {
        per_mille: u16,
    },
}

/// A fault with the calls that it befalls.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) fault: Fault,
    /// Empty for all.
    pub(super) methods: Vec<&'static str>,
    pub(super) when: When,
    /// Calls that the rule is for, so far.
    pub(super) seen: u64,
}

impl From<Fault> for Rule {
    fn from(fault: Fault) -> Self {
        Self { fault, methods: Vec::new(), when: When::Always, seen: 0 }
    }
}

impl Rule {
    /// Only for this method; said twice, for both.
    #[must_use]
    pub fn on(mut self, method: &'static str) -> Self {
        self.methods.push(method);
        self
    }

    /// Only while this holds.
    #[must_use]
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }
}

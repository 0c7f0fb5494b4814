//! Everything that can be wrong with an answer of a node, one sentence each.

use std::{fmt, time::Duration};

use alloy_primitives::Address;

/// Why a call of a node's API gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The origin of the node's address; `None` if the mistake is on our side and no node was asked.
    pub peer: Option<String>,
    pub kind: ErrorKind,
}

/// What is wrong: a sentence that goes on after the peer's name. Text that the peer chose is cut short and made printable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    #[error("the node's address is not usable: {reason}")]
    InvalidAddress { reason: &'static str },
    /// The TLS or HTTP library could not be set up on this machine.
    #[error("the HTTP client cannot start: {reason}")]
    NoHttpClient { reason: String },
    /// Only a login by password can create a token.
    #[error("an API token can only be made with the e-mail and password of its user")]
    PasswordNeeded,
    /// Nothing listens at the address: the replica is down, or it is a standby.
    #[error("refuses the connection: no replica holds the lease there yet, or the node is down")]
    Refused,
    /// No connection: name resolution, routing, TLS or the connect timeout.
    #[error("cannot be reached: {reason}")]
    Unreachable { reason: String },
    #[error("did not finish its answer within {} ms", limit.as_millis())]
    TimedOut { limit: Duration },
    /// The connection ended, or what came was not HTTP, or it had too many headers.
    #[error("broke off its answer: {reason}")]
    BrokenAnswer { reason: String },
    /// The body is longer than a node's answer ever is.
    #[error("sent an answer longer than {limit_bytes} bytes; the rest was not read")]
    BodyTooLarge {
        limit_bytes: usize,
        /// Bytes taken from the connection before it was dropped; 0 if the length was announced.
        read_bytes: usize,
    },
    /// A 3xx answer. The real API has none, and following one could carry credentials elsewhere.
    #[error("redirects to {location}, which is not followed: set the node's own address")]
    Redirected { location: String },
    /// 401 after a fresh login, or with a token.
    #[error("refuses the API credentials (401): check the token, or the e-mail and password")]
    CredentialsRefused,
    /// 403, or 401 with the word for it.
    #[error("says the API user's role is too low for this: keys, bridges and jobs need `edit`, users and transfers `admin`")]
    Forbidden,
    /// 401, because the node could not look us up.
    #[error("cannot check who we are (401: \"{detail}\"): its database is in trouble")]
    LoginUnchecked { detail: String },
    #[error("asks for a second factor: use a token, or a user without one")]
    SecondFactor,
    /// There is no session, and the last login is too recent for another.
    #[error("asks for a login, held back for {} s so that the node does not lock us out", retry_in.as_secs() + 1)]
    LoginHeldBack { retry_in: Duration },
    #[error("limits logins (429): something else logs in from this address too often")]
    LoginLimited,
    /// 429 on anything but the login.
    #[error("limits requests (429): ask it less often")]
    RateLimited,
    /// Something other than a node, or a proxy before it.
    #[error("answered with {content_type} instead of JSON (\"{beginning}\"): is this the node's API address?")]
    NotJson { content_type: String, beginning: String },
    /// JSON that is not what the API documents.
    #[error("sent JSON that a Chainlink node does not send: {reason}")]
    Malformed { reason: String },
    /// 204: the small server that a node runs during a migration or backup.
    #[error("answered 204 without content: the node is still migrating its database")]
    Migrating,
    /// 503, with the node's own words, if any.
    #[error("is unavailable (503){}", suffix(detail))]
    Unavailable { detail: String },
    /// Any other status, with the node's own words, if any.
    #[error("answered {status}, which this call never should{}", suffix(detail))]
    UnexpectedStatus { status: u16, detail: String },
    /// 404 on the login.
    #[error("has no /sessions to log in at: it is not a Chainlink node, or it is still starting")]
    NoLogin,
    /// 404 for both paths of the key list.
    #[error("has neither /v2/keys/evm nor /v2/keys/eth: it is no Chainlink node, or still starting")]
    NoKeyList,
    /// 404, or the page that a node has for every unknown path, for the stand-in's own endpoint.
    #[error("cannot sign a registration: a stock node has no such endpoint; use the proof by transfer")]
    CannotSign,
    /// Somebody made or deleted an entry between two pages.
    #[error("changed a list while it was read: read it again")]
    ListChanged,
    #[error("has a list of more than {limit} entries, which is more than we read")]
    TooManyEntries { limit: usize },
    #[error("has an API user {email} already")]
    UserExists { email: String },
    #[error("does not take the API user{}", suffix(detail))]
    BadUser { detail: String },
    #[error("has a bridge `{name}` already: update it instead")]
    BridgeExists { name: String },
    #[error("has no bridge `{name}`")]
    NoSuchBridge { name: String },
    #[error("keeps the bridge `{name}`, because jobs use it: change or delete those first{}", suffix(detail))]
    BridgeInUse { name: String, detail: String },
    #[error("does not take the bridge{}", suffix(detail))]
    BadBridge { detail: String },
    #[error("has a job with this {what} already: replace that one instead")]
    JobExists { what: &'static str },
    #[error("has not all bridges that the job names (it names {named}): create them first")]
    BridgesMissing { named: String },
    #[error("has no job {id}")]
    NoSuchJob { id: i32 },
    #[error("does not take the job: correct its TOML{}", suffix(detail))]
    BadJob { detail: String },
    /// A signature, but not by the wallet that should have signed, over the fields that were asked for.
    #[error("returned a signature that is not by the wallet {wallet}")]
    WrongSignature { wallet: Address },
}

fn suffix(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": \"{detail}\"") }
}

impl ErrorKind {
    pub(super) fn of(self, peer: &str) -> Error {
        Error { peer: Some(peer.to_owned()), kind: self }
    }
}

/// A mistake on our side.
impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { peer: None, kind }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.peer {
            Some(peer) => write!(formatter, "{peer} {}", self.kind),
            None => write!(formatter, "{}", self.kind),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// Whether the same call may succeed later with nothing changed on our side.
    pub fn is_transient(&self) -> bool {
        use ErrorKind::*;
        match &self.kind {
            Refused
            | Unreachable { .. }
            | TimedOut { .. }
            | BrokenAnswer { .. }
            | LoginHeldBack { .. }
            | LoginUnchecked { .. }
            | ListChanged
            | LoginLimited
            | RateLimited
            | Migrating
            | NoKeyList
            | NoLogin
            | Unavailable { .. } => true,
            UnexpectedStatus { status, .. } => *status >= 500,
            InvalidAddress { .. }
            | NoHttpClient { .. }
            | PasswordNeeded
            | BodyTooLarge { .. }
            | Redirected { .. }
            | CredentialsRefused
            | Forbidden
            | NotJson { .. }
            | Malformed { .. }
            | SecondFactor
            | TooManyEntries { .. }
            | UserExists { .. }
            | BadUser { .. }
            | BridgeExists { .. }
            | NoSuchBridge { .. }
            | BridgeInUse { .. }
            | BadBridge { .. }
            | JobExists { .. }
            | BridgesMissing { .. }
            | NoSuchJob { .. }
            | BadJob { .. }
            | CannotSign
            | WrongSignature { .. } => false,
        }
    }

    /// A stable word for this kind of error, for metrics labels, events and tests.
    pub fn code(&self) -> &'static str {
        (&self.kind).into()
    }
}

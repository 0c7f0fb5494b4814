//! Everything that can be wrong with an answer of a node, one sentence each.

use std::time::Duration;

/// Why a call of a node's API gave no result.
///
/// `peer` is the origin of the configured address. Text that the peer chose is cut short and made printable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configured address cannot be used.
    #[error("the node's address is not usable: {reason}")]
    InvalidAddress {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The HTTP client could not be set up on this machine.
    #[error("the HTTP client cannot start: {reason}")]
    NoHttpClient {
        /// The cause, from the TLS or HTTP library.
        reason: String,
    },
    /// Nothing listens at the address: the replica is down, or it is a standby.
    #[error("{peer} refuses the connection: no replica holds the lease there yet, or the node is down")]
    Refused {
        /// Who.
        peer: String,
    },
    /// No connection: name resolution, routing, TLS or the connect timeout.
    #[error("{peer} cannot be reached: {reason}")]
    Unreachable {
        /// Who.
        peer: String,
        /// The cause, from the network or TLS library.
        reason: String,
    },
    /// The answer did not end in time.
    #[error("{peer} did not finish its answer within {} ms", limit.as_millis())]
    TimedOut {
        /// Who.
        peer: String,
        /// The time it had.
        limit: Duration,
    },
    /// The connection ended, or what came was not HTTP, or it had too many headers.
    #[error("{peer} broke off its answer: {reason}")]
    BrokenAnswer {
        /// Who.
        peer: String,
        /// The cause, from the HTTP library.
        reason: String,
    },
    /// The body is longer than a node's answer ever is.
    #[error("{peer} sent an answer longer than {limit_bytes} bytes; the rest was not read")]
    BodyTooLarge {
        /// Who.
        peer: String,
        /// The limit.
        limit_bytes: usize,
        /// Bytes taken from the connection before it was dropped; 0 if the length was announced.
        read_bytes: usize,
    },
    /// A 3xx answer. The real API has none, and following one could carry credentials elsewhere.
    #[error("{peer} redirects to {location}, which is not followed: set the node's own address")]
    Redirected {
        /// Who.
        peer: String,
        /// Where to.
        location: String,
    },
    /// 401 after a fresh login, or with a token.
    #[error("{peer} refuses the API credentials (401): check the token, or the e-mail and password")]
    CredentialsRefused {
        /// Who.
        peer: String,
    },
    /// The role of our user is too low.
    #[error("{peer} says the API user's role is too low for this (403)")]
    Forbidden {
        /// Who.
        peer: String,
    },
    /// There is no session, and the last login is too recent for another.
    #[error(
        "{peer} asks for a login, held back for {} s so that the node does not lock us out",
        retry_in.as_secs() + 1
    )]
    LoginHeldBack {
        /// Who.
        peer: String,
        /// Time until a login is allowed again.
        retry_in: Duration,
    },
    /// 429 on the login.
    #[error("{peer} limits logins (429): something else logs in from this address too often")]
    LoginLimited {
        /// Who.
        peer: String,
    },
    /// 429 on anything else.
    #[error("{peer} limits requests (429): ask it less often")]
    RateLimited {
        /// Who.
        peer: String,
    },
    /// Something other than a node, or a proxy before it.
    #[error("{peer} answered with {content_type} instead of JSON (\"{beginning}\"): is this the node's API address?")]
    NotJson {
        /// Who.
        peer: String,
        /// The declared media type.
        content_type: String,
        /// How the body begins.
        beginning: String,
    },
    /// JSON that is not what the API documents.
    #[error("{peer} sent JSON that a Chainlink node does not send: {reason}")]
    Malformed {
        /// Who.
        peer: String,
        /// Where it differs.
        reason: String,
    },
    /// 204: the small server that a node runs during a migration or backup.
    #[error("{peer} answered 204 without content: the node is still migrating its database")]
    Migrating {
        /// Who.
        peer: String,
    },
    /// 503.
    #[error("{peer} is unavailable (503){}", detail_suffix(detail))]
    Unavailable {
        /// Who.
        peer: String,
        /// The node's own words, if any.
        detail: String,
    },
    /// Any other status.
    #[error("{peer} answered {status}, which this call never should{}", detail_suffix(detail))]
    UnexpectedStatus {
        /// Who.
        peer: String,
        /// The HTTP status.
        status: u16,
        /// The node's own words, if any.
        detail: String,
    },
    /// 404 on the login.
    #[error("{peer} has no /sessions to log in at: it is not a Chainlink node, or it is still starting")]
    NoLogin {
        /// Who.
        peer: String,
    },
    /// 404 for both paths of the key list.
    #[error("{peer} has neither /v2/keys/evm nor /v2/keys/eth: it is no Chainlink node, or still starting")]
    NoKeyList {
        /// Who.
        peer: String,
    },
    /// 404 for the stand-in's own endpoint.
    #[error("{peer} cannot sign a registration: a stock node has no such endpoint; use the proof by transfer")]
    CannotSign {
        /// Who.
        peer: String,
    },
    /// A signature, but not by the wallet over the fields that were asked for.
    #[error("{peer} returned a signature that is not by the wallet {wallet}")]
    WrongSignature {
        /// Who.
        peer: String,
        /// The wallet that should have signed.
        wallet: alloy_primitives::Address,
    },
    /// Only a login by password can create a token.
    #[error("an API token can only be made with the e-mail and password of its user")]
    PasswordNeeded,
}

fn detail_suffix(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": \"{detail}\"") }
}

impl Error {
    /// Whether the same call may succeed later with nothing changed on our side.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::BrokenAnswer { .. }
            | Self::LoginHeldBack { .. }
            | Self::LoginLimited { .. }
            | Self::RateLimited { .. }
            | Self::Migrating { .. }
            | Self::NoKeyList { .. }
            | Self::NoLogin { .. }
            | Self::Unavailable { .. } => true,
            Self::UnexpectedStatus { status, .. } => *status >= 500,
            Self::InvalidAddress { .. }
            | Self::NoHttpClient { .. }
            | Self::BodyTooLarge { .. }
            | Self::Redirected { .. }
            | Self::CredentialsRefused { .. }
            | Self::Forbidden { .. }
            | Self::NotJson { .. }
            | Self::Malformed { .. }
            | Self::CannotSign { .. }
            | Self::WrongSignature { .. }
            | Self::PasswordNeeded => false,
        }
    }

    /// A stable word for this kind of error, for metrics labels, events and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidAddress { .. } => "invalid_address",
            Self::NoHttpClient { .. } => "no_http_client",
            Self::Refused { .. } => "refused",
            Self::Unreachable { .. } => "unreachable",
            Self::TimedOut { .. } => "timed_out",
            Self::BrokenAnswer { .. } => "broken_answer",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::Redirected { .. } => "redirected",
            Self::CredentialsRefused { .. } => "credentials_refused",
            Self::Forbidden { .. } => "forbidden",
            Self::LoginHeldBack { .. } => "login_held_back",
            Self::LoginLimited { .. } => "login_limited",
            Self::RateLimited { .. } => "rate_limited",
            Self::NotJson { .. } => "not_json",
            Self::Malformed { .. } => "malformed",
            Self::Migrating { .. } => "migrating",
            Self::Unavailable { .. } => "unavailable",
            Self::UnexpectedStatus { .. } => "unexpected_status",
            Self::NoKeyList { .. } => "no_key_list",
            Self::NoLogin { .. } => "no_login",
            Self::CannotSign { .. } => "cannot_sign",
            Self::WrongSignature { .. } => "wrong_signature",
            Self::PasswordNeeded => "password_needed",
        }
    }
}

//! What a node is asked most: its wallet, and how it is.

use alloy_primitives::Address;
use reqwest::StatusCode;
use serde::Deserialize;

use super::{
    Error, ErrorKind, EvmKey, Health, NodeClient, WalletError,
    call::Call,
    health::parse_health,
    key::{KeyRow, choose_wallet, enabled_keys, parse_rows},
};

/// What a node says of its own program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BuildInfo {
    /// Such as `2.31.0`; `unset` for one that was built without a version, which skips the check of the database's.
    pub version: String,
    /// The commit, or `unset`.
    #[serde(rename = "commitSHA")]
    pub commit: String,
}

impl NodeClient {
    /// The enabled keys on `chain_id`, with balances.
    ///
    /// # Errors
    /// Any [`Error`]; [`ErrorKind::Malformed`] also for a damaged address or balance.
    pub async fn evm_keys(&self, chain_id: u64) -> Result<Vec<EvmKey>, Error> {
        let rows = self.within(self.key_rows()).await?;
        enabled_keys(&self.peer, &rows, chain_id)
    }

    /// The node's wallet on `chain_id`: the address of its one enabled key there.
    ///
    /// # Errors
    /// [`WalletError`], a variant for each way in which there is not exactly one.
    pub async fn wallet(&self, chain_id: u64) -> Result<Address, WalletError> {
        let rows = self.within(self.key_rows()).await?;
        choose_wallet(&rows, chain_id)
    }

    /// `GET /health`, without credentials. A node looks at itself every 15 s, so what it says may be that old, and in the first 15 s
    /// after its start it always says degraded.
    ///
    /// # Errors
    /// Any [`Error`] but [`ErrorKind::Refused`], which is [`Health::NotListening`].
    pub async fn health(&self) -> Result<Health, Error> {
        match self.within(self.anonymous(&["health"])).await {
            Ok(answer) => parse_health(&answer),
            Err(error) if error.kind == ErrorKind::Refused => Ok(Health::NotListening),
            Err(error) => Err(error),
        }
    }

    /// `GET /readyz`, without credentials: whether the node holds the lease and its services have started. It says nothing of what
    /// became of them: a node that has lost its chain answers 200. See [`Self::health`] and [`Self::evm_endpoints`].
    ///
    /// # Errors
    /// Any [`Error`] but [`ErrorKind::Refused`], which is `false`.
    pub async fn ready(&self) -> Result<bool, Error> {
        let answer = match self.within(self.anonymous(&["readyz"])).await {
            Err(error) if error.kind == ErrorKind::Refused => return Ok(false),
            other => other?,
        };
        match answer.status {
            StatusCode::OK => Ok(true),
            // 404: during a migration only /health exists.
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(false),
            StatusCode::TOO_MANY_REQUESTS => Err(answer.fault(ErrorKind::RateLimited)),
            _ => Err(answer.unexpected()),
        }
    }

    /// `GET /v2/build_info`: which program answers. Any role.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn build_info(&self) -> Result<BuildInfo, Error> {
        self.ask(Call::get(&["v2", "build_info"])).await?.expect(StatusCode::OK)?.parse()
    }

    pub(super) async fn key_rows(&self) -> Result<Vec<KeyRow>, Error> {
        let mut answer = self.authorized(Call::get(&["v2", "keys", "evm"])).await?;
        if answer.status == StatusCode::NOT_FOUND {
            // Nodes before 1.10 know only the older path.
            answer = self.authorized(Call::get(&["v2", "keys", "eth"])).await?;
        }
        match answer.status {
            StatusCode::OK => parse_rows(&answer),
            StatusCode::NOT_FOUND => Err(answer.fault(ErrorKind::NoKeyList)),
            _ => Err(answer.unexpected()),
        }
    }
}

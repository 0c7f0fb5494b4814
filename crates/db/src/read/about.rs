//! What a snapshot says about the database itself.

use super::Snapshot;
use crate::{
    Result, dead_letter,
    deployment::{self, Deployment},
    endpoint::{self, EndpointRow},
    statement::args,
    verification::{self, VerificationRecord},
};

impl Snapshot {
    /// The contract this database follows.
    pub async fn deployment(&mut self) -> Result<Option<Deployment>> {
        self.maybe(deployment::SELECT, args![]).await
    }

    /// How many logs could not be read, and the newest one's block and reason.
    pub async fn dead_letter_count(&mut self) -> Result<(u64, Option<(u64, String)>)> {
        Ok(dead_letter::counted(self.one(dead_letter::COUNT, args![]).await?))
    }

    /// What the last comparison with the contract found.
    pub async fn last_verification(&mut self) -> Result<Option<VerificationRecord>> {
        self.maybe(verification::LAST, args![]).await
    }

    /// The RPC endpoints as the indexer found them, by name.
    pub async fn endpoints(&mut self) -> Result<Vec<EndpointRow>> {
        self.all(endpoint::SELECT, args![]).await
    }
}

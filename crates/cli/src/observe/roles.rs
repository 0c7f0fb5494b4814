//! How each role answers.

use std::time::Duration;

use async_trait::async_trait;
use linkpool_chain::Chain;
use linkpool_db::{Database, cursor::Cursor, tx::Account};
use linkpool_health::{Heartbeat, Role, State, Status};
use linkpool_indexer::Standing;
use linkpool_primitives::{Address, IndexerState};

use super::{recent::Recent, statistics};
use crate::guard::Numbers;

/// Seconds after which an indexer that has not seen the chain stands still.
const SILENT_SECONDS: u64 = 60;

/// `linkpool index`: its own row in the database says how it is, unless just that can't be written.
#[derive(Debug)]
pub struct IndexRole {
    pub database: Database,
    pub chain: Chain,
    pub standing: Standing,
}

#[async_trait]
impl Role for IndexRole {
    async fn status(&self) -> Status {
        if let Some(trouble) = self.standing.trouble() {
            let detail = Some(format!("{}: {trouble}", IndexerState::CannotWrite));
            return Status { role: "index", state: State::Stalled, leads: None, detail };
        }
        let (state, detail) = match self.database.cursor().await {
            Ok(Some(cursor)) => of_index(cursor),
            Ok(None) => (State::Starting, None),
            Err(error) => (State::Stalled, Some(error.to_string())),
        };
        Status { role: "index", state, leads: None, detail }
    }

    async fn refresh(&self) {
        statistics::index(&self.database).await;
        statistics::endpoints(&self.chain);
    }
}

/// An index that stands still, or that nobody looks after, is stalled. What is only to be looked at stands beside the blocks.
fn of_index(cursor: Cursor) -> (State, Option<String>) {
    if !cursor.state.is_moving() {
        return (State::Stalled, cursor.state_detail.or(Some(cursor.state.to_string())));
    }
    let mut detail = format!("at block {} of {}", cursor.block.number, cursor.tags.head);
    if let (IndexerState::CannotRecheck, Some(reason)) = (cursor.state, cursor.state_detail) {
        detail = format!("{detail}; {reason}");
    }
    let silent = cursor.seen_seconds_ago > SILENT_SECONDS;
    (if silent { State::Stalled } else { State::Ok }, Some(detail))
}

/// `linkpool api`: it has a listener for the world, which says less.
#[derive(Debug)]
pub struct ApiRole(pub Database);

#[async_trait]
impl Role for ApiRole {
    async fn status(&self) -> Status {
        let (state, detail) = match self.0.clock().await {
            Ok(_) => (State::Ok, None),
            Err(error) => (State::Stalled, Some(error.to_string())),
        };
        Status { role: "api", state, leads: None, detail }
    }

    async fn refresh(&self) {
        statistics::database(&self.0).await;
    }
}

/// What every role that sends shows of itself, of its account and of the guard. A monitor that asks often makes no more calls.
#[derive(Debug)]
pub struct SendingRole {
    database: Database,
    chain: Chain,
    pool: Address,
    account: Account,
    heartbeat: Heartbeat,
    holdings: Recent<statistics::Holdings>,
    guard: Recent<Numbers>,
}

impl SendingRole {
    /// What it shows of the chain is good for `longest`.
    pub fn new(
        (chain, database, pool): (&Chain, &Database, Address),
        account: Account,
        heartbeat: &Heartbeat,
        longest: Duration,
    ) -> Self {
        Self {
            database: database.clone(),
            chain: chain.clone(),
            pool,
            account,
            heartbeat: heartbeat.clone(),
            holdings: Recent::new(longest),
            guard: Recent::new(longest),
        }
    }

    /// With `own`, side by side: a source that does not answer takes its whole time.
    async fn refresh(&self, role: &'static str, own: impl Future<Output = ()>) {
        statistics::endpoints(&self.chain);
        tokio::join!(
            own,
            statistics::signer(role, &self.database, (&self.chain, &self.holdings), &self.account),
            statistics::guard((&self.chain, &self.guard), self.pool),
        );
    }
}

#[derive(Debug)]
pub struct RegistrarRole(pub SendingRole);

#[async_trait]
impl Role for RegistrarRole {
    async fn status(&self) -> Status {
        Status::of("registrar", &self.0.heartbeat)
    }

    async fn refresh(&self) {
        statistics::leader("registrar", &self.0.heartbeat);
        self.0.refresh("registrar", statistics::registrar(&self.0.database)).await;
    }
}

#[derive(Debug)]
pub struct ReporterRole(pub SendingRole);

#[async_trait]
impl Role for ReporterRole {
    async fn status(&self) -> Status {
        Status::of("reporter", &self.0.heartbeat)
    }

    async fn refresh(&self) {
        statistics::passes("reporter", &self.0.heartbeat);
        self.0.refresh("reporter", statistics::database(&self.0.database)).await;
    }
}

#[derive(Debug)]
pub struct EarningsRole(pub SendingRole);

#[async_trait]
impl Role for EarningsRole {
    async fn status(&self) -> Status {
        Status::of("earnings", &self.0.heartbeat)
    }

    async fn refresh(&self) {
        statistics::leader("earnings", &self.0.heartbeat);
        self.0.refresh("earnings", statistics::database(&self.0.database)).await;
    }
}

#[derive(Debug)]
pub struct FleetRole {
    pub database: Database,
    pub heartbeat: Heartbeat,
}

#[async_trait]
impl Role for FleetRole {
    async fn status(&self) -> Status {
        Status::of("fleet", &self.heartbeat)
    }

    async fn refresh(&self) {
        statistics::leader("fleet", &self.heartbeat);
        statistics::fleet(&self.database).await;
    }
}

#[cfg(test)]
mod tests {
    use linkpool_db::cursor::Tags;
    use linkpool_primitives::{B256, BlockRef};

    use super::*;

    fn cursor(state: IndexerState, seen_seconds_ago: u64) -> Cursor {
        let block = BlockRef { number: 7, hash: B256::ZERO, timestamp: 0 };
        let (tags, state_detail) = (Tags { head: 9, safe: 0, finalized: 0 }, Some("the reason".to_owned()));
        Cursor { block, tags, state, state_detail, seen_seconds_ago, revision: 0 }
    }

    #[test]
    fn an_index_that_moves_is_well_and_says_what_is_to_be_looked_at() {
        for state in IndexerState::ALL {
            let (found, detail) = of_index(cursor(*state, 0));
            assert_eq!(found == State::Ok, state.is_moving(), "{state}");
            let is_explained = detail.unwrap().contains("the reason");
            assert_eq!(is_explained, !matches!(state, IndexerState::Ok | IndexerState::Backfilling), "{state}");
        }
        let (found, detail) = of_index(cursor(IndexerState::CannotRecheck, SILENT_SECONDS + 1));
        assert_eq!((found, detail.as_deref()), (State::Stalled, Some("at block 7 of 9; the reason")));
    }
}

//! Who writes: the indexer, and everybody else. What was acknowledged, others see at once.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use linkpool_db::{
    Database, Result,
    cursor::Tags,
    endpoint::EndpointReport,
    fleet::{ProofMode, Replica, ScaleRequest},
    lease::Leader,
    verification::NewVerification,
};
use linkpool_primitives::{BlockRef, EndpointState};
use tokio_util::sync::CancellationToken;

use super::{HONEST, tally::Tally};
use crate::chain_fixture::{ChainFixture, link, node, staker};

/// Beside the honest clients.
const INDEXER: usize = HONEST;
const OTHERS: usize = HONEST + 1;
/// Between two writes.
const WRITE_INTERVAL: Duration = Duration::from_millis(5);
/// Far above every head of the story.
const HEAD: u64 = 1_000_000;

/// As the indexer: a block with a stake, one after the other.
pub async fn index(mut chain: ChainFixture, tally: Arc<Tally>, end: CancellationToken) {
    while !end.is_cancelled() {
        tally.waits.during(INDEXER, chain.stake(node(1), staker(1), link(1)).mine(12)).await;
        tally.written.store(chain.at.number, Relaxed);
        tally.writes.fetch_add(1, Relaxed);
        tokio::time::sleep(WRITE_INTERVAL).await;
    }
}

/// As everybody else who writes, over and over.
pub struct Others {
    pub database: Database,
    /// Connections that nobody who hangs up has anything to do with.
    pub outside: Database,
    pub at: BlockRef,
}

impl Others {
    pub async fn write(self, tally: Arc<Tally>, end: CancellationToken) {
        for turn in 0.. {
            if end.is_cancelled() {
                return;
            }
            let written = tally.waits.during(OTHERS, self.write_one(turn)).await;
            written.unwrap_or_else(|error| panic!("write {turn}: {error}"));
            tally.writes.fetch_add(1, Relaxed);
            tally.nodes.fetch_add(u64::from(turn % 6 == 4), Relaxed);
            tokio::time::sleep(WRITE_INTERVAL).await;
        }
    }

    async fn write_one(&self, turn: u64) -> Result<()> {
        let (database, outside) = (&self.database, &self.outside);
        match turn % 6 {
            0 => {
                let mut leader = Leader::new(database.clone(), format!("writer {turn}"), Duration::from_secs(1));
                leader.hold().await?;
                leader.release().await?;
            }
            1 => database.set_tags(None, Tags { head: HEAD + turn, safe: 0, finalized: 0 }).await?,
            2 => {
                let report = EndpointReport {
                    name: "main".into(),
                    state: EndpointState::Ok,
                    head_block: Some(turn),
                    ..EndpointReport::default()
                };
                database.report_endpoints(None, &[report]).await?;
                // A statement by itself: inside what somebody else had begun, nobody outside would see it.
                let seen = outside.endpoints().await?.first().and_then(|endpoint| endpoint.head_block);
                assert_eq!(seen, Some(turn as i64), "write {turn}: what was reported of an endpoint is there");
            }
            3 => database.set_replicas(&[] as &[Replica]).await?,
            4 => {
                let (idempotency_key, actor) = (format!("call {turn}"), "test".to_owned());
                database
                    .request_nodes(&ScaleRequest {
                        idempotency_key,
                        actor,
                        count: 1,
                        reason: None,
                        proof_mode: ProofMode::Signature,
                    })
                    .await?;
            }
            _ => {
                database.record_verification(&self.compared(turn)).await?;
                let seen = outside.last_verification().await?.map(|found| found.positions);
                assert_eq!(seen, Some(turn), "write {turn}: what a comparison found is there");
            }
        }
        Ok(())
    }

    fn compared(&self, positions: u64) -> NewVerification {
        NewVerification {
            block: self.at,
            is_whole: false,
            endpoint: "main".into(),
            nodes: 1,
            positions,
            tickets: 0,
            events: 1,
            differences: 0,
            first_bad_block: None,
            examples: Vec::new(),
            elapsed: Duration::ZERO,
        }
    }
}

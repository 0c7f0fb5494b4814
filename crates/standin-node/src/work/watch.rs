//! From the chain's logs to runs.

use std::collections::HashSet;

use alloy::primitives::B256;

use super::{
    job::Job,
    request::{OracleRequest, TOPIC},
    rpc::Head,
    shared::{Trouble, Work},
};

/// Blocks below the newest that was seen, and below the confirmations that are waited for, that are looked at again with each new
/// block: a reorg may have put other requests into them. A node does so after a boot.
const LOOK_BACK: u64 = 10;

/// Blocks in one query.
const RANGE: u64 = 1_000;

/// Requests that are known to have their run.
const MAX_KNOWN: usize = 10_000;

/// How far the chain was followed.
#[derive(Default)]
pub(super) struct Follower {
    /// `None` where they have changed.
    pub jobs: Option<Vec<Job>>,
    /// Whether something may wait to be sent.
    pub is_owed: bool,
    head: Option<Head>,
    known: HashSet<(i32, B256, u64)>,
}

impl Work<'_> {
    /// Follows the chain to its newest block; false if there is neither a job nor anything under way.
    pub(super) async fn step(&self, follower: &mut Follower) -> Result<bool, Trouble> {
        let (jobs, have_changed) = match follower.jobs.take() {
            Some(jobs) => (jobs, false),
            None => (self.jobs().await?, true),
        };
        let goes_on = self.step_with(follower, &jobs, have_changed).await;
        // Jobs that were not looked for are as good as unread.
        follower.jobs = goes_on.is_ok().then_some(jobs);
        goes_on
    }

    async fn step_with(&self, follower: &mut Follower, jobs: &[Job], have_changed: bool) -> Result<bool, Trouble> {
        if jobs.is_empty() && !self.node.store.has_open_txs().await? {
            follower.head = None;
            return Ok(false);
        }
        let head = self.rpc.head().await?;
        // A job that is new may have requests in blocks that were looked at without it.
        let is_new = have_changed || follower.head != Some(head);
        if is_new && !jobs.is_empty() {
            self.take_requests(follower, jobs, &head).await?;
        }
        // Before the sending: what is mined makes room for more.
        if is_new {
            self.confirm(&head).await?;
        }
        if is_new || follower.is_owed {
            follower.is_owed = self.send_queued(&head, is_new).await?;
        }
        follower.head = Some(head);
        Ok(true)
    }

    async fn take_requests(&self, follower: &mut Follower, jobs: &[Job], head: &Head) -> Result<(), Trouble> {
        let seen = match follower.head {
            Some(seen) => seen.height(),
            None => self.node.store.work_height().await?.unwrap_or(head.height()),
        };
        let confirmations = jobs.iter().map(|job| job.confirmations).max().unwrap_or_default();
        let mut from = seen.min(head.height()).saturating_sub(LOOK_BACK + confirmations);
        let operators: Vec<_> = jobs.iter().map(|job| job.operator).collect::<HashSet<_>>().into_iter().collect();
        let topics: Vec<_> = jobs.iter().flat_map(|job| job.topics).collect();
        while from <= head.height() {
            let to = head.height().min(from + RANGE - 1);
            let logs = self.rpc.requests((from, to), &operators, TOPIC, &topics).await?;
            for request in logs.iter().filter_map(OracleRequest::of) {
                self.take(follower, jobs, head, &request).await?;
            }
            from = to + 1;
        }
        self.node.store.save_work_height(head.height()).await?;
        Ok(())
    }

    async fn take(&self, follower: &mut Follower, jobs: &[Job], head: &Head, request: &OracleRequest) -> Result<(), Trouble> {
        for job in jobs.iter().filter(|job| job.wants(request, head.height())) {
            let key = (job.id, request.block_hash, request.log_index);
            if follower.known.contains(&key) {
                continue;
            }
            if self.node.store.start_run(job.id, request).await? {
                tracing::info!(job = job.id, request = %request.request_id, payment = %request.payment, "a request was taken");
                self.asked.notify_one();
            }
            if follower.known.len() >= MAX_KNOWN {
                follower.known.clear();
            }
            follower.known.insert(key);
        }
        Ok(())
    }
}

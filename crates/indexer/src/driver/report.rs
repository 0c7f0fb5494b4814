//! How the endpoints behave, for the status page: what changed, and not too often.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use linkpool_chain::Chain;
use linkpool_db::endpoint::EndpointReport;

const REPORT_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Reporter {
    chain: Chain,
    last: Option<Instant>,
    /// What the chain counted when it was last reported, by endpoint.
    counted: BTreeMap<String, u64>,
    reported: BTreeMap<String, String>,
}

impl Reporter {
    pub fn new(chain: Chain) -> Self {
        Self { chain, last: None, counted: BTreeMap::new(), reported: BTreeMap::new() }
    }

    /// The engine has proven an endpoint wrong. Worth a report at once.
    pub fn reported_faulty(&mut self, endpoint: &str, what: String) {
        self.reported.insert(endpoint.to_owned(), what);
        self.last = self.last.filter(|last| last.elapsed() <= REPORT_INTERVAL / 5);
    }

    pub fn due(&mut self) -> Option<Vec<EndpointReport>> {
        if self.last.is_some_and(|last| last.elapsed() < REPORT_INTERVAL) {
            return None;
        }
        self.last = Some(Instant::now());
        let statuses = self.chain.endpoints();
        let report = |status: linkpool_chain::EndpointStatus| {
            let before = self.counted.insert(status.name.clone(), status.contradictions).unwrap_or(0);
            let contradictions = status.contradictions.saturating_sub(before);
            let said = self.reported.remove(&status.name);
            EndpointReport {
                state: status.state,
                detail: status.last_error.clone().filter(|_| status.failures_in_a_row > 0 || contradictions > 0),
                head_block: status.head,
                contradictions,
                last_contradiction: said.or(status.last_error).filter(|_| contradictions > 0),
                name: status.name,
            }
        };
        Some(statuses.into_iter().map(report).collect())
    }
}

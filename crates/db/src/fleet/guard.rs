//! The guard before a node is made: the contract's own sum over what is registered, what is on its way and what is asked for, in the
//! transaction that asks.

use serde::{Deserialize, Serialize};

use crate::{
    Database, Result,
    column::row,
    pool::Connection,
    statement::{args, maybe, run},
};

const BPS: u64 = 10_000;

/// Whoever asks for nodes comes one after the other: what one has asked for, the next one counts.
pub(super) const LOCK: &str = "select pg_advisory_xact_lock(hashtext('linkpool guard'))";

row! {
    /// What the sum is made of.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    GuardNumbers {
        /// Registered and not retired, whoever runs them.
        live_nodes: u32,
        /// Nodes of the fleet that the contract does not have yet.
        in_flight: u32,
        reported: u32,
        ceiling: u32,
        /// Unix seconds, by the chain.
        reported_at: u64,
        now: u64,
        /// `None` until the registrar has read the contract's terms.
        max_share_bps: Option<u16>,
        report_age_seconds: Option<u64>,
        default_cap_link: u64,
        /// Until when the pool takes no stake.
        paused_until: u64,
    }
}

impl GuardNumbers {
    pub fn network(&self) -> u32 {
        self.reported.min(self.ceiling)
    }

    /// Whether the network's size was reported so long ago that the contract counts it no more; `None` while that is not known.
    pub fn is_stale(&self) -> Option<bool> {
        Some(self.now > self.reported_at.saturating_add(self.report_age_seconds?))
    }

    /// How many more nodes the share allows; `None` while it is not known.
    pub fn available(&self) -> Option<u32> {
        if self.is_stale()? {
            return Some(0);
        }
        let allowed = u64::from(self.max_share_bps?) * u64::from(self.network()) / BPS;
        let taken = u64::from(self.live_nodes) + u64::from(self.in_flight);
        Some(u32::try_from(allowed.saturating_sub(taken)).unwrap_or(u32::MAX))
    }

    /// The sum in a sentence, for `asked` more nodes.
    pub fn arithmetic(&self, asked: u32) -> String {
        let Self { live_nodes, in_flight, reported, ceiling, .. } = self;
        let Some(share) = self.max_share_bps else { return "the contract's terms are not known yet".into() };
        let left = (u64::from(*live_nodes) + u64::from(*in_flight) + u64::from(asked)) * BPS;
        let right = u64::from(share) * u64::from(self.network());
        let compares = if left <= right { "<=" } else { ">" };
        format!(
            "({live_nodes} registered + {in_flight} on their way + {asked} asked for) * 10000 = {left} {compares} {right} = {share} * min({reported} reported, {ceiling} ceiling)"
        )
    }

    /// Why the contract would refuse the last of `asked` more nodes; `None` where it would not, or that is not known.
    pub fn refusal(&self, asked: u32) -> Option<String> {
        if self.is_stale() == Some(true) {
            return Some(format!(
                "the network's size was reported {} hours ago, and the contract counts a report for {}: `linkpool guard report` first",
                self.now.saturating_sub(self.reported_at) / 3_600,
                self.report_age_seconds.unwrap_or_default() / 3_600
            ));
        }
        let available = self.available()?;
        (asked > available).then(|| {
            format!("the pool would be too large a part of the network: {}; {available} more are allowed", self.arithmetic(asked))
        })
    }
}

impl Database {
    /// Stores what the contract was made with.
    pub async fn set_guard_terms(&self, max_share_bps: u16, report_age_seconds: u64) -> Result<()> {
        let insert = "insert into guard_terms (max_share_bps, report_age_seconds) values ($1, $2)
             on conflict (guard_terms_id) do update set max_share_bps = excluded.max_share_bps, report_age_seconds = excluded.report_age_seconds
              where (guard_terms.max_share_bps, guard_terms.report_age_seconds) <> (excluded.max_share_bps, excluded.report_age_seconds)";
        run(self.pool.writing(), insert, args![max_share_bps, report_age_seconds]).await?;
        Ok(())
    }

    /// What the sum is made of now; `None` before a contract is indexed.
    pub async fn guard_numbers(&self) -> Result<Option<GuardNumbers>> {
        numbers(&mut self.pool.acquire().await?).await
    }
}

pub(super) async fn numbers(connection: &mut Connection) -> Result<Option<GuardNumbers>> {
    // A node is in one of the two counts: `live_nodes` is of the very block whose nodes are looked at.
    let select = "select live_nodes, network_reported as reported, network_ceiling as ceiling, network_reported_at as reported_at, block_time as now,
                max_share_bps, report_age_seconds, default_cap_link, paused_until,
                (select count(*) from fleet_node f where source = 'fleet' and ending is null
                    and not exists (select from node where node.node = f.wallet)) as in_flight
           from pool cross join readable_block left join guard_terms on true";
    maybe(connection, select, args![]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(live_nodes: u32, in_flight: u32, reported: u32) -> GuardNumbers {
        GuardNumbers {
            live_nodes,
            in_flight,
            reported,
            ceiling: 25_000,
            reported_at: 1_000,
            now: 2_000,
            max_share_bps: Some(1_000),
            report_age_seconds: Some(604_800),
            default_cap_link: 100_000,
            paused_until: 0,
        }
    }

    #[test]
    fn what_is_on_its_way_counts_and_the_last_that_fits_is_let_through() {
        assert_eq!(numbers(98, 1, 1_000).refusal(1), None);
        assert!(
            numbers(98, 1, 1_000)
                .refusal(2)
                .is_some_and(|why| why.contains("= 1010000 > 1000000 =") && why.ends_with("1 more are allowed"))
        );
        assert!(numbers(99, 1, 1_000).refusal(1).is_some());
        assert_eq!(numbers(99, 1, 1_010).refusal(1), None, "the network grew");
        assert_eq!(numbers(0, 0, u32::MAX).network(), 25_000);
    }

    #[test]
    fn an_old_report_refuses_and_unknown_terms_are_no_refusal() {
        let old = GuardNumbers { now: 605_801, ..numbers(1, 0, 1_000) };
        assert!(old.refusal(1).is_some_and(|why| why.contains("reported 168 hours ago")));
        assert_eq!(GuardNumbers { now: 605_800, ..old }.refusal(1), None);
        let unknown = GuardNumbers { max_share_bps: None, report_age_seconds: None, ..numbers(100, 0, 1_000) };
        assert_eq!((unknown.refusal(1), unknown.available()), (None, None));
    }
}

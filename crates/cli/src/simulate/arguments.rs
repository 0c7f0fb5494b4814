//! What a simulation is told. The bounds that it raises are printed with everything else.

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, ensure};
use linkpool_db::fleet::ProofMode;
use linkpool_fleet::AutoscaleRules;
use linkpool_primitives::JUELS_PER_LINK;

use crate::{failure::Failure, output::remark};

/// Of the contract that it deploys: what a node takes, and the pool's share of the network.
pub const CAP_LINK: u64 = 100_000;
pub const MAX_SHARE_BPS: u32 = 1_000;
/// Connections that all nodes share.
pub const NODE_CONNECTIONS: u32 = 24;
/// How long the guard stays closed at least; an hour where nobody simulates.
const DWELL_TIME: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// LINK that wants to be staked, all in all
    #[arg(long, value_name = "LINK", default_value_t = 11_000_000)]
    pub demand_link: u64,
    /// How fast it comes
    #[arg(long, value_name = "LINK", default_value_t = 25_000)]
    pub demand_per_second_link: u64,
    /// Nodes of the oracle network, as reported to the contract
    #[arg(long, value_name = "N", default_value_t = 1_110)]
    pub network: u32,
    /// What the network grows to once the guard has kept the pool from growing for a while
    #[arg(long, value_name = "N")]
    pub network_grows_to: Option<u32>,
    /// How long the pool is watched standing still before that
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub stand_seconds: u64,
    /// Nodes are made while the open ones take less than this; 0: only where none takes any
    #[arg(long, value_name = "LINK", default_value_t = 0)]
    pub low_water_link: u64,
    /// Time between two blocks; the second one behind the head is final
    #[arg(long, value_name = "MS", default_value_t = 500)]
    pub block_ms: u64,
    /// When it is given up
    #[arg(long, value_name = "MINUTES", default_value_t = 15)]
    pub minutes: u64,
    /// A file for the picture of demand, capacity and nodes over time (SVG)
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

impl Arguments {
    /// # Errors
    /// What can't be simulated.
    pub fn check(&self) -> Result<()> {
        let refuse = |why: &str| Failure::bad_input(why.to_owned());
        ensure!(self.demand_link >= CAP_LINK, refuse("--demand-link must fill a node at least: 100000"));
        ensure!(
            self.demand_link.is_multiple_of(CAP_LINK),
            refuse("--demand-link must be a multiple of 100000, so that every node is full or empty")
        );
        ensure!(self.demand_per_second_link > 0, refuse("--demand-per-second-link must be above 0"));
        ensure!((100..=60_000).contains(&self.block_ms), refuse("--block-ms must be between 100 and 60000"));
        ensure!(self.minutes > 0, refuse("--minutes must be above 0"));
        let (most, wanted) = (allowed(self.network_grows_to.unwrap_or(self.network)), self.wanted());
        ensure!(
            most >= wanted,
            refuse(&format!(
                "{wanted} nodes are wanted and the share of the network allows {most}: a larger --network, or --network-grows-to"
            ))
        );
        if self.network_grows_to.is_some() {
            let first = allowed(self.network);
            ensure!((1..wanted).contains(&first), refuse("with --network-grows-to, --network must be too small for the demand"));
        }
        Ok(())
    }

    /// How many nodes there are at the end: the full ones, and one that takes stake. With a low-water mark, as many more as fill it.
    pub fn wanted(&self) -> u32 {
        let full = self.demand_link / CAP_LINK;
        let open = self.low_water_link.div_ceil(CAP_LINK).max(1);
        u32::try_from(full + open).unwrap_or(u32::MAX)
    }

    pub fn demand_juels(&self) -> u128 {
        u128::from(self.demand_link) * JUELS_PER_LINK
    }

    pub fn block(&self) -> Duration {
        Duration::from_millis(self.block_ms)
    }

    /// As careful ones, but for the budgets over time: what takes days elsewhere takes minutes here.
    pub fn rules(&self) -> AutoscaleRules {
        AutoscaleRules {
            low_water_juels: u128::from(self.low_water_link) * JUELS_PER_LINK,
            adds_per_hour: u32::MAX,
            adds_per_day: u32::MAX,
            dwell: DWELL_TIME,
            ..AutoscaleRules::new(ProofMode::Signature)
        }
    }

    pub fn tell(&self) {
        let rules = self.rules();
        let grows = self.network_grows_to.map(|size| format!(", then {size}")).unwrap_or_default();
        remark!("  demand      {} LINK, {} LINK/s; {CAP_LINK} LINK fit on a node", self.demand_link, self.demand_per_second_link);
        remark!(
            "  network     {} nodes{grows}; the pool may run {} % of it (the contract's own rule)",
            self.network,
            MAX_SHARE_BPS / 100
        );
        remark!(
            "  autoscale   low-water mark {} LINK, at most {} nodes a decision, one decision a finalized block; no budgets an hour or a day; the guard stays closed for {} s at least",
            self.low_water_link,
            rules.max_step,
            rules.dwell.as_secs()
        );
        remark!(
            "  chain       anvil, a block every {} ms, final two blocks later; 1000 registrations at once and a day",
            self.block_ms
        );
        remark!("  registrar   no limits an hour or a day, looks at the chain every 100 ms");
        remark!(
            "  nodes       two stand-in replicas each, in this process, on {NODE_CONNECTIONS} connections of an embedded Postgres with 200"
        );
    }
}

/// How many nodes the contract allows in a network of this size.
pub fn allowed(network: u32) -> u32 {
    u32::try_from(u64::from(network) * u64::from(MAX_SHARE_BPS) / 10_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::*;

    fn read(text: &str) -> Arguments {
        let command = Arguments::augment_args(clap::Command::new("simulate").no_binary_name(true));
        Arguments::from_arg_matches(&command.get_matches_from(text.split_whitespace())).unwrap()
    }

    #[test]
    fn eleven_million_fill_a_hundred_and_ten_nodes_and_leave_one_open() {
        assert_eq!((read("").wanted(), allowed(1_110), allowed(1_000)), (111, 111, 100));
        assert_eq!(read("--low-water-link 250000").wanted(), 113);
        assert!(read("").check().is_ok());
        assert!(read("--network 1000 --network-grows-to 1300").check().is_ok());
    }

    #[test]
    fn what_could_not_end_is_refused_before_it_begins() {
        let refused = |text: &str, part: &str| {
            let why = read(text).check().unwrap_err().to_string();
            assert!(why.contains(part), "{text}: {why}");
        };
        refused("--network 1000", "111 nodes are wanted and the share of the network allows 100");
        refused("--network 1200 --network-grows-to 1300", "must be too small");
        refused("--demand-link 0", "fill a node");
        refused("--demand-link 150000", "multiple");
        refused("--block-ms 1", "--block-ms");
    }
}

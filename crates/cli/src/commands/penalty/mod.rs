//! `linkpool penalty request | veto | execute | list`

mod list;
mod pending;

use alloy::{
    primitives::{B256, aliases::U40, keccak256},
    sol_types::SolCall,
};
use anyhow::Result;
use chrono::DateTime;
use clap::{Args, Subcommand};
use linkpool_contracts::pool;
use linkpool_primitives::{Address, checksum, rfc3339};
use linkpool_tx_manager::TransactionKind;

use super::{
    connect,
    sending::{self, Call, Sending},
    signing::By,
};
use crate::{
    config::{Config, keys::Key},
    failure::Failure,
};

#[derive(Debug, Subcommand)]
pub enum Penalty {
    /// Announce a penalty, with the key of keys.slasher; it can be executed after 4 days, and vetoed until it is
    Request(Request),
    /// End a node's pending penalty, with the key of keys.guardian
    Veto(Decision),
    /// Take a node's pending penalty inside its window, with the key of keys.slasher
    Execute(Decision),
    /// Show the pending penalties, when each can be vetoed and executed, and when it lapses
    List(crate::flags::Json),
}

#[derive(Debug, Args)]
pub struct Request {
    /// The node's wallet
    #[arg(long, value_name = "ADDRESS", value_parser = crate::flags::address)]
    node: Address,
    /// Basis points of the node's stake, active and unbonding: 100 are 1 %
    #[arg(long, value_name = "BPS")]
    bps: u16,
    /// Hash of the evidence, 0x and 64 digits; or pass --evidence-file
    #[arg(long, value_name = "HASH", required_unless_present = "evidence_file")]
    evidence: Option<B256>,
    /// The evidence itself: its Keccak-256 goes on chain. Keep the file
    #[arg(long, value_name = "FILE", conflicts_with = "evidence")]
    evidence_file: Option<std::path::PathBuf>,
    /// When the fault happened: Unix seconds, or a time like 2026-11-22T11:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    fault_at: u64,
    #[command(flatten)]
    sending: Sending,
}

#[derive(Debug, Args)]
pub struct Decision {
    /// The node's wallet
    #[arg(long, value_name = "ADDRESS", value_parser = crate::flags::address)]
    node: Address,
    #[command(flatten)]
    sending: Sending,
}

fn time(text: &str) -> Result<u64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let parsed = DateTime::parse_from_rfc3339(text).ok().and_then(|time| u64::try_from(time.timestamp()).ok());
    parsed.ok_or_else(|| "write Unix seconds, or a time like 2026-11-22T11:00:00Z".into())
}

pub async fn run(config: &Config, command: &Penalty) -> Result<()> {
    match command {
        Penalty::Request(request) => self::request(config, request).await,
        Penalty::Veto(decision) => self::decide(config, decision, Key::Guardian).await,
        Penalty::Execute(decision) => self::decide(config, decision, Key::Slasher).await,
        Penalty::List(options) => list::run(config, options).await,
    }
}

async fn request(config: &Config, request: &Request) -> Result<()> {
    let evidence = evidence(request)?;
    let fault_at = U40::try_from(request.fault_at).map_err(|_| Failure::bad_input("--fault-at is beyond all times"))?;
    let chain = request.sending.chain(config).await?;
    let pool = connect::pool_on(config, chain.as_ref()).await?;
    let data = pool::requestPenaltyCall { node: request.node, bps: request.bps, evidence, faultAt: fault_at }.abi_encode();
    let call = Call {
        kind: TransactionKind::PenaltyRequest,
        to: pool,
        data,
        description: format!(
            "StakingPool.requestPenalty: {} basis points of node {} for a fault at {}, evidence {evidence}",
            request.bps,
            checksum(&request.node),
            rfc3339(request.fault_at).unwrap_or_else(|| request.fault_at.to_string()),
        ),
        occasion: String::new(),
        probe: None,
    };
    sending::run(config, &request.sending, (chain, By::Key(Key::Slasher)), async |_| Ok(call.clone())).await
}

fn evidence(request: &Request) -> Result<B256> {
    match (&request.evidence, &request.evidence_file) {
        (Some(hash), _) => Ok(*hash),
        (None, Some(path)) => match std::fs::read(path) {
            Ok(bytes) => Ok(keccak256(bytes)),
            Err(error) => Err(Failure::bad_input(format!("{}: {error}", path.display()))),
        },
        (None, None) => Err(Failure::bad_input("pass --evidence HASH or --evidence-file FILE")),
    }
}

/// Veto or execution: which request is meant stands in the occasion, so that one is never taken for the node's next.
async fn decide(config: &Config, decision: &Decision, key: Key) -> Result<()> {
    let chain = decision.sending.chain(config).await?;
    let pool = connect::pool_on(config, chain.as_ref()).await?;
    let (node, shown) = (decision.node, checksum(&decision.node));
    let occasion = match &chain {
        Some(chain) => chain.call(pool, &pool::nodeOfCall { node }).await?.penaltyUntil.to_string(),
        None => String::new(),
    };
    let (kind, data, description) = if key == Key::Guardian {
        let data = pool::vetoPenaltyCall { node }.abi_encode();
        (TransactionKind::PenaltyVeto, data, format!("StakingPool.vetoPenalty: ends the pending penalty of node {shown}"))
    } else {
        let data = pool::executePenaltyCall { node }.abi_encode();
        (TransactionKind::PenaltyExecute, data, format!("StakingPool.executePenalty: takes the pending penalty of node {shown}"))
    };
    let call = Call { kind, to: pool, data, description, occasion, probe: None };
    sending::run(config, &decision.sending, (chain, By::Key(key)), async |_| Ok(call.clone())).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_seconds_or_a_date_with_its_zone() {
        assert_eq!(time("1795345200"), Ok(1_795_345_200));
        assert_eq!(time("2026-11-22T11:00:00Z"), Ok(1_795_345_200));
        assert_eq!(time("2026-11-22T12:00:00+01:00"), Ok(1_795_345_200));
        for wrong in ["yesterday", "2026-11-22", "-1", "1960-01-01T00:00:00Z"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}

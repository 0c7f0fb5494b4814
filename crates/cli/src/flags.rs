//! The flags that many commands take.

use std::path::PathBuf;

use clap::Args;
use linkpool_chainlink::Secret;
use linkpool_primitives::Address;

#[derive(Debug, Args)]
pub struct Global {
    /// Configuration file [default: linkpool.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// RPC endpoint of the chain
    #[arg(long, global = true, value_name = "URL", env = "LINKPOOL_RPC_URL", hide_env_values = true)]
    pub rpc_url: Option<Secret>,
    /// Postgres database; prefer the variable, so that no password stands in the process list
    #[arg(long, global = true, value_name = "URL", env = "LINKPOOL_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<Secret>,
    /// Refuse any other chain
    #[arg(long, global = true, value_name = "ID")]
    pub chain_id: Option<u64>,
    /// Address of the StakingPool contract
    #[arg(long, global = true, value_name = "ADDRESS", value_parser = address)]
    pub pool: Option<Address>,
    /// Log lines as JSON
    #[arg(long, global = true)]
    pub log_json: bool,
    /// Warnings only
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct Json {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

pub fn address(text: &str) -> Result<Address, String> {
    linkpool_primitives::parse_address(text).map_err(|error| error.to_string())
}

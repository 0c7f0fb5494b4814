//! What `linkpool dev` is told.

use std::{net::SocketAddr, path::PathBuf};

use linkpool_db::fleet::ProofMode;

use crate::config::fleet::Backend;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where the chain and the database keep their data
    #[arg(long, value_name = "FOLDER", default_value = ".linkpool")]
    pub data_dir: PathBuf,
    /// Start empty in a temporary folder that goes at the end
    #[arg(long)]
    pub ephemeral: bool,
    /// Begin with a bare chain, without the thirty days of history that a new one gets
    #[arg(long)]
    pub empty: bool,
    /// Where the page is served; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Seconds between two blocks
    #[arg(long, value_name = "SECONDS", default_value_t = 1)]
    pub block_time: u64,
    /// Let one stake travel through everything and print a table of steps; exit 0 only if all hold
    #[arg(long)]
    pub check: bool,
    /// With --check: first make this many nodes, one by one, and print how long each took to open
    #[arg(long, value_name = "N", default_value_t = 0, requires = "check", value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub scale_calls: u32,
    /// Where the nodes run; on ECS it is a stand-in for AWS, in this process
    #[arg(long, value_enum, default_value_t)]
    pub backend: Backend,
    /// Print JSON: one line when ready, or one object for --check
    #[arg(long)]
    pub json: bool,
}

impl Arguments {
    /// How new wallets prove themselves. What is called as Chainlink's node is signs nothing for others, either.
    pub fn proof_mode(&self) -> ProofMode {
        match self.backend {
            Backend::Local => ProofMode::Signature,
            Backend::Ecs => ProofMode::Transfer,
        }
    }
}

//! What `linkpool deploy` is told.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use linkpool_deploy::Token;

use super::known::FIRST;
#[cfg(feature = "dev")]
use crate::failure::Failure;
use crate::{commands::signing::SignerArguments, config::Config};

#[derive(Debug, Args)]
pub struct Deploy {
    /// Where the deployment file and the sources for explorers are written [default: deployments/CHAIN-ID]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Deploy another set of contracts beside the one that exists, under this name
    #[arg(long, value_name = "NAME", value_parser = set_name)]
    pub again: Option<String>,
    /// Deploy only what passes the nodes' earnings on, for the pool of the settings, which stands already
    #[arg(long)]
    pub earnings: bool,
    /// Deploy a LINK token too, all of which the deployer gets: for development chains
    #[cfg(feature = "dev")]
    #[arg(long, conflicts_with = "earnings")]
    dev_token: bool,
    #[command(flatten)]
    pub signer: SignerArguments,
    /// Ask the chain everything and show what it costs; sign and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Wait until each block is final, not only mined
    #[arg(long)]
    pub wait: bool,
    /// How long to wait, in seconds; afterwards the same command goes on
    #[arg(long, default_value_t = 1_800, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

fn set_name(text: &str) -> Result<String, String> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = (1..=32).contains(&text.len()) && text.bytes().all(letter) && text != FIRST;
    if fits { Ok(text.to_owned()) } else { Err("a name has 1 to 32 of the characters a-z, 0-9 and -, and is not `first`".into()) }
}

impl Deploy {
    pub fn set(&self) -> &str {
        self.again.as_deref().unwrap_or(FIRST)
    }

    pub fn folder(&self, chain_id: u64) -> PathBuf {
        let name = match &self.again {
            None => chain_id.to_string(),
            Some(set) => format!("{chain_id}-{set}"),
        };
        self.out.clone().unwrap_or_else(|| PathBuf::from("deployments").join(name))
    }

    pub fn token(&self, config: &Config, chain_id: u64) -> Result<Token> {
        #[cfg(feature = "dev")]
        if self.dev_token {
            const MAINNET: u64 = 1;
            if chain_id == MAINNET {
                return Err(Failure::refused("Ethereum has LINK already: --dev-token is for development chains"));
            }
            return Ok(Token::New);
        }
        let _ = chain_id;
        Ok(Token::Given(config.deploy.token()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_another_set_fits_a_folder_and_is_not_that_of_the_first() {
        assert_eq!(set_name("second-pool").as_deref(), Ok("second-pool"));
        for wrong in ["", "first", "Second", "../x", "a b", &"x".repeat(33)] {
            assert!(set_name(wrong).is_err(), "{wrong}");
        }
    }
}

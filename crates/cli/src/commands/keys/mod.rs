//! `linkpool keys`: the keystores that the settings name, and how to get one. A private key is never an argument: the process list
//! shows arguments to everybody.

mod list;
mod make;
mod password;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use self::make::Make;
use crate::{config::Config, flags::Json};

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make a new key in a V3 keystore
    New(Make),
    /// Put a private key that you have into a V3 keystore; it is read from stdin, or from a file
    Import {
        #[command(flatten)]
        make: Make,
        /// File with the private key in hexadecimal, mode 0600 [default: stdin]
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// Show each key of the settings, its account and its files; exit 3 if one does not open
    List(Json),
}

pub async fn run(config: &Config, command: &Keys) -> Result<()> {
    match command {
        Keys::New(options) => make::new(options),
        Keys::Import { make, from } => make::import(make, from.as_deref()),
        Keys::List(options) => list::run(config, options.json).await,
    }
}

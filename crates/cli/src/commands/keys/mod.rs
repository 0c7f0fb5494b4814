//! `linkpool keys`: the keystores that the settings name, and how to get one. A private key is never an argument: the process list
//! shows arguments to everybody.

mod list;
mod make;
mod password;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};

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

#[derive(Debug, Args)]
pub struct Make {
    /// The keystore's file, which must not exist yet; it gets mode 0600
    #[arg(value_name = "FILE")]
    keystore: PathBuf,
    /// File with the password, mode 0600 [default: asked for at the terminal]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Make guessing the password cheap: for tests, and for passwords of 128 random bits or more
    #[arg(long)]
    light_kdf: bool,
    #[command(flatten)]
    json: Json,
}

pub fn run(config: &Config, command: &Keys) -> Result<()> {
    match command {
        Keys::New(options) => make::new(options),
        Keys::Import { make, from } => make::import(make, from.as_deref()),
        Keys::List(options) => list::run(config, options.json),
    }
}

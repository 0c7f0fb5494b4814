//! One file a command: read the settings, call the crate that does the work, print.

mod connect;
pub mod deploy;
pub mod doctor;
pub mod earnings;
pub mod fleet;
pub mod guard;
mod index;
pub mod jobs;
pub mod keys;
pub mod migrate;
pub mod node;
mod operator;
mod operator_contract;
pub mod penalty;
pub mod repair;
pub mod reward;
mod roles;
pub mod rollout;
pub mod scale;
mod sending;
pub mod signer;
mod signing;
mod start;
pub mod status;
pub mod tx;
pub mod verify;

#[cfg(feature = "dev")]
pub use start::listener;

use anyhow::Result;

use crate::{
    arguments::{Arguments, Command},
    config::Config,
    output::answer,
};

pub async fn run(arguments: Arguments) -> Result<()> {
    let config = Config::load(&arguments.global)?;
    match arguments.command {
        #[cfg(feature = "dev")]
        Command::Dev(options) => crate::dev::run(options, &arguments.global, &config).await,
        #[cfg(feature = "dev")]
        Command::Simulate(options) => crate::simulate::run(&options).await,
        #[cfg(feature = "dev")]
        Command::ChainKeeper { command } => crate::dev::keep_chain(&command).await,
        Command::Migrate(options) => migrate::run(&config, &options).await,
        Command::Deploy(options) => deploy::run(&config, &options).await,
        Command::Index(options) => index::run(&config, &options).await,
        Command::Api(options) => roles::api(&config, &options).await,
        Command::Fleet(options) => fleet::run(config, &options).await,
        Command::Registrar => roles::registrar(&config).await,
        Command::Reporter => roles::reporter(&config).await,
        Command::Earnings(options) => earnings::run(&config, &options).await,
        Command::Scale { command } => scale::run(&config, &command).await,
        Command::Status(options) => status::run(&config, &options).await,
        Command::Node { command } => node::run(&config, &command).await,
        Command::Rollout { command } => rollout::run(&config, &command).await,
        Command::Jobs { command } => jobs::run(&config, &command).await,
        Command::Reward { command } => reward::run(&config, &command).await,
        Command::Penalty { command } => penalty::run(&config, &command).await,
        Command::Guard { command } => guard::run(&config, &command).await,
        Command::Doctor(options) => doctor::run(&config, &options).await,
        Command::Tx { command } => tx::run(&config, &command).await,
        Command::Keys { command } => keys::run(&config, &command).await,
        Command::Signer { command } => signer::run(&config, &command).await,
        Command::Verify(options) => verify::run(&config, &options).await,
        Command::Repair(options) => repair::run(&config, &options).await,
        Command::Openapi => {
            answer!("{}", linkpool_api::openapi_json());
            Ok(())
        }
        #[cfg(feature = "dev")]
        Command::StandinNode(options) => Ok(options.run().await?),
        // It ends as a node does: its own words, and its own codes.
        #[cfg(feature = "dev")]
        Command::StandinChainlink(line) => std::process::exit(line.run().await.into()),
    }
}

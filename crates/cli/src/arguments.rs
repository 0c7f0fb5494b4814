//! The command line.

use std::{net::SocketAddr, process::ExitCode};

use clap::{Args, Parser, Subcommand, error::ErrorKind};

use crate::{
    failure::{self, Exit},
    flags::Global,
};

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 bad input, 3 refused, 4 timed out, 5 RPC or database unreachable.
Settings come from flags, then LINKPOOL__SECTION__KEY variables, then linkpool.toml.";

/// Stake LINK on oracle nodes: the pool's contract, indexer, registrar, fleet and page.
#[derive(Debug, Parser)]
#[command(name = "linkpool", version, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run everything on an embedded chain and database, with demo accounts
    #[cfg(feature = "dev")]
    Dev(crate::dev::Arguments),
    /// Let stake demand fill the pool on an embedded chain, where nodes are made by automatic scaling alone; exit 0 only if it ends as it must
    #[cfg(feature = "dev")]
    Simulate(crate::simulate::Arguments),
    /// Run the embedded chain so that its state is whole when the stack is killed (started by `dev`)
    #[cfg(feature = "dev")]
    #[command(hide = true)]
    ChainKeeper {
        /// anvil and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Apply the database migrations that are missing; no other command does
    Migrate(crate::commands::migrate::Migrate),
    /// Put the contracts on a chain: timelock, pool, lens, and what passes the nodes' earnings on
    Deploy(crate::commands::deploy::Deploy),
    /// Follow the contract's events into the database
    Index(Index),
    /// Serve the API and the page
    Api(Api),
    /// Run the pool's nodes on this machine, which go on when it ends, and serve the operator's calls
    Fleet(crate::commands::fleet::Fleet),
    /// Find the nodes' wallets and put them on chain
    Registrar,
    /// Report the size of the oracle network before the last report is too old
    Reporter,
    /// Pass on what the nodes earn to their stakers
    Earnings(crate::commands::earnings::Earnings),
    /// Make more nodes
    Scale {
        #[command(subcommand)]
        command: crate::commands::scale::Scale,
    },
    /// Show the fleet on one page: nodes and their replicas, roll-out, guard, automatic scaling
    Status(crate::commands::status::Status),
    /// Look at the pool's nodes, and change what happens to them
    Node {
        #[command(subcommand)]
        command: crate::commands::node::Node,
    },
    /// Have every node run another version or configuration, one after the other, without a gap that anybody would notice
    Rollout {
        #[command(subcommand)]
        command: crate::commands::rollout::RolloutCommand,
    },
    /// The bridges and jobs that the fleet makes equal on its nodes
    Jobs {
        #[command(subcommand)]
        command: crate::commands::jobs::Jobs,
    },
    /// Pay rewards to the stakers of a node
    Reward {
        #[command(subcommand)]
        command: crate::commands::reward::Reward,
    },
    /// Request, veto and execute penalties
    Penalty {
        #[command(subcommand)]
        command: crate::commands::penalty::Penalty,
    },
    /// The guard on the pool's share of the oracle network
    Guard {
        #[command(subcommand)]
        command: crate::commands::guard::Guard,
    },
    /// Look at everything that the roles need, and say what to do about what is wrong; exit 3 if something is
    Doctor(crate::commands::doctor::Doctor),
    /// Look at transactions, and change what happens to them
    Tx {
        #[command(subcommand)]
        command: crate::commands::tx::Tx,
    },
    /// Keystores: make one, bring a key into one, look at those of the settings
    Keys {
        #[command(subcommand)]
        command: crate::commands::keys::Keys,
    },
    /// The account that sends: address, balance, nonces
    Signer {
        #[command(subcommand)]
        command: crate::commands::signer::Signer,
    },
    /// Compare the database with the contract at one block; exit 3 if they differ
    Verify(crate::commands::verify::Verify),
    /// Go back to a block that the chain still has, and have the rest indexed again
    Repair(crate::commands::repair::Repair),
    /// Print the API's OpenAPI document
    Openapi,
    /// Run a stand-in for a Chainlink node, for development and tests
    #[cfg(feature = "dev")]
    StandinNode(linkpool_standin_node::StandinArgs),
    /// Run the same stand-in, called as a Chainlink node is
    #[cfg(feature = "dev")]
    #[command(disable_help_flag = true)]
    StandinChainlink(linkpool_standin_node::ChainlinkArgs),
}

impl Command {
    /// Whether it is the stack's check, which minds every warning.
    #[cfg(feature = "dev")]
    pub fn is_check(&self) -> bool {
        matches!(self, Self::Dev(options) if options.check)
    }

    /// What is logged unless somebody asks otherwise: a person who watches a stack start wants no line for every request.
    pub fn log_level(&self) -> &'static str {
        match self {
            #[cfg(feature = "dev")]
            Self::Dev(options) if options.check => "error",
            #[cfg(feature = "dev")]
            Self::Simulate(_) => "error",
            #[cfg(feature = "dev")]
            Self::Dev(_) => "info,linkpool_api=warn",
            _ => "info",
        }
    }
}

#[derive(Debug, Args)]
pub struct Index {
    /// First block that may hold an event: the block of the deployment
    #[arg(long, value_name = "BLOCK")]
    pub deploy_block: Option<u64>,
}

#[derive(Debug, Args)]
pub struct Api {
    /// Where to listen; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
}

/// Parses, or prints one line and gives the exit code.
pub fn parse() -> Result<Arguments, ExitCode> {
    Arguments::try_parse().map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { 2 } else { 0 })
        }
        _ => failure::tell(&one_line(&error.render().to_string()), Exit::BadInput),
    })
}

/// clap explains itself over several lines; the first paragraph says what is wrong.
fn one_line(text: &str) -> String {
    let wrong: Vec<&str> =
        text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more")).map(str::trim).collect();
    let wrong = wrong.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}; see linkpool --help", wrong.trim_start_matches("error: "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_tree_is_consistent() {
        Arguments::command().debug_assert();
    }

    /// Every command that does something, with the words before it.
    fn leaves(command: &clap::Command, before: &str, found: &mut Vec<(String, bool)>) {
        let subcommands: Vec<_> = command.get_subcommands().filter(|it| it.get_name() != "help").collect();
        if subcommands.is_empty() {
            found.push((before.to_owned(), command.get_arguments().any(|it| it.get_id() == "json")));
        }
        for it in subcommands {
            leaves(it, format!("{before} {}", it.get_name()).trim(), found);
        }
    }

    /// tests/it/night.rs runs each row where settings, database, chain or rights are missing.
    #[cfg(feature = "dev")]
    #[test]
    fn every_command_has_a_row_of_what_it_does_where_something_is_missing() {
        let rows: Vec<&str> = include_str!("../tests/it/night/commands.txt")
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| line.split('|').next().unwrap().trim())
            .collect();
        let mut found = Vec::new();
        leaves(&Arguments::command(), "", &mut found);
        assert!(found.len() > 30, "{found:?}");
        for (command, takes_json) in &found {
            let of_it: Vec<_> = rows.iter().filter(|row| format!("{row} ").starts_with(&format!("{command} "))).collect();
            let [row] = of_it.as_slice() else { panic!("`{command}` has {} rows in night/commands.txt", of_it.len()) };
            assert_eq!(row.ends_with(" --json"), *takes_json, "{row}: --json stands at the end where the command takes it");
        }
        assert_eq!(rows.len(), found.len(), "a row of no command");
    }

    #[test]
    fn a_malformed_address_is_one_line_that_says_what_to_write() {
        let error = Arguments::try_parse_from(["linkpool", "index", "--pool", "0x12"]).unwrap_err();
        let line = one_line(&error.render().to_string());
        assert!(line.contains("`0x12` is not an address: write 0x and 40 hexadecimal digits"), "{line}");
        assert!(!line.contains('\n'));
    }
}

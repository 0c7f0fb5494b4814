//! `linkpool doctor`: looks at everything that a role needs, changes nothing, and says what to do about what is wrong.

mod announcements;
mod chain;
mod costs;
mod database;
mod earnings;
mod local;
mod node_program;
mod nodes;
mod operators;
mod pool;
mod report;
mod signer;
mod transactions;

use anyhow::Result;
use clap::Args;
use linkpool_db::tx::Account;
use linkpool_primitives::Address;

use self::{database::DatabaseUser, report::Report};
use crate::{
    config::Config,
    failure::Failure,
    flags::{Json, address},
};

#[derive(Debug, Args)]
pub struct Doctor {
    /// The registrar's account, where its key is not on this machine
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    account: Option<Address>,
    /// Whether the database user may do what this role needs [default: what its name or its groups say]
    #[arg(long, value_name = "ROLE")]
    role: Option<DatabaseUser>,
    #[command(flatten)]
    json: Json,
}

pub async fn run(config: &Config, options: &Doctor) -> Result<()> {
    let mut report = Report::default();
    local::files(config, &mut report);
    local::settings(config, &mut report);
    let database = database::check(config, options.role, options.account, &mut report).await;
    let deployment = match &database {
        Some(database) => database.deployment().await.ok().flatten(),
        None => None,
    };
    let expected_chain_id = config.chain_id().or(deployment.as_ref().map(|deployment| deployment.chain_id));
    let chain = chain::check(config, expected_chain_id, database.as_ref(), &mut report).await;
    let address = config.pool().ok().flatten().or(deployment.map(|deployment| deployment.pool));
    let mut account = None;
    if let (Some(chain), Some(address)) = (&chain, address) {
        pool::check(chain, address, &mut report).await;
        earnings::check(config, chain, address, database.as_ref(), &mut report).await;
        account = signer::check(config, options.account, chain, address, database.as_ref(), &mut report).await;
        if let Some(account) = account {
            costs::check(config, chain, (address, account), database.as_ref(), &mut report).await;
        }
    } else if address.is_none() {
        report.fail("pool", "no contract is known", "set chain.pool in linkpool.toml, or run `linkpool index` once");
    }
    if let (Some(database), Some(chain_id)) = (&database, expected_chain_id) {
        let account = account.map(|address| Account { chain_id, address });
        announcements::check(database, &mut report).await;
        transactions::check(database, account, &mut report).await;
        nodes::check(config, database, chain_id, &mut report).await;
    }
    if let Some(chain_id) = expected_chain_id {
        node_program::check(config, chain_id, &mut report).await;
    }
    if let (Some(chain), Some(database)) = (&chain, &database) {
        operators::check(chain, database, &mut report).await;
    }
    report.print(options.json.json);
    match report.failed() {
        0 => Ok(()),
        1 => Err(Failure::refused("one check failed: the report says what to do about it")),
        failed => Err(Failure::refused(format!("{failed} checks failed: the report says what to do about each"))),
    }
}

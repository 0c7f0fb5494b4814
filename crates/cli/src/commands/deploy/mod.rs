//! `linkpool deploy`: timelock, pool and lens on a chain, once.

mod job;
mod known;
mod options;
mod print;
mod steps;

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use linkpool_deploy::{Record, Token, check_token, rehearse};
use linkpool_primitives::checksum;
use linkpool_tx_manager::Signer;
use tokio_util::sync::CancellationToken;

use super::{connect, signing::By};
use crate::{
    config::{Config, keys::Key},
    failure::Failure,
    shutdown,
};
use job::{Cost, Job};
use known::Known;

pub use options::Deploy;

const FILE: &str = "deployment.json";
/// How long what is under way has to end once the time is over.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

pub async fn run(config: &Config, options: &Deploy) -> Result<()> {
    // Everything within the time, and what is sent goes on when the command is repeated.
    let shutdown = shutdown::token_within(options.timeout)?;
    let deploying = deploy(config, options, &shutdown);
    tokio::pin!(deploying);
    tokio::select! {
        done = &mut deploying => return done,
        () = shutdown.cancelled() => {}
    }
    // Whoever drives the transactions ends by the same token, in order and with a sentence about where they stand.
    match tokio::time::timeout(STOP_TIMEOUT, deploying).await {
        Ok(done) => done,
        Err(_) => Err(Failure::timed_out(format!(
            "not finished after {} s: run the same command again to go on; nothing is ever sent twice",
            options.timeout
        ))),
    }
}

async fn deploy(config: &Config, options: &Deploy, shutdown: &CancellationToken) -> Result<()> {
    let terms = config.deploy.terms()?;
    if config.chain_id().is_none() {
        return Err(Failure::bad_input(
            "pass --chain-id ID, or set chain.chain_id: what is deployed on the wrong chain is paid for",
        ));
    }
    let chain = connect::chain(config).await?;
    let folder = options.folder(chain.chain_id());
    refuse_second(options, &folder.join(FILE), chain.chain_id())?;
    let signer = Arc::new(options.signer.signer(config, By::Key(Key::Deployer))?);
    let token = options.token(config, chain.chain_id())?;
    if let Token::Given(address) = token {
        check_token(&chain, address, signer.address()).await?;
    }
    let database = connect::database(config).await?;
    let known = Known::read(&database, &chain, signer.address(), options.set()).await?;
    let usual_tip_wei = config.transactions.settings()?.usual_tip_wei;
    let job = Job { options, terms, token, chain, signer, known, usual_tip_wei, currency: config.currency()? };
    let plan = job.plan();
    job.known.check(&plan)?;
    let rehearsal = rehearse(&job.chain, &plan, &job.terms).await?;
    for note in &rehearsal.notes {
        tracing::warn!("{note}");
    }
    let cost = Cost::of(&job, &rehearsal).await?;
    if options.dry_run {
        print::plan(&job, &plan, &rehearsal, &cost);
        return cost.refuse_poor(job.currency);
    }
    cost.refuse_poor(job.currency)?;
    std::fs::create_dir_all(&folder).with_context(|| format!("making the folder {}", folder.display()))?;
    let record = steps::make(config, job, (database, shutdown), &rehearsal).await?;
    linkpool_deploy::write_sources(&folder, record.artefacts())?;
    let file = folder.join(FILE);
    record.write(&file)?;
    print::record(options, &record, &file);
    Ok(())
}

/// A deployment file is the sign that everything was made and verified.
fn refuse_second(options: &Deploy, file: &std::path::Path, chain_id: u64) -> Result<()> {
    let Some(record) = Record::read(file)? else { return Ok(()) };
    let (pool, shown) = (checksum(&record.pool), file.display());
    let how = if options.again.is_some() { "another name" } else { "a name" };
    Err(Failure::refused(format!(
        "chain {} has a pool already, {pool}, says {shown}; nothing was sent. To deploy another on purpose, give it {how}: --again NAME{}",
        record.chain_id,
        if record.chain_id == chain_id { "" } else { "; the file is of another chain, so pass another --out too" }
    )))
}

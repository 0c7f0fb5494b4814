//! `linkpool deploy`: timelock, pool, lens and what passes earnings on, on a chain, once.

mod earnings;
mod job;
mod known;
mod options;
mod print;
mod record;
mod steps;

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
use linkpool_contracts::Artefact;
use linkpool_deploy::{Record, Token, check_token, rehearse};
use linkpool_primitives::checksum;
use tokio_util::sync::CancellationToken;

use super::{connect, signing::By};
use crate::{
    config::{Config, keys::Key},
    failure::Failure,
    shutdown,
};
use job::{Cost, Job, Making};
use known::Known;
use steps::Made;

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
    let terms = if options.earnings { None } else { Some(config.deploy.terms()?) };
    if config.chain_id().is_none() {
        return Err(Failure::bad_input(
            "pass --chain-id ID, or set chain.chain_id: what is deployed on the wrong chain is paid for",
        ));
    }
    let chain = connect::chain(config).await?;
    let chain_id = chain.chain_id();
    let folder = options.folder(chain_id);
    let (file, before) = (folder.join(FILE), Record::read(&folder.join(FILE))?);
    if !options.earnings {
        refuse_second(options, before.as_ref(), &file, chain_id)?;
    }
    let signer = options.signer.signer(config, By::Key(Key::Deployer)).await?;
    let making = match terms {
        None => Making::Earnings(earnings::standing(config, &chain, before.as_ref(), &file).await?),
        Some(terms) => {
            let token = options.token(config, chain_id)?;
            if let Token::Given(address) = token {
                check_token(&chain, address, signer.address()).await?;
            }
            Making::Pool { terms, token }
        }
    };
    let database = connect::database(config).await?;
    if !options.earnings {
        Known::refuse_second(&database, chain_id, options.set()).await?;
    }
    let known = Known::read(&database, &chain, signer.address(), &making.set(options)).await?;
    let usual_tip_wei = config.transactions.settings()?.usual_tip_wei;
    let mut job = Job { options, making, chain, signer, known, usual_tip_wei, currency: config.currency()? };
    let plan = job.plan();
    job.known.check(&plan)?;
    let rehearsal = rehearse(&job.chain, &plan).await?;
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
    let made = steps::make(config, &mut job, (database, shutdown), &rehearsal).await?;
    keep(&job, &made, before, &file).await
}

/// Writes the file, and the sources for explorers beside it.
async fn keep(job: &Job<'_>, made: &Made, before: Option<Record>, file: &Path) -> Result<()> {
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    let record = match (job.terms(), before) {
        (Some(terms), _) => record::of_pool(job, made, terms).await?,
        (None, Some(before)) => record::with_earnings(job, made, before).await?,
        (None, None) => {
            let contracts = record::placed(job, made).await?;
            linkpool_deploy::write_sources(folder, [Artefact::NodeEarnings, Artefact::NodeEarningsFactory])?;
            print::beside(job.options, &made.plan, &contracts);
            return Ok(());
        }
    };
    linkpool_deploy::write_sources(folder, record.artefacts())?;
    record.write(file)?;
    print::record(job.options, &record, file);
    Ok(())
}

/// A deployment file is the sign that everything was made and verified.
fn refuse_second(options: &Deploy, before: Option<&Record>, file: &Path, chain_id: u64) -> Result<()> {
    let Some(record) = before else { return Ok(()) };
    let (pool, shown) = (checksum(&record.pool), file.display());
    let how = if options.again.is_some() { "another name" } else { "a name" };
    Err(Failure::refused(format!(
        "chain {} has a pool already, {pool}, says {shown}; nothing was sent. To deploy another on purpose, give it {how}: --again NAME{}",
        record.chain_id,
        if record.chain_id == chain_id { "" } else { "; the file is of another chain, so pass another --out too" }
    )))
}

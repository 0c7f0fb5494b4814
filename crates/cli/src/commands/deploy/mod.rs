//! `linkpool deploy`: timelock, pool and lens on a chain, once.

mod known;
mod print;
mod steps;

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use clap::Args;
use linkpool_chain::Chain;
use linkpool_deploy::{Plan, Record, Rehearsal, Terms, Token, check_token, rehearse};
use linkpool_primitives::checksum;
use linkpool_registrar::{LocalSigner, Signer};
use tokio_util::sync::CancellationToken;

use super::{connect, sending};
use crate::{
    config::{Config, keys::Key},
    failure::Failure,
    money,
};
use known::Known;

/// The name of a chain's first set of contracts.
const FIRST: &str = "first";
const FILE: &str = "deployment.json";
/// How long what is under way has to end once the time is over.
const TO_END: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub struct Deploy {
    /// Where the deployment file and the sources for explorers are written [default: deployments/CHAIN-ID]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Deploy another set of contracts beside the one that exists, under this name
    #[arg(long, value_name = "NAME", value_parser = set_name)]
    again: Option<String>,
    /// Deploy a LINK token too, all of which the deployer gets: for development chains
    #[cfg(feature = "dev")]
    #[arg(long)]
    dev_token: bool,
    /// V3 keystore of the deployer, mode 0600 [default: keys.deployer]
    #[arg(long, value_name = "FILE", requires = "password_file")]
    keystore: Option<PathBuf>,
    /// File with the keystore's password, mode 0600
    #[arg(long, value_name = "FILE", requires = "keystore")]
    password_file: Option<PathBuf>,
    /// Ask the chain everything and show what it costs; sign and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Wait until each block is final, not only mined
    #[arg(long)]
    wait: bool,
    /// How long to wait, in seconds; afterwards the same command goes on
    #[arg(long, default_value_t = 1_800, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn set_name(text: &str) -> Result<String, String> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = (1..=32).contains(&text.len()) && text.bytes().all(letter) && text != FIRST;
    if fits { Ok(text.to_owned()) } else { Err("a name has 1 to 32 of the characters a-z, 0-9 and -, and is not `first`".into()) }
}

impl Deploy {
    fn set(&self) -> &str {
        self.again.as_deref().unwrap_or(FIRST)
    }

    fn folder(&self, chain_id: u64) -> PathBuf {
        let name = match &self.again {
            None => chain_id.to_string(),
            Some(set) => format!("{chain_id}-{set}"),
        };
        self.out.clone().unwrap_or_else(|| PathBuf::from("deployments").join(name))
    }

    fn signer(&self, config: &Config) -> Result<LocalSigner> {
        match (&self.keystore, &self.password_file) {
            (Some(keystore), Some(password)) => Ok(LocalSigner::from_keystore(keystore, password)?),
            _ => config.keys.signer(Key::Deployer),
        }
    }

    fn token(&self, config: &Config, chain_id: u64) -> Result<Token> {
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

/// Everything that is known before anything is sent.
struct Job<'a> {
    options: &'a Deploy,
    terms: Terms,
    token: Token,
    chain: Chain,
    signer: Arc<dyn Signer>,
    known: Known,
    usual_tip_wei: Option<u128>,
    currency: &'a str,
}

pub async fn run(config: &Config, options: &Deploy) -> Result<()> {
    // Everything within the time, and what is sent goes on when the command is repeated.
    let shutdown = sending::until(options.timeout)?;
    let deploying = deploy(config, options, &shutdown);
    tokio::pin!(deploying);
    tokio::select! {
        done = &mut deploying => return done,
        () = shutdown.cancelled() => {}
    }
    // Whoever drives the transactions ends by the same token, in order and with a sentence about where they stand.
    match tokio::time::timeout(TO_END, deploying).await {
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
    let signer = Arc::new(options.signer(config)?);
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
    let cost = cost(&job, &rehearsal).await?;
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

impl Job<'_> {
    fn plan(&self) -> Plan {
        Plan::new(&self.terms, self.token, self.signer.address(), &self.known.nonces, self.known.next)
    }
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

/// What is left to pay, in wei.
struct Cost {
    deployer: String,
    balance_wei: u128,
    /// Per gas at the moment.
    fee_wei: u128,
    now_wei: u128,
    /// With the base fee doubled, which is what the first offer covers.
    most_wei: u128,
}

impl Cost {
    fn refuse_poor(&self, currency: &str) -> Result<()> {
        if self.balance_wei >= self.most_wei {
            return Ok(());
        }
        Err(Failure::refused(format!(
            "the deployer {} has {} {currency}, and the deployment may take {}: send it some first",
            self.deployer,
            money::ether(self.balance_wei),
            money::ether(self.most_wei)
        )))
    }
}

async fn cost(job: &Job<'_>, rehearsal: &Rehearsal) -> Result<Cost> {
    let (address, market) = (job.signer.address(), job.chain.market(job.usual_tip_wei).await?);
    let (gas, fee_wei) = (u128::from(rehearsal.total_gas()), market.price_wei());
    Ok(Cost {
        deployer: checksum(&address),
        balance_wei: job.chain.balance(address).await?,
        fee_wei,
        now_wei: fee_wei.saturating_mul(gas),
        most_wei: fee_wei.saturating_add(market.base_fee_wei).saturating_mul(gas),
    })
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

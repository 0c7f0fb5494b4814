//! `linkpool earnings`: what the nodes earn goes to their stakers. The role, a look at what it would do, and one node's at once.

use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use linkpool_chain::Chain;
use linkpool_db::Database;
use linkpool_earnings::{EarningsConfig, Plan, Planned, Price, Verdict, releases, require_factory};
use linkpool_health::Heartbeat;
use linkpool_primitives::{Address, Juels, checksum};
use linkpool_tx_manager::{Account, Sender, Signer, Until};
use tokio_util::sync::CancellationToken;

use super::{connect, sending, start};
use crate::{
    config::{Config, keys::Key},
    failure::Failure,
    flags::address,
    money,
    observe::{self, EarningsRole, SendingRole},
    output::answer,
    shutdown,
};

/// Looks after which what waits of one node has been sent: its contract is made, its Operator taken, what waits passed on.
const MAX_ROUNDS: u32 = 8;

#[derive(Debug, Args)]
pub struct Earnings {
    /// Look once, show what waits and what would be sent, and end; sign and send nothing
    #[arg(long, conflicts_with_all = ["send", "release"])]
    dry_run: bool,
    /// Pass on at once what waits of the node with this wallet, whatever its gas costs, and end: before it is retired
    #[arg(long, value_name = "WALLET", value_parser = address)]
    send: Option<Address>,
    /// Offer the Operator and the payeeships of the retired node with this wallet to the pool's owner, once its last share has left, and end
    #[arg(long, value_name = "WALLET", value_parser = address, conflicts_with = "send")]
    release: Option<Address>,
    /// With --send and --release: how long to wait, in seconds; afterwards the same command goes on
    #[arg(long, default_value_t = 600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
}

pub async fn run(config: &Config, options: &Earnings) -> Result<()> {
    if options.dry_run {
        return dry_run(config).await;
    }
    if let Some(wallet) = options.send {
        let (chain, shutdown) = (connect::chain(config).await?, shutdown::token_within(options.timeout)?);
        return send(config, &chain, wallet, (options.timeout, &shutdown)).await;
    }
    if let Some(wallet) = options.release {
        let (chain, shutdown) = (connect::chain(config).await?, shutdown::token_within(options.timeout)?);
        return release(config, &chain, wallet, (options.timeout, &shutdown)).await;
    }
    role(config).await
}

async fn role(config: &Config) -> Result<()> {
    let shutdown = shutdown::role_token()?;
    // Before the chain and the database, so that a mistake in the settings is told at once.
    settings(config, Address::ZERO)?;
    let signer = config.keys.signer(Key::Earnings, &config.aws).await?;
    let Some(start::Started { chain, database, pool }) = start::role(config, "earnings", &shutdown).await? else { return Ok(()) };
    let settings = settings(config, pool)?;
    let sender = sender(&settings, (&chain, &database), signer);
    let heartbeat = Heartbeat::default();
    let role = SendingRole::new((&chain, &database, pool), sender.account(), &heartbeat, config.statistics_age());
    observe::start(config.earnings.health_listen, EarningsRole(role), &shutdown).await?;
    tracing::info!(
        account = checksum(&sender.account().address),
        %pool,
        factory = checksum(&settings.factory),
        "passing on what the nodes earn"
    );
    linkpool_earnings::run(settings, (chain, database), sender, heartbeat, shutdown)
        .await
        .context("passing on what the nodes earn")
}

fn settings(config: &Config, pool: Address) -> Result<EarningsConfig> {
    let missing = || {
        Failure::bad_input(
            "the settings name no factory that passes earnings on: set chain.deployment or chain.earnings_factory; \
             `linkpool deploy --earnings` makes one for a pool that has none",
        )
    };
    let factory = config.earnings_factory()?.ok_or_else(missing)?;
    config.earnings.settings(pool, factory, config.transactions.settings()?)
}

fn sender(settings: &EarningsConfig, (chain, database): (&Chain, &Database), signer: Arc<dyn Signer>) -> Sender {
    Sender::new(settings.transactions.clone(), database.clone(), chain.clone(), signer)
}

async fn dry_run(config: &Config) -> Result<()> {
    settings(config, Address::ZERO)?;
    let account = config.keys.signer(Key::Earnings, &config.aws).await?.address();
    let (chain, database) = (connect::chain(config).await?, connect::database(config).await?);
    let settings = settings(config, connect::pool(config, &database).await?)?;
    require_factory(&chain, &settings).await?;
    let account = Account { chain_id: chain.chain_id(), address: account };
    let plan = Plan::look(&settings, (&chain, &database), account, None).await?;
    let currency = config.currency()?;
    answer!("what waited at the final block {}, from the account {}", plan.block.number, checksum(&account.address));
    match &plan.price {
        Price::Known { wei_per_link } => answer!("a LINK is worth {} {currency}", money::ether(*wei_per_link)),
        Price::NotAsked => answer!("nothing says what a LINK is worth: the least amount alone decides"),
        Price::Unknown(why) => answer!("what a LINK is worth is not known: {why}"),
    }
    for planned in &plan.planned {
        answer!("{}", line(planned, currency));
    }
    answer!("{} transactions. Nothing was signed and nothing was sent.", plan.sendings().count());
    Ok(())
}

fn line(planned: &Planned, currency: &str) -> String {
    let (node, kind, source) = (&planned.node_id, planned.kind.as_str(), checksum(&planned.source));
    let verdict = match &planned.verdict {
        Verdict::Stays(why) => why.clone(),
        Verdict::UnderWay { .. } => "a transaction is under way".into(),
        Verdict::Name => "made for the node's jobs, which get it now".into(),
        Verdict::Send(sending) => format!("{}, {} gas, {} {currency}", sending.step, sending.gas, money::ether(sending.cost_wei)),
    };
    format!("{node:<12}  {kind:<8}  {source}  {:>12} LINK  {verdict}", Juels(planned.waiting).to_link())
}

/// Passes on at once what waits of one node, as one transaction for each source.
pub async fn send(config: &Config, chain: &Chain, wallet: Address, until: (u64, &CancellationToken)) -> Result<()> {
    let (settings, database, sender) = by_hand(config, chain).await?;
    let look = async || anyhow::Ok(Plan::look(&settings, (chain, &database), sender.account(), Some(wallet)).await?.planned);
    let nobody = format!("no open node has the wallet {}", checksum(&wallet));
    carry_out(&sender, look, until, nobody).await
}

/// Offers what is left of a retired node to the pool's owner.
async fn release(config: &Config, chain: &Chain, wallet: Address, until: (u64, &CancellationToken)) -> Result<()> {
    let (settings, database, sender) = by_hand(config, chain).await?;
    let look = async || anyhow::Ok(releases(&settings, (chain, &database), sender.account(), wallet).await?);
    let nobody = format!("no node with the wallet {} has an Operator, and earnings.feeds names no feed", checksum(&wallet));
    carry_out(&sender, look, until, nobody).await
}

async fn by_hand(config: &Config, chain: &Chain) -> Result<(EarningsConfig, Database, Sender)> {
    settings(config, Address::ZERO)?;
    let signer = config.keys.signer(Key::Earnings, &config.aws).await?;
    let database = connect::database(config).await?;
    let settings = settings(config, connect::pool(config, &database).await?)?;
    require_factory(chain, &settings).await?;
    let sender = sender(&settings, (chain, &database), signer);
    Ok((settings, database, sender))
}

/// Sends what a look says, and looks again, until nothing is left to be sent.
async fn carry_out(
    sender: &Sender,
    look: impl AsyncFn() -> Result<Vec<Planned>>,
    (timeout, shutdown): (u64, &CancellationToken),
    nobody: String,
) -> Result<()> {
    for _ in 0..MAX_ROUNDS {
        let planned = look().await?;
        if planned.is_empty() {
            return Err(Failure::refused(nobody));
        }
        let mut is_over = true;
        // What a command was killed at goes first.
        for planned in &planned {
            if let Verdict::UnderWay { id } = planned.verdict {
                sending::settled(&sender.drive(id, Until::Mined, shutdown).await?, timeout)?;
                is_over = false;
            }
        }
        if !is_over {
            continue;
        }
        for planned in &planned {
            let Verdict::Send(sending) = &planned.verdict else { continue };
            is_over = false;
            let outcome = sender.send(&sending.key, &sending.request, Until::Mined, shutdown).await?;
            if let Some(mined) = sending::settled(&outcome, timeout)? {
                let (link, hash) = (Juels(planned.waiting).to_link(), mined.transaction_hash);
                answer!("{} ({link} LINK): transaction {hash} in block {}", sending.step, mined.block_number);
            }
        }
        if is_over {
            planned.iter().for_each(|planned| answer!("{}", line(planned, "")));
            return Ok(());
        }
    }
    Err(Failure::timed_out("what waits grows faster than it is passed on: run the same command again"))
}

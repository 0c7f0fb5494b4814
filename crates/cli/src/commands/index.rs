//! `linkpool index`

use std::{io::IsTerminal, time::Duration};

use anyhow::{Context, Result};
use linkpool_indexer::{Followed, Observer, Progress, Standing, log_lines};
use tracing::info;

use super::start;
use crate::{
    arguments::Index,
    config::Config,
    failure::Failure,
    observe::{self, IndexRole},
    output::remark,
    shutdown,
};

pub async fn run(config: &Config, options: &Index) -> Result<()> {
    let shutdown = shutdown::role_token()?;
    let Some(start::Started { chain, database, pool }) = start::role(config, "index", &shutdown).await? else { return Ok(()) };
    let known = database.deployment().await?.is_some();
    let deploy_block = options.deploy_block.or(config.deploy_block());
    let deploy_block = match deploy_block {
        Some(block) => block,
        None if known => 0,
        None => return Err(Failure::bad_input("pass --deploy-block BLOCK once: the block in which the contract was deployed")),
    };
    let followed = start::patiently("the chain", &shutdown, async || {
        linkpool_indexer::follow(&chain, &database, pool, deploy_block).await.context("choosing the contract")
    });
    let Some(followed) = followed.await? else { return Ok(()) };
    info!(%pool, resumed = followed == Followed::Resumed, "following the contract");
    let standing = Standing::default();
    let role = IndexRole { database: database.clone(), chain: chain.clone(), standing: standing.clone() };
    observe::start(config.indexer.health_listen, role, &shutdown).await?;
    if let Some(watch) = config.indexer.verification_schedule() {
        let both = (chain.clone(), database.clone());
        tokio::spawn(linkpool_indexer::verify_periodically(watch, both, pool, standing.clone(), shutdown.clone()));
    }
    let factory = config.earnings_factory()?;
    tokio::spawn(linkpool_indexer::inspect_operators(chain.clone(), database.clone(), factory, shutdown.clone()));
    let settings = config.indexer.settings(pool);
    let observer: Observer = if std::io::stderr().is_terminal() { show } else { log_lines };
    linkpool_indexer::run_observed(settings, chain, database, shutdown, observer, standing).await.context("indexing")
}

/// For people at a terminal.
fn show(progress: &Progress) {
    remark!("  {}", line(progress));
}

fn line(progress: &Progress) -> String {
    match *progress {
        Progress::Backfill { block, head, events, blocks_rate, events_rate, left } => {
            let percent = (block * 100).checked_div(head).unwrap_or(100);
            let left = left.map_or_else(String::new, |left| format!(", {} left", describe(left)));
            let (block, head, events) = (grouped(block), grouped(head), grouped(events));
            let (events_rate, blocks_rate) = (grouped(events_rate), grouped(blocks_rate));
            format!(
                "block {block} of {head} ({percent} %), {events} events, {events_rate} events/s, {blocks_rate} blocks/s{left}"
            )
        }
        Progress::Tip { block, events, lag } => {
            let behind = if lag == 0 { String::new() } else { format!(", {} blocks behind", grouped(lag)) };
            format!("block {}: {events} events{behind}", grouped(block))
        }
        Progress::Reorg { ancestor, block, events } => {
            format!("block {}: in place of everything above block {}, {events} events", grouped(block), grouped(ancestor))
        }
        Progress::Leadership { leads: true } => "this instance writes".into(),
        Progress::Leadership { leads: false } => "another instance writes; this one stands by".into(),
    }
}

fn describe(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

/// 1,234,567
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    std::iter::once(head.to_owned()).filter(|head| !head.is_empty()).chain(groups).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_reads_like_a_sentence() {
        let backfill = Progress::Backfill {
            block: 1_234_567,
            head: 2_469_134,
            events: 600_200,
            blocks_rate: 900,
            events_rate: 81_000,
            left: Some(Duration::from_secs(1_371)),
        };
        assert_eq!(
            line(&backfill),
            "block 1,234,567 of 2,469,134 (50 %), 600,200 events, 81,000 events/s, 900 blocks/s, 22 min left"
        );
        assert_eq!(line(&Progress::Tip { block: 12, events: 3, lag: 0 }), "block 12: 3 events");
        assert_eq!(line(&Progress::Tip { block: 999, events: 1, lag: 2 }), "block 999: 1 events, 2 blocks behind");
    }
}

//! Each RPC endpoint by itself: the right chain, a fresh head, and the same blocks as the others; then the index against them.

use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use linkpool_chain::{Chain, Checked, Error, Heads, Need, Offer};
use linkpool_db::Database;
use linkpool_primitives::IndexerState;

use super::report::Report;
use crate::config::Config;

/// Blocks below the lowest head at which endpoints must agree: deep enough that no ordinary reorg is under way.
const COMPARED_DEPTH: u64 = 5;

/// A connected endpoint that is on the right chain.
struct Seen {
    chain: Chain,
    heads: Heads,
    offers: Result<Vec<Offer>, Error>,
}

/// The endpoint with the highest head.
pub async fn check(
    config: &Config,
    expected_chain_id: Option<u64>,
    database: Option<&Database>,
    report: &mut Report,
) -> Option<Chain> {
    let endpoints = match config.endpoints() {
        Ok(endpoints) => endpoints,
        Err(error) => {
            report.fail("rpc", error.to_string(), "set chain.rpc_url in linkpool.toml");
            return None;
        }
    };
    let look = |endpoint| async move {
        let chain = Chain::connect(endpoint, expected_chain_id).await?;
        let heads = chain.heads().await?;
        // By whoever is on the right chain.
        let offers = chain.offers().await;
        Ok::<_, Error>(Seen { chain, heads, offers })
    };
    let mut seen = Vec::new();
    // Side by side: those that do not answer cost their time-out once, however many they are.
    for found in join_all(endpoints.iter().map(look)).await {
        match found {
            Ok(found) => seen.push(found),
            Err(Error::WrongChain { endpoint, expected, found }) => report.fail(
                "wrong-chain",
                format!("{endpoint} is on chain {found}, and the pool is on chain {expected}"),
                "correct chain.rpc_url, or chain.chain_id",
            ),
            Err(error) => report.fail("rpc", error.to_string(), "start it, or remove it from [chain]"),
        }
    }
    let index = cursor(database).await;
    let known = index.as_ref().map(|cursor| cursor.tags.head);
    let highest = seen.iter().map(|seen| seen.heads.head.number).chain(known).max()?;
    for seen in &seen {
        lag(config, seen, highest, report);
        offers(seen.chain.name(), &seen.offers, report);
    }
    agree(&seen, report).await;
    if let Some(cursor) = index {
        behind(config, &cursor, highest, report);
    } else if database.is_some() {
        report.warn("index", "the database follows no contract yet", "run `linkpool index --deploy-block BLOCK`");
    }
    seen.into_iter().max_by_key(|seen| seen.heads.head.number).map(|seen| seen.chain)
}

fn lag(config: &Config, seen: &Seen, highest: u64, report: &mut Report) {
    let (name, head) = (seen.chain.name(), seen.heads.head);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (lag, age) = (highest.saturating_sub(head.number), now.saturating_sub(head.timestamp));
    if lag > config.doctor.lag_blocks {
        let sentence = format!("{name} is {lag} blocks behind: its head is {}, and block {highest} was seen", head.number);
        report.fail("rpc-lag", sentence, "wait until it has synchronised, or use another endpoint");
    } else if age > config.doctor.head_age_seconds {
        let sentence = format!("the newest block of {name} is {age} s old");
        report.warn("rpc-lag", sentence, "compare with a block explorer: the chain has stopped, or the endpoint has");
    } else {
        report.ok("rpc", format!("{name} is on chain {} at block {}", seen.chain.chain_id(), head.number));
    }
}

/// Whether all endpoints have the same block where they all must have one.
async fn agree(seen: &[Seen], report: &mut Report) {
    let Some(lowest) = seen.iter().map(|seen| seen.heads.head.number).min() else { return };
    let number = lowest.saturating_sub(COMPARED_DEPTH);
    let headers = join_all(seen.iter().map(|seen| seen.chain.header(number))).await;
    let hash = |(seen, header): (&Seen, linkpool_chain::Result<Option<Checked>>)| {
        Some((seen.chain.name().to_owned(), header.ok().flatten()?.block.hash))
    };
    let hashes: Vec<_> = seen.iter().zip(headers).filter_map(hash).collect();
    let Some(((first, hash), others)) = hashes.split_first() else { return };
    for (name, _) in others.iter().filter(|(_, other)| other != hash) {
        let sentence = format!("{first} and {name} have different blocks {number}");
        report.fail("rpc-agree", sentence, "one of them is on a fork or another chain: compare both with a block explorer");
    }
}

/// The indexer's place, where there is a database with one.
async fn cursor(database: Option<&Database>) -> Option<linkpool_db::cursor::Cursor> {
    match database {
        Some(database) => database.cursor().await.ok().flatten(),
        None => None,
    }
}

/// What an endpoint offers of what is asked for: docs/rpc.md in lines.
fn offers(name: &str, offers: &Result<Vec<Offer>, Error>, report: &mut Report) {
    let offers = match offers {
        Ok(offers) => offers,
        Err(error) => {
            return report.warn("rpc-offers", format!("what {name} offers could not be tried: {error}"), "run it again");
        }
    };
    let mut lacks = 0;
    for offer in offers {
        let Some(lack) = &offer.lack else { continue };
        lacks += 1;
        let sentence = format!("{name} does not offer {}: {lack}", offer.what);
        match offer.need {
            Need::Must => report.fail("rpc-offers", sentence, format!("use another endpoint: without it {}", offer.without)),
            Need::Better => report.warn("rpc-offers", sentence, format!("nothing has to be done: without it {}", offer.without)),
        }
    }
    if lacks == 0 {
        report.ok("rpc-offers", format!("{name} offers all {} things that are asked of an endpoint (docs/rpc.md)", offers.len()));
    }
}

fn behind(config: &Config, cursor: &linkpool_db::cursor::Cursor, highest: u64, report: &mut Report) {
    let (indexed, silent) = (cursor.block.number, cursor.seen_seconds_ago);
    let lag = highest.saturating_sub(indexed);
    let stands = || {
        let detail = cursor.state_detail.as_deref().unwrap_or("no reason is stored");
        (format!("the indexer is {}: {detail}", cursor.state), "docs/operations.md says what each state needs")
    };
    if !cursor.state.is_moving() {
        let (sentence, advice) = stands();
        report.fail("index", sentence, advice);
    } else if lag > config.doctor.lag_blocks {
        let sentence = format!("the database is {lag} blocks behind the chain: block {indexed} of {highest}");
        report.fail("index", sentence, "check that `linkpool index` runs and reaches its endpoint; a backfill needs its time");
    } else if silent > config.doctor.head_age_seconds {
        report.warn("index", format!("the indexer last saw the chain {silent} s ago"), "check that `linkpool index` runs");
    } else if cursor.state == IndexerState::CannotRecheck {
        let (sentence, advice) = stands();
        report.warn("index", sentence, advice);
    } else {
        report.ok("index", format!("the database has followed the chain up to block {indexed}"));
    }
}

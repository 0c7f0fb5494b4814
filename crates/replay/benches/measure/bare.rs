//! The bare pipe: fetch, decode, COPY, cursor, and nothing else. No check, no projection, no header, no index but the primary
//! key. What it reaches is what the parts below allow; the indexer is measured against it.

use std::collections::HashMap;

use alloy::primitives::{Address, B256, hex, keccak256};
use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use linkpool_db::{Connect, Database, measure};
use linkpool_replay::chain::{DEPLOY_BLOCK, POOL};
use serde::Deserialize;
use serde_json::json;

/// Blocks in a request: about 6,000 events.
const STEP: u64 = 100;
/// Requests under way at once.
const FETCHERS: usize = 4;
/// Most words of data of an event that has columns.
const WORDS: usize = 24;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    result: Vec<Log<'a>>,
}

/// A log as it stands in the answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Log<'a> {
    #[serde(borrow)]
    topics: Vec<&'a str>,
    data: &'a str,
    block_number: &'a str,
    block_timestamp: &'a str,
    block_hash: &'a str,
    transaction_hash: &'a str,
    log_index: &'a str,
}

/// Where a column's value stands in a log.
#[derive(Debug, Clone, Copy)]
enum Source {
    Topic(usize),
    Word(usize),
}

/// How it is stored.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Address,
    Unsigned,
    Signed,
    Bigint,
    Integer,
    Smallint,
    Boolean,
}

/// One kind of event: its name, and for each column where its value comes from.
struct Plan {
    name: String,
    fields: Vec<Option<(Source, Kind)>>,
}

/// Copies every event up to block `last` into `bare_event`.
pub async fn run(rpc: &str, database: &str, last: u64) -> Result<()> {
    let database = Database::connect(&Connect::new(database)).await?;
    database.make_bare_tables().await?;
    let plans = std::sync::Arc::new(plans()?);
    let client = reqwest::Client::new();
    let ranges = (DEPLOY_BLOCK..=last).step_by(STEP as usize).map(|from| (from, last.min(from + STEP - 1)));
    let rows = stream::iter(ranges).map(|(from, to)| {
        let (client, rpc, plans) = (client.clone(), rpc.to_owned(), plans.clone());
        let task = tokio::spawn(async move {
            let body = fetch(&client, &rpc, from, to).await?;
            rows(&plans, &body)
        });
        async move { task.await.context("a fetcher")?.map(|(hash, rows)| (to, hash, rows)) }
    });
    let write = |(to, hash, rows): (u64, B256, Vec<u8>)| {
        let database = &database;
        async move { database.append_bare(to, hash, &rows).await.context("writing") }
    };
    rows.buffered(FETCHERS).try_for_each(write).await
}

async fn fetch(client: &reqwest::Client, rpc: &str, from: u64, to: u64) -> Result<Bytes> {
    let filter = json!({ "address": POOL, "fromBlock": format!("{from:#x}"), "toBlock": format!("{to:#x}") });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [filter] });
    let request = client.post(rpc).header("content-type", "application/json").body(call.to_string());
    request.send().await.context("asking")?.bytes().await.context("reading an answer")
}

/// The rows of an answer, ready to be copied, and the hash of its last block.
fn rows(plans: &HashMap<String, Plan>, body: &[u8]) -> Result<(B256, Vec<u8>)> {
    let answer: Answer<'_> = serde_json::from_slice(body).context("an answer")?;
    let mut out = Vec::with_capacity(body.len() / 2);
    for log in &answer.result {
        let topic = log.topics.first().ok_or_else(|| anyhow!("a log without a topic"))?;
        let plan = plans.get(*topic).ok_or_else(|| anyhow!("a log that is not known: {topic}"))?;
        row(plan, log, &mut out)?;
    }
    let last = answer.result.last().map_or(Ok(B256::ZERO), |log| word(log.block_hash).map(B256::from))?;
    Ok((last, out))
}

fn row(plan: &Plan, log: &Log<'_>, out: &mut Vec<u8>) -> Result<()> {
    let mut data = [0; 32 * WORDS];
    let digits = log.data.strip_prefix("0x").unwrap_or_default();
    let data = data.get_mut(..digits.len() / 2).unwrap_or_default();
    // An event whose data have no columns is left without.
    let _ = hex::decode_to_slice(digits, data);
    out.extend((plan.fields.len() as i16 + 6).to_be_bytes());
    measure::field(Some(i64::try_from(number(log.block_number)?)?), out);
    measure::field(Some(i32::try_from(number(log.log_index)?)?), out);
    bytes(&word(log.block_hash)?, out);
    measure::field(Some(i64::try_from(number(log.block_timestamp)?)?), out);
    bytes(&word(log.transaction_hash)?, out);
    bytes(plan.name.as_bytes(), out);
    for field in &plan.fields {
        let Some((source, kind)) = field else {
            out.extend((-1i32).to_be_bytes());
            continue;
        };
        let value: [u8; 32] = match source {
            Source::Topic(index) => word(log.topics.get(*index).copied().unwrap_or_default())?,
            Source::Word(index) => data.get(32 * index..32 * index + 32).unwrap_or_default().try_into().context("a short log")?,
        };
        let low = u128::from_be_bytes(value[16..].try_into()?);
        match kind {
            Kind::Address => measure::field(Some(Address::from_slice(&value[12..])), out),
            Kind::Unsigned => measure::field(Some(low), out),
            Kind::Signed => measure::field(Some(low as i128), out),
            Kind::Bigint => measure::field(Some(low as i64), out),
            Kind::Integer => measure::field(Some(low as i32), out),
            Kind::Smallint => measure::field(Some(low as i16), out),
            Kind::Boolean => measure::field(Some(low != 0), out),
        }
    }
    Ok(())
}

fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend((bytes.len() as i32).to_be_bytes());
    out.extend(bytes);
}

fn word(text: &str) -> Result<[u8; 32]> {
    let mut word = [0; 32];
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or_default(), &mut word).context("a word")?;
    Ok(word)
}

fn number(text: &str) -> Result<u64> {
    u64::from_str_radix(text.strip_prefix("0x").unwrap_or_default(), 16).context("a number")
}

/// Columns that are not named as the event's field is.
const RENAMED: [(&str, &str); 6] = [
    ("by", "account"),
    ("from", "account"),
    ("recipient", "account"),
    ("target", "account"),
    ("reported", "network_reported"),
    ("reported_at", "network_reported_at"),
];

/// A plan for each event of the contract, by its topic, made from the ABI. Values that the indexer adds without reading them
/// from the log, and what it keeps as JSON, are left out: they are a few bytes of few events.
fn plans() -> Result<HashMap<String, Plan>> {
    #[derive(Deserialize)]
    struct Artefact {
        abi: alloy::json_abi::JsonAbi,
    }
    let artefact: Artefact = serde_json::from_str(linkpool_contracts::pool::ARTEFACT)?;
    let columns = measure::columns();
    let mut plans = HashMap::new();
    for event in artefact.abi.events.into_values().flatten() {
        let mut fields = vec![None; columns.len() - 6];
        let (mut topic, mut data) = (1, 0);
        for input in &event.inputs {
            let parts = if input.components.is_empty() {
                vec![(input.name.clone(), input.ty.clone())]
            } else {
                input.components.iter().map(|part| (part.name.clone(), part.ty.clone())).collect()
            };
            for (name, ty) in parts {
                let source = if input.indexed { Source::Topic(topic) } else { Source::Word(data) };
                *(if input.indexed { &mut topic } else { &mut data }) += 1;
                let name = snake(&name);
                let column = RENAMED.iter().find(|(from, _)| *from == name).map_or(name.as_str(), |(_, to)| to);
                if let Some(place) = columns.iter().skip(6).position(|known| known == column) {
                    fields[place] = Some((source, kind(column, &ty)?));
                }
            }
        }
        let topic = format!("{:#x}", keccak256(event.signature()));
        plans.insert(topic, Plan { name: event.name, fields });
    }
    Ok(plans)
}

fn snake(camel: &str) -> String {
    camel.chars().flat_map(|c| c.is_ascii_uppercase().then_some('_').into_iter().chain([c.to_ascii_lowercase()])).collect()
}

/// By the column's type in the table, which the contract's type decides but for these.
fn kind(column: &str, ty: &str) -> Result<Kind> {
    Ok(match (column, ty) {
        (_, "uint16") => Kind::Integer,
        (_, "uint8") => Kind::Smallint,
        ("acc_per_share", _) | (_, "uint96") => Kind::Unsigned,
        ("node_index" | "ticket", _) | (_, "uint32" | "uint40") => Kind::Bigint,
        (_, "address") => Kind::Address,
        (_, "int128") => Kind::Signed,
        (_, "bool") => Kind::Boolean,
        ("amount", _) => Kind::Unsigned,
        other => bail!("no column type is known for {other:?}"),
    })
}

//! A node at work: a consumer pays, the node's wallet answers, and once whatever happens to its replicas.

use std::time::Duration;

use alloy::primitives::U64;
use anyhow::{Context, Result, bail, ensure};
use linkpool_contracts::operator::withdrawableCall;
use linkpool_primitives::Address;
use linkpool_testkit::fixture::{Asked, Consumer};
use serde_json::json;

use super::journey::Journey;
use crate::dev::work::{PAYMENT, job_topic};

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Blocks after an answer in which a second one would show.
const BLOCKS_AFTER: u64 = 2;

pub async fn answered(journey: &mut Journey) -> Result<String> {
    let (consumer, operator) = consumer(journey).await?;
    let start = tokio::time::Instant::now();
    let asked = ask(journey, &consumer, operator).await?;
    let number = answer(&consumer, &asked).await?;
    let seconds = start.elapsed().as_secs_f64();
    let earned = journey.chain.call(operator, &withdrawableCall {}).await?.to::<u128>();
    ensure!(earned == PAYMENT, "the Operator has {earned} juels, and not what was paid");
    Ok(format!("{number} {seconds:.2} s after it was asked, for 0.1 LINK"))
}

/// Asks the node while nobody serves it.
pub async fn ask_nobody(journey: &mut Journey) -> Result<()> {
    let (consumer, operator) = consumer(journey).await?;
    let sent = sent(journey).await?;
    let asked = ask(journey, &consumer, operator).await?;
    journey.scaled.asked = Some((asked, sent));
    Ok(())
}

pub async fn answered_once(journey: &mut Journey) -> Result<String> {
    let (asked, sent_before) = journey.scaled.asked.take().context("nothing was asked")?;
    let (consumer, _) = consumer(journey).await?;
    let number = answer(&consumer, &asked).await?;
    let block = journey.chain.heads().await?.head.number;
    journey.get_from_block("nodes", block + BLOCKS_AFTER).await?;
    let answers = consumer.answers_since(asked.block_number).await?;
    let count = answers.iter().filter(|(request, _)| *request == asked.request_id).count();
    let transactions = sent(journey).await? - sent_before;
    ensure!((count, transactions) == (1, 1), "{count} answers in {transactions} transactions of the wallet");
    Ok(format!("{number}, asked in block {}, answered at the latest in {block}", asked.block_number))
}

async fn ask(journey: &Journey, consumer: &Consumer, operator: Address) -> Result<Asked> {
    Ok(consumer.ask(operator, job_topic(&journey.scaled.id), PAYMENT).await?)
}

async fn answer(consumer: &Consumer, asked: &Asked) -> Result<u64> {
    let deadline = tokio::time::Instant::now() + WAIT_TIMEOUT;
    loop {
        let answers = consumer.answers_since(asked.block_number).await?;
        if let Some((_, number)) = answers.iter().find(|(request, _)| *request == asked.request_id) {
            return Ok(number.to());
        }
        if tokio::time::Instant::now() > deadline {
            bail!("no answer in {} s to the request in block {}", WAIT_TIMEOUT.as_secs(), asked.block_number);
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The consumer, and the Operator of the node, once the node has all it needs.
async fn consumer(journey: &Journey) -> Result<(Consumer, Address)> {
    let mut ready = journey.ready.clone();
    let id = &journey.scaled.id;
    let there = tokio::time::timeout(WAIT_TIMEOUT, ready.wait_for(|ready| ready.nodes.contains(id))).await;
    let consumer =
        there.context("the node was not given an Operator and a job")?.context("the stack has ended")?.consumer.clone();
    let node = journey.database.fleet_node(id).await?.context("the node is gone")?;
    Ok((consumer.context("there is no consumer")?, node.operator.context("the node has no Operator")?))
}

/// Transactions of the node's wallet in blocks.
async fn sent(journey: &Journey) -> Result<u64> {
    let count = journey.chain.forward("eth_getTransactionCount".into(), json!([journey.scaled.wallet, "latest"])).await?;
    Ok(serde_json::from_value::<U64>(count)?.to())
}

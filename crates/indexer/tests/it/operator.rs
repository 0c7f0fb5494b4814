//! What a node is asked and paid, on a real chain with Chainlink's own Operator: followed because it is named at the node, from the pool's first
//! block on; taken back with its block; equal to what the Operator itself says.

use std::time::Duration;

use alloy::{
    primitives::{U256, hex},
    sol_types::{SolCall, SolEvent, SolValue},
};
use linkpool_contracts::operator::{OracleRequest, fulfillOracleRequest2Call};
use linkpool_db::read::{RequestEnd, RequestRecord};
use linkpool_indexer::{Scope, Subject, read_answer_fees, repair, verify_within};
use linkpool_primitives::{Address, B256, JUELS_PER_LINK, checksum};
use linkpool_testkit::{
    fixture::{Asked, Consumer, deploy_operator},
    until,
};
use serde_json::json;

use crate::fixture::{Fixture, WAIT_TIMEOUT};

/// The first eight of a run of the same bytes: what a job is named by.
pub const JOB: B256 = B256::repeat_byte(0x10);
pub const LINK: u128 = JUELS_PER_LINK;
const ANSWER_GAS: u64 = 800_000;
/// Blocks after which one is final here.
const UNTIL_FINAL: u64 = 64;
/// After so long a consumer may take its payment back.
const EXPIRY_TIME: Duration = Duration::from_secs(301);

pub struct Work<'a> {
    pub fixture: &'a Fixture,
    pub operator: Address,
    pub consumer: Consumer,
}

impl<'a> Work<'a> {
    /// A node here, an Operator at which the operator's account answers, and a consumer.
    pub async fn set(fixture: &'a Fixture) -> Self {
        let (chain, accounts, link) = (&fixture.chain, &fixture.accounts, fixture.contracts.link);
        let operator = deploy_operator(chain, accounts, link, accounts.operator).await.unwrap();
        let consumer = Consumer::deploy(chain, accounts, link, 1_000 * LINK).await.unwrap();
        Self { fixture, operator, consumer }
    }

    /// The node is named the Operator, and has a job for it that takes a LINK.
    pub async fn name(&self) {
        let (wallet, operator) = (hex::encode(self.fixture.node), hex::encode(self.operator));
        let job = hex::encode(JOB);
        let made = format!(
            "with made as (insert into operation (idempotency_key, actor, kind, request) values ('a', 'a test', 'scale', '{{}}') returning operation_id)
             insert into fleet_node (fleet_node_id, operation_id, phase, is_final, wallet) select '0123456789ab', operation_id, 'open', true, '\\x{wallet}' from made;
             insert into node_operator (operator, fleet_node_id, reason) values ('\\x{operator}', '0123456789ab', 'named');
             insert into node_job (fleet_node_id, name, since_block, operator, spec_ids, least_payment)
                 values ('0123456789ab', 'ask', 0, '\\x{operator}', array['\\x{job}', '\\x{job}']::bytea[], {LINK})"
        );
        self.fixture.plant(&made).await;
    }

    /// Followed, with all there is of it.
    pub async fn is_followed(&self) {
        until("the Operator is followed", WAIT_TIMEOUT, async || {
            let followed = self.fixture.database.followed().await.unwrap();
            if followed.contracts.iter().any(|of| of.contract == self.operator && of.fill.is_none()) {
                return true;
            }
            // What is followed is loaded with the next block.
            self.fixture.chain.mine(1).await.unwrap();
            false
        })
        .await;
        self.fixture.caught_up().await;
    }

    pub async fn ask(&self, job: B256, juels: u128) -> Asked {
        self.consumer.ask(self.operator, job, juels).await.unwrap()
    }

    pub async fn answer(&self, asked: &Asked) {
        let (chain, accounts) = (&self.fixture.chain, &self.fixture.accounts);
        let filter =
            json!([{ "blockHash": asked.block_hash, "address": self.operator, "topics": [OracleRequest::SIGNATURE_HASH] }]);
        let logs: Vec<alloy::rpc::types::Log> =
            serde_json::from_value(chain.forward("eth_getLogs".into(), filter).await.unwrap()).unwrap();
        let mut requests = logs.iter().map(|log| OracleRequest::decode_log(&log.inner).unwrap().data);
        let request = requests.find(|request| request.requestId == asked.request_id).unwrap();
        let call = fulfillOracleRequest2Call {
            requestId: request.requestId,
            payment: request.payment,
            callbackAddress: request.callbackAddr,
            callbackFunctionId: request.callbackFunctionId,
            expiration: request.cancelExpiration,
            data: (request.requestId, U256::from(7)).abi_encode().into(),
        };
        chain.send_unlocked_blind(accounts.operator, Some(self.operator), call.abi_encode(), ANSWER_GAS).await.unwrap();
    }

    /// Oldest first.
    async fn requests(&self) -> Vec<RequestRecord> {
        self.fixture.database.snapshot().await.unwrap().unwrap().requests_of(&self.fixture.node, None, 100).await.unwrap()
    }

    /// Whether an answer is due, what was paid, and how each ended.
    pub async fn told(&self) -> Vec<(bool, u128, Option<RequestEnd>)> {
        self.requests().await.iter().map(|of| (of.is_due, of.payment / LINK, of.end.as_ref().map(|end| end.how))).collect()
    }
}

#[tokio::test]
async fn what_a_node_is_asked_is_there_from_before_it_was_named_and_goes_with_its_block() {
    let fixture = Fixture::set().await;
    let work = Work::set(&fixture).await;
    let first = work.ask(JOB, 2 * LINK).await;
    let indexer = fixture.index().await;
    fixture.caught_up().await;
    assert!(work.requests().await.is_empty(), "nobody has named it");
    work.answer(&first).await;
    work.name().await;
    work.is_followed().await;
    fixture.assert_equal().await;
    let answered = (true, 2, Some(RequestEnd::Answered));
    assert_eq!(work.told().await, [answered]);
    // Too little, and of another job: nobody has to answer these.
    work.ask(JOB, LINK / 2).await;
    work.ask(B256::repeat_byte(0x11), 3 * LINK).await;
    let late = work.ask(JOB, 4 * LINK).await;
    fixture.assert_equal().await;
    let (poor, others, open) = ((false, 0, None), (false, 3, None), (true, 4, None));
    assert_eq!(work.told().await, [answered, poor, others, open]);
    fixture.chain.advance_time(EXPIRY_TIME).await.unwrap();
    work.answer(&late).await;
    fixture.assert_equal().await;
    assert_eq!(work.told().await, [answered, poor, others, (true, 4, Some(RequestEnd::Answered))]);
    assert!(work.requests().await[3].is_late());
    // The answer's block goes, and with it the answer.
    fixture.chain.reorg(1).await.unwrap();
    fixture.chain.mine(1).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(work.told().await, [answered, poor, others, open]);
    work.consumer.cancel(&late, 4 * LINK).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(work.told().await, [answered, poor, others, (true, 4, Some(RequestEnd::Refunded))]);
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_log_names_no_operator_and_one_that_goes_to_another_node_is_that_nodes() {
    let fixture = Fixture::set().await;
    let work = Work::set(&fixture).await;
    let indexer = fixture.index().await;
    work.name().await;
    work.is_followed().await;
    work.ask(JOB, LINK).await;
    // Somebody offers the Operator of a stranger to the node's wallet, at both.
    let stranger = deploy_operator(&fixture.chain, &fixture.accounts, fixture.contracts.link, fixture.node).await.unwrap();
    linkpool_testkit::fixture::offer_operator(&fixture.chain, &fixture.accounts, stranger, fixture.node).await.unwrap();
    fixture.assert_equal().await;
    let followed = fixture.database.followed().await.unwrap().contracts;
    assert!(followed.iter().all(|of| of.contract != stranger), "{} is followed", checksum(&stranger));
    assert_eq!(work.told().await.len(), 1);
    fixture.plant("update fleet_node set wallet = decode(repeat('77', 20), 'hex')").await;
    work.is_followed().await;
    until("it is another's", WAIT_TIMEOUT, async || {
        fixture.chain.mine(1).await.unwrap();
        work.told().await.is_empty()
    })
    .await;
    work.is_followed().await;
    let other = Address::repeat_byte(0x77);
    let theirs = fixture.database.snapshot().await.unwrap().unwrap().requests_of(&other, None, 100).await.unwrap();
    assert_eq!(theirs.len(), 1);
    fixture.assert_equal().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_found_by_its_log_or_by_the_operator_and_mended() {
    let fixture = Fixture::set().await;
    let work = Work::set(&fixture).await;
    let indexer = fixture.index().await;
    work.name().await;
    work.is_followed().await;
    let asked = work.ask(JOB, 2 * LINK).await;
    work.answer(&asked).await;
    work.ask(JOB, 3 * LINK).await;
    fixture.assert_equal().await;
    indexer.stop().await.unwrap();
    let (chain, database, pool) = (&fixture.chain, &fixture.database, fixture.contracts.pool);
    for planted in [
        "delete from contract_event where kind = 'OracleResponse'",
        "delete from contract_event where kind = 'OracleRequest'",
        "update contract_event set detail = jsonb_set(detail, '{payment_juels}', '\"7\"') where kind = 'OracleRequest'",
    ] {
        fixture.plant(planted).await;
        // A log that was never told does not give itself away; what the Operator holds does.
        let since = database.cursor().await.unwrap().unwrap().block.number;
        let found = verify_within(chain, database, pool, Scope::Sample { rows: 10, since }).await.unwrap().unwrap();
        assert!(found.differences.iter().any(|one| one.subject == Subject::Operator(work.operator)), "{planted}: {found:?}");
        let found = fixture.verified().await;
        assert!(found.differences.iter().any(|one| matches!(one.subject, Subject::Event(..))), "{planted}: {found:?}");
        repair(chain, database, pool, &found).await.unwrap();
        assert_eq!(fixture.verified().await.differences, [], "{planted}");
    }
}

#[tokio::test]
async fn what_an_answer_has_cost_is_what_its_sender_has_less_once_it_is_final() {
    let fixture = Fixture::set().await;
    let work = Work::set(&fixture).await;
    let (chain, database, answers) = (&fixture.chain, &fixture.database, fixture.accounts.operator);
    let indexer = fixture.index().await;
    work.name().await;
    // Who answers here is the node.
    fixture.plant(&format!("update fleet_node set wallet = '\\x{answers:x}'")).await;
    work.is_followed().await;
    let asked = work.ask(JOB, 2 * LINK).await;
    let before = chain.balance(answers).await.unwrap();
    work.answer(&asked).await;
    let cost = before - chain.balance(answers).await.unwrap();
    fixture.caught_up().await;
    let spent = async || {
        let days = database.snapshot().await.unwrap().unwrap().fees_by_day(&answers, 0, u64::MAX).await.unwrap();
        days.iter().map(|(_, wei)| wei).sum::<u128>()
    };
    read_answer_fees(chain, database, None).await.unwrap();
    assert_eq!(spent().await, 0, "it may go yet");
    chain.mine(UNTIL_FINAL).await.unwrap();
    fixture.caught_up().await;
    let done = read_answer_fees(chain, database, None).await.unwrap();
    assert!(cost > 0 && done.is_some());
    assert_eq!(spent().await, cost);
    indexer.stop().await.unwrap();
}

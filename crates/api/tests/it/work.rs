//! What a node is asked, answers and earns: day by day, in short, and whether somebody could divert it.

use linkpool_api::operator::FleetRules;
use linkpool_db::{answer_fee::AnswerFee, fleet::ProofMode, ingest::Repair, operator_state::OperatorState};
use linkpool_primitives::{Address, B256, BlockRef, ContractEventKind, JUELS_PER_LINK, checksum};
use serde_json::{Value, json};

use crate::{
    chain_fixture::{ChainFixture, GENESIS, hash, link, node, transaction},
    fixture::Fixture,
    operator_fixture::Operator,
};

const DAY: u64 = 86_400;
const OPERATOR: Address = Address::repeat_byte(0x0e);
const JOB: B256 = B256::repeat_byte(0x10);
/// What the job asks for.
const LEAST: u128 = JUELS_PER_LINK;
/// After so many seconds a consumer may take its payment back.
const EXPIRY: u64 = 300;

/// A node with an Operator and a job.
pub struct Worked {
    node: Address,
}

impl Worked {
    pub async fn begin(fixture: &Fixture, node: Address) -> Self {
        let hex = alloy_hex;
        let sql = format!(
            "with made as (insert into operation (idempotency_key, actor, kind, request) values ('w', 'a test', 'scale', '{{}}') returning operation_id)
             insert into fleet_node (fleet_node_id, operation_id, phase, is_final, wallet) select '0123456789ab', operation_id, 'open', true, '\\x{}' from made;
             insert into node_operator (operator, fleet_node_id, reason) values ('\\x{1}', '0123456789ab', 'named');
             insert into node_job (fleet_node_id, name, since_block, operator, spec_ids, least_payment)
                 values ('0123456789ab', 'ask', 0, '\\x{1}', array['\\x{2}', '\\x{2}']::bytea[], {LEAST});",
            hex(node.as_slice()),
            hex(OPERATOR.as_slice()),
            hex(JOB.as_slice())
        );
        run(fixture, &sql);
        assert!(fixture.chain.database.follow_operators(None).await.unwrap());
        // As if its old logs, of which there are none, had been read.
        run(fixture, "update followed_contract set fill_block = null, fill_end = null");
        Self { node }
    }

    /// Pays for an answer.
    pub fn ask<'a>(&self, fixture: &'a mut Fixture, request: u8, juels_link: u128) -> &'a mut ChainFixture {
        self.ask_for(fixture, JOB, request, link(juels_link))
    }

    fn ask_for<'a>(&self, fixture: &'a mut Fixture, job: B256, request: u8, juels: u128) -> &'a mut ChainFixture {
        let detail = json!({
            "spec_id": job, "requester": checksum(&Address::repeat_byte(0xc0)), "payment_juels": juels.to_string(),
            "expires_at": fixture.chain.at.timestamp + EXPIRY,
        });
        fixture.chain.tell(OPERATOR, ContractEventKind::OracleRequest, request, detail)
    }

    fn answer<'a>(&self, fixture: &'a mut Fixture, request: u8) -> &'a mut ChainFixture {
        fixture.chain.tell(OPERATOR, ContractEventKind::OracleResponse, request, json!({}))
    }

    fn refund<'a>(&self, fixture: &'a mut Fixture, request: u8) -> &'a mut ChainFixture {
        fixture.chain.tell(OPERATOR, ContractEventKind::CancelOracleRequest, request, json!({}))
    }

    /// Read at a block: whose it is, and who may answer.
    async fn read(&self, fixture: &Fixture, block_number: u64, is_owned: bool, senders: Vec<Address>) {
        let state = OperatorState { operator: OPERATOR, block_number, is_known: true, is_owned, senders, withdrawable: link(1) };
        fixture.chain.database.keep_operator_state(&state).await.unwrap();
    }

    async fn work(&self, fixture: &Fixture) -> Value {
        fixture.data(&format!("/api/v1/nodes/{}", self.node)).await["work"].take()
    }

    /// Requests, answered, late, refunded, missing, open, others and what was earned, of each day.
    async fn days(&self, fixture: &Fixture, query: &str) -> Vec<Value> {
        let days = fixture.data(&format!("/api/v1/nodes/{}/earnings{query}", self.node)).await;
        let names = ["requests", "answered", "late", "refunded", "missing", "open", "others", "earned_juels"];
        days.as_array().unwrap().iter().map(|day| names.iter().map(|name| day[*name].clone()).collect()).collect()
    }
}

fn alloy_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn run(fixture: &Fixture, sql: &str) {
    fixture.test_database.server().run(fixture.test_database.name(), sql).unwrap();
}

async fn worked() -> (Fixture, Worked) {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    let worked = Worked::begin(&fixture, node(1)).await;
    (fixture, worked)
}

#[tokio::test]
async fn a_day_has_what_was_asked_in_it_and_what_became_of_it_later() {
    let (mut fixture, worked) = worked().await;
    for request in 1..=5 {
        worked.ask(&mut fixture, request, 2);
    }
    // Too little, and of a job that the node does not have.
    worked.ask_for(&mut fixture, JOB, 6, LEAST - 1);
    worked.ask_for(&mut fixture, B256::repeat_byte(0x11), 7, link(9)).mine(12).await;
    let none = |open: u64| json!([5, 5 - open, 0, 0, 0, open, 2, link(2 * u128::from(5 - open)).to_string()]);
    assert_eq!(worked.days(&fixture, "").await, [none(5)]);
    worked.answer(&mut fixture, 1).mine(12).await;
    assert_eq!(worked.days(&fixture, "").await, [none(4)]);
    // One is answered late, one is taken back, two are missing; and a day is over.
    worked.answer(&mut fixture, 2).mine(EXPIRY).await;
    worked.refund(&mut fixture, 3).mine(DAY).await;
    worked.ask(&mut fixture, 1, 3).mine(12).await;
    worked.answer(&mut fixture, 1).mine(12).await;
    let (first, second) = (json!([5, 2, 1, 1, 2, 0, 2, link(4).to_string()]), json!([1, 1, 0, 0, 0, 0, 0, link(3).to_string()]));
    assert_eq!(worked.days(&fixture, "").await, [first.clone(), second.clone()], "the number of a request may come again");
    assert_eq!(worked.days(&fixture, &format!("?from={}", GENESIS + DAY)).await, [second]);
    // The answer's block goes.
    let ancestor = BlockRef {
        number: fixture.chain.at.number - 1,
        hash: hash(fixture.chain.at.number - 1, 0),
        timestamp: fixture.chain.at.timestamp - 12,
    };
    fixture.chain.reorganise(ancestor).await;
    assert_eq!(worked.days(&fixture, "").await, [first, json!([1, 0, 0, 0, 0, 1, 0, "0"])]);
}

#[tokio::test]
async fn corrected_answers_show_at_once_though_the_block_is_the_same() {
    let (mut fixture, worked) = worked().await;
    worked.ask(&mut fixture, 1, 2).mine(12).await;
    worked.answer(&mut fixture, 1).mine(12).await;
    assert_eq!(worked.work(&fixture).await["answered"], 1);
    let repair = Repair { contract_blocks: vec![(fixture.chain.at.number, Vec::new())], ..Repair::default() };
    fixture.chain.database.repair(&fixture.chain.at, &repair).await.unwrap();
    assert_eq!(worked.work(&fixture).await["answered"], 0);
}

#[tokio::test]
async fn a_job_answers_from_the_block_after_it_was_given_to_the_one_in_which_it_was_taken_away_and_until_the_node_retires() {
    let (mut fixture, worked) = worked().await;
    let since = fixture.chain.at.number + 1;
    run(&fixture, &format!("update node_job set since_block = {since}, until_block = {}", since + 1));
    for request in 1..=3 {
        worked.ask(&mut fixture, request, 1).mine(12).await;
    }
    assert_eq!(worked.days(&fixture, "").await, [json!([1, 0, 0, 0, 0, 1, 2, "0"])]);
    run(
        &fixture,
        &format!(
            "update node_job set since_block = 0, until_block = null, requesters = array['\\x{}']::bytea[]",
            "c0".repeat(20)
        ),
    );
    worked.ask(&mut fixture, 4, 1).mine(12).await;
    assert_eq!(worked.days(&fixture, "").await, [json!([4, 0, 0, 0, 0, 4, 0, "0"])]);
    run(&fixture, &format!("update node_job set requesters = array['\\x{}']::bytea[]", "c1".repeat(20)));
    worked.ask(&mut fixture, 5, 1).mine(12).await;
    assert_eq!(worked.days(&fixture, "").await, [json!([0, 0, 0, 0, 0, 0, 5, "0"])]);
}

#[tokio::test]
async fn a_node_that_nobody_named_an_operator_for_has_earned_nothing_and_says_nothing() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    assert_eq!(fixture.data(&format!("/api/v1/nodes/{}/earnings", node(1))).await, json!([]));
    assert_eq!(fixture.data(&format!("/api/v1/nodes/{}", node(1))).await["work"], Value::Null);
    let unknown = fixture.get(&format!("/api/v1/nodes/{}/earnings", node(2))).await;
    assert_eq!((unknown.status.as_u16(), unknown.problem()), (404, "not-found"));
}

#[tokio::test]
async fn nobody_can_divert_it_while_every_condition_holds_and_the_mark_falls_with_each() {
    let (mut fixture, worked) = worked().await;
    worked.ask(&mut fixture, 1, 2).mine(12).await;
    worked.answer(&mut fixture, 1).mine(12).await;
    let mark = async |fixture: &Fixture| worked.work(fixture).await["is_safe"].clone();
    assert_eq!(mark(&fixture).await, false, "nobody has read the Operator");
    let seen = fixture.chain.at.number;
    worked.read(&fixture, seen, true, vec![node(1)]).await;
    fixture.chain.mine(12).await;
    let work = worked.work(&fixture).await;
    assert_eq!(
        [&work["is_safe"], &work["requests"], &work["answered"], &work["earned_juels"], &work["waiting_juels"]],
        [&json!(true), &json!(1), &json!(1), &json!(link(2).to_string()), &json!(link(1).to_string())]
    );
    for (is_owned, senders) in [(false, vec![node(1)]), (true, vec![]), (true, vec![node(1), node(2)]), (true, vec![node(2)])] {
        worked.read(&fixture, seen, is_owned, senders.clone()).await;
        fixture.chain.mine(12).await;
        assert_eq!(mark(&fixture).await, false, "{is_owned} {senders:?}");
    }
    worked.read(&fixture, seen, true, vec![node(1)]).await;
    for (break_it, mend) in [
        ("update operator_state set is_known = false", "update operator_state set is_known = true"),
        ("update node_job set until_block = 999999", "update node_job set until_block = null"),
        (
            "insert into node_job (fleet_node_id, name, since_block, operator, spec_ids, least_payment)
             select fleet_node_id, 'other', 0, decode(repeat('0f', 20), 'hex'), spec_ids, 1 from node_job",
            "delete from node_job where name = 'other'",
        ),
    ] {
        run(&fixture, break_it);
        fixture.chain.mine(12).await;
        assert_eq!(mark(&fixture).await, false, "{break_it}");
        run(&fixture, mend);
        fixture.chain.mine(12).await;
        assert_eq!(mark(&fixture).await, true, "{mend}");
    }
    // It tells of others who may answer: what was read before counts no more, at once.
    let detail = json!({ "senders": [], "count": 2, "changed_by": checksum(&node(1)) });
    fixture.chain.tell(OPERATOR, ContractEventKind::AuthorizedSendersChanged, 9, detail).mine(12).await;
    assert_eq!(mark(&fixture).await, false);
}

#[tokio::test]
async fn what_a_nodes_wallet_has_paid_for_answers_stands_with_the_day_of_their_blocks_each_transaction_once() {
    let (mut fixture, worked) = worked().await;
    worked.ask(&mut fixture, 1, 2);
    worked.ask(&mut fixture, 2, 2).mine(12).await;
    worked.answer(&mut fixture, 1);
    worked.answer(&mut fixture, 2).mine(DAY).await;
    let [first, second] = [0, 1].map(|index| transaction(fixture.chain.at.number, index));
    let spent = async |fixture: &Fixture| {
        let days = fixture.data(&format!("/api/v1/nodes/{}/earnings", node(1))).await;
        let by_day: Vec<Value> = days.as_array().unwrap().iter().map(|day| day["spent_wei"].clone()).collect();
        (by_day, worked.work(fixture).await["spent_wei"].clone())
    };
    assert_eq!(spent(&fixture).await, (vec![json!("0"), json!("0")], json!("0")));
    // One by the node's wallet; what the other one has cost, somebody else has paid.
    for (transaction_hash, payer) in [(first, node(1)), (second, node(2))] {
        let fee = AnswerFee { transaction_hash, paid: Some((payer, 7_000_000_000_000)) };
        fixture.chain.database.keep_answer_fee(&fee).await.unwrap();
    }
    fixture.chain.mine(12).await;
    assert_eq!(spent(&fixture).await, (vec![json!("0"), json!("7000000000000")], json!("7000000000000")));
    // Both answers in one transaction: it is paid once.
    run(
        &fixture,
        &format!(
            "update contract_event set transaction_hash = '\\x{}' where kind = 'OracleResponse'",
            alloy_hex(first.as_slice())
        ),
    );
    fixture.chain.mine(12).await;
    assert_eq!(spent(&fixture).await.1, json!("7000000000000"));
}

#[tokio::test]
async fn an_operator_sees_what_the_public_sees_of_what_a_node_answers() {
    let (mut fixture, worked) = worked().await;
    worked.ask(&mut fixture, 1, 2);
    worked.ask(&mut fixture, 2, 3).mine(12).await;
    worked.answer(&mut fixture, 1).mine(12).await;
    let operator = Operator::on(fixture.chain.database.clone(), FleetRules::new(ProofMode::Signature)).await;
    let seen = operator.get("/nodes/0123456789ab").await.body["data"]["work"].take();
    let public = worked.work(&fixture).await;
    for (name, value) in seen.as_object().unwrap() {
        assert_eq!(*value, public[name], "{name}");
    }
    assert_eq!([&seen["answered"], &seen["open"], &seen["earned_juels"]], [&json!(1), &json!(1), &json!(link(2).to_string())]);
}

//! What was named as a node's Operator and is none, or tells of more than anybody asked for; and blocks that go below the one since which it is
//! followed.

use alloy::sol_types::SolEvent;
use linkpool_contracts::operator::{CancelOracleRequest, OracleRequest, OracleResponse};
use linkpool_db::read::RequestEnd;
use linkpool_indexer::inspect_operators_once;
use linkpool_primitives::{Address, B256};
use linkpool_testkit::{Fault, Proxy, When, fixture::deploy_operator};

use crate::{
    fixture::Fixture,
    operator::{JOB, LINK, Work},
};

/// With a call's first two words as topics it tells of the rest; asked anything shorter it answers seven, such as what its owner may withdraw.
const LIAR: &[u8] = &[
    0x60, 0x40, 0x36, 0x10, 0x60, 0x1a, 0x57, 0x36, 0x60, 0x40, 0x90, 0x03, 0x80, 0x60, 0x40, 0x5f, 0x37, 0x60, 0x20, 0x35, 0x5f,
    0x35, 0x82, 0x5f, 0xa2, 0x00, 0x5b, 0x60, 0x07, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3,
];
const TELL_GAS: u64 = 200_000;
/// Logs of one block, and the gas that they take.
const MANY: u64 = 10_000;
const MANY_GAS: u64 = 20_000_000;

/// What creates a contract with this code.
fn creation(code: &[u8]) -> Vec<u8> {
    let length = u8::try_from(code.len()).unwrap();
    [&[0x60, length, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3], code].concat()
}

/// As many answers, to requests of which there are none, as its caller says.
fn flood() -> Vec<u8> {
    let before = [0x5f, 0x35, 0x5b, 0x80, 0x7f].as_slice();
    let after = [0x5f, 0x5f, 0xa2, 0x60, 0x01, 0x90, 0x03, 0x80, 0x60, 0x02, 0x57, 0x00].as_slice();
    [before, OracleResponse::SIGNATURE_HASH.as_slice(), after].concat()
}

impl Work<'_> {
    /// A contract of another kind, as the node's Operator.
    async fn instead(self, code: &[u8]) -> Self {
        let (chain, accounts) = (&self.fixture.chain, &self.fixture.accounts);
        let receipt = chain.send_unlocked(accounts.operator, None, creation(code)).await.unwrap();
        Self { operator: receipt.contract_address.unwrap(), ..self }
    }

    async fn tell(&self, topics: [B256; 2], data: &[u8]) {
        let told = [topics[0].as_slice(), topics[1].as_slice(), data].concat();
        let (chain, from) = (&self.fixture.chain, self.fixture.accounts.operator);
        chain.send_unlocked_blind(from, Some(self.operator), told, TELL_GAS).await.unwrap();
    }

    /// A request for the node's job that nobody has paid.
    async fn pretend(&self, request_id: B256, juels: u128) {
        let request = OracleRequest {
            specId: JOB,
            requester: self.consumer.address,
            requestId: request_id,
            payment: alloy::primitives::U256::from(juels),
            callbackAddr: self.consumer.address,
            callbackFunctionId: [0; 4].into(),
            cancelExpiration: alloy::primitives::U256::MAX,
            dataVersion: alloy::primitives::U256::ONE,
            data: Vec::new().into(),
        };
        self.tell([OracleRequest::SIGNATURE_HASH, JOB], &request.encode_data()).await;
    }
}

#[tokio::test]
async fn a_contract_that_tells_what_it_likes_is_believed_no_more_than_it_can_harm() {
    let fixture = Fixture::set().await;
    let work = Work::set(&fixture).await.instead(LIAR).await;
    let indexer = fixture.index().await;
    work.name().await;
    work.is_followed().await;
    let [one, two, three] = [1, 2, 3].map(B256::repeat_byte);
    // Answered and refunded without a request, garbage, and more LINK than there is.
    work.tell([OracleResponse::SIGNATURE_HASH, one], &[]).await;
    work.tell([CancelOracleRequest::SIGNATURE_HASH, two], &[]).await;
    work.tell([OracleRequest::SIGNATURE_HASH, JOB], &[1, 2, 3]).await;
    work.tell([B256::repeat_byte(0xee), JOB], &[1, 2, 3]).await;
    work.pretend(three, u128::MAX).await;
    fixture.caught_up().await;
    assert_eq!(work.told().await, []);
    // Twice the same request and one answer, then another one: each answer is to one request.
    work.pretend(one, 2 * LINK).await;
    work.pretend(one, 3 * LINK).await;
    work.tell([OracleResponse::SIGNATURE_HASH, one], &[]).await;
    work.tell([OracleResponse::SIGNATURE_HASH, one], &[]).await;
    work.pretend(two, 4 * LINK).await;
    work.tell([CancelOracleRequest::SIGNATURE_HASH, two], &[]).await;
    work.tell([OracleResponse::SIGNATURE_HASH, two], &[]).await;
    fixture.caught_up().await;
    let told = [(true, 2, None), (true, 3, Some(RequestEnd::Answered)), (true, 4, Some(RequestEnd::Refunded))];
    assert_eq!(work.told().await, told);
    // What it tells and what it holds are two things, which is nobody's fault here.
    let found = fixture.verified().await;
    assert_eq!(found.differences, []);
    assert!(found.notes.iter().any(|note| note.contains("is not Chainlink's Operator")), "{:?}", found.notes);
    assert_eq!(fixture.database.dead_letter_count().await.unwrap(), (0, None));
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn ten_thousand_logs_in_a_block_are_written_and_go_with_it() {
    let fixture = Fixture::set().await;
    let work = Work::set(&fixture).await.instead(&flood()).await;
    let indexer = fixture.index().await;
    work.name().await;
    work.is_followed().await;
    let before = fixture.verified().await.events as u64;
    let (chain, from) = (&fixture.chain, fixture.accounts.operator);
    let call = B256::from(alloy::primitives::U256::from(MANY)).to_vec();
    let receipt = chain.send_unlocked_blind(from, Some(work.operator), call, MANY_GAS).await.unwrap();
    assert_eq!(receipt.logs().len() as u64, MANY);
    fixture.stake(0, 1).await;
    fixture.assert_equal().await;
    assert_eq!(fixture.verified().await.events as u64, before + MANY + 1);
    let depth = chain.heads().await.unwrap().head.number - receipt.block_number.unwrap() + 1;
    chain.reorg(depth).await.unwrap();
    chain.mine(1).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(fixture.verified().await.events as u64, before);
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn blocks_that_go_below_the_one_since_which_an_operator_is_followed_take_its_requests_and_not_it() {
    let fixture = Fixture::set().await;
    let work = Work::set(&fixture).await;
    let indexer = fixture.index().await;
    let first = work.ask(JOB, 2 * LINK).await;
    fixture.caught_up().await;
    work.name().await;
    // At once, so that few blocks pass.
    fixture.database.follow_operators(None).await.unwrap();
    work.is_followed().await;
    work.ask(JOB, 3 * LINK).await;
    fixture.assert_equal().await;
    assert_eq!(work.told().await, [(true, 2, None), (true, 3, None)]);
    let head = fixture.chain.heads().await.unwrap().head.number;
    fixture.chain.reorg(head - first.block_number + 1).await.unwrap();
    fixture.chain.mine(1).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(work.told().await, []);
    let again = work.ask(JOB, 4 * LINK).await;
    work.answer(&again).await;
    fixture.assert_equal().await;
    assert_eq!(work.told().await, [(true, 4, Some(RequestEnd::Answered))]);
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn an_operator_that_cannot_be_read_keeps_nobody_from_reading_the_others() {
    let fixture = Fixture::set().await;
    let work = Work::set(&fixture).await;
    let other = deploy_operator(&fixture.chain, &fixture.accounts, fixture.contracts.link, fixture.node).await.unwrap();
    let indexer = fixture.index().await;
    work.name().await;
    let named =
        format!("insert into node_operator (operator, fleet_node_id, reason) values ('\\x{other:x}', '0123456789ab', 'named')");
    fixture.plant(&named).await;
    work.is_followed().await;
    // Both are in final blocks.
    fixture.chain.mine(64).await.unwrap();
    fixture.caught_up().await;
    let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
    let chain =
        linkpool_chain::Chain::connect(&linkpool_chain::Endpoint::new(proxy.http_url()).unwrap().patient(), None).await.unwrap();
    proxy.set(Fault::error(-32_000, "no such state").when(When::First(1)).on("eth_getCode"));
    inspect_operators_once(&chain, &fixture.database, None, 50).await.unwrap_err();
    let read = async || {
        let mut snapshot = fixture.database.snapshot().await.unwrap().unwrap();
        let operators = snapshot.operators_of(&fixture.node).await.unwrap();
        operators.iter().filter(|of| of.is_known).map(|of| of.operator).collect::<Vec<Address>>()
    };
    assert_eq!(read().await, [work.operator.max(other)]);
    inspect_operators_once(&chain, &fixture.database, None, 50).await.unwrap();
    assert_eq!(read().await.len(), 2);
    indexer.stop().await.unwrap();
}

use linkpool_primitives::JUELS_PER_LINK;
use serde_json::json;

use crate::fixture::Fixture;

/// Emits a log without a topic for every call, which no event of the contract is: LOG0 over nothing, then stop.
const EMITTER: &str = "0x60006000a000";

#[tokio::test]
async fn a_log_that_does_not_decode_is_kept_whole_and_holds_nothing_up() {
    let fixture = Fixture::set().await;
    let indexer = fixture.index().await;
    fixture.stake(0, 10).await;
    let pool = fixture.contracts.pool;
    let code = fixture.anvil.request("eth_getCode", json!([pool, "latest"])).await.unwrap();
    fixture.anvil.request("anvil_setCode", json!([pool, EMITTER])).await.unwrap();
    let holder = fixture.accounts.holders[0];
    let receipt = fixture.chain.send_unlocked_blind(holder, Some(pool), Vec::new(), 100_000).await.unwrap();
    fixture.anvil.request("anvil_setCode", json!([pool, code])).await.unwrap();
    fixture.stake(1, 20).await;
    fixture.caught_up().await;
    let letters = fixture.database.dead_letters(10).await.unwrap();
    let [letter] = &letters[..] else { panic!("one log could not be read, and there are {letters:?}") };
    assert_eq!((letter.block_number, letter.transaction_hash), (receipt.block_number.unwrap(), receipt.transaction_hash));
    assert!(letter.topics.is_empty() && !letter.reason.is_empty());
    assert_eq!((fixture.stake_of(0).await, fixture.stake_of(1).await), (10 * JUELS_PER_LINK, 20 * JUELS_PER_LINK));
    // With its block the letter goes.
    fixture.chain.reorg(2).await.unwrap();
    fixture.chain.mine(1).await.unwrap();
    fixture.caught_up().await;
    assert_eq!(fixture.database.dead_letter_count().await.unwrap(), (0, None));
    indexer.stop().await.unwrap();
}

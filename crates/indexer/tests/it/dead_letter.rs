use linkpool_primitives::JUELS_PER_LINK;
use serde_json::json;

use crate::scene::Scene;

/// Emits a log without a topic for every call, which no event of the contract is: LOG0 over nothing, then stop.
const EMITTER: &str = "0x60006000a000";

#[tokio::test]
async fn a_log_that_does_not_decode_is_kept_whole_and_holds_nothing_up() {
    let scene = Scene::set().await;
    let indexer = scene.index().await;
    scene.stake(0, 10).await;
    let pool = scene.contracts.pool;
    let code = scene.anvil.request("eth_getCode", json!([pool, "latest"])).await.unwrap();
    scene.anvil.request("anvil_setCode", json!([pool, EMITTER])).await.unwrap();
    let holder = scene.people.holders[0];
    let receipt = scene.chain.send_unlocked_blind(holder, Some(pool), Vec::new(), 100_000).await.unwrap();
    scene.anvil.request("anvil_setCode", json!([pool, code])).await.unwrap();
    scene.stake(1, 20).await;
    scene.caught_up().await;
    let letters = scene.database.dead_letters(10).await.unwrap();
    let [letter] = &letters[..] else { panic!("one log could not be read, and there are {letters:?}") };
    assert_eq!((letter.block_number, letter.transaction_hash), (receipt.block_number.unwrap(), receipt.transaction_hash));
    assert!(letter.topics.is_empty() && !letter.reason.is_empty());
    assert_eq!((scene.stake_of(0).await, scene.stake_of(1).await), (10 * JUELS_PER_LINK, 20 * JUELS_PER_LINK));
    // With its block the letter goes.
    scene.chain.reorg(2).await.unwrap();
    scene.chain.mine(1).await.unwrap();
    scene.caught_up().await;
    assert_eq!(scene.database.dead_letter_count().await.unwrap(), (0, None));
    indexer.stop().await.unwrap();
}

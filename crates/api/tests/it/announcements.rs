//! What the owner has announced: in words, with its date, as it stands and as of the past; and told as it happens.

use serde_json::{Value, json};

use crate::{
    chain_fixture::{DELAY, link, node, staker},
    fixture::Fixture,
};

const PATH: &str = "/api/v1/pool/announcements";

/// Words and state of each, newest first.
async fn standing(fixture: &Fixture, query: &str) -> Value {
    let data = fixture.data(&format!("{PATH}{query}")).await;
    data.as_array().unwrap().iter().map(|one| json!([one["description"], one["state"]])).collect()
}

/// Block 12: the owner comes. 13: it schedules 4 and 5 percent. 14: it cancels the first.
async fn announced() -> Fixture {
    let mut fixture = Fixture::start().await;
    fixture.chain.owned().await;
    fixture.chain.schedule(1, 4).schedule(2, 5).mine(12).await;
    fixture.chain.cancel(1).mine(12).await;
    fixture
}

#[tokio::test]
async fn what_is_announced_is_told_in_words_with_its_date_and_what_became_of_it() {
    let mut fixture = announced().await;
    assert_eq!(
        standing(&fixture, "").await,
        json!([["set the maker fee to 5 %", "waiting"], ["set the maker fee to 4 %", "cancelled"]])
    );
    let one = fixture.data(&format!("{PATH}?state=waiting")).await[0].clone();
    assert_eq!(
        (&one["id"], &one["ready_at"], &one["delay_seconds"]),
        (&"13-1-08d12dfd".into(), &"2026-12-20T11:02:36Z".into(), &DELAY.into()),
        "{one}"
    );
    assert_eq!(
        (&one["is_owner"], &one["predecessor"], &one["salt"], &one["ended_at"]),
        (&true.into(), &Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(one["calls"][0]["arguments"], json!([{ "name": "feeBps", "type": "uint16", "value": "500" }]));
    let cancelled = fixture.data(&format!("{PATH}?state=cancelled")).await[0].clone();
    assert_eq!((&cancelled["ended_block_number"], &cancelled["ended_at"]), (&14.into(), &"2026-11-22T11:02:48Z".into()));
    // Its time comes, and it is done.
    fixture.chain.mine(DELAY).await;
    assert_eq!(standing(&fixture, "?state=ready").await, json!([["set the maker fee to 5 %", "ready"]]));
    fixture.chain.execute(2).mine(12).await;
    assert_eq!(standing(&fixture, "?state=done").await, json!([["set the maker fee to 5 %", "done"]]));
    assert_eq!(standing(&fixture, "?state=ready").await, json!([]));
}

#[tokio::test]
async fn the_past_is_as_it_was_and_a_reorg_takes_back_what_it_held() {
    let mut fixture = announced().await;
    let both = json!([["set the maker fee to 5 %", "waiting"], ["set the maker fee to 4 %", "waiting"]]);
    assert_eq!(standing(&fixture, "?at=13").await, both);
    assert_eq!(standing(&fixture, "?at=12").await, json!([]));
    let ancestor = linkpool_primitives::BlockRef {
        number: 13,
        hash: crate::chain_fixture::hash(13, 0),
        timestamp: fixture.chain.at.timestamp - 12,
    };
    fixture.chain.reorganise(ancestor).await;
    assert_eq!(standing(&fixture, "").await, both, "the cancellation is gone");
}

#[tokio::test]
async fn a_page_goes_on_where_the_one_before_ended_and_what_is_unchanged_is_not_sent_again() {
    let fixture = announced().await;
    let first = fixture.get(&format!("{PATH}?limit=1")).await;
    let next = first.body["page"]["next"].as_str().unwrap().to_owned();
    assert_eq!(standing(&fixture, &format!("?limit=1&cursor={next}")).await, json!([["set the maker fee to 4 %", "cancelled"]]));
    let tag = first.header("etag").to_owned();
    let again = fixture.send(&format!("{PATH}?limit=1"), &[("if-none-match", &tag)]).await;
    assert_eq!(again.status(), 304);
    let wrong = fixture.get(&format!("{PATH}?state=soon")).await;
    assert_eq!((wrong.status.as_u16(), wrong.problem()), (400, "invalid-parameter"));
}

#[tokio::test]
async fn an_owner_whose_old_logs_are_still_being_read_has_announced_nothing_yet_and_then_all_at_once() {
    let mut fixture = Fixture::start().await;
    fixture.chain.owned().await;
    fixture.chain.schedule(1, 4).mine(12).await;
    let sql = |text: &str| fixture.test_database.server().run(fixture.test_database.name(), text).unwrap();
    sql("update followed_contract set fill_block = 10, fill_end = 12");
    sql("update cursor set revision = revision + 1");
    fixture.chain.mine(12).await;
    assert_eq!(standing(&fixture, "").await, json!([]));
}

#[tokio::test]
async fn a_stream_tells_of_each_announcement_in_the_order_of_the_chain_and_again_to_who_was_away() {
    let mut fixture = Fixture::start().await;
    fixture.chain.owned().await;
    fixture.chain.register(node(1)).mine(12).await;
    let mut reader = crate::stream::Reader::open(&fixture, "?topics=head,announcement,stake", None).await;
    reader.until_head(13).await;
    let last = reader.last_id.clone();
    fixture.chain.stake(node(1), staker(1), link(5)).schedule(1, 4).mine(12).await;
    let messages = reader.until_head(14).await;
    assert_eq!(crate::stream::names(&messages), ["stake", "announcement", "head"]);
    assert_eq!(
        (&messages[1].data["description"], &messages[1].data["state"]),
        (&"set the maker fee to 4 %".into(), &"waiting".into())
    );
    assert_eq!(messages[1].data, fixture.get(PATH).await.body["data"][0]);
    fixture.chain.cancel(1).mine(12).await;
    let messages = reader.until_head(15).await;
    assert_eq!(crate::stream::names(&messages), ["announcement", "head"]);
    assert_eq!(messages[0].data["state"], "cancelled");
    assert!(messages[0].id.starts_with("15-0-"), "{}", messages[0].id);
    let mut again = crate::stream::Reader::open(&fixture, "?topics=head,announcement,stake", Some(&last)).await;
    let messages = again.until_head(15).await;
    assert_eq!(crate::stream::names(&messages), ["stake", "announcement", "announcement", "head"]);
    assert_eq!(messages.iter().map(|message| message.id[..5].to_owned()).collect::<Vec<_>>()[..3], ["14-0-", "14-1-", "15-0-"]);
}

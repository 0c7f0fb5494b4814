//! Live changes: what comes, in which order, and what a client that was away gets.

use std::{collections::VecDeque, io::Write, time::Duration};

use flate2::write::GzDecoder;
use linkpool_db::{
    fleet::{Phase, ProofMode, ScaleRequest},
    ingest::Repair,
};
use linkpool_primitives::checksum;
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    chain_fixture::{hash, link, node, staker},
    fixture::{Fixture, WAIT_TIMEOUT, answer},
};

/// Shorter than the fifteen seconds after which a stream says by itself that it is there.
const STOP_TIMEOUT: Duration = Duration::from_secs(12);

/// One message of the stream.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    pub event: String,
    pub id: String,
    pub data: Value,
}

/// Reads a stream message by message; comments and `retry` are kept as text.
pub struct Reader {
    response: Response,
    text: String,
    ready: VecDeque<Message>,
    preamble: String,
    /// The newest id, also of a message without data, as a browser keeps it.
    pub last_id: String,
}

impl Reader {
    pub async fn open(fixture: &Fixture, query: &str, last: Option<&str>) -> Self {
        let headers: Vec<(&'static str, &str)> = last.map(|id| ("last-event-id", id)).into_iter().collect();
        let response = fixture.send(&format!("/api/v1/stream{query}"), &headers).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new(), ready: VecDeque::new(), preamble: String::new(), last_id: String::new() }
    }

    async fn next(&mut self) -> Message {
        tokio::time::timeout(WAIT_TIMEOUT, async {
            loop {
                if let Some(message) = self.ready.pop_front() {
                    return message;
                }
                self.receive().await;
            }
        })
        .await
        .expect("a message in time")
    }

    async fn receive(&mut self) {
        let chunk = self.response.chunk().await.unwrap().expect("the stream has ended");
        self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        while let Some((block, rest)) = self.text.split_once("\n\n") {
            let (block, rest) = (block.to_owned(), rest.to_owned());
            self.read(&block);
            self.text = rest;
        }
    }

    fn read(&mut self, block: &str) {
        let mut message = Message::default();
        for line in block.lines() {
            match line.split_once(": ") {
                Some(("event", value)) => message.event = value.into(),
                Some(("id", value)) => message.id = value.into(),
                Some(("data", value)) => message.data = serde_json::from_str(value).unwrap(),
                _ => self.preamble.push_str(&format!("{line}\n")),
            }
        }
        if !message.id.is_empty() {
            self.last_id = message.id.clone();
        }
        if !message.event.is_empty() {
            self.ready.push_back(message);
        }
    }

    /// The next messages up to and including the `head` of a block.
    pub async fn until_head(&mut self, block: u64) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            let message = self.next().await;
            let is_last = message.event == "head" && message.data["block_number"] == block;
            messages.push(message);
            if is_last {
                return messages;
            }
        }
    }
}

pub fn names(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.event.as_str()).collect()
}

fn prefix(number: u64, branch: u32) -> String {
    hash(number, branch).to_string()[2..10].to_owned()
}

#[tokio::test]
async fn a_client_gets_the_present_and_then_every_change_with_its_id() {
    let mut fixture = Fixture::start().await;
    let mut reader = Reader::open(&fixture, "", None).await;
    assert_eq!(names(&reader.until_head(11).await), ["head"]);
    assert!(reader.preamble.contains("retry: 2000") || reader.preamble.contains("retry:2000"), "{}", reader.preamble);

    fixture.chain.register(node(1)).stake(node(1), staker(1), link(5)).reward(node(1), link(1)).mine(12).await;
    let messages = reader.until_head(12).await;
    assert_eq!(names(&messages), ["node", "stake", "reward", "head"]);
    assert_eq!(messages[0].data, json!({ "type": "NodeRegistered", "address": checksum(&node(1)), "block_number": 12 }));
    assert_eq!(messages[1].id, format!("12-1-{}", prefix(12, 0)));
    assert_eq!(messages[1].data, fixture.get("/api/v1/events?type=Staked").await.body["data"][0]);
    assert_eq!(messages[3].data["block_hash"].as_str().unwrap()[2..10], prefix(12, 0));
}

#[tokio::test]
async fn a_client_gets_only_the_topics_it_asked_for() {
    let mut fixture = Fixture::start().await;
    let mut reader = Reader::open(&fixture, "?topics=head,stake", None).await;
    reader.until_head(11).await;
    fixture.chain.register(node(1)).stake(node(1), staker(1), link(5)).mine(12).await;
    assert_eq!(names(&reader.until_head(12).await), ["stake", "head"]);
    let last = format!("12-0-{}", prefix(12, 0));
    fixture.chain.reward(node(1), link(1)).mine(12).await;
    let mut again = Reader::open(&fixture, "?topics=head,reward", Some(&last)).await;
    assert_eq!(names(&again.until_head(13).await), ["reward", "head"], "also of what it missed");
}

#[tokio::test]
async fn who_takes_gzip_is_told_the_same_letter_by_letter() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).stake(node(1), staker(1), link(5)).mine(12).await;
    let last = format!("12-0-{}", prefix(12, 0));
    let head = u32::MAX >> 1;
    for (query, index) in [("", head), ("?topics=stake,head", head), ("?topics=reward", 1)] {
        let path = format!("/api/v1/stream{query}");
        let mut streams = Vec::new();
        for accept in ["identity", "gzip", "br, gzip"] {
            let headers = [("last-event-id", &*last), ("accept-encoding", accept)];
            let response = fixture.send(&path, &headers).await;
            assert!(response.headers().get_all("vary").iter().any(|name| name == "accept-encoding"));
            assert_eq!(response.headers().get("content-encoding").is_some_and(|coding| coding == "gzip"), accept != "identity");
            streams.push((response, GzDecoder::new(Vec::new()), Vec::new()));
        }
        fixture.chain.stake(node(1), staker(1), link(5)).reward(node(1), link(1)).mine(12).await;
        let block = fixture.chain.at.number;
        let newest = format!("\nid: {block}-{index}-{}\n\n", prefix(block, 0));
        let mut told = Vec::new();
        for (mut response, mut decoder, mut text) in streams {
            let is_gzip = response.headers().contains_key("content-encoding");
            let read = async {
                while !text.ends_with(newest.as_bytes()) {
                    let chunk = response.chunk().await.unwrap().expect("the stream has ended");
                    if is_gzip {
                        decoder.write_all(&chunk).unwrap();
                        decoder.flush().unwrap();
                        text.clone_from(decoder.get_ref());
                    } else {
                        text.extend_from_slice(&chunk);
                    }
                }
                String::from_utf8(text).unwrap()
            };
            told.push(tokio::time::timeout(WAIT_TIMEOUT, read).await.expect("what is told in time"));
        }
        assert_eq!([&told[1], &told[2]], [&told[0]; 2], "{query}");
    }
}

#[tokio::test]
async fn a_client_that_was_away_gets_what_it_missed_and_nothing_twice() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).stake(node(1), staker(1), link(5)).mine(12).await;
    fixture.chain.stake(node(1), staker(2), link(6)).mine(12).await;
    let last = format!("12-0-{}", prefix(12, 0));
    let mut reader = Reader::open(&fixture, "", Some(&last)).await;
    let missed = reader.until_head(13).await;
    let ids: Vec<&str> = missed.iter().map(|message| message.id.as_str()).collect();
    assert_eq!(ids[..2], [format!("12-1-{}", prefix(12, 0)), format!("13-0-{}", prefix(13, 0))]);
    assert_eq!(names(&missed), ["stake", "stake", "head"]);
    let mut again = Reader::open(&fixture, "", Some(ids[2])).await;
    assert_eq!(names(&again.until_head(13).await), ["head"]);
    fixture.chain.stake(node(1), staker(3), link(7)).mine(12).await;
    assert_eq!(names(&again.until_head(14).await), ["stake", "head"]);
}

#[tokio::test]
async fn a_reorganisation_is_told_before_the_new_branch() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    let ancestor = fixture.chain.at;
    let mut reader = Reader::open(&fixture, "", None).await;
    reader.until_head(12).await;
    fixture.chain.stake(node(1), staker(1), link(5)).mine(12).await;
    assert_eq!(names(&reader.until_head(13).await), ["stake", "head"]);
    fixture.chain.stake(node(1), staker(2), link(6)).reorganise(ancestor).await;
    let messages = reader.until_head(13).await;
    assert_eq!(names(&messages), ["reorg", "stake", "head"]);
    assert_eq!(messages[0].data, json!({ "first_invalid_block": 13 }));
    assert_eq!(messages[1].data["staker"], checksum(&staker(2)));
}

#[tokio::test]
async fn a_client_that_slept_through_a_reorganisation_hears_of_it_first() {
    let mut fixture = Fixture::start().await;
    fixture.chain.finalized = 11;
    fixture.chain.register(node(1)).mine(12).await;
    let ancestor = fixture.chain.at;
    fixture.chain.stake(node(1), staker(1), link(5)).mine(12).await;
    let last = format!("13-0-{}", prefix(13, 0));
    fixture.chain.stake(node(1), staker(2), link(6)).reorganise(ancestor).await;
    let mut reader = Reader::open(&fixture, "", Some(&last)).await;
    let messages = reader.until_head(13).await;
    assert_eq!(names(&messages), ["reorg", "stake", "head"]);
    assert_eq!(messages[0].data, json!({ "first_invalid_block": 13 }));
}

/// Blocks without events, all final but the newest, and the ids of the fork that was final first: 14 of branch 0 was replaced.
async fn a_reorganisation_that_became_final() -> Fixture {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    fixture.chain.mine(12).await;
    let ancestor = fixture.chain.at;
    fixture.chain.stake(node(1), staker(1), link(5)).mine(12).await;
    fixture.chain.mine(12).await;
    fixture.chain.stake(node(1), staker(2), link(6)).reorganise(ancestor).await;
    for _ in 0..18 {
        fixture.chain.finalized = fixture.chain.at.number;
        fixture.chain.mine(12).await;
    }
    fixture
}

#[tokio::test]
async fn a_client_that_slept_past_finality_hears_of_the_reorganisation_it_missed() {
    let fixture = a_reorganisation_that_became_final().await;
    // The client saw block 15 of the branch that is gone; no header and no event tells of it any more.
    let end = i32::MAX;
    let mut reader = Reader::open(&fixture, "", Some(&format!("15-{end}-{}", prefix(15, 0)))).await;
    let messages = reader.until_head(32).await;
    assert_eq!(names(&messages), ["reorg", "stake", "head"]);
    assert_eq!(messages[0].data, json!({ "first_invalid_block": 14 }));
    assert_eq!(messages[1].data["staker"], checksum(&staker(2)));
}

#[tokio::test]
async fn a_client_that_slept_past_finality_and_missed_nothing_goes_on_without_alarm() {
    let fixture = a_reorganisation_that_became_final().await;
    let end = i32::MAX;
    // Both hold no event: 13 stood before the fork, 20 after it.
    for (block, branch, missed) in [(13, 0, &["stake", "head"][..]), (20, 1, &["head"])] {
        let mut reader = Reader::open(&fixture, "", Some(&format!("{block}-{end}-{}", prefix(block, branch)))).await;
        assert_eq!(names(&reader.until_head(32).await), missed, "from block {block}");
    }
}

#[tokio::test]
async fn what_is_no_id_is_refused() {
    let fixture = Fixture::start().await;
    let (long, huge) = ("9".repeat(4_000), format!("{}-0-abababab", "9".repeat(30)));
    for last in ["", "12", "x-y-z", "12-0-ABABABAB", "012-0-abababab", "-1-0-abababab", "12-0-abababab-1", &long, &huge] {
        let answer = answer(fixture.send("/api/v1/stream", &[("last-event-id", last)]).await).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (400, "invalid-parameter"), "{last}");
        assert_eq!(answer.body["errors"][0]["field"], "Last-Event-ID", "{last}");
    }
    let twice = fixture.send("/api/v1/stream", &[("last-event-id", "11-0-abababab"), ("last-event-id", "11-0-abababab")]).await;
    assert_eq!(twice.status(), 400);
}

#[tokio::test]
async fn an_id_of_another_chain_is_answered_with_the_word_to_begin_anew() {
    let fixture = a_reorganisation_that_became_final().await;
    for last in ["20-0-abababab", "12-0-abababab", "99999-0-abababab"] {
        let mut reader = Reader::open(&fixture, "", Some(last)).await;
        let messages = reader.until_head(32).await;
        assert_eq!(messages[0].data, json!({ "first_invalid_block": 11 }), "{last}: {messages:?}");
        assert_eq!(messages[1..].iter().filter(|message| message.event == "stake").count(), 1, "{last}: {messages:?}");
    }
}

#[tokio::test]
async fn a_correction_of_final_blocks_is_told_to_those_who_listen_and_to_those_who_come_back() {
    let mut fixture = a_reorganisation_that_became_final().await;
    let mut reader = Reader::open(&fixture, "?topics=head", None).await;
    let last = reader.until_head(32).await.pop().unwrap().id;
    let repair = Repair { blocks: vec![(14, Vec::new())], ..Repair::default() };
    fixture.chain.database.repair(&fixture.chain.at, &repair).await.unwrap();
    let mut again = Reader::open(&fixture, "?topics=head", Some(&last)).await;
    for reader in [&mut reader, &mut again] {
        assert_eq!(reader.next().await.data, json!({ "first_invalid_block": 14 }));
        assert_eq!(names(&reader.until_head(32).await), ["head"]);
    }
    fixture.chain.mine(12).await;
    assert_eq!(names(&reader.until_head(33).await), ["head"], "and it is told once");
}

#[tokio::test]
async fn a_long_absence_ends_with_the_word_to_fetch_everything_again() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    let last = format!("12-0-{}", prefix(12, 0));
    for _ in 0..2_100 {
        fixture.chain.stake(node(1), staker(1), link(1));
    }
    fixture.chain.mine(12).await;
    let mut reader = Reader::open(&fixture, "", Some(&last)).await;
    let messages = reader.until_head(13).await;
    assert_eq!(names(&messages), ["reorg", "head"]);
    assert_eq!(messages[0].data, json!({ "first_invalid_block": 12 }));
}

#[tokio::test]
async fn a_stop_of_the_server_ends_the_stream_at_once() {
    let fixture = Fixture::start().await;
    let mut reader = Reader::open(&fixture, "", None).await;
    reader.until_head(11).await;
    let Fixture { stop, test_database: _test_database, .. } = fixture;
    drop(stop);
    let ended = async { while matches!(reader.response.chunk().await, Ok(Some(_))) {} };
    tokio::time::timeout(STOP_TIMEOUT, ended).await.expect("the stream ends");
}

#[tokio::test]
async fn a_node_on_its_way_is_told_phase_by_phase() {
    let fixture = Fixture::start().await;
    let mut reader = Reader::open(&fixture, "?topics=phase", None).await;
    let request = ScaleRequest {
        idempotency_key: "one".into(),
        actor: "a test".into(),
        count: 1,
        reason: None,
        proof_mode: ProofMode::Signature,
    };
    fixture.chain.database.request_nodes(&request).await.unwrap();
    let asked = reader.next().await;
    assert_eq!((asked.event.as_str(), &asked.data["phase"], &asked.data["wallet"]), ("phase", &json!("requested"), &Value::Null));
    let id = asked.data["node_id"].as_str().unwrap();
    assert!(fixture.chain.database.advance_node(id, &[Phase::Requested], Phase::Provisioning, &json!({})).await.unwrap());
    assert_eq!(reader.next().await.data["phase"], "provisioning");
}

#[tokio::test]
async fn a_client_without_heads_resumes_even_if_it_broke_off_before_its_first_event() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    let mut reader = Reader::open(&fixture, "?topics=stake", None).await;
    let given = async {
        while reader.last_id.is_empty() {
            reader.receive().await
        }
    };
    tokio::time::timeout(WAIT_TIMEOUT, given).await.expect("an id comes");
    assert!(reader.ready.is_empty(), "and no message with it: {:?}", reader.ready);
    let last = std::mem::take(&mut reader.last_id);
    drop(reader);
    fixture.chain.stake(node(1), staker(1), link(5)).mine(12).await;
    let mut reader = Reader::open(&fixture, "?topics=stake", Some(&last)).await;
    assert_eq!(reader.next().await.id, format!("13-0-{}", prefix(13, 0)));
}

#[tokio::test]
async fn what_was_missed_comes_page_by_page_and_each_event_once() {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).mine(12).await;
    let last = format!("12-0-{}", prefix(12, 0));
    for _ in 0..3 {
        for _ in 0..200 {
            fixture.chain.stake(node(1), staker(1), link(1));
        }
        fixture.chain.mine(12).await;
    }
    let mut reader = Reader::open(&fixture, "", Some(&last)).await;
    let messages = reader.until_head(15).await;
    let ids: std::collections::BTreeSet<&str> = messages.iter().map(|message| message.id.as_str()).collect();
    assert_eq!((messages.len(), ids.len()), (601, 601));
}

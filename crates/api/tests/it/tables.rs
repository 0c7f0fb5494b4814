//! What dashboards take: every list as CSV, the log by block and by time, from either end.

use serde_json::Value;

use crate::{
    chain_fixture::{GENESIS, link, node, staker},
    fixture::{Answer, Fixture, answer},
};

/// Every list.
fn lists() -> Vec<String> {
    let (node, staker) = (node(1), staker(1));
    vec![
        "/api/v1/nodes".into(),
        format!("/api/v1/nodes/{node}/stakes"),
        format!("/api/v1/nodes/{node}/events"),
        "/api/v1/stakers".into(),
        format!("/api/v1/stakers/{staker}"),
        "/api/v1/events".into(),
        "/api/v1/history?interval=1h&from=0".into(),
        "/api/v1/pool/announcements".into(),
        format!("/api/v1/nodes/{node}/earnings?from=0"),
    ]
}

/// Block 12: two nodes, 13: two stakers on the first, 14: a third on the second and a reward, an hour apart.
async fn a_pool() -> Fixture {
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).register(node(2)).mine(12).await;
    fixture.chain.stake(node(1), staker(1), link(60)).stake(node(1), staker(2), link(7)).mine(3_600).await;
    fixture.chain.stake(node(2), staker(1), link(5)).reward(node(1), link(3)).mine(3_600).await;
    fixture
}

fn with(path: &str, more: &str) -> String {
    format!("{path}{}{more}", if path.contains('?') { "&" } else { "?" })
}

/// The rows of a list's JSON.
fn rows(answer: &Answer) -> Vec<Value> {
    let data = &answer.body["data"];
    data.as_array().or(data["positions"].as_array()).unwrap().clone()
}

fn lines(answer: &Answer) -> Vec<Vec<String>> {
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present", "{}", answer.body);
    let text = answer.body.as_str().unwrap().strip_suffix("\r\n").unwrap();
    text.split("\r\n").map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// A scalar as a cell shows it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn every_list_is_the_same_as_csv_page_by_page_and_every_figure_has_its_column() {
    let mut fixture = a_pool().await;
    fixture.chain.owned().await;
    fixture.chain.schedule(1, 4).schedule(2, 5).mine(12).await;
    fixture.chain.cancel(1).mine(12).await;
    let worked = crate::work::Worked::begin(&fixture, node(1)).await;
    worked.ask(&mut fixture, 1, 2).mine(12).await;
    worked.ask(&mut fixture, 2, 3).mine(86_400).await;
    for path in lists() {
        let mut next = Some(with(&path, "limit=1&format=csv"));
        let mut json = with(&path, "limit=1");
        let mut pages = 0;
        while let Some(asked) = next {
            let (csv, whole) = (fixture.get(&asked).await, fixture.get(&json).await);
            let (lines, rows) = (lines(&csv), rows(&whole));
            assert_eq!(lines.len(), rows.len() + 1, "{asked}");
            for (line, row) in lines[1..].iter().zip(&rows) {
                assert_eq!(line.len(), lines[0].len());
                let row = row.as_object().unwrap();
                for (name, value) in row.iter().filter(|(_, value)| !value.is_array() && !value.is_object()) {
                    // What only repeats the kind of the list has no column.
                    let is_absent_object =
                        value.is_null() && lines[0].iter().any(|column| column.starts_with(&format!("{name}_")));
                    if is_absent_object
                        || name == "work"
                        || name == "rewards_estimated"
                        || name == "tickets_complete"
                        || name == "detail"
                    {
                        continue;
                    }
                    let column = lines[0].iter().position(|column| column == name).unwrap_or_else(|| panic!("{path}: no {name}"));
                    assert_eq!(line[column], cell(value), "{path} {name}");
                }
            }
            let link = csv.header("link").to_owned();
            next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).map(str::to_owned);
            let cursor = &whole.body["page"]["next"];
            assert_eq!(next.is_some(), cursor.is_string(), "{path}");
            json = with(&path, &format!("limit=1&cursor={}", cursor.as_str().unwrap_or_default()));
            pages += 1;
        }
        assert!(pages > 1, "{path} has one page");
    }
}

#[tokio::test]
async fn the_query_names_the_form_before_the_headers_do() {
    let fixture = a_pool().await;
    for path in lists() {
        for (format, accept, media) in [
            ("format=csv", "application/json", "text/csv"),
            ("format=json", "text/csv", "application/json"),
            ("limit=9", "text/csv", "text/csv"),
            ("limit=9", "text/csv;q=0.4, application/json;q=0.5", "application/json"),
        ] {
            let answer = answer(fixture.send(&with(&path, format), &[("accept", accept)]).await).await;
            assert!(answer.header("content-type").starts_with(media), "{path} {format} {accept}");
            assert!(answer.header("vary").contains("accept"), "{path}");
        }
    }
}

#[tokio::test]
async fn the_log_is_cut_by_block_and_by_time_and_read_from_either_end() {
    let fixture = a_pool().await;
    // Block 11 is 132 s after the beginning, the others 12 s, and twice an hour later.
    let seconds = |block: u64| GENESIS + [132, 144, 3_744, 7_344][block as usize - 11];
    let blocks = async |query: &str| -> Vec<u64> {
        let events = fixture.data(&format!("/api/v1/events?{query}")).await;
        let mut blocks: Vec<u64> =
            events.as_array().unwrap().iter().map(|event| event["block_number"].as_u64().unwrap()).collect();
        blocks.dedup();
        blocks
    };
    assert_eq!(blocks("order=asc").await, [11, 12, 13, 14]);
    assert_eq!(blocks("order=desc").await, blocks("limit=50").await);
    assert_eq!(blocks("from_block=12&to_block=13").await, [13, 12]);
    assert_eq!(blocks("from_block=15").await, [0u64; 0]);
    for (from, to, expected) in [
        (seconds(12), seconds(13), vec![12, 13]),
        (seconds(12) + 1, seconds(14) - 1, vec![13]),
        (seconds(13) + 1, seconds(14) - 1, vec![]),
        (0, seconds(11) - 1, vec![]),
        (seconds(14) + 1, 9_999_999_999, vec![]),
    ] {
        let formatted = |time: u64| linkpool_primitives::rfc3339(time).unwrap();
        for range in [format!("from={from}&to={to}"), format!("from={}&to={}", formatted(from), formatted(to))] {
            assert_eq!(blocks(&format!("order=asc&{range}")).await, expected, "{range}");
        }
    }
    let grafana = format!("order=asc&from={}000&to={}999", seconds(12), seconds(13));
    assert_eq!(blocks(&grafana).await, [12, 13], "Grafana writes milliseconds");
    // Forward, page by page, everything comes once.
    let (mut path, mut seen) = ("/api/v1/events?order=asc&limit=2".to_owned(), Vec::new());
    loop {
        let page = fixture.get(&path).await;
        seen.extend(page.body["data"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()));
        let Some(next) = page.body["page"]["next"].as_str() else { break };
        path = format!("/api/v1/events?order=asc&limit=2&cursor={next}");
    }
    let mut backward: Vec<String> = fixture
        .data("/api/v1/events")
        .await
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect();
    backward.reverse();
    assert_eq!(seen, backward);
}

#[tokio::test]
async fn a_page_of_positions_costs_no_sum_and_stakers_come_once() {
    let fixture = a_pool().await;
    let path = format!("/api/v1/stakers/{}", staker(1));
    let whole = fixture.data(&path).await;
    let first = fixture.get(&format!("{path}?limit=1")).await;
    let next = first.body["page"]["next"].as_str().unwrap();
    let second = fixture.get(&format!("{path}?limit=1&cursor={next}")).await;
    let nodes: Vec<&Value> = [&first, &second].iter().map(|page| &page.body["data"]["positions"][0]["node"]).collect();
    let expected: Vec<&Value> = whole["positions"].as_array().unwrap().iter().map(|position| &position["node"]).collect();
    assert_eq!((nodes, &second.body["page"]["next"]), (expected, &Value::Null));
    for page in [&first, &second] {
        assert_eq!(
            (&page.body["data"]["active_stake_juels"], &page.body["data"]["nodes"]),
            (&whole["active_stake_juels"], &2.into())
        );
    }
    let stakers = fixture.data("/api/v1/stakers").await;
    let listed: Vec<&str> = stakers.as_array().unwrap().iter().map(|staker| staker["address"].as_str().unwrap()).collect();
    assert_eq!(listed, [1, 2].map(|number| linkpool_primitives::checksum(&staker(number))));
    assert_eq!(stakers[0]["stake_juels"], whole["stake_juels"]);
}

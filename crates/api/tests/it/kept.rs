//! An answer is made once a block, however many ask, and never given again once its block is not the newest.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use futures_util::future::join_all;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::{
    chain_fixture::{link, node, staker},
    fixture::Fixture,
};

const CROWD: usize = 40;

fn answers(handle: &PrometheusHandle, how: &str) -> usize {
    let text = handle.render();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("linkpool_api_answers_total{{how=\"{how}\"}} ")));
    line.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn a_crowd_gets_one_answer_and_a_new_block_makes_another() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // Of this thread, on which the server runs, too.
    let _guard = metrics::set_default_local_recorder(&recorder);
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).stake(node(1), staker(1), link(5)).mine(12).await;
    for round in 1..=3 {
        let crowd = join_all((0..CROWD).map(|_| fixture.get("/api/v1/nodes"))).await;
        for answer in &crowd {
            let stake = link(4 + round as u128).to_string();
            assert_eq!(
                (&answer.body["data"][0]["stake_juels"], &answer.body["meta"]["as_of"]["block_number"]),
                (&stake.into(), &(11 + round).into())
            );
            for name in ["etag", "content-type", "cache-control", "vary"] {
                assert_eq!(answer.header(name), crowd[0].header(name), "{name}");
            }
        }
        assert_eq!((answers(&handle, "made"), answers(&handle, "kept")), (round, round * (CROWD - 1)));
        fixture.chain.stake(node(1), staker(1), link(1)).mine(12).await;
    }
}

#[tokio::test]
async fn what_is_kept_compressed_was_compressed_once_and_is_the_same() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let mut fixture = Fixture::start().await;
    fixture.chain.register(node(1)).stake(node(1), staker(1), link(5)).mine(12).await;
    let plain = fixture.send("/api/v1/nodes", &[]).await;
    let (tag, plain) = (plain.headers()["etag"].clone(), plain.bytes().await.unwrap());
    for accept in ["gzip", "br, gzip;q=0.5", "gzip"] {
        let kept = fixture.send("/api/v1/nodes", &[("accept-encoding", accept)]).await;
        let headers = kept.headers().clone();
        assert_eq!(headers["content-encoding"], "gzip", "{accept}");
        assert_eq!(headers["etag"], tag, "{accept}");
        let vary: Vec<_> = headers.get_all("vary").iter().map(|name| name.to_str().unwrap()).collect();
        assert!(vary.contains(&"accept-encoding") && vary.contains(&"accept"), "{vary:?}");
        let mut body = Vec::new();
        MultiGzDecoder::new(&*kept.bytes().await.unwrap()).read_to_end(&mut body).unwrap();
        assert_eq!(body, plain, "{accept}");
    }
    // Whoever takes no gzip is not given what was kept for those who do.
    for accept in ["identity", "gzip;q=0", "br"] {
        let answer = fixture.send("/api/v1/nodes", &[("accept-encoding", accept)]).await;
        assert!(!answer.headers().contains_key("content-encoding"), "{accept}");
        assert_eq!(answer.bytes().await.unwrap(), plain, "{accept}");
    }
    assert_eq!((answers(&handle, "made"), answers(&handle, "kept")), (2, 5));
}

#[tokio::test]
async fn a_refusal_and_each_form_of_an_answer_are_its_own() {
    let fixture = Fixture::start().await;
    for _ in 0..2 {
        assert_eq!(fixture.get(&format!("/api/v1/nodes/{}", node(1))).await.problem(), "not-found");
        let json = fixture.get("/api/v1/nodes").await;
        let csv = fixture.get("/api/v1/nodes?format=csv").await;
        assert!(json.body["data"].is_array() && csv.body.as_str().unwrap().starts_with("address,name,"), "{}", csv.body);
    }
}

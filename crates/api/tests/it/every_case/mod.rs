//! Every documented route in every case that it can have, as a snapshot of what is answered: `tests/snapshots`, one file a route. Which cases there are
//! follows from its parameters. A route that is new has no snapshot, and is red until somebody has looked at its answers and kept them
//! (`INSTA_UPDATE=always cargo test -p linkpool-api --all-features --test it every_case`).

mod route;
mod told;

use std::collections::BTreeMap;

use linkpool_api::{ApiConfig, Limits};
use linkpool_primitives::BlockRef;

use self::{
    route::{KNOWN, PAST, Route, UNKNOWN, with},
    told::told,
};
use crate::{
    chain_fixture::{link, node, staker},
    fixture::{Fixture, answer, database, listen},
    stream::Reader,
    work::Worked,
};

/// What each route says, case by case.
type Told = BTreeMap<String, String>;

const STREAM: &str = "/api/v1/stream";
/// Read by load balancers, without a query.
const PROBES: [&str; 2] = ["/health", "/ready"];

fn config() -> ApiConfig {
    let limits = Limits { requests_per_second: 100_000, burst: 100_000, ..Limits::default() };
    ApiConfig { abi_hash: "0xab".into(), limits, ..ApiConfig::default() }
}

/// Two of each kind, in more than an hour: nodes, stakers on the first, positions of the first staker, announcements, days of work. Blocks to 13 are final.
async fn a_pool() -> (Fixture, BlockRef) {
    let mut fixture = Fixture::with(config()).await;
    fixture.chain.finalized = PAST;
    let (one, two) = (node(KNOWN), node(2));
    fixture.chain.register(one).register(two).mine(12).await;
    fixture.chain.stake(one, staker(KNOWN), link(60_000)).stake(one, staker(2), link(1_000)).mine(12).await;
    fixture.chain.stake(two, staker(KNOWN), link(7)).reward(one, link(1_000)).mine(12).await;
    fixture.chain.owned().await;
    fixture.chain.schedule(1, 4).schedule(2, 5).mine(7_200).await;
    let worked = Worked::begin(&fixture, one).await;
    worked.ask(&mut fixture, 1, 2).mine(12).await;
    worked.ask(&mut fixture, 2, 3).mine(86_400).await;
    let ancestor = fixture.chain.at;
    fixture.chain.unbond(one, staker(KNOWN), 0, link(20_000)).mine(12).await;
    (fixture, ancestor)
}

/// Asks, and keeps what is answered; the status must be the one that such a case has.
async fn ask(fixture: &Fixture, told_so_far: &mut Told, route: &Route, case: &str, path: &str, status: u16) {
    let answer = fixture.get(path).await;
    assert_eq!(answer.status.as_u16(), status, "{case}: {path}: {}", answer.body);
    *told_so_far.entry(route.path.clone()).or_default() += &told(case, path, answer);
}

/// All that is asked of the pool, and then of the one whose newest block was replaced.
async fn of_a_pool(routes: &[Route], all: &mut Told) {
    let (mut fixture, ancestor) = a_pool().await;
    let mut replaced = Vec::new();
    for route in routes.iter().filter(|route| route.path != STREAM) {
        let good = route.of(KNOWN);
        ask(&fixture, all, route, "good", &good, 200).await;
        if route.takes("format") {
            ask(&fixture, all, route, "as CSV", &with(&good, "format=csv"), 200).await;
        }
        if route.takes("at") {
            ask(&fixture, all, route, "as of the past", &with(&good, &format!("at={PAST}")), 200).await;
            ask(&fixture, all, route, "before the contract", &with(&good, "at=10"), 404).await;
            ask(&fixture, all, route, "not indexed yet", &with(&good, "at=99"), 404).await;
        }
        for wrong in route.wrong() {
            let status = if PROBES.contains(&route.path.as_str()) { 200 } else { 400 };
            ask(&fixture, all, route, "bad", &wrong, status).await;
        }
        if route.takes("cursor") {
            let page = with(good.split('?').next().unwrap(), "limit=1");
            let page = if route.takes("interval") { with(&page, "interval=1h") } else { page };
            // Of a list of times a page has the newest, unless somebody says where it begins.
            let page = if route.is_by_time() { with(&page, "from=2026-11-22T11:00:00Z") } else { page };
            let first = fixture.get(&page).await;
            let next = first.body["page"]["next"].as_str().unwrap_or_else(|| panic!("{page} has one page"));
            replaced.push((route, page, next.to_owned()));
        }
    }
    fixture.chain.reorganise(ancestor).await;
    for (route, page, next) in replaced {
        let answer = fixture.get(&with(&page, &format!("cursor={next}"))).await;
        assert_eq!(answer.status.as_u16(), 409, "{page}: {}", answer.body);
        *all.entry(route.path.clone()).or_default() += &told("reorged cursor", &with(&page, "cursor=…"), answer);
    }
}

/// Of a pool in which nothing has happened: what there may be, and what there is not.
async fn of_an_empty_pool(routes: &[Route], all: &mut Told) {
    let fixture = Fixture::with(config()).await;
    for route in routes.iter().filter(|route| route.path != STREAM) {
        let (path, answer) = (route.of(KNOWN), fixture.get(&route.of(KNOWN)).await);
        assert!([200, 404].contains(&answer.status.as_u16()), "{path}: {}", answer.body);
        *all.entry(route.path.clone()).or_default() += &told("empty", &path, answer);
        if route.names_something() {
            let (path, answer) = (route.of(UNKNOWN), fixture.get(&route.of(UNKNOWN)).await);
            assert!([200, 404].contains(&answer.status.as_u16()), "{path}: {}", answer.body);
            *all.entry(route.path.clone()).or_default() += &told("unknown", &path, answer);
        }
    }
}

async fn of_an_empty_database(routes: &[Route], all: &mut Told) {
    let (_test_database, database) = database().await;
    let (base, _stop) = listen(config(), database).await;
    for route in routes {
        let path = route.of(KNOWN);
        let answer = answer(reqwest::get(format!("{base}{path}")).await.unwrap()).await;
        assert_eq!(answer.status.as_u16(), 503, "{path}: {}", answer.body);
        *all.entry(route.path.clone()).or_default() += &told("not ready", &path, answer);
    }
}

/// Messages up to the present instead of a body.
async fn of_the_stream(all: &mut Told) {
    let (mut fixture, ancestor) = a_pool().await;
    let mut text = String::new();
    for (case, path, last) in [("bad", "?topics=~&nonsense=1", None), ("bad", "", Some("~"))] {
        let headers: Vec<(&'static str, &str)> = last.map(|id| ("last-event-id", id)).into_iter().collect();
        let answer = answer(fixture.send(&format!("{STREAM}{path}"), &headers).await).await;
        assert_eq!(answer.status.as_u16(), 400, "{path} {last:?}: {}", answer.body);
        text += &told(case, &format!("{STREAM}{path} {last:?}"), answer);
    }
    let mut told_of = async |fixture: &Fixture, case: &str, last: Option<&str>| {
        let mut reader = Reader::open(fixture, "", last).await;
        let messages = reader.until_head(fixture.chain.at.number).await;
        text += &format!("== {case}\nGET {STREAM} {last:?}\n");
        messages.iter().for_each(|message| text += &format!("{} {}\n{}\n", message.event, message.id, message.data));
        text.push('\n');
        reader.last_id
    };
    let last = told_of(&fixture, "good", None).await;
    fixture.chain.reorganise(ancestor).await;
    fixture.chain.stake(node(2), staker(2), link(5)).mine(12).await;
    told_of(&fixture, "reorged cursor", Some(&last)).await;
    told_of(&Fixture::with(config()).await, "empty", None).await;
    *all.entry(STREAM.to_owned()).or_default() += &text;
}

#[tokio::test]
async fn every_route_answers_in_every_case_as_its_snapshot_says() {
    let (routes, mut all) = (Route::all(), Told::new());
    of_a_pool(&routes, &mut all).await;
    of_an_empty_pool(&routes, &mut all).await;
    of_the_stream(&mut all).await;
    of_an_empty_database(&routes, &mut all).await;
    assert_eq!(all.len(), routes.len());
    for (path, text) in all {
        let name = path.trim_start_matches("/api/v1/").trim_start_matches('/').replace(['/', '{', '}'], "_");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../../snapshots" }, {
            insta::assert_snapshot!(name, text);
        });
    }
}

//! What the API reads for one request is found by an index, however much there is: no statement walks through a large table, nor through
//! most of an index. The server itself counts.

use std::{pin::Pin, time::Duration};

use linkpool_db::{
    Connect, Database, Reader,
    read::{EventFilter, EventPosition, Period, Snapshot},
};
use linkpool_primitives::{Address, B256, EventKind};
use linkpool_testkit::TestDatabase;
use tokio::time::Instant;

use crate::read::followed;

/// Forty thousand positions, and as many events.
const NODES: u32 = 200;
const STAKERS: u32 = 400;
/// On how many nodes each staker is.
const EACH_ON: u32 = 100;
/// The most that one answer may look at: a page of 500 and what belongs to it, and no more than a tenth of what there is.
const MOST_READ: u64 = 4_000;
/// A statement that is kept prepared is planned for its parameters five times, and then for any.
const TIMES: u64 = 8;
const PAGE: u32 = 51;
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

fn node() -> Address {
    address(7)
}

fn staker() -> Address {
    address(100_001)
}

/// As the statements below make them.
fn address(number: u32) -> Address {
    Address::left_padding_from(&number.to_be_bytes())
}

fn events(filter: EventFilter) -> EventFilter {
    EventFilter { limit: PAGE, ..filter }
}

type Asked = for<'a> fn(&'a mut Snapshot) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

macro_rules! asked {
    ($($name:literal: $snapshot:ident => $work:expr;)+) => {
        &[$(($name, |$snapshot| Box::pin(async move { $work.await.map(drop).unwrap() }))),+]
    };
}

const ASKED: &[(&str, Asked)] = asked! {
    "stakers": snapshot => snapshot.stored_stakers(None, PAGE);
    "stakers further on": snapshot => snapshot.stored_stakers(Some(address(100_200)), PAGE);
    "a staker's sums": snapshot => snapshot.stored_staker(&staker());
    "a staker who never staked": snapshot => snapshot.stored_staker(&address(5));
    "a staker's page": snapshot => snapshot.holdings(&staker(), None, PAGE);
    "a staker's next page": snapshot => snapshot.holdings(&staker(), Some((500 * 10u128.pow(18), node())), PAGE);
    "a staker's stakes": snapshot => snapshot.active_stakes(&staker());
    "tickets": snapshot => snapshot.tickets_of(&[(node(), staker()), (address(8), staker())]);
    "a node's stakes": snapshot => snapshot.positions_on_node(&node(), None, PAGE);
    "a node's next stakes": snapshot => snapshot.positions_on_node(&node(), Some((500 * 10u128.pow(18), staker())), PAGE);
    "the pool's days": snapshot => snapshot.history(None, Period::Day, (0, 86_400 * 1_000), 500);
    "the pool's hours": snapshot => snapshot.history(None, Period::Hour, (3_600 * 9_000, 3_600 * 19_000), 500);
    "a node's hours": snapshot => snapshot.history(Some(&node()), Period::Hour, (3_600 * 100, 3_600 * 600), 500);
    "a node's days": snapshot => snapshot.history(Some(&node()), Period::Day, (0, 86_400 * 1_000), 500);
    "the nodes' caps": snapshot => snapshot.capacity(None);
    "a node's caps": snapshot => snapshot.capacity(Some(&node()));
    "the counts": snapshot => snapshot.pool_statistics();
    "events": snapshot => snapshot.events(&events(EventFilter::default()));
    "events, oldest first": snapshot => snapshot.events(&events(EventFilter { oldest_first: true, ..EventFilter::default() }));
    "events further on": snapshot => snapshot.events(&events(EventFilter { seen: Some(EventPosition::end_of(400)), ..EventFilter::default() }));
    "events of a kind": snapshot => snapshot.events(&events(EventFilter { kind: Some(EventKind::RewardClaimed), ..EventFilter::default() }));
    "events of a kind that never was": snapshot => snapshot.events(&events(EventFilter { kind: Some(EventKind::NodeRetired), ..EventFilter::default() }));
    "events of a node": snapshot => snapshot.events(&events(EventFilter { node: Some(node()), ..EventFilter::default() }));
    "events of a staker": snapshot => snapshot.events(&events(EventFilter { staker: Some(staker()), ..EventFilter::default() }));
    "a staker's events on a node": snapshot => snapshot.events(&events(EventFilter { staker: Some(staker()), node: Some(node()), ..EventFilter::default() }));
    "events of some blocks": snapshot => snapshot.events(&events(EventFilter { from_block: Some(500), to_block: Some(510), ..EventFilter::default() }));
    "events of a time": snapshot => snapshot.events(&events(EventFilter { from: Some(9_000), to: Some(9_100), ..EventFilter::default() }));
    "a transaction": snapshot => snapshot.events_of_transaction(&B256::repeat_byte(3));
    "what a stream missed": snapshot => snapshot.events_after(EventPosition::end_of(700), 200);
    "how much a stream missed": snapshot => snapshot.count_events_after(EventPosition::end_of(20), 2_001);
    "whether a block stands": snapshot => snapshot.is_part_of_chain(500, &[1, 2, 3, 4, 5, 6, 7, 8]);
};

struct Fixture {
    test_database: TestDatabase,
    database: Database,
}

impl Fixture {
    async fn fill() -> Self {
        let (test_database, database) = followed().await;
        let fixture = Self { test_database, database };
        for statement in filling() {
            fixture.sql(&statement);
        }
        fixture
    }

    fn sql(&self, text: &str) -> Vec<String> {
        self.test_database.server().run(self.test_database.name(), text).unwrap()
    }

    fn number(&self, text: &str) -> u64 {
        self.sql(text)[0].trim().parse().unwrap()
    }

    /// Rows that were walked through, and entries of indexes that were read, of the large tables.
    fn counts(&self) -> (u64, u64) {
        let of_large = "relname in ('event', 'position', 'ticket', 'statistic', 'staker', 'node_history', 'pool_history')";
        let walked = self.number(&format!("select sum(seq_tup_read) from pg_stat_user_tables where {of_large}"));
        (walked, self.number(&format!("select sum(idx_tup_read) from pg_stat_user_indexes where {of_large}")))
    }

    /// The server counts when a session ends.
    async fn until_counted(&self) {
        let sessions = "select count(*) from pg_stat_activity where application_name like 'linkpool counted%'";
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while self.number(sessions) > 0 {
            assert!(Instant::now() < deadline, "its sessions do not end");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// What `asked` reads, once, with a transaction or without.
    async fn read(&self, asked: Asked, stands: bool) -> (u64, u64) {
        let before = self.counts();
        let reader = Reader::connect(&Connect::new(self.test_database.url()).role("counted")).await.unwrap();
        let cursor = self.database.cursor().await.unwrap().unwrap();
        for _ in 0..TIMES {
            let mut snapshot = if stands { reader.standing_at(&cursor) } else { reader.snapshot().await.unwrap().unwrap() };
            asked(&mut snapshot).await;
        }
        reader.close().await;
        self.until_counted().await;
        let after = self.counts();
        (after.0 - before.0, (after.1 - before.1) / TIMES)
    }
}

fn filling() -> Vec<String> {
    let address = |number: &str| format!("decode(lpad(to_hex({number}), 40, '0'), 'hex')");
    let hash = |number: &str| format!("sha256(int8send({number}))");
    let (of_node, of_staker) = (address("(s + 2 * k) % 200 + 1"), address("100000 + s"));
    // One row for each position, in the order of its event.
    let rows = format!(
        "(select s, k, r, 11 + r / 50 as block, {of_node} as node, {of_staker} as staker
            from (select s, k, (k * {STAKERS} + s)::bigint as r from generate_series(1, {STAKERS}) s, generate_series(0, {EACH_ON} - 1) k) numbered) rows"
    );
    let link = "10::numeric ^ 18";
    let last = 11 + STAKERS * EACH_ON / 50;
    let (block, none) = (hash("block"), hash("0"));
    vec![
        format!(
            "insert into node select {}, i, 1, 1, 1, 100000, 0, 0, 50000 * {link}, 50000 * {link}, 40000 * {link}, 0, 0, 0, 0, 0, 0, 0, 0, 11, {none}
               from generate_series(1, {NODES}) i",
            address("i")
        ),
        format!("insert into position select node, staker, (1 + s * k % 1000) * {link}, -1, 11, {none} from {rows}"),
        format!("insert into ticket select node, staker, 0, {link}, 9000, 11, {none} from {rows} where k < 10"),
        "insert into staker select staker, count(*) from position group by 1".to_owned(),
        format!(
            "insert into event (block_number, log_index, block_hash, block_time, transaction_hash, kind, node, staker, amount, total_shares, assets, cap_link)
             select block, r % 50, {block}, 1000 + 12 * block, {}, case r % 2 when 0 then 'Staked' else 'RewardClaimed' end, node, staker, {link},
                    case r % 2 when 0 then 50000 * {link} end, case r % 2 when 0 then 50000 * {link} end, case r % 1000 when 0 then 100000 end
               from {rows}",
            hash("r")
        ),
        format!("insert into statistic select block, r % 50, node, 500, 0, {STAKERS}, 0 from {rows}"),
        format!(
            "insert into node_history select {}, 3600, 3600 * h, 0, 0, 0, 0, 0, 11, {none} from generate_series(1, {NODES}) i, generate_series(0, 499) h",
            address("i")
        ),
        format!(
            "insert into pool_history select 3600, 3600 * h, 0, 0, 0, least({last}, 11 + 300 * h), {none} from generate_series(0, 19999) h
             union all select 86400, 86400 * d, 0, 0, 0, least({last}, 11 + 7200 * d), {none} from generate_series(0, 832) d"
        ),
        format!(
            "update cursor set block_number = {last}, block_hash = {}, block_time = 1000 + 12 * {last}, head_block = {last}",
            hash(&last.to_string())
        ),
        "select build_indexes()".to_owned(),
        "vacuum analyze".to_owned(),
    ]
}

#[tokio::test]
async fn whatever_is_asked_of_a_large_pool_is_found_by_an_index() {
    let fixture = Fixture::fill().await;
    let walk: Asked = |snapshot| Box::pin(async move { snapshot.count_events(0, u64::from(u32::MAX)).await.map(drop).unwrap() });
    let (walked, read) = fixture.read(walk, true).await;
    assert!(walked + read > u64::from(STAKERS * EACH_ON) / 2, "it is seen where all is counted: {walked} {read}");
    let mut bad = Vec::new();
    for (name, asked) in ASKED {
        for stands in [true, false] {
            let (walked, read) = fixture.read(*asked, stands).await;
            if walked > 0 || read > MOST_READ {
                bad.push(format!(
                    "{name} (without a transaction: {stands}) walks through {walked} rows and reads {read} entries"
                ));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

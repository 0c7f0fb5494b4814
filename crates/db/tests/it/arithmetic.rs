//! The contract's arithmetic in SQL gives what it gives in Rust, to the juel.

use linkpool_accounting as accounting;
use linkpool_testkit::TestDatabase;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use sqlx::{Connection, PgConnection, Row};

const CASES: usize = 400;

/// A node's stream and shares, a position, and a time.
#[derive(Debug, Clone, Copy)]
struct Case {
    stream: accounting::Stream,
    active: u128,
    total: u128,
    assets: u128,
    shares: u128,
    debt: i128,
    at: u64,
}

fn case() -> impl Strategy<Value = Case> {
    let amount = || prop_oneof![Just(0u128), 0u128..5, 0u128..1 << 90];
    let stream = (0u128..1 << 90, amount(), 0u64..2_000, 0u64..1_000);
    (stream, amount(), amount(), amount(), amount(), -(1i128 << 90)..1 << 90, 0u64..3_000).prop_map(
        |((acc_per_share, unvested, vest_end, last_update), active, total, assets, shares, debt, at)| {
            let stream = accounting::Stream { acc_per_share, unvested, vest_end: vest_end.max(last_update), last_update };
            Case { stream, active, total: total.max(shares), assets, shares, debt, at }
        },
    )
}

#[tokio::test]
async fn sql_and_rust_agree_on_what_shares_are_worth_what_vested_and_what_can_be_claimed() {
    let test_database = TestDatabase::create().await.unwrap();
    let database = linkpool_db::Database::connect(&linkpool_db::Connect::new(test_database.url()).patient()).await.unwrap();
    database.migrate().await.unwrap();
    let mut connection = PgConnection::connect(test_database.url()).await.unwrap();
    let mut runner = TestRunner::deterministic();
    let cases = case();
    for _ in 0..CASES {
        let case = cases.new_tree(&mut runner).unwrap().current();
        let Case { stream, active, total, assets, shares, debt, at } = case;
        let accrued =
            format!("{}, {}, {}, {}, {active}, {at}", stream.acc_per_share, stream.unvested, stream.vest_end, stream.last_update);
        let statement = format!(
            "select coalesce(shares_value({shares}, {total}, {assets}), 0)::text, unvested_at({accrued})::text, claimable_at({shares}, {debt}, {accrued})::text"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(statement)).fetch_one(&mut connection).await.unwrap();
        let then = stream.accrued_to(active, at);
        let expected = [
            accounting::paid_down(shares, total, assets),
            then.unvested,
            accounting::claimable(shares, debt, then.acc_per_share),
        ];
        let found: Vec<u128> = (0..3).map(|index| row.get::<String, _>(index).parse().unwrap()).collect();
        assert_eq!(found, expected, "{case:?}");
    }
}

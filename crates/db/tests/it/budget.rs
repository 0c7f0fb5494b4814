//! What a day's fees may come to: a sum of the operator's own, or what a day's work takes.

use linkpool_db::{
    Database,
    tx::{Assignment, FeesPerDay, Limits, NewTransactionRequest, Reserve, TransactionKind},
};
use linkpool_primitives::Address;
use linkpool_testkit::TestDatabase;

use crate::registration::{ACCOUNT, with_account};

const GWEI: u128 = 1_000_000_000;

struct Fixture {
    database: Database,
    test_database: TestDatabase,
}

impl Fixture {
    async fn open() -> Self {
        let (test_database, database) = with_account().await;
        Self { database, test_database }
    }

    /// As if so many of a kind had been mined today, each with this gas limit and first offer, of which all was counted.
    fn sent(&self, kind: &str, times: u32, gas: u64, gwei: u128) {
        let sql = format!(
            "with asked as (
                 insert into transaction_request (idempotency_key, chain_id, signer, kind, recipient, value, data, state)
                 select '{kind}/' || number, chain_id, address, '{kind}', address, 0, '', 'done'
                   from signer, generate_series(1, {times}) number returning transaction_request_id, chain_id, signer),
             reserved as (
                 insert into nonce_reservation (chain_id, signer, nonce, transaction_request_id, gas_limit, state, cost)
                 select chain_id, signer, transaction_request_id, transaction_request_id, {gas}, 'final', {gas} * {fee} from asked
                 returning chain_id, signer, nonce, gas_limit)
             insert into attempt (hash, chain_id, signer, nonce, attempt_number, raw, gas_limit, max_fee, tip, since_block)
             select sha256(convert_to(nonce::text, 'UTF8')), chain_id, signer, nonce, 0, '', gas_limit, {fee}, 1, 1 from reserved",
            fee = gwei * GWEI
        );
        self.test_database.server().run(self.test_database.name(), &sql).unwrap();
    }

    /// What becomes of one more.
    async fn one_more(&self, kind: TransactionKind, gas_limit: u64, gwei: u128, limits: &Limits) -> Result<(), String> {
        let call = NewTransactionRequest::call(kind, Address::repeat_byte(9), vec![1]);
        self.database.submit_request(&ACCOUNT, "one more", &call).await.unwrap();
        let request = self.database.queued_requests(&ACCOUNT, None, 10).await.unwrap().remove(0);
        let cost_wei = gwei * GWEI * u128::from(gas_limit);
        match self.database.reserve_nonce(&ACCOUNT, Reserve { request: &request, gas_limit, cost_wei, limits }).await.unwrap() {
            Assignment::Nonce(_) => Ok(()),
            Assignment::Limited(limited) => Err(limited.reason),
            other => panic!("{other:?}"),
        }
    }
}

/// Fifty nodes a day and no faster bound.
fn limits() -> Limits {
    Limits { registrations_per_hour: 1_000, ..Limits::default() }
}

#[tokio::test]
async fn after_an_upgrade_and_at_thirty_gwei_a_day_has_room_for_every_registration_that_it_allows() {
    let fixture = Fixture::open().await;
    // Twice the base fee is offered; the gas is that of a registration and of a payment to a new wallet after the upgrade.
    fixture.sent("fund", 50, 265_000, 61);
    fixture.sent("register", 49, 480_000, 61);
    assert_eq!(fixture.one_more(TransactionKind::Register, 480_000, 61, &limits()).await, Ok(()));
}

#[tokio::test]
async fn a_day_that_was_dear_leaves_room_when_gas_is_cheap_again() {
    let fixture = Fixture::open().await;
    fixture.sent("register", 49, 480_000, 400);
    assert_eq!(fixture.one_more(TransactionKind::Register, 480_000, 2, &limits()).await, Ok(()));
}

#[tokio::test]
async fn work_that_never_ends_is_stopped_by_the_budget_of_a_day() {
    let fixture = Fixture::open().await;
    fixture.sent("report", 50, 80_000, 100);
    let refused = fixture.one_more(TransactionKind::Report, 80_000, 100, &limits()).await.unwrap_err();
    assert!(refused.contains("the fee budget of 24 hours") && refused.contains("transactions.fees_daily_cap_eth"), "{refused}");
    // Work of before does not count for ever.
    fixture
        .test_database
        .server()
        .run(fixture.test_database.name(), "update nonce_reservation set reserved_at = now() - interval '25 hours'")
        .unwrap();
    assert_eq!(fixture.one_more(TransactionKind::Report, 80_000, 100, &limits()).await, Ok(()));
}

#[tokio::test]
async fn replacements_make_no_day_dearer() {
    let fixture = Fixture::open().await;
    fixture.sent("report", 50, 80_000, 100);
    let bumped = "insert into attempt (hash, chain_id, signer, nonce, attempt_number, raw, gas_limit, max_fee, tip, since_block)
        select sha256(convert_to('bump', 'UTF8')), chain_id, signer, nonce, 1, '', gas_limit, 4 * max_fee, 1, 1 from attempt limit 1";
    fixture.test_database.server().run(fixture.test_database.name(), bumped).unwrap();
    assert!(fixture.one_more(TransactionKind::Report, 80_000, 100, &limits()).await.is_err());
}

#[tokio::test]
async fn a_sum_of_the_operators_own_holds_whatever_the_work_takes() {
    let fixture = Fixture::open().await;
    fixture.sent("register", 10, 480_000, 61);
    let own = Limits { fees_per_day: FeesPerDay::Most(11 * 480_000 * 61 * GWEI - 1), ..limits() };
    assert!(fixture.one_more(TransactionKind::Register, 480_000, 61, &own).await.is_err());
    assert_eq!(fixture.one_more(TransactionKind::Register, 480_000, 61, &limits()).await, Ok(()));
}

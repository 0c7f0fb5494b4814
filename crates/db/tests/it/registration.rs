//! A node's registration is one transaction, also where a reorg takes it out of the chain and brings it back; what else is sent for
//! a node, and within which bounds.

use std::time::Duration;

use linkpool_db::{
    Connect, Database,
    fleet::{
        Consent, Funded, FundingBounds, FundingPerDay, NodeAction, OperatorRequest, OperatorRequestOutcome, Phase, ProofMode,
        ScaleOutcome, ScaleRequest,
    },
    tx::{
        Account, AddAttempt, Added, Assignment, Attempt, FeesPerDay, Limits, NewTransactionRequest, NonceReservation, Receipt,
        RequestState, Reserve, TransactionFilter, TransactionKind,
    },
};
use linkpool_primitives::{Address, B256};
use linkpool_testkit::TestDatabase;
use serde_json::json;

pub const ACCOUNT: Account = Account { chain_id: 1, address: Address::repeat_byte(7) };
const WALLET: Address = Address::repeat_byte(3);

/// A database that knows the account.
pub async fn with_account() -> (TestDatabase, Database) {
    let test_database = TestDatabase::create().await.unwrap();
    let database = Database::connect(&Connect::new(test_database.url()).patient()).await.unwrap();
    database.migrate().await.unwrap();
    database.signer_nonce(&ACCOUNT, 0).await.unwrap();
    (test_database, database)
}

struct Fixture {
    database: Database,
    node: String,
    test_database: TestDatabase,
}

impl Fixture {
    /// A node whose wallet has consented; its registration is queued.
    async fn open() -> Self {
        let (test_database, database) = with_account().await;
        let request = ScaleRequest {
            idempotency_key: "one".into(),
            actor: "a test".into(),
            count: 1,
            reason: None,
            proof_mode: ProofMode::Signature,
        };
        let ScaleOutcome::Accepted(operation) = database.request_nodes(&request).await.unwrap() else { panic!("refused") };
        let node = operation.nodes[0].id.clone();
        database.advance_node(&node, &[Phase::Requested], Phase::Healthy, &json!({})).await.unwrap();
        database.node_wallet(&node, &WALLET, Phase::WalletKnown).await.unwrap();
        let fixture = Self { database, node, test_database };
        fixture.consent().await;
        fixture
    }

    async fn consent(&self) {
        let requests = vec![NewTransactionRequest::call(TransactionKind::Register, Address::repeat_byte(9), vec![1])];
        let funding = FundingBounds { per_day: FundingPerDay::Most(0), wallet_payments_per_day: 0, pause: Duration::ZERO };
        let consent = Consent { signature: None, mode: ProofMode::Api, requests, funding };
        assert!(self.database.node_proven(&ACCOUNT, &self.node, &consent).await.unwrap());
    }

    /// Gives the queued registration the next nonce and signs it.
    async fn send(&self) -> NonceReservation {
        let request = self.database.queued_requests(&ACCOUNT, None, 10).await.unwrap().remove(0);
        let limits = Limits::none();
        let reserve = Reserve { request: &request, gas_limit: 100_000, cost_wei: 1, limits: &limits };
        let Assignment::Nonce(nonce) = self.database.reserve_nonce(&ACCOUNT, reserve).await.unwrap() else { panic!("no nonce") };
        let hash = B256::repeat_byte(nonce as u8 + 1);
        let attempt = Attempt {
            hash,
            number: 0,
            raw: vec![1],
            gas_limit: 100_000,
            max_fee_wei: 1,
            tip_wei: 1,
            cancels: false,
            since_block: 1,
            ..Attempt::default()
        };
        let reservation = self.reservation(nonce).await;
        let add = AddAttempt { reservation: &reservation, attempt: &attempt, limits: &limits, operator_request: None };
        self.database.add_attempt(&ACCOUNT, add).await.unwrap();
        self.reservation(nonce).await
    }

    async fn reservation(&self, nonce: u64) -> NonceReservation {
        let reservations = self.database.open_reservations(&ACCOUNT).await.unwrap();
        reservations.into_iter().find(|reservation| reservation.nonce == nonce).unwrap()
    }

    async fn mine(&self, reservation: &NonceReservation, block_number: u64, branch: u8, succeeded: bool) {
        let receipt = Receipt {
            transaction_hash: reservation.attempts[0].hash,
            block_number,
            block_hash: B256::repeat_byte(branch),
            succeeded,
            gas_used: 50_000,
        };
        self.database.record_mined(&ACCOUNT, reservation, &receipt, "it reverted", Duration::ZERO).await.unwrap();
    }

    async fn reorg(&self, reservation: &NonceReservation) {
        self.database.reopen_reservations(&ACCOUNT, &[reservation.nonce], 20, "a reorg removed the transaction").await.unwrap();
    }

    /// Asks for ten wei for a wallet.
    async fn fund(&self, wallet: Address, bounds: &FundingBounds) -> Funded {
        let request = NewTransactionRequest::ether(TransactionKind::TopUp, wallet, 10, 5);
        self.database.fund_wallet(&ACCOUNT, &self.node, &request, bounds).await.unwrap()
    }

    /// Sends the payment that is queued, has it mined, and final if asked for.
    async fn pay(&self, is_final: bool) {
        let reservation = self.send().await;
        self.mine(&reservation, 10, 1, true).await;
        if is_final {
            self.database.record_final(&ACCOUNT, &reservation).await.unwrap();
        }
    }

    /// Takes the queued registration out of the way.
    async fn without_registration() -> Self {
        let fixture = Self::open().await;
        let request = fixture.database.queued_requests(&ACCOUNT, None, 10).await.unwrap().remove(0);
        assert!(fixture.database.cancel_queued(request.id, "a test").await.unwrap());
        let operator_request =
            OperatorRequest { node_id: &fixture.node, actor: "a test", reason: "it is about payments", dry_run: false };
        assert_eq!(fixture.database.release_node(&operator_request).await.unwrap(), OperatorRequestOutcome::Done);
        fixture
    }

    fn sql(&self, statements: &str) {
        self.test_database.server().run(self.test_database.name(), statements).unwrap();
    }

    async fn phase(&self) -> Phase {
        self.database.fleet_node(&self.node).await.unwrap().unwrap().phase
    }

    /// What became of each registration, oldest first.
    async fn registrations(&self) -> Vec<RequestState> {
        let mut found =
            self.database.transactions(&TransactionFilter { limit: 10, ..TransactionFilter::default() }).await.unwrap();
        found.sort_by_key(|transaction| transaction.id);
        found.into_iter().map(|transaction| transaction.state).collect()
    }
}

#[tokio::test]
async fn a_registration_that_a_reorg_may_have_removed_is_not_followed_by_another() {
    let fixture = Fixture::open().await;
    let reservation = fixture.send().await;
    fixture.mine(&reservation, 10, 1, true).await;
    // The contract of the new branch does not have the node, and nobody has looked for the receipt since.
    fixture.database.node_lost(&fixture.node, 11, "the contract does not have the node any more").await.unwrap();
    assert_eq!((fixture.phase().await, fixture.registrations().await), (Phase::Registering, vec![RequestState::Done]));

    let reservation = fixture.reservation(reservation.nonce).await;
    fixture.reorg(&reservation).await;
    fixture.mine(&fixture.reservation(reservation.nonce).await, 12, 2, true).await;
    fixture.database.record_final(&ACCOUNT, &reservation).await.unwrap();
    assert_eq!(fixture.registrations().await, [RequestState::Done]);
    // Beyond finality nothing brings it back by itself.
    fixture.database.node_lost(&fixture.node, 50, "the finalized state of the contract does not have the node").await.unwrap();
    assert_eq!((fixture.phase().await, fixture.registrations().await), (Phase::WalletKnown, vec![RequestState::Failed]));
}

#[tokio::test]
async fn a_node_whose_registration_reverted_is_given_back_with_the_reason_and_the_time_of_the_next_try() {
    let fixture = Fixture::open().await;
    let reservation = fixture.send().await;
    assert_eq!(fixture.phase().await, Phase::Registering);
    let reverted = Receipt {
        transaction_hash: reservation.attempts[0].hash,
        block_number: 10,
        block_hash: B256::repeat_byte(1),
        succeeded: false,
        gas_used: 50_000,
    };
    let before = fixture.database.clock().await.unwrap();
    let retry_in = Duration::from_secs(3_600);
    fixture.database.record_mined(&ACCOUNT, &reservation, &reverted, "the pool is paused", retry_in).await.unwrap();
    let node = fixture.database.fleet_node(&fixture.node).await.unwrap().unwrap();
    assert_eq!((node.phase, node.last_error.as_deref()), (Phase::WalletKnown, Some("the pool is paused")));
    let retry_at = node.retry_at.expect("a time of the next try");
    assert!((before + retry_in..=fixture.database.clock().await.unwrap() + retry_in).contains(&retry_at), "{retry_at}");
    assert_eq!(fixture.registrations().await, [RequestState::Failed]);
}

#[tokio::test]
async fn a_node_whose_failed_registration_came_back_to_life_can_still_be_registered() {
    let fixture = Fixture::open().await;
    let first = fixture.send().await;
    fixture.mine(&first, 10, 1, false).await;
    fixture.consent().await;
    let second = fixture.send().await;
    // The reorg removes the failure; on the new branch the first succeeds, and the second is refused for it.
    fixture.reorg(&first).await;
    fixture.mine(&fixture.reservation(first.nonce).await, 12, 2, true).await;
    fixture.mine(&second, 12, 2, false).await;
    assert_eq!(fixture.phase().await, Phase::WalletKnown);
    fixture.consent().await;
    let queued = fixture.database.queued_requests(&ACCOUNT, None, 10).await.unwrap();
    assert_eq!(queued.len(), 1, "the node waits for a registration that nobody has queued: {:?}", fixture.registrations().await);
    // The contract says that it has the wallet already.
    fixture.database.request_already_done(&queued[0]).await.unwrap();
    assert_eq!(fixture.phase().await, Phase::Registering);
}

#[tokio::test]
async fn a_registration_that_was_followed_by_a_better_one_does_not_take_its_node_back_when_both_are_seen_again() {
    let fixture = Fixture::open().await;
    let first = fixture.send().await;
    fixture.mine(&first, 10, 1, false).await;
    fixture.consent().await;
    let second = fixture.send().await;
    fixture.mine(&second, 12, 2, true).await;
    assert!(fixture.database.node_opened(&fixture.node, 12).await.unwrap());
    // An endpoint was behind for long, and has caught up: the same receipts.
    fixture
        .database
        .reopen_reservations(&ACCOUNT, &[first.nonce, second.nonce], 9, "the chain has lost the block")
        .await
        .unwrap();
    fixture.mine(&fixture.reservation(first.nonce).await, 10, 1, false).await;
    fixture.mine(&fixture.reservation(second.nonce).await, 12, 2, true).await;
    assert_eq!(fixture.phase().await, Phase::Registering, "{:?}", fixture.registrations().await);
}

#[tokio::test]
async fn a_quarantined_node_is_not_registered_and_can_be_closed() {
    let fixture = Fixture::open().await;
    let zeros = ["0"; 14].join(", ");
    fixture.sql(&format!("insert into node values ('\\x{WALLET:x}', 0, 1, 0, 1, 100000, {zeros}, '\\x{}')", "00".repeat(32)));
    fixture.database.quarantine_node(&fixture.node, "its wallet has changed").await.unwrap();
    let operator_request =
        OperatorRequest { node_id: &fixture.node, actor: "a test", reason: "its wallet has changed", dry_run: false };
    assert_eq!(
        fixture.database.request_action(NodeAction::Close, &operator_request).await.unwrap(),
        OperatorRequestOutcome::Done
    );
    let request = fixture.database.open_node_requests().await.unwrap().remove(0);
    let close = NewTransactionRequest::call(TransactionKind::Close, Address::repeat_byte(9), vec![2]);
    fixture.database.queue_node_request(&ACCOUNT, &request, &close).await.unwrap();
    let queued = fixture.database.queued_requests(&ACCOUNT, None, 10).await.unwrap();
    assert_eq!(queued.iter().map(|request| request.kind).collect::<Vec<_>>(), [TransactionKind::Close]);
}

#[tokio::test]
async fn one_wallet_gets_no_more_payments_within_a_day_than_allowed_and_others_go_on() {
    let fixture = Fixture::without_registration().await;
    let bounds = FundingBounds { per_day: FundingPerDay::Most(1_000), wallet_payments_per_day: 2, pause: Duration::ZERO };
    for _ in 0..2 {
        assert_eq!(fixture.fund(WALLET, &bounds).await, Funded::Queued);
        fixture.pay(true).await;
    }
    assert_eq!(fixture.fund(WALLET, &bounds).await, Funded::TooOften);
    let events = fixture.database.fleet_events(&[(fixture.node.clone(), 0)]).await.unwrap();
    assert!(events.iter().any(|event| event.detail.to_string().contains("2 payments within 24 hours")), "{events:#?}");
    assert_eq!(fixture.fund(Address::repeat_byte(4), &bounds).await, Funded::Queued);
}

#[tokio::test]
async fn what_the_caps_of_a_day_allow_counts_from_the_payment_and_not_from_the_wish() {
    let fixture = Fixture::without_registration().await;
    let bounds = FundingBounds { per_day: FundingPerDay::Most(15), wallet_payments_per_day: 9, pause: Duration::from_secs(300) };
    assert_eq!(fixture.fund(WALLET, &bounds).await, Funded::Queued);
    // Gas was dear for more than a day.
    fixture.sql("update transaction_request set created_at = now() - interval '25 hours'");
    assert_eq!(fixture.fund(Address::repeat_byte(4), &bounds).await, Funded::CapReached);
    fixture.pay(true).await;
    assert_eq!(fixture.fund(WALLET, &bounds).await, Funded::UnderWay, "an endpoint that lags shows the balance before");
    assert_eq!(fixture.fund(Address::repeat_byte(4), &bounds).await, Funded::CapReached);
    fixture.sql("update nonce_reservation set reserved_at = now() - interval '25 hours'");
    assert_eq!(fixture.fund(WALLET, &bounds).await, Funded::Queued);
}

#[tokio::test]
async fn a_payment_that_a_reorg_may_still_move_is_under_way() {
    let fixture = Fixture::without_registration().await;
    let bounds = FundingBounds { per_day: FundingPerDay::Most(1_000), wallet_payments_per_day: 9, pause: Duration::ZERO };
    assert_eq!(fixture.fund(WALLET, &bounds).await, Funded::Queued);
    fixture.pay(false).await;
    assert_eq!(fixture.fund(WALLET, &bounds).await, Funded::UnderWay);
    let reservation = fixture.reservation(0).await;
    fixture.database.record_final(&ACCOUNT, &reservation).await.unwrap();
    assert_eq!(fixture.fund(WALLET, &bounds).await, Funded::Queued);
}

#[tokio::test]
async fn a_first_attempt_may_cost_no_more_than_was_reserved_for_it_unless_the_budget_has_room() {
    let fixture = Fixture::open().await;
    let request = fixture.database.queued_requests(&ACCOUNT, None, 10).await.unwrap().remove(0);
    let limits = Limits { fees_per_day: FeesPerDay::Most(100), ..Limits::none() };
    let reserve = Reserve { request: &request, gas_limit: 10, cost_wei: 50, limits: &limits };
    assert_eq!(fixture.database.reserve_nonce(&ACCOUNT, reserve).await.unwrap(), Assignment::Nonce(0));
    let reservation = fixture.reservation(0).await;
    let offer = async |max_fee_wei, limits| {
        let attempt = Attempt {
            hash: B256::repeat_byte(1),
            number: 0,
            raw: vec![1],
            gas_limit: 10,
            max_fee_wei,
            tip_wei: 1,
            cancels: false,
            since_block: 1,
            ..Attempt::default()
        };
        let add = AddAttempt { reservation: &reservation, attempt: &attempt, limits, operator_request: None };
        fixture.database.add_attempt(&ACCOUNT, add).await.unwrap()
    };
    assert!(matches!(offer(11, &limits).await, Added::OverBudget(_)), "gas has become dearer than the budget");
    // What was reserved stays allowed, also where the limit was lowered since.
    assert_eq!(offer(5, &Limits { fees_per_day: FeesPerDay::Most(1), ..limits }).await, Added::Committed);
}

#[tokio::test]
async fn an_open_nonce_counts_in_the_budget_for_as_long_as_it_is_open() {
    let fixture = Fixture::open().await;
    let reservation = fixture.send().await;
    fixture.sql("update nonce_reservation set cost = 70, reserved_at = now() - interval '25 hours'");
    let spent = async || fixture.database.signer_state(&ACCOUNT).await.unwrap().unwrap().fees_today_wei;
    assert_eq!(spent().await, 70);
    fixture.mine(&reservation, 10, 1, true).await;
    assert_eq!(spent().await, 0);
}

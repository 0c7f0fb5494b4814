//! A node's registration is one transaction, also where a reorg takes it out of the chain and brings it back; what else is sent for
//! a node, and within which bounds.

use std::time::Duration;

use linkpool_db::{
    Connect, Database,
    fleet::{
        Consent, Funded, FundingBounds, FundingPerDay, NodeAction, Phase, ProofMode, ScaleOutcome, ScaleRequest, Wish,
        WishOutcome,
    },
    tx::{
        Account, AddAttempt, Added, Assignment, FeesPerDay, Inclusion, IntentKind, IntentState, Limits, NewAttempt, NewIntent,
        Reserve, Slot, TransactionFilter,
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
    let database = Database::connect(&Connect::new(test_database.url())).await.unwrap();
    database.migrate().await.unwrap();
    database.signer_nonce(&ACCOUNT, 0).await.unwrap();
    (test_database, database)
}

struct Desk {
    database: Database,
    node: String,
    test_database: TestDatabase,
}

impl Desk {
    /// A node whose wallet has consented; its registration is queued.
    async fn open() -> Self {
        let (test_database, database) = with_account().await;
        let request = ScaleRequest { idempotency_key: "one".into(), actor: "a test".into(), count: 1, reason: None };
        let ScaleOutcome::Accepted(operation) = database.request_nodes(&request).await.unwrap() else { panic!("refused") };
        let node = operation.nodes[0].id.clone();
        database.advance_node(&node, &[Phase::Requested], Phase::Healthy, &json!({})).await.unwrap();
        database.node_wallet(&node, &WALLET, Phase::WalletKnown).await.unwrap();
        let desk = Self { database, node, test_database };
        desk.consent().await;
        desk
    }

    async fn consent(&self) {
        let intents = vec![NewIntent::call(IntentKind::Register, Address::repeat_byte(9), vec![1])];
        let funding = FundingBounds { per_day: FundingPerDay::Most(0), wallet_payments_per_day: 0, pause: Duration::ZERO };
        let consent = Consent { signature: None, mode: ProofMode::Api, intents, funding };
        assert!(self.database.node_proven(&ACCOUNT, &self.node, &consent).await.unwrap());
    }

    /// Gives the queued registration the next nonce and signs it.
    async fn send(&self) -> Slot {
        let intent = self.database.queued_intents(&ACCOUNT, None, 10).await.unwrap().remove(0);
        let limits = Limits::none();
        let reserve = Reserve { intent: &intent, gas_limit: 100_000, cost_wei: 1, limits: &limits };
        let Assignment::Nonce(nonce) = self.database.reserve_nonce(&ACCOUNT, reserve).await.unwrap() else { panic!("no nonce") };
        let hash = B256::repeat_byte(nonce as u8 + 1);
        let attempt = NewAttempt {
            hash,
            number: 0,
            raw: vec![1],
            gas_limit: 100_000,
            max_fee_wei: 1,
            tip_wei: 1,
            cancels: false,
            since_block: 1,
        };
        let slot = self.slot(nonce).await;
        let add = AddAttempt { slot: &slot, attempt: &attempt, limits: &limits, request: None };
        self.database.add_attempt(&ACCOUNT, add).await.unwrap();
        self.slot(nonce).await
    }

    async fn slot(&self, nonce: u64) -> Slot {
        let slots = self.database.open_slots(&ACCOUNT).await.unwrap();
        slots.into_iter().find(|slot| slot.nonce == nonce).unwrap()
    }

    async fn mine(&self, slot: &Slot, block_number: u64, branch: u8, succeeded: bool) {
        let inclusion = Inclusion {
            transaction_hash: slot.attempts[0].hash,
            block_number,
            block_hash: B256::repeat_byte(branch),
            succeeded,
            gas_used: 50_000,
        };
        self.database.slot_mined(&ACCOUNT, slot, &inclusion, "it reverted", Duration::ZERO).await.unwrap();
    }

    async fn reorg(&self, slot: &Slot) {
        self.database.reopen_slots(&ACCOUNT, &[slot.nonce], 20, "a reorg removed the transaction").await.unwrap();
    }

    /// Asks for ten wei for a wallet.
    async fn fund(&self, wallet: Address, bounds: &FundingBounds) -> Funded {
        let intent = NewIntent::ether(IntentKind::TopUp, wallet, 10, 5);
        self.database.fund_wallet(&ACCOUNT, &self.node, &intent, bounds).await.unwrap()
    }

    /// Sends the payment that is queued, has it mined, and final if asked for.
    async fn pay(&self, is_final: bool) {
        let slot = self.send().await;
        self.mine(&slot, 10, 1, true).await;
        if is_final {
            self.database.slot_final(&ACCOUNT, &slot).await.unwrap();
        }
    }

    /// Takes the queued registration out of the way.
    async fn without_registration() -> Self {
        let desk = Self::open().await;
        let intent = desk.database.queued_intents(&ACCOUNT, None, 10).await.unwrap().remove(0);
        assert!(desk.database.cancel_queued(intent.id, "a test").await.unwrap());
        let wish = Wish { node_id: &desk.node, actor: "a test", reason: "it is about payments", dry_run: false };
        assert_eq!(desk.database.release_node(&wish).await.unwrap(), WishOutcome::Done);
        desk
    }

    fn sql(&self, statements: &str) {
        self.test_database.server().run(self.test_database.name(), statements).unwrap();
    }

    async fn phase(&self) -> Phase {
        self.database.fleet_node(&self.node).await.unwrap().unwrap().phase
    }

    /// What became of each registration, oldest first.
    async fn registrations(&self) -> Vec<IntentState> {
        let mut found =
            self.database.transactions(&TransactionFilter { limit: 10, ..TransactionFilter::default() }).await.unwrap();
        found.sort_by_key(|transaction| transaction.id);
        found.into_iter().map(|transaction| transaction.state).collect()
    }
}

#[tokio::test]
async fn a_registration_that_a_reorg_may_have_removed_is_not_followed_by_another() {
    let desk = Desk::open().await;
    let slot = desk.send().await;
    desk.mine(&slot, 10, 1, true).await;
    // The contract of the new branch does not have the node, and nobody has looked for the receipt since.
    desk.database.node_lost(&desk.node, 11, "the contract does not have the node any more").await.unwrap();
    assert_eq!((desk.phase().await, desk.registrations().await), (Phase::Registering, vec![IntentState::Done]));

    let slot = desk.slot(slot.nonce).await;
    desk.reorg(&slot).await;
    desk.mine(&desk.slot(slot.nonce).await, 12, 2, true).await;
    desk.database.slot_final(&ACCOUNT, &slot).await.unwrap();
    assert_eq!(desk.registrations().await, [IntentState::Done]);
    // Beyond finality nothing brings it back by itself.
    desk.database.node_lost(&desk.node, 50, "the finalized state of the contract does not have the node").await.unwrap();
    assert_eq!((desk.phase().await, desk.registrations().await), (Phase::WalletKnown, vec![IntentState::Failed]));
}

#[tokio::test]
async fn a_node_whose_failed_registration_came_back_to_life_can_still_be_registered() {
    let desk = Desk::open().await;
    let first = desk.send().await;
    desk.mine(&first, 10, 1, false).await;
    desk.consent().await;
    let second = desk.send().await;
    // The reorg removes the failure; on the new branch the first succeeds, and the second is refused for it.
    desk.reorg(&first).await;
    desk.mine(&desk.slot(first.nonce).await, 12, 2, true).await;
    desk.mine(&second, 12, 2, false).await;
    assert_eq!(desk.phase().await, Phase::WalletKnown);
    desk.consent().await;
    let queued = desk.database.queued_intents(&ACCOUNT, None, 10).await.unwrap();
    assert_eq!(queued.len(), 1, "the node waits for a registration that nobody has queued: {:?}", desk.registrations().await);
    // The contract says that it has the wallet already.
    desk.database.intent_needless(&queued[0]).await.unwrap();
    assert_eq!(desk.phase().await, Phase::Registering);
}

#[tokio::test]
async fn a_registration_that_was_followed_by_a_better_one_does_not_take_its_node_back_when_both_are_seen_again() {
    let desk = Desk::open().await;
    let first = desk.send().await;
    desk.mine(&first, 10, 1, false).await;
    desk.consent().await;
    let second = desk.send().await;
    desk.mine(&second, 12, 2, true).await;
    assert!(desk.database.node_opened(&desk.node, 12).await.unwrap());
    // An endpoint was behind for long, and has caught up: the same receipts.
    desk.database.reopen_slots(&ACCOUNT, &[first.nonce, second.nonce], 9, "the chain has lost the block").await.unwrap();
    desk.mine(&desk.slot(first.nonce).await, 10, 1, false).await;
    desk.mine(&desk.slot(second.nonce).await, 12, 2, true).await;
    assert_eq!(desk.phase().await, Phase::Registering, "{:?}", desk.registrations().await);
}

#[tokio::test]
async fn a_quarantined_node_is_not_registered_and_can_be_closed() {
    let desk = Desk::open().await;
    let zeros = ["0"; 14].join(", ");
    desk.sql(&format!("insert into node values ('\\x{WALLET:x}', 0, 1, 0, 1, 100000, {zeros}, '\\x{}')", "00".repeat(32)));
    desk.database.quarantine_node(&desk.node, "its wallet has changed").await.unwrap();
    let wish = Wish { node_id: &desk.node, actor: "a test", reason: "its wallet has changed", dry_run: false };
    assert_eq!(desk.database.request_action(NodeAction::Close, &wish).await.unwrap(), WishOutcome::Done);
    let request = desk.database.open_node_requests().await.unwrap().remove(0);
    let close = NewIntent::call(IntentKind::Close, Address::repeat_byte(9), vec![2]);
    desk.database.queue_request(&ACCOUNT, &request, &close).await.unwrap();
    let queued = desk.database.queued_intents(&ACCOUNT, None, 10).await.unwrap();
    assert_eq!(queued.iter().map(|intent| intent.kind).collect::<Vec<_>>(), [IntentKind::Close]);
}

#[tokio::test]
async fn one_wallet_gets_no_more_payments_within_a_day_than_allowed_and_others_go_on() {
    let desk = Desk::without_registration().await;
    let bounds = FundingBounds { per_day: FundingPerDay::Most(1_000), wallet_payments_per_day: 2, pause: Duration::ZERO };
    for _ in 0..2 {
        assert_eq!(desk.fund(WALLET, &bounds).await, Funded::Queued);
        desk.pay(true).await;
    }
    assert_eq!(desk.fund(WALLET, &bounds).await, Funded::TooOften);
    let events = desk.database.fleet_events(&[(desk.node.clone(), 0)]).await.unwrap();
    assert!(events.iter().any(|event| event.detail.to_string().contains("2 payments within 24 hours")), "{events:#?}");
    assert_eq!(desk.fund(Address::repeat_byte(4), &bounds).await, Funded::Queued);
}

#[tokio::test]
async fn what_the_caps_of_a_day_allow_counts_from_the_payment_and_not_from_the_wish() {
    let desk = Desk::without_registration().await;
    let bounds = FundingBounds { per_day: FundingPerDay::Most(15), wallet_payments_per_day: 9, pause: Duration::from_secs(300) };
    assert_eq!(desk.fund(WALLET, &bounds).await, Funded::Queued);
    // Gas was dear for more than a day.
    desk.sql("update intent set created_at = now() - interval '25 hours'");
    assert_eq!(desk.fund(Address::repeat_byte(4), &bounds).await, Funded::CapReached);
    desk.pay(true).await;
    assert_eq!(desk.fund(WALLET, &bounds).await, Funded::UnderWay, "an endpoint that lags shows the balance before");
    assert_eq!(desk.fund(Address::repeat_byte(4), &bounds).await, Funded::CapReached);
    desk.sql("update slot set reserved_at = now() - interval '25 hours'");
    assert_eq!(desk.fund(WALLET, &bounds).await, Funded::Queued);
}

#[tokio::test]
async fn a_payment_that_a_reorg_may_still_move_is_under_way() {
    let desk = Desk::without_registration().await;
    let bounds = FundingBounds { per_day: FundingPerDay::Most(1_000), wallet_payments_per_day: 9, pause: Duration::ZERO };
    assert_eq!(desk.fund(WALLET, &bounds).await, Funded::Queued);
    desk.pay(false).await;
    assert_eq!(desk.fund(WALLET, &bounds).await, Funded::UnderWay);
    let slot = desk.slot(0).await;
    desk.database.slot_final(&ACCOUNT, &slot).await.unwrap();
    assert_eq!(desk.fund(WALLET, &bounds).await, Funded::Queued);
}

#[tokio::test]
async fn a_first_attempt_may_cost_no_more_than_was_reserved_for_it_unless_the_budget_has_room() {
    let desk = Desk::open().await;
    let intent = desk.database.queued_intents(&ACCOUNT, None, 10).await.unwrap().remove(0);
    let limits = Limits { fees_per_day: FeesPerDay::Most(100), ..Limits::none() };
    let reserve = Reserve { intent: &intent, gas_limit: 10, cost_wei: 50, limits: &limits };
    assert_eq!(desk.database.reserve_nonce(&ACCOUNT, reserve).await.unwrap(), Assignment::Nonce(0));
    let slot = desk.slot(0).await;
    let offer = async |max_fee_wei, limits| {
        let attempt = NewAttempt {
            hash: B256::repeat_byte(1),
            number: 0,
            raw: vec![1],
            gas_limit: 10,
            max_fee_wei,
            tip_wei: 1,
            cancels: false,
            since_block: 1,
        };
        let add = AddAttempt { slot: &slot, attempt: &attempt, limits, request: None };
        desk.database.add_attempt(&ACCOUNT, add).await.unwrap()
    };
    assert!(matches!(offer(11, &limits).await, Added::OverBudget(_)), "gas has become dearer than the budget");
    // What was reserved stays allowed, also where the limit was lowered since.
    assert_eq!(offer(5, &Limits { fees_per_day: FeesPerDay::Most(1), ..limits }).await, Added::Committed);
}

#[tokio::test]
async fn an_open_nonce_counts_in_the_budget_for_as_long_as_it_is_open() {
    let desk = Desk::open().await;
    let slot = desk.send().await;
    desk.sql("update slot set cost = 70, reserved_at = now() - interval '25 hours'");
    let spent = async || desk.database.signer_state(&ACCOUNT).await.unwrap().unwrap().fees_today_wei;
    assert_eq!(spent().await, 70);
    desk.mine(&slot, 10, 1, true).await;
    assert_eq!(spent().await, 0);
}

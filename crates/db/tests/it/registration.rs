//! A node's registration is one transaction, also where a reorg takes it out of the chain and brings it back.

use std::time::Duration;

use linkpool_db::{
    Connect, Database,
    fleet::{FundingBounds, Phase, ProofMode, ScaleOutcome, ScaleRequest},
    registrar::{
        Account, AddAttempt, Assignment, Consent, Inclusion, IntentKind, IntentState, Limits, NewAttempt, NewIntent, Reserve, Slot,
        TransactionFilter,
    },
};
use linkpool_primitives::{Address, B256};
use linkpool_testkit::TestDatabase;
use serde_json::json;

const ACCOUNT: Account = Account { chain_id: 1, address: Address::repeat_byte(7) };
const WALLET: Address = Address::repeat_byte(3);

struct Desk {
    database: Database,
    node: String,
    _test_database: TestDatabase,
}

impl Desk {
    /// A node whose wallet has consented; its registration is queued.
    async fn open() -> Self {
        let test_database = TestDatabase::create().await.unwrap();
        let database = Database::connect(&Connect::new(test_database.url())).await.unwrap();
        database.migrate().await.unwrap();
        database.signer_nonce(&ACCOUNT, 0).await.unwrap();
        let request = ScaleRequest { idempotency_key: "one".into(), actor: "a test".into(), count: 1, reason: None };
        let ScaleOutcome::Accepted(operation) = database.request_nodes(&request).await.unwrap() else { panic!("refused") };
        let node = operation.nodes[0].id.clone();
        database.advance_node(&node, &[Phase::Requested], Phase::Healthy, &json!({})).await.unwrap();
        database.node_wallet(&node, &WALLET).await.unwrap();
        let desk = Self { database, node, _test_database: test_database };
        desk.consent().await;
        desk
    }

    async fn consent(&self) {
        let intents = vec![NewIntent::call(IntentKind::Register, Address::repeat_byte(9), vec![1])];
        let funding = FundingBounds { daily_cap_wei: 0, pause: Duration::ZERO };
        let consent = Consent { signature: None, mode: ProofMode::Api, intents, funding };
        assert!(self.database.node_proven(&ACCOUNT, &self.node, &consent).await.unwrap());
    }

    /// Gives the queued registration the next nonce and signs it.
    async fn send(&self) -> Slot {
        let intent = self.database.queued_intents(&ACCOUNT, None, 10).await.unwrap().remove(0);
        let limits = Limits::none();
        let reserve = Reserve { intent: &intent, gas_limit: 100_000, cost_wei: 1, limits: &limits, lease: None };
        let Assignment::Nonce(nonce) = self.database.reserve_nonce(&ACCOUNT, reserve).await.unwrap() else { panic!("no nonce") };
        let hash = B256::repeat_byte(nonce as u8 + 1);
        let attempt =
            NewAttempt { hash, number: 0, raw: vec![1], gas_limit: 100_000, max_fee_wei: 1, tip_wei: 1, cancels: false, since_block: 1 };
        let slot = self.slot(nonce).await;
        let add = AddAttempt { slot: &slot, attempt: &attempt, limits: &limits, lease: None, request: None };
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

    async fn phase(&self) -> Phase {
        self.database.fleet_node(&self.node).await.unwrap().unwrap().phase
    }

    /// What became of each registration, oldest first.
    async fn registrations(&self) -> Vec<IntentState> {
        let mut found = self.database.transactions(&TransactionFilter { limit: 10, ..TransactionFilter::default() }).await.unwrap();
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

//! Every write of a role is made by its lease. Once another instance has it, nothing is written, whatever it is.

use std::time::Duration;

use linkpool_db::{
    Database, Error,
    fleet::{
        Consent, Funded, FundingBounds, FundingPerDay, JobProgress, ListedName, NodeRequest, PairHealth, Phase, ProofMode,
        Replica, ReplicaState, ScaleOutcome, ScaleRequest, SecretKind, Source, StepFailure, TransferProof,
    },
    lease::{Leader, Lease},
    tx::{
        Account, AddAttempt, Attempt, Limits, NewTransactionRequest, NonceReservation, Receipt, Reserve, TransactionKind,
        TransactionRequest,
    },
    verification::NewVerification,
};
use linkpool_primitives::{Address, B256, ItemKind, ItemState};
use linkpool_testkit::TestDatabase;
use serde_json::json;

use crate::read::{block, followed};

const LEASE_DURATION: Duration = Duration::from_secs(3);
const ACCOUNT: Account = Account { chain_id: 1, address: Address::repeat_byte(7) };
const OTHER: Account = Account { chain_id: 1, address: Address::repeat_byte(8) };
const WALLET: Address = Address::repeat_byte(3);
const HASH: B256 = B256::repeat_byte(5);

/// The lease as its holder had it, and as another has it now.
async fn handed_over(test_database: &TestDatabase, database: &Database) -> (Lease, Lease) {
    let old = Leader::new(database.clone(), "a role", LEASE_DURATION).hold().await.unwrap().unwrap();
    let expire = "update lease set expires_at = now() - interval '1 second'";
    test_database.server().run(test_database.name(), expire).unwrap();
    let new = Leader::new(database.clone(), "a role", LEASE_DURATION).hold().await.unwrap().unwrap();
    (old, new)
}

/// Everything that stands in the database, a line for each table.
fn everything(test_database: &TestDatabase) -> Vec<String> {
    let ask = |sql: &str| test_database.server().run(test_database.name(), sql).unwrap();
    let tables = ask("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1");
    let content = |table: &String| {
        ask(&format!("select '{table}: ' || coalesce(string_agg(t::text, ';' order by t::text), '') from {table} t"))
    };
    tables.iter().flat_map(content).collect()
}

/// A node, a transaction request and a reservation of it, as far as a write needs them.
struct Subject {
    node: String,
    request: TransactionRequest,
    reservation: NonceReservation,
}

async fn subject(database: &Database) -> Subject {
    database.signer_nonce(&ACCOUNT, 0).await.unwrap();
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
    let payment = NewTransactionRequest::ether(TransactionKind::Fund, WALLET, 1, 1);
    for key in ["one", "two"] {
        database.submit_request(&ACCOUNT, key, &payment).await.unwrap();
    }
    let limits = Limits::none();
    let request = database.queued_requests(&ACCOUNT, None, 1).await.unwrap().remove(0);
    let reserve = Reserve { request: &request, gas_limit: 21_000, cost_wei: 1, limits: &limits };
    database.reserve_nonce(&ACCOUNT, reserve).await.unwrap();
    let reservation = database.open_reservations(&ACCOUNT).await.unwrap().remove(0);
    let add = AddAttempt { reservation: &reservation, attempt: &attempt(0), limits: &limits, operator_request: None };
    database.add_attempt(&ACCOUNT, add).await.unwrap();
    let reservation = database.open_reservations(&ACCOUNT).await.unwrap().remove(0);
    Subject { node, request: database.queued_requests(&ACCOUNT, None, 1).await.unwrap().remove(0), reservation }
}

fn attempt(number: u32) -> Attempt {
    let hash = B256::repeat_byte(5 + number as u8);
    Attempt {
        hash,
        number,
        raw: vec![1],
        gas_limit: 21_000,
        max_fee_wei: 1,
        tip_wei: 1,
        cancels: false,
        since_block: 0,
        ..Attempt::default()
    }
}

fn payment() -> NewTransactionRequest {
    NewTransactionRequest::ether(TransactionKind::Fund, WALLET, 1, 1)
}

/// What the registrar writes about nodes, by name.
async fn about_nodes(database: &Database, node: &str) -> Vec<(&'static str, Result<(), Error>)> {
    let (failure, why) = (StepFailure { node_id: node, phase: Phase::Healthy, error: "x", retry_in: LEASE_DURATION }, "x");
    let proof = TransferProof::new(WALLET, WALLET, 1, 1);
    let bounds = FundingBounds { per_day: FundingPerDay::Most(9), wallet_payments_per_day: 9, pause: Duration::ZERO };
    let consent = Consent { signature: None, mode: ProofMode::Api, requests: vec![payment()], funding: bounds };
    let listed = ListedName { source: Source::Settings, name: "mine".into(), proof_mode: ProofMode::Api };
    let asked = NodeRequest { id: 1, node_id: node.into(), wallet: WALLET, action: linkpool_db::fleet::NodeAction::Close };
    vec![
        ("set_back", database.record_failure(failure).await),
        ("node_wallet", database.node_wallet(node, &WALLET, Phase::WalletKnown).await.map(drop)),
        ("node_proven", database.node_proven(&ACCOUNT, node, &consent).await.map(drop)),
        ("node_opened", database.node_opened(node, 1).await.map(drop)),
        ("node_final", database.node_final(node, 1).await),
        ("node_lost", database.node_lost(node, 1, why).await),
        ("set_node_error", database.set_node_error(node, why).await),
        ("quarantine_node", database.quarantine_node(node, why).await),
        ("fund_wallet", database.fund_wallet(&ACCOUNT, node, &payment(), &bounds).await.map(|_: Funded| ())),
        ("transfer_proof", database.transfer_proof(node, &proof).await.map(drop)),
        ("transfer_asked", database.transfer_asked(node).await),
        ("transfer_refused", database.transfer_refused(node, None, why).await),
        ("want_transfer", database.want_transfer(node).await),
        ("record_waiting", database.record_waiting(failure).await),
        ("transfer_not_below", database.transfer_not_below(node, 7).await),
        ("transfer_found", database.transfer_found(node, &HASH, 7).await),
        ("listed_node", database.listed_node(&listed).await.map(drop)),
        ("record_audit", database.record_audit(&block(11, 1), 1, 1, &[]).await),
        ("queue_request", database.queue_node_request(&ACCOUNT, &asked, &payment()).await),
    ]
}

/// What whoever sends writes.
async fn about_transactions(database: &Database, subject: &Subject) -> Vec<(&'static str, Result<(), Error>)> {
    let (request, reservation, limits, why) = (&subject.request, &subject.reservation, Limits::none(), "x");
    let reserve = Reserve { request, gas_limit: 21_000, cost_wei: 1, limits: &limits };
    let second = attempt(1);
    let add = AddAttempt { reservation, attempt: &second, limits: &limits, operator_request: None };
    let receipt = Receipt { transaction_hash: HASH, block_number: 11, block_hash: HASH, succeeded: true, gas_used: 1 };
    vec![
        ("signer_nonce", database.signer_nonce(&OTHER, 0).await.map(drop)),
        ("set_signer_halted", database.set_signer_halted(&ACCOUNT, Some(why)).await.map(drop)),
        ("reserve_nonce", database.reserve_nonce(&ACCOUNT, reserve).await.map(drop)),
        ("add_attempt", database.add_attempt(&ACCOUNT, add).await.map(drop)),
        ("record_send", database.record_send(&HASH, 1, "accepted").await),
        ("set_reservation_trouble", database.set_reservation_trouble(&ACCOUNT, reservation, Some(why)).await),
        ("record_mined", database.record_mined(&ACCOUNT, reservation, &receipt, why, LEASE_DURATION).await),
        ("record_final", database.record_final(&ACCOUNT, reservation).await),
        ("record_used_elsewhere", database.record_used_elsewhere(&ACCOUNT, reservation).await),
        ("reopen_reservations", database.reopen_reservations(&ACCOUNT, &[0], 1, why).await),
        ("answer_nonce_request", database.answer_nonce_request(1, why).await),
        ("request_already_done", database.request_already_done(request).await),
        ("refuse_request", database.refuse_request(request, why).await),
        ("defer_request", database.defer_request(request, why, LEASE_DURATION).await),
        ("expire_registration", database.expire_registration(request, why).await),
    ]
}

/// What the fleet writes, and the indexer beside its blocks.
async fn about_replicas(database: &Database, node: &str) -> Vec<(&'static str, Result<(), Error>)> {
    let replica = Replica {
        node_id: node.into(),
        generation: 1,
        replica_id: "0".into(),
        state: ReplicaState::Serving,
        base_url: None,
        credentials_file: None,
        admin_credentials_file: None,
        starts: 1,
        detail: None,
        seen_at: chrono::DateTime::UNIX_EPOCH,
        location: None,
    };
    let progress = JobProgress { version: 1, is_complete: true, error: None, detail: json!({}) };
    let found = NewVerification {
        block: block(10, 1),
        is_whole: true,
        endpoint: "main".into(),
        nodes: 1,
        positions: 1,
        tickets: 1,
        events: 1,
        differences: 0,
        first_bad_block: None,
        examples: vec![],
        elapsed: LEASE_DURATION,
    };
    vec![
        ("advance_node", database.advance_node(node, &[Phase::Healthy], Phase::WalletKnown, &json!({})).await.map(drop)),
        ("set_replicas", database.set_replicas(&[replica]).await),
        ("set_health", database.set_health(node, PairHealth::Healthy).await),
        ("record_event", database.record_event(node, "replica", &json!({})).await),
        ("take_transfer", database.take_transfer(node).await.map(drop)),
        ("set_access_error", database.set_access_error(node, Some("x")).await),
        ("note_job_item", database.note_job_item(node, ItemKind::Job, "x", ItemState::Given, &[7; 32]).await),
        ("forget_job_item", database.forget_job_item(node, ItemKind::Job, "x").await),
        ("set_job_progress", database.set_job_progress(node, &progress).await),
        ("keep_secret", database.keep_secret(node, SecretKind::AdminLogin, b"sealed").await.map(drop)),
        ("replace_secret", database.replace_secret(node, SecretKind::AdminLogin, b"sealed", b"other").await.map(drop)),
        ("record_verification", database.record_verification(&found).await),
    ]
}

#[tokio::test]
async fn whatever_a_role_writes_by_an_old_lease_is_refused_and_changes_nothing() {
    let (test_database, database) = followed().await;
    let subject = subject(&database).await;
    let (old, _) = handed_over(&test_database, &database).await;
    let (before, database) = (everything(&test_database), database.under(&old));
    let mut tried = about_nodes(&database, &subject.node).await;
    tried.extend(about_transactions(&database, &subject).await);
    tried.extend(about_replicas(&database, &subject.node).await);
    for (name, outcome) in tried {
        assert!(matches!(outcome, Err(Error::LeaseLost { .. })), "{name}: {outcome:?}");
    }
    assert_eq!(everything(&test_database), before);
}

#[tokio::test]
async fn the_same_by_the_newest_lease_is_written_on_connections_that_may_write() {
    let (test_database, database) = followed().await;
    let subject = subject(&database).await;
    let (_, new) = handed_over(&test_database, &database).await;
    let database = database.under(&new);
    let mut tried = about_replicas(&database, &subject.node).await;
    tried.extend(about_transactions(&database, &subject).await);
    tried.extend(about_nodes(&database, &subject.node).await);
    for (name, outcome) in tried {
        // Some of them contradict each other by now; that is another question than who may write.
        let refused =
            outcome.err().map(|error| error.to_string()).filter(|error| error.contains("read-only") || error.contains("lease"));
        assert_eq!(refused, None, "{name}");
    }
}

//! Which Operators are followed, and which jobs a node has had: both by what was written down here, whatever a chain says.

use linkpool_db::{
    Database,
    fleet::{NodeJob, OperatorRequest, ProofMode, ScaleOutcome, ScaleRequest},
    followed::Fill,
    followed_operators::{MAX_OPERATORS, MAX_OPERATORS_PER_NODE},
};
use linkpool_primitives::{Address, B256, ContractKind};
use linkpool_testkit::TestDatabase;

use crate::read::{batch, block, followed};

const OPERATOR: Address = Address::repeat_byte(0x0e);

/// Two nodes with wallets, on a chain whose block 12 is indexed.
async fn nodes() -> (TestDatabase, Database, [String; 2]) {
    let (test_database, database) = followed().await;
    let [start, one, two] = [10, 11, 12].map(|number| block(number, 1));
    database.append(&start, &batch(start, one, 0, vec![])).await.unwrap();
    database.append(&one, &batch(one, two, 0, vec![])).await.unwrap();
    let request = ScaleRequest {
        idempotency_key: "two".into(),
        actor: "a test".into(),
        count: 2,
        reason: None,
        proof_mode: ProofMode::Signature,
    };
    let ScaleOutcome::Accepted(made) = database.request_nodes(&request).await.unwrap() else { panic!("not accepted") };
    let ids = [made.nodes[0].id.clone(), made.nodes[1].id.clone()];
    for (id, byte) in ids.iter().zip(["01", "02"]) {
        run(&test_database, &format!("update fleet_node set wallet = '\\x{}' where fleet_node_id = '{id}'", byte.repeat(20)));
    }
    (test_database, database, ids)
}

fn run(test_database: &TestDatabase, sql: &str) -> Vec<String> {
    test_database.server().run(test_database.name(), sql).unwrap()
}

async fn name(database: &Database, node_id: &str, contract: Option<Address>) {
    let asked = OperatorRequest { node_id, actor: "a test", reason: "work", dry_run: false };
    database.set_operator_contract(contract.as_ref(), &asked).await.unwrap();
}

/// The Operators that are followed, with their nodes, as text.
fn set(test_database: &TestDatabase) -> Vec<String> {
    run(
        test_database,
        "select encode(substr(contract, 1, 1), 'hex') || ' ' || encode(substr(node, 1, 1), 'hex') from followed_contract where kind = 'operator' order by 1",
    )
}

#[tokio::test]
async fn an_operator_is_followed_from_the_pools_first_block_on_since_it_was_named_and_stays_when_another_is() {
    let (test_database, database, [first, second]) = nodes().await;
    assert!(!database.follow_operators(None).await.unwrap());
    name(&database, &first, Some(OPERATOR)).await;
    assert!(database.follow_operators(None).await.unwrap());
    let followed = database.followed().await.unwrap();
    let [one] = followed.contracts.as_slice() else { panic!("{followed:?}") };
    assert_eq!((one.contract, one.kind, one.fill), (OPERATOR, ContractKind::Operator, Some(Fill { done: 10, end: 12 })));
    assert_eq!(followed.version, 1, "whoever asked for the set of before is refused");
    assert!(!database.follow_operators(None).await.unwrap(), "nothing is new");
    name(&database, &first, None).await;
    name(&database, &first, Some(Address::repeat_byte(0x0f))).await;
    database.follow_operators(None).await.unwrap();
    assert_eq!(set(&test_database), ["0e 01", "0f 01"]);
    // It goes to another node, and with it its record.
    name(&database, &second, Some(OPERATOR)).await;
    database.follow_operators(None).await.unwrap();
    assert_eq!(set(&test_database), ["0e 02", "0f 01"]);
    // A reorg takes no Operator with it.
    let (ancestor, other) = (block(11, 1), block(12, 2));
    let mut batch = batch(ancestor, other, 0, vec![]);
    batch.followed.version = Some(database.followed().await.unwrap().version);
    database.replace(&block(12, 1), &ancestor, &batch).await.unwrap();
    assert_eq!(set(&test_database), ["0e 02", "0f 01"]);
    let fills: Vec<_> = database.followed().await.unwrap().contracts.iter().map(|of| of.fill).collect();
    assert_eq!(fills, [Some(Fill { done: 10, end: 12 }); 2]);
}

#[tokio::test]
async fn a_node_has_so_many_and_neither_the_pool_nor_its_token_nor_an_owner_is_one() {
    let (test_database, database, [first, second]) = nodes().await;
    let most = u8::try_from(MAX_OPERATORS_PER_NODE).unwrap();
    for number in 0..most + 2 {
        name(&database, &first, Some(Address::repeat_byte(0x20 + number))).await;
    }
    database.follow_operators(None).await.unwrap();
    let newest: Vec<String> = (2..most + 2).map(|number| format!("{:02x} 01", 0x20 + number)).collect();
    assert_eq!(set(&test_database), newest);
    run(
        &test_database,
        "insert into followed_contract (contract, kind, joined_block) values (decode(repeat('0e', 20), 'hex'), 'timelock', 11)",
    );
    for contract in [Address::repeat_byte(9), Address::repeat_byte(8), OPERATOR] {
        name(&database, &second, Some(contract)).await;
        assert!(!database.follow_operators(None).await.unwrap(), "{contract}");
    }
}

#[tokio::test]
async fn what_there_is_no_room_for_waits_and_an_owner_always_finds_some() {
    let (test_database, database, [first, second]) = nodes().await;
    let owners = "insert into followed_contract (contract, kind, joined_block)
         select decode(lpad(to_hex(n), 40, '0'), 'hex'), 'timelock', 11 from generate_series(1, 998) n";
    run(&test_database, owners);
    name(&database, &second, Some(OPERATOR)).await;
    name(&database, &first, Some(Address::repeat_byte(0x0d))).await;
    assert!(database.follow_operators(None).await.unwrap());
    assert_eq!(set(&test_database), ["0e 02"], "the one that was named first");
    assert!(!database.follow_operators(None).await.unwrap(), "nobody looks again and again");
    run(&test_database, "delete from followed_contract where kind = 'timelock'");
    assert!(database.follow_operators(None).await.unwrap());
    assert_eq!(set(&test_database), ["0d 01", "0e 02"]);
    // As many nodes as there is no room for, with as many Operators as each may have.
    let many = "insert into fleet_node (fleet_node_id, operation_id, wallet)
             select lpad(n::text, 12, 'f'), (select operation_id from operation limit 1), decode(lpad(to_hex(n), 40, 'f'), 'hex') from generate_series(1, 113) n;
         insert into node_operator (operator, fleet_node_id, reason)
             select decode(lpad(to_hex(n * 8 + m), 40, '0'), 'hex'), lpad(n::text, 12, 'f'), 'named' from generate_series(1, 113) n, generate_series(0, 7) m";
    run(&test_database, many);
    assert!(database.follow_operators(None).await.unwrap());
    assert_eq!(i64::try_from(set(&test_database).len()).unwrap(), MAX_OPERATORS);
    assert!(!database.follow_operators(None).await.unwrap());
}

fn job(name: &str, least_payment: u128) -> NodeJob {
    NodeJob {
        name: name.into(),
        operator: OPERATOR,
        spec_ids: [B256::repeat_byte(1), B256::repeat_byte(2)],
        least_payment,
        requesters: vec![],
    }
}

#[tokio::test]
async fn what_a_node_has_is_kept_with_the_blocks_between_which_it_had_it() {
    let (test_database, database, [first, _]) = nodes().await;
    let kept = || {
        run(
            &test_database,
            "select name || ' ' || least_payment || ' ' || since_block || ' ' || coalesce(until_block::text, 'on') from node_job order by since_block, name",
        )
    };
    let at = |head: u64| drop(run(&test_database, &format!("update cursor set head_block = {head}")));
    at(20);
    database.note_node_jobs(&first, &[job("a", 1), job("b", 1)], &[]).await.unwrap();
    at(30);
    database.note_node_jobs(&first, &[job("a", 1), job("b", 2)], &[]).await.unwrap();
    assert_eq!(kept(), ["a 1 20 on", "b 1 20 30", "b 2 30 on"]);
    at(40);
    // Of what the node refuses to have otherwise it has what it had.
    database.note_node_jobs(&first, &[], &["b".into()]).await.unwrap();
    assert_eq!(kept(), ["a 1 20 40", "b 1 20 30", "b 2 30 on"]);
    // Again in the same block.
    database.note_node_jobs(&first, &[job("a", 5)], &[]).await.unwrap();
    database.note_node_jobs(&first, &[job("a", 6)], &[]).await.unwrap();
    assert_eq!(kept(), ["a 1 20 40", "b 1 20 30", "b 2 30 40", "a 6 40 on"].map(str::to_owned));
    // The contract that a job names is the node's, unless somebody has named it for another.
    assert_eq!(run(&test_database, "select reason from node_operator"), ["spec"]);
    database.follow_operators(None).await.unwrap();
    assert_eq!(set(&test_database), ["0e 01"]);
}

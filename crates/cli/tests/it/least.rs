//! Least privilege: every role and command as a database user that may write what is its own and no more; and everything that
//! only looks on a database that takes no writes.

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use linkpool_contracts::pool::{nodeOfCall, registryCall};
use linkpool_db::{
    fleet::{FleetNode, Phase},
    grants::USERS,
};
use linkpool_primitives::{Address, NodeStatus};
use linkpool_testkit::{
    fixture::{Contracts, register_node},
    until,
};

use crate::{
    fixture::CliFixture,
    program::assert_refused,
    roles::{NODE_PASSWORD, Roles, WAIT_TIMEOUT, get},
    users::Users,
};

/// Runs a command with this database.
fn run(command: &mut Command, database_url: &str) -> (Option<i32>, String) {
    let output = command.env("LINKPOOL_DATABASE_URL", database_url).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn all_roles_work_with_a_user_each_and_what_only_looks_works_on_a_database_that_takes_no_writes() {
    let mut roles = Roles::with_a_user_each().await;
    let operator = roles.address("fleet", "the operator's calls at ").await;
    let as_user = |roles: &Roles, user: &str, line: &str| {
        let url = roles.users.as_ref().unwrap().url(user);
        run(roles.fixture.command(line).env("LINKPOOL__OPERATOR__URL", &operator), url.as_str())
    };
    let (code, said) = as_user(&roles, "linkpool_api", "scale up 1 --wait --timeout 120");
    assert!(code == Some(0) && said.contains("open"), "{said}\n{}", roles.tail("fleet"));
    roles.listed("good", "", &format!("good@node.local\n{NODE_PASSWORD}\n")).await;
    let good = roles.open("good").await;
    let node = roles
        .until_node("the fleet's node open", |node: &FleetNode| node.listed_name.is_none() && node.phase == Phase::Open)
        .await;

    let (code, said) = as_user(&roles, "linkpool_api", &format!("node close {} --reason maintenance", node.id));
    assert_eq!(code, Some(0), "{said}");
    let call = nodeOfCall { node: node.wallet.unwrap() };
    until("closed on chain", WAIT_TIMEOUT, async || {
        roles.fixture.chain.call(roles.contracts.pool, &call).await.unwrap().status == NodeStatus::Closed.code()
    })
    .await;
    roles.fixture.chain.mine(8).await.unwrap();
    roles.until_node("final", |node: &FleetNode| node.id == good.id && node.is_final).await;

    for user in USERS {
        let (_, said) = as_user(&roles, user, "doctor");
        assert!(said.contains(&format!("the database user has every right of {user}")), "{said}");
        assert!(!said.contains("permission denied"), "{said}");
        assert!(said.contains("these roles are connected, of this version: api, fleet, index, registrar"), "{said}");
    }
    let (code, said) = as_user(&roles, "linkpool_api", "verify");
    assert!(code == Some(0) && said.contains("equal") && said.contains("not recorded"), "{said}");
    let (code, said) = as_user(&roles, "linkpool_indexer", "verify");
    assert!(code == Some(0) && !said.contains("not recorded"), "{said}");
    let (code, said) = as_user(&roles, "linkpool_api", "verify --repair");
    assert!(code == Some(3) && said.contains("docs/database-roles.sql"), "{said}");
    let (code, said) = as_user(&roles, "linkpool_reporter", "doctor --role registrar");
    assert!(
        code == Some(3) && said.contains("lacks rights of linkpool_registrar") && said.contains("insert on operation"),
        "{said}"
    );

    only_looking(&mut roles, &operator).await;
}

/// Every session of the database is read-only from now on.
async fn only_looking(roles: &mut Roles, operator: &str) {
    let (server, name) = (roles.fixture.database.server(), roles.fixture.database.name());
    server.run(name, &format!("alter database {name} set default_transaction_read_only = on")).unwrap();
    let url = roles.fixture.database.url().to_owned();
    for (line, says) in [
        ("doctor", "ok    database"),
        ("tx list --all", "register"),
        ("tx show 1", "nonce"),
        ("signer status", "is the next in the database"),
        ("guard status", "report"),
        ("penalty list", ""),
        ("verify", "not recorded"),
        ("verify --sample 10", "not recorded"),
        ("migrate --check", "up to date"),
        ("node list", "good"),
    ] {
        let (code, said) = run(roles.fixture.command(line).env("LINKPOOL__OPERATOR__URL", operator), &url);
        assert!(said.contains(says) && !said.contains("read-only"), "{line}: {said}");
        assert!(code == Some(0) || line == "doctor", "{line}: {said}");
    }
    roles.users = None;
    roles.secret("database-url", &url);
    roles.spawn("another api", "api");
    let api = roles.address("another api", "the page and the API at ").await;
    for path in ["api/v1/status", "api/v1/nodes", "api/v1/pool", "api/v1/events", "health"] {
        until(path, WAIT_TIMEOUT, async || get(&format!("{api}/{path}"), None).await.0 == 200).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_sign_and_the_reporter_need_no_more_than_their_users_have() {
    let (fixture, contracts, accounts) =
        CliFixture::with_pool(|accounts, ours| (accounts.operator, accounts.reporter) = (ours, ours)).await;
    let node = register_node(&fixture.chain, &contracts, &accounts).await.unwrap();
    let users = Users::of(&fixture.database);
    let operator = users.url("linkpool_operator");
    // Killed with its bytes committed, so that there is something to act on.
    let deposit = format!("reward deposit --node {node} --amount 1");
    let mut killed = fixture.command(&deposit);
    let (code, said) = run(killed.env("LINKPOOL_FAILPOINT", "committed"), operator.as_str());
    assert_eq!(code, None, "{said}");
    let key = "--keystore keystore.json --password-file password";
    for line in [format!("tx cancel 1 {key}"), format!("{deposit} --key again"), "tx list --all".to_owned()] {
        let (code, said) = run(&mut fixture.command(&line), operator.as_str());
        assert_eq!(code, Some(0), "{line}: {said}");
    }
    assert_refused(
        &fixture
            .command(&format!("{deposit} --key once-more"))
            .env("LINKPOOL_DATABASE_URL", users.url("linkpool_api").as_str())
            .output()
            .unwrap(),
        3,
        &["permission denied", "docs/database-roles.sql"],
    );

    let settings = "[reporter]\nsize = 19700\nsize_until = \"2096-12-31T00:00:00Z\"\npoll_ms = 50\n";
    fixture.configure(31337, &format!("pool = \"{}\"\n", contracts.pool), settings);
    fixture.chain.advance_time(Duration::from_secs(4 * 86_400)).await.unwrap();
    let mut reporter = fixture
        .command("reporter")
        .env("LINKPOOL_DATABASE_URL", users.url("linkpool_reporter").as_str())
        .stderr(Stdio::from(fs::File::create(fixture.path("reporter.log")).unwrap()))
        .spawn()
        .unwrap();
    let reported = async || fixture.chain.call(contracts.pool, &registryCall {}).await.unwrap().reported == 19_700;
    let log = || fs::read_to_string(fixture.path("reporter.log")).unwrap();
    until("the report", WAIT_TIMEOUT, async || {
        assert!(reporter.try_wait().unwrap().is_none(), "{}", log());
        reported().await
    })
    .await;
    reporter.kill().unwrap();
    reporter.wait().unwrap();
    assert!(!log().contains("permission denied"), "{}", log());
    earnings(&fixture, &contracts, &users, node).await;
}

/// The role looks at a node and keeps what it has seen.
async fn earnings(fixture: &CliFixture, contracts: &Contracts, users: &Users, wallet: Address) {
    let sql = |statement: &str| fixture.database.server().run(fixture.database.name(), statement).unwrap();
    sql(&format!(
        "with made as (insert into operation (idempotency_key, actor, kind, request) values ('a node', 'a test', 'scale', '{{}}') returning operation_id)
         insert into fleet_node (operation_id, phase, is_final, wallet) select operation_id, 'open', true, '\\x{}' from made",
        alloy::primitives::hex::encode(wallet)
    ));
    fixture.chain.mine(3).await.unwrap();
    let chain = format!("pool = \"{}\"\nearnings_factory = \"{}\"\n", contracts.pool, contracts.earnings_factory);
    fixture.configure(31337, &chain, "[earnings]\npoll_ms = 50\n");
    let mut role = fixture
        .command("earnings")
        .env("LINKPOOL_DATABASE_URL", users.url("linkpool_earnings").as_str())
        .stderr(Stdio::from(fs::File::create(fixture.path("earnings.log")).unwrap()))
        .spawn()
        .unwrap();
    let log = || fs::read_to_string(fixture.path("earnings.log")).unwrap();
    until("what the role has seen", WAIT_TIMEOUT, async || {
        assert!(role.try_wait().unwrap().is_none(), "{}", log());
        !sql("select 1 from earnings_source").is_empty()
    })
    .await;
    role.kill().unwrap();
    role.wait().unwrap();
    assert!(!log().contains("permission denied"), "{}", log());
}

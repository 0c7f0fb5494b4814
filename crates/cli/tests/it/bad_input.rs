//! One clear line that says what to do, and an exit code a script can act on.

use std::net::TcpListener;

use linkpool_testkit::{Anvil, AnvilOptions, TestDatabase, Tools};

use crate::program::{assert_refused, linkpool};

const NOBODY: &str = "127.0.0.1:1";
const POOL: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

/// A database that `linkpool migrate` was run on.
async fn database() -> TestDatabase {
    let database = TestDatabase::create().await.unwrap();
    let output = linkpool().args(["migrate", "--database-url", database.url()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    database
}

async fn anvil() -> Anvil {
    Anvil::start(&Tools::find().unwrap(), &AnvilOptions::default()).await.unwrap()
}

#[test]
fn a_malformed_address_says_how_to_write_one() {
    let output = linkpool().args(["index", "--pool", "0x12"]).output().unwrap();
    assert_refused(&output, 2, &["`0x12` is not an address", "40 hexadecimal digits"]);
    let output = linkpool().args(["index", "--pool", &POOL.replace("5aA", "5Aa")]).output().unwrap();
    assert_refused(&output, 2, &["wrong EIP-55 checksum", POOL]);
}

#[test]
fn an_unknown_configuration_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("linkpool.toml"), "[chain]\nrpc_ulr = 'http://x'\n").unwrap();
    let output = linkpool().current_dir(folder.path()).arg("migrate").output().unwrap();
    assert_refused(&output, 2, &["rpc_ulr", "rpc_url"]);
    let output = linkpool().current_dir(folder.path()).args(["migrate", "--config", "missing.toml"]).output().unwrap();
    assert_refused(&output, 2, &["there is no configuration file missing.toml"]);
    let output = linkpool().env("LINKPOOL__API__LISTEM", "x").arg("migrate").output().unwrap();
    assert_refused(&output, 2, &["listem", "listen"]);
}

#[test]
fn settings_that_make_no_sense_are_refused_before_anything_is_connected() {
    for (setting, value, expect) in [
        ("INDEXER__POLL_MS", "9", "indexer.poll_ms is 9: it must be between 10 and 86400000"),
        ("API__BURST", "0", "api.burst is 0: it must be between 1 and 1000000"),
        ("DATABASE__MAX_CONNECTIONS", "0", "database.max_connections is 0: it must be between 1 and 1000"),
        ("DATABASE__MAX_CONNECTIONS", "-1", "database.max_connections is -1: it must be between"),
        ("DATABASE__MAX_CONNECTIONS", "4294967296", "database.max_connections is 4294967296: it must be between"),
        ("TRANSACTIONS__POLL_MS", "18446744073709551615", "transactions.poll_ms is 18446744073709551615: it must be between"),
        ("CHAIN__CHAIN_ID", "99999999999999999999999", "chain.chain_id is 99999999999999999999999: it must be between 1 and"),
    ] {
        let output = linkpool().env(format!("LINKPOOL__{setting}"), value).arg("migrate").output().unwrap();
        assert_refused(&output, 2, &[expect]);
    }
    let output = linkpool().args(["migrate", "--chain-id", "0"]).output().unwrap();
    assert_refused(&output, 2, &["--chain-id is 0: it must be between 1 and"]);
}

#[test]
fn an_amount_of_ether_is_text_and_a_variable_needs_no_quotes_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let migrate = |file: &str, amount: Option<&str>| {
        std::fs::write(folder.path().join("linkpool.toml"), file).unwrap();
        let mut command = linkpool();
        command.current_dir(folder.path()).arg("migrate");
        amount.map(|amount| command.env("LINKPOOL__REGISTRAR__FUNDING_INITIAL_ETH", amount));
        command.output().unwrap()
    };
    let quoted = "[registrar]\nfunding_initial_eth = \"0.1\"\n";
    for amount in [None, Some("0.05"), Some("\"0.05\""), Some("1"), Some(" 2 ")] {
        // The configuration is read; what is missing comes after it.
        assert_refused(&migrate(quoted, amount), 2, &["no database is given"]);
    }
    let float = migrate("[registrar]\nfunding_initial_eth = 0.1\n", None);
    assert_refused(&float, 2, &["in quotes, like \"0.05\"", "registrar.funding_initial_eth"]);
}

#[test]
fn a_database_is_given_once_and_its_secret_is_kept_like_every_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, "postgres://a:secret@127.0.0.1:1/c").unwrap();
    let migrate = |mode: u32, settings: &str| {
        crate::fixture::restrict(&file, mode);
        std::fs::write(folder.path().join("linkpool.toml"), settings).unwrap();
        linkpool().current_dir(folder.path()).arg("migrate").output().unwrap()
    };
    let both = "[database]\nurl = \"postgres://a@b/c\"\nurl_file = \"url\"\n";
    assert_refused(&migrate(0o600, both), 2, &["database.url and database.url_file are both set: keep one of them"]);
    let output = migrate(0o644, "[database]\nurl_file = \"url\"\n");
    assert_refused(&output, 2, &["database.url_file: ", "holds a secret but has mode 0644; run chmod 600 on it"]);
    assert_refused(&migrate(0o600, "[database]\nurl_file = \"url\"\n"), 5, &["127.0.0.1:1"]);
    // The flag wins over the file, as everywhere.
    let mut flag = linkpool();
    flag.current_dir(folder.path()).args(["migrate", "--database-url", "postgres://a@127.0.0.1:2/c"]);
    assert_refused(&flag.output().unwrap(), 5, &["127.0.0.1:2"]);
}

#[test]
fn what_is_missing_says_how_to_give_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = linkpool().current_dir(folder.path()).arg("migrate").output().unwrap();
    assert_refused(&output, 2, &["no database is given", "--database-url", "database.url"]);
    let output = linkpool().current_dir(folder.path()).args(["index", "--database-url", "postgres://a@b/c"]).output().unwrap();
    assert_refused(&output, 2, &["no RPC endpoint is given", "--rpc-url"]);
}

#[cfg(feature = "dev")]
#[test]
fn a_stand_in_is_for_no_chain_that_nobody_named_for_development() {
    let folder = tempfile::tempdir().unwrap();
    let run = |line: &str, named: &str| {
        let mut command = linkpool();
        command.current_dir(folder.path()).env("LINKPOOL__FLEET__DEVELOPMENT_CHAINS", named);
        command.args(line.split_whitespace()).output().unwrap()
    };
    for (chain, named) in [("1", "[]"), ("1", "[1]"), ("31337", "[1337]")] {
        let sentence = format!("a stand-in node is not for chain {chain}");
        assert_refused(&run(&format!("fleet --chain-id {chain}"), named), 2, &[&sentence, "Set fleet.node_program"]);
    }
    let node = "standin-node --schema node_a --api-credentials-file x --chain-id";
    assert_refused(&run(&format!("{node} 31337"), "[31337]"), 2, &["not for chain 31337"]);
    assert_refused(&run(&format!("{node} 1 --development-chain 1"), "[]"), 2, &["not for chain 1"]);
}

#[tokio::test]
async fn another_chain_than_the_configured_one_is_refused() {
    let anvil = anvil().await;
    let database = TestDatabase::create().await.unwrap();
    let url = anvil.http_url();
    let output =
        linkpool().args(["index", "--chain-id", "1", "--rpc-url", &url, "--database-url", database.url()]).output().unwrap();
    assert_refused(&output, 2, &["serves chain 31337, not chain 1"]);
}

#[tokio::test]
async fn an_address_without_code_is_refused() {
    let anvil = anvil().await;
    let database = database().await;
    let url = anvil.http_url();
    let output =
        linkpool().args(["index", "--pool", POOL, "--rpc-url", &url, "--database-url", database.url()]).output().unwrap();
    assert_refused(&output, 2, &["there is no contract at", POOL]);
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let database = database().await;
    let output = linkpool().args(["api", "--listen", &address, "--database-url", database.url()]).output().unwrap();
    assert_refused(&output, 2, &[&address, "--listen"]);
}

#[tokio::test]
async fn an_unreachable_database_or_rpc_has_its_own_exit_code() {
    let output = linkpool().args(["migrate", "--database-url", &format!("postgres://a:b@{NOBODY}/c")]).output().unwrap();
    assert_refused(&output, 5, &["cannot reach Postgres at 127.0.0.1:1"]);
    let database = database().await;
    let url = format!("http://{NOBODY}");
    let output = linkpool().args(["verify", "--rpc-url", &url, "--database-url", database.url()]).output().unwrap();
    assert_refused(&output, 5, &["cannot reach the RPC endpoint `127.0.0.1:1`", "connection refused"]);
}

#[tokio::test]
async fn a_wrong_password_is_said_without_showing_it() {
    let database = TestDatabase::create().await.unwrap();
    let (user, place) = database.url().split_once('@').unwrap();
    let wrong = format!("{}:wrong-secret@{place}", user.rsplit_once(':').unwrap().0);
    let output = linkpool().env("LINKPOOL_DATABASE_URL", wrong).arg("migrate").output().unwrap();
    assert_refused(&output, 5, &["refuses user", "password"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("wrong-secret"));
}

#[test]
fn what_is_not_a_url_is_bad_input() {
    let output = linkpool().args(["migrate", "--database-url", "mysql://x"]).output().unwrap();
    assert_refused(&output, 2, &["postgres://user:password@host:port/database"]);
    let output = linkpool().args(["index", "--rpc-url", "nonsense", "--database-url", "postgres://a@b/c"]).output().unwrap();
    assert_refused(&output, 2, &["the RPC URL is not valid", "http://host:port"]);
}

#[cfg(feature = "dev")]
#[test]
fn missing_npm_pieces_say_how_to_install_them() {
    let folder = tempfile::tempdir().unwrap();
    let output = linkpool()
        .current_dir(folder.path())
        .env("LINKPOOL_NODE_MODULES", folder.path())
        .args(["dev", "--check"])
        .output()
        .unwrap();
    assert_refused(&output, 2, &["was not found", "cargo xtask install"]);
}

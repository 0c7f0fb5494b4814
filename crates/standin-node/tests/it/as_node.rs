//! The stand-in called as the node is: one database, a root directory, settings in TOML, a fixed port.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Output, Stdio},
};

use alloy_primitives::Address;
use linkpool_chainlink::client::{Health, Limits, NodeClient};
use linkpool_testkit::{until, until_some};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    fixture::{CHAIN, EMAIL, NodeDatabase, PASSWORD, WAIT_TIMEOUT, client, password},
    process::{chainlink, secret_file},
    registration::registration,
};

const KEYSTORE: &str = "a password of the keystore";

/// The files of one replica.
struct Home {
    database: NodeDatabase,
    directory: tempfile::TempDir,
    address: SocketAddr,
}

impl Home {
    async fn new() -> Self {
        Self::beside(NodeDatabase::new().await)
    }

    /// Another replica of the node in this database.
    fn beside(database: NodeDatabase) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let home = Self { database, directory: tempfile::tempdir().unwrap(), address: free.local_addr().unwrap() };
        let database_url = &home.database.url;
        home.write("secrets.toml", &format!("[Database]\nURL = '{database_url}'\n[Password]\nKeystore = '{KEYSTORE}'\n"));
        home.write("api", &format!("{EMAIL}\n{PASSWORD}\n"));
        home.write("password", &format!("{KEYSTORE}\n"));
        home.write(
            "config.toml",
            &format!(
                "RootDir = '{}'\n[WebServer]\nHTTPPort = {}\nSecureCookies = false\nStartTimeout = '300ms'\n[WebServer.TLS]\nHTTPSPort = 0\n\
                 [Database.Lock]\nLeaseDuration = '2s'\nLeaseRefreshInterval = '200ms'\n\
                 [[EVM]]\nChainID = '{CHAIN}'\n[[EVM.Nodes]]\nName = 'anvil'\nHTTPURL = 'http://127.0.0.1:1'\nWSURL = 'ws://127.0.0.1:1'\n",
                home.directory.path().join("root").display(),
                home.address.port(),
            ),
        );
        home
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        secret_file(self.directory.path(), name, text)
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn line(&self, before: &[&str], after: &[&str]) -> Vec<String> {
        let files = ["-config".to_owned(), self.path("config.toml"), "-secrets".to_owned(), self.path("secrets.toml")];
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        [words(before), words(&["node"]), files.to_vec(), words(after)].concat()
    }

    fn start_line(&self, before: &[&str]) -> Vec<String> {
        self.line(before, &["start", "-a", &self.path("api"), "-p", &self.path("password")])
    }

    /// Runs it to its end.
    fn output(&self, line: &[String]) -> Output {
        chainlink(line).output().unwrap()
    }

    fn start(&self, before: &[&str]) -> Node {
        let errors = self.directory.path().join("errors");
        let mut command = chainlink(&self.start_line(before));
        command.stdout(Stdio::null()).stderr(fs::File::create(&errors).unwrap());
        Node { child: command.spawn().unwrap(), errors }
    }

    fn client(&self) -> NodeClient {
        client(self.address, Limits::default(), password())
    }

    /// Its wallet, once it serves.
    async fn wallet(&self) -> Address {
        until_some("the node's wallet", WAIT_TIMEOUT, async || self.client().wallet(CHAIN).await.ok()).await
    }
}

/// A process, ended with this value.
struct Node {
    child: Child,
    errors: PathBuf,
}

impl Node {
    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    async fn exit(&mut self) -> ExitStatus {
        until_some("the end of the process", WAIT_TIMEOUT, async || self.child.try_wait().unwrap()).await
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.errors).unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_node_has_a_database_a_directory_and_a_port_of_its_own() {
    let home = Home::new().await;
    let mut node = home.start(&[]);
    let wallet = home.wallet().await;
    assert!(Path::new(&home.path("root")).join("secret").exists());
    assert_eq!(home.client().build_info().await.unwrap().version, "2.31.0");
    let cannot = home.client().sign_registration(&registration(wallet)).await.expect_err("a node does not sign");
    assert_eq!(cannot.code(), "cannot_sign");
    let versions: Vec<String> =
        sqlx::query_scalar("SELECT version FROM public.node_versions").fetch_all(&home.database.pool).await.unwrap();
    assert_eq!(versions, ["2.31.0"]);

    // How a fleet sees who holds the lease, without asking the node.
    let holders: Vec<(Option<bool>,)> = sqlx::query_as(
        "SELECT l.client_id IS NOT NULL AND l.expires_at > now() FROM pg_stat_activity a
         LEFT JOIN public.lease_lock l ON l.client_id::text = right(a.application_name, 36)
         WHERE a.application_name LIKE 'Chainlink 2.31.0 |App|%' AND a.datname = current_database()",
    )
    .fetch_all(&home.database.pool)
    .await
    .unwrap();
    assert!(!holders.is_empty() && holders.iter().all(|(holds,)| *holds == Some(true)), "{holders:?}");

    node.signal(Signal::TERM);
    assert_eq!(node.exit().await.code(), Some(0));
    assert_eq!(home.client().health().await, Ok(Health::NotListening));
    let _again = home.start(&[]);
    assert_eq!(home.wallet().await, wallet);
}

#[tokio::test]
async fn its_settings_are_checked_as_a_node_checks_them() {
    let home = Home::new().await;
    let check = |after: &[&str], code: i32, out: &str, err: &str| {
        let output = home.output(&home.line(&[], after));
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert_eq!(output.status.code(), Some(code), "{stdout}{stderr}");
        assert!(stdout.contains(out), "{stdout}");
        assert!(stderr.contains(err) && !stderr.contains("hunter2"), "{stderr}");
    };
    check(&["validate"], 0, "Valid configuration.", "");
    home.write("bad.toml", "[WebServer]\nHTTPPrt = 1\n");
    let pointer = "failed to decode config TOML: 2| HTTPPrt = 1\n | ~~~~~~~ missing field";
    check(&["-config", &home.path("bad.toml"), "validate"], 1, pointer, "Error running app: invalid configuration");
    check(&["-config", &home.path("nope.toml"), "validate"], 1, "failed to read config file: open", "invalid configuration");
    home.write("secrets.toml", "[Database]\nURL = 'postgres://node:hunter2@h/d'\n");
    check(&["validate"], 1, "invalid secrets: 2 errors:", "invalid configuration");
    check(&["start", "-a", &home.path("api")], 1, "", "missing or insufficiently complex password");
}

#[tokio::test]
async fn an_overlay_and_the_environment_stand_above_the_first_file() {
    let home = Home::new().await;
    home.write("over.toml", "[WebServer]\nHTTPPort = 1\n");
    let line = home.line(&[], &["-config", &home.path("over.toml"), "validate"]);
    let shown = |config: Option<&str>| {
        let mut command = chainlink(&line);
        command.envs(config.map(|text| ("CL_CONFIG", text)));
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(shown(None).contains("HTTPPort = 1\n"), "{}", shown(None));
    assert!(shown(Some("WebServer.HTTPPort = 2")).contains("HTTPPort = 2\n"));
}

#[tokio::test]
async fn an_older_program_waits_takes_the_lease_and_only_then_refuses() {
    let home = Home::new().await;
    let mut newer = home.start(&["--claim-version", "2.32.0"]);
    home.wallet().await;
    let other = Home::beside(home.database.clone());
    let mut older = other.start(&[]);
    until("the standby's connection", WAIT_TIMEOUT, async || connections(&home.database, "2.31.0").await > 0).await;
    assert!(older.child.try_wait().unwrap().is_none(), "it waits without a word: {}", older.said());
    newer.signal(Signal::TERM);
    assert_eq!(newer.exit().await.code(), Some(0));
    assert_eq!(older.exit().await.code(), Some(1));
    let sentence = "Application version (2.31.0) is lower than database version (2.32.0)";
    assert!(older.said().contains(sentence), "{}", older.said());
    let version = other.output(&["--claim-version".to_owned(), "2.32.0".to_owned(), "--version".to_owned()]);
    assert!(String::from_utf8_lossy(&version.stdout).contains("chainlink version 2.32.0@"));
}

#[tokio::test]
async fn where_the_port_is_taken_the_process_lives_and_tries_again() {
    let home = Home::new().await;
    let taken = TcpListener::bind(home.address).unwrap();
    let mut node = home.start(&[]);
    until("the lease", WAIT_TIMEOUT, async || {
        let held = "SELECT count(*) FROM pg_tables WHERE tablename = 'api_user'";
        let tables: i64 = sqlx::query_scalar(held).fetch_one(&home.database.pool).await.unwrap();
        tables > 0
    })
    .await;
    assert!(node.child.try_wait().unwrap().is_none());
    drop(taken);
    home.wallet().await;
}

#[tokio::test]
async fn a_keystore_opens_with_the_password_that_made_it() {
    let home = Home::new().await;
    let mut node = home.start(&[]);
    home.wallet().await;
    node.signal(Signal::TERM);
    node.exit().await;
    for (password, why) in [
        ("another password of 26 b", "could not decrypt key with given password"),
        ("short", "less than 16 characters"),
        (" spaces around it, and long", "leading or trailing whitespace"),
    ] {
        home.write("password", &format!("{password}\n"));
        let mut node = home.start(&[]);
        assert_eq!(node.exit().await.code(), Some(1));
        assert!(node.said().contains(why), "{}", node.said());
    }
}

#[tokio::test]
async fn a_request_that_outlives_the_grace_ends_the_node_with_255_and_the_lease_is_free() {
    let home = Home::new().await;
    let config = fs::read_to_string(home.path("config.toml")).unwrap();
    home.write("config.toml", &format!("ShutdownGracePeriod = '300ms'\n{config}"));
    let mut node = home.start(&[]);
    home.wallet().await;
    let endless = "INSERT INTO public.fault_switch VALUES ('slow-bytes=10')";
    sqlx::query(endless).execute(&home.database.pool).await.unwrap();
    node.signal(Signal::TERM);
    assert_eq!(node.exit().await.code(), Some(0), "nothing was in flight");

    let mut node = home.start(&[]);
    // What answers first is the small server of the start.
    let _stream = until_some("an answer that has no end", WAIT_TIMEOUT, async || {
        let mut stream = TcpStream::connect(home.address).await.ok()?;
        stream.write_all(b"GET /v2/jobs HTTP/1.1\r\nhost: a\r\n\r\n").await.ok()?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.ok()?;
        (&status == b"HTTP/1.1 200").then_some(stream)
    })
    .await;
    node.signal(Signal::TERM);
    assert_eq!(node.exit().await.code(), Some(255), "{}", node.said());
    let free = "SELECT expires_at <= now() FROM public.lease_lock";
    assert!(sqlx::query_scalar::<_, bool>(free).fetch_one(&home.database.pool).await.unwrap());
}

async fn connections(database: &NodeDatabase, version: &str) -> i64 {
    let mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE $1 AND datname = current_database()";
    sqlx::query_scalar(mine).bind(format!("Chainlink {version} |App|%")).fetch_one(&database.pool).await.unwrap()
}

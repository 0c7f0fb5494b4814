//! An operator's desk: a chain, a database, one key, and settings in a folder where `linkpool` is run.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use alloy::primitives::address;
use linkpool_chain::{Chain, Endpoint};
use linkpool_db::{Connect, Database};
use linkpool_primitives::Address;
use linkpool_testkit::{
    Anvil, AnvilOptions, TestDatabase, Tools,
    fixture::{Accounts, Contracts},
};

use crate::program::linkpool;

/// The second account of every development chain, in a keystore with a light key derivation.
const KEYSTORE: &str = include_str!("../../../tx-manager/tests/keystore.json");
/// Its account; every development chain but geth's gives it ether.
pub const ACCOUNT: Address = address!("70997970C51812dc3A010C7d01b50e0d17dc79C8");
const KEYS: [&str; 6] = ["deployer", "earnings", "guardian", "reporter", "slasher", "treasury"];

pub struct CliFixture {
    pub chain: Chain,
    pub database: TestDatabase,
    pub folder: tempfile::TempDir,
    /// The account of every key.
    pub account: Address,
    /// Of the chain.
    port: u16,
    /// The chain, where it is ours.
    _anvil: Option<Anvil>,
}

impl CliFixture {
    /// As somebody leaves it who has run `linkpool migrate`.
    pub async fn open() -> Self {
        Self::on(&AnvilOptions::default()).await
    }

    /// [`CliFixture::open`], on a chain of this kind.
    pub async fn on(options: &AnvilOptions) -> Self {
        let anvil = Anvil::start(&Tools::find().unwrap(), options).await.unwrap();
        let port = anvil.port();
        Self { _anvil: Some(anvil), ..Self::at(port).await }
    }

    /// The same at a chain that is there, at this port of this machine.
    pub async fn at(port: u16) -> Self {
        let chain = Chain::connect(&Endpoint::new(url(port)).unwrap().patient(), None).await.unwrap();
        let database = TestDatabase::create().await.unwrap();
        Database::connect(&Connect::new(database.url()).patient()).await.unwrap().migrate().await.unwrap();
        let fixture = Self { chain, database, folder: tempfile::tempdir().unwrap(), account: ACCOUNT, port, _anvil: None };
        fixture.secret("keystore.json", KEYSTORE);
        fixture.secret("password", "a test password\n");
        fixture
    }

    /// Contracts in which our account plays the part that `cast` gives it, and everybody else their own.
    pub async fn with_pool(cast: impl FnOnce(&mut Accounts, Address)) -> (Self, Contracts, Accounts) {
        Self::with_pool_on(&AnvilOptions::default(), cast).await
    }

    /// [`CliFixture::with_pool`] on a chain of another kind.
    pub async fn with_pool_on(options: &AnvilOptions, cast: impl FnOnce(&mut Accounts, Address)) -> (Self, Contracts, Accounts) {
        Self::on(options).await.deploy(cast).await
    }

    /// Puts the contracts there.
    pub async fn deploy(self, cast: impl FnOnce(&mut Accounts, Address)) -> (Self, Contracts, Accounts) {
        let fixture = self;
        let mut accounts = Accounts::of(&fixture.chain).await.unwrap();
        // Ours is the guardian's by default; the treasury's account does nothing on this stage.
        accounts.guardian = accounts.treasury;
        cast(&mut accounts, fixture.account);
        let contracts = Contracts::deploy(&fixture.chain, &accounts).await.unwrap();
        fixture.configure(31337, &format!("pool = \"{}\"\n", contracts.pool), "");
        (fixture, contracts, accounts)
    }

    /// Writes the settings; `chain` and `more` are added to `[chain]` and to the end.
    pub fn configure(&self, chain_id: u64, chain: &str, more: &str) {
        let keys = KEYS.map(|key| format!("[keys.{key}]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\n"));
        let settings = format!(
            "[chain]\nrpc_url = \"{}\"\nchain_id = {chain_id}\n{chain}\n[database]\nurl = \"{}\"\n[transactions]\npoll_ms = 50\n{}{more}",
            self.rpc_url(),
            self.database.url(),
            keys.concat()
        );
        fs::write(self.folder.path().join("linkpool.toml"), settings).unwrap();
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = linkpool();
        command.current_dir(self.folder.path()).args(line.split_whitespace());
        command
    }

    pub fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Runs a command that must succeed and gives what it printed.
    pub fn succeed(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The object that a command printed.
    pub fn json(&self, line: &str) -> serde_json::Value {
        serde_json::from_str(&self.succeed(&format!("{line} --json"))).unwrap()
    }

    /// Runs a command that is killed at a fail point.
    pub fn killed_at(&self, point: &str, line: &str) {
        let output = self.command(line).env("LINKPOOL_FAILPOINT", point).output().unwrap();
        assert_eq!(output.status.code(), None, "not killed at {point}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub fn rpc_url(&self) -> String {
        url(self.port)
    }

    /// The chain's port on this machine.
    pub fn chain_port(&self) -> u16 {
        self.port
    }

    /// Makes a key of this name, `NAME.json`, and puts ether on its account.
    pub async fn key_of_its_own(&self, name: &str) -> Address {
        let made = self.json(&format!("keys new {name}.json --password-file password --light-kdf"));
        let address: Address = made["address"].as_str().unwrap().parse().unwrap();
        self.chain.set_balance(address, 10u128.pow(20)).await.unwrap();
        address
    }

    pub async fn nonce(&self) -> u64 {
        self.chain.nonce(self.account).await.unwrap()
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn secret(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        restrict(&path, 0o600);
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

pub fn restrict(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

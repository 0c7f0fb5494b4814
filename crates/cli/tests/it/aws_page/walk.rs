//! Whoever follows the page, and what they type.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use linkpool_chain::{Chain, Endpoint};
use linkpool_contracts::creation;
use linkpool_db::{Connect, Database};
use linkpool_primitives::{Address, checksum};
use linkpool_standin_aws::{ACCESS_KEY, SECRET_KEY, StandinAws, StandinAwsConfig};
use linkpool_testkit::{Anvil, AnvilOptions, NodePostgres, TestDatabase, Tools, until, until_some};

use super::words::{VERSION, words};
use crate::{fixture::restrict, program::linkpool};

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
/// Whoever gets ether gets more than enough.
const BALANCE_WEI: u128 = 10u128.pow(20);

/// Whoever follows the page.
pub struct Walk {
    pub folder: tempfile::TempDir,
    chain: Chain,
    pub database: TestDatabase,
    pub aws: StandinAws,
    /// What stands in the place of each word that is the reader's to fill in.
    pub words: BTreeMap<String, String>,
    /// The tables of the settings, by their heads.
    settings: BTreeMap<String, String>,
    /// Of every command, beside the settings: what differs on one machine.
    variables: Vec<(&'static str, String)>,
    roles: Vec<Child>,
    postgres: NodePostgres,
    _anvil: Anvil,
}

impl Walk {
    /// What the page says that one brings.
    pub async fn begin() -> Self {
        let programs = std::env::var("LINKPOOL_NODE_POSTGRES").expect("set by `cargo xtask test ecs`");
        let postgres = NodePostgres::start(Path::new(&programs)).unwrap();
        // Tasks have addresses of their own, which the server takes as this machine's.
        let line = "copy (select 'host all all 127.0.0.0/8 trust') to program 'cat >> pg_hba.conf'";
        postgres.sql("postgres", &format!("{line}; select pg_reload_conf()")).unwrap();
        let options = AnvilOptions { block_time: Some(Duration::from_secs(1)), ..AnvilOptions::default() };
        let anvil = Anvil::start(&Tools::find().unwrap(), &options).await.unwrap();
        let rpc_url = format!("http://127.0.0.1:{}", anvil.port());
        let chain = Chain::connect(&Endpoint::new(rpc_url.clone()).unwrap().patient(), None).await.unwrap();
        let holder = chain.accounts().await.unwrap()[0];
        let token = chain.send_unlocked(holder, None, creation::link_token()).await.unwrap().contract_address.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut config = StandinAwsConfig::new(folder.path().join("images"), folder.path().join("tasks"));
        let port = postgres.url().parse::<reqwest::Url>().unwrap().port().unwrap();
        config.database = Some(SocketAddr::from(([127, 0, 0, 1], port)));
        let (database, aws) = (TestDatabase::create().await.unwrap(), StandinAws::start(config).await.unwrap());
        let programs = (PathBuf::from(programs).join("pg_dump"), folder.path().join("age"));
        let walk = Self {
            variables: vec![
                ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
                ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
                ("LINKPOOL__AWS__ENDPOINT", aws.url()),
                ("LINKPOOL__API__LISTEN", "127.0.0.1:0".to_owned()),
                ("LINKPOOL__OPERATOR__LISTEN", "127.0.0.1:0".to_owned()),
                ("LINKPOOL__FLEET__DEVELOPMENT_CHAINS", format!("[{}]", chain.chain_id())),
            ],
            words: words(&rpc_url, &chain, token, &programs),
            settings: BTreeMap::new(),
            roles: Vec::new(),
            postgres,
            _anvil: anvil,
            folder,
            chain,
            database,
            aws,
        };
        walk.bring();
        walk
    }

    /// The files and the image that the page names.
    fn bring(&self) {
        let standin = env!("CARGO_BIN_EXE_linkpool");
        let variables = format!("LINKPOOL_STANDIN_VERSION={VERSION} LINKPOOL_STANDIN_HEALTH_INTERVAL_MS=1000");
        let node = format!("#!/bin/sh\nexport {variables}\nexec '{standin}' standin-chainlink \"$@\"\n");
        self.file(&format!("images/chainlink/{VERSION}/chainlink"), &node, 0o755);
        self.file("age", "#!/bin/sh\nexec cat\n", 0o755);
        self.file("secrets/database-url", self.database.url(), 0o600);
        self.file("secrets/node-database-url", &self.postgres.url(), 0o600);
        self.file("secrets/operator-token", &"token".repeat(8), 0o600);
        self.file("secrets/seal-key", &"5e".repeat(32), 0o600);
    }

    fn file(&self, name: &str, text: &str, mode: u32) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        restrict(&path, mode);
    }

    /// A block of settings: each of its tables is new, or takes the place of the one with its head.
    pub fn set(&mut self, block: &str) {
        for table in self.filled(block).split("\n\n") {
            let head = table.lines().next().unwrap().to_owned();
            self.settings.insert(head, table.to_owned());
        }
        let all: Vec<&str> = self.settings.values().map(String::as_str).collect();
        fs::write(self.folder.path().join("linkpool.toml"), all.join("\n\n")).unwrap();
    }

    /// Longest words first: one may be the beginning of another.
    fn filled(&self, text: &str) -> String {
        let mut words: Vec<_> = self.words.iter().collect();
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        words.into_iter().fold(text.to_owned(), |text, (word, value)| text.replace(word.as_str(), value))
    }

    pub async fn type_line(&mut self, line: &str) {
        let filled = self.filled(line);
        let typed: Vec<&str> = filled.split_whitespace().collect();
        match typed.as_slice() {
            ["aws", "cloudformation", "deploy", options @ ..] => self.make_stack(options).await,
            // The outputs are known by now.
            ["aws", "cloudformation", "describe-stacks", ..] => {}
            ["linkpool", role, "&"] => self.begin_role(role).await,
            ["linkpool", "signer", "address", key @ ..] => {
                let address: Address = self.run(&[["signer", "address"].as_slice(), key].concat()).trim().parse().unwrap();
                self.chain.set_balance(address, BALANCE_WEI).await.unwrap();
                let word = line.rsplit(' ').next().and_then(|key| key.strip_suffix("_KEY")).expect("a key of the stack");
                self.words.insert(word.to_owned(), checksum(&address));
            }
            ["linkpool", arguments @ ..] => drop(self.run(arguments)),
            other => panic!("nobody knows how to type {other:?}"),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = linkpool();
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{arguments:?}: {}{}", said(&output.stdout), said(&output.stderr));
        said(&output.stdout)
    }

    async fn begin_role(&mut self, role: &str) {
        let path = self.folder.path().join(format!("{role}.log"));
        let log = fs::File::create(&path).unwrap();
        let mut command = self.command(&[role]);
        self.roles.push(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        match role {
            "index" => {
                let database = Database::connect(&Connect::new(self.database.url()).patient()).await.unwrap();
                let follows = async || database.state().await.ok().flatten().is_some_and(|state| state.pool.is_some());
                until("a block that is indexed", WAIT_TIMEOUT, follows).await;
            }
            "fleet" => {
                let begun = self.roles.last_mut().unwrap();
                let url = async || {
                    let text = fs::read_to_string(&path).unwrap();
                    assert!(begun.try_wait().unwrap().is_none(), "it ended: {text}");
                    let url = text.split("the operator's calls at ").nth(1)?.split_whitespace().next()?;
                    Some(url.trim_end_matches('/').to_owned())
                };
                let url = until_some("the operators' calls", WAIT_TIMEOUT, url).await;
                self.variables.push(("LINKPOOL__OPERATOR__URL", url));
            }
            _ => {}
        }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        for role in &mut self.roles {
            let _ = role.kill();
            let _ = role.wait();
        }
    }
}

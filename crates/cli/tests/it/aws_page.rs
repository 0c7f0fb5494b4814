//! docs/aws.md from an empty account to an open node: its settings and commands as they stand there, on stand-ins for AWS and for the node. What
//! CloudFormation makes of the template, the test makes itself.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use linkpool_aws::{Aws, AwsConfig, Credentials, CredentialsSource, Service};
use linkpool_chain::{Chain, Endpoint};
use linkpool_chainlink::Secret;
use linkpool_contracts::creation;
use linkpool_db::{Connect, Database, fleet::Phase};
use linkpool_primitives::{Address, checksum};
use linkpool_standin_aws::{ACCESS_KEY, SECRET_KEY, StandinAws, StandinAwsConfig};
use linkpool_testkit::{Anvil, AnvilOptions, NodePostgres, TestDatabase, Tools, until, until_some};
use serde_json::{Value, json};

use crate::{fixture::restrict, program::linkpool};

const PAGE: &str = include_str!("../../../../docs/aws.md");
const SECTION: &str = "\n## From an empty account to an open node\n";
const TEMPLATE_FILE: &str = "docs/aws/account.json";
const TEMPLATE: &str = include_str!("../../../../docs/aws/account.json");
const VERSION: &str = "2.31.0";
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
/// Whoever gets ether gets more than enough.
const BALANCE_WEI: u128 = 10u128.pow(20);

/// Whoever follows the page.
struct Walk {
    folder: tempfile::TempDir,
    chain: Chain,
    database: TestDatabase,
    aws: StandinAws,
    /// What stands in the place of each word that is the reader's to fill in.
    words: BTreeMap<String, String>,
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
    async fn begin() -> Self {
        let programs = std::env::var("LINKPOOL_NODE_POSTGRES").expect("set by `cargo xtask test ecs`");
        let postgres = NodePostgres::start(Path::new(&programs)).unwrap();
        // Tasks have addresses of their own, which the server takes as this machine's.
        let line = "copy (select 'host all all 127.0.0.0/8 trust') to program 'cat >> pg_hba.conf'";
        postgres.sql("postgres", &format!("{line}; select pg_reload_conf()")).unwrap();
        let options = AnvilOptions { block_time: Some(Duration::from_secs(1)), ..AnvilOptions::default() };
        let anvil = Anvil::start(&Tools::find().unwrap(), &options).await.unwrap();
        let rpc_url = format!("http://127.0.0.1:{}", anvil.port());
        let chain = Chain::connect(&Endpoint::new(rpc_url.clone()).unwrap(), None).await.unwrap();
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
    fn set(&mut self, block: &str) {
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

    async fn type_line(&mut self, line: &str) {
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
                let database = Database::connect(&Connect::new(self.database.url())).await.unwrap();
                let follows = async || database.state().await.ok().flatten().is_some_and(|state| state.pool.is_some());
                until("a block that is indexed", WAIT_TIMEOUT, follows).await;
            }
            "fleet" => {
                let url = async || {
                    let text = fs::read_to_string(&path).unwrap();
                    let url = text.split("the operator's calls at ").nth(1)?.split_whitespace().next()?;
                    Some(url.trim_end_matches('/').to_owned())
                };
                let url = until_some("the operators' calls", WAIT_TIMEOUT, url).await;
                self.variables.push(("LINKPOOL__OPERATOR__URL", url));
            }
            _ => {}
        }
    }

    /// What CloudFormation would.
    async fn make_stack(&mut self, options: &[&str]) {
        assert!(options.windows(2).any(|pair| pair == ["--template-file", TEMPLATE_FILE]), "{options:?}");
        let template: Value = serde_json::from_str(TEMPLATE).unwrap();
        for (name, parameter) in template["Parameters"].as_object().unwrap() {
            let is_given = options.iter().any(|option| option.starts_with(&format!("{name}=")));
            assert!(is_given || parameter["Default"].is_string(), "the page does not give {name}");
        }
        for (output, told) in template["Outputs"].as_object().unwrap() {
            let value = &told["Value"];
            let resource = value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str()).unwrap();
            let made = self.make(resource, &template).await;
            self.words.insert(capitals(output), made);
        }
    }

    /// A resource of the template; how it is called.
    async fn make(&self, name: &str, template: &Value) -> String {
        let resource = &template["Resources"][name];
        let properties = &resource["Properties"];
        match resource["Type"].as_str().unwrap() {
            "AWS::ECS::Cluster" => {
                let cluster = template["Parameters"]["Name"]["Default"].as_str().unwrap();
                self.call(Service::Ecs, "CreateCluster", json!({ "clusterName": cluster })).await;
                cluster.to_owned()
            }
            "AWS::KMS::Key" => {
                let body = json!({ "KeySpec": properties["KeySpec"], "KeyUsage": properties["KeyUsage"] });
                let made = self.call(Service::Kms, "CreateKey", body).await;
                made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
            }
            _ => format!("arn:aws:iam::123456789012:pool/{name}"),
        }
    }

    async fn call(&self, service: Service, operation: &str, body: Value) -> Value {
        let credentials = Credentials { access_key: ACCESS_KEY.into(), secret_key: Secret::new(SECRET_KEY), session_token: None };
        let config = AwsConfig {
            region: "us-east-1".into(),
            endpoint: Some(self.aws.url().parse().unwrap()),
            credentials: CredentialsSource::Fixed(credentials),
            attempts: 1,
        };
        Aws::new(config).unwrap().call(service, operation, &body).await.unwrap()
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

/// Those that are known before there is a stack.
fn words(rpc_url: &str, chain: &Chain, token: Address, (pg_dump, age): &(PathBuf, PathBuf)) -> BTreeMap<String, String> {
    let [owner, sink, guardian, slasher, reporter] =
        [0xa1, 0xa2, 0xa3, 0xa4, 0xa5].map(|byte| checksum(&Address::repeat_byte(byte)));
    let words = [
        ("RPC_URL", rpc_url.to_owned()),
        ("CHAIN_ID", chain.chain_id().to_string()),
        ("TOKEN", checksum(&token)),
        ("OWNER", owner),
        ("SINK", sink),
        ("GUARDIAN", guardian),
        ("SLASHER", slasher),
        ("REPORTER", reporter),
        ("VPC", "vpc-1".to_owned()),
        ("ROLES_GROUP", "sg-1".to_owned()),
        ("SUBNET_A", "subnet-1".to_owned()),
        ("SUBNET_B", "subnet-2".to_owned()),
        ("REGION", "us-east-1".to_owned()),
        ("IMAGE", format!("chainlink:{VERSION}")),
        ("AGE_RECIPIENT", "age1test".to_owned()),
        ("/usr/bin/pg_dump", pg_dump.display().to_string()),
        ("/usr/bin/age", age.display().to_string()),
    ];
    words.into_iter().map(|(word, value)| (word.to_owned(), value)).collect()
}

/// An output's name as the page writes it.
fn capitals(name: &str) -> String {
    let mut capitals = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !capitals.is_empty() {
            capitals.push('_');
        }
        capitals.extend(letter.to_uppercase());
    }
    capitals
}

/// The blocks of code, and the language of each.
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("```").skip(1).step_by(2).filter_map(|block| block.trim_end().split_once('\n'))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask test ecs"]
async fn what_the_page_says_to_type_leads_from_an_empty_account_to_an_open_node() {
    let section = PAGE.split(SECTION).nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the page has this section");
    let mut walk = Walk::begin().await;
    for (language, text) in blocks(section) {
        match language {
            "toml" => walk.set(text),
            _ => {
                for line in text.lines() {
                    walk.type_line(line.strip_prefix("$ ").expect("a command")).await;
                }
            }
        }
    }
    let database = Database::connect(&Connect::new(walk.database.url())).await.unwrap();
    let nodes = database.fleet_nodes().await.unwrap();
    assert_eq!(nodes.iter().map(|node| node.phase).collect::<Vec<_>>(), [Phase::Open], "{nodes:#?}");
    let service = format!("linkpool-{}-g1", nodes[0].id);
    assert_eq!(walk.aws.world(|world| world.view.services.keys().cloned().collect::<Vec<_>>()), [service]);
    // Its database was kept before its wallet got ether.
    let kept = fs::read_dir(walk.folder.path().join("dumps").join(&nodes[0].id)).unwrap().count();
    assert!(kept > 0, "nothing keeps its wallet");
    // Four contracts, ether for the wallet, and its place.
    let signatures: u64 = walk.aws.signed().values().sum();
    assert!(signatures >= 6, "{signatures} transactions were signed in KMS");
}

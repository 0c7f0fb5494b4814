//! A chain with LINK, an Operator and a consumer, and a node with a job.

use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use linkpool_chain::{Chain, Endpoint};
use linkpool_chainlink::{
    Secret,
    client::{Credentials, Job, JobRun, Limits, NodeClient},
};
use linkpool_standin_node::{ReplicaConfig, ReplicaHandle};
use linkpool_testkit::{
    Anvil, AnvilOptions, Tools,
    fixture::{Accounts, Asked, Consumer, deploy_link, deploy_operator},
    until, until_some,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{NodeDatabase, client, password, serving};

pub const PAYMENT: u128 = 10u128.pow(17);
pub const ANSWER: u64 = 42;

/// The machine may be busy.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

/// A node answers 1,000 requests a minute.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Where the number stands in the job.
pub const FIXED: &str = r#"number [type="multiply" input="42" times="1"]"#;

pub struct Fixture {
    pub chain: Chain,
    pub accounts: Accounts,
    pub link: Address,
    pub operator: Address,
    pub consumer: Consumer,
    pub node_database: NodeDatabase,
    pub config: ReplicaConfig,
    pub replica: Option<ReplicaHandle>,
    pub wallet: Address,
    pub node: NodeClient,
    anvil: Anvil,
}

impl Fixture {
    /// A block for each transaction, and whatever a test mines.
    pub async fn new() -> Self {
        Self::on(&AnvilOptions::default()).await
    }

    pub async fn on(options: &AnvilOptions) -> Self {
        let anvil = Anvil::start(&Tools::find().unwrap(), options).await.unwrap();
        let chain = Chain::connect(&Endpoint::new(anvil.http_url()).unwrap().patient(), None).await.unwrap();
        let accounts = Accounts::of(&chain).await.unwrap();
        let link = deploy_link(&chain, &accounts).await.unwrap();
        let consumer = Consumer::deploy(&chain, &accounts, link, 1_000 * PAYMENT).await.unwrap();
        let node_database = NodeDatabase::new().await;
        let config = ReplicaConfig { rpc_url: Some(Secret::new(anvil.http_url())), ..node_database.config() };
        let mut replica = node_database.start(config.clone());
        let (address, wallet) = serving(&mut replica).await;
        chain.set_balance(wallet, 10u128.pow(18)).await.unwrap();
        let operator = deploy_operator(&chain, &accounts, link, wallet).await.unwrap();
        let token: Credentials = client(address, Limits::default(), password()).create_api_token().await.unwrap().into();
        let node = client(address, Limits::default(), token);
        let replica = Some(replica);
        Self { chain, accounts, link, operator, consumer, node_database, config, replica, wallet, node, anvil }
    }

    /// With the job that answers 42, and a node that has begun to follow the chain: one that is killed before that has nothing from where the
    /// next could go on.
    pub async fn with_job() -> (Self, Job) {
        let fixture = Self::new().await;
        let job = fixture.add_job("answer", FIXED, "", "").await;
        fixture.until_seen().await;
        (fixture, job)
    }

    /// A job whose number comes from the tasks `number`, with `settings` of its own and `attributes` of its transaction.
    pub async fn add_job(&self, name: &str, number: &str, settings: &str, attributes: &str) -> Job {
        self.node.create_job(&self.toml(name, number, settings, attributes)).await.unwrap()
    }

    pub fn toml(&self, name: &str, number: &str, settings: &str, attributes: &str) -> String {
        let confirmations = if settings.contains("minIncomingConfirmations") { "" } else { "minIncomingConfirmations = 1" };
        format!(
            r#"
type = "directrequest"
schemaVersion = 1
name = "{name}"
externalJobID = "{id}"
evmChainID = "31337"
contractAddress = "{operator}"
{confirmations}
{settings}
observationSource = '''
    log [type="ethabidecodelog"
         abi="OracleRequest(bytes32 indexed specId, address requester, bytes32 requestId, uint256 payment, address callbackAddr, bytes4 callbackFunctionId, uint256 cancelExpiration, uint256 dataVersion, bytes data)"
         data="$(jobRun.logData)" topics="$(jobRun.logTopics)"]
    {number}
    answer [type="ethabiencode" abi="(bytes32 requestId, uint256 value)"
            data="{{\"requestId\": $(log.requestId), \"value\": $(number)}}"]
    fulfil [type="ethabiencode"
            abi="fulfillOracleRequest2(bytes32 requestId, uint256 payment, address callbackAddress, bytes4 callbackFunctionId, uint256 expiration, bytes calldata data)"
            data="{{\"requestId\": $(log.requestId), \"payment\": $(log.payment), \"callbackAddress\": $(log.callbackAddr), \"callbackFunctionId\": $(log.callbackFunctionId), \"expiration\": $(log.cancelExpiration), \"data\": $(answer)}}"]
    submit [type="ethtx" to="{operator}" data="$(fulfil)" {attributes}]
    log -> number -> answer -> fulfil -> submit
'''
"#,
            id = id_of(name),
            operator = self.operator.to_checksum(None),
        )
    }

    pub async fn ask(&self) -> Asked {
        self.ask_job("answer").await
    }

    pub async fn ask_job(&self, name: &str) -> Asked {
        self.consumer.ask(self.operator, topic(name), PAYMENT).await.unwrap()
    }

    /// The numbers that were answered to a request.
    pub async fn answers_to(&self, asked: &Asked) -> Vec<U256> {
        let answers = self.consumer.answers_since(0).await.unwrap();
        answers.into_iter().filter(|(request, _)| *request == asked.request_id).map(|(_, number)| number).collect()
    }

    /// Waits for the answer, which is the only one.
    pub async fn answered(&self, asked: &Asked, number: u64) {
        until("the answer", WAIT_TIMEOUT, async || !self.answers_to(asked).await.is_empty()).await;
        assert_eq!(self.answers_to(asked).await, [U256::from(number)]);
    }

    /// The newest run of a job, once `holds`.
    pub async fn run(&self, job: &Job, what: &str, holds: impl Fn(&JobRun) -> bool) -> JobRun {
        let mut looks = tokio::time::interval(LOOK_INTERVAL);
        until_some(what, WAIT_TIMEOUT, async || {
            looks.tick().await;
            let (runs, _) = self.node.runs(job.id).await.unwrap();
            runs.into_iter().next().filter(|run| holds(run))
        })
        .await
    }

    /// Transactions of the node's wallet in blocks.
    pub async fn sent(&self) -> u64 {
        let count = self.rpc("eth_getTransactionCount", json!([self.wallet, "latest"])).await;
        u64::from_str_radix(count.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
    }

    pub fn port(&self) -> u16 {
        self.anvil.port()
    }

    pub async fn rpc(&self, method: &str, parameters: Value) -> Value {
        self.anvil.request(method, parameters).await.unwrap()
    }

    /// Mines until everything is final.
    pub async fn finalize(&self) {
        self.chain.mine(10).await.unwrap();
    }

    /// Waits until the node has seen the chain's head: what it has not done by then, it does not do.
    pub async fn until_seen(&self) {
        let head = self.chain.heads().await.unwrap().head.number;
        until("a look at the head", WAIT_TIMEOUT, async || self.height().await >= head).await;
        until("nothing left to do", WAIT_TIMEOUT, async || self.waiting().await == 0).await;
    }

    async fn height(&self) -> u64 {
        let statement = format!("SELECT coalesce(max(height), 0) FROM {}.work_head", self.node_database.schema);
        let height: i64 = self.number(statement).await;
        height.unsigned_abs()
    }

    /// Runs without a transaction and transactions that are not sent.
    async fn waiting(&self) -> i64 {
        let schema = &self.node_database.schema;
        self.number(format!(
            "SELECT (SELECT count(*) FROM {schema}.job_run AS run WHERE finished_at IS NULL
                       AND NOT EXISTS (SELECT FROM {schema}.evm_tx WHERE run_id = run.id))
                  + (SELECT count(*) FROM {schema}.evm_tx WHERE state IN ('unstarted', 'in_progress'))"
        ))
        .await
    }

    pub async fn number(&self, statement: String) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&self.node_database.pool).await.unwrap()
    }

    /// Starts another replica of the node, which waits for the lease or takes it.
    pub fn start_replica(&self) -> ReplicaHandle {
        self.node_database.start(self.config.clone())
    }
}

/// A job's external id, which follows from its name.
pub fn id_of(name: &str) -> Uuid {
    let mut bytes = [7; 16];
    bytes.iter_mut().zip(name.bytes()).for_each(|(byte, letter)| *byte = letter);
    Uuid::from_bytes(bytes)
}

/// The id as a request names it.
pub fn topic(name: &str) -> B256 {
    let mut topic = B256::ZERO;
    topic[..16].copy_from_slice(id_of(name).as_bytes());
    topic
}

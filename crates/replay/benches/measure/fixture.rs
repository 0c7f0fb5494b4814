//! What the measured processes share: one Postgres, and the chain in a process of its own.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use linkpool_db::{Connect, Database, notice::Notice};
use linkpool_replay::Behaviour;
use linkpool_testkit::{Postgres, PostgresOptions, Tools};
use serde_json::{Value, json};

use crate::process::{Measured, Usage};

/// A run that takes longer has failed.
const RUN_TIMEOUT: Duration = Duration::from_secs(3_600);

pub struct BenchFixture {
    pub postgres: Postgres,
    client: reqwest::Client,
    /// What the server said of the chain.
    pub chain: Value,
    runs: u32,
    /// Of the last run: after so many seconds readers saw this block.
    pub seen: Vec<(f64, u64)>,
    server: Measured,
}

/// Serves a chain; what its server says of it, and the server.
async fn serve(workload: &str, events: Option<u64>, hold: u64) -> Result<(Value, Measured)> {
    let own = std::env::current_exe().context("where this program lies")?;
    // Cargo puts benchmarks into `deps`, beside which the executables are.
    let replay = own.ancestors().skip(1).take(2).map(|folder| folder.join("linkpool-replay")).find(|path| path.is_file());
    let replay = replay.context("linkpool-replay is not built")?;
    let hold = hold.to_string();
    let mut arguments = vec!["serve", "--workload", workload, "--hold", &hold];
    let events = events.map(|events| events.to_string());
    if let Some(events) = &events {
        arguments.extend(["--events", events]);
    }
    let mut server = Measured::start(&replay, &arguments)?;
    let chain = serde_json::from_str(&server.line().await.context("the chain's server")?)?;
    Ok((chain, server))
}

impl BenchFixture {
    /// Starts Postgres, which waits for the disk at every commit, and the chain with `hold` blocks held back.
    pub async fn set(workload: &str, events: Option<u64>, hold: u64) -> Result<Self> {
        let options = PostgresOptions { durable: true, ..PostgresOptions::default() };
        let postgres = Postgres::start(&Tools::find()?, &options).await.context("starting Postgres")?;
        let (chain, server) = serve(workload, events, hold).await?;
        Ok(Self { postgres, client: reqwest::Client::new(), chain, runs: 0, seen: Vec::new(), server })
    }

    /// Another chain in place of the one that is served.
    pub async fn serve(&mut self, workload: &str, hold: u64) -> Result<()> {
        (self.chain, self.server) = serve(workload, None, hold).await?;
        Ok(())
    }

    pub fn rpc(&self) -> &str {
        self.chain["http"].as_str().unwrap_or_default()
    }

    pub fn number(&self, name: &str) -> u64 {
        self.chain[name].as_u64().unwrap_or_default()
    }

    pub async fn ask(&self, method: &str, params: Value) -> Result<Value> {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = self.client.post(self.rpc()).body(call.to_string());
        let answer: Value = serde_json::from_slice(&request.send().await?.bytes().await?)?;
        if !answer["error"].is_null() {
            bail!("the server: {}", answer["error"]);
        }
        Ok(answer["result"].clone())
    }

    pub async fn behave(&self, behaviour: Behaviour) -> Result<()> {
        self.ask("replay_behaviour", json!([behaviour])).await.map(drop)
    }

    /// An empty database with all tables, after a checkpoint, so that no run pays for the one before.
    pub async fn database(&mut self) -> Result<(String, Database)> {
        self.runs += 1;
        let url = self.postgres.create_database(&format!("bench_{}", self.runs))?;
        let database = Database::connect(&Connect::new(&url)).await?;
        database.migrate().await?;
        self.postgres.run("postgres", "checkpoint")?;
        Ok((url, database))
    }

    /// Removes the newest database.
    pub async fn clear(&self, database: Database) -> Result<()> {
        database.close().await;
        Ok(self.postgres.drop_database(&format!("bench_{}", self.runs))?)
    }

    /// Starts this program again with these arguments.
    pub fn again(&self, arguments: &[&str]) -> Result<Measured> {
        Measured::start(&std::env::current_exe().context("where this program lies")?, arguments)
    }

    /// Waits until the database has block `last`, and says what the process has used until then.
    pub async fn until_indexed(&mut self, process: &mut Measured, database: &Database, last: u64) -> Result<Usage> {
        let mut notices = database.notices().await?;
        self.seen.clear();
        let deadline = tokio::time::Instant::now() + RUN_TIMEOUT;
        loop {
            if database.cursor().await?.is_some_and(|cursor| cursor.block.number >= last) {
                return process.usage();
            }
            process.running()?;
            // The first look may have missed a notice; afterwards each is heard.
            let look = tokio::time::timeout(Duration::from_secs(1), async {
                loop {
                    if let Some(Notice::Indexed { to, .. }) = notices.next().await? {
                        self.seen.push((process.usage()?.seconds, to));
                        if to >= last {
                            return Ok::<_, anyhow::Error>(());
                        }
                    }
                }
            });
            if let Ok(heard) = look.await {
                heard?;
                return process.usage();
            }
            if tokio::time::Instant::now() > deadline {
                bail!("block {last} is not there after {} s", RUN_TIMEOUT.as_secs());
            }
        }
    }

    /// Waits until every index is built.
    pub async fn until_ready(&self, process: &mut Measured, database: &Database) -> Result<Usage> {
        let deadline = tokio::time::Instant::now() + RUN_TIMEOUT;
        while !database.has_all_indexes().await? {
            process.running()?;
            if tokio::time::Instant::now() > deadline {
                bail!("indexes are missing after {} s", RUN_TIMEOUT.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        process.usage()
    }

    /// How many calls the chain's server has answered.
    pub async fn calls(&self) -> Result<u64> {
        let calls = self.ask("replay_calls", json!([])).await?;
        let calls = calls.as_str().and_then(|calls| u64::from_str_radix(calls.trim_start_matches("0x"), 16).ok());
        calls.context("a number of calls")
    }
}

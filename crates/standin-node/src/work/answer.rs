//! From a run to its number, and from the number to a transaction.

use std::time::Duration;

use alloy::primitives::U256;
use futures_util::StreamExt;
use serde_json::{Map, Value};

use super::{
    decimal::Decimal,
    job::Job,
    plan::{Number, Plan},
    shared::{Trouble, Work},
};
use crate::store::{NewTx, OpenRun};

/// Runs that look for their answers at once.
const AT_ONCE: usize = 16;

/// Runs read at once.
const BATCH: i64 = 64;

/// How long a bridge may take, and how long its answer may be: a node's defaults.
const BRIDGE_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_ANSWER_BYTES: usize = 32_768;

impl Work<'_> {
    /// Until no run is without an answer.
    pub(super) async fn answer_open_runs(&self) -> Result<(), Trouble> {
        loop {
            let runs = self.node.store.open_runs(BATCH).await?;
            if runs.is_empty() {
                return Ok(());
            }
            let jobs = self.jobs().await?;
            let answers = futures_util::stream::iter(runs).map(|run| self.answer_run(run, &jobs)).buffer_unordered(AT_ONCE);
            let ended: Vec<Result<(), Trouble>> = answers.collect().await;
            ended.into_iter().collect::<Result<(), Trouble>>()?;
            self.answered.notify_one();
        }
    }

    async fn answer_run(&self, run: OpenRun, jobs: &[Job]) -> Result<(), Trouble> {
        // Deleted a moment ago, and its runs with it.
        let Some(job) = jobs.iter().find(|job| job.id == run.job_id) else { return Ok(()) };
        if let Err(error) = self.queue_answer(&run, job).await? {
            tracing::info!(job = job.id, request = %run.request.request_id, error, "a run has failed");
            self.node.store.end_run(run.run_id, Err(error)).await?;
        }
        Ok(())
    }

    /// The inner error ends the run.
    async fn queue_answer(&self, run: &OpenRun, job: &Job) -> Result<Result<(), String>, Trouble> {
        let plan = match &job.plan {
            Ok(plan) => plan,
            Err(error) => return Ok(Err(error.clone())),
        };
        let number = match self.number(run, plan).await? {
            Ok(number) => number,
            Err(error) => return Ok(Err(error)),
        };
        let Some(sender) = self.node.wallet() else { return Ok(Err("ETHTxTask failed to get fromAddress".into())) };
        let tx = NewTx {
            sender,
            recipient: plan.to,
            calldata: run.request.answered_with(number),
            gas_limit: job.gas_limit,
            min_confirmations: plan.min_confirmations,
            fail_on_revert: plan.fail_on_revert,
        };
        if !self.node.store.queue_tx(run.run_id, &run.request, &tx).await? {
            return Ok(Err(
                "task run failed: while creating transaction: Txm#CreateTransaction: cannot create transaction; too many \
                           unstarted transactions in the queue (250/250)"
                    .into(),
            ));
        }
        if plan.min_confirmations == Some(0) {
            self.node.store.end_run(run.run_id, Ok(Value::Null)).await?;
        }
        Ok(Ok(()))
    }

    async fn number(&self, run: &OpenRun, plan: &Plan) -> Result<Result<U256, String>, Trouble> {
        let Number::Bridge { task, name, request_data, path, times } = &plan.number else {
            let Number::Fixed(number) = &plan.number else { return Ok(Err("no number".into())) };
            return Ok(Ok(number.truncated()));
        };
        let Some(bridge) = self.node.store.bridge(name).await? else {
            return Ok(Err(format!("{task}: could not find bridge with name '{name}'")));
        };
        let asked = async {
            let answer = ask(&bridge.url, request_data, run.request.meta()).await?;
            let number = Decimal::of(at(&answer, path)?)?;
            Ok(times.map_or(Ok(number), |times| number.times(times))?.truncated())
        };
        Ok(asked.await.map_err(|error: String| format!("{task}: {error}")))
    }
}

async fn ask(url: &str, request_data: &Map<String, Value>, meta: Value) -> Result<Value, String> {
    let mut body = request_data.clone();
    body.insert("meta".into(), meta);
    // Errors of this library repeat the URL, which may hold a key.
    let client = reqwest::Client::builder().no_proxy().timeout(BRIDGE_TIMEOUT).build().map_err(|_| "no HTTP client")?;
    let failed = |error: reqwest::Error| {
        let why = if error.is_timeout() { "no answer in time" } else { "the bridge is unreachable" };
        format!("error making http request: {why}")
    };
    let mut response = client.post(url).json(&body).send().await.map_err(failed)?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("got error from the bridge: (status code {})", status.as_u16()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER_BYTES {
            return Err(format!("HTTP response too large, must be less than {MAX_ANSWER_BYTES} bytes"));
        }
    }
    serde_json::from_slice(&bytes).map_err(|_| "the bridge does not answer with JSON".into())
}

fn at<'a>(answer: &'a Value, path: &[String]) -> Result<&'a Value, String> {
    let found = path.iter().try_fold(answer, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        value => value.get(part),
    });
    found.ok_or_else(|| format!("could not resolve path {path:?} in the bridge's answer"))
}

//! What the steps share: a holder's hands on the chain, and eyes on the API.

use std::{sync::Arc, time::Duration};

use alloy::{
    primitives::{Bytes, U256},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use anyhow::{Context, Result, ensure};
use linkpool_api::operator::OperatorToken;
use linkpool_chain::Chain;
use linkpool_chainlink::SealKey;
use linkpool_contracts::{lens, link, pool, reward_data, stake_data};
use linkpool_db::Database;
use linkpool_primitives::{Address, JUELS_PER_LINK};
use linkpool_standin_aws::StandinAws;
use linkpool_testkit::fixture::{Accounts, Asked, Contracts};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::dev::{stack::Stack, work::Ready};

/// How long the API may take to show a block; a block takes a second.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// The node that the call made.
#[derive(Default)]
pub struct Scaled {
    pub id: String,
    pub wallet: Address,
    /// What a consumer asked it while it was down, and how many transactions its wallet had sent before.
    pub asked: Option<(Asked, u64)>,
}

pub struct Journey {
    pub chain: Chain,
    pub database: Database,
    pub contracts: Contracts,
    pub accounts: Accounts,
    /// Opens the nodes' logins.
    pub seal_key: SealKey,
    /// Who pays nodes for their work.
    pub ready: watch::Receiver<Ready>,
    /// What the nodes are tasks of, where they are.
    pub aws: Option<Arc<StandinAws>>,
    /// The node that the journey's stake goes to.
    pub node: Address,
    /// When it got its first reward, in Unix seconds.
    pub rewarded_at: u64,
    /// The node that one call made on the way.
    pub scaled: Scaled,
    api: String,
    operator: (String, OperatorToken),
    http: reqwest::Client,
}

impl Journey {
    pub fn new(stack: &Stack) -> Result<Self> {
        Ok(Self {
            chain: stack.chain.clone(),
            database: stack.database.clone(),
            contracts: stack.contracts.clone(),
            accounts: stack.accounts.clone(),
            seal_key: stack.seal_key.clone(),
            ready: stack.ready.clone(),
            aws: stack.aws.clone(),
            node: Address::ZERO,
            rewarded_at: 0,
            scaled: Scaled::default(),
            api: format!("{}api/v1", stack.url),
            operator: stack.operator.clone(),
            // Some steps take as long as the API keeps a connection that says nothing.
            http: reqwest::Client::builder().timeout(WAIT_TIMEOUT).pool_max_idle_per_host(0).build()?,
        })
    }

    /// One answer of the API: the whole envelope.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let response =
            self.http.get(format!("{}/{path}", self.api)).send().await.with_context(|| format!("asking the API for {path}"))?;
        let (status, body) = (response.status(), response.text().await?);
        ensure!(status.is_success(), "the API answers {status} to {path}: {body}");
        serde_json::from_str(&body).with_context(|| format!("the API's answer to {path} is not JSON"))
    }

    /// The operator's one call for a node.
    pub async fn scale_up(&self, idempotency_key: &str) -> Result<Value> {
        let request = self.operators(Method::POST, "nodes").header("idempotency-key", idempotency_key);
        told(request.json(&json!({ "count": 1, "reason": "linkpool dev --check" }))).await
    }

    /// Another call of the operator's, once.
    pub async fn post_operator(&self, path: &str, body: &Value) -> Result<Value> {
        told(self.operators(Method::POST, path).header("idempotency-key", format!("check {path}")).json(body)).await
    }

    pub async fn get_operator(&self, path: &str) -> Result<Value> {
        told(self.operators(Method::GET, path)).await
    }

    fn operators(&self, method: Method, path: &str) -> RequestBuilder {
        let (url, token) = &self.operator;
        self.http.request(method, format!("{url}/api/v1/operator/{path}")).bearer_auth(token.expose())
    }

    /// The API's first answer that holds at `block` or at a later one.
    pub async fn get_from_block(&self, path: &str, block: u64) -> Result<Value> {
        self.get_when(path, |answer| answer["meta"]["as_of"]["block_number"].as_u64() >= Some(block))
            .await
            .with_context(|| format!("waiting for block {block}"))
    }

    /// The API's first answer for which `holds`.
    pub async fn get_when(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Result<Value> {
        let deadline = tokio::time::Instant::now() + WAIT_TIMEOUT;
        loop {
            let answer = self.get(path).await?;
            if holds(&answer) {
                return Ok(answer);
            }
            ensure!(
                tokio::time::Instant::now() < deadline,
                "{path} did not become what it should in {} s: {answer}",
                WAIT_TIMEOUT.as_secs()
            );
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// The maker fee in basis points.
    pub async fn fee_bps(&self) -> Result<u128> {
        Ok(self.chain.call(self.contracts.pool, &pool::totalsCall {}).await?.feeBps.into())
    }

    /// A holder's stake in one transaction.
    pub fn stake_call(&self, node: Address, amount_juels: u128) -> Result<link::transferAndCallCall> {
        let data = stake_data(&[(node, amount_juels)]).context("an amount beyond 96 bits")?;
        Ok(link::transferAndCallCall { _to: self.contracts.pool, _value: U256::from(amount_juels), _data: Bytes::from(data) })
    }

    pub async fn stake(&self, holder: Address, amount_juels: u128) -> Result<TransactionReceipt> {
        self.stake_on(self.node, holder, amount_juels).await
    }

    pub async fn stake_on(&self, node: Address, holder: Address, amount_juels: u128) -> Result<TransactionReceipt> {
        self.send(holder, self.contracts.link, &self.stake_call(node, amount_juels)?).await
    }

    pub async fn reward(&self, amount_juels: u128) -> Result<TransactionReceipt> {
        let data = reward_data(&[(self.node, amount_juels)]).context("an amount beyond 96 bits")?;
        let call =
            link::transferAndCallCall { _to: self.contracts.pool, _value: U256::from(amount_juels), _data: Bytes::from(data) };
        self.send(self.accounts.operator, self.contracts.link, &call).await
    }

    pub async fn send<C: SolCall>(&self, from: Address, to: Address, call: &C) -> Result<TransactionReceipt> {
        Ok(self.chain.send_unlocked(from, Some(to), call.abi_encode()).await?)
    }

    pub async fn balance(&self, holder: Address) -> Result<u128> {
        let balance = self.chain.call(self.contracts.link, &link::balanceOfCall { _owner: holder }).await?;
        Ok(balance.to())
    }

    /// What the contract itself says of a holder's rewards, at the block of an API answer.
    pub async fn pending_at(&self, holder: Address, answer: &Value) -> Result<u128> {
        let hash = answer["meta"]["as_of"]["block_hash"].as_str().context("an answer without as_of")?.parse()?;
        let call = lens::pendingRewardCall { pool: self.contracts.pool, node: self.node, staker: holder };
        Ok(self.chain.call_at(self.contracts.lens, &call, hash).await?.to())
    }

    pub async fn active_shares(&self, holder: Address) -> Result<u128> {
        let call = pool::positionOfCall { node: self.node, staker: holder };
        Ok(self.chain.call(self.contracts.pool, &call).await?.shares.to())
    }
}

/// An amount in an API answer.
pub fn juels(value: &Value) -> Result<u128> {
    let text = value.as_str().with_context(|| format!("expected an amount as a string, found {value}"))?;
    Ok(text.parse()?)
}

pub const fn link_amount(link: u128) -> u128 {
    link * JUELS_PER_LINK
}

pub fn block(receipt: &TransactionReceipt) -> u64 {
    receipt.block_number.unwrap_or_default()
}

/// What the operator's listener answers.
async fn told(request: RequestBuilder) -> Result<Value> {
    let response = request.send().await?;
    let (status, body) = (response.status(), response.text().await?);
    ensure!(status.is_success(), "the operator's listener answers {status}: {body}");
    Ok(serde_json::from_str(&body)?)
}

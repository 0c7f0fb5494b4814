//! What operators ask of nodes that are there: on chain by the registrar, or here alone.
#![deny(clippy::wildcard_enum_match_arm)]

use linkpool_primitives::{Address, NodeStatus, checksum, words};
use serde_json::json;
use sqlx::Row;

use crate::{
    Database, Result,
    convert::{address, node_status},
    fleet::{Phase, advance, record},
    pool::Transaction,
    tx::{Account, NewTransactionRequest, TransactionKind},
};

words! {
    /// What the contract is asked to do with a node.
    pub enum NodeAction {
        Close = "close",
        Reopen = "reopen",
    }
}

impl NodeAction {
    /// The kind of transaction that does it.
    pub fn kind(self) -> TransactionKind {
        match self {
            Self::Close => TransactionKind::Close,
            Self::Reopen => TransactionKind::Reopen,
        }
    }
}

/// An operator's request, with who and why for the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorRequest<'a> {
    pub node_id: &'a str,
    pub actor: &'a str,
    pub reason: &'a str,
    /// Says what would happen, and does nothing.
    pub dry_run: bool,
}

/// What became of an [`OperatorRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorRequestOutcome {
    Done,
    /// The same was asked before and is under way.
    Repeated,
    NoSuchNode,
    /// A sentence.
    Refused(String),
}

/// A wish that the registrar has not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRequest {
    pub id: i64,
    pub node_id: String,
    pub wallet: Address,
    pub action: NodeAction,
}

impl Database {
    /// Asks for a node to be closed or reopened on chain.
    pub async fn request_action(
        &self,
        action: NodeAction,
        operator_request: &OperatorRequest<'_>,
    ) -> Result<OperatorRequestOutcome> {
        let mut transaction = self.pool.begin().await?;
        let row = sqlx::query(
            "select wallet is not null, (select status from node n where n.node = f.wallet), (select action from node_request r
                where r.fleet_node_id = f.fleet_node_id and (r.transaction_request_id is null or exists (
                    select from transaction_request i where i.transaction_request_id = r.transaction_request_id and i.state in ('queued', 'assigned')))
                order by node_request_id desc limit 1)
               from fleet_node f where fleet_node_id = $1 for update",
        )
        .bind(operator_request.node_id)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else { return Ok(OperatorRequestOutcome::NoSuchNode) };
        match row.get::<Option<&str>, _>(2) {
            Some(open) if open == action.as_str() => return Ok(OperatorRequestOutcome::Repeated),
            Some(open) => {
                let sentence = format!("the node is being asked to {open} at the moment: wait for that first");
                return Ok(OperatorRequestOutcome::Refused(sentence));
            }
            None => {}
        }
        if let Some(sentence) = objection(action, row.get(0), row.get::<Option<i16>, _>(1).map(node_status).transpose()?) {
            return Ok(OperatorRequestOutcome::Refused(sentence.into()));
        }
        sqlx::query("insert into node_request (fleet_node_id, action, actor, reason) values ($1, $2, $3, $4)")
            .bind(operator_request.node_id)
            .bind(action.as_str())
            .bind(operator_request.actor)
            .bind(operator_request.reason)
            .execute(&mut *transaction)
            .await?;
        let detail = json!({ "asked": action.as_str(), "actor": operator_request.actor, "reason": operator_request.reason });
        record(&mut transaction, operator_request.node_id, "asked", &detail).await?;
        finish(transaction, operator_request.dry_run).await
    }

    /// The wishes that the registrar has not seen, oldest first.
    pub async fn open_node_requests(&self) -> Result<Vec<NodeRequest>> {
        let rows = sqlx::query(
            "select node_request_id, fleet_node_id, wallet::bytea, action from node_request join fleet_node using (fleet_node_id)
              where transaction_request_id is null and wallet is not null order by node_request_id limit 100",
        )
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &sqlx::postgres::PgRow| {
            let action = if row.get::<&str, _>(3) == "close" { NodeAction::Close } else { NodeAction::Reopen };
            Ok(NodeRequest { id: row.get(0), node_id: row.get(1), wallet: address(row.get(2))?, action })
        };
        rows.iter().map(read).collect()
    }

    /// Queues the transaction of a request, once.
    pub async fn queue_node_request(
        &self,
        account: &Account,
        node_request: &NodeRequest,
        request: &NewTransactionRequest,
    ) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "with queued as (
                 insert into transaction_request (idempotency_key, chain_id, signer, fleet_node_id, kind, recipient, value, data)
                 select 'request/' || $1::text, $2, $3, $4, $5, $6, 0, $7
                   from node_request where node_request_id = $1 and transaction_request_id is null
                 on conflict (idempotency_key) do nothing returning transaction_request_id)
             update node_request set transaction_request_id = queued.transaction_request_id from queued where node_request_id = $1",
        )
        .bind(node_request.id)
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(&node_request.node_id)
        .bind(request.kind.as_str())
        .bind(request.recipient.as_ref().map(|recipient| recipient.to_vec()))
        .bind(&request.data)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes a node out of every automatic step, here and now.
    pub async fn quarantine_by_hand(&self, operator_request: &OperatorRequest<'_>) -> Result<OperatorRequestOutcome> {
        let Some(node) = self.fleet_node(operator_request.node_id).await? else { return Ok(OperatorRequestOutcome::NoSuchNode) };
        if node.phase == Phase::Quarantined {
            return Ok(OperatorRequestOutcome::Repeated);
        }
        if !operator_request.dry_run {
            self.quarantine_node(
                operator_request.node_id,
                &format!("quarantined by {}: {}", operator_request.actor, operator_request.reason),
            )
            .await?;
        }
        Ok(OperatorRequestOutcome::Done)
    }

    /// Gives a quarantined node back to the automatic steps: where the contract may have it, the contract decides what follows.
    pub async fn release_node(&self, operator_request: &OperatorRequest<'_>) -> Result<OperatorRequestOutcome> {
        let mut transaction = self.pool.begin().await?;
        let row = sqlx::query(
            "select phase, wallet is not null, exists (select from transaction_request i where i.fleet_node_id = f.fleet_node_id and i.kind = 'register')
                    or exists (select from node n where n.node = f.wallet)
               from fleet_node f where fleet_node_id = $1 for update",
        )
        .bind(operator_request.node_id)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else { return Ok(OperatorRequestOutcome::NoSuchNode) };
        if row.get::<&str, _>(0) != Phase::Quarantined.as_str() {
            return Ok(OperatorRequestOutcome::Refused("the node is not quarantined".into()));
        }
        let to = match (row.get::<bool, _>(1), row.get::<bool, _>(2)) {
            (_, true) => Phase::Registering,
            (true, false) => Phase::Healthy,
            (false, false) => Phase::Requested,
        };
        let detail = json!({ "released": true, "actor": operator_request.actor, "reason": operator_request.reason });
        advance(&mut transaction, operator_request.node_id, &[Phase::Quarantined], to, &detail).await?;
        finish(transaction, operator_request.dry_run).await
    }

    /// Takes a wallet that the contract has into this database: onto the node `onto`, or as a node of its own that nobody here runs.
    /// Gives the node's id.
    pub async fn adopt_node(
        &self,
        wallet: &Address,
        onto: Option<&str>,
        operator_request: &OperatorRequest<'_>,
    ) -> Result<(OperatorRequestOutcome, Option<String>)> {
        let mut transaction = self.pool.begin().await?;
        let known: Option<String> = sqlx::query_scalar("select fleet_node_id from fleet_node where wallet = $1")
            .bind(wallet.as_slice())
            .fetch_optional(&mut *transaction)
            .await?;
        if let Some(known) = known {
            let outcome = match onto {
                Some(onto) if onto != known => OperatorRequestOutcome::Refused(format!("the wallet is node {known}'s already")),
                _ => OperatorRequestOutcome::Repeated,
            };
            return Ok((outcome, Some(known)));
        }
        let is_on_contract: bool = sqlx::query_scalar("select exists (select from node where node = $1)")
            .bind(wallet.as_slice())
            .fetch_one(&mut *transaction)
            .await?;
        if !is_on_contract {
            let sentence = format!("the contract has no node with the wallet {}, as far as it is indexed", checksum(wallet));
            return Ok((OperatorRequestOutcome::Refused(sentence), None));
        }
        let node_id = match onto {
            Some(onto) => onto.to_owned(),
            None => {
                sqlx::query(
                    "insert into operation (idempotency_key, actor, kind, request) values ('adopted', 'operator', 'adopt', '{}')
                     on conflict (idempotency_key) do nothing",
                )
                .execute(&mut *transaction)
                .await?;
                sqlx::query_scalar(
                    "insert into fleet_node (operation_id, source, replica_count)
                     select operation_id, 'chain', 1 from operation where idempotency_key = 'adopted' returning fleet_node_id",
                )
                .fetch_one(&mut *transaction)
                .await?
            }
        };
        let given = sqlx::query("update fleet_node set wallet = $2 where fleet_node_id = $1 and wallet is null")
            .bind(&node_id)
            .bind(wallet.as_slice())
            .execute(&mut *transaction)
            .await?;
        if given.rows_affected() == 0 {
            return Ok((OperatorRequestOutcome::Refused("there is no such node, or it has a wallet already".into()), None));
        }
        let detail = json!({ "adopted": checksum(wallet), "actor": operator_request.actor, "reason": operator_request.reason });
        advance(&mut transaction, &node_id, Phase::ALL, Phase::Registering, &detail).await?;
        Ok((finish(transaction, operator_request.dry_run).await?, Some(node_id)))
    }
}

/// What the contract would object to, as far as it is indexed.
fn objection(action: NodeAction, has_wallet: bool, status: Option<NodeStatus>) -> Option<&'static str> {
    if !has_wallet {
        return Some("the node has no wallet yet, so the contract does not know it");
    }
    let Some(status) = status else { return Some("the node is not on the contract, as far as it is indexed") };
    match (action, status) {
        (NodeAction::Close | NodeAction::Reopen, NodeStatus::Retired) => Some("the node is retired, for ever"),
        (NodeAction::Close, NodeStatus::Closed) => Some("the node is closed already"),
        (NodeAction::Reopen, NodeStatus::Active) => Some("the node is open already"),
        (NodeAction::Close, NodeStatus::Active) | (NodeAction::Reopen, NodeStatus::Closed) => None,
    }
}

async fn finish(transaction: Transaction, dry_run: bool) -> Result<OperatorRequestOutcome> {
    if dry_run {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
    }
    Ok(OperatorRequestOutcome::Done)
}

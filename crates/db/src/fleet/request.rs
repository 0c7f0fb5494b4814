//! What operators ask of nodes that are there: on chain by the registrar, or here alone.
#![deny(clippy::wildcard_enum_match_arm)]

use linkpool_primitives::{Address, NodeStatus, checksum, words};
use serde_json::json;

use crate::{
    Database, Result,
    column::{row, stored_enums},
    fleet::{Phase, advance, record},
    pool::Transaction,
    statement::{all, args, maybe, one, run},
    tx::{Account, NewTransactionRequest, TransactionKind},
};

stored_enums!(NodeAction);

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

row! {
    /// A wish that the registrar has not seen.
    #[derive(Debug, Clone, PartialEq, Eq)]
    NodeRequest {
        id = "node_request_id": i64,
        node_id = "fleet_node_id": String,
        wallet: Address,
        action: NodeAction,
    }
}

impl Database {
    /// Asks for a node to be closed or reopened on chain.
    pub async fn request_action(
        &self,
        action: NodeAction,
        operator_request: &OperatorRequest<'_>,
    ) -> Result<OperatorRequestOutcome> {
        let mut transaction = self.pool.begin().await?;
        let select = "select wallet is not null, (select status from node n where n.node = f.wallet), (select action from node_request r
                where r.fleet_node_id = f.fleet_node_id and (r.transaction_request_id is null or exists (
                    select from transaction_request i where i.transaction_request_id = r.transaction_request_id and i.state in ('queued', 'assigned')))
                order by node_request_id desc limit 1)
               from fleet_node f where fleet_node_id = $1 for update";
        let found: Option<(bool, Option<NodeStatus>, Option<NodeAction>)> =
            maybe(&mut *transaction, select, args![operator_request.node_id]).await?;
        let Some((has_wallet, status, open)) = found else { return Ok(OperatorRequestOutcome::NoSuchNode) };
        if let Some(open) = open.filter(|open| *open != action) {
            let sentence = format!("the node is being asked to {open} at the moment: wait for that first");
            return Ok(OperatorRequestOutcome::Refused(sentence));
        }
        // Before the repetition: the contract may have done what is still on its way here.
        if let Some(sentence) = objection(action, has_wallet, status) {
            return Ok(OperatorRequestOutcome::Refused(sentence.into()));
        }
        if open.is_some() {
            return Ok(OperatorRequestOutcome::Repeated);
        }
        let insert = "insert into node_request (fleet_node_id, action, actor, reason) values ($1, $2, $3, $4)";
        run(&mut *transaction, insert, args![operator_request.node_id, action, operator_request.actor, operator_request.reason])
            .await?;
        let detail = json!({ "asked": action.as_str(), "actor": operator_request.actor, "reason": operator_request.reason });
        record(&mut transaction, operator_request.node_id, "asked", &detail).await?;
        finish(transaction, operator_request.dry_run).await
    }

    /// The wishes that the registrar has not seen, oldest first.
    pub async fn open_node_requests(&self) -> Result<Vec<NodeRequest>> {
        let select =
            "select node_request_id, fleet_node_id, wallet::bytea, action from node_request join fleet_node using (fleet_node_id)
              where transaction_request_id is null and wallet is not null order by node_request_id limit 100";
        all(&self.pool, select, args![]).await
    }

    /// Queues the transaction of a request, once.
    pub async fn queue_node_request(
        &self,
        account: &Account,
        node_request: &NodeRequest,
        request: &NewTransactionRequest,
    ) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let statement = "with queued as (
                 insert into transaction_request (idempotency_key, chain_id, signer, fleet_node_id, kind, recipient, value, data)
                 select 'request/' || $1::text, $2, $3, $4, $5, $6, 0, $7
                   from node_request where node_request_id = $1 and transaction_request_id is null
                 on conflict (idempotency_key) do nothing returning transaction_request_id)
             update node_request set transaction_request_id = queued.transaction_request_id from queued where node_request_id = $1";
        run(
            &mut *transaction,
            statement,
            args![node_request.id, account, node_request.node_id, request.kind, request.recipient, request.data],
        )
        .await?;
        Ok(transaction.commit().await?)
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
        let select = "select phase, wallet is not null, exists (select from transaction_request i where i.fleet_node_id = f.fleet_node_id and i.kind = 'register')
                    or exists (select from node n where n.node = f.wallet)
               from fleet_node f where fleet_node_id = $1 for update";
        let found: Option<(Phase, bool, bool)> = maybe(&mut *transaction, select, args![operator_request.node_id]).await?;
        let Some((phase, has_wallet, is_known)) = found else { return Ok(OperatorRequestOutcome::NoSuchNode) };
        if phase != Phase::Quarantined {
            return Ok(OperatorRequestOutcome::Refused("the node is not quarantined".into()));
        }
        let to = match (has_wallet, is_known) {
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
        let select = "select fleet_node_id from fleet_node where wallet = $1";
        let known: Option<String> = maybe(&mut *transaction, select, args![wallet]).await?;
        if let Some(known) = known {
            let outcome = match onto {
                Some(onto) if onto != known => OperatorRequestOutcome::Refused(format!("the wallet is node {known}'s already")),
                _ => OperatorRequestOutcome::Repeated,
            };
            return Ok((outcome, Some(known)));
        }
        let select = "select exists (select from node where node = $1)";
        let is_on_contract: bool = one(&mut *transaction, select, args![wallet]).await?;
        if !is_on_contract {
            let sentence = format!("the contract has no node with the wallet {}, as far as it is indexed", checksum(wallet));
            return Ok((OperatorRequestOutcome::Refused(sentence), None));
        }
        let node_id = match onto {
            Some(onto) => onto.to_owned(),
            None => {
                let insert =
                    "insert into operation (idempotency_key, actor, kind, request) values ('adopted', 'operator', 'adopt', '{}')
                     on conflict (idempotency_key) do nothing";
                run(&mut *transaction, insert, args![]).await?;
                let insert = "insert into fleet_node (operation_id, source, replica_count)
                     select operation_id, 'chain', 1 from operation where idempotency_key = 'adopted' returning fleet_node_id";
                one(&mut *transaction, insert, args![]).await?
            }
        };
        let update = "update fleet_node set wallet = $2 where fleet_node_id = $1 and wallet is null";
        let given = run(&mut *transaction, update, args![node_id, wallet]).await?;
        if given == 0 {
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

/// Commits what was asked, or takes it back where nothing shall be done.
pub(super) async fn finish(transaction: Transaction, dry_run: bool) -> Result<OperatorRequestOutcome> {
    if dry_run {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
    }
    Ok(OperatorRequestOutcome::Done)
}

//! The Operator contract of a node: an operator names it, jobs are made with it.

use linkpool_primitives::{Address, checksum};
use serde_json::json;

use crate::{
    Database, Result,
    fleet::{OperatorRequest, OperatorRequestOutcome, record, request::finish},
    followed_operators::note_named,
    statement::{args, maybe, one},
};

impl Database {
    /// Names the Operator contract whose requests a node answers, or takes the name away. Two nodes are never given the same.
    pub async fn set_operator_contract(
        &self,
        contract: Option<&Address>,
        operator_request: &OperatorRequest<'_>,
    ) -> Result<OperatorRequestOutcome> {
        let mut transaction = self.pool.begin().await?;
        let node_id = operator_request.node_id;
        let select = "select operator is not distinct from $2 from fleet_node where fleet_node_id = $1 for update";
        let is_same: Option<bool> = maybe(&mut *transaction, select, args![node_id, contract]).await?;
        match is_same {
            None => return Ok(OperatorRequestOutcome::NoSuchNode),
            Some(true) => return Ok(OperatorRequestOutcome::Repeated),
            Some(false) => {}
        }
        let update = "update fleet_node set operator = $2 where fleet_node_id = $1";
        match sqlx::query_with(update, args![node_id, contract]).execute(&mut *transaction).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                drop(transaction);
                return self.serves_another(contract).await;
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(contract) = contract {
            note_named(&mut transaction, node_id, contract).await?;
        }
        let detail = json!({
            "operator": contract.map(checksum), "actor": operator_request.actor, "reason": operator_request.reason,
        });
        record(&mut transaction, node_id, "operator", &detail).await?;
        finish(transaction, operator_request.dry_run).await
    }

    async fn serves_another(&self, contract: Option<&Address>) -> Result<OperatorRequestOutcome> {
        let select = "select (select fleet_node_id from fleet_node where operator = $1)";
        let other: Option<String> = one(&self.pool, select, args![contract]).await?;
        let sentence = format!(
            "{} serves {} already, and one Operator serves one node: two would both answer each request, and all but the first answer \
             burn ether; deploy an Operator for this node, or take it from the other one first",
            contract.map_or_else(String::new, |contract| format!("the Operator {}", checksum(contract))),
            other.map_or_else(|| "another node".to_owned(), |other| format!("node {other}")),
        );
        Ok(OperatorRequestOutcome::Refused(sentence))
    }
}

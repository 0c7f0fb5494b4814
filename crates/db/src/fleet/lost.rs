//! A node of this fleet that the database does not know, because it was restored from a dump older than the node. Its folder and
//! its own database are there; under its old id the fleet runs it again, and it says itself which wallet it has.

use serde_json::json;

use crate::{
    Database, Result,
    fleet::{OperatorRequest, OperatorRequestOutcome, record},
    statement::{args, one, run},
};

impl Database {
    /// Takes the node back under the id that it had, which is the wish's.
    pub async fn adopt_lost(&self, operator_request: &OperatorRequest<'_>) -> Result<OperatorRequestOutcome> {
        let mut transaction = self.pool.begin().await?;
        let insert = "insert into operation (idempotency_key, actor, kind, request) values ('adopted/' || $1, $2, 'adopt', '{}')
             on conflict (idempotency_key) do nothing";
        run(&mut *transaction, insert, args![operator_request.node_id, operator_request.actor]).await?;
        let insert = "insert into fleet_node (fleet_node_id, operation_id) select $1, operation_id from operation where idempotency_key = 'adopted/' || $1
             on conflict (fleet_node_id) do nothing";
        let added = run(&mut *transaction, insert, args![operator_request.node_id]).await?;
        if added == 0 {
            return Ok(OperatorRequestOutcome::Repeated);
        }
        let detail = json!({ "lost": true, "actor": operator_request.actor, "reason": operator_request.reason });
        record(&mut transaction, operator_request.node_id, "adopted", &detail).await?;
        if operator_request.dry_run {
            transaction.rollback().await?;
        } else {
            transaction.commit().await?;
        }
        Ok(OperatorRequestOutcome::Done)
    }

    /// Whether the node was taken back by [`Database::adopt_lost`]: its wallet is no new one, but the contract's already.
    pub async fn was_lost(&self, node_id: &str) -> Result<bool> {
        let select = "select exists (select from fleet_node f join operation o using (operation_id)
                where f.fleet_node_id = $1 and f.source = 'fleet' and o.idempotency_key = 'adopted/' || $1)";
        let found = one(&self.pool, select, args![node_id]).await?;
        Ok(found)
    }
}

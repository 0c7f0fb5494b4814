//! The jobs of a node that requests can name: what it is to answer, from which block on, and until which.

use linkpool_primitives::{Address, B256};
use sqlx::{AssertSqlSafe, postgres::PgArguments};

use crate::{
    Database, Result,
    statement::{args, run},
};

/// A job that a node has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeJob {
    pub name: String,
    pub operator: Address,
    /// How a request names it.
    pub spec_ids: [B256; 2],
    /// Juels.
    pub least_payment: u128,
    /// Who may ask; anybody, where it is empty.
    pub requesters: Vec<Address>,
}

/// What the chain called its newest block when somebody last looked: where the job begins or ends.
const HEAD: &str = "coalesce((select head_block from cursor), 0)";

impl Database {
    /// Writes down which jobs a node has now: one that is new or another begins, one that is not there any more ends. The
    /// Operators that they name themselves are the node's, where they are nobody else's. `unchanged` are the names of jobs that stay as
    /// they were noted.
    pub async fn note_node_jobs(&self, node_id: &str, jobs: &[NodeJob], unchanged: &[String]) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let names: Vec<String> = jobs.iter().map(|job| &job.name).chain(unchanged).cloned().collect();
        let end = format!(
            "update node_job set until_block = greatest({HEAD}, since_block)
              where fleet_node_id = $1 and until_block is null and not name = any ($2)"
        );
        run(&mut *transaction, AssertSqlSafe(end), args![node_id, names]).await?;
        for job in jobs {
            let NodeJob { name, operator, spec_ids, least_payment, requesters } = job;
            let ids = spec_ids.to_vec();
            let arguments = || -> Result<PgArguments> { Ok(args![node_id, name, operator, ids, least_payment, requesters]) };
            let other = "(operator, spec_ids, least_payment, requesters) is distinct from ($3::bytea, $4::bytea[], $5::numeric, $6::bytea[])";
            let end = format!(
                "update node_job set until_block = greatest({HEAD}, since_block)
                  where fleet_node_id = $1 and name = $2 and until_block is null and {other}"
            );
            run(&mut *transaction, AssertSqlSafe(end), arguments()?).await?;
            // Of two that began in one block the newer counts.
            let begin = format!(
                "insert into node_job (fleet_node_id, name, since_block, operator, spec_ids, least_payment, requesters)
                 select $1, $2, {HEAD}, $3, $4, $5, $6
                  where not exists (select from node_job where fleet_node_id = $1 and name = $2 and until_block is null)
                 on conflict (fleet_node_id, name, since_block) do update set (until_block, operator, spec_ids, least_payment, requesters)
                     = (null, excluded.operator, excluded.spec_ids, excluded.least_payment, excluded.requesters)"
            );
            run(&mut *transaction, AssertSqlSafe(begin), arguments()?).await?;
            let name_operator =
                "insert into node_operator (operator, fleet_node_id, reason) values ($2, $1, 'spec') on conflict do nothing";
            run(&mut *transaction, name_operator, args![node_id, operator]).await?;
        }
        Ok(transaction.commit().await?)
    }
}

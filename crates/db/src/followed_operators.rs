//! Which Operators are among the followed contracts: those that were named for a node here, and none because a log says so.

use linkpool_primitives::{Address, ContractKind};
use sqlx::AssertSqlSafe;

use crate::{
    Database, Error, Result,
    followed::{MAX_FOLLOWED, changed},
    lease::{self, Lease},
    pool::Connection,
    statement::{args, maybe, one, run},
};

/// Most Operators of one node: the newest named. Whoever names one after the other can't fill the list of what is asked for.
pub const MAX_OPERATORS_PER_NODE: i64 = 8;
/// Most of all nodes: whoever comes to own the pool has to find room.
pub const MAX_OPERATORS: i64 = 900;

/// Those to be followed, with their nodes' wallets. Neither the pool nor its token is an Operator, whoever names it one; a contract that is
/// followed as an owner stays that. Where there is no room for all, those that were named first stay.
const WANTED: &str = "wanted as materialized (
    select operator, wallet from (
        select o.operator, n.wallet, o.named_at, row_number() over (partition by n.fleet_node_id order by o.named_at desc, o.operator) as nth
          from node_operator o join fleet_node n using (fleet_node_id) cross join deployment d
         where n.wallet is not null and o.operator not in (d.pool, d.token)
           and not exists (select from followed_contract f where f.contract = o.operator and f.kind <> 'operator')
    ) named where nth <= $1 order by named_at, operator
     limit greatest(least($2, $3 - (select count(*) from followed_contract f where f.kind <> 'operator')), 0))";
const IS_THERE: &str =
    "exists (select from followed_contract f where f.contract = w.operator and f.kind = 'operator' and f.node = w.wallet)";
const IS_WANTED: &str = "exists (select from wanted w where w.operator = f.contract and w.wallet = f.node)";

impl Database {
    /// Makes the followed Operators those that are named. One that joins is read from the pool's first block on. Whether anything has changed.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] where another instance writes.
    pub async fn follow_operators(&self, lease: Option<&Lease>) -> Result<bool> {
        let differs = format!(
            "with {WANTED} select exists (select from wanted w where not {IS_THERE})
                 or exists (select from followed_contract f where f.kind = 'operator' and not {IS_WANTED})"
        );
        // Most often nothing has changed, and nobody waits for a look.
        let differs: bool =
            one(&self.pool, AssertSqlSafe(differs), args![MAX_OPERATORS_PER_NODE, MAX_OPERATORS, MAX_FOLLOWED]).await?;
        if !differs {
            return Ok(false);
        }
        let mut transaction = self.pool.begin().await?;
        if let Some(lease) = lease
            && !lease::is_current(&mut transaction, lease).await?
        {
            return Err(Error::LeaseLost { name: lease.name.clone() });
        }
        // Whoever writes blocks comes before this or after it.
        let hold = "select coalesce(copied_block, block_number) from cursor for update";
        let copied: Option<u64> = maybe(&mut *transaction, hold, args![]).await?;
        let Some(copied) = copied else { return Ok(false) };
        let has_changed = join_and_leave(&mut transaction, copied).await?;
        transaction.commit().await?;
        Ok(has_changed)
    }
}

async fn join_and_leave(connection: &mut Connection, copied: u64) -> Result<bool> {
    let delete = format!("with {WANTED} delete from followed_contract f where f.kind = 'operator' and not {IS_WANTED}");
    let left = run(&mut *connection, AssertSqlSafe(delete), args![MAX_OPERATORS_PER_NODE, MAX_OPERATORS, MAX_FOLLOWED]).await?;
    // What was written for the node before goes before it comes again for another.
    changed(&mut *connection, left, 0).await?;
    let delete = "delete from operator_state s where not exists (select from followed_contract f where f.contract = s.operator)";
    run(&mut *connection, delete, args![]).await?;
    // Where nothing is written yet, nothing is to be filled.
    let insert = format!(
        "with {WANTED} insert into followed_contract (contract, kind, node, joined_block, fill_block, fill_end)
         select w.operator, $4, w.wallet, 0, nullif(d.start_block, $5), case when d.start_block < $5 then $5 end
           from wanted w cross join deployment d where not {IS_THERE}"
    );
    let args = args![MAX_OPERATORS_PER_NODE, MAX_OPERATORS, MAX_FOLLOWED, ContractKind::Operator, copied];
    let joined = run(&mut *connection, AssertSqlSafe(insert), args).await?;
    changed(connection, 0, joined).await?;
    Ok(left + joined > 0)
}

/// Writes down that an Operator was named for a node, which it serves from now on.
pub(crate) async fn note_named(connection: &mut Connection, node_id: &str, operator: &Address) -> Result<()> {
    let insert = "insert into node_operator (operator, fleet_node_id, reason) values ($1, $2, 'named')
         on conflict (operator) do update set fleet_node_id = excluded.fleet_node_id, reason = excluded.reason, named_at = excluded.named_at";
    run(connection, insert, args![operator, node_id]).await?;
    Ok(())
}

//! A roll-out as a whole: who comes next, and when it is over.

use super::{Rollout, RolloutNode, RolloutStep, start::LOCK};
use crate::{
    Database, Result,
    statement::{args, run},
};

impl Database {
    /// Nodes that were made since it began come last; one that is quarantined or stopped meanwhile is left out.
    pub async fn add_to_rollout(&self, rollout: &Rollout) -> Result<()> {
        let insert = "insert into rollout_node (rollout_id, fleet_node_id, wave)
             select $1, fleet_node_id, 3 from fleet_node f
              where source = 'fleet' and phase <> 'quarantined' and ending is distinct from 'stopped' and release_number is distinct from $2
                and not exists (select from rollout_node n where n.rollout_id = $1 and n.fleet_node_id = f.fleet_node_id)
             on conflict do nothing";
        run(self.pool.writing(), insert, args![rollout.id, rollout.release_number]).await?;
        let drop = "update rollout_node n set step = 'dropped', step_since = now() from fleet_node f
              where rollout_id = $1 and step = 'queued' and f.fleet_node_id = n.fleet_node_id and (phase = 'quarantined' or ending = 'stopped')";
        run(self.pool.writing(), drop, args![rollout.id]).await?;
        Ok(())
    }

    /// The next wave may begin, or waits for an operator where there is a gate before it.
    pub async fn next_wave(&self, rollout: &Rollout) -> Result<()> {
        let update = "update rollout set wave = wave + 1, state = case when is_gated then 'paused' else state end,
                state_since = case when is_gated then now() else state_since end,
                why = case when is_gated then 'the gate before ' || case wave when 1 then 'a tenth of the nodes' else 'the other nodes' end
                    || ': `linkpool rollout promote` opens it' else why end
              where rollout_id = $1 and wave = $2 and state = 'running'";
        run(self.pool.writing(), update, args![rollout.id, rollout.wave]).await?;
        Ok(())
    }

    /// A node could not be rolled out: no other follows it until somebody has looked.
    pub async fn halt_rollout(&self, node: &RolloutNode, why: &str) -> Result<()> {
        let why = format!("node {}: {why}", node.node_id);
        let update = "update rollout set state = 'halted', state_since = now(), why = $2 where rollout_id = $1 and state in ('running', 'paused')";
        run(self.pool.writing(), update, args![node.rollout_id, why]).await?;
        Ok(())
    }

    /// It is done, if no node of the fleet is left over.
    pub async fn finish_rollout(&self, rollout: &Rollout) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        run(&mut *transaction, LOCK, args![]).await?;
        let update = "update rollout set state = 'done', state_since = now() where rollout_id = $1 and state = 'running'
                and not exists (select from rollout_node where rollout_id = $1 and step <> all($2))";
        let over: Vec<RolloutStep> = RolloutStep::ALL.iter().copied().filter(|step| step.is_over()).collect();
        run(&mut *transaction, update, args![rollout.id, over]).await?;
        Ok(transaction.commit().await?)
    }
}

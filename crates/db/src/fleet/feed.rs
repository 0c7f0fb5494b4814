//! Which nodes of the fleet may be asked something now, and what they lack.

use linkpool_primitives::Address;

use crate::{
    Database, Result,
    column::row,
    fleet::{Phase, ProofMode},
    statement::{all, args, maybe, run},
};

row! {
    /// A node of the fleet that serves.
    #[derive(Debug, Clone, PartialEq, Eq)]
    ServingNode {
        id = "fleet_node_id": String,
        phase: Phase,
        proof_mode: ProofMode,
        wallet: Option<Address>,
        /// Its own Operator contract.
        operator: Option<Address>,
        /// Where it answers.
        base_url: String,
        /// Whether the fleet's token and the registrar's are kept.
        has_tokens: bool,
        /// Whether the registrar waits for a payment that nobody has taken up.
        is_payment_wanted: bool,
        /// The version of the set that it has all of; 0 where it lacks something.
        complete_version: u32,
        /// What is shown as keeping the fleet from making its users and tokens.
        access_error: Option<String>,
    }
}

impl Database {
    /// The fleet's nodes that serve, oldest first. One that a person has taken out of every automatic step is not among them.
    pub async fn serving_nodes(&self) -> Result<Vec<ServingNode>> {
        let select = "select distinct on (n.created_at, n.fleet_node_id) n.fleet_node_id, phase, proof_mode, n.wallet::bytea, n.operator::bytea, r.base_url,
                    (select count(*) = 2 from fleet_secret s
                      where s.fleet_node_id = n.fleet_node_id and kind in ('fleet_token', 'registrar_token')) as has_tokens,
                    coalesce(t.wanted > t.asks and t.transaction_hash is null, false) as is_payment_wanted,
                    case when p.is_complete then p.job_version else 0 end as complete_version, p.access_error
               from fleet_node n join fleet_replica r using (fleet_node_id, generation)
               left join transfer_proof t using (fleet_node_id) left join node_feed p using (fleet_node_id)
              where n.source = 'fleet' and n.phase <> 'quarantined' and r.state = 'serving' and r.base_url is not null
              order by n.created_at, n.fleet_node_id, r.replica_id";
        all(&self.pool, select, args![]).await
    }

    /// Shows what keeps the fleet from making a node's users and tokens, or that nothing does.
    pub async fn set_access_error(&self, node_id: &str, error: Option<&str>) -> Result<()> {
        let insert = "with stored as (
                 insert into node_feed (fleet_node_id, access_error) values ($1, $2)
                 on conflict (fleet_node_id) do update set access_error = excluded.access_error
             ) select pg_notify('linkpool_fleet', $1)";
        run(self.pool.writing(), insert, args![node_id, error]).await?;
        Ok(())
    }

    /// What keeps the fleet from making a node's users and tokens, where it is known.
    pub async fn access_error(&self, node_id: &str) -> Result<Option<String>> {
        let select = "select access_error from node_feed where fleet_node_id = $1 and access_error is not null";
        maybe(&self.pool, select, args![node_id]).await
    }
}

//! Which entities the removed branch had changed.

use sqlx::PgConnection;

use crate::Result;

/// Node, staker and ticket of an event, as far as it has them.
type Key = (Option<Vec<u8>>, Option<Vec<u8>>, Option<i64>);

/// Keys of the projections, as columns.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub nodes: Vec<Vec<u8>>,
    pub positions: (Vec<Vec<u8>>, Vec<Vec<u8>>),
    pub tickets: (Vec<Vec<u8>>, Vec<Vec<u8>>, Vec<i64>),
    /// Whether the branch held any event at all, and so may have changed the pool.
    pub pool: bool,
}

impl Touched {
    pub(super) async fn above(connection: &mut PgConnection, ancestor: u64) -> Result<Self> {
        let keys: Vec<Key> =
            sqlx::query_as("select distinct node::bytea, staker::bytea, ticket from event where block_number > $1")
                .bind(ancestor as i64)
                .fetch_all(connection)
                .await?;
        let mut touched = Self { pool: !keys.is_empty(), ..Self::default() };
        for (node, staker, ticket) in keys {
            let Some(node) = node else { continue };
            touched.nodes.push(node.clone());
            let Some(staker) = staker else { continue };
            touched.positions.0.push(node.clone());
            touched.positions.1.push(staker.clone());
            let Some(ticket) = ticket else { continue };
            touched.tickets.0.push(node);
            touched.tickets.1.push(staker);
            touched.tickets.2.push(ticket);
        }
        Ok(touched)
    }
}

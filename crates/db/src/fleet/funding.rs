//! Ether for the nodes' wallets: one payment at a time for each, and a cap over all of them.

use std::time::Duration;

use linkpool_primitives::Address;
use serde_json::json;
use sqlx::PgConnection;

use crate::{
    Database, Result,
    amount::Numeric,
    fleet::record,
    registrar::{Account, NewIntent},
};

/// What queueing ether for a wallet met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Funded {
    Queued,
    /// A payment to the wallet is under way, or is too recent for another.
    UnderWay,
    /// All wallets together have had what they may have within 24 hours.
    CapReached,
}

/// Bounds of what wallets get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FundingBounds {
    /// Wei within 24 hours, new wallets and low ones together.
    pub daily_cap_wei: u128,
    /// Least time between two payments to one wallet: an endpoint that lags shows the balance before the last.
    pub pause: Duration,
}

impl Database {
    /// Queues a payment to a node's wallet, if none is under way and the cap allows it. Called twice, it queues once.
    pub async fn fund_wallet(
        &self,
        account: &Account,
        node_id: &str,
        intent: &NewIntent,
        bounds: &FundingBounds,
    ) -> Result<Funded> {
        let mut transaction = self.pool.begin().await?;
        let funded = fund(&mut transaction, account, node_id, intent, bounds).await?;
        transaction.commit().await?;
        Ok(funded)
    }
}

/// [`Database::fund_wallet`] inside a transaction. The lock on the signer's row keeps two instances from both taking the last of
/// the cap, or both paying one wallet.
pub(crate) async fn fund(
    connection: &mut PgConnection,
    account: &Account,
    node_id: &str,
    intent: &NewIntent,
    bounds: &FundingBounds,
) -> Result<Funded> {
    sqlx::query("select 1 from signer where chain_id = $1 and address = $2 for update")
        .bind(account.chain())
        .bind(account.address.as_slice())
        .execute(&mut *connection)
        .await?;
    let recipient = intent.recipient.unwrap_or(Address::ZERO);
    let under_way: bool = sqlx::query_scalar(
        "select exists (select from intent where recipient = $1 and kind in ('fund', 'top_up')
            and (state in ('queued', 'assigned') or (state = 'done' and created_at > now() - make_interval(secs => $2))))",
    )
    .bind(recipient.as_slice())
    .bind(bounds.pause.as_secs_f64())
    .fetch_one(&mut *connection)
    .await?;
    if under_way {
        return Ok(Funded::UnderWay);
    }
    let given: Numeric = sqlx::query_scalar(
        "select coalesce(sum(value), 0)::numeric(78, 0) from intent
          where chain_id = $1 and signer = $2 and kind in ('fund', 'top_up') and state not in ('refused', 'cancelled')
            and created_at > now() - interval '24 hours'",
    )
    .bind(account.chain())
    .bind(account.address.as_slice())
    .fetch_one(&mut *connection)
    .await?;
    if u128::try_from(given)?.saturating_add(intent.value_wei) > bounds.daily_cap_wei {
        say_once(connection, node_id, "the wallet gets no ether now: the funding of 24 hours has reached its cap").await?;
        return Ok(Funded::CapReached);
    }
    sqlx::query(
        "insert into intent (idempotency_key, chain_id, signer, fleet_node_id, kind, recipient, value, data, enough)
         select $4 || '/' || encode($5::bytea, 'hex') || '/' ||
                (select count(*) from intent where recipient = $5 and kind in ('fund', 'top_up')), $1, $2, $3, $4, $5, $6, ''::bytea, $7
         on conflict (idempotency_key) do nothing",
    )
    .bind(account.chain())
    .bind(account.address.as_slice())
    .bind(node_id)
    .bind(intent.kind.as_str())
    .bind(recipient.as_slice())
    .bind(Numeric::from(intent.value_wei))
    .bind(intent.enough_wei.map(Numeric::from))
    .execute(&mut *connection)
    .await?;
    Ok(Funded::Queued)
}

/// An event, unless it is the node's last of its kind.
async fn say_once(connection: &mut PgConnection, node_id: &str, sentence: &str) -> Result<()> {
    let detail = json!({ "error": sentence });
    let said: bool = sqlx::query_scalar(
        "select coalesce((select detail = $2 from fleet_event where fleet_node_id = $1 and kind = 'error'
            order by event_number desc limit 1), false)",
    )
    .bind(node_id)
    .bind(&detail)
    .fetch_one(&mut *connection)
    .await?;
    if said { Ok(()) } else { record(connection, node_id, "error", &detail).await }
}

//! Ether for the nodes' wallets: one payment at a time for each, and a cap over all of them.

use std::time::Duration;

use linkpool_primitives::Address;
use serde_json::json;

use crate::{
    Database, Result,
    fleet::record,
    pool::Connection,
    statement::{args, one, run},
    tx::{Account, NewTransactionRequest},
};

/// What queueing ether for a wallet met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Funded {
    Queued,
    /// A payment to the wallet is under way, or is too recent for another.
    UnderWay,
    /// All wallets together have had what they may have within 24 hours.
    CapReached,
    /// This wallet has had as many payments as one may have within 24 hours.
    TooOften,
}

/// Most that all wallets together get within 24 hours, new ones and low ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FundingPerDay {
    /// So many wei, however many nodes there are.
    Most(u128),
    /// What the nodes are meant to get: all the new wallets that a day allows, and this for each node that is open.
    Work { new_wallets_wei: u128, open_wallet_wei: u128 },
}

/// Bounds of what wallets get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FundingBounds {
    pub per_day: FundingPerDay,
    /// Most payments to one wallet within 24 hours: one whose node loses ether must not take what all others need.
    pub wallet_payments_per_day: u32,
    /// Least time between two payments to one wallet: an endpoint that lags shows the balance before the last.
    pub pause: Duration,
}

impl Database {
    /// Queues a payment to a node's wallet, if none is under way and the cap allows it. Called twice, it queues once.
    pub async fn fund_wallet(
        &self,
        account: &Account,
        node_id: &str,
        request: &NewTransactionRequest,
        bounds: &FundingBounds,
    ) -> Result<Funded> {
        let mut transaction = self.pool.begin().await?;
        let funded = fund(&mut transaction, account, node_id, request, bounds).await?;
        transaction.commit().await?;
        Ok(funded)
    }
}

/// [`Database::fund_wallet`] inside a transaction. The lock on the signer's row keeps two instances from both taking the last of
/// the cap, or both paying one wallet.
pub(crate) async fn fund(
    connection: &mut Connection,
    account: &Account,
    node_id: &str,
    request: &NewTransactionRequest,
    bounds: &FundingBounds,
) -> Result<Funded> {
    run(&mut *connection, "select 1 from signer where chain_id = $1 and address = $2 for update", args![account]).await?;
    let recipient = request.recipient.unwrap_or(Address::ZERO);
    if is_under_way(connection, &recipient, bounds.pause).await? {
        return Ok(Funded::UnderWay);
    }
    let (given_wei, payments) = within_a_day(connection, account, &recipient).await?;
    if payments >= i64::from(bounds.wallet_payments_per_day) {
        let sentence = format!(
            "the wallet gets no ether now: it has had {payments} payments within 24 hours; look at what the node spends it on"
        );
        say_once(connection, node_id, &sentence).await?;
        return Ok(Funded::TooOften);
    }
    if given_wei.saturating_add(request.value_wei) > most(connection, bounds.per_day).await? {
        let sentence = "the wallet gets no ether now: the funding of 24 hours has reached its cap; it waits until there is room, or until \
                        registrar.funding_daily_cap_eth is set to more";
        say_once(connection, node_id, sentence).await?;
        return Ok(Funded::CapReached);
    }
    let insert = "insert into transaction_request (idempotency_key, chain_id, signer, fleet_node_id, kind, recipient, value, data, enough)
         select $4 || '/' || encode($5::bytea, 'hex') || '/' ||
                (select count(*) from transaction_request where recipient = $5 and kind in ('fund', 'top_up')), $1, $2, $3, $4, $5, $6, ''::bytea, $7
         on conflict (idempotency_key) do nothing";
    run(&mut *connection, insert, args![account, node_id, request.kind, recipient, request.value_wei, request.enough_wei])
        .await?;
    Ok(Funded::Queued)
}

/// Wei that all wallets together may get within 24 hours.
async fn most(connection: &mut Connection, per_day: FundingPerDay) -> Result<u128> {
    match per_day {
        FundingPerDay::Most(wei) => Ok(wei),
        FundingPerDay::Work { new_wallets_wei, open_wallet_wei } => {
            let open: i64 = one(connection, "select count(*) from fleet_node where phase = 'open'", args![]).await?;
            Ok(open_wallet_wei.saturating_mul(open.unsigned_abs().into()).saturating_add(new_wallets_wei))
        }
    }
}

/// Whether a payment to the wallet waits, may still be moved by a reorg, or got its nonce less than `pause` ago.
async fn is_under_way(connection: &mut Connection, recipient: &Address, pause: Duration) -> Result<bool> {
    let select = "select exists (
            select from transaction_request i left join nonce_reservation s on s.transaction_request_id = i.transaction_request_id and s.state <> 'used_elsewhere'
             where i.recipient = $1 and i.kind in ('fund', 'top_up') and (i.state in ('queued', 'assigned')
               or (i.state = 'done' and (s.state = 'mined' or s.reserved_at > now() - make_interval(secs => $2)))))";
    one(connection, select, args![recipient, pause]).await
}

/// Wei that all wallets together were given within 24 hours and are to be given, and how many of these payments are this wallet's.
async fn within_a_day(connection: &mut Connection, account: &Account, recipient: &Address) -> Result<(u128, i64)> {
    let select = "select coalesce(sum(value), 0)::numeric(78, 0), count(*) filter (where recipient = $3)
           from transaction_request i left join nonce_reservation s on s.transaction_request_id = i.transaction_request_id and s.state <> 'used_elsewhere'
          where i.chain_id = $1 and i.signer = $2 and kind in ('fund', 'top_up') and (i.state in ('queued', 'assigned')
            or (i.state in ('done', 'failed') and s.reserved_at > now() - interval '24 hours'))";
    let (given, payments): (u128, i64) = one(connection, select, args![account, recipient]).await?;
    Ok((given, payments))
}

/// An event, unless it is the node's last of its kind.
async fn say_once(connection: &mut Connection, node_id: &str, sentence: &str) -> Result<()> {
    let detail = json!({ "error": sentence });
    let select = "select coalesce((select detail = $2 from fleet_event where fleet_node_id = $1 and kind = 'error'
            order by event_number desc limit 1), false)";
    let said: bool = one(&mut *connection, select, args![node_id, detail]).await?;
    if said { Ok(()) } else { record(connection, node_id, "error", &detail).await }
}

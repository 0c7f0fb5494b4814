//! Nonces: each is taken in the transaction that makes its slot.

use std::str::FromStr;

use serde_json::json;
use sqlx::Row;

use crate::{
    Database, Error, Result,
    cursor::unsigned,
    fleet::{Phase, advance, record},
    lease::{self, Lease},
    registrar::{Account, Attempt, Inclusion, Intent},
};

/// How far a nonce is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotState {
    /// Taken; nothing signed yet.
    Reserved,
    /// Bytes are committed and may be anywhere.
    Sent,
    /// An attempt is in a canonical block.
    Mined,
    /// That block is finalized.
    Final,
    /// Somebody else used the nonce.
    Foreign,
}

impl FromStr for SlotState {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "reserved" => Ok(Self::Reserved),
            "sent" => Ok(Self::Sent),
            "mined" => Ok(Self::Mined),
            "final" => Ok(Self::Final),
            "foreign" => Ok(Self::Foreign),
            _ => Err(Error::Corrupt(format!("slot state `{text}`"))),
        }
    }
}

/// One nonce with everything that was signed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub nonce: u64,
    pub state: SlotState,
    pub gas_limit: u64,
    pub intent: Intent,
    /// In the order of signing.
    pub attempts: Vec<Attempt>,
    pub inclusion: Option<Inclusion>,
}

/// A nonce to take.
#[derive(Debug, Clone, Copy)]
pub struct Reserve<'a> {
    pub intent_id: i64,
    pub gas_limit: u64,
    /// Most slots that may be reserved or sent at once.
    pub max_in_flight: u16,
    /// Refused if this lease is no longer the newest; `None` where leases are not used.
    pub lease: Option<&'a Lease>,
}

/// What became of a [`Reserve`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    Nonce(u64),
    /// As many as allowed are in flight.
    Full,
    /// The intent was assigned or settled meanwhile.
    Gone,
    /// Another instance holds the lease.
    Fenced,
}

impl Database {
    /// Takes the next nonce for an intent: counter, slot and intent in one transaction.
    pub async fn reserve_nonce(&self, account: &Account, reserve: Reserve<'_>) -> Result<Assignment> {
        let mut transaction = self.pool.begin().await?;
        if let Some(lease) = reserve.lease
            && !lease::is_current(&mut transaction, lease).await?
        {
            return Ok(Assignment::Fenced);
        }
        let nonce: i64 = sqlx::query_scalar("select next_nonce from signer where chain_id = $1 and address = $2 for update")
            .bind(account.chain())
            .bind(account.address.as_slice())
            .fetch_one(&mut *transaction)
            .await?;
        let in_flight: i64 =
            sqlx::query_scalar("select count(*) from slot where chain_id = $1 and signer = $2 and state in ('reserved', 'sent')")
                .bind(account.chain())
                .bind(account.address.as_slice())
                .fetch_one(&mut *transaction)
                .await?;
        if in_flight >= i64::from(reserve.max_in_flight) {
            return Ok(Assignment::Full);
        }
        let taken = sqlx::query(
            "update intent set state = 'assigned', retry_at = null, last_error = null where intent_id = $1 and state = 'queued'",
        )
        .bind(reserve.intent_id)
        .execute(&mut *transaction)
        .await?;
        if taken.rows_affected() == 0 {
            return Ok(Assignment::Gone);
        }
        sqlx::query(
            "with taken as (update signer set next_nonce = next_nonce + 1 where chain_id = $1 and address = $2)
             insert into slot (chain_id, signer, nonce, intent_id, gas_limit) values ($1, $2, $3, $4, $5)",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(nonce)
        .bind(reserve.intent_id)
        .bind(reserve.gas_limit as i64)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Assignment::Nonce(unsigned(nonce)?))
    }

    /// The slots that are not final, lowest nonce first.
    pub async fn open_slots(&self, account: &Account) -> Result<Vec<Slot>> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("set transaction isolation level repeatable read, read only").execute(&mut *transaction).await?;
        let rows = sqlx::query(
            "select nonce, s.state, s.gas_limit, i.intent_id, kind, fleet_node_id, recipient::bytea, value, data, attempts
               from slot s join intent i using (intent_id)
              where s.chain_id = $1 and s.signer = $2 and s.state in ('reserved', 'sent', 'mined') order by nonce",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .fetch_all(&mut *transaction)
        .await?;
        let mut slots = Vec::with_capacity(rows.len());
        for row in &rows {
            slots.push(Slot {
                nonce: unsigned(row.get(0))?,
                state: row.get::<&str, _>(1).parse()?,
                gas_limit: unsigned(row.get(2))?,
                intent: Intent::read(row)?,
                attempts: Vec::new(),
                inclusion: None,
            });
        }
        if let Some(lowest) = slots.first().map(|slot| slot.nonce) {
            for (nonce, attempt, inclusion) in Attempt::since(&mut transaction, account, lowest).await? {
                if let Ok(index) = slots.binary_search_by_key(&nonce, |slot| slot.nonce) {
                    slots[index].attempts.push(attempt);
                    slots[index].inclusion = slots[index].inclusion.take().or(inclusion);
                }
            }
        }
        transaction.commit().await?;
        Ok(slots)
    }

    /// The block each settled slot from `nonce` on was last seen in, lowest nonce first: what a chain that lost blocks
    /// must be compared with.
    pub async fn settled_from(&self, account: &Account, nonce: u64) -> Result<Vec<(u64, Inclusion)>> {
        let all = Attempt::since(&mut *self.pool.acquire().await?, account, nonce).await?;
        Ok(all.into_iter().filter_map(|(nonce, _, inclusion)| Some((nonce, inclusion?))).collect())
    }

    /// The chain, whose head is now `head`, no longer has what these slots did: their bytes are to be sent again, and
    /// their nodes are not open.
    pub async fn reopen_slots(&self, account: &Account, nonces: &[u64], head: u64, why: &str) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let reopened: Vec<(i64,)> = sqlx::query_as(
            "update slot set state = 'sent' where chain_id = $1 and signer = $2 and nonce = any($3) and state in ('mined', 'final') returning intent_id",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(nonces.iter().map(|nonce| *nonce as i64).collect::<Vec<_>>())
        .fetch_all(&mut *transaction)
        .await?;
        let intents: Vec<i64> = reopened.into_iter().map(|(id,)| id).collect();
        sqlx::query(
            "delete from inclusion using attempt a, slot s
              where inclusion.hash = a.hash and (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce) and s.intent_id = any($1)",
        )
        .bind(&intents)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "update attempt a set since_block = $2, sent_block = null from slot s
              where (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce) and s.intent_id = any($1)",
        )
        .bind(&intents)
        .bind(head as i64)
        .execute(&mut *transaction)
        .await?;
        let nodes: Vec<(Option<String>, String)> =
            sqlx::query_as("update intent set state = 'assigned' where intent_id = any($1) returning fleet_node_id, kind")
                .bind(&intents)
                .fetch_all(&mut *transaction)
                .await?;
        for node_id in nodes.iter().filter(|(_, kind)| kind == "register").filter_map(|(node, _)| node.as_deref()) {
            sqlx::query("update fleet_node set is_final = false where fleet_node_id = $1")
                .bind(node_id)
                .execute(&mut *transaction)
                .await?;
            record(&mut transaction, node_id, "reorged", &json!({ "why": why })).await?;
            let back = [Phase::Open, Phase::WalletKnown, Phase::Proven];
            advance(&mut transaction, node_id, &back, Phase::Registering, &json!({ "why": why })).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Somebody else used the nonce: the intent waits for another one.
    pub async fn slot_foreign(&self, account: &Account, slot: &Slot) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let moved = sqlx::query(
            "update slot set state = 'foreign' where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent', 'mined')",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(slot.nonce as i64)
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() == 1 {
            sqlx::query("update intent set state = 'queued' where intent_id = $1 and state = 'assigned'")
                .bind(slot.intent.id)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

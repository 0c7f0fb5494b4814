//! Nonces that were given out: how far each is, and what happens when the chain takes one back.

use std::str::FromStr;

use sqlx::Row;

use crate::{
    Database, Error, Result,
    cursor::unsigned,
    pool::SNAPSHOT,
    tx::{Account, Attempt, Inclusion, Intent, effects},
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

impl SlotState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Sent => "sent",
            Self::Mined => "mined",
            Self::Final => "final",
            Self::Foreign => "foreign",
        }
    }
}

impl FromStr for SlotState {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let all = [Self::Reserved, Self::Sent, Self::Mined, Self::Final, Self::Foreign];
        let known = all.into_iter().find(|state| state.as_str() == text);
        known.ok_or_else(|| Error::Corrupt(format!("slot state `{text}`")))
    }
}

/// One nonce with everything that was signed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub nonce: u64,
    pub state: SlotState,
    pub gas_limit: u64,
    pub intent: Intent,
    /// Why it does not get on.
    pub trouble: Option<String>,
    /// In the order of signing.
    pub attempts: Vec<Attempt>,
    pub inclusion: Option<Inclusion>,
}

impl Database {
    /// The slots that are not final, lowest nonce first.
    pub async fn open_slots(&self, account: &Account) -> Result<Vec<Slot>> {
        let mut transaction = self.reader.pool.begin_with(SNAPSHOT).await?;
        let rows = sqlx::query(
            "select nonce, s.state, s.gas_limit, i.intent_id, kind, fleet_node_id, recipient::bytea, value, data, enough, attempts, trouble
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
                trouble: row.get("trouble"),
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
        let all = Attempt::since(&mut self.pool.acquire().await?, account, nonce).await?;
        Ok(all.into_iter().filter_map(|(nonce, _, inclusion)| Some((nonce, inclusion?))).collect())
    }

    /// The chain, whose head is now `head`, no longer has what these slots did: their bytes are to be sent again, and
    /// their nodes are not open.
    pub async fn reopen_slots(&self, account: &Account, nonces: &[u64], head: u64, why: &str) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let intents: Vec<i64> = sqlx::query_scalar(
            "update slot set state = 'sent',
                    cost = (select max(a.max_fee * coalesce(a.gas_limit, slot.gas_limit)) from attempt a
                             where (a.chain_id, a.signer, a.nonce) = (slot.chain_id, slot.signer, slot.nonce))
              where chain_id = $1 and signer = $2 and nonce = any($3) and state in ('mined', 'final') returning intent_id",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(nonces.iter().map(|nonce| *nonce as i64).collect::<Vec<_>>())
        .fetch_all(&mut *transaction)
        .await?;
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
        let reopened: Vec<(Option<String>, String)> =
            sqlx::query_as("update intent set state = 'assigned' where intent_id = any($1) returning fleet_node_id, kind")
                .bind(&intents)
                .fetch_all(&mut *transaction)
                .await?;
        effects::reorged(&mut transaction, &reopened, why).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Somebody else used the nonce. The intent waits for another one if doing it twice does no harm; else it has failed, because
    /// what used the nonce may have been this very intent, signed by a database that was lost since.
    pub async fn slot_foreign(&self, account: &Account, slot: &Slot) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let moved = sqlx::query(
            "update slot set state = 'foreign', cost = 0, trouble = 'a transaction that is not ours used the nonce'
              where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent', 'mined')",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(slot.nonce as i64)
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() == 1 {
            let repeatable = slot.intent.kind.is_repeatable();
            sqlx::query("update intent set state = $2, last_error = $3 where intent_id = $1 and state = 'assigned'")
                .bind(slot.intent.id)
                .bind(if repeatable { "queued" } else { "failed" })
                .bind(format!(
                    "nonce {} was used by a transaction that this database does not know: somebody else has the key, or the database is an \
                     old copy{}",
                    slot.nonce,
                    if repeatable { "" } else { "; look at the chain whether it has happened, then hand it in under a new key" }
                ))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Shows why a nonce does not get on, on itself and on its node; `None` when it does again. A sentence that is new is an event.
    pub async fn set_slot_trouble(&self, account: &Account, slot: &Slot, trouble: Option<&str>) -> Result<()> {
        let changed = sqlx::query(
            "update slot set trouble = $4 where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent')
                and trouble is distinct from $4",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(slot.nonce as i64)
        .bind(trouble)
        .execute(self.pool.writing())
        .await?;
        if let (1, Some(node_id), Some(trouble)) = (changed.rows_affected(), &slot.intent.node_id, trouble) {
            self.set_node_error(node_id, trouble).await?;
        }
        Ok(())
    }
}

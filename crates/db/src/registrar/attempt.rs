//! Signed bytes: committed before they are sent, never forgotten.

use linkpool_primitives::B256;
use serde_json::json;
use sqlx::{PgConnection, Row};

use crate::{
    Database, Result,
    amount::Numeric,
    cursor::{hash, unsigned},
    fleet::{Phase, advance, record},
    registrar::{Account, Inclusion, IntentKind, Slot},
};

/// One row of `attempt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub hash: B256,
    pub number: u32,
    pub raw: Vec<u8>,
    pub max_fee_wei: u128,
    pub tip_wei: u128,
    /// The head from which patience with it counts: when it was signed, or when the chain lost it.
    pub since_block: u64,
    /// The head when it was last sent; `None` if it may never have been, or the chain lost it since.
    pub sent_block: Option<u64>,
    pub sends: u32,
}

/// A signed transaction to commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttempt {
    pub hash: B256,
    pub number: u32,
    pub raw: Vec<u8>,
    pub max_fee_wei: u128,
    pub tip_wei: u128,
    pub since_block: u64,
}

impl Database {
    /// Commits an attempt, after which its bytes may be sent. False if another instance committed one with this number,
    /// or the slot is settled: then these bytes must be thrown away.
    pub async fn add_attempt(&self, account: &Account, slot: &Slot, attempt: &NewAttempt) -> Result<bool> {
        let mut transaction = self.pool.begin().await?;
        let open = sqlx::query(
            "update slot set state = 'sent' where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent')",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(slot.nonce as i64)
        .execute(&mut *transaction)
        .await?;
        let added = sqlx::query(
            "insert into attempt (hash, chain_id, signer, nonce, attempt_number, raw, max_fee, tip, since_block)
             select $1, $2, $3, $4, $5, $6, $7, $8, $9
              where $5 = (select count(*) from attempt where chain_id = $2 and signer = $3 and nonce = $4)
             on conflict do nothing",
        )
        .bind(attempt.hash.as_slice())
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(slot.nonce as i64)
        .bind(attempt.number as i32)
        .bind(&attempt.raw)
        .bind(Numeric::from(attempt.max_fee_wei))
        .bind(Numeric::from(attempt.tip_wei))
        .bind(attempt.since_block as i64)
        .execute(&mut *transaction)
        .await?;
        if open.rows_affected() == 0 || added.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(false);
        }
        if let Some(node_id) = &slot.intent.node_id {
            let detail = json!({
                "intent": slot.intent.kind.as_str(), "transaction": format!("{:#x}", attempt.hash), "nonce": slot.nonce, "attempt": attempt.number,
            });
            if slot.intent.kind == IntentKind::Register {
                advance(&mut transaction, node_id, &[Phase::Proven], Phase::Registering, &detail).await?;
            }
            record(&mut transaction, node_id, "signed", &detail).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Records that an attempt was sent when the head was `head`, and what the endpoint said.
    pub async fn record_send(&self, attempt_hash: &B256, head: u64, answer: &str) -> Result<()> {
        sqlx::query("update attempt set sends = sends + 1, sent_block = $2, last_answer = $3 where hash = $1")
            .bind(attempt_hash.as_slice())
            .bind(head as i64)
            .bind(answer)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

impl Attempt {
    /// The attempts of all slots from `nonce` on, in the order of nonce and number, with where each was seen in a block.
    pub(super) async fn since(
        connection: &mut PgConnection,
        account: &Account,
        nonce: u64,
    ) -> Result<Vec<(u64, Self, Option<Inclusion>)>> {
        let rows = sqlx::query(
            "select a.nonce, a.hash::bytea, attempt_number, raw, max_fee, tip, since_block, sent_block, sends,
                    block_number, block_hash::bytea, succeeded, gas_used
               from attempt a left join inclusion i on i.hash = a.hash
              where a.chain_id = $1 and a.signer = $2 and a.nonce >= $3 order by a.nonce, attempt_number",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(nonce as i64)
        .fetch_all(connection)
        .await?;
        rows.iter()
            .map(|row| {
                let attempt = Self {
                    hash: hash(row.get(1))?,
                    number: row.get::<i32, _>(2).unsigned_abs(),
                    raw: row.get(3),
                    max_fee_wei: row.get::<Numeric, _>(4).try_into()?,
                    tip_wei: row.get::<Numeric, _>(5).try_into()?,
                    since_block: unsigned(row.get(6))?,
                    sent_block: row.get::<Option<i64>, _>(7).map(unsigned).transpose()?,
                    sends: row.get::<i32, _>(8).unsigned_abs(),
                };
                let inclusion = match row.get::<Option<i64>, _>(9) {
                    None => None,
                    Some(number) => Some(Inclusion {
                        transaction_hash: attempt.hash,
                        block_number: unsigned(number)?,
                        block_hash: hash(row.get(10))?,
                        succeeded: row.get(11),
                        gas_used: unsigned(row.get(12))?,
                    }),
                };
                Ok((unsigned(row.get(0))?, attempt, inclusion))
            })
            .collect()
    }
}

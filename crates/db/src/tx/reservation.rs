//! Nonces that were given out: how far each is, and what happens when the chain takes one back.

use sqlx::Row;

use crate::{
    Database, Result,
    convert::unsigned,
    pool::SNAPSHOT,
    tx::{Account, Attempt, NonceReservation, Receipt, TransactionRequest, effects},
};

impl Database {
    /// The reservations that are not final, lowest nonce first.
    pub async fn open_reservations(&self, account: &Account) -> Result<Vec<NonceReservation>> {
        let mut transaction = self.reader.pool.begin_with(SNAPSHOT).await?;
        let rows = sqlx::query(
            "select nonce, s.state, s.gas_limit, i.transaction_request_id, kind, fleet_node_id, recipient::bytea, value, data, enough, attempts, trouble
               from nonce_reservation s join transaction_request i using (transaction_request_id)
              where s.chain_id = $1 and s.signer = $2 and s.state in ('reserved', 'sent', 'mined') order by nonce",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .fetch_all(&mut *transaction)
        .await?;
        let mut reservations = Vec::with_capacity(rows.len());
        for row in &rows {
            reservations.push(NonceReservation {
                nonce: unsigned(row.get(0))?,
                state: row.get::<&str, _>(1).parse()?,
                gas_limit: unsigned(row.get(2))?,
                request: TransactionRequest::read(row)?,
                trouble: row.get("trouble"),
                attempts: Vec::new(),
                receipt: None,
            });
        }
        if let Some(lowest) = reservations.first().map(|reservation| reservation.nonce) {
            for (nonce, attempt, receipt) in Attempt::since(&mut transaction, account, lowest).await? {
                if let Ok(index) = reservations.binary_search_by_key(&nonce, |reservation| reservation.nonce) {
                    reservations[index].attempts.push(attempt);
                    reservations[index].receipt = reservations[index].receipt.take().or(receipt);
                }
            }
        }
        transaction.commit().await?;
        Ok(reservations)
    }

    /// The block each settled reservation from `nonce` on was last seen in, lowest nonce first: what a chain that lost blocks
    /// must be compared with.
    pub async fn receipts_from(&self, account: &Account, nonce: u64) -> Result<Vec<(u64, Receipt)>> {
        let all = Attempt::since(&mut self.pool.acquire().await?, account, nonce).await?;
        Ok(all.into_iter().filter_map(|(nonce, _, receipt)| Some((nonce, receipt?))).collect())
    }

    /// The chain, whose head is now `head`, no longer has what these reservations did: their bytes are to be sent again, and
    /// their nodes are not open.
    pub async fn reopen_reservations(&self, account: &Account, nonces: &[u64], head: u64, why: &str) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let requests: Vec<i64> = sqlx::query_scalar(
            "update nonce_reservation set state = 'sent',
                    cost = (select max(a.max_fee * coalesce(a.gas_limit, nonce_reservation.gas_limit)) from attempt a
                             where (a.chain_id, a.signer, a.nonce) = (nonce_reservation.chain_id, nonce_reservation.signer, nonce_reservation.nonce))
              where chain_id = $1 and signer = $2 and nonce = any($3) and state in ('mined', 'final') returning transaction_request_id",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(nonces.iter().map(|nonce| *nonce as i64).collect::<Vec<_>>())
        .fetch_all(&mut *transaction)
        .await?;
        sqlx::query(
            "delete from receipt using attempt a, nonce_reservation s
              where receipt.hash = a.hash and (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce) and s.transaction_request_id = any($1)",
        )
        .bind(&requests)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "update attempt a set since_block = $2, sent_block = null from nonce_reservation s
              where (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce) and s.transaction_request_id = any($1)",
        )
        .bind(&requests)
        .bind(head as i64)
        .execute(&mut *transaction)
        .await?;
        let reopened: Vec<(Option<String>, String)> =
            sqlx::query_as("update transaction_request set state = 'assigned' where transaction_request_id = any($1) returning fleet_node_id, kind")
                .bind(&requests)
                .fetch_all(&mut *transaction)
                .await?;
        effects::reorged(&mut transaction, &reopened, why).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Somebody else used the nonce. The transaction request waits for another one if doing it twice does no harm; else it has
    /// failed, because what used the nonce may have been this very transaction request, signed by a database that was lost since.
    pub async fn record_used_elsewhere(&self, account: &Account, reservation: &NonceReservation) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let moved = sqlx::query(
            "update nonce_reservation set state = 'used_elsewhere', cost = 0, trouble = 'a transaction that is not ours used the nonce'
              where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent', 'mined')",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(reservation.nonce as i64)
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() == 1 {
            let repeatable = reservation.request.kind.is_repeatable();
            sqlx::query("update transaction_request set state = $2, last_error = $3 where transaction_request_id = $1 and state = 'assigned'")
                .bind(reservation.request.id)
                .bind(if repeatable { "queued" } else { "failed" })
                .bind(format!(
                    "nonce {} was used by a transaction that this database does not know: somebody else has the key, or the database is an \
                     old copy{}",
                    reservation.nonce,
                    if repeatable { "" } else { "; look at the chain whether it has happened, then hand it in under a new key" }
                ))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Shows why a nonce makes no progress, on itself and on its node; `None` when it does again. A sentence that is new is an
    /// event.
    pub async fn set_reservation_trouble(
        &self,
        account: &Account,
        reservation: &NonceReservation,
        trouble: Option<&str>,
    ) -> Result<()> {
        let changed = sqlx::query(
            "update nonce_reservation set trouble = $4 where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent')
                and trouble is distinct from $4",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(reservation.nonce as i64)
        .bind(trouble)
        .execute(self.pool.writing())
        .await?;
        if let (1, Some(node_id), Some(trouble)) = (changed.rows_affected(), &reservation.request.node_id, trouble) {
            self.set_node_error(node_id, trouble).await?;
        }
        Ok(())
    }
}

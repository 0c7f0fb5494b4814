//! Nonces that were given out: how far each is, and what happens when the chain takes one back.

use crate::{
    Database, Result,
    pool::SNAPSHOT,
    statement::{all, args, run},
    tx::{Account, Attempt, NonceReservation, Receipt, effects},
};

impl Database {
    /// The reservations that are not final, lowest nonce first.
    pub async fn open_reservations(&self, account: &Account) -> Result<Vec<NonceReservation>> {
        let mut transaction = self.reader.pool.begin_with(SNAPSHOT).await?;
        let select = "select nonce, s.state, s.gas_limit, i.transaction_request_id, kind, fleet_node_id, recipient::bytea, value, data, enough, attempts, trouble
               from nonce_reservation s join transaction_request i using (transaction_request_id)
              where s.chain_id = $1 and s.signer = $2 and s.state in ('reserved', 'sent', 'mined') order by nonce";
        let mut reservations: Vec<NonceReservation> = all(&mut *transaction, select, args![account]).await?;
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
        let update = "update nonce_reservation set state = 'sent',
                    cost = (select max(a.max_fee * coalesce(a.gas_limit, nonce_reservation.gas_limit)) from attempt a
                             where (a.chain_id, a.signer, a.nonce) = (nonce_reservation.chain_id, nonce_reservation.signer, nonce_reservation.nonce))
              where chain_id = $1 and signer = $2 and nonce = any($3) and state in ('mined', 'final') returning transaction_request_id";
        let requests: Vec<i64> = all(&mut *transaction, update, args![account, nonces]).await?;
        let delete = "delete from receipt using attempt a, nonce_reservation s
              where receipt.hash = a.hash and (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce) and s.transaction_request_id = any($1)";
        run(&mut *transaction, delete, args![requests]).await?;
        let update = "update attempt a set since_block = $2, sent_block = null from nonce_reservation s
              where (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce) and s.transaction_request_id = any($1)";
        run(&mut *transaction, update, args![requests, head]).await?;
        let update = "update transaction_request set state = 'assigned' where transaction_request_id = any($1) returning fleet_node_id, kind";
        let reopened: Vec<(Option<String>, String)> = all(&mut *transaction, update, args![requests]).await?;
        effects::reorged(&mut transaction, &reopened, why).await?;
        Ok(transaction.commit().await?)
    }

    /// Somebody else used the nonce. The transaction request waits for another one if doing it twice does no harm; else it has
    /// failed, because what used the nonce may have been this very transaction request, signed by a database that was lost since.
    pub async fn record_used_elsewhere(&self, account: &Account, reservation: &NonceReservation) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let update = "update nonce_reservation set state = 'used_elsewhere', cost = 0, trouble = 'a transaction that is not ours used the nonce'
              where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent', 'mined')";
        let moved = run(&mut *transaction, update, args![account, reservation.nonce]).await?;
        if moved == 1 {
            let repeatable = reservation.request.kind.is_repeatable();
            let update = "update transaction_request set state = $2, last_error = $3 where transaction_request_id = $1 and state = 'assigned'";
            run(&mut *transaction, update, args![reservation.request.id, if repeatable { "queued" } else { "failed" }, format!(
                    "nonce {} was used by a transaction that this database does not know: somebody else has the key, or the database is an \
                     old copy{}",
                    reservation.nonce,
                    if repeatable { "" } else { "; look at the chain whether it has happened, then hand it in under a new key" }
                )]).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Shows why a nonce makes no progress, on itself and on its node; `None` when it does again. A sentence that is new is an
    /// event.
    pub async fn set_reservation_trouble(
        &self,
        account: &Account,
        reservation: &NonceReservation,
        trouble: Option<&str>,
    ) -> Result<()> {
        let update = "update nonce_reservation set trouble = $4 where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent')
                and trouble is distinct from $4";
        let changed = run(self.pool.writing(), update, args![account, reservation.nonce, trouble]).await?;
        if let (1, Some(node_id), Some(trouble)) = (changed, &reservation.request.node_id, trouble) {
            self.set_node_error(node_id, trouble).await?;
        }
        Ok(())
    }
}

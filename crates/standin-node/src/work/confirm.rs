//! Following what was sent until its block is final: reorgs put it back, and what was lost is sent again.

use super::{
    rpc::{Head, Receipt},
    shared::{Trouble, Work},
};
use crate::store::OpenTx;

/// Transactions looked at with each new block.
const BATCH: i64 = 100;

/// Blocks after which one that is not mined is sent again.
const SEND_AGAIN_AFTER: u64 = 3;

impl Work<'_> {
    pub(super) async fn confirm(&self, head: &Head) -> Result<(), Trouble> {
        let open = self.node.store.txs_not_final(BATCH).await?;
        if open.is_empty() {
            return Ok(());
        }
        let final_height = self.rpc.final_height().await?;
        for tx in open {
            let Some(signed) = &tx.signed else { continue };
            match self.rpc.receipt(signed.hash).await? {
                Some(receipt) => self.mined(&tx, &receipt, head.height(), final_height).await?,
                None if tx.block_hash.is_some() || head.height() >= tx.sent_height + SEND_AGAIN_AFTER => {
                    // An endpoint that has it says so, and one that does not want it will be asked again.
                    if let Err(answer) = self.rpc.send(&signed.raw).await {
                        tracing::debug!(hash = %signed.hash, answer, "sent again");
                    }
                    self.node.store.tx_sent(tx.id, head.height()).await?;
                }
                None => {}
            }
        }
        Ok(())
    }

    async fn mined(&self, tx: &OpenTx, receipt: &Receipt, height: u64, final_height: u64) -> Result<(), Trouble> {
        let is_final = receipt.block_number <= final_height;
        if is_final || tx.block_hash != Some(receipt.block_hash) {
            self.node.store.tx_mined(tx.id, receipt.block_hash, is_final).await?;
        }
        let is_due = match tx.min_confirmations {
            None => is_final,
            Some(count) => receipt.block_number + count <= height + 1,
        };
        if let (Some(run_id), true) = (tx.run_id, is_due) {
            let reverted = tx.fail_on_revert && !receipt.succeeded;
            let outcome = if reverted {
                Err(format!("transaction {} reverted on-chain", receipt.json["transactionHash"].as_str().unwrap_or_default()))
            } else {
                Ok(receipt.json.clone())
            };
            self.node.store.end_run(run_id, outcome).await?;
        }
        Ok(())
    }
}

//! A chain that has lost blocks which were settled here: a development chain that was reset, or a reorg beyond finality.
//!
//! The sign is the signer's nonce: once transactions are mined it never falls. An endpoint that lags shows the same sign
//! for a while, so a short chain must stay short before it is believed. Sending the same bytes again does no harm if it
//! was wrong: they are refused as used.

use std::time::Instant;

use super::{TxManager, loss_watch::LAG_TIMEOUT, tick::Tick};
use crate::Result;

impl TxManager {
    /// Reopens the nonces that were settled in blocks the chain does not have any more.
    pub(super) async fn detect_loss(&mut self, tick: &Tick) -> Result<()> {
        let settled = self.sender.database.receipts_from(&self.sender.account, tick.nonce).await?;
        let Some(highest) = settled.iter().map(|(_, receipt)| receipt.block_number).max() else {
            self.loss.short_since = None;
            return Ok(());
        };
        let mut lost = Vec::new();
        for (nonce, receipt) in &settled {
            if receipt.block_number <= tick.heads.head.number {
                let header = self.sender.chain.header(receipt.block_number).await?;
                if header.is_some_and(|header| header.block.hash != receipt.block_hash) {
                    lost.push(*nonce);
                }
            }
        }
        if highest > tick.heads.head.number {
            let since = *self.loss.short_since.get_or_insert_with(Instant::now);
            if since.elapsed() >= LAG_TIMEOUT {
                lost = settled.iter().map(|(nonce, _)| *nonce).collect();
            }
        } else {
            self.loss.short_since = None;
        }
        if lost.is_empty() {
            return Ok(());
        }
        tracing::error!(nonces = ?lost, "the chain has lost blocks that held our transactions; their bytes are sent again, lowest nonce first");
        let why = "the chain has lost the block";
        Ok(self.sender.database.reopen_reservations(&self.sender.account, &lost, tick.heads.head.number, why).await?)
    }
}

//! The payment by which a wallet proves itself, sent when the registrar's stored challenge asks for it.
//!
//! Its amount is stored before, a request is taken up once, and the chain is searched before the registrar asks again. Whatever the
//! challenge says: only what may register nodes is paid, and never more than a millionth of an ether.

use std::time::{Duration, Instant};

use linkpool_chainlink::client::{Transfer, TransferRefusal};
use linkpool_db::fleet::{TransferProof, WantedPayment};
use linkpool_primitives::checksum;

use super::{memory::Memory, session::Session, trouble::Trouble};

/// A call that could not be begun within this time is not made: the next request may be under way by then.
const MAX_DELAY: Duration = Duration::from_secs(30);

impl Session {
    pub(super) async fn pay(&self, memory: &mut Memory) -> Result<(), Trouble> {
        // Before the request is taken up: without it none could be answered.
        let admin = self.admin().await?;
        let Some(deployment) = self.database.deployment().await? else { return Ok(()) };
        let Some(wanted) = self.database.take_transfer(&self.node.id).await? else { return Ok(()) };
        let taken = Instant::now();
        if let Some(why) = self.refusal(&wanted).await? {
            self.database.transfer_refused(&self.node.id, Some(wanted.ask), &why).await?;
            memory.payment.failed();
            return Err(Trouble::Node(why));
        }
        let transfer = Transfer {
            chain_id: deployment.chain_id,
            from: wanted.wallet,
            recipient: wanted.recipient,
            amount_wei: wanted.amount_wei,
        };
        if taken.elapsed() > MAX_DELAY {
            return Err(Trouble::Node("the payment was not asked for: this fleet slept too long in between".into()));
        }
        match admin.send_transfer(&transfer).await {
            Ok(()) => memory.payment.succeeded(),
            Err(error) => match error.kind.transfer_refusal() {
                None => {
                    // Whether it was sent is found out on the chain, before anybody asks again.
                    memory.payment.waits();
                    return Err(error.into());
                }
                Some(refusal) => {
                    self.database.transfer_refused(&self.node.id, Some(wanted.ask), &error.to_string()).await?;
                    if refusal == TransferRefusal::BalanceTooLow {
                        // The node looks at its balance with each block.
                        memory.payment.waits();
                        return Ok(());
                    }
                    memory.payment.failed();
                    return Err(error.into());
                }
            },
        }
        Ok(())
    }

    /// Why this payment is none that a node of ours makes.
    async fn refusal(&self, wanted: &WantedPayment) -> Result<Option<String>, Trouble> {
        if wanted.amount_wei > u128::from(TransferProof::LARGEST_WEI) {
            let most = TransferProof::LARGEST_WEI;
            return Ok(Some(format!("the fleet has no wallet pay {} wei: a proof is at most {most}", wanted.amount_wei)));
        }
        if self.node.wallet != Some(wanted.wallet) {
            return Ok(Some("the fleet has no other wallet pay than the node's own".into()));
        }
        if !self.database.is_registrar(&wanted.recipient).await? {
            let recipient = checksum(&wanted.recipient);
            return Ok(Some(format!(
                "the fleet has no wallet pay {recipient}: the contract does not let that account register nodes, as far as it is indexed"
            )));
        }
        Ok(None)
    }
}

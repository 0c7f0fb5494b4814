//! What a node's Operator contract lacks on chain, in a sentence.

use linkpool_chain::{Chain, Error};
use linkpool_contracts::operator::isAuthorizedSenderCall;
use linkpool_primitives::{Address, checksum};

/// Why the node with `wallet` could not answer a request at `operator`; `None` if it could. The chain's own errors are errors.
pub async fn lacks(chain: &Chain, operator: Address, wallet: Option<Address>) -> Result<Option<String>, Error> {
    let shown = checksum(&operator);
    if chain.code(operator).await?.is_empty() {
        return Ok(Some(format!("there is no contract at {shown}: deploy an Operator, or correct the address")));
    }
    let Some(wallet) = wallet else { return Ok(None) };
    match chain.call(operator, &isAuthorizedSenderCall { sender: wallet }).await {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some(format!(
            "the Operator {shown} does not let the node's wallet answer: its owner has to call setAuthorizedSenders([{}])",
            checksum(&wallet)
        ))),
        Err(error) if error.is_transient() => Err(error),
        Err(_) => Ok(Some(format!("the contract at {shown} is no Operator: it does not say who may answer"))),
    }
}

//! Running every constructor on the chain's own state without sending anything.

use alloy::primitives::Bytes;
use linkpool_chain::{Chain, Creation, Error as ChainError, Pretended};
use linkpool_contracts::{Artefact, refusal};

use crate::{Error, Plan, Result, Step, Terms};

/// A transaction is not the estimate's: a block in between can change what a storage slot costs.
const MARGIN_PERCENT: u64 = 10;

/// What the contracts that are still to be made would take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// Gas of each, with a margin.
    pub gas: Vec<(Artefact, u64)>,
}

impl Rehearsal {
    pub fn total_gas(&self) -> u64 {
        self.gas.iter().map(|(_, gas)| gas).sum()
    }
}

/// Makes the contracts that are not on the chain yet, one after the other, each with the ones before it pretended to be
/// there.
///
/// # Errors
/// [`Error::Refused`] with the contract's own sentence where a constructor would revert.
pub async fn rehearse(chain: &Chain, plan: &Plan, terms: &Terms) -> Result<Rehearsal> {
    let (mut pretended, mut gas) = (Vec::new(), Vec::new());
    for step in &plan.steps {
        if chain.has_code(step.address).await? {
            continue;
        }
        let creation = Creation { from: plan.deployer, nonce: step.nonce, code: &step.creation, pretended: &pretended };
        let code = chain.try_creation(creation).await.map_err(|error| refused(step, error))?;
        if !step.artefact.is_code(&code) {
            return Err(Error::OtherCode { contract: step.artefact.name() });
        }
        let estimate = chain.creation_gas(creation).await.map_err(|error| refused(step, error))?;
        gas.push((step.artefact, estimate + estimate * MARGIN_PERCENT / 100));
        pretended.push(Pretended { address: step.address, code: delay(terms.timelock_delay_seconds) });
    }
    Ok(Rehearsal { gas })
}

/// Code that answers every call with one number: all that the pool's constructor asks anybody is the timelock's delay.
fn delay(seconds: u64) -> Bytes {
    const PUSH32: u8 = 0x7f;
    // PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, RETURN.
    const ANSWER: [u8; 8] = [0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xf3];
    let mut code = vec![PUSH32];
    code.extend([0; 24]);
    code.extend(seconds.to_be_bytes());
    code.extend(ANSWER);
    code.into()
}

fn refused(step: &Step, error: ChainError) -> Error {
    match error {
        ChainError::Reverted { message, data } => {
            let sentence = refusal(&data).map_or(message, |(_, sentence)| sentence);
            Error::Refused { contract: step.artefact.name(), sentence }
        }
        error => error.into(),
    }
}

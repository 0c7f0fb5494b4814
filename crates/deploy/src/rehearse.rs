//! Running every constructor on the chain's own state without sending anything.

use alloy::primitives::Bytes;
use linkpool_chain::{Chain, Creation, Error as ChainError, Pretended};
use linkpool_contracts::{Artefact, refusal};

use crate::{Error, Plan, Result, Step, Terms};

/// A transaction is not the estimate's: a block in between can change what a storage slot costs.
const MARGIN_PERCENT: u64 = 10;

/// What making the pool takes for each hundred of what making the timelock takes, measured. The ratio hardly depends on the chain's
/// prices: both are code and first writes.
pub const POOL_FOR_HUNDRED: u64 = 290;
/// How far a reckoned figure may be off.
const RECKONED_MARGIN_PERCENT: u64 = 20;

/// What the contracts that are still to be made would take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// Gas of each, with a margin.
    pub gas: Vec<(Artefact, u64)>,
    /// A sentence for each thing that could not be tried before something is on the chain.
    pub notes: Vec<String>,
}

impl Rehearsal {
    pub fn total_gas(&self) -> u64 {
        self.gas.iter().map(|(_, gas)| gas).sum()
    }
}

/// Makes the contracts that are not on the chain yet, one after the other; the pool, whose constructor asks the timelock, with a
/// timelock that is pretended to be there. Where the endpoint can't be told so, the pool's gas is reckoned and its constructor is
/// tried when the timelock is there, before the pool is paid for.
///
/// # Errors
/// [`Error::Refused`] with the contract's own sentence where a constructor would revert.
pub async fn rehearse(chain: &Chain, plan: &Plan, terms: &Terms) -> Result<Rehearsal> {
    let mut rehearsal = Rehearsal { gas: Vec::new(), notes: Vec::new() };
    let mut pretended = Vec::new();
    for step in &plan.steps {
        if chain.has_code(step.address).await? {
            continue;
        }
        let needs: &[Pretended] = if step.artefact == Artefact::StakingPool { &pretended } else { &[] };
        let creation = Creation { from: plan.deployer, nonce: step.nonce, code: &step.creation, pretended: needs };
        let gas = match needs {
            [] => tried(chain, step, creation, true).await?,
            _ => pool(chain, step, creation, &mut rehearsal).await?,
        };
        rehearsal.gas.push((step.artefact, gas));
        // The pool's constructor asks that its token is a contract, too.
        pretended.push(Pretended { address: step.address, code: delay(terms.timelock_delay_seconds) });
    }
    Ok(rehearsal)
}

/// The pool before its timelock is there.
async fn pool(chain: &Chain, step: &Step, creation: Creation<'_>, rehearsal: &mut Rehearsal) -> Result<u64> {
    let pretending = chain.pretending().await?;
    let mut note =
        |what: &str, then: &str| rehearsal.notes.push(format!("`{}` takes no state override in {what}: {then}", chain.name()));
    if !pretending.in_calls {
        note("eth_call", "the pool's constructor is tried once its timelock is on the chain, and then it may still be refused");
    }
    if pretending.in_calls && pretending.in_estimates {
        return tried(chain, step, creation, true).await;
    }
    if pretending.in_calls {
        tried(chain, step, creation, false).await?;
    }
    note("eth_estimateGas", "the pool's gas is reckoned from the timelock's, and estimated before it is sent");
    let timelock = rehearsal.gas.iter().find(|(of, _)| *of == Artefact::TimelockController).map_or(0, |(_, gas)| *gas);
    let gas = timelock.saturating_mul(POOL_FOR_HUNDRED) / 100;
    Ok(gas + gas * RECKONED_MARGIN_PERCENT / 100)
}

/// Runs the constructor; with its gas and a margin, if that is asked for.
async fn tried(chain: &Chain, step: &Step, creation: Creation<'_>, with_gas: bool) -> Result<u64> {
    let code = chain.try_creation(creation).await.map_err(|error| refused(step, error))?;
    if !step.artefact.is_code(&code) {
        return Err(Error::OtherCode { contract: step.artefact.name() });
    }
    if !with_gas {
        return Ok(0);
    }
    let estimate = chain.creation_gas(creation).await.map_err(|error| refused(step, error))?;
    Ok(estimate + estimate * MARGIN_PERCENT / 100)
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

//! Running every constructor on the chain's own state without sending anything.

use alloy::primitives::Bytes;
use linkpool_chain::{Chain, Creation, Error as ChainError, Pretended};
use linkpool_contracts::{Artefact, refusal};

use crate::{Error, Plan, Result, Step};

/// A transaction is not the estimate's: a block in between can change what a storage slot costs.
const MARGIN_PERCENT: u64 = 10;

/// What making a contract takes for each hundred of what making another takes, measured. The ratios hardly depend on the chain's
/// prices: all are code and first writes.
pub const POOL_FOR_HUNDRED_OF_TIMELOCK: u64 = 290;
pub const FACTORY_FOR_HUNDRED_OF_POOL: u64 = 26;
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

/// Makes the contracts that are not on the chain yet, one after the other; one whose constructor asks others that are not there
/// either, with these pretended to be. Where the endpoint can't be told so, its gas is reckoned and its constructor is tried when
/// they are there, before it is paid for.
///
/// # Errors
/// [`Error::Refused`] with the contract's own sentence where a constructor would revert.
pub async fn rehearse(chain: &Chain, plan: &Plan) -> Result<Rehearsal> {
    let mut trying = Trying { chain, gas: Vec::new(), untried: Vec::new(), reckoned: Vec::new() };
    let mut pretended: Vec<Pretended> = Vec::new();
    for step in &plan.steps {
        if chain.has_code(step.address).await? {
            continue;
        }
        let needs: Vec<Pretended> = pretended.iter().filter(|other| step.asks.contains(&other.address)).cloned().collect();
        let creation = Creation { from: plan.deployer, nonce: step.nonce, code: &step.creation, pretended: &needs };
        let gas = match needs.is_empty() {
            true => tried(chain, step, creation, true).await?,
            false => trying.before_its_others(step, creation).await?,
        };
        trying.gas.push((step.artefact, gas));
        pretended.push(Pretended { address: step.address, code: answering(&step.answer) });
    }
    Ok(trying.rehearsal())
}

/// What is tried, and what could not be.
struct Trying<'a> {
    chain: &'a Chain,
    gas: Vec<(Artefact, u64)>,
    untried: Vec<Artefact>,
    reckoned: Vec<Artefact>,
}

impl Trying<'_> {
    /// The gas of a contract before those are there that its constructor asks.
    async fn before_its_others(&mut self, step: &Step, creation: Creation<'_>) -> Result<u64> {
        let pretending = self.chain.pretending().await?;
        if pretending.in_calls && pretending.in_estimates {
            return tried(self.chain, step, creation, true).await;
        }
        if pretending.in_calls {
            tried(self.chain, step, creation, false).await?;
        } else {
            self.untried.push(step.artefact);
        }
        let (of, for_hundred) = match step.artefact {
            Artefact::NodeEarningsFactory => (Artefact::StakingPool, FACTORY_FOR_HUNDRED_OF_POOL),
            _ => (Artefact::TimelockController, POOL_FOR_HUNDRED_OF_TIMELOCK),
        };
        let known = self.gas.iter().find(|(other, _)| *other == of).map_or(0, |(_, gas)| *gas);
        // Of what was reckoned itself, the margin is in it.
        let margin_percent = if self.reckoned.contains(&of) { 0 } else { RECKONED_MARGIN_PERCENT };
        self.reckoned.push(step.artefact);
        let gas = known.saturating_mul(for_hundred) / 100;
        Ok(gas + gas * margin_percent / 100)
    }

    fn rehearsal(self) -> Rehearsal {
        let name = self.chain.name();
        let note = |artefacts: &[Artefact], method: &str, then: &str| {
            let names = artefacts.iter().map(|artefact| artefact.name()).collect::<Vec<_>>().join(" and ");
            (!names.is_empty()).then(|| format!("`{name}` takes no state override in {method}: {names} {then}"))
        };
        let untried =
            note(&self.untried, "eth_call", "is tried once what its constructor asks is on the chain, and may be refused then");
        let reckoned =
            note(&self.reckoned, "eth_estimateGas", "has its gas reckoned from that of others, and estimated before it is sent");
        Rehearsal { gas: self.gas, notes: untried.into_iter().chain(reckoned).collect() }
    }
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

/// Code that answers every call with the same bytes.
fn answering(answer: &[u8]) -> Bytes {
    let [high, low] = u16::try_from(answer.len()).unwrap_or(u16::MAX).to_be_bytes();
    // PUSH2 length, PUSH1 14, PUSH1 0, CODECOPY, PUSH2 length, PUSH1 0, RETURN.
    let code = [0x61, high, low, 0x60, 14, 0x60, 0, 0x39, 0x61, high, low, 0x60, 0, 0xf3];
    [code.as_slice(), answer].concat().into()
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

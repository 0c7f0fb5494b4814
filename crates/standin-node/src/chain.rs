//! Where a stand-in may run.

use crate::StandinError;

/// Chains on which ether and LINK are worth something. Not even somebody who names one of them gets a stand-in there.
const NEVER: [u64; 12] = [1, 10, 56, 100, 137, 250, 1_101, 8_453, 42_161, 43_114, 59_144, 534_352];

/// A chain that somebody has named as one on which nothing is worth anything. A stand-in takes no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevelopmentChain(u64);

impl DevelopmentChain {
    /// `chain_id`, if it is among those that were `named`.
    ///
    /// # Errors
    /// [`StandinError::NotForDevelopment`].
    pub fn named(chain_id: u64, named: &[u64]) -> Result<Self, StandinError> {
        let allowed = named.contains(&chain_id) && !NEVER.contains(&chain_id);
        if allowed { Ok(Self(chain_id)) } else { Err(StandinError::NotForDevelopment { chain_id }) }
    }

    /// Its EIP-155 id.
    pub fn id(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_that_nobody_named_is_refused_and_the_main_networks_always_are() {
        assert!(DevelopmentChain::named(31_337, &[31_337]).is_ok_and(|chain| chain.id() == 31_337));
        for (chain_id, named) in [(31_337, vec![]), (31_337, vec![1_337]), (1, vec![]), (1, vec![1]), (42_161, vec![42_161])] {
            let refused = DevelopmentChain::named(chain_id, &named).map_err(|error| error.to_string());
            let sentence = format!("is not for chain {chain_id}");
            assert!(refused.as_ref().is_err_and(|refusal| refusal.contains(&sentence)), "{chain_id} {named:?}: {refused:?}");
        }
    }
}

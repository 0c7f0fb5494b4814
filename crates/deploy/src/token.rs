//! Whether an address is the LINK token.

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_chain::{Chain, Error as ChainError};
use linkpool_contracts::link;
use linkpool_primitives::{Address, Juels, checksum};

use crate::{Error, Result};

const DECIMALS: u8 = 18;

/// Refuses what the pool can't work with: its fields are sized for LINK's supply, and stakes arrive by `transferAndCall`.
/// Nothing is sent; `from` asks.
///
/// # Errors
/// [`Error::NotLink`] with the reason, or those of the chain.
pub async fn check_token(chain: &Chain, token: Address, from: Address) -> Result<()> {
    chain.require_code(token).await?;
    let refused = |why: String| Err(Error::NotLink { address: checksum(&token), why });
    let Some(symbol) = answer(chain.call(token, &link::symbolCall {}).await)? else {
        return refused("it has no symbol".into());
    };
    let name = answer(chain.call(token, &link::nameCall {}).await)?.unwrap_or_default();
    if symbol != "LINK" || !name.to_lowercase().contains("chainlink") {
        return refused(format!("it calls itself {:?} ({:?})", printable(&symbol), printable(&name)));
    }
    let decimals = answer(chain.call(token, &link::decimalsCall {}).await)?;
    if decimals != Some(DECIMALS) {
        return refused(format!("it has {decimals:?} decimals and not {DECIMALS}"));
    }
    let supply = answer(chain.call(token, &link::totalSupplyCall {}).await)?;
    if supply.is_none_or(|supply| supply > U256::from(Juels::SUPPLY.0)) {
        return refused("there is more of it than the 1,000,000,000 LINK that the pool's fields are made for".into());
    }
    let nothing = link::transferAndCallCall { _to: from, _value: U256::ZERO, _data: Default::default() };
    match chain.simulate(from, token, nothing.abi_encode()).await {
        Ok(answer) if link::transferAndCallCall::abi_decode_returns(&answer) == Ok(true) => Ok(()),
        Ok(_) | Err(ChainError::Reverted { .. }) => {
            refused("it has no transferAndCall (ERC-677), by which stakes and rewards arrive".into())
        }
        Err(error) => Err(error.into()),
    }
}

/// A refusal and an answer of another shape mean that the function is not there.
fn answer<T>(asked: linkpool_chain::Result<T>) -> Result<Option<T>> {
    match asked {
        Ok(answer) => Ok(Some(answer)),
        Err(ChainError::Reverted { .. } | ChainError::Absent { .. } | ChainError::UnexpectedContract { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A stranger's words, cut to a line.
fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(40).collect()
}

//! What LINK is worth in ether: gas is paid in the one, and earned is the other.

use linkpool_chain::{Chain, Error as ChainError};
use linkpool_contracts::feed::{decimalsCall, latestRoundDataCall};
use linkpool_primitives::{Address, BlockRef, checksum};

use crate::PriceSource;

/// Digits of ether behind the point.
const DECIMALS: u8 = 18;

/// What is known of the price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Price {
    /// Nothing is configured that tells it.
    NotAsked,
    Known {
        wei_per_link: u128,
    },
    /// What is configured does not tell it: a sentence.
    Unknown(String),
}

/// Why a feed gives no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    #[error("{} is no feed of Chainlink's: it has no latestRoundData", checksum(feed))]
    NoFeed { feed: Address },
    #[error("the feed {} has {decimals} decimals, and LINK in ether has {DECIMALS}: it is another pair's", checksum(feed))]
    OtherPair { feed: Address, decimals: u8 },
    #[error("the feed {} says {answer}, which is no price of LINK in ether", checksum(feed))]
    Absurd { feed: Address, answer: String },
    #[error("the price of the feed {} is {age_seconds} s old, and may be {max_seconds}", checksum(feed))]
    Old { feed: Address, age_seconds: u64, max_seconds: u64 },
}

/// The price at a block.
///
/// # Errors
/// The chain's; what is wrong with the feed is in [`Price::Unknown`].
pub async fn price(chain: &Chain, source: Option<PriceSource>, block: &BlockRef) -> linkpool_chain::Result<Price> {
    match source {
        None => Ok(Price::NotAsked),
        Some(PriceSource::Fixed { wei_per_link }) => Ok(Price::Known { wei_per_link }),
        Some(PriceSource::Feed { feed, max_age }) => match told(chain, feed, max_age.as_secs(), block).await? {
            Ok(wei_per_link) => Ok(Price::Known { wei_per_link }),
            Err(error) => Ok(Price::Unknown(error.to_string())),
        },
    }
}

async fn told(
    chain: &Chain,
    feed: Address,
    max_seconds: u64,
    block: &BlockRef,
) -> linkpool_chain::Result<Result<u128, PriceError>> {
    let decimals = chain.call_at(feed, &decimalsCall {}, block.hash).await;
    let round = chain.call_at(feed, &latestRoundDataCall {}, block.hash).await;
    let (decimals, round) = match (decimals, round) {
        (Ok(decimals), Ok(round)) => (decimals, round),
        (Err(error), _) | (_, Err(error)) => return no_feed(feed, error),
    };
    if decimals != DECIMALS {
        return Ok(Err(PriceError::OtherPair { feed, decimals }));
    }
    // More wei than there are for one LINK is no price either.
    let price = u128::try_from(round.answer).ok().filter(|wei| *wei > 0 && *wei < 1 << 90);
    let Some(wei_per_link) = price else { return Ok(Err(PriceError::Absurd { feed, answer: round.answer.to_string() })) };
    let age_seconds = block.timestamp.saturating_sub(round.updatedAt.saturating_to::<u64>());
    if age_seconds > max_seconds {
        return Ok(Err(PriceError::Old { feed, age_seconds, max_seconds }));
    }
    Ok(Ok(wei_per_link))
}

fn no_feed(feed: Address, error: ChainError) -> linkpool_chain::Result<Result<u128, PriceError>> {
    match error {
        ChainError::Reverted { .. } | ChainError::Absent { .. } | ChainError::UnexpectedContract { .. } => {
            Ok(Err(PriceError::NoFeed { feed }))
        }
        error => Err(error),
    }
}

//! What a transaction offers for gas (EIP-1559), first and when it must be replaced. Integers only, in wei per gas.

use linkpool_chain::Market;

use crate::FeeCaps;

/// The two fields of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    pub max_fee_wei: u128,
    pub tip_wei: u128,
}

/// The first offer: good for six full blocks in a row, in which the base fee doubles. `None` where the market is beyond the caps.
pub fn first(market: Market, caps: FeeCaps) -> Option<Offer> {
    let tip_wei = market.tip_wei.clamp(1, caps.max_tip_wei);
    let max_fee_wei = wanted(market, tip_wei).min(caps.max_fee_wei);
    (max_fee_wei >= market.base_fee_wei.saturating_add(tip_wei)).then_some(Offer { max_fee_wei, tip_wei })
}

/// Twice the base fee and the tip, because what is not needed is not paid. Where everything that is offered is paid, little more than
/// the price.
fn wanted(market: Market, tip_wei: u128) -> u128 {
    let base_fee_wei = market.base_fee_wei;
    let headroom = if market.is_legacy { base_fee_wei / 8 } else { base_fee_wei };
    base_fee_wei.saturating_add(headroom).saturating_add(tip_wei)
}

/// The next offer after `last`: at least an eighth more in both fields, which is what the strictest pools ask for a replacement,
/// and at least what the market wants. `None` where that is beyond the caps: then the last offer stays.
pub(crate) fn next(last: Offer, market: Market, caps: FeeCaps) -> Option<Offer> {
    let raised = |wei: u128| wei.saturating_add(wei.div_ceil(8)).saturating_add(1);
    let tip_wei = raised(last.tip_wei).max(market.tip_wei.min(caps.max_tip_wei));
    let wanted = wanted(market, tip_wei).min(caps.max_fee_wei);
    let max_fee_wei = raised(last.max_fee_wei).max(wanted);
    (tip_wei <= caps.max_tip_wei && max_fee_wei <= caps.max_fee_wei).then_some(Offer { max_fee_wei, tip_wei })
}

/// Why there is no offer.
pub(crate) fn beyond_caps(market: Market) -> String {
    let gwei = market.base_fee_wei / 1_000_000_000;
    format!("gas costs {gwei} gwei now, which the configured fee caps do not allow to be met or outbid; waiting")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CAPS: FeeCaps = FeeCaps { max_fee_wei: 1_000, max_tip_wei: 100 };

    #[test]
    fn the_first_offer_covers_twice_the_base_fee_within_the_caps() {
        let offer = |base_fee_wei, tip_wei| first(Market::new(base_fee_wei, tip_wei), CAPS);
        assert_eq!(offer(100, 10), Some(Offer { max_fee_wei: 210, tip_wei: 10 }));
        assert_eq!(offer(100, 0), Some(Offer { max_fee_wei: 201, tip_wei: 1 }));
        assert_eq!(offer(600, 500), Some(Offer { max_fee_wei: 1_000, tip_wei: 100 }));
        assert_eq!(offer(950, 100), None);
    }

    #[test]
    fn where_all_that_is_offered_is_paid_little_more_than_the_price_is_offered() {
        let market = Market { base_fee_wei: 160, tip_wei: 0, is_legacy: true };
        assert_eq!(first(market, CAPS), Some(Offer { max_fee_wei: 181, tip_wei: 1 }));
        assert_eq!(next(Offer { max_fee_wei: 181, tip_wei: 1 }, market, CAPS), Some(Offer { max_fee_wei: 205, tip_wei: 3 }));
    }

    proptest! {
        #[test]
        fn a_replacement_pays_an_eighth_more_in_both_fields_and_never_beyond_the_caps(
            max_fee_wei in 1u128..1_000, tip_wei in 1u128..100, base_fee_wei in 0u128..2_000, market_tip in 0u128..200
        ) {
            let last = Offer { max_fee_wei, tip_wei };
            if let Some(offer) = next(last, Market::new(base_fee_wei, market_tip), CAPS) {
                prop_assert!(offer.max_fee_wei * 8 >= max_fee_wei * 9 && offer.tip_wei * 8 >= tip_wei * 9);
                prop_assert!(offer.max_fee_wei <= CAPS.max_fee_wei && offer.tip_wei <= CAPS.max_tip_wei);
            }
        }

        #[test]
        fn replacing_ends_at_the_caps(base_fee_wei in 0u128..500) {
            let market = Market::new(base_fee_wei, 1);
            let mut offer = first(market, CAPS);
            let mut replacements = 0;
            while let Some(last) = offer {
                offer = next(last, market, CAPS);
                replacements += 1;
                prop_assert!(replacements < 100);
            }
        }
    }
}

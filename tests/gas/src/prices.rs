//! That the engine has the prices of both upgrades, and that they alone make the difference between our two columns.

use alloy_primitives::{Address, U256};
use anyhow::Result;
use revm::primitives::hardfork::SpecId;

use crate::{
    actions::ACTIONS,
    chain::{Chain, Receipt},
    world::World,
};

const SENDER: Address = Address::repeat_byte(0x11);

/// Stores its first word of calldata in its word 0: `PUSH0 CALLDATALOAD PUSH0 SSTORE`, behind what deploys these four bytes.
const KEEPER: [u8; 12] = [0x63, 0x5f, 0x35, 0x5f, 0x55, 0x5f, 0x52, 0x60, 4, 0x60, 28, 0xf3];

/// What the store itself cost, for each value in its turn.
fn stores<const N: usize>(spec: SpecId, values: [u8; N]) -> Result<[u64; N]> {
    let mut chain = Chain::new(spec);
    let (keeper, _) = chain.deploy(SENDER, KEEPER.to_vec())?;
    let mut costs = [0; N];
    for (cost, value) in costs.iter_mut().zip(values) {
        let data = U256::from(value).to_be_bytes::<32>().to_vec();
        let used = chain.call(SENDER, keeper, data.clone())?.gas_used;
        // Three instructions come before it, at 2, 3 and 2.
        *cost = used - base(spec) - calldata(&data) - 7;
    }
    Ok(costs)
}

fn base(spec: SpecId) -> u64 {
    if spec == SpecId::AMSTERDAM { 12_000 + 3_000 } else { 21_000 }
}

fn calldata(data: &[u8]) -> u64 {
    data.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum()
}

#[test]
fn a_word_costs_what_the_upgrades_say() -> Result<()> {
    // Created, changed, cleared less the refund, created again.
    assert_eq!(stores(SpecId::OSAKA, [1, 2, 0, 3])?, [22_100, 5_000, 5_000 - 4_800, 22_100]);
    // Of 27,235 gas in all, the cap of a fifth leaves 5,447 of the refund of 11,616.
    assert_eq!(stores(SpecId::AMSTERDAM, [1, 2, 0, 3])?, [110_020, 12_100, 12_100 - 5_447, 110_020]);
    Ok(())
}

fn both(name: &str) -> Result<[Receipt; 2]> {
    let (_, action) = ACTIONS.iter().find(|(action, _)| *action == name).expect("an action of this name");
    Ok([action(&mut World::new(SpecId::OSAKA)?)?, action(&mut World::new(SpecId::AMSTERDAM)?)?])
}

/// Less for the base, more for each word that changes, for each that is created, and for the other contract, whose account is cold;
/// a call that looks first whether there is code costs 100 more each time.
#[test]
fn the_prices_of_words_explain_the_difference_to_the_unit() -> Result<()> {
    const BASE: i64 = 12_000 + 3_000 - 21_000;
    const CHANGED: i64 = (100 + 10_000) - 2_900;
    const CREATED: i64 = 64 * 1_530 + 10_000 + 100 - 20_000;
    const CLEARED: i64 = 4_800 - 11_616;
    const COLD_ACCOUNT: i64 = 3_000 - 2_600;
    const LOOKS: i64 = 2 * 100;
    for (name, expected) in [
        ("claim", BASE + 6 * CHANGED + COLD_ACCOUNT),
        ("second_stake", BASE + 7 * CHANGED + COLD_ACCOUNT + LOOKS),
        ("second_unbond_pending", BASE + 3 * CHANGED + CREATED),
        ("withdraw", BASE + 5 * CHANGED + CLEARED + COLD_ACCOUNT),
        ("multicall_overhead", 0),
    ] {
        let [osaka, amsterdam] = both(name)?.map(|receipt| i64::try_from(receipt.gas_used).unwrap_or(i64::MAX));
        assert_eq!(amsterdam - osaka, expected, "{name}");
    }
    Ok(())
}

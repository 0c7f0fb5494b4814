//! What travels with LINK in `transferAndCall`: which nodes it is for.

use alloy::primitives::{Address, U256};

/// The four bytes in front of a reward's words.
const REWARD_TAG: &[u8; 4] = b"RWRD";

/// `node << 96 | amount` in 32 bytes; `None` if the amount needs more than 96 bits.
fn word(node: Address, amount_juels: u128) -> Option<[u8; 32]> {
    let fits = amount_juels < 1 << 96;
    let node: U256 = U256::from_be_slice(node.as_slice()) << 96;
    let word: U256 = node | U256::from(amount_juels);
    fits.then(|| word.to_be_bytes())
}

/// Data that stakes each amount on its node.
pub fn stake_data(parts: &[(Address, u128)]) -> Option<Vec<u8>> {
    let words = parts.iter().map(|(node, amount)| word(*node, *amount)).collect::<Option<Vec<_>>>()?;
    Some(words.concat())
}

/// Data that deposits each amount as a reward of its node.
pub fn reward_data(parts: &[(Address, u128)]) -> Option<Vec<u8>> {
    Some([REWARD_TAG.as_slice(), &stake_data(parts)?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_node_and_then_the_amount() {
        let node = Address::repeat_byte(0xab);
        let data = stake_data(&[(node, 5), (node, (1 << 96) - 1)]).unwrap();
        assert_eq!(data[..20], [0xab; 20]);
        assert_eq!(data[20..32], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]);
        assert_eq!(data[52..64], [0xff; 12]);
        assert_eq!(reward_data(&[(node, 5)]).unwrap()[..4], *b"RWRD");
    }

    #[test]
    fn an_amount_beyond_96_bits_has_no_word() {
        assert_eq!(stake_data(&[(Address::ZERO, 1 << 96)]), None);
    }
}

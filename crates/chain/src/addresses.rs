//! Whose logs are asked for: one contract, or a list.

use std::sync::Arc;

use alloy::primitives::{BloomInput, keccak256};
use linkpool_primitives::{Address, B256};

/// Most contracts whose logs are asked for together. geth takes so many in one question, and blocks are so compared with their blooms in
/// some microseconds.
pub const MAX_ADDRESSES: usize = 1_000;

/// The contracts whose logs are asked for. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Of which most logs are.
    first: Address,
    /// In order.
    rest: Arc<[Address]>,
    /// What blooms are asked for, of each.
    hashes: Arc<[(Address, B256)]>,
}

impl Addresses {
    /// `first` is the one of which most logs are. Of the others as many count as there may be.
    pub fn new(first: Address, others: impl IntoIterator<Item = Address>) -> Self {
        let mut rest: Vec<Address> = others.into_iter().filter(|other| *other != first).take(MAX_ADDRESSES - 1).collect();
        rest.sort_unstable();
        rest.dedup();
        let hashes = std::iter::once(first).chain(rest.iter().copied()).map(|address| (address, keccak256(address)));
        Self { first, hashes: hashes.collect(), rest: rest.into() }
    }

    /// Those of these that are among them; `None` where none is.
    pub(crate) fn only(&self, some: &[Address]) -> Option<Self> {
        let mut kept = self.iter().filter(|address| some.contains(address));
        kept.next().map(|first| Self::new(first, kept))
    }

    pub fn iter(&self) -> impl Iterator<Item = Address> {
        self.hashes.iter().map(|(address, _)| *address)
    }

    /// How many they are: one at least.
    pub fn count(&self) -> usize {
        self.hashes.len()
    }

    pub fn contains(&self, address: &Address) -> bool {
        *address == self.first || self.rest.binary_search(address).is_ok()
    }

    /// Each as a bloom is asked for it.
    pub(crate) fn bloom_inputs(&self) -> impl Iterator<Item = (Address, BloomInput<'static>)> {
        self.hashes.iter().map(|(address, hash)| (*address, BloomInput::Hash(*hash)))
    }

    /// Lists of at most so many.
    pub(crate) fn lists(&self, most: usize) -> Vec<Vec<Address>> {
        let all: Vec<Address> = self.iter().collect();
        all.chunks(most.max(1)).map(<[Address]>::to_vec).collect()
    }
}

impl From<Address> for Addresses {
    fn from(address: Address) -> Self {
        Self::new(address, [])
    }
}

impl From<&Self> for Addresses {
    fn from(addresses: &Self) -> Self {
        addresses.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u16) -> Address {
        Address::left_padding_from(&number.to_be_bytes())
    }

    #[test]
    fn each_is_among_them_once_and_in_one_list() {
        let all = Addresses::new(address(7), [9, 7, 3, 9].map(address));
        assert_eq!(all.iter().collect::<Vec<_>>(), [7, 3, 9].map(address));
        assert!([3, 7, 9].map(address).iter().all(|one| all.contains(one)) && !all.contains(&address(8)));
        assert_eq!(all.lists(2), [vec![address(7), address(3)], vec![address(9)]]);
        assert_eq!(all.lists(0).len(), 3);
        assert_eq!(all.only(&[address(9), address(8)]), Some(address(9).into()));
        assert_eq!(all.only(&[address(8)]), None);
    }

    #[test]
    fn there_is_a_bound() {
        assert_eq!(Addresses::new(address(0), (1..3_000).map(address)).count(), MAX_ADDRESSES);
    }
}

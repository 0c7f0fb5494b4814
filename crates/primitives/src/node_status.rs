//! What a node of the contract is: a number there and in the database, a word everywhere else.

use crate::UnknownWord;

crate::words! {
    /// How far a node has come. Only the retired stay what they are.
    pub enum NodeStatus {
        /// Takes stake, as far as its cap and a pending penalty allow.
        Active = "active",
        /// Takes no new stake; what is there goes on earning.
        Closed = "closed",
        /// Gone for ever: everybody's unbonding clock runs.
        Retired = "retired",
    }
}

impl NodeStatus {
    /// The contract's number for it.
    pub const fn code(self) -> u8 {
        match self {
            Self::Active => 1,
            Self::Closed => 2,
            Self::Retired => 3,
        }
    }

    /// What the contract answers for a wallet: 0, here `None`, where that is no node.
    ///
    /// # Errors
    /// A number that the contract does not have.
    pub fn of_wallet(code: u8) -> Result<Option<Self>, UnknownWord> {
        if code == 0 { Ok(None) } else { Self::try_from(code).map(Some) }
    }
}

impl TryFrom<u8> for NodeStatus {
    type Error = UnknownWord;
    fn try_from(code: u8) -> Result<Self, UnknownWord> {
        let known = Self::ALL.iter().copied().find(|status| status.code() == code);
        known.ok_or_else(|| UnknownWord { of: "NodeStatus", word: code.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_status_no_node_or_unknown() {
        for status in NodeStatus::ALL {
            assert_eq!(NodeStatus::of_wallet(status.code()), Ok(Some(*status)));
        }
        assert_eq!(NodeStatus::of_wallet(0), Ok(None));
        assert!(NodeStatus::try_from(0).is_err() && NodeStatus::of_wallet(4).is_err());
    }
}

//! Addresses as people type them: 20 bytes in hex, with the EIP-55 checksum where it has one.

use alloy_primitives::Address;

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("`{0}` is not an address: write 0x and 40 hexadecimal digits")]
    Malformed(String),
    /// Mixed case that does not match EIP-55: most likely a typing error.
    #[error("`{given}` has a wrong EIP-55 checksum: if it is the right address, write `{expected}`")]
    Checksum { given: String, expected: String },
}

/// Reads an address. All-lower-case and all-upper-case digits carry no checksum and are accepted;
/// mixed case must match [EIP-55](https://eips.ethereum.org/EIPS/eip-55).
pub fn parse_address(text: &str) -> Result<Address, AddressError> {
    let malformed = || AddressError::Malformed(text.chars().take(64).collect());
    let digits = text.strip_prefix("0x").ok_or_else(malformed)?;
    let mut bytes = [0u8; 20];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| malformed())?;
    let address = Address::from(bytes);
    let lower = digits.chars().any(|c| c.is_ascii_lowercase());
    let upper = digits.chars().any(|c| c.is_ascii_uppercase());
    if lower && upper && address.to_checksum(None) != text {
        return Err(AddressError::Checksum { given: text.into(), expected: checksum(&address) });
    }
    Ok(address)
}

/// The EIP-55 form of an address.
pub fn checksum(address: &Address) -> String {
    address.to_checksum(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EIP55: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

    #[test]
    fn checksummed_lower_and_upper_case_are_the_same_address() {
        let address = parse_address(EIP55).unwrap();
        assert_eq!(parse_address(&EIP55.to_lowercase()).unwrap(), address);
        assert_eq!(parse_address(&format!("0x{}", EIP55[2..].to_uppercase())).unwrap(), address);
        assert_eq!(checksum(&address), EIP55);
    }

    #[test]
    fn a_wrong_checksum_is_refused_and_the_right_one_shown() {
        let given = EIP55.replace("5aA", "5Aa");
        let error = parse_address(&given).unwrap_err();
        assert_eq!(error, AddressError::Checksum { given, expected: EIP55.into() });
    }

    #[test]
    fn anything_else_is_malformed() {
        for text in ["", "0x", "0x12", EIP55.trim_start_matches("0x"), "0xzz", "0xéé", &format!("{EIP55}00")] {
            assert!(matches!(parse_address(text), Err(AddressError::Malformed(_))), "{text}");
        }
    }
}

//! A signature as KMS sends it: ASN.1, two integers of which each is as short as it can be.

use alloy::primitives::U256;

/// `r` and `s`; `None` where the bytes are something else, or something more.
pub(crate) fn integers(der: &[u8]) -> Option<(U256, U256)> {
    let (&[0x30, length], rest) = der.split_first_chunk()? else { return None };
    if usize::from(length) != rest.len() {
        return None;
    }
    let (r, rest) = integer(rest)?;
    let (s, rest) = integer(rest)?;
    rest.is_empty().then_some((r, s))
}

fn integer(bytes: &[u8]) -> Option<(U256, &[u8])> {
    let (&[0x02, length], rest) = bytes.split_first_chunk()? else { return None };
    let (number, rest) = rest.split_at_checked(usize::from(length))?;
    let number = match number {
        // A first byte of nothing is there only to keep the next one from being a sign.
        [0, next, ..] if *next < 0x80 => return None,
        [0, number @ ..] => number,
        [first, ..] if *first >= 0x80 => return None,
        number => number,
    };
    (1..=32).contains(&number.len()).then(|| (U256::from_be_slice(number), rest))
}

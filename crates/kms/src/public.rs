//! Whose key it is.

use alloy::signers::k256::ecdsa::VerifyingKey;
use linkpool_primitives::Address;

/// In front of a point of the curve secp256k1, in what says that it is a public key (`SubjectPublicKeyInfo`, RFC 5480).
const BEFORE: [u8; 23] = [
    0x30, 0x56, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a, 0x03,
    0x42, 0x00,
];

/// The account of a key; `None` where it is one of another curve.
pub(crate) fn address(info: &[u8]) -> Option<Address> {
    let point = info.strip_prefix(&BEFORE)?;
    Some(Address::from_public_key(&VerifyingKey::from_sec1_bytes(point).ok()?))
}

//! Small secrets in a database that others can read: sealed with a key that stands in a file.

use std::fmt;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sha2::{Digest as _, Sha256};

const KEY_BYTES: usize = 32;
/// Random, and long enough that no two are ever the same.
const NONCE_BYTES: usize = 24;
/// The first byte of everything sealed this way.
const VERSION: u8 = 1;

/// Why something could not be opened. None of it says what was in there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The text of the key.
    #[error("a seal key is 64 hexadecimal digits: make one with `openssl rand -hex 32`")]
    NotAKey,
    /// Another key, another name, or somebody has changed it.
    #[error("it was not sealed with this key: every fleet and registrar of the pool needs the same one")]
    OtherKey,
}

/// The key.
#[derive(Clone)]
pub struct SealKey {
    cipher: XChaCha20Poly1305,
    fingerprint: String,
}

impl SealKey {
    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`SealError::NotAKey`].
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let digits = text.trim().as_bytes();
        let (pairs, []) = digits.as_chunks::<2>() else { return Err(SealError::NotAKey) };
        let byte = |pair: &[u8; 2]| {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()
        };
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        let key: [u8; KEY_BYTES] = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(SealError::NotAKey)?;
        Ok(Self { cipher: XChaCha20Poly1305::new(&key.into()), fingerprint: fingerprint(text.trim()) })
    }

    /// By which a person tells that a copy is a copy: the first 16 digits of the SHA-256 of its text. Nobody finds 256 random bits
    /// by 64 of their digest.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The text of a new key.
    pub fn generate() -> crate::Secret {
        let bytes: [u8; KEY_BYTES] = rand::random();
        crate::Secret::new(bytes.map(|byte| format!("{byte:02x}")).concat())
    }

    /// Seals a secret of a node that a fleet runs. `kind` says which of its secrets it is.
    pub fn seal_secret(&self, node_id: &str, kind: &str, secret: &crate::Secret) -> Vec<u8> {
        self.seal(&name_of(node_id, kind), secret.expose())
    }

    /// Opens it, under the same node and kind.
    ///
    /// # Errors
    /// [`SealError::OtherKey`].
    pub fn open_secret(&self, node_id: &str, kind: &str, sealed: &[u8]) -> Result<crate::Secret, SealError> {
        self.open(&name_of(node_id, kind), sealed).map(crate::Secret::new)
    }

    /// Seals `text` so that it opens under `name` only: nobody can pass one node's secret off as another's.
    fn seal(&self, name: &str, text: &str) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: text.as_bytes(), aad: name.as_bytes() };
        // Fails for texts of 256 GiB.
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        [&[VERSION], nonce.as_slice(), &sealed].concat()
    }

    /// What was sealed under `name`.
    fn open(&self, name: &str, sealed: &[u8]) -> Result<String, SealError> {
        let Some(([VERSION], rest)) = sealed.split_at_checked(1) else { return Err(SealError::OtherKey) };
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::OtherKey)?;
        let payload = Payload { msg: rest, aad: name.as_bytes() };
        let text = self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError::OtherKey)?;
        String::from_utf8(text).map_err(|_| SealError::OtherKey)
    }
}

fn fingerprint(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn name_of(node_id: &str, kind: &str) -> String {
    format!("linkpool {kind} of node {node_id}")
}

impl fmt::Debug for SealKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SealKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SealKey {
        SealKey::parse(SealKey::generate().expose()).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_under_the_same_name_only() {
        let (ours, other) = (key(), key());
        let sealed = ours.seal("login of a", "a@node\nhunter2\n");
        assert_eq!(ours.open("login of a", &sealed).as_deref(), Ok("a@node\nhunter2\n"));
        assert_eq!(other.open("login of a", &sealed), Err(SealError::OtherKey));
        assert_eq!(ours.open("login of b", &sealed), Err(SealError::OtherKey));
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        assert_ne!(sealed, ours.seal("login of a", "a@node\nhunter2\n"), "sealed twice it looks the same");
    }

    #[test]
    fn a_secret_opens_for_its_node_and_kind_only() {
        let (key, secret) = (key(), crate::Secret::new("hunter2"));
        let sealed = key.seal_secret("a", "admin_login", &secret);
        assert_eq!(key.open_secret("a", "admin_login", &sealed), Ok(secret));
        for (node, kind) in [("b", "admin_login"), ("a", "keystore_password")] {
            assert_eq!(key.open_secret(node, kind, &sealed), Err(SealError::OtherKey), "{kind} of {node}");
        }
    }

    #[test]
    fn no_byte_can_be_changed_or_left_out() {
        let key = key();
        let sealed = key.seal("a", "text");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open("a", &changed), Err(SealError::OtherKey), "byte {at}");
            assert_eq!(key.open("a", &sealed[..at]), Err(SealError::OtherKey), "cut at {at}");
        }
    }

    #[test]
    fn a_key_is_64_hexadecimal_digits_and_shows_nowhere() {
        let text = "0123456789abcdefABCDEF01234567890123456789abcdefABCDEF0123456789";
        assert!(SealKey::parse(&format!("{text}\n")).is_ok());
        for wrong in ["", &text[1..], &text[2..], &format!("{text}00"), &text.replace('a', "g"), &text.replace('a', "é")] {
            assert_eq!(SealKey::parse(wrong).err(), Some(SealError::NotAKey), "{wrong}");
        }
        assert_eq!(format!("{:?}", key()), "SealKey(..)");
        // printf %s 0123… | sha256sum
        let zeros = SealKey::parse(&format!("{}\n", "0".repeat(64))).unwrap();
        assert_eq!(zeros.fingerprint(), "60e05bd1b195af2f");
    }
}

//! V3 keystores (Web3 Secret Storage), as geth, ethers, web3.js, foundry and others write them: they agree on the cipher and on
//! little else. Cipher and key derivations are RustCrypto's; the format is read here, because what is malformed, what is too much
//! work and what is a wrong password are three different answers.

mod derive;
mod format;

use alloy::{
    hex,
    primitives::{B256, keccak256},
    signers::local::PrivateKeySigner,
};
use linkpool_primitives::{Address, checksum};
use rand::RngCore;
use serde_json::json;
use zeroize::Zeroizing;

use derive::Derivation;
use format::Keystore;

/// Why a keystore gives no key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeystoreError {
    /// Not what it should be; the reason names the field.
    #[error("it is no V3 keystore that can be read: {0}")]
    Format(String),
    #[error("the password is wrong")]
    Password,
    #[error("it says that it holds the key of {said} and holds that of {held}: one of the two was changed")]
    Address { said: String, held: String },
}

/// How much work a new keystore makes of each guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// As ethers and geth do: a second and 128 MB.
    Standard,
    /// For tests, and for machines that can't spare it: a guess costs hardly anything.
    Light,
}

/// The key of a keystore's text.
///
/// # Errors
/// [`KeystoreError`]. None of them shows the key or the password.
pub fn open(text: &str, password: &[u8]) -> Result<PrivateKeySigner, KeystoreError> {
    let keystore = Keystore::parse(text).map_err(KeystoreError::Format)?;
    let derived = keystore.derivation.derive(password);
    if mac(&derived, &keystore.ciphertext) != keystore.mac {
        return Err(KeystoreError::Password);
    }
    let mut key = Zeroizing::new(keystore.ciphertext);
    apply_cipher(&derived, &keystore.iv, &mut key);
    let key = from_bytes(&key).ok_or_else(|| KeystoreError::Format("what it holds is not a private key of 32 bytes".into()))?;
    match keystore.address {
        Some(said) if said != key.address() => {
            Err(KeystoreError::Address { said: checksum(&said), held: checksum(&key.address()) })
        }
        _ => Ok(key),
    }
}

/// The account that a keystore says it holds, without opening it. Not every writer tells.
pub fn claimed_address(text: &str) -> Option<Address> {
    Keystore::parse(text).ok()?.address
}

/// The text of a new keystore, in the spelling that every reader takes.
pub fn seal(key: &PrivateKeySigner, password: &[u8], effort: Effort) -> String {
    let (mut salt, mut iv) = ([0; 32], [0; 16]);
    rand::rng().fill_bytes(&mut salt);
    rand::rng().fill_bytes(&mut iv);
    let derivation = Derivation::scrypt(effort == Effort::Light, salt.to_vec());
    let derived = derivation.derive(password);
    let mut sealed = key.to_bytes().to_vec();
    apply_cipher(&derived, &iv, &mut sealed);
    let (kdf, kdfparams) = derivation.to_json();
    let mac = hex::encode(mac(&derived, &sealed));
    let keystore = json!({
        "version": 3, "id": uuid::Uuid::new_v4(), "address": hex::encode(key.address()),
        "crypto": {
            "cipher": format::CIPHER, "cipherparams": { "iv": hex::encode(iv) }, "ciphertext": hex::encode(&sealed),
            "kdf": kdf, "kdfparams": kdfparams, "mac": mac,
        },
    });
    format!("{keystore:#}\n")
}

/// A new key, of the operating system's randomness.
pub fn generate() -> PrivateKeySigner {
    PrivateKeySigner::random()
}

/// The key of 64 hexadecimal digits.
///
/// # Errors
/// With a sentence that does not repeat them.
pub fn parse_key(text: &str) -> Result<PrivateKeySigner, String> {
    let bytes = Zeroizing::new(hex::decode(text.trim()).unwrap_or_default());
    from_bytes(&bytes).ok_or_else(|| "this is no private key: write 64 hexadecimal digits, with or without 0x".into())
}

/// Exactly 32 bytes: the library fills a shorter key up with zeros, and it would be somebody else's.
fn from_bytes(bytes: &[u8]) -> Option<PrivateKeySigner> {
    PrivateKeySigner::from_slice(bytes).ok().filter(|_| bytes.len() == 32)
}

fn mac(derived: &[u8; 32], ciphertext: &[u8]) -> B256 {
    let mut text = Zeroizing::new(derived[16..].to_vec());
    text.extend_from_slice(ciphertext);
    keccak256(&*text)
}

fn apply_cipher(derived: &[u8; 32], iv: &[u8; 16], text: &mut [u8]) {
    use aes::cipher::{KeyIvInit, StreamCipher};
    let mut key = [0; 16];
    key.copy_from_slice(&derived[..16]);
    ctr::Ctr128BE::<aes::Aes128>::new(&key.into(), &(*iv).into()).apply_keystream(text);
}

#[cfg(test)]
mod tests;

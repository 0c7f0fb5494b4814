//! From a password to the key that opens a keystore: scrypt or PBKDF2, with bounds on the work that a file may ask for.

use hmac::Hmac;
use serde_json::{Value, json};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The same as ethers; 128 MB at a block size of 8.
const STANDARD_LOG_N: u8 = 17;
const LIGHT_LOG_N: u8 = 10;
/// scrypt needs 128 * n * r bytes: half a gigabyte, twice what geth asks for.
const MAX_SCRYPT_BYTES: u64 = 1 << 29;
const MAX_P: u32 = 16;
/// geth's has 262,144.
const MAX_ROUNDS: u32 = 10_000_000;

#[derive(Debug)]
pub(super) enum Derivation {
    Scrypt { log_n: u8, r: u32, p: u32, params: scrypt::Params, salt: Vec<u8> },
    Pbkdf2 { rounds: u32, salt: Vec<u8> },
}

impl Derivation {
    pub(super) fn scrypt(light: bool, salt: Vec<u8>) -> Self {
        let (log_n, r, p) = (if light { LIGHT_LOG_N } else { STANDARD_LOG_N }, 8, 1);
        // The recommended ones are these but for `log_n`, which is in range.
        let params = scrypt::Params::new(log_n, r, p).unwrap_or_else(|_| scrypt::Params::recommended());
        Self::Scrypt { log_n, r, p, params, salt }
    }

    /// # Errors
    /// A sentence about what scrypt can't do, or what is too much work.
    pub(super) fn checked_scrypt(n: u64, r: u32, p: u32, salt: Vec<u8>) -> Result<Self, String> {
        if !n.is_power_of_two() || n < 2 {
            return Err(format!("kdfparams.n is {n}: scrypt takes a power of two"));
        }
        let work = n.saturating_mul(u64::from(r)).saturating_mul(128);
        if r == 0 || p == 0 || work > MAX_SCRYPT_BYTES || p > MAX_P {
            return Err(format!(
                "kdfparams n = {n}, r = {r}, p = {p} ask for none or too much work: at most 512 MB, and p at most {MAX_P}"
            ));
        }
        // Below 30, by the bound above.
        let log_n = u8::try_from(n.trailing_zeros()).unwrap_or(u8::MAX);
        let params = scrypt::Params::new(log_n, r, p).map_err(|error| format!("kdfparams: {error}"))?;
        Ok(Self::Scrypt { log_n, r, p, params, salt })
    }

    /// # Errors
    /// A sentence about too much work.
    pub(super) fn checked_pbkdf2(rounds: u64, salt: Vec<u8>) -> Result<Self, String> {
        match u32::try_from(rounds) {
            Ok(rounds @ 1..=MAX_ROUNDS) => Ok(Self::Pbkdf2 { rounds, salt }),
            _ => Err(format!("kdfparams.c is {rounds}: it must be between 1 and {MAX_ROUNDS}")),
        }
    }

    pub(super) fn derive(&self, password: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        match self {
            // Its only error is an output of a length that this is not.
            Self::Scrypt { params, salt, .. } => {
                let _ = scrypt::scrypt(password, salt, params, &mut *key);
            }
            Self::Pbkdf2 { rounds, salt } => pbkdf2::pbkdf2::<Hmac<Sha256>>(password, salt, *rounds, &mut *key),
        }
        key
    }

    /// `kdf` and `kdfparams`.
    pub(super) fn to_json(&self) -> (&'static str, Value) {
        let hex = alloy::hex::encode;
        match self {
            Self::Scrypt { log_n, r, p, salt, .. } => {
                ("scrypt", json!({ "dklen": 32, "n": 1_u64 << log_n, "r": r, "p": p, "salt": hex(salt) }))
            }
            Self::Pbkdf2 { rounds, salt } => {
                ("pbkdf2", json!({ "dklen": 32, "c": rounds, "prf": "hmac-sha256", "salt": hex(salt) }))
            }
        }
    }
}

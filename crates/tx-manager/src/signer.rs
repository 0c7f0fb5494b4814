//! The key that sends transactions, behind a trait: it signs digests, so that a key service can take its place.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use alloy::{
    primitives::{B256, Signature},
    signers::{SignerSync, local::PrivateKeySigner},
};
use async_trait::async_trait;
use linkpool_primitives::{Address, checksum};

use crate::keystore::{self, KeystoreError};

#[async_trait]
pub trait Signer: Send + Sync + fmt::Debug {
    fn address(&self) -> Address;

    /// Signs 32 bytes, with a low `s` (EIP-2).
    async fn sign(&self, digest: &B256) -> Result<Signature, SignerError>;
}

/// Why there is no signer, or no signature.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    #[error("{}: {reason}", path.display())]
    File { path: PathBuf, reason: String },
    #[error("the keystore {} does not open with the password in {}", keystore.display(), password.display())]
    Keystore { keystore: PathBuf, password: PathBuf },
    #[error("the private key is not 0x and 64 hexadecimal digits of a valid key")]
    Key,
    #[error("the signer of {} gave no signature", checksum(address))]
    Refused { address: Address },
    /// Of a key that lies in a service; `is_unreachable` where that did not answer, or is busy.
    #[error("the key {key}: {reason}")]
    Service { key: String, reason: String, is_unreachable: bool },
}

impl SignerError {
    /// Whether asking again may help. What a service refuses may be mended there while a role waits.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Service { .. })
    }
}

/// A key in this process's memory. Its `Debug` is its address.
#[derive(derive_more::Debug)]
#[debug("LocalSigner({})", checksum(&_0.address()))]
pub struct LocalSigner(PrivateKeySigner);

impl LocalSigner {
    /// From 64 hexadecimal digits: for development only, where the key is public anyway. A release build has no such way in.
    ///
    /// # Errors
    /// [`SignerError::Key`], which does not repeat what was given.
    #[cfg(any(test, feature = "dev"))]
    pub fn from_key(key: &str) -> Result<Self, SignerError> {
        key.trim().parse().map(Self).map_err(|_| SignerError::Key)
    }

    /// From a V3 keystore and the file with its password; only their owner may be able to read either.
    ///
    /// # Errors
    /// [`SignerError::File`] or [`SignerError::Keystore`]. Takes a second: the keystore's key derivation is slow on purpose.
    pub fn from_keystore(keystore: &Path, password: &Path) -> Result<Self, SignerError> {
        let sealed = read_secret(keystore)?;
        let text = read_secret(password)?;
        match keystore::open(&sealed, text.trim_end_matches(['\r', '\n']).as_bytes()) {
            Ok(key) => Ok(Self(key)),
            Err(KeystoreError::Password) => {
                Err(SignerError::Keystore { keystore: keystore.to_owned(), password: password.to_owned() })
            }
            Err(error) => Err(SignerError::File { path: keystore.to_owned(), reason: error.to_string() }),
        }
    }
}

#[async_trait]
impl Signer for LocalSigner {
    fn address(&self) -> Address {
        self.0.address()
    }

    async fn sign(&self, digest: &B256) -> Result<Signature, SignerError> {
        self.0.sign_hash_sync(digest).map_err(|_| SignerError::Refused { address: self.address() })
    }
}

/// The text of a file that only its owner may read.
fn read_secret(path: &Path) -> Result<String, SignerError> {
    linkpool_secrets::read(path).map_err(|fault| SignerError::File { path: path.to_owned(), reason: fault.to_string() })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    const KEY: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";

    #[test]
    fn a_key_never_shows_in_debug_output_or_errors() -> Result<(), SignerError> {
        let shown = format!("{:?}", LocalSigner::from_key(KEY)?);
        assert_eq!(shown, "LocalSigner(0x70997970C51812dc3A010C7d01b50e0d17dc79C8)");
        let Err(error) = LocalSigner::from_key(&KEY[..60]) else { panic!("a short key was taken") };
        assert!(!format!("{error} {error:?}").contains(&KEY[10..20]));
        Ok(())
    }

    #[test]
    fn a_keystore_opens_with_its_password_and_only_if_others_cannot_read_it() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let (keystore, password) = (directory.path().join("key.json"), directory.path().join("password"));
        // The public key of the second development account, under a light key derivation.
        fs::write(&keystore, include_str!("../tests/keystore.json"))?;
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
        let write = |text: &str| fs::write(&password, text);
        write("a test password\n")?;
        mode(&keystore, 0o600)?;
        mode(&password, 0o600)?;
        assert_eq!(
            checksum(&LocalSigner::from_keystore(&keystore, &password)?.address()),
            "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
        );
        write("another password")?;
        assert!(matches!(LocalSigner::from_keystore(&keystore, &password), Err(SignerError::Keystore { .. })));
        mode(&password, 0o640)?;
        let refused = LocalSigner::from_keystore(&keystore, &password).map_err(|error| error.to_string());
        assert!(refused.is_err_and(|error| error.contains("chmod 600")));
        Ok(())
    }
}

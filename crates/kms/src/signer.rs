//! Signatures by a key in KMS.

use std::time::Duration;

use alloy::primitives::{B256, Signature};
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use linkpool_aws::{Aws, Service};
use linkpool_primitives::{Address, checksum};
use linkpool_tx_manager::{Signer, SignerError};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use crate::{
    KeyArn, der,
    fault::{OTHER_KIND, fault, wrong},
    public,
};

/// Whoever signs holds the account's lease, which lasts for longer than this: a KMS that hangs must not have two instances take it from
/// each other. The digest is signed in a later pass, before anything of it is committed.
const SIGN_TIMEOUT: Duration = Duration::from_secs(3);
const ALGORITHM: &str = "ECDSA_SHA_256";

/// An account of which this program knows the address and nothing else.
#[derive(derive_more::Debug)]
#[debug("KmsSigner({}, {key})", checksum(address))]
pub struct KmsSigner {
    aws: Aws,
    key: KeyArn,
    address: Address,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublicKey {
    public_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Signed {
    signature: String,
}

impl KmsSigner {
    /// Asks once whose key it is.
    ///
    /// # Errors
    /// [`SignerError::Service`], with a sentence that says what to do.
    pub async fn connect(aws: Aws, key: KeyArn) -> Result<Self, SignerError> {
        let asked = aws.call::<PublicKey>(Service::Kms, "GetPublicKey", &json!({ "KeyId": key.as_str() })).await;
        let told = asked.map_err(|error| fault(&key, &error))?;
        let address = BASE64.decode(told.public_key).ok().and_then(|info| public::address(&info));
        let address = address.ok_or_else(|| wrong(&key, OTHER_KIND))?;
        Ok(Self { aws, key, address })
    }

    fn check(&self, encoded: &str, digest: &B256) -> Result<Signature, SignerError> {
        let der = BASE64.decode(encoded).unwrap_or_default();
        let (r, s) =
            der::integers(&der).ok_or_else(|| wrong(&self.key, "what AWS KMS gives is no signature; it is asked again"))?;
        // KMS leaves `s` as it comes, and half of them are above the half of the order.
        let low = Signature::new(r, s, false).normalized_s();
        let is_ours = |signature: &Signature| signature.recover_address_from_prehash(digest).is_ok_and(|it| it == self.address);
        let found = [false, true].map(|parity| low.with_parity(parity)).into_iter().find(is_ours);
        found.ok_or_else(|| wrong(&self.key, format!("its signature is not by {}; it is asked again", checksum(&self.address))))
    }
}

#[async_trait]
impl Signer for KmsSigner {
    fn address(&self) -> Address {
        self.address
    }

    async fn sign(&self, digest: &B256) -> Result<Signature, SignerError> {
        let body = json!({
            "KeyId": self.key.as_str(), "Message": BASE64.encode(digest), "MessageType": "DIGEST", "SigningAlgorithm": ALGORITHM,
        });
        let asked = timeout(SIGN_TIMEOUT, self.aws.call::<Signed>(Service::Kms, "Sign", &body)).await;
        let late = |_| SignerError::Service {
            key: self.key.to_string(),
            reason: format!("AWS KMS gave no signature within {} s; it is asked again", SIGN_TIMEOUT.as_secs()),
            is_unreachable: true,
        };
        let signed = asked.map_err(late)?.map_err(|error| fault(&self.key, &error))?;
        self.check(&signed.signature, digest)
    }
}

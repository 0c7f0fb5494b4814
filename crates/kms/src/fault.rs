//! Why there is no signature, and what to do about it.

use linkpool_aws::Error;
use linkpool_tx_manager::SignerError;

use crate::KeyArn;

pub(crate) fn fault(key: &KeyArn, error: &Error) -> SignerError {
    let reason = match error.refusal() {
        Some((kind, message)) => refused(kind, message),
        None => error.to_string(),
    };
    let is_unreachable = error.is_transient() && !matches!(error, Error::Credentials(_));
    SignerError::Service { key: key.to_string(), reason, is_unreachable }
}

/// The key answers something that no key for an account can.
pub(crate) fn wrong(key: &KeyArn, reason: impl Into<String>) -> SignerError {
    SignerError::Service { key: key.to_string(), reason: reason.into(), is_unreachable: false }
}

/// The key is of another kind.
pub(crate) const OTHER_KIND: &str =
    "it does not sign for Ethereum: make one with `aws kms create-key --key-spec ECC_SECG_P256K1 --key-usage SIGN_VERIFY`";

fn refused(kind: &str, message: &str) -> String {
    match kind {
        "NotFoundException" => {
            "there is no such key: compare its ARN with what `aws kms list-keys` shows in this account and region".into()
        }
        "DisabledException" => "it is disabled: `aws kms enable-key` has it sign again, and what waits goes on by itself".into(),
        "KMSInvalidStateException" => format!(
            "it can't be used as it stands ({message}): while it only waits for its deletion, `aws kms cancel-key-deletion` and then `aws kms enable-key` save it, \
             and with it the account"
        ),
        "InvalidKeyUsageException" | "UnsupportedOperationException" => OTHER_KIND.into(),
        "AccessDeniedException" => {
            format!("AWS does not let this program use it: allow its role kms:GetPublicKey and kms:Sign on the key ({message})")
        }
        "InvalidSignatureException"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredTokenException"
        | "IncompleteSignature" => {
            format!(
                "AWS does not take this program's credentials ({message}): look at its task role, or at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        }
        _ => format!("AWS KMS refuses: {kind}: {message}"),
    }
}

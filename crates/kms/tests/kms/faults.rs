//! What can keep KMS from signing, each with its sentence; and it signs again when that is over.

use alloy::primitives::B256;
use linkpool_kms::KmsSigner;
use linkpool_standin_aws::{Behaviour, SECRET_KEY};
use linkpool_tx_manager::{Signer, SignerError};

use crate::fixture::{Fixture, make};

const DIGEST: B256 = B256::repeat_byte(7);

/// What AWS does from now on.
type Fault = fn(&mut Behaviour);

/// The reason, and whether AWS could not be reached; as a role takes it, each passes.
fn told(error: SignerError) -> (String, bool) {
    assert!(error.is_transient(), "{error}");
    let SignerError::Service { reason, is_unreachable, .. } = error else { panic!("{error:?}") };
    (reason, is_unreachable)
}

async fn refusal(signer: &KmsSigner) -> (String, bool) {
    told(signer.sign(&DIGEST).await.unwrap_err())
}

#[tokio::test]
async fn what_somebody_does_to_the_key_is_told_and_undone() {
    let fixture = Fixture::set().await;
    let signer = fixture.signer(2).await;
    for (doing, undoing, sentence) in [
        ("DisableKey", &["EnableKey"][..], "it is disabled: `aws kms enable-key` has it sign again"),
        (
            "ScheduleKeyDeletion",
            &["CancelKeyDeletion", "EnableKey"],
            "`aws kms cancel-key-deletion` and then `aws kms enable-key` save it",
        ),
    ] {
        fixture.administer(doing).await;
        let (reason, is_unreachable) = refusal(&signer).await;
        assert!(reason.contains(sentence) && !is_unreachable, "{reason}");
        let at_start = KmsSigner::connect(fixture.client(1), fixture.key.clone()).await.unwrap_err();
        assert_eq!(told(at_start).0, reason);
        for operation in undoing {
            fixture.administer(operation).await;
        }
        signer.sign(&DIGEST).await.unwrap();
    }
}

#[tokio::test]
async fn what_aws_does_is_told_and_passes() {
    let fixture = Fixture::set().await;
    let signer = fixture.signer(2).await;
    let faults: [(Fault, &str, bool); 4] = [
        (|it| it.denied = vec!["kms:GetPublicKey", "kms:Sign"], "allow its role kms:GetPublicKey and kms:Sign on the key", false),
        (|it| it.bucket_share = 0.0, "AWS does not do Sign now: ThrottlingException", true),
        (|it| it.server_errors = 1_000, "AWS does not do Sign now", true),
        (|it| it.lost_calls = 1_000, "AWS did not answer Sign", true),
    ];
    for (fault, sentence, expect) in faults {
        fixture.standin.behave(fault);
        // A bucket is as good as empty once what it holds is taken.
        let (reason, is_unreachable) = match signer.sign(&DIGEST).await {
            Ok(_) => refusal(&signer).await,
            Err(error) => told(error),
        };
        assert!(reason.contains(sentence), "{reason}");
        assert_eq!(is_unreachable, expect, "{reason}");
        fixture.standin.behave(|it| *it = Default::default());
        signer.sign(&DIGEST).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_that_is_not_there_or_for_something_else_is_refused_at_the_start() {
    let fixture = Fixture::set().await;
    let missing = "arn:aws:kms:us-east-1:123456789012:key/none".parse().unwrap();
    let of = async |key, secret| told(KmsSigner::connect(fixture.client_with(secret), key).await.unwrap_err()).0;
    let reason = of(missing, SECRET_KEY).await;
    assert!(reason.contains("there is no such key: compare its ARN"), "{reason}");
    let symmetric = make(&fixture.client(1), "SYMMETRIC_DEFAULT").await;
    let reason = of(symmetric, SECRET_KEY).await;
    assert!(reason.contains("--key-spec ECC_SECG_P256K1 --key-usage SIGN_VERIFY"), "{reason}");
    let reason = of(fixture.key.clone(), "another secret").await;
    assert!(reason.contains("AWS does not take this program's credentials"), "{reason}");
}

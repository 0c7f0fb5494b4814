//! `POST /standin/sign-registration`: what only the stand-in node can do.

use alloy_primitives::Signature;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{
    Error, ErrorKind, NodeClient,
    answer::{Document, Resource},
    call::Call,
};
use crate::Registration;

#[derive(Deserialize)]
struct SignatureAttributes {
    signature: Signature65,
}

/// `0x` and 65 bytes: `r`, `s` and `v` of 27 or 28.
#[derive(Deserialize)]
#[serde(transparent)]
struct Signature65(alloy_primitives::FixedBytes<65>);

impl NodeClient {
    /// Asks the node's wallet for the EIP-712 signature that registers it. Only the stand-in node can do this; the
    /// signature is checked against `registration` before it is returned; its `as_bytes()` is what `registerNode` takes.
    /// Needs the role `edit`.
    ///
    /// # Errors
    /// [`ErrorKind::CannotSign`] from a stock node, [`ErrorKind::WrongSignature`] if it is not by `registration.wallet`.
    pub async fn sign_registration(&self, registration: &Registration) -> Result<Signature, Error> {
        self.within(self.ask_signature(registration)).await
    }

    async fn ask_signature(&self, registration: &Registration) -> Result<Signature, Error> {
        let body = json!({
            "chain_id": registration.chain_id.to_string(),
            "pool": registration.pool,
            "deadline": registration.deadline.to_string(),
        });
        let answer = self.authorized(Call::post(&["standin", "sign-registration"], body)).await?;
        match answer.status {
            StatusCode::OK if answer.is_page() => return Err(self.who_sends_pages(answer.not_json()).await),
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(answer.fault(ErrorKind::CannotSign)),
            _ => return Err(answer.unexpected()),
        }
        let signed: Document<Resource<SignatureAttributes>> = answer.parse()?;
        let Signature65(bytes) = signed.data.attributes.signature;
        Signature::from_raw(bytes.as_slice())
            .ok()
            .filter(|signature| registration.is_signed_by_wallet(signature))
            .ok_or_else(|| answer.fault(ErrorKind::WrongSignature { wallet: registration.wallet }))
    }

    /// A stock node answers every path that it does not know with the page of its operator UI and 200; so does many a web server.
    /// What lists keys is a node.
    async fn who_sends_pages(&self, not_json: Error) -> Error {
        match self.key_rows().await {
            Ok(_) => ErrorKind::CannotSign.of(&self.peer),
            Err(error) if error.is_transient() => error,
            Err(_) => not_json,
        }
    }
}

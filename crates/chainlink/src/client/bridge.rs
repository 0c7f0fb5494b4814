//! Bridges: the external adapters that a node's jobs may ask by name.

use alloy_primitives::U256;
use linkpool_primitives::printable;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Error, ErrorKind, NodeClient,
    answer::{Answer, Document, Resource},
    call::Call,
    key::juels,
};

/// A bridge as it is wanted, and as a node shows it. Its tokens are between the node and the adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bridge {
    /// Lower-case letters, digits, `-` and `_`; a node lowers what it is given.
    pub name: String,
    /// The adapter's address. May hold a key.
    pub url: String,
    /// Confirmations that a run waits for before the adapter is asked.
    pub confirmations: u32,
    /// Least payment for a run, in juels.
    pub minimum_payment_juels: Option<U256>,
}

#[derive(Deserialize)]
struct BridgeAttributes {
    name: String,
    url: String,
    confirmations: u32,
    #[serde(rename = "minimumContractPayment")]
    minimum_payment: Option<String>,
}

impl Bridge {
    fn body(&self) -> Value {
        json!({
            "name": self.name,
            "url": self.url,
            "confirmations": self.confirmations,
            "minimumContractPayment": self.minimum_payment_juels.map(|juels| juels.to_string()),
        })
    }

    fn read(answer: &Answer) -> Result<Self, Error> {
        let document: Document<Resource<BridgeAttributes>> = answer.parse()?;
        Self::of(document.data.attributes).map_err(|kind| answer.fault(kind))
    }

    fn of(it: BridgeAttributes) -> Result<Self, ErrorKind> {
        let malformed =
            |text| ErrorKind::Malformed { reason: format!("a bridge's least payment is \"{}\"", printable(text, 48)) };
        let payment = it.minimum_payment.as_deref().map(|text| juels(text).ok_or_else(|| malformed(text)));
        let minimum_payment_juels = payment.transpose()?;
        Ok(Self { name: it.name, url: it.url, confirmations: it.confirmations, minimum_payment_juels })
    }
}

impl NodeClient {
    /// `GET /v2/bridge_types`, all pages of it. Any role.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn bridges(&self) -> Result<Vec<Bridge>, Error> {
        let entries = self.all_pages::<BridgeAttributes>(&["v2", "bridge_types"]).await?;
        entries.into_iter().map(|entry| Bridge::of(entry.attributes).map_err(|kind| kind.of(&self.peer))).collect()
    }

    /// `POST /v2/bridge_types`. Needs the role `edit`.
    ///
    /// # Errors
    /// [`ErrorKind::BridgeExists`]; [`ErrorKind::BadBridge`] for a name or URL that the node does not take; else any [`Error`].
    pub async fn create_bridge(&self, bridge: &Bridge) -> Result<Bridge, Error> {
        let answer = self.ask(Call::post(&["v2", "bridge_types"], bridge.body())).await?;
        if answer.status == StatusCode::BAD_REQUEST && answer.detail().contains("already exists") {
            return Err(answer.fault(ErrorKind::BridgeExists { name: bridge.name.clone() }));
        }
        Bridge::read(&answer.bridge_taken()?)
    }

    /// `PATCH /v2/bridge_types/{name}`: everything but the name. Needs the role `edit`.
    ///
    /// # Errors
    /// [`ErrorKind::NoSuchBridge`]; [`ErrorKind::BadBridge`]; else any [`Error`].
    pub async fn update_bridge(&self, bridge: &Bridge) -> Result<Bridge, Error> {
        let path = ["v2", "bridge_types", &bridge.name];
        let call = Call::new(Method::PATCH, &path).body(bridge.body());
        Bridge::read(&self.ask(call).await?.bridge_there(&bridge.name)?.bridge_taken()?)
    }

    /// `DELETE /v2/bridge_types/{name}`. Needs the role `edit`.
    ///
    /// A node looks for jobs that use it, but not well: where several name it, it looks at the first only. Look at
    /// [`Self::jobs`] before.
    ///
    /// # Errors
    /// [`ErrorKind::BridgeInUse`]; [`ErrorKind::NoSuchBridge`]; else any [`Error`].
    pub async fn delete_bridge(&self, name: &str) -> Result<(), Error> {
        let answer = self.ask(Call::new(Method::DELETE, &["v2", "bridge_types", name])).await?.bridge_there(name)?;
        if answer.status == StatusCode::CONFLICT {
            return Err(answer.fault(ErrorKind::BridgeInUse { name: printable(name, 48), detail: answer.detail() }));
        }
        answer.bridge_taken().map(drop)
    }
}

impl Answer {
    fn bridge_there(self, name: &str) -> Result<Self, Error> {
        let missing = self.status == StatusCode::NOT_FOUND;
        if missing { Err(self.fault(ErrorKind::NoSuchBridge { name: printable(name, 48) })) } else { Ok(self) }
    }

    fn bridge_taken(self) -> Result<Self, Error> {
        match self.status {
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                Err(self.fault(ErrorKind::BadBridge { detail: self.detail() }))
            }
            _ => self.expect(StatusCode::OK),
        }
    }
}

//! What an endpoint offers of what is asked for here: docs/rpc.md has the same table in words.

use linkpool_primitives::{Address, B256};
use serde_json::{Value, json};

use crate::{Chain, Error, Result, call::Call, wire::WireHeader};

/// How much is missed where it is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Something does not work at all.
    Must,
    /// It works otherwise.
    Better,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub what: &'static str,
    pub need: Need,
    /// Why it does not count as offered; `None` where it is.
    pub lack: Option<String>,
    /// What does not work without it.
    pub without: &'static str,
}

const NOTHING: &str = "nothing works";
const NOT_SENT: &str = "nothing is sent";

impl Chain {
    /// Tries everything on the first endpoint: nothing is changed by it.
    ///
    /// # Errors
    /// Where the endpoint is unreachable, limits us, or has no newest block.
    pub async fn offers(&self) -> Result<Vec<Offer>> {
        let newest: WireHeader = self.request("eth_getBlockByNumber", ("latest", false)).await?;
        let (number, hash) = (format!("{:#x}", newest.number), newest.hash);
        let nobody = Address::repeat_byte(0x11);
        let canonical = json!({ "blockHash": hash, "requireCanonical": true });
        let payment = json!({ "from": nobody, "to": nobody, "value": "0x0" });
        let filter = |more: Value| {
            let mut filter = json!({ "address": nobody });
            filter.as_object_mut().into_iter().zip(more.as_object()).for_each(|(into, from)| into.extend(from.clone()));
            json!([filter])
        };
        use Need::{Better, Must};
        let table: [(&'static str, &'static str, Value, Need, &'static str); 15] = [
            ("eth_getBlockByNumber with a number", "eth_getBlockByNumber", json!([number, false]), Must, NOTHING),
            ("the tag `finalized`", "eth_getBlockByNumber", json!(["finalized", false]), Better, "depth decides what is final"),
            (
                "the tag `safe`",
                "eth_getBlockByNumber",
                json!(["safe", false]),
                Better,
                "nothing is called safe before it is final",
            ),
            (
                "eth_getLogs by range",
                "eth_getLogs",
                filter(json!({ "fromBlock": number, "toBlock": number })),
                Must,
                "nothing is indexed",
            ),
            ("eth_getLogs by blockHash", "eth_getLogs", filter(json!({ "blockHash": hash })), Must, "the tail is not indexed"),
            (
                "eth_call at a block hash (EIP-1898)",
                "eth_call",
                json!([{ "to": nobody, "data": "0x" }, canonical]),
                Must,
                "nodes do not open and nothing is compared",
            ),
            ("eth_getCode", "eth_getCode", json!([nobody, "latest"]), Must, "no role starts"),
            ("eth_blockNumber", "eth_blockNumber", json!([]), Must, NOT_SENT),
            ("eth_getTransactionCount", "eth_getTransactionCount", json!([nobody, "latest"]), Must, NOT_SENT),
            ("eth_getTransactionCount at a number", "eth_getTransactionCount", json!([nobody, number]), Must, NOT_SENT),
            ("eth_getBalance", "eth_getBalance", json!([nobody, "latest"]), Must, NOT_SENT),
            ("eth_estimateGas", "eth_estimateGas", json!([payment]), Must, NOT_SENT),
            ("eth_getTransactionReceipt", "eth_getTransactionReceipt", json!([B256::ZERO]), Must, NOT_SENT),
            // Not a transaction: an endpoint that has the method refuses it.
            ("eth_sendRawTransaction", "eth_sendRawTransaction", json!(["0x00"]), Must, NOT_SENT),
            ("eth_maxPriorityFeePerGas", "eth_maxPriorityFeePerGas", json!([]), Better, "the tip comes from another method"),
        ];
        let mut offers = Vec::with_capacity(table.len() + 4);
        for (what, method, parameters, need, without) in table {
            let lack = self.lack(method, parameters).await?;
            offers.push(Offer { what, need, lack, without });
        }
        offers.extend(self.combined_offers().await?);
        Ok(offers)
    }

    /// What does not show in one answer.
    async fn combined_offers(&self) -> Result<Vec<Offer>> {
        let price = match self.market(None).await {
            Err(error @ (Error::Unreachable { .. } | Error::RateLimited { .. })) => return Err(error),
            price => price.err().map(|error| error.to_string()),
        };
        let calls = [Call::new("eth_chainId", json!([])), Call::new("eth_blockNumber", json!([]))];
        let calls = &calls;
        let is_whole = self.ask(|peer| async move { Ok(peer.batch(calls).await?.is_whole) }).await?;
        let pretending = self.pretending().await?;
        let lack = |is_there: bool, why: &str| (!is_there).then(|| why.to_owned());
        Ok(vec![
            Offer { what: "a price of gas", need: Need::Must, lack: price, without: NOT_SENT },
            Offer {
                what: "several calls in one request",
                need: Need::Better,
                lack: lack(is_whole, "it takes one at a time"),
                without: "each call is a request of its own",
            },
            Offer {
                what: "state overrides in eth_call",
                need: Need::Better,
                lack: lack(pretending.in_calls, "refused, or not heeded"),
                without: "`deploy` tries a constructor only when the contract before it is there",
            },
            Offer {
                what: "state overrides in eth_estimateGas",
                need: Need::Better,
                lack: lack(pretending.in_estimates, "refused, or not heeded"),
                without: "`deploy` reckons the cost that it shows before",
            },
        ])
    }

    /// Why a call is not answered, if it is not.
    async fn lack(&self, method: &'static str, parameters: Value) -> Result<Option<String>> {
        let answer: Result<Option<Value>> = self.request(method, parameters).await;
        match answer {
            // There is no such block: the tag is known, and nothing is final yet.
            Ok(_) | Err(Error::Lagging { .. }) => Ok(None),
            Err(error @ (Error::Unreachable { .. } | Error::RateLimited { .. })) => Err(error),
            Err(error @ Error::NoMethod { .. }) => Ok(Some(error.to_string())),
            Err(_) if method == "eth_sendRawTransaction" => Ok(None),
            Err(error) => Ok(Some(error.to_string())),
        }
    }
}

//! The key list: rows of `GET /v2/keys/evm`, and which of them is the node's wallet.

use alloy_primitives::{Address, U256, utils::parse_ether};
use linkpool_primitives::printable;
use serde::Deserialize;

use super::{
    Error, ErrorKind, WalletError,
    answer::{Answer, Document, QUOTED_CHARS, Resource},
};

/// One enabled key on the chain that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvmKey {
    /// The key's address; its EIP-55 checksum was right.
    pub address: Address,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// In wei; `None` if the node could not ask its RPC.
    pub balance_wei: Option<U256>,
    /// In juels; `None` if the node could not ask its RPC.
    pub balance_juels: Option<U256>,
}

/// One row as it was sent: a key that is enabled on two chains has two.
#[derive(Debug)]
pub(super) struct KeyRow {
    address: String,
    chain: U256,
    enabled: bool,
    eth_balance: Option<String>,
    link_balance: Option<String>,
}

#[derive(Deserialize)]
struct KeyAttributes {
    address: String,
    #[serde(rename = "evmChainID")]
    chain: String,
    /// Since 2.0.
    disabled: Option<bool>,
    /// Before 2.0; a funding key never sends, so it counts as disabled.
    #[serde(rename = "isFunding")]
    is_funding: Option<bool>,
    #[serde(rename = "ethBalance")]
    eth_balance: Option<String>,
    #[serde(rename = "linkBalance")]
    link_balance: Option<String>,
}

/// Every row of a key list, in the node's order.
///
/// # Errors
/// [`ErrorKind::Malformed`] if a row contradicts itself. Addresses and balances are not looked at: a broken row on another
/// chain is none of our business.
pub(super) fn parse_rows(answer: &Answer) -> Result<Vec<KeyRow>, Error> {
    let document: Document<Option<Vec<Resource<KeyAttributes>>>> = answer.parse()?;
    let rows = document.data.unwrap_or_default();
    rows.into_iter().map(|row| parse_row(row).map_err(|reason| answer.fault(ErrorKind::Malformed { reason }))).collect()
}

fn parse_row(row: Resource<KeyAttributes>) -> Result<KeyRow, String> {
    let Resource { id, attributes: it } = row;
    let chain = decimal(&it.chain).ok_or_else(|| format!("evmChainID is {}", quoted(&it.chain)))?;
    // "42/0xAb…" since 1.11, the address alone before.
    let (id_chain, id_address) = match id.split_once('/') {
        Some((chain, address)) => (Some(chain), address),
        None => (None, id.as_str()),
    };
    if !id_address.eq_ignore_ascii_case(&it.address) || id_chain.is_some_and(|text| decimal(text) != Some(chain)) {
        return Err(format!("a key's id {} does not match its address {}", quoted(&id), quoted(&it.address)));
    }
    if it.disabled.is_none() && it.is_funding.is_none() {
        return Err(format!("the key {} says neither disabled nor isFunding", quoted(&it.address)));
    }
    let enabled = !it.disabled.unwrap_or(false) && !it.is_funding.unwrap_or(false);
    Ok(KeyRow { address: it.address, chain, enabled, eth_balance: it.eth_balance, link_balance: it.link_balance })
}

/// The enabled keys on `chain_id`.
///
/// # Errors
/// [`ErrorKind::Malformed`] if one of them has a bad address or a balance that is no number.
pub(super) fn enabled_keys(peer: &str, rows: &[KeyRow], chain_id: u64) -> Result<Vec<EvmKey>, Error> {
    let malformed = |reason| ErrorKind::Malformed { reason }.of(peer);
    rows.iter()
        .filter(|row| row.enabled && row.chain == U256::from(chain_id))
        .map(|row| {
            let address = checked_address(&row.address)
                .ok_or_else(|| malformed(format!("the address {} fails its EIP-55 checksum", quoted(&row.address))))?;
            let balance = |text: &Option<String>, parse: fn(&str) -> Option<U256>| {
                text.as_deref()
                    .map(|text| parse(text).ok_or_else(|| malformed(format!("a balance is {}", quoted(text)))))
                    .transpose()
            };
            Ok(EvmKey {
                address,
                chain_id,
                balance_wei: balance(&row.eth_balance, decimal)?,
                balance_juels: balance(&row.link_balance, juels)?,
            })
        })
        .collect()
}

/// The address of the one enabled key on `chain_id`; anything but exactly one is for a person to decide.
pub(super) fn choose_wallet(rows: &[KeyRow], chain_id: u64) -> Result<Address, WalletError> {
    let on_chain: Vec<_> = rows.iter().filter(|row| row.chain == U256::from(chain_id)).collect();
    let enabled: Vec<_> = on_chain.iter().filter(|row| row.enabled).collect();
    match (rows, on_chain.as_slice(), enabled.as_slice()) {
        ([], _, _) => Err(WalletError::NoKey { chain_id }),
        ([other, ..], [], _) => Err(WalletError::OtherChain { chain_id, found: other.chain }),
        (_, disabled, []) => Err(WalletError::DisabledOnly { chain_id, count: disabled.len() }),
        (_, _, [only]) => checked_address(&only.address)
            .ok_or_else(|| WalletError::BadAddress { shown: printable(&only.address, QUOTED_CHARS) }),
        (_, _, several) => Err(WalletError::SeveralKeys { chain_id, count: several.len() }),
    }
}

/// An address with a right EIP-55 checksum. A node always sends one, so all-lower-case is wrong as well; so is zero.
fn checked_address(text: &str) -> Option<Address> {
    Address::parse_checksummed(text, None).ok().filter(|address| *address != Address::ZERO)
}

/// A non-negative decimal of at most 78 digits, the length of 2^256.
fn decimal(text: &str) -> Option<U256> {
    let is_decimal = (1..=78).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_decimal { U256::from_str_radix(text, 10).ok() } else { None }
}

/// Juels as an integer; from 10^12 of them on a node writes "1.5 link".
pub(super) fn juels(text: &str) -> Option<U256> {
    match text.strip_suffix(" link") {
        Some(link) => parse_ether(link).ok().filter(|_| {
            link.starts_with(|first: char| first.is_ascii_digit())
                && link.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        }),
        None => decimal(text),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", printable(text, 48))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::*;

    const ADDRESS: &str = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
    const SECOND: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

    fn row(address: &str, chain: &str, disabled: bool) -> Value {
        json!({ "type": "eTHKeys", "id": format!("{chain}/{address}"), "attributes": {
            "address": address, "evmChainID": chain, "ethBalance": "256", "linkBalance": "256",
            "disabled": disabled, "createdAt": "2000-01-01T00:00:00Z", "updatedAt": "2000-01-01T00:00:00Z",
            "maxGasPriceWei": null } })
    }

    fn rows(data: Value) -> Result<Vec<KeyRow>, Error> {
        parse_rows(&Answer {
            peer: "http://node".to_owned(),
            status: reqwest::StatusCode::OK,
            content_type: "application/vnd.api+json".to_owned(),
            session_cookie: None,
            body: Bytes::from(json!({ "data": data }).to_string()),
        })
    }

    fn wallet(data: Value) -> Result<Address, String> {
        let rows = rows(data).map_err(|error| error.code().to_owned())?;
        choose_wallet(&rows, 42).map_err(|error| error.code().to_owned())
    }

    fn check(data: Value, expect: Result<&str, &str>) {
        let found = wallet(data.clone()).map(|address| address.to_checksum(None));
        assert_eq!(found.as_deref().map_err(String::as_str), expect, "{data}");
    }

    #[test]
    fn exactly_one_enabled_key_on_the_chain_is_the_wallet() {
        check(json!([row(ADDRESS, "42", false)]), Ok(ADDRESS));
        check(json!([row(ADDRESS, "42", false), row(SECOND, "42", true)]), Ok(ADDRESS));
        check(json!([row(ADDRESS, "1", false), row(ADDRESS, "42", false)]), Ok(ADDRESS));
        check(json!([row("0xBAD", "1", false), row(ADDRESS, "42", false)]), Ok(ADDRESS));
    }

    #[test]
    fn anything_but_one_enabled_key_is_its_own_refusal() {
        check(json!([]), Err("no_key"));
        check(Value::Null, Err("no_key"));
        check(json!([row(ADDRESS, "1", false)]), Err("other_chain"));
        check(json!([row(ADDRESS, "340282366920938463463374607431768211498", false)]), Err("other_chain"));
        check(json!([row(ADDRESS, "42", true)]), Err("disabled_only"));
        check(json!([row(ADDRESS, "42", false), row(SECOND, "42", false)]), Err("several_keys"));
        check(json!([row(ADDRESS, "42", false), row(ADDRESS, "42", false)]), Err("several_keys"));
    }

    #[test]
    fn an_address_without_a_right_checksum_is_never_a_wallet() {
        check(json!([row("0xD8dA6BF26964aF9D7eEd9e03E53415D37aA96045", "42", false)]), Err("bad_address"));
        check(json!([row(&ADDRESS.to_lowercase(), "42", false)]), Err("bad_address"));
        check(json!([row("0x0000000000000000000000000000000000000000", "42", false)]), Err("bad_address"));
        check(json!([row(&ADDRESS[2..], "42", false)]), Err("bad_address"));
        check(json!([row("", "42", false)]), Err("bad_address"));
    }

    #[test]
    fn the_row_of_an_old_node_has_only_the_address_as_id_and_is_funding_for_disabled() {
        let old = |is_funding: bool| {
            json!([{ "type": "eTHKeys", "id": ADDRESS, "attributes": {
                "address": ADDRESS, "evmChainID": "42", "ethBalance": null, "linkBalance": null, "isFunding": is_funding } }])
        };
        check(old(false), Ok(ADDRESS));
        check(old(true), Err("disabled_only"));
    }

    #[test]
    fn a_row_that_contradicts_itself_is_malformed() {
        let changed = |path: &str, value: Value| {
            let mut row = row(ADDRESS, "42", false);
            if let Some(place) = row.pointer_mut(path) {
                *place = value;
            }
            json!([row])
        };
        check(changed("/id", json!(format!("1/{ADDRESS}"))), Err("malformed"));
        check(changed("/id", json!(format!("42/{SECOND}"))), Err("malformed"));
        check(changed("/attributes/evmChainID", json!("0x2a")), Err("malformed"));
        check(changed("/attributes/evmChainID", json!(42)), Err("malformed"));
        check(changed("/attributes/disabled", Value::Null), Err("malformed"));
        check(changed("/attributes", json!([])), Err("malformed"));
    }

    #[test]
    fn balances_are_integers_or_unknown() -> Result<(), Error> {
        let listed = enabled_keys("http://node", &rows(json!([row(ADDRESS, "42", false)]))?, 42)?;
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].balance_wei, listed[0].balance_juels), (Some(U256::from(256)), Some(U256::from(256))));

        // Wei are wei: one ether is 10^18 of them. LINK has a unit of its own from a millionth on.
        let ether = "1000000000000000000";
        for (link, juels) in
            [("999999999999", 999_999_999_999u128), ("0.000001 link", 1_000_000_000_000), ("1.5 link", 15 * 10u128.pow(17))]
        {
            let mut rich = row(ADDRESS, "42", false);
            (rich["attributes"]["ethBalance"], rich["attributes"]["linkBalance"]) = (json!(ether), json!(link));
            let listed = enabled_keys("http://node", &rows(json!([rich]))?, 42)?;
            assert_eq!(
                (listed[0].balance_wei, listed[0].balance_juels),
                (Some(U256::from(10u128.pow(18))), Some(U256::from(juels)))
            );
        }
        for link in ["-1.5 link", " link", "1.5", "1e3 link", "0x1 link"] {
            let mut bad = row(ADDRESS, "42", false);
            bad["attributes"]["linkBalance"] = json!(link);
            assert!(enabled_keys("http://node", &rows(json!([bad]))?, 42).is_err(), "{link}");
        }

        for (balance, code) in [("-1", "malformed"), ("1e18", "malformed"), ("", "malformed"), ("nan", "malformed")] {
            let mut bad = row(ADDRESS, "42", false);
            bad["attributes"]["linkBalance"] = json!(balance);
            bad["attributes"]["ethBalance"] = json!(balance);
            let rows = rows(json!([bad]))?;
            let outcome = enabled_keys("http://node", &rows, 42).map_err(|error| error.code());
            assert_eq!(outcome, Err(code), "{balance}");
        }
        Ok(())
    }
}

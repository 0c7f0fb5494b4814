//! An amount of ether in the settings, kept as the digits that somebody wrote: it never becomes a float.

use std::fmt;

use alloy::primitives::utils::parse_ether;
use anyhow::Result;
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

use crate::failure::Failure;

/// A decimal with at most 18 digits after the point. Checked by [`Ether::wei`], which knows the key to name.
#[derive(Debug, Clone)]
pub struct Ether(String);

impl Ether {
    /// The amount in wei; `key` is the setting that an error names.
    pub fn wei(&self, key: &str) -> Result<u128> {
        let text = &self.0;
        let parsed = parse_ether(text).ok().filter(|_| is_decimal(text)).and_then(|wei| u128::try_from(wei).ok());
        parsed.ok_or_else(|| {
            Failure::bad_input(format!("{key}: `{text}` is not an amount of ether: write digits, for example 0.05"))
        })
    }
}

impl From<&str> for Ether {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Ether {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Digits)
    }
}

/// Text and whole numbers. A number with a point is a float by the time it arrives here, so it is refused.
struct Digits;

impl Visitor<'_> for Digits {
    type Value = Ether;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an amount of ether in quotes, like \"0.05\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Ether, E> {
        Ok(Ether(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, whole: u64) -> Result<Ether, E> {
        Ok(Ether(whole.to_string()))
    }

    fn visit_i64<E: Error>(self, whole: i64) -> Result<Ether, E> {
        Ok(Ether(whole.to_string()))
    }
}

/// Digits, and after a point one to 18 more: the parser takes an empty text for nothing and cuts off what is below a wei.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    digits(whole) && digits(fraction) && fraction.len() <= 18
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ether_reads_to_the_wei_and_anything_else_names_its_key() {
        assert_eq!(Ether::from("0.05").wei("k").unwrap(), 50_000_000_000_000_000);
        assert_eq!(Ether::from("0").wei("k").unwrap(), 0);
        let texts = ";.;1.;.5;-1;+1;1,5;0,05;1,000;1,000.5;1.000,5;1.000.000;1 000;1_000;1'000;1e3;1e5;1E5;0x10;5 ETH; 5;5 ;1.5.5;NaN;inf;ether;１";
        for text in texts.split(';').chain(["0.0000000000000000001"]) {
            let error = Ether::from(text).wei("some.key").unwrap_err().to_string();
            assert!(error.starts_with("some.key: ") && error.contains("write digits, for example 0.05"), "{text}: {error}");
        }
    }

    #[test]
    fn whole_numbers_are_amounts_and_floats_are_refused_with_what_to_write() {
        let read = |json: &str| serde_json::from_str::<Ether>(json).map_err(|error| error.to_string());
        assert_eq!(read("2").unwrap().wei("k").unwrap(), 2_000_000_000_000_000_000);
        assert_eq!(read("\"0.05\"").unwrap().wei("k").unwrap(), 50_000_000_000_000_000);
        assert!(read("-1").unwrap().wei("k").is_err());
        assert!(read("0.05").unwrap_err().contains("in quotes, like \"0.05\""));
    }
}

//! The arguments of a call, by the ABI's description of them.

use alloy::{json_abi::Param, primitives::U256};
use linkpool_primitives::{Address, checksum};
use serde::Serialize;

const WORD: usize = 32;

/// One argument, as its type is written: numbers in decimal, addresses with their checksum, bytes in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Argument {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// `None` for what is a list, or is cut off.
    pub value: Option<String>,
}

/// Reads what is one word each, and bytes. Lists are named and not shown: no function that an owner alone may call has any.
pub(super) fn read(inputs: &[Param], data: &[u8]) -> Vec<Argument> {
    let read = |(index, input): (usize, &Param)| Argument {
        name: if input.name.is_empty() { format!("argument {index}") } else { input.name.clone() },
        kind: input.ty.clone(),
        value: value(&input.ty, index, data),
    };
    inputs.iter().enumerate().map(read).collect()
}

/// Everything before a list takes one word: a list stands there as an offset.
fn value(kind: &str, index: usize, data: &[u8]) -> Option<String> {
    let word = word(data, index.checked_mul(WORD)?)?;
    match kind {
        "address" => Some(checksum(&Address::from_slice(&word[WORD - 20..]))),
        "bool" => Some((U256::from_be_slice(word) != U256::ZERO).to_string()),
        "bytes" => bytes(data, word).map(alloy::hex::encode_prefixed),
        kind if kind.ends_with(']') || kind == "string" || kind.starts_with("tuple") => None,
        kind if kind.starts_with("bytes") => {
            let length = kind.strip_prefix("bytes")?.parse::<usize>().ok()?;
            Some(alloy::hex::encode_prefixed(word.get(..length)?))
        }
        kind if kind.starts_with("uint") => Some(U256::from_be_slice(word).to_string()),
        _ => Some(alloy::hex::encode_prefixed(word)),
    }
}

fn bytes<'a>(data: &'a [u8], offset: &[u8]) -> Option<&'a [u8]> {
    let start = usize::try_from(U256::from_be_slice(offset)).ok()?;
    let length = usize::try_from(U256::from_be_slice(word(data, start)?)).ok()?;
    let start = start.checked_add(WORD)?;
    data.get(start..start.checked_add(length)?)
}

fn word(data: &[u8], at: usize) -> Option<&[u8]> {
    data.get(at..at.checked_add(WORD)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(kinds: &[&str], data: &[u8]) -> Vec<Option<String>> {
        let inputs: Vec<Param> = kinds
            .iter()
            .map(|kind| Param { ty: (*kind).to_owned(), name: String::new(), components: Vec::new(), internal_type: None })
            .collect();
        read(&inputs, data).into_iter().map(|argument| argument.value).collect()
    }

    #[test]
    fn each_type_is_written_as_people_read_it_and_what_is_cut_off_is_left_out() {
        let mut data = vec![0; 6 * WORD];
        data[31] = 7;
        data[63] = 1;
        data[64] = 0xab;
        // An offset to the fifth word, which says two bytes.
        data[127] = 128;
        data[159] = 2;
        data[160..162].copy_from_slice(&[5, 6]);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(kinds(&["uint40", "bool", "bytes1", "bytes"], &data), [some("7"), some("true"), some("0xab"), some("0x0506")]);
        assert_eq!(kinds(&["address", "uint256[]"], &data), [some("0x0000000000000000000000000000000000000007"), None]);
        assert_eq!(kinds(&["uint40", "bool"], &data[..40]), [some("7"), None]);
        data[96] = 0xff;
        assert_eq!(kinds(&["uint40", "bool", "bytes1", "bytes"], &data)[3], None, "an offset beyond everything");
    }
}

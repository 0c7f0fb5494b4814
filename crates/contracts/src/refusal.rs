//! Why the contract refused, in its own sentence.
//!
//! The sentences are the `@notice` of each custom error (`abi/errors.json`); the arguments stand in them by name, in
//! back-ticks. All of our contracts' errors take words of 32 bytes only: addresses and unsigned integers.

use std::sync::LazyLock;

use alloy::{
    json_abi::{JsonAbi, Param},
    primitives::{Address, U256},
    sol_types::{Revert, SolError},
};
use linkpool_primitives::{Juels, checksum, rfc3339};
use serde::Deserialize;

/// One line of `abi/errors.json`.
#[derive(Debug, Deserialize)]
struct Sentence {
    selector: String,
    sentence: String,
}

struct Refusal {
    selector: [u8; 4],
    name: String,
    inputs: Vec<Param>,
    sentence: String,
}

static REFUSALS: LazyLock<Vec<Refusal>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Artefact {
        abi: JsonAbi,
    }
    let sentences: Vec<Sentence> = serde_json::from_str(include_str!("../../../abi/errors.json")).unwrap_or_default();
    let abis = [crate::pool::ARTEFACT, crate::earnings::ARTEFACT].map(serde_json::from_str::<Artefact>);
    abis.into_iter()
        .flatten()
        .flat_map(|artefact| artefact.abi.errors.into_values())
        .flatten()
        .map(|error| {
            let selector = error.selector();
            let shown = selector.to_string();
            let sentence = sentences.iter().find(|line| line.selector == shown).map(|line| line.sentence.clone());
            Refusal { selector: selector.0, name: error.name, inputs: error.inputs, sentence: sentence.unwrap_or_default() }
        })
        .collect()
});

/// Longest reason of somebody else's contract that is repeated, in characters.
const MAX_REASON: usize = 300;

/// The name of the error in `data` and its sentence with the arguments filled in; `None` if it is not one of ours. The reason of
/// a contract that is not the pool is one short line of printable characters: anybody may have written it.
pub fn refusal(data: &[u8]) -> Option<(String, String)> {
    if let Ok(revert) = Revert::abi_decode(data) {
        let printable = |character: char| if character.is_control() { ' ' } else { character };
        return Some(("Error".into(), revert.reason.chars().take(MAX_REASON).map(printable).collect()));
    }
    let (selector, arguments) = data.split_first_chunk::<4>()?;
    let refusal = REFUSALS.iter().find(|refusal| refusal.selector == *selector)?;
    let mut sentence = refusal.sentence.clone();
    for (input, word) in refusal.inputs.iter().zip(arguments.chunks_exact(32)) {
        let marked = format!("`{}`", input.name);
        let value = U256::from_be_slice(word);
        if let Ok(juels) = u128::try_from(value) {
            sentence = sentence.replace(&format!("{marked} juels"), &format!("{} LINK", Juels(juels).to_link()));
        }
        sentence = sentence.replace(&marked, &shown(input, word, value));
    }
    Some((refusal.name.clone(), sentence))
}

fn shown(input: &Param, word: &[u8], value: U256) -> String {
    if input.ty == "address" {
        return checksum(&Address::from_slice(&word[12..]));
    }
    let is_time = input.name.ends_with("At") || input.name.ends_with("Until") || input.name == "deadline";
    let time = is_time.then(|| u64::try_from(value).ok().and_then(rfc3339)).flatten();
    time.unwrap_or_else(|| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::{REFUSALS, refusal};
    use crate::pool::{CapExceeded, NotReady, OnlyLink};
    use alloy::{
        primitives::U256,
        sol_types::{Revert, SolError},
    };
    use linkpool_primitives::JUELS_PER_LINK;

    #[test]
    fn every_error_of_the_contract_has_a_sentence() {
        assert!(REFUSALS.len() > 30);
        for refusal in REFUSALS.iter() {
            assert!(refusal.sentence.ends_with('.'), "{} has no sentence in abi/errors.json", refusal.name);
        }
    }

    #[test]
    fn every_argument_is_one_word() {
        for refusal in REFUSALS.iter() {
            for input in &refusal.inputs {
                assert!(input.ty == "address" || input.ty.starts_with("uint"), "{}: {}", refusal.name, input.ty);
            }
        }
    }

    #[test]
    fn a_sentence_names_its_arguments_in_units_that_people_use() {
        let room = CapExceeded {
            node: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed".parse().unwrap(),
            requested: U256::from(60_000 * JUELS_PER_LINK),
            room: U256::from(40_000 * JUELS_PER_LINK + JUELS_PER_LINK / 2),
        };
        let (name, sentence) = refusal(&room.abi_encode()).unwrap();
        assert_eq!(name, "CapExceeded");
        assert!(sentence.contains("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), "{sentence}");
        assert!(sentence.contains("40000.5 LINK") && sentence.contains("60000 LINK"), "{sentence}");
        let (_, sentence) = refusal(&NotReady { readyAt: U256::from(1_795_345_200u64) }.abi_encode()).unwrap();
        assert!(sentence.contains("2026-11-22T11:00:00Z"), "{sentence}");
    }

    #[test]
    fn a_reason_that_somebody_elses_code_gives_is_one_short_printable_line() {
        let reason = format!("\0no\n\u{1b}[2J{}", "x".repeat(10_000));
        let (_, sentence) = refusal(&Revert::from(reason).abi_encode()).unwrap();
        assert!(sentence.starts_with(" no  [2Jxx") && sentence.len() == 300, "{sentence:?}");
    }

    #[test]
    fn what_is_not_ours_has_no_sentence() {
        assert_eq!(refusal(&[]), None);
        assert_eq!(refusal(&[1, 2, 3, 4]), None);
        assert!(refusal(&OnlyLink {}.abi_encode()).is_some());
    }
}

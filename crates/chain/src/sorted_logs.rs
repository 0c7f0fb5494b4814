//! Answers among which are logs, read in one go: what is long is not first cut out of the text and then read once more. Whatever is not
//! as nearly every server sends it is left to who sorts the answers in any form.

use std::fmt;

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    Log,
    call::{Answer, Call, Given, Id},
};

/// The answers in the order of the calls, if each is there once, its id before its result, and none is an error.
pub(crate) fn read(body: &[u8], calls: &[Call]) -> Option<Vec<Answer>> {
    if !calls.iter().any(Call::asks_for_logs) {
        return None;
    }
    let mut text = serde_json::Deserializer::from_slice(body);
    let found = match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => Batch(calls).deserialize(&mut text).ok()?,
        _ => vec![One(calls).deserialize(&mut text).ok()?],
    };
    text.end().ok()?;
    let mut answers: Vec<Option<Given>> = calls.iter().map(|_| None).collect();
    for (id, given) in found {
        let place = answers.get_mut(id)?;
        if place.replace(given).is_some() {
            return None;
        }
    }
    answers.into_iter().map(|given| given.map(Ok)).collect()
}

struct Batch<'c>(&'c [Call]);
struct One<'c>(&'c [Call]);

impl<'de> DeserializeSeed<'de> for Batch<'_> {
    type Value = Vec<(usize, Given)>;
    fn deserialize<D: Deserializer<'de>>(self, text: D) -> Result<Self::Value, D::Error> {
        text.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Batch<'_> {
    type Value = Vec<(usize, Given)>;
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a batch of answers")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::with_capacity(self.0.len());
        while let Some(one) = elements.next_element_seed(One(self.0))? {
            found.push(one);
        }
        Ok(found)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Id,
    Result,
    Error,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = (usize, Given);
    fn deserialize<D: Deserializer<'de>>(self, text: D) -> Result<Self::Value, D::Error> {
        text.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = (usize, Given);
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an answer")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let (mut of, mut given) = (None, None);
        while let Some(field) = fields.next_key()? {
            match field {
                Field::Id => of = fields.next_value::<Id>()?.0.and_then(|id| Some((id, self.0.get(id)?))),
                Field::Result => {
                    let (_, call) = of.ok_or_else(|| A::Error::custom("a result before its id"))?;
                    given = Some(match call.asks_for_logs() {
                        true => Given::Logs(fields.next_value::<Vec<Log>>()?),
                        false => Given::Text(fields.next_value::<&RawValue>()?.to_owned()),
                    });
                }
                Field::Error => {
                    if fields.next_value::<Option<IgnoredAny>>()?.is_some() {
                        return Err(A::Error::custom("an error"));
                    }
                }
                Field::Other => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        let of = of.map(|(id, _)| id);
        of.zip(given).ok_or_else(|| A::Error::custom("an answer without an id or a result"))
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::Address;
    use linkpool_primitives::B256;
    use serde_json::{Value, json};

    use super::*;

    fn calls() -> [Call; 2] {
        [Call::new("eth_getBlockByNumber", json!(["0x7", false])), Call::new("eth_getLogs", json!([{}]))]
    }

    fn log(index: u64) -> Value {
        json!({
            "address": Address::repeat_byte(1), "topics": [B256::repeat_byte(2)], "data": "0x0102", "blockNumber": "0x7",
            "blockHash": B256::repeat_byte(4), "transactionHash": B256::repeat_byte(5), "logIndex": format!("{index:#x}"),
        })
    }

    fn of(answers: &[Value]) -> Option<(String, Vec<Log>)> {
        let body = json!(answers).to_string();
        let mut answers = read(body.as_bytes(), &calls())?.into_iter();
        let (block, logs) = (answers.next().unwrap().unwrap(), answers.next().unwrap().unwrap());
        match (block, logs) {
            (Given::Text(block), Given::Logs(logs)) => Some((block.get().to_owned(), logs)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn answers_are_matched_to_their_calls_and_logs_are_read() {
        let answers =
            [json!({ "id": 1, "jsonrpc": "2.0", "result": [log(1), log(2)] }), json!({ "id": "0", "result": { "a": 1 } })];
        let (block, logs) = of(&answers).unwrap();
        assert_eq!(block, r#"{"a":1}"#);
        assert_eq!(logs.iter().map(|log| log.position().unwrap().index).collect::<Vec<_>>(), [1, 2]);
        let null = [json!({ "error": null, "id": 0, "result": null }), json!({ "id": 1, "result": [] })];
        assert_eq!(of(&null), Some(("null".to_owned(), Vec::new())));
        let one = json!({ "id": 0, "result": [log(3)] }).to_string();
        assert!(matches!(read(one.as_bytes(), &calls()[1..]).unwrap()[0], Ok(Given::Logs(ref logs)) if logs.len() == 1));
    }

    #[test]
    fn what_is_not_as_nearly_every_server_sends_it_is_left_to_others() {
        let block = json!({ "id": 0, "result": null });
        for other in [
            json!({ "id": 1, "error": { "code": 1, "message": "no" } }),
            json!({ "id": 1, "result": null }),
            json!({ "id": 1, "result": [{ "address": "0x12" }] }),
            json!({ "id": 1 }),
            json!({ "id": 2, "result": [] }),
            json!({ "id": 0, "result": null }),
            json!({ "result": [] }),
        ] {
            assert_eq!(of(&[block.clone(), other.clone()]), None, "{other}");
        }
        assert_eq!(of(&[block]), None);
        for body in [r#"[{"id":0,"result":null},{"result":[],"id":1}]"#, r#"[{"id":0,"result":null},{"id":1,"result":[]}] ]"#, ""]
        {
            assert!(read(body.as_bytes(), &calls()).is_none(), "{body}");
        }
        assert!(read(br#"{"id":0,"result":null}"#, &calls()[..1]).is_none(), "nobody asked for logs");
    }
}

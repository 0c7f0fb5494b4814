//! How public providers and nodes behave, as data: `providers.json` has a row for each dialect that was reported, with its source.

use std::{collections::BTreeSet, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::{Call, Outcome, error, quantity};

const TABLE: &str = include_str!("providers.json");

/// One row: an endpoint, as somebody met it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provider {
    pub name: String,
    /// Where it was reported.
    pub source: String,
    /// Whatever is not as reported, so that a short chain meets it.
    pub note: String,
    /// Ranges of more blocks are refused.
    max_blocks: Option<u64>,
    /// Ranges with more logs are refused.
    max_logs: Option<usize>,
    /// Requests with more calls are refused.
    max_calls: Option<usize>,
    /// What a range takes for each block.
    ms_per_block: u64,
    /// One request in so many is refused.
    one_in: Option<u64>,
    /// Methods that are refused; with `eth_getLogs by hash` and `by range` each alone.
    refuses: Vec<String>,
    /// `eth_getLogs` by hash finds nothing.
    empty_by_hash: bool,
    /// Block tags that are refused.
    tags: Vec<String>,
    status: Option<u16>,
    code: i64,
    message: String,
    data: Value,
    form: Form,
    /// Fields that headers have not.
    lacks: Vec<String>,
    /// Fields that headers have, or have with another value.
    header: Map<String, Value>,
    /// Likewise of logs; null for a field that they have not.
    log: Map<String, Value>,
    /// The state in which the indexer ends, `ok` for equal to the chain.
    pub ends: String,
    /// Within so many seconds.
    pub within_s: u64,
}

/// How a refusal comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Form {
    /// Each call that is refused has the error.
    #[default]
    Each,
    /// A batch with one answer, the error, under the first id.
    FirstId,
    /// One object instead of a batch, under the first id.
    Object,
    /// One object with the id null.
    NoId,
    /// The calls beyond the limit have the error.
    Beyond,
    /// A page with the status, and no JSON.
    Page,
    Close,
    /// No answer at all.
    Silence,
}

impl Provider {
    /// The table.
    ///
    /// # Panics
    /// Where the file that this crate is built with is not what it should be.
    #[allow(clippy::expect_used)]
    pub fn all() -> Vec<Self> {
        serde_json::from_str(TABLE).expect("providers.json has one object for each provider")
    }

    /// One row for each way of behaving, the first: what the others do differently is their words, or how many seconds pass.
    ///
    /// # Panics
    /// As [`Provider::all`].
    pub fn each_kind() -> Vec<Self> {
        let mut kinds = BTreeSet::new();
        Self::all().into_iter().filter(|row| kinds.insert(row.kind())).collect()
    }

    /// How it behaves, whatever it says: what it limits and refuses, with which status, in which form, what its headers and logs are
    /// like, and how all that ends.
    fn kind(&self) -> String {
        let limits = [self.max_blocks.is_some(), self.max_logs.is_some(), self.max_calls.is_some(), self.ms_per_block > 0];
        let refuses = (&self.refuses, &self.tags, self.one_in, self.empty_by_hash, self.data.is_null(), self.message.is_empty());
        let status = self.status.map(|status| status / 100);
        format!(
            "{limits:?} {refuses:?} {status:?} {:?} {:?} {:?} {:?} {}",
            self.form, self.lacks, self.header, self.log, self.ends
        )
    }

    /// Whether it takes only so many calls at once.
    pub fn limits_calls(&self) -> bool {
        self.max_calls.is_some()
    }

    /// What happens before the node is asked. `number` is the request's, from 1.
    pub(super) async fn before(&self, calls: &[Call], is_batch: bool, number: u64) -> Option<Outcome> {
        if self.one_in.is_some_and(|one_in| number.is_multiple_of(one_in)) {
            return Some(self.whole(calls, is_batch));
        }
        if self.max_calls.is_some_and(|most| calls.len() > most) {
            return (self.form != Form::Beyond).then(|| self.whole(calls, is_batch));
        }
        let is_refused = calls.iter().any(|call| self.refuses_call(call));
        let is_for_all = self.status.is_some() || matches!(self.form, Form::Page | Form::Close | Form::Silence);
        if is_refused && is_for_all {
            return Some(self.whole(calls, is_batch));
        }
        let blocks: u64 = calls.iter().filter_map(range).map(|(from, to)| to.saturating_sub(from) + 1).sum();
        tokio::time::sleep(Duration::from_millis(self.ms_per_block * blocks)).await;
        None
    }

    /// What becomes of one answer; `index` is the call's place in its batch.
    pub(super) fn after(&self, call: &Call, index: usize, answer: &mut Value) {
        let is_beyond = self.form == Form::Beyond && self.max_calls.is_some_and(|most| index >= most);
        let too_many = call.method == "eth_getLogs"
            && range(call).is_some()
            && self.max_logs.is_some_and(|most| answer["result"].as_array().is_some_and(|logs| logs.len() > most));
        if is_beyond || too_many || self.refuses_call(call) {
            *answer = self.error(call);
        } else if call.method == "eth_getBlockByNumber" {
            self.header(&mut answer["result"]);
        } else if self.empty_by_hash && call.method == "eth_getLogs" && range(call).is_none() {
            answer["result"] = json!([]);
        } else if call.method == "eth_getLogs" {
            answer["result"].as_array_mut().into_iter().flatten().for_each(|log| set(log, &self.log));
        }
    }

    fn header(&self, header: &mut Value) {
        if let Some(fields) = header.as_object_mut() {
            self.lacks.iter().for_each(|field| drop(fields.remove(field)));
            set(header, &self.header);
        }
    }

    fn refuses_call(&self, call: &Call) -> bool {
        let kind = if range(call).is_some() { "by range" } else { "by hash" };
        let tag = call.params[0].as_str().unwrap_or_default();
        self.refuses.iter().any(|method| *method == call.method || *method == format!("{} {kind}", call.method))
            || (call.method == "eth_getBlockByNumber" && self.tags.iter().any(|refused| refused == tag))
            || range(call).is_some_and(|(from, to)| self.max_blocks.is_some_and(|most| to.saturating_sub(from) + 1 > most))
    }

    fn whole(&self, calls: &[Call], is_batch: bool) -> Outcome {
        let Some(first) = calls.first() else { return Outcome::Close };
        let mut refusal = self.error(first);
        let body = match self.form {
            Form::Close => return Outcome::Close,
            Form::Silence => return Outcome::Silence,
            Form::Page => return Outcome::Status(self.status.unwrap_or(502)),
            Form::NoId => {
                refusal["id"] = Value::Null;
                refusal
            }
            Form::FirstId => json!([refusal]),
            Form::Each if is_batch && self.status.is_none() => calls.iter().map(|call| self.error(call)).collect(),
            Form::Beyond | Form::Each | Form::Object => refusal,
        };
        Outcome::Body(self.status.unwrap_or(200), body.to_string().into_bytes())
    }

    fn error(&self, call: &Call) -> Value {
        let (from, to) = range(call).unwrap_or_default();
        let most = self.max_blocks.unwrap_or(1);
        let mut message = self.message.clone();
        for (word, number) in [("{from}", from), ("{to}", to), ("{blocks}", to.saturating_sub(from) + 1), ("{most}", most)] {
            message = message.replace(word, &number.to_string());
        }
        let hint = format!("[{from:#x}, {:#x}]", from + most.saturating_sub(1));
        error(call, self.code, &message.replace("{hint}", &hint), Some(&self.data).filter(|data| !data.is_null()))
    }
}

fn set(object: &mut Value, fields: &Map<String, Value>) {
    let Some(object) = object.as_object_mut() else { return };
    for (name, value) in fields {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
}

/// The blocks that a call asks for logs of, if it names a range.
fn range(call: &Call) -> Option<(u64, u64)> {
    let filter = call.params.get(0).filter(|_| call.method == "eth_getLogs")?;
    Some((quantity(&filter["fromBlock"])?, quantity(&filter["toBlock"])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_sixty_rows_with_a_source_each_and_no_name_twice() {
        let all = Provider::all();
        assert!(all.len() >= 60, "{} rows", all.len());
        for (index, row) in all.iter().enumerate() {
            assert!(row.source.starts_with("https://"), "{}: no source", row.name);
            assert!(!row.ends.is_empty() && row.within_s > 0, "{}: how it ends is not said", row.name);
            assert!(all[..index].iter().all(|other| other.name != row.name), "{} is there twice", row.name);
        }
    }
    #[test]
    fn each_kind_is_there_once_and_none_of_those_that_end_otherwise_is_left_out() {
        let (all, kinds) = (Provider::all(), Provider::each_kind());
        assert!((20..all.len()).contains(&kinds.len()), "{} kinds", kinds.len());
        for row in &all {
            assert_eq!(kinds.iter().filter(|kind| kind.kind() == row.kind()).count(), 1, "{}", row.name);
        }
    }
}

//! What a job's pipeline comes to, for the two forms that the stand-in has: a number that stands in the job, or one that a bridge
//! gives. Every other pipeline is kept and shown as a node keeps it, and each of its runs ends with a sentence.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use serde_json::Value;

use super::decimal::Decimal;
use crate::job::{Pipeline, Task};

const ANSWER_ABI: [&str; 2] = ["bytes32", "uint256"];
const FULFIL_ABI: [&str; 6] = ["bytes32", "uint256", "address", "bytes4", "uint256", "bytes"];

/// A pipeline that the stand-in can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub number: Number,
    pub to: Address,
    /// What the transaction task itself asks for.
    pub gas_limit: Option<u64>,
    /// Blocks until the run ends; without, it ends when the answer's block is final.
    pub min_confirmations: Option<u64>,
    /// Whether an answer that reverts is an error of the run.
    pub fail_on_revert: bool,
}

/// Where the number comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    Fixed(Decimal),
    Bridge {
        task: String,
        name: String,
        request_data: serde_json::Map<String, Value>,
        /// Where the number stands in the answer.
        path: Vec<String>,
        times: Option<Decimal>,
    },
}

impl Plan {
    /// The plan of a pipeline, or why the stand-in has none.
    pub fn of(pipeline: &Pipeline) -> Result<Self, String> {
        let tasks = Tasks::of(pipeline)?;
        let decode = tasks.one("ethabidecodelog")?.ok_or("the pipeline decodes no log")?;
        let (number, named) = tasks.number()?;
        let [answer, fulfil] = tasks.all("ethabiencode")[..] else {
            return Err("the pipeline needs two tasks of type ethabiencode: the answer, and the call that carries it".into());
        };
        let answer_names = abi(answer, "", &ANSWER_ABI)?;
        let data = template(answer)?;
        for (name, from) in answer_names.iter().zip([format!("{}.requestId", decode.id), named]) {
            require(answer, name, data.get(name), &from)?;
        }
        let fulfil_names = abi(fulfil, "fulfillOracleRequest2", &FULFIL_ABI)?;
        let data = template(fulfil)?;
        let of_log = ["requestId", "payment", "callbackAddr", "callbackFunctionId", "cancelExpiration"];
        let from = of_log.map(|name| format!("{}.{name}", decode.id)).into_iter().chain([answer.id.clone()]);
        for (name, from) in fulfil_names.iter().zip(from) {
            require(fulfil, name, data.get(name), &from)?;
        }
        submission(tasks.one("ethtx")?.ok_or("the pipeline sends no transaction")?, &fulfil.id, number)
    }
}

fn submission(task: &Task, data: &str, number: Number) -> Result<Plan, String> {
    require(task, "data", task.attributes.get("data"), data)?;
    let to = task.attributes.get("to").and_then(|text| text.parse().ok());
    let to = to.ok_or_else(|| format!("{}: `to` must be an address", task.id))?;
    let count = |key: &str| match task.attributes.get(key) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| format!("{}: `{key}` must be a number", task.id)),
    };
    Ok(Plan {
        number,
        to,
        gas_limit: count("gasLimit")?,
        min_confirmations: count("minConfirmations")?,
        fail_on_revert: task.attributes.get("failOnRevert").is_some_and(|text| text == "true"),
    })
}

/// The tasks of a pipeline by kind.
struct Tasks<'a>(BTreeMap<&'a str, Vec<&'a Task>>);

impl<'a> Tasks<'a> {
    fn of(pipeline: &'a Pipeline) -> Result<Self, String> {
        const KNOWN: [&str; 6] = ["ethabidecodelog", "multiply", "bridge", "jsonparse", "ethabiencode", "ethtx"];
        let mut tasks: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
        for task in &pipeline.tasks {
            if !KNOWN.contains(&task.kind.as_str()) {
                return Err(format!("a stand-in node runs no task of type {} in a direct-request job", task.kind));
            }
            tasks.entry(task.kind.as_str()).or_default().push(task);
        }
        Ok(Self(tasks))
    }

    fn all(&self, kind: &str) -> &[&'a Task] {
        self.0.get(kind).map_or(&[], Vec::as_slice)
    }

    fn one(&self, kind: &str) -> Result<Option<&'a Task>, String> {
        match self.all(kind) {
            [] => Ok(None),
            [task] => Ok(Some(task)),
            more => Err(format!("a stand-in node runs one task of type {kind} in a job, and not {}", more.len())),
        }
    }

    /// The number, and the task whose result it is.
    fn number(&self) -> Result<(Number, String), String> {
        let (bridge, parse, multiply) = (self.one("bridge")?, self.one("jsonparse")?, self.one("multiply")?);
        let factor = |task: &Task, key: &str| {
            let text = task.attributes.get(key).ok_or_else(|| format!("{}: `{key}` is missing", task.id))?;
            Decimal::parse(text).map_err(|error| format!("{}: `{key}`: {error}", task.id))
        };
        match (bridge, parse, multiply) {
            (None, None, Some(multiply)) => {
                let product = factor(multiply, "input")?.times(factor(multiply, "times")?)?;
                Ok((Number::Fixed(product), multiply.id.clone()))
            }
            (Some(bridge), Some(parse), multiply) => {
                require(parse, "data", parse.attributes.get("data"), &bridge.id)?;
                if let Some(multiply) = multiply {
                    require(multiply, "input", multiply.attributes.get("input"), &parse.id)?;
                }
                let number = Number::Bridge {
                    task: bridge.id.clone(),
                    name: bridge.attributes.get("name").cloned().unwrap_or_default().to_lowercase(),
                    request_data: request_data(bridge)?,
                    path: parse.attributes.get("path").map_or_else(Vec::new, |path| path.split(',').map(str::to_owned).collect()),
                    times: multiply.map(|multiply| factor(multiply, "times")).transpose()?,
                };
                Ok((number, multiply.unwrap_or(parse).id.clone()))
            }
            _ => Err(
                "the number must come from one task `multiply` of two numbers, or from a `bridge`, a `jsonparse` of its answer \
                      and perhaps a `multiply` of that"
                    .into(),
            ),
        }
    }
}

/// What goes to the bridge beside the request itself: fixed JSON.
fn request_data(bridge: &Task) -> Result<serde_json::Map<String, Value>, String> {
    let Some(text) = bridge.attributes.get("requestData") else { return Ok(serde_json::Map::new()) };
    serde_json::from_str(text)
        .map_err(|_| format!("{}: a stand-in node takes `requestData` that is a JSON object without variables", bridge.id))
}

/// The names of the parameters of a signature of these types.
fn abi(task: &Task, method: &str, types: &[&str]) -> Result<Vec<String>, String> {
    let text = task.attributes.get("abi").map_or("", String::as_str);
    let parameters = text.trim().strip_prefix(method).map(str::trim).and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
    let parameters: Vec<Vec<&str>> =
        parameters.unwrap_or_default().split(',').map(|parameter| parameter.split_whitespace().collect()).collect();
    let fits = parameters.len() == types.len() && parameters.iter().zip(types).all(|(words, kind)| words.first() == Some(kind));
    if !fits {
        return Err(format!("{}: a stand-in node encodes {method}({}) here, and not {text:?}", task.id, types.join(", ")));
    }
    Ok(parameters.iter().filter_map(|words| words.last()).map(|name| (*name).to_owned()).collect())
}

/// A template such as `{"a": $(b.c)}`: what stands for each name.
fn template(task: &Task) -> Result<BTreeMap<String, String>, String> {
    let malformed = || format!("{}: `data` must be JSON of names and variables, such as {{\"a\": $(b)}}", task.id);
    let text = task.attributes.get("data").map_or("", String::as_str).trim();
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or_else(malformed)?;
    inner
        .split(',')
        .map(|pair| {
            let (name, value) = pair.split_once(':').ok_or_else(malformed)?;
            Ok((name.trim().trim_matches('"').to_owned(), value.trim().to_owned()))
        })
        .collect()
}

/// A value must be the variable `$(from)`.
fn require(task: &Task, name: &str, value: Option<&String>, from: &str) -> Result<(), String> {
    let expected = format!("$({from})");
    match value {
        Some(value) if value.chars().filter(|letter| !letter.is_whitespace()).eq(expected.chars()) => Ok(()),
        _ => Err(format!("{}: a stand-in node takes `{name}` from {expected} alone", task.id)),
    }
}

#[cfg(test)]
mod tests;

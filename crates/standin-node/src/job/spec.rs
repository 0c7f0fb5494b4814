//! A job's TOML: what a node takes of it, and with which words it refuses the rest.

use alloy::primitives::Address;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Pipeline, kind};

/// A refusal: status and sentence.
type Refusal = (StatusCode, String);

/// A job that can be stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JobSpec {
    pub name: Option<String>,
    /// `directrequest`, `cron` or `webhook`.
    pub kind: String,
    pub external_job_id: Option<Uuid>,
    pub gas_limit: Option<u32>,
    pub forwarding_allowed: bool,
    pub observation_source: String,
    pub pipeline: Pipeline,
    /// What only this kind has, as a node shows it.
    pub details: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Common {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    schema_version: u32,
    name: Option<String>,
    #[serde(rename = "externalJobID")]
    external_job_id: Option<Uuid>,
    gas_limit: Option<u32>,
    #[serde(default)]
    forwarding_allowed: bool,
    #[serde(default)]
    observation_source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DirectRequest {
    contract_address: Option<String>,
    min_incoming_confirmations: Option<u32>,
    min_contract_payment_link_juels: Option<toml::Value>,
    requesters: Option<Vec<Address>>,
    #[serde(rename = "evmChainID")]
    chain_id: Option<toml::Value>,
}

#[derive(Deserialize)]
struct Cron {
    #[serde(default)]
    schedule: String,
    #[serde(rename = "evmChainID")]
    chain_id: Option<toml::Value>,
}

impl JobSpec {
    /// Reads `text` as a node does: first what all jobs have (422), then what its kind has (400).
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let malformed = |error: String| (StatusCode::UNPROCESSABLE_ENTITY, format!("failed to parse TOML: {error}"));
        let common: Common = toml::from_str(text).map_err(|error| malformed(one_line(&error)))?;
        let pipeline = match common.observation_source.as_str() {
            "" => None,
            source => Some(Pipeline::parse(source).map_err(|error| malformed(format!("unmarshal text: {error}")))?),
        };
        let is_ours = ["directrequest", "cron", "webhook"].contains(&common.kind.as_str());
        if !is_ours && !kind::OTHER_JOBS.contains(&common.kind.as_str()) {
            return Err(malformed("invalid job type".to_owned()));
        }
        if common.schema_version != 1 {
            return Err(malformed("invalid schema version".to_owned()));
        }
        if !is_ours {
            return Err((StatusCode::NOT_IMPLEMENTED, format!("a stand-in node runs no jobs of the type {}", common.kind)));
        }
        let pipeline = pipeline.ok_or_else(|| malformed("pipeline spec not specified".to_owned()))?;
        let details = details(&common.kind, text).map_err(|error| (StatusCode::BAD_REQUEST, error))?;
        Ok(Self {
            name: common.name,
            kind: common.kind,
            external_job_id: common.external_job_id,
            gas_limit: common.gas_limit,
            forwarding_allowed: common.forwarding_allowed,
            observation_source: common.observation_source,
            pipeline,
            details,
        })
    }

    /// What a node only finds when it starts the job, which it has stored then: five fields are a schedule to look at and none to run by.
    pub fn start_error(&self) -> Option<String> {
        let fields = fields_of(self.details["schedule"].as_str()?)?;
        let shown = fields.join(" ");
        (fields.len() != 6).then(|| format!("expected exactly 6 fields, found {}: [{shown}]", fields.len()))
    }

    /// What a node only finds when it stores the job.
    pub fn chain_is_missing(&self) -> bool {
        self.kind == "directrequest" && self.details["evmChainID"].is_null()
    }
}

fn details(kind: &str, text: &str) -> Result<Value, String> {
    Ok(match kind {
        "directrequest" => {
            let it: DirectRequest = toml::from_str(text).map_err(|error| one_line(&error))?;
            let contract = it.contract_address.as_deref().map(checksummed).transpose();
            let contract = contract.map_err(|error| format!("{}: {error}", position(text, "contractAddress")))?;
            json!({
                "contractAddress": contract.unwrap_or_else(|| Address::ZERO.to_checksum(None)),
                "minIncomingConfirmations": it.min_incoming_confirmations,
                "minContractPaymentLinkJuels": it.min_contract_payment_link_juels.map(number).transpose()?,
                "requesters": it.requesters.map(|all| all.iter().map(|it| it.to_checksum(None)).collect::<Vec<_>>()),
                "initiator": "runlog",
                "evmChainID": it.chain_id.map(number).transpose()?,
            })
        }
        "cron" => {
            let it: Cron = toml::from_str(text).map_err(|error| format!("toml unmarshal error on job: {}", one_line(&error)))?;
            let refusal = |why: String| format!("while validating cron schedule '{}': {why}", it.schedule);
            require_schedule(&it.schedule).map_err(refusal)?;
            json!({ "schedule": it.schedule, "evmChainID": it.chain_id.map(number).transpose()? })
        }
        _ => json!({}),
    })
}

/// A whole number, written as such or as text.
fn number(value: toml::Value) -> Result<String, String> {
    let text = match value {
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    let is_number = !text.is_empty() && text.len() <= 78 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Ok(text) } else { Err(format!("cannot unmarshal {text} into a number")) }
}

fn checksummed(text: &str) -> Result<String, String> {
    let address = Address::parse_checksummed(text, None);
    address.map(|it| it.to_checksum(None)).map_err(|_| format!("unmarshal text: {text:?} is not a valid EIP55 formatted address"))
}

/// Line and column of a key, as the node's parser tells them.
fn position(text: &str, key: &str) -> String {
    let found = text.lines().zip(1..).find(|(line, _)| line.trim_start().starts_with(key));
    let (line, number) = found.unwrap_or_default();
    format!("({number}, {})", line.len() - line.trim_start().len() + 1)
}

/// What follows the time zone; `None` where there is none.
fn fields_of(schedule: &str) -> Option<Vec<&str>> {
    Some(schedule.strip_prefix("CRON_TZ=")?.split_whitespace().skip(1).collect())
}

/// Five or six fields after a time zone, or an interval. What stands in the fields is not looked at.
fn require_schedule(schedule: &str) -> Result<(), String> {
    if let Some(fields) = fields_of(schedule) {
        return match fields.len() {
            5 | 6 => Ok(()),
            number => {
                Err(format!("invalid cron schedule '{schedule}': expected 5 to 6 fields, found {number}: [{}]", fields.join(" ")))
            }
        };
    }
    let is_interval = schedule.strip_prefix("@every ").is_some_and(|interval| {
        interval.starts_with(|first: char| first.is_ascii_digit()) && interval.ends_with(['h', 'm', 's'])
    });
    let hint = "cron schedule must specify a time zone using CRON_TZ, e.g. 'CRON_TZ=UTC 5 * * * *', or use the @every syntax, \
                e.g. '@every 1h30m'";
    if is_interval { Ok(()) } else { Err(hint.to_owned()) }
}

fn one_line(error: &toml::de::Error) -> String {
    error.message().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECT: &str = r#"
        type = "directrequest"
        schemaVersion = 1
        name = "answer"
        externalJobID = "8f1a3b9e-3a2b-4c5d-9e8f-0123456789ab"
        contractAddress = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
        minIncomingConfirmations = 1
        evmChainID = "31337"
        observationSource = """
            decode [type=ethabidecodelog]
            answer [type=memo value=42]
            decode -> answer
        """"#;

    #[test]
    fn a_direct_request_is_read_as_a_node_shows_it() {
        let spec = JobSpec::parse(DIRECT).unwrap();
        assert_eq!((spec.name.as_deref(), spec.kind.as_str()), (Some("answer"), "directrequest"));
        assert_eq!(spec.pipeline.tasks.len(), 2);
        assert_eq!(spec.details["contractAddress"], "0x5FbDB2315678afecb367f032d93F642f64180aa3");
        assert_eq!(spec.details["minIncomingConfirmations"], 1);
        assert_eq!(spec.details["evmChainID"], "31337");
        assert!(!spec.chain_is_missing());
        assert!(JobSpec::parse(&DIRECT.replace("evmChainID", "other")).unwrap().chain_is_missing());
    }

    #[test]
    fn each_refusal_has_the_nodes_status_and_words() {
        let check = |from: &str, to: &str, status: u16, words: &str| {
            let refusal = JobSpec::parse(&DIRECT.replace(from, to)).expect_err(words);
            assert_eq!(refusal.0.as_u16(), status, "{refusal:?}");
            assert!(refusal.1.contains(words), "{refusal:?}");
        };
        check("type = \"directrequest\"", "type = \"guess\"", 422, "failed to parse TOML: invalid job type");
        check("schemaVersion = 1", "schemaVersion = 2", 422, "failed to parse TOML: invalid schema version");
        check("type=memo", "type=guess", 422, "unknown task type");
        check("name = \"answer\"", "name = ", 422, "failed to parse TOML");
        check("8f1a3b9e-", "", 422, "failed to parse TOML");
        check("0x5FbDB2315678a", "0x5fbdb2315678a", 400, "is not a valid EIP55 formatted address");
        check("type = \"directrequest\"", "type = \"cron\"\nschedule = \"5 * * * *\"", 400, "must specify a time zone");
        check("type = \"directrequest\"", "type = \"keeper\"", 501, "no jobs of the type keeper");
    }

    #[test]
    fn a_schedule_has_a_time_zone_or_is_an_interval() {
        for good in ["CRON_TZ=UTC * * * * *", "CRON_TZ=UTC 0 */5 * * * *", "@every 1h30m", "@every 10s"] {
            assert!(require_schedule(good).is_ok(), "{good}");
        }
        for bad in ["", "* * * * *", "CRON_TZ=UTC *", "@every", "@every x", "@hourly"] {
            assert!(require_schedule(bad).is_err(), "{bad}");
        }
    }
}

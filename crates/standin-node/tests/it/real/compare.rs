//! An answer, and in what two of them differ.

use serde_json::Value;

use super::table::Case;

/// Fields whose values are made anew by each node; only their kind is compared.
const MADE_UP: [&str; 19] = [
    "accessKey",
    "address",
    "commitSHA",
    "config",
    "createdAt",
    "ethBalance",
    "externalJobID",
    "finishedAt",
    "from",
    "gasPrice",
    "hash",
    "incomingToken",
    "nonce",
    "outgoingToken",
    "rawHex",
    "secret",
    "sentAt",
    "updatedAt",
    "versionTag",
];

#[derive(Debug)]
pub struct Seen {
    pub status: u16,
    pub media_type: String,
    pub body: Value,
}

impl Seen {
    pub async fn read(answer: reqwest::Response) -> Self {
        let status = answer.status().as_u16();
        let media_type =
            answer.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let text = answer.text().await.unwrap();
        let is_page = media_type.starts_with("text/html");
        let body = serde_json::from_str(&text).unwrap_or_else(|_| Value::String(if is_page { "a page".into() } else { text }));
        Self { status, media_type, body }
    }

    /// In what `ours` is not as `theirs`, one text each.
    pub fn differences(theirs: &Self, ours: &Self, case: &Case) -> Vec<String> {
        let mut found = Vec::new();
        if theirs.status != ours.status {
            found.push(format!("status {} is {}; {} and {}", theirs.status, ours.status, theirs.body, ours.body));
            return found;
        }
        if theirs.media_type != ours.media_type {
            found.push(format!("media type `{}` is `{}`", theirs.media_type, ours.media_type));
        }
        compare("", "", &theirs.body, &ours.body, case, &mut found);
        found
    }
}

fn compare(path: &str, field: &str, theirs: &Value, ours: &Value, case: &Case, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(one), Value::Object(other)) => {
            let names: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                let inner = format!("{path}/{name}");
                match (one.get(name), other.get(name)) {
                    (Some(theirs), Some(ours)) => compare(&inner, name, theirs, ours, case, found),
                    (Some(theirs), None) => found.push(format!("{inner} is missing, it is {theirs}")),
                    _ => found.push(format!("{inner} is too many")),
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() || case.any_number => {
            for (number, (theirs, ours)) in one.iter().zip(other).enumerate() {
                compare(&format!("{path}/{number}"), field, theirs, ours, case, found);
            }
        }
        _ => {
            let is_made_up = MADE_UP.contains(&field) || (field == "id" && case.made_up_id) || case.any_number;
            let same_kind = std::mem::discriminant(theirs) == std::mem::discriminant(ours);
            let same_beginning = case.detail_until.is_some_and(|mark| beginning(theirs, mark) == beginning(ours, mark));
            if theirs != ours && !(is_made_up && same_kind) && !(field == "detail" && same_beginning) {
                found.push(format!("{path} {theirs} is {ours}"));
            }
        }
    }
}

/// What stands before and with the mark.
fn beginning<'a>(value: &'a Value, mark: &str) -> Option<&'a str> {
    let text = value.as_str()?;
    text.find(mark).map(|at| &text[..at + mark.len()])
}

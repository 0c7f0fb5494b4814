//! What `GET /health` says: five states that must not be mixed up.

use linkpool_primitives::printable;
use reqwest::StatusCode;
use serde::Deserialize;

use super::{
    Error, ErrorKind,
    answer::{Answer, Document, Resource},
};

/// Most failing checks that are kept.
const MAX_CHECKS: usize = 16;

/// How a node says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// 200 and every check passes.
    Passing,
    /// 207 (current nodes) or 200 with a failing check: the API works, something behind it does not.
    Degraded(Vec<FailingCheck>),
    /// 204: the database is being migrated or backed up. Not healthy, and not to be replaced for it.
    Migrating,
    /// 503: what older nodes answer when any check fails.
    Failing(Vec<FailingCheck>),
    /// Connection refused: down, or a standby that waits for the lease.
    NotListening,
}

impl Health {
    /// Whether the node may be given work.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Passing)
    }
}

/// A check that does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingCheck {
    /// Such as `EVM.1.HeadTracker`, made printable.
    pub name: String,
    /// The node's explanation, made printable; may be empty.
    pub output: String,
}

#[derive(Deserialize)]
struct CheckAttributes {
    status: String,
    #[serde(default)]
    output: String,
}

/// Reads an answer of `/health`.
pub(super) fn parse_health(answer: &Answer) -> Result<Health, Error> {
    match answer.status {
        StatusCode::NO_CONTENT => Ok(Health::Migrating),
        StatusCode::OK => {
            let failing = failing_checks(answer)?;
            Ok(if failing.is_empty() { Health::Passing } else { Health::Degraded(failing) })
        }
        StatusCode::MULTI_STATUS => Ok(Health::Degraded(failing_checks(answer)?)),
        // A load balancer before the node answers 503 with a page of its own; that is a failing node all the same.
        StatusCode::SERVICE_UNAVAILABLE => Ok(Health::Failing(failing_checks(answer).unwrap_or_default())),
        StatusCode::TOO_MANY_REQUESTS => Err(answer.fault(ErrorKind::RateLimited)),
        _ => Err(answer.unexpected()),
    }
}

fn failing_checks(answer: &Answer) -> Result<Vec<FailingCheck>, Error> {
    let document: Document<Vec<Resource<CheckAttributes>>> = answer.parse()?;
    let failing = document.data.into_iter().filter(|check| check.attributes.status != "passing");
    Ok(failing
        .take(MAX_CHECKS)
        .map(|check| FailingCheck { name: printable(&check.id, 64), output: printable(&check.attributes.output, 120) })
        .collect())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(status: StatusCode, content_type: &str, body: &str) -> Answer {
        Answer {
            peer: "http://node".to_owned(),
            status,
            content_type: content_type.to_owned(),
            session_cookie: None,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn check(status: StatusCode, body: &str, expect: &str) {
        let found = match parse_health(&answer(status, "application/vnd.api+json; charset=utf-8", body)) {
            Ok(health) => format!("{health:?}"),
            Err(error) => error.code().to_owned(),
        };
        assert!(found.starts_with(expect), "{status} {body}: {found}");
    }

    #[test]
    fn each_status_of_health_is_a_state_of_its_own() {
        let checks = |status: &str| {
            format!(
                r#"{{"data":[{{"type":"checks","id":"JobSpawner","attributes":{{"name":"JobSpawner","status":"{status}","output":"x"}}}}]}}"#
            )
        };
        check(StatusCode::OK, &checks("passing"), "Passing");
        check(StatusCode::OK, &checks("failing"), "Degraded([FailingCheck { name: \"JobSpawner\"");
        check(StatusCode::MULTI_STATUS, &checks("failing"), "Degraded([FailingCheck { name: \"JobSpawner\"");
        check(StatusCode::SERVICE_UNAVAILABLE, &checks("failing"), "Failing([FailingCheck");
        check(StatusCode::SERVICE_UNAVAILABLE, "<html>bad gateway", "Failing([])");
        check(StatusCode::NO_CONTENT, "", "Migrating");
        check(StatusCode::OK, r#"{"data":{}}"#, "malformed");
        check(StatusCode::NOT_FOUND, "", "unexpected_status");
        check(StatusCode::TOO_MANY_REQUESTS, "", "rate_limited");
    }

    #[test]
    fn a_page_with_status_200_is_not_health() {
        let page = answer(StatusCode::OK, "text/html", "<!doctype html><title>Sign in</title>");
        assert_eq!(parse_health(&page).map_err(|error| error.code()), Err("not_json"));
    }
}

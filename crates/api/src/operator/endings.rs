//! A node's end, its rest, and its name.

use axum::{
    body::Bytes,
    extract::{Path, State},
    response::Response,
};
use linkpool_db::fleet::{MAX_PUBLIC_NAME_LENGTH, OperatorRequest};
use linkpool_primitives::printable;

use super::{
    actions::{answer, parse, read},
    shared::{ACTOR, Operator, check_reason},
    types::{ActionName, Outcome, PublicName, StopNode},
};
use crate::problem::Problem;

/// `POST /nodes/{id}/drain`
pub(super) async fn drain(State(operator): State<Operator>, Path(id): Path<String>, body: Bytes) -> Result<Response, Problem> {
    let asked = read(&body)?;
    let outcome = operator.database.drain_node(&asked.operator_request(&id)).await?;
    answer(outcome, ActionName::Drain, Outcome::Asked, Some(id), asked.dry_run)
}

/// `POST /nodes/{id}/stop`
pub(super) async fn stop(State(operator): State<Operator>, Path(id): Path<String>, body: Bytes) -> Result<Response, Problem> {
    let asked: StopNode = parse(&body)?;
    check_reason(&asked.reason)?;
    let request = OperatorRequest { node_id: &id, actor: ACTOR, reason: &asked.reason, dry_run: asked.dry_run };
    let outcome = operator.database.stop_node(&request, asked.force).await?;
    answer(outcome, ActionName::Stop, Outcome::Done, Some(id), asked.dry_run)
}

/// `POST /nodes/{id}/start`
pub(super) async fn start(State(operator): State<Operator>, Path(id): Path<String>, body: Bytes) -> Result<Response, Problem> {
    let asked = read(&body)?;
    let outcome = operator.database.start_node(&asked.operator_request(&id)).await?;
    answer(outcome, ActionName::Start, Outcome::Done, Some(id), asked.dry_run)
}

/// `POST /nodes/{id}/name`
pub(super) async fn name(State(operator): State<Operator>, Path(id): Path<String>, body: Bytes) -> Result<Response, Problem> {
    let asked: PublicName = parse(&body)?;
    check_reason(&asked.reason)?;
    if let Some(name) = &asked.name {
        check_name(name)?;
    }
    let request = OperatorRequest { node_id: &id, actor: ACTOR, reason: &asked.reason, dry_run: asked.dry_run };
    let outcome = operator.database.set_public_name(asked.name.as_deref(), &request).await?;
    answer(outcome, ActionName::Name, Outcome::Done, Some(id), asked.dry_run)
}

/// It stands on a page for everybody: nothing that turns a line around, and nothing that looks like nothing.
fn check_name(name: &str) -> Result<(), Problem> {
    let length = name.chars().count();
    if name.trim() == name && (1..=MAX_PUBLIC_NAME_LENGTH).contains(&length) && printable(name, length) == name {
        return Ok(());
    }
    let sentence = format!("must be 1 to {MAX_PUBLIC_NAME_LENGTH} printable characters without space around them");
    Err(Problem::invalid_field("name", sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_printable() {
        for good in ["Node 7", "Ünïcode", "a"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for wrong in ["", " a", "a ", "a\nb", "a\u{202e}b", &"a".repeat(41)] {
            assert!(check_name(wrong).is_err(), "{wrong:?}");
        }
    }
}

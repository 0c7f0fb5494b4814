//! What an operator asks of a node that is there: close or reopen it on chain, keep it from every automatic step, or take one
//! that the contract has into this database.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use linkpool_db::fleet::{NodeAction, OperatorRequest, OperatorRequestOutcome};
use linkpool_primitives::Address;

use super::{
    shared::{ACTOR, Operator, check_reason, no_such_node},
    types::{Action, ActionAnswer, ActionName, Adoption, Envelope, OperatorContract, Outcome, Word},
};
use crate::problem::{Problem, REFUSED};

const NODE_ID_LENGTH: usize = 12;

/// `POST /nodes/{id}/close`
pub(super) async fn close(operator: State<Operator>, id: Path<String>, body: Bytes) -> Result<Response, Problem> {
    on_chain(operator, id, &body, NodeAction::Close).await
}

/// `POST /nodes/{id}/reopen`
pub(super) async fn reopen(operator: State<Operator>, id: Path<String>, body: Bytes) -> Result<Response, Problem> {
    on_chain(operator, id, &body, NodeAction::Reopen).await
}

/// `POST /nodes/{id}/quarantine`
pub(super) async fn quarantine(
    State(operator): State<Operator>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let action = read(&body)?;
    let outcome = operator.database.quarantine_by_hand(&action.operator_request(&id)).await?;
    answer(outcome, ActionName::Quarantine, Outcome::Done, Some(id), action.dry_run)
}

/// `POST /nodes/{id}/release`
pub(super) async fn release(State(operator): State<Operator>, Path(id): Path<String>, body: Bytes) -> Result<Response, Problem> {
    let action = read(&body)?;
    let outcome = operator.database.release_node(&action.operator_request(&id)).await?;
    answer(outcome, ActionName::Release, Outcome::Done, Some(id), action.dry_run)
}

/// `POST /nodes/{id}/operator`
pub(super) async fn operator_contract(
    State(operator): State<Operator>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let named: OperatorContract = parse(&body)?;
    check_reason(&named.reason)?;
    let contract = named.operator.as_deref().map(contract_address).transpose()?;
    let operator_request = OperatorRequest { node_id: &id, actor: ACTOR, reason: &named.reason, dry_run: named.dry_run };
    let outcome = operator.database.set_operator_contract(contract.as_ref(), &operator_request).await?;
    answer(outcome, ActionName::Operator, Outcome::Done, Some(id), named.dry_run)
}

fn contract_address(text: &str) -> Result<Address, Problem> {
    match linkpool_primitives::parse_address(text) {
        Ok(Address::ZERO) => Err(Problem::invalid_field("operator", "is the zero address; null takes the Operator away")),
        Ok(address) => Ok(address),
        Err(error) => Err(Problem::invalid_field("operator", error.to_string())),
    }
}

/// `POST /adoptions`
pub(super) async fn adopt(State(operator): State<Operator>, body: Bytes) -> Result<Response, Problem> {
    let adoption: Adoption = parse(&body)?;
    check_reason(&adoption.reason)?;
    let wallet = match (&adoption.wallet, &adoption.lost_node_id) {
        (Some(wallet), None) => linkpool_primitives::parse_address(wallet),
        (None, Some(id)) if adoption.node_id.is_none() => return adopt_lost(&operator, id, &adoption).await,
        _ => return Err(Problem::invalid_field("wallet", "give the wallet, or lost_node_id alone")),
    };
    let wallet = wallet.map_err(|error| Problem::invalid_field("wallet", error.to_string()))?;
    let operator_request = OperatorRequest { node_id: "", actor: ACTOR, reason: &adoption.reason, dry_run: adoption.dry_run };
    let (outcome, node_id) = operator.database.adopt_node(&wallet, adoption.node_id.as_deref(), &operator_request).await?;
    answer(outcome, ActionName::Adopt, Outcome::Done, node_id.filter(|_| !adoption.dry_run), adoption.dry_run)
}

async fn adopt_lost(operator: &Operator, id: &str, adoption: &Adoption) -> Result<Response, Problem> {
    if id.len() != NODE_ID_LENGTH || !id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        let sentence = "must be a node's id of 12 lower-case hexadecimal digits, such as the name of its folder";
        return Err(Problem::invalid_field("lost_node_id", sentence));
    }
    let operator_request = OperatorRequest { node_id: id, actor: ACTOR, reason: &adoption.reason, dry_run: adoption.dry_run };
    let outcome = operator.database.adopt_lost(&operator_request).await?;
    answer(outcome, ActionName::Adopt, Outcome::Done, Some(id.to_owned()), adoption.dry_run)
}

async fn on_chain(
    State(operator): State<Operator>,
    Path(id): Path<String>,
    body: &[u8],
    action: NodeAction,
) -> Result<Response, Problem> {
    let asked = read(body)?;
    let outcome = operator.database.request_action(action, &asked.operator_request(&id)).await?;
    let name = match action {
        NodeAction::Close => ActionName::Close,
        NodeAction::Reopen => ActionName::Reopen,
    };
    answer(outcome, name, Outcome::Asked, Some(id), asked.dry_run)
}

impl Action {
    pub(super) fn operator_request<'a>(&'a self, id: &'a str) -> OperatorRequest<'a> {
        OperatorRequest { node_id: id, actor: ACTOR, reason: &self.reason, dry_run: self.dry_run }
    }
}

pub(super) fn read(body: &[u8]) -> Result<Action, Problem> {
    let action: Action = parse(body)?;
    check_reason(&action.reason)?;
    Ok(action)
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::invalid_field("body", format!("must be JSON such as {{\"reason\": \"maintenance\"}}: {error}")))
}

pub(super) fn answer(
    outcome: OperatorRequestOutcome,
    action: ActionName,
    done: Outcome,
    node_id: Option<String>,
    dry_run: bool,
) -> Result<Response, Problem> {
    let (status, outcome) = match outcome {
        OperatorRequestOutcome::Done if done == Outcome::Asked && !dry_run => (StatusCode::ACCEPTED, done),
        OperatorRequestOutcome::Done => (StatusCode::OK, done),
        OperatorRequestOutcome::Repeated => (StatusCode::OK, Outcome::Repeated),
        OperatorRequestOutcome::NoSuchNode => return Err(no_such_node()),
        OperatorRequestOutcome::Refused(sentence) => return Err(Problem::new(&REFUSED, sentence)),
    };
    tracing::info!(node = node_id, action = action.as_str(), outcome = outcome.as_str(), dry_run, "an operator's call");
    Ok((status, Envelope::json(ActionAnswer { node_id, action: Word(action), outcome: Word(outcome), dry_run })).into_response())
}

//! Transactions: what was sent, how far it is, and what an operator wants done about it. Whoever drives the account does it: this
//! listener has no key.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use linkpool_db::tx::{AnsweredNonceRequest, AttemptView, NonceAction, TransactionFilter, TransactionView};
use linkpool_primitives::checksum;

use super::{
    actions::read,
    shared::{ACTOR, Operator},
    transaction_types::{AttemptSummary, NonceRequestView, TransactionAnswer, TransactionDetail, TransactionSummary},
    types::{Envelope, Outcome, Word},
};
use crate::problem::{NOT_FOUND, Problem, REFUSED};

/// Most of those under way that are listed, and most of all: the newest.
const MAX_OPEN: u16 = 100;
const MAX_LISTED: u16 = 20;

/// `GET /transactions`
pub(super) async fn list(State(operator): State<Operator>) -> Result<Json<Envelope<Vec<TransactionSummary>>>, Problem> {
    Ok(Envelope::json(newest(&operator).await?))
}

/// Those under way, and the newest: newest first.
pub(super) async fn newest(operator: &Operator) -> Result<Vec<TransactionSummary>, Problem> {
    let filter = |open, limit| TransactionFilter { open, limit, ..TransactionFilter::default() };
    let mut listed = operator.database.transactions(&filter(true, MAX_OPEN)).await?;
    listed.extend(operator.database.transactions(&filter(false, MAX_LISTED)).await?);
    listed.sort_by_key(|it| std::cmp::Reverse(it.id));
    listed.dedup_by_key(|it| it.id);
    Ok(listed.iter().map(TransactionSummary::from).collect())
}

/// `GET /transactions/{id}`
pub(super) async fn show(
    State(operator): State<Operator>,
    Path(id): Path<String>,
) -> Result<Json<Envelope<TransactionDetail>>, Problem> {
    let transaction = find(&operator, &id).await?;
    let signed = operator.database.attempts_of(transaction.id).await?;
    let requests = operator.database.nonce_requests_of(transaction.id).await?;
    Ok(Envelope::json(TransactionDetail {
        summary: TransactionSummary::from(&transaction),
        signed: signed.iter().map(AttemptSummary::from).collect(),
        requests: requests.iter().map(NonceRequestView::from).collect(),
    }))
}

/// `POST /transactions/{id}/{action}`
pub(super) async fn act(
    State(operator): State<Operator>,
    Path((id, action)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Problem> {
    let action: NonceAction =
        action.parse().map_err(|_| Problem::new(&NOT_FOUND, "a transaction takes bump, cancel and resend"))?;
    let asked = read(&body)?;
    let refused = |why: String| Problem::new(&REFUSED, why);
    let transaction = find(&operator, &id).await?;
    let planned = transaction.plan(action).map_err(refused)?;
    if asked.dry_run {
        return Ok(answer(StatusCode::OK, &transaction, action, (Outcome::Done, format!("would {planned}")), true));
    }
    let (database, actor) = (&operator.database, format!("{ACTOR}: {}", asked.reason));
    if transaction.nonce.is_none() && action == NonceAction::Cancel && database.cancel_queued(transaction.id, &actor).await? {
        let said = "cancelled before it had a nonce: nothing was sent".to_owned();
        return Ok(answer(StatusCode::OK, &transaction, action, (Outcome::Done, said), false));
    }
    // It may have got a nonce between the two looks.
    let transaction = find(&operator, &id).await?;
    let account = transaction.account;
    let is_driven = database.signer_state(&account).await?.is_some_and(|state| state.driven);
    if !is_driven {
        return Err(refused(format!(
            "no role drives {} at the moment: start it, or give `linkpool tx {action}` its key",
            checksum(&account.address)
        )));
    }
    let nonce = transaction.nonce.ok_or_else(|| refused(transaction.too_late()))?;
    let asked = database.request_nonce_action(&account, nonce, action, &actor).await?;
    asked.ok_or_else(|| refused(transaction.too_late()))?;
    let said = (Outcome::Asked, format!("asked whoever drives the account to {planned}"));
    Ok(answer(StatusCode::ACCEPTED, &transaction, action, said, false))
}

async fn find(operator: &Operator, id: &str) -> Result<TransactionView, Problem> {
    let found = match id.parse() {
        Ok(id) => operator.database.transaction(id).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| Problem::new(&NOT_FOUND, "there is no transaction of this number; `GET /transactions` lists the newest"))
}

fn answer(
    status: StatusCode,
    transaction: &TransactionView,
    action: NonceAction,
    (outcome, detail): (Outcome, String),
    dry_run: bool,
) -> Response {
    let id = transaction.id;
    tracing::info!(transaction = id, action = action.as_str(), outcome = outcome.as_str(), dry_run, "an operator's call");
    let answer = TransactionAnswer { id, action: Word(action), outcome: Word(outcome), detail, dry_run };
    (status, Envelope::json(answer)).into_response()
}

impl From<&TransactionView> for TransactionSummary {
    fn from(it: &TransactionView) -> Self {
        Self {
            id: it.id,
            kind: it.kind.clone(),
            state: it.state_word().to_owned(),
            signer: checksum(&it.account.address),
            node_id: it.node_id.clone(),
            recipient: it.recipient.as_ref().map(checksum),
            nonce: it.nonce,
            attempts: it.attempts,
            hash: it.hash.map(|hash| format!("{hash:#x}")),
            block: it.receipt.map(|receipt| receipt.block_number),
            succeeded: it.receipt.map(|receipt| receipt.succeeded),
            why: it.why().map(str::to_owned),
            created_at: it.created_at,
            actions: NonceAction::ALL.iter().filter(|action| it.plan(**action).is_ok()).map(|action| Word(*action)).collect(),
        }
    }
}

impl From<&(u64, AttemptView)> for AttemptSummary {
    fn from((nonce, it): &(u64, AttemptView)) -> Self {
        Self {
            nonce: *nonce,
            number: it.number,
            hash: format!("{:#x}", it.hash),
            gas_limit: it.gas_limit,
            max_fee_wei: it.max_fee_wei.to_string(),
            tip_wei: it.tip_wei.to_string(),
            cancels: it.cancels,
            sends: it.sends,
            last_answer: it.last_answer.clone(),
            included: it.included,
        }
    }
}

impl From<&AnsweredNonceRequest> for NonceRequestView {
    fn from(it: &AnsweredNonceRequest) -> Self {
        Self { action: Word(it.action), actor: it.actor.clone(), requested_at: it.requested_at, answer: it.answer.clone() }
    }
}

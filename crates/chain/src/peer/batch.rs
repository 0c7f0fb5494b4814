//! Several calls in one request, or in as many as the endpoint wants them in: the one place that batches.
//!
//! Providers refuse a request with too many calls by one error of one id (geth), by an error without an id, by an error in an HTTP
//! status, by errors for some of the calls, or by closing the connection; at some the limit is three. So what a refusal says is
//! not asked: a call that is not answered in company is asked alone, and if it then is, the company was too large.

use std::time::Instant;

use alloy::rpc::json_rpc::ErrorPayload;

use super::Peer;
use crate::{
    Error, Result,
    batch_limit::MANY,
    body::{BUDGET, Share},
    call::{Answer, Answers, Call, Failure},
    classify,
};

/// The answers to several calls, taken in their order.
pub(crate) struct Batch<'a> {
    pub(super) peer: &'a Peer,
    pub(super) calls: std::slice::Iter<'a, Call>,
    pub(super) answers: std::vec::IntoIter<Answer>,
    /// How long the whole answer was.
    pub bytes: usize,
    /// Whether one request held all of them, so that one backend answered.
    pub is_whole: bool,
    /// What is held of the answers until all are taken. Who asks something else meanwhile drops it first, or may wait for itself.
    _share: Share,
}

impl Peer {
    pub async fn batch<'a>(&'a self, calls: &'a [Call]) -> Result<Batch<'a>> {
        let mut all = Answers { answers: Vec::with_capacity(calls.len()), bytes: 0 };
        let (mut requests, mut share) = (0, BUDGET.share());
        // Each request answers one call at least, or is the last.
        while all.answers.len() < calls.len() {
            let rest = &calls[all.answers.len()..];
            let most = self.limits().calls(Instant::now());
            let some = self.some(&rest[..rest.len().min(most)], &mut share).await?;
            all.bytes += some.bytes;
            all.answers.extend(some.answers);
            requests += 1;
        }
        let Answers { answers, bytes } = all;
        Ok(Batch { peer: self, calls: calls.iter(), answers: answers.into_iter(), bytes, is_whole: requests <= 1, _share: share })
    }

    /// The answers to these calls, or to the first of them if it does not take so many at once.
    async fn some(&self, calls: &[Call], share: &mut Share) -> Result<Answers> {
        let sorted = |failure: Failure| classify::failure(&self.name, method(calls), &failure);
        let sent = self.send(calls, share).await;
        if calls.len() == 1 {
            return sent.map_err(sorted);
        }
        match sent {
            Ok(sent) => {
                let Some(odd) = sent.answers.iter().zip(calls).position(|(answer, call)| self.is_odd(call, answer)) else {
                    self.limits().answered(calls.len());
                    return Ok(sent);
                };
                let is_plain = sent.answers[odd].as_ref().is_err_and(|error| self.is_about_the_length(&calls[odd], error));
                let others_answered = sent.answers.iter().any(Result::is_ok);
                match self.alone(calls, odd, is_plain, others_answered, share).await {
                    Some(alone) => Ok(until(sent, odd, alone)),
                    None => Ok(sent),
                }
            }
            Err(failure) => {
                let alone = match self.may_be_the_length(&failure, calls) {
                    Some(is_plain) => self.alone(calls, 0, is_plain, false, share).await,
                    None => None,
                };
                alone.ok_or_else(|| sorted(failure))
            }
        }
    }

    /// Whether an answer may be an error only because of the other calls: any error that says nothing of what was asked.
    fn is_odd(&self, call: &Call, answer: &Answer) -> bool {
        let Err(error) = answer else { return false };
        let sorted = classify::answer(&self.name, &call.method, error);
        self.is_about_the_length(call, error) || matches!(sorted, Error::Rpc { .. } | Error::Unreachable { .. })
    }

    /// Whether an error can hardly be about anything else. One block's header or logs are not too large by themselves, unless they
    /// are: then they are alone, too.
    fn is_about_the_length(&self, call: &Call, error: &ErrorPayload) -> bool {
        let is_small = call.method != "eth_getLogs" || call.params[0].get("blockHash").is_some();
        classify::is_about_batches(error)
            || (is_small && matches!(classify::answer(&self.name, &call.method, error), Error::TooLarge { .. }))
    }

    /// Whether a request without answers may have been too long, and whether it plainly was. Most failures have other reasons.
    fn may_be_the_length(&self, failure: &Failure, calls: &[Call]) -> Option<bool> {
        match failure {
            Failure::Status { error: Some(error), .. } => {
                let sorted = classify::answer(&self.name, method(calls), error);
                let is_plain = classify::is_about_batches(error);
                (is_plain || !matches!(sorted, Error::RateLimited { .. })).then_some(is_plain)
            }
            Failure::Status { status, error: None } => (!matches!(status, 300..=399 | 401 | 403 | 429)).then_some(*status == 413),
            Failure::Garbled(_) | Failure::Transport(_) => Some(false),
            Failure::TooLong => None,
        }
    }

    /// Asks one of the calls alone, at once where the length is plainly the reason, or else when several requests in a row have met
    /// it. If it is answered, fewer are sent together from now on; otherwise the others had no part in it.
    async fn alone(
        &self,
        calls: &[Call],
        which: usize,
        is_plain: bool,
        others_answered: bool,
        share: &mut Share,
    ) -> Option<Answers> {
        let call = calls.get(which)?;
        let is_often = self.limits().failed() >= MANY;
        if !(is_plain || is_often) || !self.limits().may_probe(call, Instant::now()) {
            return None;
        }
        let alone = self.send(std::slice::from_ref(call), share).await.ok();
        let alone = alone.filter(|alone| alone.answers.iter().all(|answer| !self.is_odd(call, answer)));
        let (now, mut limits) = (Instant::now(), self.limits());
        if alone.is_some() {
            limits.refused(calls.len(), which, now);
            let most = limits.calls(now);
            tracing::info!(endpoint = %self.name, refused = calls.len(), most, "an endpoint takes fewer calls in one request");
        } else {
            limits.probed_in_vain(call, others_answered, now);
        }
        alone
    }

    /// Sends them; once more where a door closed in passing, which every second request may meet. Only what changes nothing is
    /// sent here.
    async fn send(&self, calls: &[Call], share: &mut Share) -> Result<Answers, Failure> {
        match self.rpc.send(calls, share).await {
            Err(failure) if failure.is_in_passing() => self.rpc.send(calls, share).await,
            sent => sent,
        }
    }
}

/// The answers before the odd one, and that one as it was alone.
fn until(mut sent: Answers, odd: usize, alone: Answers) -> Answers {
    sent.answers.truncate(odd);
    sent.answers.extend(alone.answers);
    sent.bytes += alone.bytes;
    sent
}

/// The method that the error of a whole request is sorted by: the one whose size is in question.
fn method(calls: &[Call]) -> &str {
    let logs = calls.iter().find(|call| call.method == "eth_getLogs");
    logs.or(calls.first()).map_or("", |call| &call.method)
}

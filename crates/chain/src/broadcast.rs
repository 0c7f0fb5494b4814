//! A transaction to every endpoint at once, and one answer out of theirs.

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::timeout};

use crate::{
    Chain, Result, SendAnswer,
    chain::Failures,
    peer::{EndpointName, Peer},
};

/// How long the others get once one has taken the transaction. Their requests go on all the same.
const STRAGGLER_TIMEOUT: Duration = Duration::from_millis(500);

/// What the endpoints said to a transaction.
#[derive(Debug)]
pub struct Sent {
    /// The answer that counts: the transaction is on its way if one endpoint took it, whatever others say.
    pub answer: SendAnswer,
    /// The words of that answer.
    pub reason: String,
    /// Who gave it.
    pub endpoint: EndpointName,
    /// Each answer that came in time.
    pub each: Vec<(EndpointName, Result<SendAnswer>)>,
}

impl Chain {
    /// Hands signed bytes to every endpoint of the right chain.
    ///
    /// # Errors
    /// Where none answered. Then the transaction may be in a pool or not.
    pub async fn broadcast(&self, raw: &[u8]) -> Result<Sent> {
        let (tell, mut told) = mpsc::channel(self.peers().len());
        let raw: Arc<[u8]> = raw.into();
        for peer in self.receivers() {
            let (chain, raw, tell) = (self.clone(), raw.clone(), tell.clone());
            // Detached, so that an endpoint that is slow still gets it when the answer is given.
            tokio::spawn(async move {
                let sent = chain.try_one(&peer, |peer| async move { peer.send_raw(&raw).await }).await;
                // Nobody listens any more once the grace is over.
                let _ = tell.send((peer.name.clone(), sent)).await;
            });
        }
        drop(tell);
        let mut answers = Vec::new();
        let mut is_taken = false;
        loop {
            let next =
                if is_taken { timeout(STRAGGLER_TIMEOUT, told.recv()).await.unwrap_or_default() } else { told.recv().await };
            let Some((name, answer)) = next else { break };
            is_taken |= matches!(answer, Ok((SendAnswer::Accepted | SendAnswer::AlreadyKnown, _)));
            answers.push((name, answer));
        }
        merged(answers)
    }

    /// Hands signed bytes to the endpoints and returns the answer that counts and its words.
    ///
    /// # Errors
    /// Where there was no answer. Then the transaction may be in a pool or not.
    pub async fn send_raw(&self, raw: &[u8]) -> Result<(SendAnswer, String)> {
        self.broadcast(raw).await.map(|sent| (sent.answer, sent.reason))
    }

    /// A liar may get a transaction, too: bytes are public once they are sent. Only another chain has no use for them.
    fn receivers(&self) -> Vec<Arc<Peer>> {
        let is_ours = |peer: &&Arc<Peer>| peer.health().rank(std::time::Instant::now()) != crate::health::Rank::Excluded;
        let ours: Vec<Arc<Peer>> = self.peers().iter().filter(is_ours).cloned().collect();
        if ours.is_empty() { self.peers().to_vec() } else { ours }
    }
}

fn merged(answers: Vec<(EndpointName, Result<(SendAnswer, String)>)>) -> Result<Sent> {
    let mut best: Option<(SendAnswer, String, EndpointName)> = None;
    let mut failures = Failures::default();
    let mut each = Vec::with_capacity(answers.len());
    for (endpoint, answer) in answers {
        match answer {
            Ok((answer, reason)) => {
                if best.as_ref().is_none_or(|(best, ..)| precedence(answer) < precedence(*best)) {
                    best = Some((answer, reason, endpoint.clone()));
                }
                each.push((endpoint, Ok(answer)));
            }
            Err(error) => {
                each.push((endpoint, Err(error.clone())));
                failures.hear(error);
            }
        }
    }
    match best {
        Some((answer, reason, endpoint)) => Ok(Sent { answer, reason, endpoint, each }),
        None => Err(failures.into_error()),
    }
}

/// The smallest counts: it is taken, then what must be looked into, then what the sender can mend, then what time mends.
fn precedence(answer: SendAnswer) -> u8 {
    match answer {
        SendAnswer::Accepted => 0,
        SendAnswer::AlreadyKnown => 1,
        SendAnswer::NonceUsed => 2,
        SendAnswer::ReplacementUnderpriced => 3,
        SendAnswer::FeeTooLow => 4,
        SendAnswer::InsufficientFunds => 5,
        SendAnswer::FeeCapExceeded => 6,
        SendAnswer::NonceGap => 7,
        SendAnswer::PoolFull => 8,
        SendAnswer::AccountBusy => 9,
        SendAnswer::Unrecognized => 10,
        SendAnswer::ExecutionReverted => 11,
        SendAnswer::Invalid => 12,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    fn merge(answers: &[Result<SendAnswer, ()>]) -> Result<Sent> {
        let answers = answers.iter().enumerate().map(|(index, answer)| {
            let name: EndpointName = format!("endpoint {index}").into();
            let down = || Error::Unreachable { endpoint: name.to_string(), cause: "no answer in time".to_owned() };
            let answer = answer.map(|answer| (answer, answer.code().to_owned())).map_err(|()| down());
            (name, answer)
        });
        merged(answers.collect())
    }

    #[test]
    fn one_endpoint_that_took_it_outweighs_all_that_refused() {
        use SendAnswer::{Accepted, AlreadyKnown, InsufficientFunds, Invalid, NonceUsed, PoolFull};
        for (answers, expect) in [
            (vec![Ok(InsufficientFunds), Ok(Accepted)], Accepted),
            (vec![Ok(AlreadyKnown), Err(())], AlreadyKnown),
            (vec![Ok(PoolFull), Ok(NonceUsed)], NonceUsed),
            (vec![Ok(Invalid), Ok(PoolFull)], PoolFull),
        ] {
            let sent = merge(&answers).unwrap();
            assert_eq!((sent.answer, sent.each.len()), (expect, answers.len()));
        }
        assert_eq!(&*merge(&[Ok(InsufficientFunds), Ok(Accepted)]).unwrap().endpoint, "endpoint 1");
    }

    #[test]
    fn without_any_answer_every_endpoint_is_named() {
        let error = merge(&[Err(()), Err(())]).unwrap_err().to_string();
        assert!(error.contains("`endpoint 0`, `endpoint 1`"), "{error}");
    }
}

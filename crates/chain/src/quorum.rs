//! Several endpoints asked the same, and the answer that enough of them give.

use std::{future::Future, sync::Arc};

use crate::{Chain, Error, Result, chain::Failures, peer::Peer};

/// How two answers to one question relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agreement {
    Same,
    /// They are about different branches of the chain: a reorg may be under way, and nobody need be wrong.
    OtherBranch,
    /// They can't both be true.
    Contradiction,
}

impl Chain {
    /// Asks as many endpoints as the policy's quorum, and more while they differ. The minority is distrusted where it contradicts.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] naming those that differ, where no quorum agrees; [`Error::Unreachable`] where too few answer.
    pub(crate) async fn agreed<T, Fut>(
        &self,
        request: impl Fn(Arc<Peer>) -> Fut,
        compare: impl Fn(&T, &T) -> Agreement,
    ) -> Result<T>
    where
        Fut: Future<Output = Result<T>>,
    {
        let quorum = self.policy().quorum.min(self.peers().len());
        if quorum <= 1 {
            return self.ask(request).await;
        }
        let mut rest = self.order().into_iter().map(|(_, peer)| peer);
        let mut votes: Vec<(Arc<Peer>, T)> = Vec::new();
        let (mut told, mut is_silent) = (Failures::default(), false);
        loop {
            let (winner, count) = largest(&votes, &compare);
            if count >= quorum {
                return Ok(self.decide(votes, winner, compare));
            }
            // First as few as may do, then, where some were silent, all of the others at once: who hangs is not waited for one after the
            // other.
            let missing = quorum - count;
            let most = if std::mem::take(&mut is_silent) { usize::MAX } else { missing };
            let next: Vec<Arc<Peer>> = rest.by_ref().take(most).collect();
            if next.is_empty() {
                return Err(self.undecided(&votes, quorum, told));
            }
            let answers = self.side_by_side(&next, missing, &request).await;
            for (peer, answer) in next.into_iter().zip(answers) {
                match answer {
                    Ok(answer) => votes.push((peer, answer)),
                    Err(error) if error.fails_over() => {
                        is_silent |= matches!(error, Error::Unreachable { .. });
                        told.hear(error);
                    }
                    Err(refusal) => return Err(refusal),
                }
            }
        }
    }

    fn decide<T>(&self, mut votes: Vec<(Arc<Peer>, T)>, winner: usize, compare: impl Fn(&T, &T) -> Agreement) -> T {
        let (first, answer) = votes.swap_remove(winner);
        for (peer, other) in &votes {
            if compare(&answer, other) == Agreement::Contradiction {
                self.report_faulty(&peer.name, &format!("its answer is not that of `{}` and others", first.name));
            }
        }
        answer
    }

    fn undecided<T>(&self, votes: &[(Arc<Peer>, T)], quorum: usize, told: Failures) -> Error {
        let names: Vec<&str> = votes.iter().map(|(peer, _)| &*peer.name).collect();
        match votes.len() {
            0 => told.into_error(),
            1 => Error::Unreachable {
                endpoint: self.missing(&names),
                cause: format!("{quorum} endpoints must agree and only `{}` answers", names.join("`, `")),
            },
            _ => Error::Inconsistent {
                endpoint: names.join("`, `"),
                what: format!("they give different answers, and no {quorum} agree"),
            },
        }
    }

    fn missing(&self, answered: &[&str]) -> String {
        let names = self.peers().iter().map(|peer| &*peer.name).filter(|name| !answered.contains(name));
        names.collect::<Vec<_>>().join("`, `")
    }
}

/// The vote that most others agree with, and how many do, itself counted.
fn largest<T>(votes: &[(Arc<Peer>, T)], compare: &impl Fn(&T, &T) -> Agreement) -> (usize, usize) {
    let agreeing = |(_, vote): &(Arc<Peer>, T)| votes.iter().filter(|(_, other)| compare(vote, other) == Agreement::Same).count();
    let counts = votes.iter().map(agreeing).enumerate();
    // The first of equals: the healthiest.
    counts.fold((0, 0), |best, (index, count)| if count > best.1 { (index, count) } else { best })
}

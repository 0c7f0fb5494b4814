//! One question, put to the healthiest endpoint and on to the next where another may know better.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::sleep;

use crate::{Chain, Error, Result, chain::Failures, health::Rank, peer::Peer};

/// An endpoint that has not answered after this long is not waited for alone: the next is asked as well, and after each further
/// moment one more. So endpoints that hang cost this once and not each its whole time-out, and a long answer is asked for twice
/// at most times.
const FALLBACK_DELAY: Duration = Duration::from_secs(4);
const FURTHER_FALLBACK_DELAY: Duration = Duration::from_secs(1);

impl Chain {
    /// Asks the healthiest endpoint, and the next on a failure that another one may not share or where it takes long, each at most
    /// once. The first answer counts.
    pub(crate) async fn ask<T, Fut>(&self, request: impl Fn(Arc<Peer>) -> Fut) -> Result<T>
    where
        Fut: Future<Output = Result<T>>,
    {
        let request = &request;
        let mut order = self.order().into_iter().peekable();
        let mut heard = Heard::default();
        let mut open: Vec<(Arc<Peer>, Instant)> = Vec::new();
        let mut asked = FuturesUnordered::new();
        let (mut ask_next, mut patience) = (true, FALLBACK_DELAY);
        loop {
            if std::mem::take(&mut ask_next)
                && let Some((_, peer)) = order.next_if(|(rank, _)| *rank < Rank::Pausing || !heard.told.is_an_answer())
            {
                open.push((peer.clone(), Instant::now()));
                asked.push(async move { (peer.clone(), self.try_one(&peer, request).await) });
            }
            let answered = tokio::select! {
                answered = asked.next() => answered,
                () = sleep(patience), if order.peek().is_some() => {
                    (ask_next, patience) = (true, FURTHER_FALLBACK_DELAY);
                    continue;
                }
            };
            let Some((peer, answer)) = answered else { return Err(heard.told.into_error()) };
            open.retain(|(other, _)| other.name != peer.name);
            match answer {
                Err(error) if error.fails_over() => {
                    heard.failed(peer, error);
                    ask_next = true;
                }
                Ok(value) => {
                    heard.answered(self, &peer);
                    for (late, _) in open.iter().filter(|(_, since)| since.elapsed() >= FALLBACK_DELAY) {
                        let _: Result<()> = late.is_late();
                    }
                    return Ok(value);
                }
                refusal => return refusal,
            }
        }
    }
}

/// What those said who did not answer.
#[derive(Debug, Default)]
struct Heard {
    told: Failures,
    lacking: Vec<Arc<Peer>>,
    unexpected: Vec<(Arc<Peer>, String)>,
}

impl Heard {
    fn failed(&mut self, peer: Arc<Peer>, error: Error) {
        if error.is_a_lack() {
            self.lacking.push(peer);
        } else if let Error::UnexpectedContract { what, .. } = &error {
            self.unexpected.push((peer, what.clone()));
        }
        self.told.hear(error);
    }

    /// What an answer says of those who had none.
    fn answered(&self, chain: &Chain, peer: &Peer) {
        let now = Instant::now();
        self.lacking.iter().for_each(|peer| peer.health().lagged(now));
        for (other, what) in &self.unexpected {
            // Alone it may be a wrong address; beside an answer that decodes it is a wrong answer.
            chain.report_faulty(&other.name, &format!("its answer does not decode ({what}), and that of `{}` does", peer.name));
        }
    }
}

//! Several endpoints asked at once, so that those that hang hold up what the others know for a moment only, however many they are
//! and wherever they stand in the list.

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, timeout_at};

use crate::{Chain, Error, Result, peer::Peer};

/// How long the others get once enough have answered.
const STRAGGLER_TIMEOUT: Duration = Duration::from_secs(2);

impl Chain {
    /// The answer of each, in the order of the endpoints. Once `enough` have given one that is not an error, the others get a
    /// moment, and then count as away.
    pub(crate) async fn side_by_side<T, Fut>(
        &self,
        peers: &[Arc<Peer>],
        enough: usize,
        request: impl Fn(Arc<Peer>) -> Fut,
    ) -> Vec<Result<T>>
    where
        Fut: Future<Output = Result<T>>,
    {
        let request = &request;
        let ask = |(index, peer): (usize, &Arc<Peer>)| {
            let peer = peer.clone();
            async move { (index, self.try_one(&peer, request).await) }
        };
        let mut asked: FuturesUnordered<_> = peers.iter().enumerate().map(ask).collect();
        let mut answers: Vec<Option<Result<T>>> = peers.iter().map(|_| None).collect();
        let (mut good, mut until) = (0, None);
        loop {
            let next = match until {
                Some(until) => timeout_at(until, asked.next()).await.unwrap_or_default(),
                None => asked.next().await,
            };
            let Some((index, answer)) = next else { break };
            good += usize::from(answer.is_ok());
            if good >= enough {
                until.get_or_insert_with(|| Instant::now() + STRAGGLER_TIMEOUT);
            }
            answers[index] = Some(answer);
        }
        // The requests that are still open end here.
        drop(asked);
        peers.iter().zip(answers).map(|(peer, answer)| answer.unwrap_or_else(|| peer.is_late())).collect()
    }
}

impl Peer {
    /// Others gave their answers long ago.
    pub(crate) fn late(&self) -> Error {
        Error::Unreachable { endpoint: self.name.to_string(), cause: "no answer while others gave theirs".to_owned() }
    }

    /// It is not waited for any longer, and is looked at again as one that was away.
    pub(crate) fn is_late<T>(&self) -> Result<T> {
        let late = Err(self.late());
        self.note(&late);
        late
    }
}

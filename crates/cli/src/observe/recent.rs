//! An answer of the chain that is good for a while: whoever scrapes metrics asks more often than the answer changes.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

#[derive(Debug)]
pub struct Recent<T> {
    longest: Duration,
    last: Mutex<Option<(Instant, T)>>,
}

impl<T: Clone> Recent<T> {
    /// For answers that are good for `longest`.
    pub fn new(longest: Duration) -> Self {
        Self { longest, last: Mutex::new(None) }
    }

    /// The last answer, or a new one once that is too old. A failure is not kept: the next time it is asked again.
    pub async fn or<E>(&self, ask: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        // Who comes meanwhile waits for the same answer.
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < self.longest
        {
            return Ok(answer.clone());
        }
        *last = None;
        let answer = ask.await?;
        *last = Some((Instant::now(), answer.clone()));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_asked_for_once_while_it_is_good_and_a_failure_is_asked_for_again() {
        for (longest, expect) in [(Duration::MAX, [1, 1, 1]), (Duration::ZERO, [1, 2, 3])] {
            let recent = Recent::new(longest);
            let mut asked = 0;
            let failed: Result<u32, &str> = recent.or(async { Err("away") }).await;
            assert_eq!(failed, Err("away"));
            let mut answers = Vec::new();
            for _ in 0..3 {
                let answer = recent.or::<()>(async {
                    asked += 1;
                    Ok(asked)
                });
                answers.push(answer.await.unwrap());
            }
            assert_eq!(answers, expect);
        }
    }
}

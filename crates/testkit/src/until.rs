//! Waiting for something, and no longer than it may take.

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// Time between two looks.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Looks again until it holds.
///
/// # Panics
/// If it does not within `patience`, a look that does not end included; `what` says what was waited for.
pub async fn until(what: &str, patience: Duration, mut holds: impl AsyncFnMut() -> bool) {
    until_some(what, patience, async || holds().await.then_some(())).await;
}

/// Looks again until there is something, which it returns.
///
/// # Panics
/// As [`until`].
pub async fn until_some<T>(what: &str, patience: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            sleep(POLL_INTERVAL).await;
        }
    };
    timeout(patience, looking).await.unwrap_or_else(|_| panic!("{what} did not come within {} s", patience.as_secs_f32()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT_TIMEOUT: Duration = Duration::from_millis(50);
    const LONG_TIMEOUT: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn what_comes_late_is_waited_for_and_returned() {
        let mut looks = 0;
        let found = until_some("the fifth look", LONG_TIMEOUT, async || {
            looks += 1;
            (looks == 5).then_some("found")
        });
        assert_eq!(found.await, "found");
        assert_eq!(looks, 5);
    }

    #[tokio::test]
    #[should_panic = "the end of days did not come within 0.05 s"]
    async fn what_never_comes_ends_the_wait_with_its_name() {
        until("the end of days", SHORT_TIMEOUT, async || false).await;
    }

    #[tokio::test]
    #[should_panic = "an answer did not come within 0.05 s"]
    async fn a_look_that_never_ends_does_so_too() {
        until("an answer", SHORT_TIMEOUT, async || std::future::pending().await).await;
    }
}

//! Named places where a test ends the process as if it had been killed there. Each lies between two steps that must survive apart.

#[cfg(feature = "failpoints")]
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "failpoints")]
use crate::Error;
use crate::Result;

/// The nonce is taken, nothing is signed.
pub const RESERVED: &str = "reserved";
/// Signed, not committed.
pub const SIGNED: &str = "signed";
/// Committed, not sent.
pub const COMMITTED: &str = "committed";
/// Sent, the answer is not recorded.
pub const SENT: &str = "sent";
/// A receipt was seen, it is not recorded.
pub const SEEN: &str = "seen";
/// The receipt is recorded, nothing followed from it.
pub const MINED: &str = "mined";

/// On the way of each transaction. Who sends has points of its own before and after.
pub const ALL: [&str; 6] = [RESERVED, SIGNED, COMMITTED, SENT, SEEN, MINED];

/// The fail points that are set. Without the feature `failpoints` there are none, and nothing is left of them in the program.
#[derive(Debug, Clone, Default)]
pub struct FailPoints {
    #[cfg(feature = "failpoints")]
    once: Arc<Mutex<Option<&'static str>>>,
}

#[cfg(feature = "failpoints")]
impl FailPoints {
    /// Ends the work the first time it comes to `point`.
    pub fn once(point: &'static str) -> Self {
        Self { once: Arc::new(Mutex::new(Some(point))) }
    }

    /// Ends the process at the point that `LINKPOOL_FAILPOINT` names.
    ///
    /// # Errors
    /// [`Error::FailPoint`] at the point that a test has set.
    pub fn hit(&self, point: &'static str) -> Result<()> {
        if std::env::var("LINKPOOL_FAILPOINT").is_ok_and(|name| name == point) {
            std::process::abort();
        }
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        if *once == Some(point) {
            *once = None;
            return Err(Error::FailPoint(point));
        }
        Ok(())
    }
}

#[cfg(not(feature = "failpoints"))]
impl FailPoints {
    /// Does nothing.
    #[inline]
    pub fn hit(&self, _: &'static str) -> Result<()> {
        Ok(())
    }
}

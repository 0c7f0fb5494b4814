//! Named places where a test ends the registrar as if it had been killed there.

#[cfg(feature = "failpoints")]
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "failpoints")]
use crate::Error;
use crate::Result;

/// The places: each lies between two steps that must survive apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailPoint {
    /// The node has shown its wallet, it is not stored.
    WalletShown,
    /// The wallet is stored, the proof is not asked for.
    WalletStored,
    /// Proof and intents are stored, no nonce is taken.
    Proven,
    /// The nonce is taken, nothing is signed.
    Reserved,
    /// Signed, not committed.
    Signed,
    /// Committed, not sent.
    Committed,
    /// Sent, the answer is not recorded.
    Sent,
    /// A receipt was seen, it is not recorded.
    Seen,
    /// The inclusion is recorded, the node is not open.
    Mined,
}

impl FailPoint {
    pub const ALL: [Self; 9] = [
        Self::WalletShown,
        Self::WalletStored,
        Self::Proven,
        Self::Reserved,
        Self::Signed,
        Self::Committed,
        Self::Sent,
        Self::Seen,
        Self::Mined,
    ];

    /// The word for `LINKPOOL_FAILPOINT`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WalletShown => "wallet_shown",
            Self::WalletStored => "wallet_stored",
            Self::Proven => "proven",
            Self::Reserved => "reserved",
            Self::Signed => "signed",
            Self::Committed => "committed",
            Self::Sent => "sent",
            Self::Seen => "seen",
            Self::Mined => "mined",
        }
    }
}

/// The fail points that are set. Without the feature `failpoints` there are none, and nothing is left of them in the program.
#[derive(Debug, Clone, Default)]
pub struct FailPoints {
    #[cfg(feature = "failpoints")]
    once: Arc<Mutex<Option<FailPoint>>>,
}

#[cfg(feature = "failpoints")]
impl FailPoints {
    /// Ends the registrar the first time it comes to `point`.
    pub fn once(point: FailPoint) -> Self {
        Self { once: Arc::new(Mutex::new(Some(point))) }
    }

    /// Ends the process where it is told to.
    ///
    /// # Errors
    /// [`Error::FailPoint`] at the point that a test has set.
    pub fn hit(&self, point: FailPoint) -> Result<()> {
        if std::env::var("LINKPOOL_FAILPOINT").is_ok_and(|name| name == point.as_str()) {
            std::process::abort();
        }
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        if *once == Some(point) {
            *once = None;
            return Err(Error::FailPoint(point.as_str()));
        }
        Ok(())
    }
}

#[cfg(not(feature = "failpoints"))]
impl FailPoints {
    /// Does nothing.
    ///
    /// # Errors
    /// None.
    #[inline]
    pub fn hit(&self, _: FailPoint) -> Result<()> {
        Ok(())
    }
}

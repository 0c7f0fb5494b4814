//! What an operator's request about a transaction would do, before it is made.

use crate::tx::{NonceAction, NonceState, RequestState, TransactionView};

impl TransactionView {
    /// What `action` would do now, in a sentence.
    ///
    /// # Errors
    /// Why nothing can be done any more or yet, in a sentence.
    pub fn plan(&self, action: NonceAction) -> Result<&'static str, String> {
        match (self.state, self.nonce_state, action) {
            (RequestState::Queued, _, NonceAction::Cancel) => Ok("cancel it before it has a nonce: nothing was sent"),
            (RequestState::Queued, ..) => Err("nothing is signed for it yet: it waits for a nonce".into()),
            (_, Some(NonceState::Reserved | NonceState::Sent), NonceAction::Bump) => {
                Ok("sign one that pays at least an eighth more, and send it")
            }
            (_, Some(NonceState::Reserved | NonceState::Sent), NonceAction::Cancel) => Ok(
                "sign a payment of nothing to itself with the same nonce that pays more, and send it; what is mined first counts",
            ),
            (_, Some(NonceState::Reserved | NonceState::Sent), NonceAction::Resend) => Ok("send its last bytes again"),
            _ => Err(self.too_late()),
        }
    }

    /// That it is settled.
    pub fn too_late(&self) -> String {
        format!("too late: the transaction is {}", self.state.as_str())
    }

    /// The nonce's state while that is open, which says more than the request's.
    pub fn state_word(&self) -> &'static str {
        match self.nonce_state {
            Some(state @ (NonceState::Reserved | NonceState::Sent)) => state.as_str(),
            _ => self.state.as_str(),
        }
    }

    /// Why it makes no progress, or what became of it.
    pub fn why(&self) -> Option<&str> {
        self.trouble.as_deref().or(self.last_error.as_deref())
    }
}

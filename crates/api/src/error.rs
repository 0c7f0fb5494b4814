//! What can keep the API from running.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The listener failed after it was bound.
    #[error("the API stopped listening: {0}")]
    Listen(#[from] std::io::Error),
    /// A demo wallet was asked of an executable that holds none.
    #[error("this executable was built without the demo wallet: build it with `--features dev`")]
    NoDemoWallet,
}

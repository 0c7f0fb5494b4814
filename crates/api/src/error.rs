//! What can keep the API from running.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A demo wallet was asked of an executable that holds none.
    #[error("this executable was built without the demo wallet: build it with `--features dev`")]
    NoDemoWallet,
}

//! What can keep the API from running.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("this executable was built without the demo wallet: build it with `--features dev`")]
    NoDemoWallet,
}

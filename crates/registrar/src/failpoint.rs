//! The fail points of a node's way. Those of its transactions lie between.

use linkpool_tx_manager::failpoint::{COMMITTED, MINED, RESERVED, SEEN, SENT, SIGNED};

/// The node has shown its wallet, it is not stored.
pub const WALLET_SHOWN: &str = "wallet_shown";
/// The wallet is stored, the proof is not asked for.
pub const WALLET_STORED: &str = "wallet_stored";
/// Proof and transaction requests are stored, no nonce is taken.
pub const PROVEN: &str = "proven";

/// In the order in which a node comes to them.
pub const ALL: [&str; 9] = [WALLET_SHOWN, WALLET_STORED, PROVEN, RESERVED, SIGNED, COMMITTED, SENT, SEEN, MINED];

//! The contracts beside the pool whose logs are read, and what they tell of.

crate::words! {
    /// What a followed contract is: it decides how its logs are read.
    pub enum ContractKind {
        /// An owner of the pool: OpenZeppelin's `TimelockController`.
        Timelock = "timelock",
        /// Where requests for one node arrive: Chainlink's `Operator`.
        Operator = "operator",
    }
}

crate::words! {
    /// An event of a followed contract; the word is its name there.
    pub enum ContractEventKind {
        AuthorizedSendersChanged = "AuthorizedSendersChanged",
        CallExecuted = "CallExecuted",
        CallSalt = "CallSalt",
        CallScheduled = "CallScheduled",
        CancelOracleRequest = "CancelOracleRequest",
        Cancelled = "Cancelled",
        MinDelayChange = "MinDelayChange",
        OracleRequest = "OracleRequest",
        OracleResponse = "OracleResponse",
        OwnershipTransferred = "OwnershipTransferred",
    }
}

crate::words! {
    /// Where an announced operation of a timelock stands.
    pub enum AnnouncementState {
        /// It may not be executed yet.
        Waiting = "waiting",
        /// Whoever may execute it can do so at any moment.
        Ready = "ready",
        Done = "done",
        Cancelled = "cancelled",
    }
}

impl AnnouncementState {
    /// Whether it may still happen.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Ready)
    }
}

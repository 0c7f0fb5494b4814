//! The events of the contract by name, and what each moves.

crate::words! {
    /// An event of the contract; the word is its name there. In the order of the names, which is that of every list of them.
    #[derive(PartialOrd, Ord)]
    pub enum EventKind {
        CapChanged = "CapChanged",
        CeilingChanged = "CeilingChanged",
        DefaultCapChanged = "DefaultCapChanged",
        FeeChanged = "FeeChanged",
        FeeRecipientChanged = "FeeRecipientChanged",
        FeesPaid = "FeesPaid",
        NetworkReported = "NetworkReported",
        NodeClosed = "NodeClosed",
        NodeRegistered = "NodeRegistered",
        NodeReopened = "NodeReopened",
        NodeRetired = "NodeRetired",
        OwnershipTransferStarted = "OwnershipTransferStarted",
        OwnershipTransferred = "OwnershipTransferred",
        Paused = "Paused",
        PenaltyExecuted = "PenaltyExecuted",
        PenaltyRequested = "PenaltyRequested",
        PenaltyVetoed = "PenaltyVetoed",
        PoolCreated = "PoolCreated",
        ProoflessChanged = "ProoflessChanged",
        Rescued = "Rescued",
        Restaked = "Restaked",
        RewardClaimed = "RewardClaimed",
        RewardDeposited = "RewardDeposited",
        RewardSwept = "RewardSwept",
        RolesChanged = "RolesChanged",
        SinkPaid = "SinkPaid",
        Staked = "Staked",
        UnbondCancelled = "UnbondCancelled",
        Unbonded = "Unbonded",
        Withdrawn = "Withdrawn",
    }
}

/// What an event counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// It moves nothing.
    Nothing,
    Juels,
    /// It says how many shares of a node; what they were worth follows from the node.
    Shares,
    /// Of a token that may be any.
    OtherToken,
}

/// What an event moves: its unit, and by which sign it changes each sum that it names with an amount. The sums are the LINK in
/// the pool, a node's assets, its shares, and of these the active ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moves {
    pub unit: Unit,
    pub accounted: i8,
    pub assets: i8,
    pub total_shares: i8,
    pub active_shares: i8,
}

impl EventKind {
    pub const fn moves(self) -> Moves {
        let none = Moves { unit: Unit::Nothing, accounted: 0, assets: 0, total_shares: 0, active_shares: 0 };
        let (juels, shares) = (Moves { unit: Unit::Juels, ..none }, Moves { unit: Unit::Shares, ..none });
        match self {
            Self::Staked => Moves { accounted: 1, assets: 1, total_shares: 1, active_shares: 1, ..juels },
            Self::Unbonded => Moves { active_shares: -1, ..shares },
            Self::UnbondCancelled => Moves { active_shares: 1, ..shares },
            Self::Withdrawn | Self::Restaked => Moves { accounted: -1, assets: -1, total_shares: -1, ..juels },
            Self::RewardDeposited => Moves { accounted: 1, ..juels },
            Self::RewardClaimed | Self::FeesPaid | Self::SinkPaid => Moves { accounted: -1, ..juels },
            Self::PenaltyExecuted => Moves { assets: -1, ..juels },
            // From a node's stream to the sink, inside the pool.
            Self::RewardSwept => juels,
            Self::Rescued => Moves { unit: Unit::OtherToken, ..none },
            Self::NodeRegistered
            | Self::NodeClosed
            | Self::NodeReopened
            | Self::NodeRetired
            | Self::CapChanged
            | Self::PenaltyRequested
            | Self::PenaltyVetoed
            | Self::PoolCreated
            | Self::Paused
            | Self::FeeChanged
            | Self::FeeRecipientChanged
            | Self::DefaultCapChanged
            | Self::NetworkReported
            | Self::CeilingChanged
            | Self::ProoflessChanged
            | Self::RolesChanged
            | Self::OwnershipTransferStarted
            | Self::OwnershipTransferred => none,
        }
    }
}

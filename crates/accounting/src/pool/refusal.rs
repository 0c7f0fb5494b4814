//! Why an action is refused: the contract's errors, with their figures.

use linkpool_primitives::Address;

/// A refused action. Each variant is the contract's error of that name, but for the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An amount or a number of shares is 0.
    #[error("the amount must be more than zero")]
    ZeroAmount,
    /// No such wallet has been registered. A retirement, which names a place in the contract's list, fails there as `WrongIndex`.
    #[error("{node} is not a node of this pool")]
    UnknownNode { node: Address },
    /// The wallet has been registered before.
    #[error("{wallet} has been registered before")]
    AlreadyRegistered { wallet: Address },
    /// The node is closed to new stake, or is not one that can be closed.
    #[error("node {node} is not open")]
    NodeNotOpen { node: Address },
    /// Only a closed node can be reopened.
    #[error("node {node} is not closed")]
    NodeNotClosed { node: Address },
    /// The node has retired.
    #[error("node {node} has retired")]
    NodeHasRetired { node: Address },
    /// Only on a retired node may others act for a staker.
    #[error("node {node} has not retired")]
    NodeNotRetired { node: Address },
    /// A penalty is pending until then.
    #[error("a penalty of node {node} is pending until {penalty_until}")]
    PenaltyPending { node: Address, penalty_until: u64 },
    /// More than the room under the cap.
    #[error("node {node} has room for {room} juels, not for {requested}")]
    CapExceeded { node: Address, requested: u128, room: u128 },
    /// A position would have too few active shares.
    #[error("a position has no active shares or at least {minimum}, not {shares}")]
    PositionTooSmall { shares: u128, minimum: u128 },
    /// More shares than the position has active.
    #[error("{requested} shares were asked for, and {available} are there")]
    NotEnoughShares { requested: u128, available: u128 },
    /// There is no such ticket, or it has left.
    #[error("{staker} has no ticket {ticket} on node {node}")]
    UnknownTicket { node: Address, staker: Address, ticket: u32 },
    /// The ticket's time has not come.
    #[error("the ticket is ready at {ready_at}")]
    NotReady { ready_at: u64 },
    /// Inflows are paused.
    #[error("inflows are paused until {paused_until}")]
    InflowsPaused { paused_until: u64 },
    /// Nothing is owed.
    #[error("there is nothing to pay")]
    NothingToPay,
    /// A setting is outside of what the contract allows.
    #[error("{value} is not between {minimum} and {maximum}")]
    OutOfBounds { value: u64, minimum: u64, maximum: u64 },
    /// The wallet has to sign.
    #[error("a registration needs the wallet's signature")]
    ProofRequired,
    /// Too many registrations; the next is possible then.
    #[error("no node can be registered before {next_at}")]
    RegistrationLimit { next_at: u64 },
    /// The pool would be more than its share of the network.
    #[error("{nodes} nodes would be too many of a network of {network}")]
    ShareExceeded { nodes: u32, network: u32 },
    /// The network's size was reported too long ago.
    #[error("the last report of the network's size, of {reported_at}, is too old")]
    ReportTooOld { reported_at: u64 },
    /// The fault lies in the future, too far back, or after the node's retirement.
    #[error("a fault at {fault_at} cannot be penalised now")]
    FaultOutOfRange { fault_at: u64 },
    /// All places for pending penalties are taken.
    #[error("no penalty can be asked for before {free_at}")]
    NoPenaltySlot { free_at: u64 },
    /// The node's penalties would be more than its capacity.
    #[error("node {node} can be penalised by {room} basis points, not by {requested}")]
    PenaltyLimit { node: Address, requested: u32, room: u32 },
    /// No penalty of the node is pending.
    #[error("no penalty of node {node} is pending")]
    NoPenaltyPending { node: Address },
    /// The time for a veto has not passed.
    #[error("the penalty can be executed from {executable_at}")]
    PenaltyNotReady { executable_at: u64 },
    /// The pool would hold more LINK than there is. The token refuses this, and no size of a field here needs to allow for it.
    #[error("there is not that much LINK")]
    NotThatMuchLink,
}

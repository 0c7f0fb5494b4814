// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title StakingPool: LINK that backs oracle nodes
/// @notice Amounts are juels (1 LINK = 10^18 juels). Times are Unix seconds. Every event carries what changed
/// and the value each changed field has afterwards, so the state of the pool is the last value of each field.
interface IStakingPool {
    enum Status {
        None,
        Active,
        Closed,
        Retired
    }

    enum Proof {
        None,
        Signature
    }

    /// @notice The reward stream of a node after an action.
    struct Stream {
        uint128 accPerShare;
        uint96 unvested;
        uint40 vestEnd;
        uint40 lastUpdate;
    }

    // --- nodes -------------------------------------------------------------------------------------------------

    event NodeRegistered(
        address indexed node,
        uint256 indexed index,
        Proof proof,
        uint32 capLink,
        uint40 registeredAt,
        uint32 liveNodes,
        uint32 bucketLevel,
        uint40 bucketAt
    );
    event NodeClosed(address indexed node, address indexed by);
    event NodeReopened(address indexed node, address indexed by);
    event NodeRetired(address indexed node, uint40 retiredAt, uint32 liveNodes);
    event CapChanged(address indexed node, uint32 oldCapLink, uint32 capLink);

    // --- stake -------------------------------------------------------------------------------------------------

    event Staked(
        address indexed node,
        address indexed staker,
        uint96 amount,
        uint96 shares,
        uint96 positionShares,
        int128 positionDebt,
        uint96 totalShares,
        uint96 assets,
        uint96 activeShares,
        Stream stream,
        uint96 accounted
    );
    event Unbonded(
        address indexed node,
        address indexed staker,
        uint32 indexed ticket,
        uint96 shares,
        uint40 readyAt,
        uint96 positionShares,
        int128 positionDebt,
        uint96 activeShares,
        Stream stream
    );
    event UnbondCancelled(
        address indexed node,
        address indexed staker,
        uint32 indexed ticket,
        uint96 shares,
        uint96 positionShares,
        int128 positionDebt,
        uint96 activeShares,
        Stream stream
    );
    event Withdrawn(
        address indexed node,
        address indexed staker,
        uint32 indexed ticket,
        uint96 shares,
        uint96 amount,
        uint96 totalShares,
        uint96 assets,
        uint96 accounted
    );
    /// @notice A matured ticket moved to another node: `Staked` on the target follows in the same transaction.
    event Restaked(
        address indexed node,
        address indexed staker,
        uint32 indexed ticket,
        address target,
        uint96 shares,
        uint96 amount,
        uint96 totalShares,
        uint96 assets,
        uint96 accounted
    );

    // --- rewards -----------------------------------------------------------------------------------------------

    event RewardDeposited(
        address indexed node,
        address indexed from,
        uint96 amount,
        uint96 fee,
        Stream stream,
        uint96 feesOwed,
        uint96 accounted
    );
    event RewardClaimed(
        address indexed node,
        address indexed staker,
        uint96 amount,
        int128 positionDebt,
        Stream stream,
        uint96 accounted
    );
    /// @notice A retired node without active stake: what had not vested goes to the sink.
    event RewardSwept(address indexed node, uint96 amount, Stream stream, uint96 sinkOwed);
    event FeesPaid(address indexed recipient, uint96 amount, uint96 feesOwed, uint96 accounted);
    event SinkPaid(address indexed sink, uint96 amount, uint96 sinkOwed, uint96 accounted);

    // --- penalties ---------------------------------------------------------------------------------------------

    event PenaltyRequested(
        address indexed node,
        address indexed by,
        uint16 bps,
        bytes32 evidence,
        uint40 faultAt,
        uint40 requestedAt,
        uint40 closedUntil,
        uint8 slot,
        uint40 slotEndsAt
    );
    event PenaltyVetoed(address indexed node, address indexed by, uint40 closedUntil, uint8 slot, uint40 slotEndsAt);
    event PenaltyExecuted(
        address indexed node,
        uint16 bps,
        uint96 amount,
        uint96 assets,
        uint96 sinkOwed,
        uint40 closedUntil,
        uint8 slot,
        uint40 slotEndsAt,
        uint32 bucketLevel,
        uint40 bucketAt
    );

    // --- pool --------------------------------------------------------------------------------------------------

    event Paused(address indexed by, uint40 oldPausedUntil, uint40 pausedUntil);
    event FeeChanged(uint16 oldFeeBps, uint16 feeBps);
    event FeeRecipientChanged(address oldFeeRecipient, address feeRecipient);
    event DefaultCapChanged(uint32 oldCapLink, uint32 capLink);
    event NetworkReported(address indexed by, uint32 oldReported, uint32 reported, uint40 reportedAt);
    event CeilingChanged(uint32 oldCeiling, uint32 ceiling);
    event ProoflessChanged(bool oldAllowed, bool allowed);
    event RolesChanged(address indexed account, uint8 oldRoles, uint8 roles);
    event Rescued(address indexed token, address indexed to, uint256 amount);
}

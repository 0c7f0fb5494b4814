// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title StakingPool: LINK that backs oracle nodes
/// @notice Amounts are juels (1 LINK = 10^18 juels). Times are Unix seconds. Every event carries what changed
/// and the value each changed field has afterwards, so the state of the pool is the last value of each field.
/// @dev Stake and rewards arrive by `LINK.transferAndCall(pool, amount, data)` (ERC-677). `data` is either
/// - a stake: one or more 32-byte words, each `node << 96 | amount`; or
/// - a reward: the four ASCII bytes `RWRD` (0x52575244) followed by one or more such words.
/// The amounts of the words must add up to the amount sent.
///
/// The LINK token, v0.4, reverts without data when this contract refuses, so `transferAndCall` never shows a reason. To
/// learn it, call `onTokenTransfer(staker, amount, data)` with `eth_call` from the address of the LINK token.
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

    /// @notice Everything stored about a node, in the order of its four storage words.
    /// @param totalShares shares of all stake at risk, active and unbonding
    /// @param assets LINK at risk, in juels; never more than `totalShares`
    /// @param retiredAt when the node retired, or 0
    /// @param activeShares shares that earn rewards and count against the cap
    /// @param accPerShare juels ever vested for one active share, times 10^18
    /// @param unvested rewards that have not vested yet, in juels
    /// @param vestEnd when the last of `unvested` will have vested; the clock stands still while nothing is active
    /// @param lastUpdate when `accPerShare` was last brought up to date
    /// @param capLink the most active stake, in whole LINK
    /// @param penaltyUntil until when a requested penalty keeps new stake out, and the end of that request's window
    /// @param penaltyBps basis points of the last penalty requested; 0 once it was executed
    /// @param penaltySlot the pool's slot that this request took; 0 once it was executed
    /// @param bucketLevel basis points of penalties executed that have not leaked away at `bucketAt`
    /// @param bucketAt the time from which the bucket leaks on
    struct Node {
        uint96 totalShares;
        uint96 assets;
        uint40 retiredAt;
        uint96 activeShares;
        uint128 accPerShare;
        uint96 unvested;
        uint40 vestEnd;
        uint40 lastUpdate;
        uint32 capLink;
        Status status;
        uint40 penaltyUntil;
        uint16 penaltyBps;
        uint8 penaltySlot;
        uint32 bucketLevel;
        uint40 bucketAt;
    }

    /// @notice A staker's active stake on a node. Pending reward = floor(shares * accPerShare / 10^18) - debt, or 0.
    /// @param tickets how many tickets this staker ever made on this node; the next one gets this index
    struct Position {
        uint96 shares;
        int128 debt;
        uint32 tickets;
    }

    /// @notice Stake on its way out: worth floor(shares * assets / totalShares) of its node, at risk until withdrawn.
    struct Ticket {
        uint96 shares;
        uint40 readyAt;
    }

    /// @notice One line of the list of nodes, in the order of registration.
    struct Entry {
        address wallet;
        uint40 registeredAt;
    }

    /// @notice The pool's own amounts and switches.
    /// @param accounted LINK the pool owes to somebody: all that came in by stake and reward, less all that went out
    struct Pool {
        uint96 accounted;
        uint96 feesOwed;
        uint40 pausedUntil;
        uint16 feeBps;
        uint96 sinkOwed;
        address feeRecipient;
    }

    /// @notice What decides whether one more node may be registered.
    /// @param liveNodes nodes registered and not retired
    /// @param bucketLevel registrations that have not leaked away at `bucketAt`
    /// @param reported size of the oracle network last reported, in nodes
    /// @param ceiling the most that a report counts for
    /// @param prooflessAllowed whether a registrar may register a wallet without its signature
    struct Registry {
        uint32 liveNodes;
        uint32 bucketLevel;
        uint40 bucketAt;
        uint32 defaultCapLink;
        uint32 reported;
        uint40 reportedAt;
        uint32 ceiling;
        bool prooflessAllowed;
    }

    /// @notice Everything about this pool that can never change. Windows and ages are in seconds.
    /// @param link the LINK token
    /// @param sink receives penalties and what retired nodes could not pay out
    /// @param unbonding from asking to leave to being able to
    /// @param vest over which a reward vests
    /// @param veto from the request of a penalty to the first moment it may be executed
    /// @param execution how long after `veto` it may be executed
    /// @param detection how old a fault may be when its penalty is requested
    /// @param maxPenaltyBps the most one penalty takes
    /// @param penaltyCapacityBps the most all penalties of one node take at once
    /// @param penaltyLeak seconds in which one basis point of that capacity comes back
    /// @param maxFeeBps the highest maker fee
    /// @param maxShareBps the largest share of the oracle network that the pool's nodes may be
    /// @param registrationBurst nodes that may be registered at once
    /// @param registrationLeak seconds after which one more may be
    /// @param reportAge the age from which a report of the network's size no longer counts
    /// @param maxPause the longest pause of inflows
    /// @param probation how long after its registration the guardian may retire a node
    /// @param minActiveShares the fewest active shares of a position that has any
    /// @param maxAccPerShare where `accPerShare` stops rising
    struct Terms {
        address link;
        address sink;
        uint40 unbonding;
        uint40 vest;
        uint40 veto;
        uint40 execution;
        uint40 detection;
        uint16 maxPenaltyBps;
        uint16 penaltyCapacityBps;
        uint40 penaltyLeak;
        uint16 maxFeeBps;
        uint16 maxShareBps;
        uint32 registrationBurst;
        uint40 registrationLeak;
        uint40 reportAge;
        uint40 maxPause;
        uint40 probation;
        uint96 minActiveShares;
        uint128 maxAccPerShare;
    }

    /// @notice Roles to give at the start: the sum of 1 (registrar), 2 (guardian), 4 (slasher), 8 (reporter).
    struct Grant {
        address account;
        uint8 roles;
    }

    /// @notice What the constructor needs.
    /// @param owner a timelock with a delay of at least the unbonding time
    /// @param registrationsPerDay nodes a day after the first `registrationBurst`; both from 1 to 1,000
    struct Setup {
        address link;
        address owner;
        address sink;
        address feeRecipient;
        uint16 feeBps;
        uint16 maxShareBps;
        uint32 defaultCapLink;
        uint32 ceiling;
        uint32 reported;
        uint32 registrationBurst;
        uint32 registrationsPerDay;
        bool prooflessAllowed;
        Grant[] grants;
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
    /// @notice LINK was paid to the staker; or, if the staker compounds, `Staked` for as much follows next.
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
        uint40 penaltyUntil,
        uint8 slot,
        uint40 slotEndsAt
    );
    event PenaltyVetoed(address indexed node, address indexed by, uint40 penaltyUntil, uint8 slot, uint40 slotEndsAt);
    event PenaltyExecuted(
        address indexed node,
        uint16 bps,
        uint96 amount,
        uint96 assets,
        uint96 sinkOwed,
        uint40 penaltyUntil,
        uint16 penaltyBps,
        uint8 penaltySlot,
        uint8 slot,
        uint40 slotEndsAt,
        uint32 bucketLevel,
        uint40 bucketAt
    );

    // --- pool --------------------------------------------------------------------------------------------------

    /// @notice The first event of a pool: what can never change. The rest of the start follows as ordinary events.
    event PoolCreated(Terms terms);
    event Paused(address indexed by, uint40 oldPausedUntil, uint40 pausedUntil);
    event FeeChanged(uint16 oldFeeBps, uint16 feeBps);
    event FeeRecipientChanged(address oldFeeRecipient, address feeRecipient);
    event DefaultCapChanged(uint32 oldCapLink, uint32 capLink);
    event NetworkReported(address indexed by, uint32 oldReported, uint32 reported, uint40 reportedAt);
    event CeilingChanged(uint32 oldCeiling, uint32 ceiling);
    event ProoflessChanged(bool oldAllowed, bool allowed);
    /// @notice Ownership is offered to `newOwner`, who can accept it before `endsAt`.
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner, uint40 endsAt);
    /// @notice Ownership moved, and nobody is the pending owner any more.
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event RolesChanged(address indexed account, uint8 oldRoles, uint8 roles);
    event Rescued(address indexed token, address indexed to, uint256 amount);

    // --- errors ------------------------------------------------------------------------------------------------

    /// @notice Only the LINK token may call this. Send LINK with `transferAndCall` instead.
    error OnlyLink();
    /// @notice The data sent with the LINK is `length` bytes long. It must be one or more 32-byte words (node, amount), with the reward tag in front for a reward.
    error MalformedData(uint256 length);
    /// @notice The amounts for the nodes add up to `stated` juels, but `sent` juels were sent.
    error AmountMismatch(uint256 stated, uint256 sent);
    /// @notice The amount must be more than zero.
    error ZeroAmount();
    /// @notice The LINK token refused the transfer. Check the balance and the approval.
    error TransferFailed();
    /// @notice The pool has no node `node`.
    error UnknownNode(address node);
    /// @notice Node `node` is closed to new stake.
    error NodeNotOpen(address node);
    /// @notice Node `node` is not closed, so it cannot be reopened.
    error NodeNotClosed(address node);
    /// @notice Node `node` takes no new stake before `penaltyUntil`, because a penalty has been requested.
    error PenaltyPending(address node, uint256 penaltyUntil);
    /// @notice Node `node` has retired: it takes no stake and no rewards any more.
    error NodeHasRetired(address node);
    /// @notice Node `node` has not retired, so only the staker can do this.
    error NodeNotRetired(address node);
    /// @notice The stake cap of node `node` leaves room for `room` juels, fewer than the `requested` juels asked for.
    error CapExceeded(address node, uint256 requested, uint256 room);
    /// @notice This would leave `shares` active shares on the node. It must be none, or at least `minimum`.
    error PositionTooSmall(uint256 shares, uint256 minimum);
    /// @notice You asked for `requested` shares, but only `available` are active.
    error NotEnoughShares(uint256 requested, uint256 available);
    /// @notice There is no ticket `ticket` of `staker` on node `node`. It may have been withdrawn already.
    error UnknownTicket(address node, address staker, uint256 ticket);
    /// @notice This stake is unbonding and can leave at `readyAt`.
    error NotReady(uint256 readyAt);
    /// @notice New stake and new nodes are paused until `pausedUntil`. Leaving and claiming still work.
    error InflowsPaused(uint256 pausedUntil);
    /// @notice The offer of ownership lapsed at `endedAt`. The owner has to offer it anew.
    error OfferLapsed(uint256 endedAt);
    /// @notice There is nothing to pay out.
    error NothingToPay();
    /// @notice `account` does not have the role that this needs.
    error MissingRole(address account, uint8 role);
    /// @notice Only the owner, a timelock, may do this, and `account` is not the owner.
    error OnlyOwner(address account);
    /// @notice Only the recipient of the maker fees may do this, and `account` is not the recipient.
    error OnlyFeeRecipient(address account);
    /// @notice The address `account` cannot be used here: it is zero, the LINK token, the pool itself, or not a contract.
    error InvalidAddress(address account);
    /// @notice The owner must be a timelock whose delay is at least `required` seconds; its delay is `delay`.
    error DelayTooShort(uint256 delay, uint256 required);
    /// @notice The value `value` is out of bounds: it must be from `minimum` to `maximum`.
    error OutOfBounds(uint256 value, uint256 minimum, uint256 maximum);
    /// @notice The wallet `wallet` has been registered before and cannot be registered again.
    error AlreadyRegistered(address wallet);
    /// @notice This pool only registers wallets that signed for it, and no signature was given.
    error ProofRequired();
    /// @notice The signature was not made by the wallet `wallet` for this pool and this deadline.
    error InvalidProof(address wallet);
    /// @notice The signature was valid until `deadline`, which has passed.
    error ProofExpired(uint256 deadline);
    /// @notice Too many nodes were registered lately. The next one may be registered at `nextAt`.
    error RegistrationLimit(uint256 nextAt);
    /// @notice With `nodes` nodes the pool would be more than its share of a network of `network` nodes.
    error ShareExceeded(uint256 nodes, uint256 network);
    /// @notice The last report of the network's size, at `reportedAt`, is too old to register a node.
    error ReportTooOld(uint256 reportedAt);
    /// @notice The list of nodes does not have node `node` at position `index`.
    error WrongIndex(address node, uint256 index);
    /// @notice The guardian could retire node `node` until `deadline`. Now only the owner can.
    error ProbationOver(address node, uint256 deadline);
    /// @notice The fault, at `faultAt`, is too old, in the future, or after the node retired.
    error FaultOutOfRange(uint256 faultAt);
    /// @notice All penalty slots of the pool are taken. The first is free at `freeAt`.
    error NoPenaltySlot(uint256 freeAt);
    /// @notice The penalties of node `node` leave room for `room` basis points, fewer than the `requested` ones.
    error PenaltyLimit(address node, uint256 requested, uint256 room);
    /// @notice No penalty of node `node` is pending. A request that nobody executes lapses by itself.
    error NoPenaltyPending(address node);
    /// @notice The penalty can be executed from `executableAt` on. Until it is, the guardian can veto it.
    error PenaltyNotReady(uint256 executableAt);

    // --- staking -----------------------------------------------------------------------------------------------

    /// @notice The callback of `LINK.transferAndCall`: stakes on, or rewards, the nodes named in `data`.
    function onTokenTransfer(address sender, uint256 amount, bytes calldata data) external;

    /// @notice Stakes `amount` juels on `node`. The pool must have been approved for as much LINK.
    function stake(address node, uint256 amount) external;

    /// @notice Takes `shares` of your active stake on `node` out of the rewards and starts their unbonding clock.
    /// @return ticket the number under which they can be withdrawn
    function unbond(address node, uint256 shares) external returns (uint32 ticket);

    /// @notice Makes the stake of `ticket` active again, if the node takes new stake and its cap allows.
    function cancelUnbond(address node, uint32 ticket) external;

    /// @notice Pays out `ticket` to `staker` once it is ready. On a retired node anybody may call this.
    /// @return amount the juels paid; 0 for a ticket that has ended
    function withdraw(address node, address staker, uint32 ticket) external returns (uint256 amount);

    /// @notice Pays out the active stake of `staker` on a node that retired at least an unbonding time ago. Anybody
    /// may call this. Rewards stay to be claimed.
    /// @return amount the juels paid; 0 if there is no active stake
    function withdrawRetired(address node, address staker) external returns (uint256 amount);

    /// @notice Stakes on `target` exactly what withdrawing your `ticket` of `node` would pay now.
    function restake(address node, uint32 ticket, address target) external;

    /// @notice Pays out to `staker` the rewards of `node` that have vested. Anybody may call this.
    /// @return amount the juels paid; 0 if nothing has vested
    function claim(address node, address staker) external returns (uint256 amount);

    /// @notice Stakes on `target`, which may be the same node, what `claim` would pay you for `node` now.
    /// @return amount the juels staked; 0 if nothing has vested
    function compound(address node, address target) external returns (uint256 amount);

    /// @notice Makes several of your own calls in one transaction: all of them, or none.
    function multicall(bytes[] calldata calls) external;

    // --- nodes -------------------------------------------------------------------------------------------------

    /// @notice Registers the node whose wallet is `wallet`. Role: registrar.
    /// @param proof a 65-byte signature by the wallet of the EIP-712 message
    /// `NodeRegistration(address wallet,uint256 deadline)` in the domain of this pool (see `eip712Domain`), or nothing
    /// where the pool allows it
    function registerNode(address wallet, uint256 deadline, bytes calldata proof) external;

    /// @notice Keeps new stake from `node`. Roles: registrar, guardian, and the node's own wallet.
    function closeNode(address node) external;

    /// @notice Lets new stake onto `node` again. Role: guardian.
    function reopenNode(address node) external;

    /// @notice Retires `node` for ever and starts everybody's unbonding clock. Role: owner; guardian during probation.
    /// @param index the place of the node in the list
    function retireNode(address node, uint256 index) external;

    /// @notice Sets the stake cap of `node` in whole LINK. Stake above it stays. Role: owner.
    function setCap(address node, uint32 capLink) external;

    // --- penalties ---------------------------------------------------------------------------------------------

    /// @notice Announces a penalty of `bps` of the stake of `node` for a fault at `faultAt`, at most `detection` ago and
    /// not after the node retired. Role: slasher.
    function requestPenalty(address node, uint16 bps, bytes32 evidence, uint40 faultAt) external;

    /// @notice Ends the pending penalty of `node` before it is executed. Role: guardian.
    function vetoPenalty(address node) external;

    /// @notice Takes the pending penalty of `node`, inside its window. Role: slasher.
    function executePenalty(address node) external;

    // --- money of the pool -------------------------------------------------------------------------------------

    /// @notice Pays the maker fees to their recipient. Only the recipient may call this.
    function payFees() external returns (uint256 amount);

    /// @notice Pays the sink what it is owed. Anybody may call this.
    function paySink() external returns (uint256 amount);

    /// @notice Sends tokens that are not LINK, or LINK that nobody is owed, to `to`. Role: owner.
    function rescue(address token, address to) external returns (uint256 amount);

    // --- settings ----------------------------------------------------------------------------------------------

    /// @notice Stops inflows until `until`, at most the longest pause from now; a time that has passed ends the pause.
    /// Role: guardian.
    function pause(uint40 until) external;

    /// @notice Sets the maker fee of rewards still to come. Role: owner; the fee recipient may lower it.
    function setFee(uint16 feeBps) external;

    /// @notice Role: owner.
    function setFeeRecipient(address feeRecipient) external;

    /// @notice Sets the stake cap that new nodes get, in whole LINK. Role: owner.
    function setDefaultCap(uint32 capLink) external;

    /// @notice Sets the largest network size that a report may count for. Role: owner.
    function setCeiling(uint32 ceiling) external;

    /// @notice Allows or forbids registration without a wallet's signature. Role: owner.
    function setProofless(bool allowed) external;

    /// @notice Reports the size of the oracle network, in nodes. Role: reporter.
    function reportNetwork(uint32 size) external;

    /// @notice Sets the roles of `account`. Role: owner.
    function setRoles(address account, uint8 roles) external;

    /// @notice Takes `roles` (registrar, slasher, reporter) from `account`. Role: guardian.
    function revokeRoles(address account, uint8 roles) external;

    /// @notice Offers ownership to `newOwner`, who has to accept it within two unbonding times. Role: owner.
    function transferOwnership(address newOwner) external;

    /// @notice Accepts ownership that was offered. The caller must be a timelock as slow as unbonding.
    function acceptOwnership() external;

    // --- views -------------------------------------------------------------------------------------------------

    /// @notice What can never change.
    function terms() external view returns (Terms memory);

    /// @notice The stored state of a node; all zero if there is none.
    function nodeOf(address node) external view returns (Node memory);

    /// @notice The stored state of a staker's position on a node.
    function positionOf(address node, address staker) external view returns (Position memory);

    /// @notice A ticket; all zero if there is none, or it was withdrawn or cancelled.
    function ticketOf(address node, address staker, uint32 ticket) external view returns (Ticket memory);

    /// @notice The node at a place of the list.
    function nodeAt(uint256 index) external view returns (Entry memory);

    /// @notice How many nodes were ever registered.
    function nodeCount() external view returns (uint256);

    /// @notice The pool's own amounts and switches.
    function totals() external view returns (Pool memory);

    /// @notice What decides whether one more node may be registered.
    function registry() external view returns (Registry memory);

    /// @notice When each of the six penalty slots is free.
    function penaltySlots() external view returns (uint40[6] memory);

    /// @notice The roles of an account, as in `Grant`.
    function rolesOf(address account) external view returns (uint8);

    function owner() external view returns (address);

    function pendingOwner() external view returns (address);

    /// @notice When the offer to `pendingOwner` lapses, or 0 when there is none.
    function offerEndsAt() external view returns (uint40);

    /// @notice The most juels `staker` can stake on `node` now; 0 if the room is too small for a valid position.
    function maxStake(address node, address staker) external view returns (uint256);

    /// @notice How many more nodes the share of the network allows now; 0 when the report is too old.
    function guardHeadroom() external view returns (uint256);

    /// @notice The EIP-712 domain that proofs are signed in (EIP-5267).
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Authority} from "./Authority.sol";
import {Multicall} from "./Multicall.sol";
import {Bounds} from "./libraries/Bounds.sol";
import {LeakyBucket} from "./libraries/LeakyBucket.sol";
import {NodeProof} from "./libraries/NodeProof.sol";
import {RewardStream} from "./libraries/RewardStream.sol";
import {Shares} from "./libraries/Shares.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title StakingPool
/// @notice Holds LINK staked on oracle nodes. It has no proxy and no upgrade, and nothing can stop anybody from
/// unbonding, withdrawing and claiming.
/// @dev Amounts fit 96 bits because LINK's supply is 10^27 juels, below 2^90, and a live node has at most two shares a
/// juel; a cast that rests on something else says on what. The only calls out that change anything go to LINK, whose
/// `transfer` calls nobody, and to a foreign token in `rescue`, which changes no state: so there is no reentrancy to
/// guard against. `_pool.accounted` is written by each entry point, once; what it calls only puts the sum into events.
contract StakingPool is Authority, Multicall {
    using RewardStream for Stream;

    uint256 private constant JUELS = 1e18;
    bytes4 private constant REWARD_TAG = "RWRD";
    address private immutable SINK;
    uint16 private immutable MAX_SHARE_BPS;
    uint32 private immutable REGISTRATION_BURST;
    uint40 private immutable REGISTRATION_LEAK;

    mapping(address node => Node) private _nodes;
    mapping(address node => mapping(address staker => Position)) private _positions;
    mapping(address node => mapping(address staker => mapping(uint32 ticket => Ticket))) private _tickets;
    Entry[] private _list;
    uint40[6] private _slots;

    constructor(Setup memory setup) Authority(setup.link) {
        SINK = setup.sink;
        MAX_SHARE_BPS = setup.maxShareBps;
        REGISTRATION_BURST = setup.registrationBurst;
        _requireUsable(setup.sink);
        _requireWithin(setup.maxShareBps, 1, Bounds.BPS);
        _requireWithin(setup.registrationBurst, 1, Bounds.MAX_REGISTRATIONS);
        _requireWithin(setup.registrationsPerDay, 1, Bounds.MAX_REGISTRATIONS);
        // Rounded up, so that a day never leaks more than it should.
        REGISTRATION_LEAK = uint40(Math.ceilDiv(1 days, setup.registrationsPerDay));

        emit PoolCreated(terms());
        _report(setup.reported);
        setFeeRecipient(setup.feeRecipient);
        setFee(setup.feeBps);
        setDefaultCap(setup.defaultCapLink);
        setCeiling(setup.ceiling);
        setProofless(setup.prooflessAllowed);
        for (uint256 i; i < setup.grants.length; ++i) {
            setRoles(setup.grants[i].account, setup.grants[i].roles);
        }
        _handOver(setup.owner);
    }

    // --- staking -----------------------------------------------------------------------------------------------

    function onTokenTransfer(address sender, uint256 amount, bytes calldata data) external {
        if (msg.sender != address(LINK)) revert OnlyLink();
        // A stake is a multiple of 32 bytes long, so one that begins with the tag's bytes is no reward.
        bool isReward = data.length % 32 == 4 && bytes4(data) == REWARD_TAG;
        bytes calldata words = isReward ? data[4:] : data;
        if (words.length == 0 || words.length % 32 != 0) revert MalformedData(data.length);
        if (!isReward) _requireNotPaused();

        uint96 accounted = _pool.accounted;
        uint256 stated;
        for (uint256 i; i < words.length; i += 32) {
            uint256 word = uint256(bytes32(words[i:]));
            uint256 part = uint96(word);
            stated += part;
            accounted += uint96(part);
            if (isReward) _deposit(address(uint160(word >> 96)), sender, part, accounted);
            else _enter(address(uint160(word >> 96)), sender, part, accounted);
        }
        if (stated != amount) revert AmountMismatch(stated, amount);
        _pool.accounted = accounted;
    }

    function stake(address node, uint256 amount) external {
        _requireNotPaused();
        // Nothing is cut off: `_enter` refuses what is above a cap, which is below 2^32 LINK.
        uint96 accounted = uint96(_pool.accounted + amount);
        _pool.accounted = accounted;
        _enter(node, msg.sender, amount, accounted);
        if (!LINK.transferFrom(msg.sender, address(this), amount)) revert TransferFailed();
    }

    function unbond(address node, uint256 shares) external returns (uint32 ticket) {
        uint256 active = _positions[node][msg.sender].shares;
        if (shares == 0) revert ZeroAmount();
        if (shares > active) revert NotEnoughShares(shares, active);
        _requireValidPosition(active - shares);
        return _unbond(node, msg.sender, uint96(shares));
    }

    function cancelUnbond(address node, uint32 ticket) external {
        _requireNotPaused();
        Node storage n = _nodes[node];
        _requireOpen(node, n);
        uint96 shares = _tickets[node][msg.sender][ticket].shares;
        if (shares == 0) revert UnknownTicket(node, msg.sender, ticket);
        delete _tickets[node][msg.sender][ticket];

        Stream memory stream = _accrued(n);
        uint256 value = Shares.valueUp(uint256(n.activeShares) + shares, n.totalShares, n.assets);
        uint256 cap = n.capLink * JUELS;
        if (value > cap) {
            uint256 room = Shares.room(cap, n.activeShares, n.totalShares, n.assets);
            revert CapExceeded(node, Shares.valueUp(shares, n.totalShares, n.assets), room);
        }
        Position memory position = _enlarged(node, msg.sender, shares, stream.accPerShare);
        uint96 active = n.activeShares + shares;
        n.activeShares = active;
        _store(n, stream);
        emit UnbondCancelled(node, msg.sender, ticket, shares, position.shares, position.debt, active, stream);
    }

    function withdraw(address node, address staker, uint32 ticket) external returns (uint256) {
        if (msg.sender != staker && _nodes[node].status != Status.Retired) revert NodeNotRetired(node);
        return _withdraw(node, staker, ticket);
    }

    function withdrawRetired(address node, address staker) external returns (uint256) {
        if (_nodes[node].status != Status.Retired) revert NodeNotRetired(node);
        uint96 shares = _positions[node][staker].shares;
        if (shares == 0) return 0;
        // The clock of this ticket began at the retirement, and is checked as any other's.
        return _withdraw(node, staker, _unbond(node, staker, shares));
    }

    function restake(address node, uint32 ticket, address target) external {
        _requireNotPaused();
        (uint96 shares, uint96 amount, uint96 total, uint96 assets) = _redeem(node, msg.sender, ticket);
        if (shares == 0) revert UnknownTicket(node, msg.sender, ticket);
        uint96 accounted = _pool.accounted;
        emit Restaked(node, msg.sender, ticket, target, shares, amount, total, assets, accounted - amount);
        _enter(target, msg.sender, amount, accounted);
    }

    function claim(address node, address staker) external returns (uint256) {
        (uint96 amount, uint96 accounted) = _takeReward(node, staker);
        if (amount == 0) return 0;
        _pool.accounted = accounted;
        _pay(staker, amount);
        return amount;
    }

    function compound(address node, address target) external returns (uint256) {
        _requireNotPaused();
        (uint96 amount, uint96 accounted) = _takeReward(node, msg.sender);
        if (amount != 0) _enter(target, msg.sender, amount, accounted + amount);
        return amount;
    }

    // --- nodes -------------------------------------------------------------------------------------------------

    function registerNode(address wallet, uint256 deadline, bytes calldata proof) external onlyRole(REGISTRAR) {
        _requireNotPaused();
        _requireUsable(wallet);
        Node storage n = _nodes[wallet];
        if (n.status != Status.None) revert AlreadyRegistered(wallet);
        Registry memory r = _registry;
        _requireShare(r);
        (r.bucketLevel, r.bucketAt) = LeakyBucket.leaked(r.bucketLevel, r.bucketAt, REGISTRATION_LEAK);
        if (r.bucketLevel >= REGISTRATION_BURST) {
            // The bucket leaks one unit at a time, so room for one more comes with the next leak.
            revert RegistrationLimit(uint256(r.bucketAt) + REGISTRATION_LEAK);
        }
        Proof kind = proof.length == 0 ? Proof.None : Proof.Signature;
        if (kind == Proof.Signature) {
            if (block.timestamp > deadline) revert ProofExpired(deadline);
            if (NodeProof.signer(wallet, deadline, proof) != wallet) revert InvalidProof(wallet);
        } else if (!r.prooflessAllowed) {
            revert ProofRequired();
        }

        r.bucketLevel += 1;
        r.liveNodes += 1;
        _registry = r;
        n.capLink = r.defaultCapLink;
        n.status = Status.Active;
        uint40 time = uint40(block.timestamp);
        _list.push(Entry(wallet, time));
        emit NodeRegistered(
            wallet, _list.length - 1, kind, r.defaultCapLink, time, r.liveNodes, r.bucketLevel, r.bucketAt
        );
    }

    function closeNode(address node) external {
        if (msg.sender != node) _requireRole(REGISTRAR | GUARDIAN);
        if (_nodes[node].status != Status.Active) revert NodeNotOpen(node);
        _nodes[node].status = Status.Closed;
        emit NodeClosed(node, msg.sender);
    }

    function reopenNode(address node) external onlyRole(GUARDIAN) {
        if (_nodes[node].status != Status.Closed) revert NodeNotClosed(node);
        _nodes[node].status = Status.Active;
        emit NodeReopened(node, msg.sender);
    }

    function retireNode(address node, uint256 index) external {
        if (index >= _list.length || _list[index].wallet != node) revert WrongIndex(node, index);
        if (msg.sender != owner) {
            _requireRole(GUARDIAN);
            uint40 deadline = _list[index].registeredAt + Bounds.PROBATION;
            if (block.timestamp > deadline) revert ProbationOver(node, deadline);
        }
        if (_nodes[node].status == Status.Retired) revert NodeHasRetired(node);
        _retire(node, _nodes[node]);
    }

    function setCap(address node, uint32 capLink) external onlyOwner {
        Node storage n = _nodes[node];
        if (n.status == Status.None) revert UnknownNode(node);
        emit CapChanged(node, n.capLink, capLink);
        n.capLink = capLink;
    }

    // --- penalties ---------------------------------------------------------------------------------------------

    function requestPenalty(address node, uint16 bps, bytes32 evidence, uint40 faultAt) external onlyRole(SLASHER) {
        Node storage n = _nodes[node];
        if (n.status == Status.None) revert UnknownNode(node);
        if (block.timestamp < n.penaltyUntil) revert PenaltyPending(node, n.penaltyUntil);
        _requireWithin(bps, 1, Bounds.MAX_PENALTY_BPS);
        uint256 latest = n.status == Status.Retired ? n.retiredAt : block.timestamp;
        if (faultAt > latest || faultAt + Bounds.DETECTION < block.timestamp) revert FaultOutOfRange(faultAt);
        (uint32 level,) = LeakyBucket.leaked(n.bucketLevel, n.bucketAt, Bounds.PENALTY_LEAK);
        if (level + bps > Bounds.PENALTY_CAPACITY_BPS) {
            revert PenaltyLimit(node, bps, Bounds.PENALTY_CAPACITY_BPS - level);
        }

        uint8 slot = _freeSlot();
        uint40 time = uint40(block.timestamp);
        uint40 end = time + Bounds.VETO + Bounds.EXECUTION;
        _slots[slot] = end;
        (n.penaltyUntil, n.penaltyBps, n.penaltySlot) = (end, bps, slot);
        emit PenaltyRequested(node, msg.sender, bps, evidence, faultAt, time, end, slot, end);
    }

    function vetoPenalty(address node) external onlyRole(GUARDIAN) {
        Node storage n = _nodes[node];
        _requirePending(node, n);
        uint8 slot = n.penaltySlot;
        (n.penaltyUntil, _slots[slot]) = (0, uint40(block.timestamp));
        emit PenaltyVetoed(node, msg.sender, 0, slot, uint40(block.timestamp));
    }

    function executePenalty(address node) external onlyRole(SLASHER) {
        Node storage n = _nodes[node];
        _requirePending(node, n);
        uint40 executableAt = n.penaltyUntil - Bounds.EXECUTION;
        if (block.timestamp < executableAt) revert PenaltyNotReady(executableAt);

        (uint16 bps, uint8 slot) = (n.penaltyBps, n.penaltySlot);
        // The request checked the capacity, and no other penalty of this node can have been executed since.
        (uint32 level, uint40 since) = LeakyBucket.leaked(n.bucketLevel, n.bucketAt, Bounds.PENALTY_LEAK);
        (n.bucketLevel, n.bucketAt) = (level + bps, since);
        // A veto leaves both: with no charge beside them their word would become zero, and dear to write again.
        (n.penaltyBps, n.penaltySlot) = (0, 0);
        (n.penaltyUntil, _slots[slot]) = (0, uint40(block.timestamp));

        uint96 amount = uint96(uint256(n.assets) * bps / Bounds.BPS);
        uint96 assets = n.assets - amount;
        uint96 owed = _pool.sinkOwed + amount;
        n.assets = assets;
        _pool.sinkOwed = owed;
        uint40 time = uint40(block.timestamp);
        emit PenaltyExecuted(node, bps, amount, assets, owed, 0, 0, 0, slot, time, level + bps, since);
        // Below half price a node retires itself: shares stay bounded, and the price stays above zero.
        if (n.status != Status.Retired && uint256(assets) * 2 < n.totalShares) _retire(node, n);
    }

    // --- money of the pool -------------------------------------------------------------------------------------

    function payFees() external returns (uint256) {
        Pool memory p = _pool;
        if (msg.sender != p.feeRecipient) revert OnlyFeeRecipient(msg.sender);
        if (p.feesOwed == 0) revert NothingToPay();
        uint96 accounted = p.accounted - p.feesOwed;
        (_pool.accounted, _pool.feesOwed) = (accounted, 0);
        emit FeesPaid(p.feeRecipient, p.feesOwed, 0, accounted);
        _pay(p.feeRecipient, p.feesOwed);
        return p.feesOwed;
    }

    function paySink() external returns (uint256) {
        Pool memory p = _pool;
        if (p.sinkOwed == 0) revert NothingToPay();
        uint96 accounted = p.accounted - p.sinkOwed;
        (_pool.accounted, _pool.sinkOwed) = (accounted, 0);
        emit SinkPaid(SINK, p.sinkOwed, 0, accounted);
        _pay(SINK, p.sinkOwed);
        return p.sinkOwed;
    }

    function rescue(address token, address to) external onlyOwner returns (uint256 amount) {
        _requireUsable(to);
        amount = IERC20(token).balanceOf(address(this));
        if (token == address(LINK)) amount -= _pool.accounted;
        if (amount == 0) revert NothingToPay();
        emit Rescued(token, to, amount);
        if (!SafeERC20.trySafeTransfer(IERC20(token), to, amount)) revert TransferFailed();
    }

    // --- views -------------------------------------------------------------------------------------------------

    function terms() public view returns (Terms memory) {
        return Terms({
            link: address(LINK),
            sink: SINK,
            unbonding: Bounds.UNBONDING,
            vest: Bounds.VEST,
            veto: Bounds.VETO,
            execution: Bounds.EXECUTION,
            detection: Bounds.DETECTION,
            maxPenaltyBps: Bounds.MAX_PENALTY_BPS,
            penaltyCapacityBps: Bounds.PENALTY_CAPACITY_BPS,
            penaltyLeak: Bounds.PENALTY_LEAK,
            maxFeeBps: Bounds.MAX_FEE_BPS,
            maxShareBps: MAX_SHARE_BPS,
            registrationBurst: REGISTRATION_BURST,
            registrationLeak: REGISTRATION_LEAK,
            reportAge: Bounds.REPORT_AGE,
            maxPause: Bounds.MAX_PAUSE,
            probation: Bounds.PROBATION,
            minActiveShares: Bounds.MIN_ACTIVE_SHARES,
            maxAccPerShare: Bounds.MAX_ACC_PER_SHARE
        });
    }

    function nodeOf(address node) external view returns (Node memory) {
        return _nodes[node];
    }

    function positionOf(address node, address staker) external view returns (Position memory) {
        return _positions[node][staker];
    }

    function ticketOf(address node, address staker, uint32 ticket) external view returns (Ticket memory) {
        return _tickets[node][staker][ticket];
    }

    function nodeAt(uint256 index) external view returns (Entry memory) {
        return _list[index];
    }

    function nodeCount() external view returns (uint256) {
        return _list.length;
    }

    function totals() external view returns (Pool memory) {
        return _pool;
    }

    function registry() external view returns (Registry memory) {
        return _registry;
    }

    function penaltySlots() external view returns (uint40[6] memory) {
        return _slots;
    }

    function maxStake(address node, address staker) external view returns (uint256) {
        Node storage n = _nodes[node];
        if (n.status != Status.Active || block.timestamp < Math.max(n.penaltyUntil, _pool.pausedUntil)) return 0;
        uint256 room = Shares.room(n.capLink * JUELS, n.activeShares, n.totalShares, n.assets);
        uint256 shares = _positions[node][staker].shares + Shares.mintedDown(room, n.totalShares, n.assets);
        return shares < Bounds.MIN_ACTIVE_SHARES ? 0 : room;
    }

    function guardHeadroom() external view returns (uint256) {
        Registry memory r = _registry;
        if (block.timestamp > r.reportedAt + Bounds.REPORT_AGE) return 0;
        return Math.saturatingSub(Math.min(r.reported, r.ceiling) * uint256(MAX_SHARE_BPS) / Bounds.BPS, r.liveNodes);
    }

    function eip712Domain()
        external
        view
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (0x0f, NodeProof.NAME, NodeProof.VERSION, block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    // --- stake, inside -----------------------------------------------------------------------------------------

    /// Stakes LINK that the pool holds already; `accounted` is the pool's total with it.
    function _enter(address node, address staker, uint256 amount, uint96 accounted) private {
        if (amount == 0) revert ZeroAmount();
        Node storage n = _nodes[node];
        _requireOpen(node, n);
        Stream memory stream = _accrued(n);
        (uint256 active, uint256 total, uint256 assets) = (n.activeShares, n.totalShares, n.assets);
        uint256 room = Shares.room(n.capLink * JUELS, active, total, assets);
        if (amount > room) revert CapExceeded(node, amount, room);

        uint256 shares = Shares.mintedDown(amount, total, assets);
        Position memory position = _enlarged(node, staker, shares, stream.accPerShare);
        (active, total, assets) = (active + shares, total + shares, assets + amount);
        (n.totalShares, n.assets, n.activeShares) = (uint96(total), uint96(assets), uint96(active));
        _store(n, stream);
        emit Staked(
            node,
            staker,
            uint96(amount),
            uint96(shares),
            position.shares,
            position.debt,
            uint96(total),
            uint96(assets),
            uint96(active),
            stream,
            accounted
        );
    }

    /// Adds active shares to a position, which start earning at `accPerShare`.
    function _enlarged(address node, address staker, uint256 shares, uint256 accPerShare)
        private
        returns (Position memory position)
    {
        position = _positions[node][staker];
        position.shares = uint96(position.shares + shares);
        position.debt += int128(uint128(RewardStream.earnedUp(shares, accPerShare)));
        _requireValidPosition(position.shares);
        _positions[node][staker] = position;
    }

    /// Moves `shares`, which the position has, into a ticket.
    function _unbond(address node, address staker, uint96 shares) private returns (uint32 ticket) {
        Node storage n = _nodes[node];
        Stream memory stream = _accrued(n);
        Position memory position = _positions[node][staker];
        ticket = position.tickets;
        position.shares -= shares;
        position.debt -= int128(uint128(RewardStream.earnedDown(shares, stream.accPerShare)));
        position.tickets = ticket + 1;
        _positions[node][staker] = position;

        bool retired = n.status == Status.Retired;
        uint40 readyAt = (retired ? n.retiredAt : uint40(block.timestamp)) + Bounds.UNBONDING;
        _tickets[node][staker][ticket] = Ticket(shares, readyAt);
        uint96 active = n.activeShares - shares;
        n.activeShares = active;
        _store(n, stream);
        emit Unbonded(node, staker, ticket, shares, readyAt, position.shares, position.debt, active, stream);
        if (retired && active == 0) _sweep(node, n, stream);
    }

    function _withdraw(address node, address staker, uint32 ticket) private returns (uint256) {
        (uint96 shares, uint96 amount, uint96 total, uint96 assets) = _redeem(node, staker, ticket);
        if (shares == 0) return 0;
        uint96 accounted = _pool.accounted - amount;
        _pool.accounted = accounted;
        emit Withdrawn(node, staker, ticket, shares, amount, total, assets, accounted);
        _pay(staker, amount);
        return amount;
    }

    /// Ends a ticket that is ready and takes what it is worth out of its node. If it has ended, because somebody else was
    /// faster, that is nothing, and breaks no batch.
    function _redeem(address node, address staker, uint32 ticket)
        private
        returns (uint96 shares, uint96 amount, uint96 total, uint96 assets)
    {
        Ticket memory t = _tickets[node][staker][ticket];
        shares = t.shares;
        if (shares == 0 && ticket >= _positions[node][staker].tickets) revert UnknownTicket(node, staker, ticket);
        if (shares == 0) return (0, 0, 0, 0);
        if (block.timestamp < t.readyAt) revert NotReady(t.readyAt);
        delete _tickets[node][staker][ticket];
        Node storage n = _nodes[node];
        (total, assets) = (n.totalShares, n.assets);
        amount = uint96(Shares.paidDown(shares, total, assets));
        (total, assets) = (total - shares, assets - amount);
        (n.totalShares, n.assets) = (total, assets);
    }

    function _pay(address to, uint256 amount) private {
        if (!LINK.transfer(to, amount)) revert TransferFailed();
    }

    // --- rewards, inside ---------------------------------------------------------------------------------------

    function _deposit(address node, address from, uint256 amount, uint96 accounted) private {
        if (amount == 0) revert ZeroAmount();
        Node storage n = _nodes[node];
        if (n.status == Status.None) revert UnknownNode(node);
        if (n.status == Status.Retired) revert NodeHasRetired(node);
        uint256 fee = amount * _pool.feeBps / Bounds.BPS;
        // A false amount may be cut off, here or in the stream: `onTokenTransfer` refuses it after the last word.
        uint96 owed = uint96(_pool.feesOwed + fee);
        if (fee != 0) _pool.feesOwed = owed;
        Stream memory stream = _accrued(n);
        stream.add(amount - fee);
        _store(n, stream);
        emit RewardDeposited(node, from, uint96(amount), uint96(fee), stream, owed, accounted);
    }

    /// Takes what has vested for a position. If that is nothing, nothing changes, and no batch breaks.
    function _takeReward(address node, address staker) private returns (uint96 amount, uint96 accounted) {
        Node storage n = _nodes[node];
        Stream memory stream = _accrued(n);
        Position storage position = _positions[node][staker];
        int128 debt = position.debt;
        // Fits, as all of it has left `unvested`, which fits.
        amount = uint96(RewardStream.pending(position.shares, debt, stream.accPerShare));
        if (amount == 0 && n.status == Status.None) revert UnknownNode(node);
        if (amount == 0) return (0, 0);
        debt += int128(uint128(amount));
        position.debt = debt;
        _store(n, stream);
        accounted = _pool.accounted - amount;
        emit RewardClaimed(node, staker, amount, debt, stream, accounted);
    }

    /// The reward stream of a node as of now.
    function _accrued(Node storage n) private view returns (Stream memory stream) {
        (stream.accPerShare, stream.unvested) = (n.accPerShare, n.unvested);
        (stream.vestEnd, stream.lastUpdate) = (n.vestEnd, n.lastUpdate);
        stream.accrue(n.activeShares);
    }

    function _store(Node storage n, Stream memory stream) private {
        n.accPerShare = stream.accPerShare;
        (n.unvested, n.vestEnd, n.lastUpdate) = (stream.unvested, stream.vestEnd, stream.lastUpdate);
    }

    /// Nobody will ever earn what a retired node without active stake has left, so it goes to the sink.
    function _sweep(address node, Node storage n, Stream memory stream) private {
        uint96 amount = stream.unvested;
        if (amount == 0) return;
        uint96 owed = _pool.sinkOwed + amount;
        _pool.sinkOwed = owed;
        stream.unvested = 0;
        n.unvested = 0;
        emit RewardSwept(node, amount, stream, owed);
    }

    // --- nodes and penalties, inside ---------------------------------------------------------------------------

    function _retire(address node, Node storage n) private {
        n.status = Status.Retired;
        n.retiredAt = uint40(block.timestamp);
        uint32 live = _registry.liveNodes - 1;
        _registry.liveNodes = live;
        emit NodeRetired(node, uint40(block.timestamp), live);
        if (n.activeShares == 0) _sweep(node, n, Stream(n.accPerShare, n.unvested, n.vestEnd, n.lastUpdate));
    }

    function _freeSlot() private view returns (uint8) {
        uint256 freeAt = type(uint40).max;
        for (uint8 slot; slot < _slots.length; ++slot) {
            uint256 end = _slots[slot];
            if (end <= block.timestamp) return slot;
            freeAt = Math.min(freeAt, end);
        }
        revert NoPenaltySlot(freeAt);
    }

    // --- checks ------------------------------------------------------------------------------------------------

    function _requireOpen(address node, Node storage n) private view {
        Status status = n.status;
        if (status == Status.None) revert UnknownNode(node);
        if (status == Status.Closed) revert NodeNotOpen(node);
        if (status == Status.Retired) revert NodeHasRetired(node);
        if (block.timestamp < n.penaltyUntil) revert PenaltyPending(node, n.penaltyUntil);
    }

    function _requirePending(address node, Node storage n) private view {
        if (block.timestamp >= n.penaltyUntil) revert NoPenaltyPending(node);
    }

    /// One share against a large reward would drive the accumulator to its end, so a position has enough or none.
    function _requireValidPosition(uint256 shares) private pure {
        if (shares != 0 && shares < Bounds.MIN_ACTIVE_SHARES) {
            revert PositionTooSmall(shares, Bounds.MIN_ACTIVE_SHARES);
        }
    }

    function _requireShare(Registry memory r) private view {
        if (block.timestamp > r.reportedAt + Bounds.REPORT_AGE) revert ReportTooOld(r.reportedAt);
        uint256 network = Math.min(r.reported, r.ceiling);
        uint256 nodes = uint256(r.liveNodes) + 1;
        if (nodes * Bounds.BPS > MAX_SHARE_BPS * network) revert ShareExceeded(nodes, network);
    }
}

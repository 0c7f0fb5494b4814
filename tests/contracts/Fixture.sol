// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IStakingPool} from "../../contracts/interfaces/IStakingPool.sol";
import {Bounds} from "../../contracts/libraries/Bounds.sol";
import {Test} from "forge-std/Test.sol";

/// The real LINK token, v0.4, as far as the tests use it.
interface ILinkToken {
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
    function transferAndCall(address to, uint256 value, bytes calldata data) external returns (bool);
    function approve(address spender, uint256 value) external returns (bool);
    function balanceOf(address account) external view returns (uint256);
}

/// A pool with one key per role, two nodes, and three holders of LINK.
abstract contract Fixture is Test {
    uint256 internal constant LINK = 1e18;
    uint8 internal constant REGISTRAR = 1;
    uint8 internal constant GUARDIAN = 2;
    uint8 internal constant SLASHER = 4;
    uint8 internal constant REPORTER = 8;

    ILinkToken internal link;
    address internal timelock;
    IStakingPool internal pool;

    address internal registrar = makeAddr("registrar");
    address internal guardian = makeAddr("guardian");
    address internal slasher = makeAddr("slasher");
    address internal reporter = makeAddr("reporter");
    address internal feeRecipient = makeAddr("fee recipient");
    address internal sink = makeAddr("sink");
    address internal multisig = makeAddr("multisig");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal carol = makeAddr("carol");

    uint256 internal nodeKey = uint256(keccak256("node"));
    uint256 internal otherKey = uint256(keccak256("other node"));
    address internal node = vm.addr(nodeKey);
    address internal other = vm.addr(otherKey);

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        link = ILinkToken(vm.deployCode("abi/LinkToken.json"));
        timelock = newTimelock(Bounds.UNBONDING);
        pool = deploy(defaultSetup());
        address[3] memory holders = [alice, bob, carol];
        for (uint256 i; i < holders.length; ++i) {
            link.transfer(holders[i], 10_000_000 * LINK);
        }
        register(nodeKey);
        register(otherKey);
    }

    /// The contract as shipped, or the broken variant that `POOL_ARTIFACT` names.
    function deploy(IStakingPool.Setup memory setup) internal returns (IStakingPool) {
        string memory artifact = vm.envOr("POOL_ARTIFACT", string("StakingPool.sol:StakingPool"));
        return IStakingPool(vm.deployCode(artifact, abi.encode(setup)));
    }

    function newTimelock(uint256 delay) internal returns (address) {
        address[] memory keys = new address[](1);
        keys[0] = multisig;
        return vm.deployCode("abi/TimelockController.json", abi.encode(delay, keys, keys, address(0)));
    }

    function defaultSetup() internal view returns (IStakingPool.Setup memory) {
        IStakingPool.Grant[] memory grants = new IStakingPool.Grant[](4);
        grants[0] = IStakingPool.Grant(registrar, REGISTRAR);
        grants[1] = IStakingPool.Grant(guardian, GUARDIAN);
        grants[2] = IStakingPool.Grant(slasher, SLASHER);
        grants[3] = IStakingPool.Grant(reporter, REPORTER);
        return IStakingPool.Setup({
            link: address(link),
            owner: timelock,
            sink: sink,
            feeRecipient: feeRecipient,
            feeBps: 500,
            maxShareBps: 1_000,
            defaultCapLink: 100_000,
            ceiling: 2_000,
            reported: 1_000,
            registrationBurst: 10,
            registrationsPerDay: 10,
            prooflessAllowed: false,
            grants: grants
        });
    }

    function register(uint256 key) internal {
        bytes memory proof = signed(key, vm.addr(key), block.timestamp);
        vm.prank(registrar);
        pool.registerNode(vm.addr(key), block.timestamp, proof);
    }

    function signed(uint256 key, address wallet, uint256 deadline) internal view returns (bytes memory) {
        (, string memory name, string memory version, uint256 chainId, address verifier,,) = pool.eip712Domain();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chainId,
                verifier
            )
        );
        bytes32 message =
            keccak256(abi.encode(keccak256("NodeRegistration(address wallet,uint256 deadline)"), wallet, deadline));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked("\x19\x01", domain, message)));
        return abi.encodePacked(r, s, v);
    }

    function word(address wallet, uint256 amount) internal pure returns (bytes memory) {
        return abi.encode(uint256(uint160(wallet)) << 96 | amount);
    }

    function rewardData(address wallet, uint256 amount) internal pure returns (bytes memory) {
        return bytes.concat("RWRD", word(wallet, amount));
    }

    function stake(address staker, address wallet, uint256 amount) internal {
        vm.prank(staker);
        link.transferAndCall(address(pool), amount, word(wallet, amount));
    }

    /// LINK v0.4 does not pass on why its receiver reverted, so the reason shows only when the callback is called as
    /// LINK calls it. Both are checked.
    function assertRefused(address sender, uint256 amount, bytes memory data, bytes memory reason) internal {
        vm.prank(address(link));
        vm.expectRevert(reason);
        pool.onTokenTransfer(sender, amount, data);
        vm.prank(sender);
        vm.expectRevert(bytes(""));
        link.transferAndCall(address(pool), amount, data);
    }

    function assertStakeRefused(address staker, address wallet, uint256 amount, bytes memory reason) internal {
        assertRefused(staker, amount, word(wallet, amount), reason);
    }

    function reward(address wallet, uint256 amount) internal {
        link.transferAndCall(address(pool), amount, rewardData(wallet, amount));
    }

    function unbond(address staker, address wallet, uint256 shares) internal returns (uint32) {
        vm.prank(staker);
        return pool.unbond(wallet, shares);
    }

    function withdraw(address staker, address wallet, uint32 ticket) internal returns (uint256) {
        vm.prank(staker);
        return pool.withdraw(wallet, staker, ticket);
    }

    function claim(address staker, address wallet) internal returns (uint256) {
        vm.prank(staker);
        return pool.claim(wallet, staker);
    }

    function requestPenalty(address wallet, uint16 bps) internal {
        vm.prank(slasher);
        pool.requestPenalty(wallet, bps, "evidence", uint40(block.timestamp));
    }

    function penalise(address wallet, uint16 bps) internal {
        requestPenalty(wallet, bps);
        skip(Bounds.VETO);
        vm.prank(slasher);
        pool.executePenalty(wallet);
    }

    /// Retires by the owner, who finds the node's place in the list first.
    function retire(address wallet) internal {
        uint256 index;
        while (pool.nodeAt(index).wallet != wallet) ++index;
        vm.prank(timelock);
        pool.retireNode(wallet, index);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";

contract DeploymentTest is Fixture {
    function check(IStakingPool.Setup memory setup, bytes memory reason) private {
        bytes memory code = bytes.concat(
            vm.getCode(vm.envOr("POOL_ARTIFACT", string("StakingPool.sol:StakingPool"))), abi.encode(setup)
        );
        (bool created, bytes memory result) = address(this).call(abi.encodeCall(this.create, (code)));
        assertFalse(created, "deployed");
        assertEq(result, reason);
    }

    function create(bytes memory code) external returns (address deployed) {
        assembly {
            deployed := create(0, add(code, 32), mload(code))
            if iszero(deployed) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    function outOfBounds(uint256 value, uint256 least, uint256 most) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IStakingPool.OutOfBounds.selector, value, least, most);
    }

    function invalid(address account) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IStakingPool.InvalidAddress.selector, account);
    }

    function test_the_owner_must_be_a_timelock_as_slow_as_unbonding() public {
        IStakingPool.Setup memory setup = defaultSetup();
        setup.owner = newTimelock(28 days - 1);
        check(setup, abi.encodeWithSelector(IStakingPool.DelayTooShort.selector, 28 days - 1, 28 days));
        setup.owner = alice;
        check(setup, "");
        setup.owner = address(0);
        check(setup, invalid(address(0)));
        setup.owner = address(link);
        check(setup, invalid(address(link)));
    }

    function test_addresses_must_be_usable() public {
        IStakingPool.Setup memory setup = defaultSetup();
        setup.link = alice;
        check(setup, invalid(alice));
        setup = defaultSetup();
        setup.sink = address(0);
        check(setup, invalid(address(0)));
        setup.sink = address(link);
        check(setup, invalid(address(link)));
        setup = defaultSetup();
        setup.feeRecipient = address(link);
        check(setup, invalid(address(link)));
        setup = defaultSetup();
        setup.grants[0].account = address(0);
        check(setup, invalid(address(0)));
    }

    function test_numbers_must_be_in_bounds() public {
        IStakingPool.Setup memory setup = defaultSetup();
        setup.feeBps = 2_001;
        check(setup, outOfBounds(2_001, 0, 2_000));
        setup = defaultSetup();
        setup.maxShareBps = 0;
        check(setup, outOfBounds(0, 1, 10_000));
        setup.maxShareBps = 10_001;
        check(setup, outOfBounds(10_001, 1, 10_000));
        setup = defaultSetup();
        setup.registrationBurst = 0;
        check(setup, outOfBounds(0, 1, 1_000));
        setup.registrationBurst = 1_001;
        check(setup, outOfBounds(1_001, 1, 1_000));
        setup = defaultSetup();
        setup.registrationsPerDay = 0;
        check(setup, outOfBounds(0, 1, 1_000));
        setup.registrationsPerDay = 1_001;
        check(setup, outOfBounds(1_001, 1, 1_000));
        setup = defaultSetup();
        setup.grants[0].roles = 16;
        check(setup, outOfBounds(16, 0, 15));
    }

    function test_the_deployer_keeps_no_role() public view {
        assertEq(pool.owner(), timelock);
        assertEq(pool.pendingOwner(), address(0));
        assertEq(pool.rolesOf(address(this)), 0);
    }

    function test_the_terms_keep_their_relations() public view {
        IStakingPool.Terms memory t = pool.terms();
        assertLe(t.vest, t.unbonding);
        assertLe(t.veto + t.execution, t.unbonding - t.detection);
        assertLe(t.veto + t.execution, t.unbonding / 2);
        assertLt(t.maxPenaltyBps, 10_000);
        assertLt(uint256(t.maxAccPerShare) * type(uint96).max / LINK, uint256(uint128(type(int128).max)));
        assertEq(t.registrationLeak, 8_640);
        assertEq(t.link, address(link));
        assertEq(t.sink, sink);
    }

    function test_a_day_never_leaks_more_registrations_than_it_should() public {
        IStakingPool.Setup memory setup = defaultSetup();
        setup.registrationsPerDay = 7;
        assertEq(deploy(setup).terms().registrationLeak, 12_343);
    }

    /// With some bytes to spare, so that a correction fits too.
    function test_the_code_fits_a_contract() public view {
        assertLe(address(pool).code.length, 24_576 - 200);
    }
}

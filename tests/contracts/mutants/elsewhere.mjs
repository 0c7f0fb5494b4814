// One broken variant of the contract for each test of Elsewhere.t.sol: what somebody else, or an earlier draft, got
// wrong. `edits` are exact replacements; the run fails if one does not apply, or if the test passes.
const pool = 'contracts/StakingPool.sol'
const stream = 'contracts/libraries/RewardStream.sol'
const shares = 'contracts/libraries/Shares.sol'
const authority = 'contracts/Authority.sol'

const variant = (test, ...edits) => ({ test, edits: edits.map(([file, find, replace]) => ({ file, find, replace })) })

export const elsewhere = [
  variant('test_shares_cannot_be_inflated_by_donation', [pool, 'stream.add(amount - fee);', 'n.assets += uint96(amount - fee);']),
  variant('test_nobody_leaves_ahead_of_a_penalty_while_still_earning', [pool, 'position.shares -= shares;', '']),
  variant('test_matured_stake_that_stays_is_at_risk_and_earns_nothing', [
    pool,
    'uint96(uint256(n.assets) * bps / Bounds.BPS)',
    'uint96(uint256(n.assets) * n.activeShares / n.totalShares * bps / Bounds.BPS)',
  ]),
  variant('test_a_removed_operator_is_penalised_and_its_stakers_leave', [
    pool,
    'if (block.timestamp < n.penaltyUntil) revert PenaltyPending(node, n.penaltyUntil);\n        _requireWithin(bps',
    'if (n.status == Status.Retired) revert NodeHasRetired(node);\n        _requireWithin(bps',
  ]),
  variant('test_penalties_go_on_when_rewards_run_dry', [
    pool,
    'uint96(uint256(n.assets) * bps / Bounds.BPS)',
    'uint96(Math.min(n.unvested, uint256(n.assets) * bps / Bounds.BPS))',
  ]),
  variant('test_a_pause_lets_nobody_skip_unbonding', [
    pool,
    'if (block.timestamp < t.readyAt) revert',
    'if (block.timestamp < t.readyAt && block.timestamp >= _pool.pausedUntil) revert',
  ]),
  variant('test_rewards_are_never_paid_out_of_principal', [pool, 'if (msg.sender != address(LINK)) revert OnlyLink();', '']),
  variant('test_dust_rewards_dilute_nothing', [stream, '(left * remaining + amount * Bounds.VEST) / (left + amount)', 'Bounds.VEST + 0 * remaining']),
  variant('test_one_block_of_stake_takes_nothing_of_a_large_reward', [
    stream,
    'elapsed >= remaining ? stream.unvested : stream.unvested * elapsed / remaining',
    'stream.unvested',
  ]),
  variant('test_a_second_unbond_leaves_the_first_alone', [
    pool,
    '_tickets[node][staker][ticket] = Ticket(shares, readyAt);',
    '_tickets[node][staker][ticket] = Ticket(shares, readyAt);\n        if (ticket != 0) _tickets[node][staker][ticket - 1].readyAt = readyAt;',
  ]),
  variant('test_third_parties_touch_no_clock', [
    pool,
    'if (msg.sender != staker && _nodes[node].status != Status.Retired) revert NodeNotRetired(node);',
    '',
  ]),
  variant('test_a_ticket_holds_shares_not_an_amount', [
    pool,
    'amount = uint96(Shares.paidDown(shares, total, assets));',
    'amount = shares > assets ? assets : shares;',
  ]),
  variant('test_a_fee_recipient_that_fails_blocks_nobody', [
    pool,
    'if (!LINK.transfer(to, amount)) revert TransferFailed();',
    '(bool told,) = _pool.feeRecipient.call("");\n        if (!told || !LINK.transfer(to, amount)) revert TransferFailed();',
  ]),
  variant('test_a_fee_change_leaves_old_rewards_alone', [
    pool,
    'amount = uint96(RewardStream.pending(position.shares, debt, stream.accPerShare));',
    'amount = uint96(RewardStream.pending(position.shares, debt, stream.accPerShare) * (10_000 - _pool.feeBps) / 9_500);',
  ]),
  variant('test_leaving_costs_the_same_among_many', [
    pool,
    'delete _tickets[node][staker][ticket];\n        Node storage n',
    'for (uint32 i; i < _positions[node][staker].tickets; ++i) {\n            if (_tickets[node][staker][i].readyAt == 1) revert NothingToPay();\n        }\n        delete _tickets[node][staker][ticket];\n        Node storage n',
  ]),
  variant('test_rounding_strands_no_dust', [shares, 'return shares * assets / total;', 'return shares * (assets * 1e18 / total) / 1e18;']),
  variant('test_the_handler_reaches_every_event', [
    pool,
    'emit Unbonded(node, staker, ticket, shares, readyAt, position.shares, position.debt, active, stream);',
    'emit Unbonded(node, staker, ticket, shares, readyAt, position.shares, position.debt, active + shares, stream);',
  ]),
  variant('test_the_handler_reaches_every_event', [pool, 'emit FeesPaid(p.feeRecipient, p.feesOwed, 0, accounted);', '']),
  variant('test_one_active_share_cannot_drive_the_accumulator_to_its_end', [
    pool,
    'if (shares != 0 && shares < Bounds.MIN_ACTIVE_SHARES)',
    'if (shares != 0 && shares < 1)',
  ]),
  variant('test_one_active_share_cannot_drive_the_accumulator_to_its_end', [
    stream,
    'Math.min(vested * SCALE / active, Bounds.MAX_ACC_PER_SHARE - stream.accPerShare)',
    'vested * SCALE / active',
  ]),
  variant('test_a_node_outlives_any_count_of_events', [
    pool,
    'ticket = position.tickets;',
    'ticket = position.tickets;\n        if (ticket > type(uint16).max) revert NothingToPay();',
  ]),
  variant('test_restaking_dodges_no_penalty_after_retirement', [
    pool,
    'if (block.timestamp < t.readyAt) revert',
    'if (block.timestamp < t.readyAt && _nodes[node].retiredAt == 0) revert',
  ]),
  variant(
    'test_who_leaves_in_the_veto_window_pushes_nothing_onto_those_who_stay',
    [pool, 'uint40[6] private _slots;', 'uint40[6] private _slots;\n    mapping(address => uint256) private _asked;'],
    [pool, 'uint8 slot = _freeSlot();', 'uint8 slot = _freeSlot();\n        _asked[node] = uint256(n.assets) * bps / Bounds.BPS;'],
    [pool, 'uint96(uint256(n.assets) * bps / Bounds.BPS)', 'uint96(_asked[node])'],
  ),
  variant('test_a_request_that_nobody_executes_closes_a_node_for_a_while_only', [
    pool,
    'if (block.timestamp < n.penaltyUntil) revert PenaltyPending(node, n.penaltyUntil);\n    }',
    'if (n.penaltyUntil != 0) revert PenaltyPending(node, n.penaltyUntil);\n    }',
  ]),
  variant('test_what_leaves_unvested_is_rounded_up', [stream, 'uint96(Math.ceilDiv(rise * active, SCALE))', 'uint96(rise * active / SCALE)']),
  variant('test_withdrawing_everybody_else_takes_no_stream', [pool, '(retired ? n.retiredAt : uint40(block.timestamp))', '(retired ? 0 : uint40(block.timestamp))']),
  variant('test_a_report_of_zero_closes_the_guard_until_the_next_report_only', [
    authority,
    '(_registry.reported, _registry.reportedAt) = (size, time);',
    'if (_registry.reportedAt != 0 && size > _registry.reported) size = _registry.reported;\n        (_registry.reported, _registry.reportedAt) = (size, time);',
  ]),
  variant('test_cycling_stake_jams_no_bucket', [
    pool,
    '_requireValidPosition(position.shares);',
    '_requireValidPosition(position.shares);\n        _registry.bucketLevel += 1;',
  ]),
  variant('test_a_pause_can_be_renewed_until_the_owner_acts', [
    authority,
    '_pool.pausedUntil = until;',
    'if (_pool.pausedUntil == 0) _pool.pausedUntil = until;',
  ]),
  variant('test_times_outlast_2106', [
    pool,
    '(retired ? n.retiredAt : uint40(block.timestamp)) + Bounds.UNBONDING;',
    'uint32((retired ? n.retiredAt : uint40(block.timestamp)) + Bounds.UNBONDING);',
  ]),
  variant('test_a_node_filled_but_for_dust_does_not_look_open', [pool, 'return shares < Bounds.MIN_ACTIVE_SHARES ? 0 : room;', 'return shares == 0 ? 0 : room;']),
]

-- The contract's arithmetic, for whoever computes from the tables: each function gives what the contract's own view gives at the
-- same block time, to the juel (`crates/accounting` is the same in Rust, and a test holds the two together).

-- What shares are paid, rounded down; the last shares take all that is left.
create function shares_value(shares numeric, total_shares numeric, assets numeric) returns numeric
    language sql immutable parallel safe
    return case when shares = total_shares then assets else div(shares * assets, nullif(total_shares, 0)) end;

-- By how much a node's acc_per_share has risen from last_update to a time.
create function acc_per_share_rise(
    acc_per_share numeric, unvested numeric, vest_end bigint, last_update bigint, active_shares numeric, at bigint
) returns numeric
    language sql immutable parallel safe
    return case when unvested = 0 or at <= last_update or active_shares = 0 then 0 else least(
        div(
            case when at >= vest_end then unvested else div(unvested * (at - last_update), vest_end - last_update) end
                * 1000000000000000000::numeric,
            active_shares
        ),
        -- Where the contract lets it stop.
        greatest(2000000000000000000000000000::numeric - acc_per_share, 0)
    ) end;

-- What of a node's rewards has not vested at a time.
create function unvested_at(
    acc_per_share numeric, unvested numeric, vest_end bigint, last_update bigint, active_shares numeric, at bigint
) returns numeric
    language sql immutable parallel safe
    return greatest(unvested - div(
        acc_per_share_rise(acc_per_share, unvested, vest_end, last_update, active_shares, at) * active_shares
            + 999999999999999999::numeric,
        1000000000000000000::numeric
    ), 0);

-- What a position can claim at a time.
create function claimable_at(
    position_shares numeric, position_debt numeric,
    acc_per_share numeric, unvested numeric, vest_end bigint, last_update bigint, active_shares numeric, at bigint
) returns numeric
    language sql immutable parallel safe
    return greatest(div(
        position_shares * (acc_per_share + acc_per_share_rise(acc_per_share, unvested, vest_end, last_update, active_shares, at)),
        1000000000000000000::numeric
    ) - position_debt, 0);

-- Sums of rewards by node and by position without touching the wide rows.
create index event_reward_of_node on event (node, block_number) include (kind, amount, fee)
    where kind in ('RewardDeposited', 'RewardClaimed', 'RewardSwept');
create index event_claim_of_position on event (staker, node, block_number) include (amount) where kind = 'RewardClaimed';

-- What owners of the pool have announced: a row for each time that a timelock's operation was scheduled, with how that ended, if it did. An
-- operation that was cancelled may be scheduled again, and then has two. Of a contract whose old logs are still being read there is
-- nothing. Events may be ahead of what readers see: they take no row above their block, and no end.
create view announcement as
    select s.contract, s.operation, s.block_number, s.log_index, s.block_hash, s.block_time, s.transaction_hash,
           -- When it may be executed, by its delay.
           (s.detail ->> 'ready_at')::bigint as ready_at, (s.detail ->> 'delay_seconds')::bigint as delay_seconds,
           s.detail ->> 'predecessor' as predecessor, coalesce(salted.salt, '0x' || repeat('0', 64)) as salt,
           -- What each of its calls does, in order.
           called.calls,
           case ended.kind when 'Cancelled' then 'cancelled' when 'CallExecuted' then 'done' end as ended,
           ended.block_number as ended_block, ended.log_index as ended_log_index, ended.block_hash as ended_hash,
           ended.block_time as ended_time, ended.transaction_hash as ended_transaction
      from contract_event s
      join followed_contract f on f.contract = s.contract and f.fill_block is null
      left join lateral (
           select * from contract_event e
            where e.contract = s.contract and e.operation = s.operation and e.kind in ('Cancelled', 'CallExecuted')
              and (e.block_number, e.log_index) > (s.block_number, s.log_index)
            order by e.block_number, e.log_index limit 1
      ) ended on true
      left join lateral (
           select jsonb_agg(e.detail order by e.log_index) as calls from contract_event e
            where e.contract = s.contract and e.operation = s.operation and e.kind = 'CallScheduled'
              and e.block_number = s.block_number and e.log_index >= s.log_index
              and (ended.block_number is null or (e.block_number, e.log_index) < (ended.block_number, ended.log_index))
      ) called on true
      left join lateral (
           select e.detail ->> 'salt' as salt from contract_event e
            where e.contract = s.contract and e.operation = s.operation and e.kind = 'CallSalt'
              and e.block_number = s.block_number and e.log_index > s.log_index
            order by e.log_index limit 1
      ) salted on true
     where s.kind = 'CallScheduled' and s.detail ->> 'index' = '0';

-- What dashboards read (docs/dashboards.md): each view holds at one block, the one of public_as_of. Amounts are both in juels, exact,
-- and in LINK; addresses and hashes are text, as the API writes them but for the addresses' checksum; times are timestamptz.

create view public_as_of as
    select block_number, '0x' || encode(block_hash, 'hex') as block_hash, to_timestamp(block_time) as block_at,
           finalized_block, head_block, head_block - block_number as lag_blocks, state
      from readable_block;

create view public_node as
    select '0x' || encode(n.node, 'hex') as node, n.node_index,
           case n.status when 1 then 'active' when 2 then 'closed' when 3 then 'retired' end as status,
           n.assets as stake_juels, n.assets / 1e18 as stake_link,
           coalesce(shares_value(n.active_shares, n.total_shares, n.assets), 0) as active_stake_juels,
           coalesce(shares_value(n.active_shares, n.total_shares, n.assets), 0) / 1e18 as active_stake_link,
           (n.assets - coalesce(shares_value(n.active_shares, n.total_shares, n.assets), 0)) / 1e18 as unbonding_stake_link,
           n.cap_link::numeric as cap_link,
           coalesce(f.node_stakers, 0) as stakers,
           coalesce(f.node_rewards, 0) / 1e18 as rewards_deposited_link,
           unvested_at(n.acc_per_share, n.unvested, n.vest_end, n.last_update, n.active_shares, c.block_time) / 1e18 as rewards_unvested_link,
           to_timestamp(n.registered_at) as registered_at,
           to_timestamp(nullif(n.retired_at, 0)) as retired_at
      from node n cross join readable_block c
      left join lateral (
           select node_stakers, node_rewards from statistic s where s.node = n.node order by s.block_number desc, s.log_index desc limit 1
      ) f on true;

create view public_position as
    select '0x' || encode(p.node, 'hex') as node, '0x' || encode(p.staker, 'hex') as staker,
           p.position_shares as shares,
           coalesce(shares_value(p.position_shares, n.total_shares, n.assets), 0) as active_stake_juels,
           coalesce(shares_value(p.position_shares, n.total_shares, n.assets), 0) / 1e18 as active_stake_link,
           claimable_at(p.position_shares, p.position_debt, n.acc_per_share, n.unvested, n.vest_end, n.last_update, n.active_shares,
               c.block_time) as claimable_juels,
           claimable_at(p.position_shares, p.position_debt, n.acc_per_share, n.unvested, n.vest_end, n.last_update, n.active_shares,
               c.block_time) / 1e18 as claimable_link
      from position p join node n using (node) cross join readable_block c;

create view public_ticket as
    select '0x' || encode(t.node, 'hex') as node, '0x' || encode(t.staker, 'hex') as staker, t.ticket,
           coalesce(shares_value(t.ticket_shares, n.total_shares, n.assets), 0) as value_juels,
           coalesce(shares_value(t.ticket_shares, n.total_shares, n.assets), 0) / 1e18 as value_link,
           to_timestamp(t.ready_at) as ready_at, t.ready_at <= c.block_time as is_ready
      from ticket t join node n using (node) cross join readable_block c
     where t.ticket_shares > 0;

create view public_event as
    select e.block_number, e.log_index, to_timestamp(e.block_time) as block_at,
           '0x' || encode(e.block_hash, 'hex') as block_hash, '0x' || encode(e.transaction_hash, 'hex') as transaction_hash,
           e.kind, '0x' || encode(e.node, 'hex') as node, '0x' || encode(e.staker, 'hex') as staker,
           '0x' || encode(e.account, 'hex') as account, e.ticket,
           e.amount as amount_juels, e.amount / 1e18 as amount_link, e.fee as fee_juels, e.fee / 1e18 as fee_link, e.shares,
           e.block_number <= c.finalized_block as is_final
      from event e cross join readable_block c
     where e.block_number <= c.block_number;

create view public_pool_history as
    select case period_seconds when 3600 then 'hour' else 'day' end as period, to_timestamp(starts_at) as starts_at,
           stake as stake_juels, stake / 1e18 as stake_link, stakers, rewards as rewards_total_juels, rewards / 1e18 as rewards_total_link,
           (rewards - lag(rewards, 1, 0) over (partition by period_seconds order by starts_at)) / 1e18 as rewards_link
      from pool_history;

create view public_node_history as
    select '0x' || encode(node, 'hex') as node, case period_seconds when 3600 then 'hour' else 'day' end as period,
           to_timestamp(starts_at) as starts_at, stake as stake_juels, stake / 1e18 as stake_link,
           coalesce(shares_value(active_shares, total_shares, stake), 0) / 1e18 as active_stake_link,
           (stake - coalesce(shares_value(active_shares, total_shares, stake), 0)) / 1e18 as unbonding_stake_link, stakers,
           rewards / 1e18 as rewards_total_link,
           (rewards - lag(rewards, 1, 0) over (partition by node, period_seconds order by starts_at)) / 1e18 as rewards_link
      from node_history;

create view public_announcement as
    select '0x' || encode(a.contract, 'hex') as timelock, '0x' || encode(a.operation, 'hex') as operation,
           case when a.ended_block <= c.block_number then a.ended when a.ready_at <= c.block_time then 'ready' else 'waiting' end as state,
           (select string_agg(call ->> 'description', '; ' order by nth) from jsonb_array_elements(a.calls) with ordinality each (call, nth)) as description,
           to_timestamp(a.block_time) as scheduled_at, a.block_number as scheduled_block, to_timestamp(a.ready_at) as ready_at,
           a.delay_seconds, case when a.ended_block <= c.block_number then to_timestamp(a.ended_time) end as ended_at,
           case when a.ended_block <= c.block_number then a.ended_block end as ended_block,
           a.contract = p.owner as is_owner, a.block_number <= c.finalized_block as is_final
      from readable_block c join announcement a on a.block_number <= c.block_number left join pool p on true;

-- What the contract does not keep: how stake, stakers and rewards developed. Written by the indexer only.

-- How many stakers a node and the pool have, and all rewards that ever arrived, after each event that changes one of them.
-- A staker of the pool is an address with active shares on at least one node.
create table statistic (
    block_number bigint not null,
    log_index integer not null,
    node address not null,
    node_stakers bigint not null,
    node_rewards amount not null,
    pool_stakers bigint not null,
    pool_rewards amount not null,
    primary key (block_number, log_index)
);
create index statistic_by_node on statistic (node, block_number desc, log_index desc);

-- On how many nodes an address has active shares.
create table staker (
    staker address primary key,
    active_positions integer not null
);

-- A row for each hour and each day in which an event changed the node: its fields as the last of them left it.
create table node_history (
    node address not null,
    period_seconds integer not null constraint node_history_period check (period_seconds in (3600, 86400)),
    starts_at bigint not null,
    stake amount not null,
    total_shares amount not null,
    active_shares amount not null,
    stakers bigint not null,
    -- All rewards that ever arrived, fees included.
    rewards amount not null,
    block_number bigint not null,
    primary key (node, period_seconds, starts_at)
    -- The rows of this hour and day change with each block: with room beside them they change in place, and the index does not.
) with (fillfactor = 80);

-- The same over all nodes.
create table pool_history (
    period_seconds integer not null constraint pool_history_period check (period_seconds in (3600, 86400)),
    starts_at bigint not null,
    stake amount not null,
    stakers bigint not null,
    rewards amount not null,
    block_number bigint not null,
    primary key (period_seconds, starts_at)
);

-- The last block with an event at or before a time; 0 where there is none. Times rise with the blocks, so it is looked for backwards from
-- the end of the next hour in which a node had any: through the events of an hour, whatever the time.
create function last_block_at(at bigint) returns bigint language sql stable as $$
    select coalesce((
        select block_number from event
         where block_time <= at
           and block_number <= coalesce((
               select block_number from pool_history where period_seconds = 3600 and starts_at > at order by starts_at limit 1
           ), 9223372036854775807)
         order by block_number desc limit 1
    ), 0)
$$;

-- Rebuilds the four tables above from the events, after a repair.
create function rebuild_history() returns void language sql as $$
    delete from statistic;
    delete from staker;
    delete from node_history;
    delete from pool_history;

    insert into staker select staker, count(*) from position where position_shares > 0 group by staker;

    with step as (
        select block_number, log_index, node, staker,
               case when kind = 'RewardDeposited' then 0 when kind = 'Unbonded' then -1 else 1 end as position_change,
               case when kind = 'RewardDeposited' then amount else 0 end as reward
          from event
         where kind = 'RewardDeposited' or (kind = 'Unbonded' and position_shares = 0)
            or (kind in ('Staked', 'UnbondCancelled') and position_shares = shares)
    ), counted as (
        select *, sum(position_change) over (partition by staker order by block_number, log_index) as positions from step
    )
    insert into statistic
        select block_number, log_index, node,
               sum(position_change) over by_node, sum(reward) over by_node,
               sum(case when (position_change, positions) = (1, 1) then 1 when (position_change, positions) = (-1, 0) then -1 else 0 end) over by_pool,
               sum(reward) over by_pool
          from counted
        window by_node as (partition by node order by block_number, log_index), by_pool as (order by block_number, log_index);

    with last_event as (
        select distinct on (e.node, p.period_seconds, e.block_time / p.period_seconds)
               e.node, p.period_seconds, e.block_time / p.period_seconds * p.period_seconds as starts_at,
               e.block_number, e.log_index
          from event e cross join (values (3600), (86400)) p (period_seconds)
         where e.node is not null
         order by e.node, p.period_seconds, e.block_time / p.period_seconds, e.block_number desc, e.log_index desc
    )
    insert into node_history
        select l.node, l.period_seconds, l.starts_at,
               coalesce((select e.assets from event e where e.node = l.node and e.assets is not null
                   and (e.block_number, e.log_index) <= (l.block_number, l.log_index) order by e.block_number desc, e.log_index desc limit 1), 0),
               coalesce((select e.total_shares from event e where e.node = l.node and e.total_shares is not null
                   and (e.block_number, e.log_index) <= (l.block_number, l.log_index) order by e.block_number desc, e.log_index desc limit 1), 0),
               coalesce((select e.active_shares from event e where e.node = l.node and e.active_shares is not null
                   and (e.block_number, e.log_index) <= (l.block_number, l.log_index) order by e.block_number desc, e.log_index desc limit 1), 0),
               coalesce(s.node_stakers, 0), coalesce(s.node_rewards, 0), l.block_number
          from last_event l left join lateral (
               select node_stakers, node_rewards from statistic s
                where s.node = l.node and (s.block_number, s.log_index) <= (l.block_number, l.log_index)
                order by s.block_number desc, s.log_index desc limit 1
          ) s on true;

    with last_event as (
        select distinct on (p.period_seconds, e.block_time / p.period_seconds)
               p.period_seconds, e.block_time / p.period_seconds * p.period_seconds as starts_at, e.block_number, e.log_index
          from event e cross join (values (3600), (86400)) p (period_seconds)
         where e.node is not null
         order by p.period_seconds, e.block_time / p.period_seconds, e.block_number desc, e.log_index desc
    ), change as (
        select period_seconds, starts_at, stake - lag(stake, 1, 0::numeric) over (partition by node, period_seconds order by starts_at) as change
          from node_history
    ), total as (
        select period_seconds, starts_at, sum(sum(change)) over (partition by period_seconds order by starts_at) as stake
          from change group by period_seconds, starts_at
    )
    insert into pool_history
        select l.period_seconds, l.starts_at, total.stake, coalesce(s.pool_stakers, 0), coalesce(s.pool_rewards, 0), l.block_number
          from last_event l join total using (period_seconds, starts_at) left join lateral (
               select pool_stakers, pool_rewards from statistic s
                where (s.block_number, s.log_index) <= (l.block_number, l.log_index) order by s.block_number desc, s.log_index desc limit 1
          ) s on true;
$$;

-- What the contract holds beside nodes, positions and tickets; how stake, stakers and rewards developed; and what comparing
-- the database with the contract found. Written by the indexer only.

-- after: the pool's owners, an account's roles (by `account`), a penalty slot (by `slot`)
alter table event add column owner address;
alter table event add column pending_owner address;
alter table event add column roles smallint;
alter table event add column slot smallint;
alter table event add column slot_ends_at bigint;
update event set pending_owner = decode(repeat('00', 20), 'hex') where kind in ('PoolCreated', 'OwnershipTransferred');
update event set owner = account where kind = 'OwnershipTransferred';
update event set pending_owner = account where kind = 'OwnershipTransferStarted';
update event set roles = (detail ->> 'roles')::smallint where kind = 'RolesChanged';
update event set slot = coalesce(penalty_slot, (detail ->> 'slot')::smallint), slot_ends_at = (detail ->> 'slot_ends_at')::bigint
 where kind in ('PenaltyRequested', 'PenaltyVetoed', 'PenaltyExecuted');
create index event_of_authority on event (block_number desc, log_index desc)
    where owner is not null or pending_owner is not null or roles is not null or slot_ends_at is not null;

alter table pool add column owner address;
alter table pool add column pending_owner address;
update pool set
    owner = (select e.owner from event e where e.owner is not null order by e.block_number desc, e.log_index desc limit 1),
    pending_owner = (select e.pending_owner from event e where e.pending_owner is not null order by e.block_number desc, e.log_index desc limit 1);
alter table pool alter column owner set not null;
alter table pool alter column pending_owner set not null;

create table role (
    account address primary key,
    -- The sum of 1 registrar, 2 guardian, 4 slasher, 8 reporter; 0 when all were taken away.
    roles smallint not null,
    block_number bigint not null,
    block_hash hash not null
);
insert into role
    select distinct on (account) account, roles, block_number, block_hash from event
     where roles is not null order by account, block_number desc, log_index desc;

create table penalty_slot (
    slot smallint primary key,
    slot_ends_at bigint not null,
    block_number bigint not null,
    block_hash hash not null
);
insert into penalty_slot
    select distinct on (slot) slot, slot_ends_at, block_number, block_hash from event
     where slot_ends_at is not null order by slot, block_number desc, log_index desc;

-- What the contract does not count: how many stakers a node and the pool have, and all rewards that ever arrived, after each
-- event that changes one of them. A staker of the pool is an address with active shares on at least one node.
create table figure (
    block_number bigint not null,
    log_index integer not null,
    node address not null,
    node_stakers bigint not null,
    node_rewards amount not null,
    pool_stakers bigint not null,
    pool_rewards amount not null,
    primary key (block_number, log_index)
);
create index figure_by_node on figure (node, block_number desc, log_index desc);

-- On how many nodes an address has active shares.
create table staker (
    staker address primary key,
    active_positions integer not null
);

-- A row for each hour and each day in which an event touched the node: its fields as the last of them left it.
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
    block_hash hash not null,
    primary key (node, period_seconds, starts_at)
);

-- The same over all nodes.
create table pool_history (
    period_seconds integer not null constraint pool_history_period check (period_seconds in (3600, 86400)),
    starts_at bigint not null,
    stake amount not null,
    stakers bigint not null,
    rewards amount not null,
    block_number bigint not null,
    block_hash hash not null,
    primary key (period_seconds, starts_at)
);

-- Makes the four tables above anew from the events: for databases older than them, and after a repair.
create function rebuild_history() returns void language sql as $$
    delete from figure;
    delete from staker;
    delete from node_history;
    delete from pool_history;

    insert into staker select staker, count(*) from position where position_shares > 0 group by staker;

    with step as (
        select block_number, log_index, node, staker,
               case when kind = 'RewardDeposited' then 0 when kind = 'Unbonded' then -1 else 1 end as turn,
               case when kind = 'RewardDeposited' then amount else 0 end as reward
          from event
         where kind = 'RewardDeposited' or (kind = 'Unbonded' and position_shares = 0)
            or (kind in ('Staked', 'UnbondCancelled') and position_shares = shares)
    ), turned as (
        select *, sum(turn) over (partition by staker order by block_number, log_index) as positions from step
    )
    insert into figure
        select block_number, log_index, node,
               sum(turn) over by_node, sum(reward) over by_node,
               sum(case when (turn, positions) = (1, 1) then 1 when (turn, positions) = (-1, 0) then -1 else 0 end) over by_pool,
               sum(reward) over by_pool
          from turned
        window by_node as (partition by node order by block_number, log_index), by_pool as (order by block_number, log_index);

    with touched as (
        select distinct on (e.node, p.period_seconds, e.block_time / p.period_seconds)
               e.node, p.period_seconds, e.block_time / p.period_seconds * p.period_seconds as starts_at,
               e.block_number, e.log_index, e.block_hash
          from event e cross join (values (3600), (86400)) p (period_seconds)
         where e.node is not null
         order by e.node, p.period_seconds, e.block_time / p.period_seconds, e.block_number desc, e.log_index desc
    )
    insert into node_history
        select t.node, t.period_seconds, t.starts_at,
               coalesce((select e.assets from event e where e.node = t.node and e.assets is not null
                   and (e.block_number, e.log_index) <= (t.block_number, t.log_index) order by e.block_number desc, e.log_index desc limit 1), 0),
               coalesce((select e.total_shares from event e where e.node = t.node and e.total_shares is not null
                   and (e.block_number, e.log_index) <= (t.block_number, t.log_index) order by e.block_number desc, e.log_index desc limit 1), 0),
               coalesce((select e.active_shares from event e where e.node = t.node and e.active_shares is not null
                   and (e.block_number, e.log_index) <= (t.block_number, t.log_index) order by e.block_number desc, e.log_index desc limit 1), 0),
               coalesce(f.node_stakers, 0), coalesce(f.node_rewards, 0), t.block_number, t.block_hash
          from touched t left join lateral (
               select node_stakers, node_rewards from figure f
                where f.node = t.node and (f.block_number, f.log_index) <= (t.block_number, t.log_index)
                order by f.block_number desc, f.log_index desc limit 1
          ) f on true;

    with touched as (
        select distinct on (p.period_seconds, e.block_time / p.period_seconds)
               p.period_seconds, e.block_time / p.period_seconds * p.period_seconds as starts_at, e.block_number, e.log_index, e.block_hash
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
        select t.period_seconds, t.starts_at, total.stake, coalesce(f.pool_stakers, 0), coalesce(f.pool_rewards, 0), t.block_number, t.block_hash
          from touched t join total using (period_seconds, starts_at) left join lateral (
               select pool_stakers, pool_rewards from figure f
                where (f.block_number, f.log_index) <= (t.block_number, t.log_index) order by f.block_number desc, f.log_index desc limit 1
          ) f on true;
$$;
select rebuild_history();

-- What comparisons of the database with the contract found, newest last; only the newest are kept.
create table verification (
    verification_id bigint generated always as identity primary key,
    verified_at timestamptz not null default now(),
    -- The block at which both were read.
    block_number bigint not null,
    block_hash hash not null,
    -- all: every row and every event; sample: what changed lately and a random sample.
    scope text not null constraint verification_scope check (scope in ('all', 'sample')),
    endpoint text not null,
    nodes bigint not null,
    positions bigint not null,
    tickets bigint not null,
    events bigint not null,
    differences bigint not null,
    -- Null while the two are equal, or where nobody could find it.
    first_bad_block bigint,
    -- The first few differences in words.
    examples text[] not null,
    elapsed_ms bigint not null
);

-- What the chain says: the contract's events, and the state that is the last value of each field they carry.
-- Written by the indexer only. Amounts and shares are integers (juels, 10^-18 shares), times are Unix seconds of the chain.

create domain amount as numeric(78, 0);
create domain address as bytea check (octet_length(value) = 20);
create domain hash as bytea check (octet_length(value) = 32);

-- The one contract this database follows.
create table deployment (
    deployment_id smallint primary key default 1 constraint deployment_is_one check (deployment_id = 1),
    chain_id bigint not null,
    pool address not null,
    token address not null,
    -- The last block before the contract existed: where the cursor starts.
    start_block bigint not null,
    start_hash hash not null,
    unbonding_seconds bigint not null,
    vest_seconds bigint not null,
    max_fee_bps integer not null,
    -- Whom the pool's creation names as its owner, if that was known when the following began: its logs are read from the first block on.
    first_owner address
);

-- How far the tables below have followed the chain. Moved only by compare-and-set, in the transaction that writes the rows.
--
-- While old blocks are read, events are copied ahead of the state and the history that follow from them, which are written for many
-- blocks at once: `copied_block` says how far. Readers see `block_number`, and no event above it. From the first block at the tip on
-- nothing is ahead.
-- Numbers of the chain are bounded where they enter the program; here they are once more, because a single wrong one that got in
-- would stay: a negative head can't be read back, and nothing is indexed until it is gone.
create table cursor (
    cursor_id smallint primary key default 1 constraint cursor_is_one check (cursor_id = 1),
    block_number bigint not null,
    block_hash hash not null,
    block_time bigint not null,
    -- What the chain called head, safe and finalized when the cursor last moved.
    head_block bigint not null,
    safe_block bigint not null,
    finalized_block bigint not null,
    -- ok, or the reason why the indexer has stopped writing.
    state text not null default 'ok',
    state_detail text,
    moved_at timestamptz not null default now(),
    -- When the indexer last saw the chain, whether or not there was anything to write.
    seen_at timestamptz not null default now(),
    -- How often rows that readers may have seen were replaced.
    revision bigint not null default 0,
    -- The last block whose events are there, where the state is behind it; otherwise null.
    copied_block bigint,
    copied_hash hash,
    copied_time bigint,
    -- Rises with each change of what is read of which followed contract. A batch that was asked for before the change is refused.
    followed bigint not null default 0,
    constraint cursor_copies_to_a_block check (num_nulls(copied_block, copied_hash, copied_time) in (0, 3)),
    constraint cursor_copies_ahead check (copied_block > block_number),
    constraint cursor_is_on_a_chain check (
        block_number >= 0 and block_time >= 0 and head_block >= 0 and safe_block >= 0 and finalized_block >= 0
    )
);

-- The block that readers see, whole: the state and the history are those at its end, and what is told of events ends with it. Every
-- reader begins here.
create view readable_block as
    select block_number, block_hash, block_time, head_block, safe_block, finalized_block, state, state_detail, moved_at, seen_at, revision
      from cursor;

-- Headers that a reorg may still remove, for walking back to the ancestor.
create table block (
    block_number bigint primary key,
    block_hash hash not null,
    parent_hash hash not null,
    block_time bigint not null,
    constraint block_is_on_a_chain check (block_number >= 0 and block_time >= 0)
);

-- Blocks that `block` no longer holds, because a reorg can't reach them: the newest hundred thousand block numbers.
create table past_block (
    block_number bigint primary key,
    block_hash hash not null,
    block_time bigint not null
);

-- From which block on rows were replaced, one row each time. That of a reorg goes with its past blocks; that of a correction stays,
-- because its blocks are the same ones, and nothing else says that their rows were wrong.
create table revision (
    revision bigint primary key,
    -- What a reader has of this block and those above may be wrong.
    first_invalid bigint not null,
    -- Where the cursor stood: nobody has seen a block above it.
    through_block bigint not null,
    -- Whether rows may have changed in blocks that are the same blocks as before.
    is_correction boolean not null
);

-- Every event of the contract, one row each. A column below "after" holds the value that field has after the event,
-- null where the event does not carry it.
create table event (
    block_number bigint not null,
    log_index integer not null,
    block_hash hash not null,
    block_time bigint not null,
    transaction_hash hash not null,
    -- The event's name in the contract.
    kind text not null,
    node address,
    staker address,
    account address,
    ticket bigint,
    -- One of the contract's penalty slots.
    slot smallint,
    amount amount,
    fee amount,
    shares amount,
    detail jsonb,
    -- after: node
    node_index bigint,
    proof smallint,
    registered_at bigint,
    status smallint,
    cap_link bigint,
    -- A node is closed by a key; what a requested penalty sets is the end of its own window.
    penalty_until bigint,
    retired_at bigint,
    total_shares amount,
    assets amount,
    active_shares amount,
    acc_per_share amount,
    unvested amount,
    vest_end bigint,
    last_update bigint,
    penalty_bps integer,
    penalty_slot smallint,
    bucket_level bigint,
    bucket_at bigint,
    -- after: position
    position_shares amount,
    position_debt amount,
    -- after: ticket
    ticket_shares amount,
    ready_at bigint,
    -- after: pool
    accounted amount,
    fees_owed amount,
    sink_owed amount,
    fee_bps integer,
    fee_recipient address,
    default_cap_link bigint,
    paused_until bigint,
    live_nodes bigint,
    registration_level bigint,
    registration_at bigint,
    network_reported bigint,
    network_reported_at bigint,
    network_ceiling bigint,
    proofless_allowed boolean,
    owner address,
    pending_owner address,
    -- When an offer of ownership lapses; 0 when there is none.
    offer_ends_at bigint,
    -- after: an account's roles (by `account`)
    roles smallint,
    -- after: a penalty slot (by `slot`)
    slot_ends_at bigint,
    primary key (block_number, log_index),
    constraint event_is_on_a_chain check (block_number >= 0 and log_index >= 0 and block_time >= 0)
);
create index event_by_node on event (node, block_number desc, log_index desc) where node is not null;
create index event_by_staker on event (staker, block_number desc, log_index desc) where staker is not null;
-- What changes rarely is found without walking over what changes often, when a reorg restores it.
create index event_of_pool_setting on event (block_number desc, log_index desc)
    where fees_owed is not null or sink_owed is not null or fee_bps is not null or fee_recipient is not null
       or default_cap_link is not null or paused_until is not null or live_nodes is not null or registration_level is not null
       or registration_at is not null or network_reported is not null or network_reported_at is not null
       or network_ceiling is not null or proofless_allowed is not null;
create index event_of_node_setting on event (node, block_number desc, log_index desc)
    where node_index is not null or proof is not null or registered_at is not null or status is not null or cap_link is not null
       or penalty_until is not null or retired_at is not null or penalty_bps is not null or penalty_slot is not null
       or bucket_level is not null or bucket_at is not null;
create index event_of_authority on event (block_number desc, log_index desc)
    where owner is not null or pending_owner is not null or roles is not null or slot_ends_at is not null;
create index event_by_transaction on event (transaction_hash);
create index event_by_kind on event (kind, block_number desc, log_index desc);
-- For who asks for a time itself. From a time to a block leads `last_block_at`.
create index event_by_time on event using brin (block_time) with (pages_per_range = 32);
create index event_registration on event (node) include (block_number, transaction_hash) where kind = 'NodeRegistered';

-- The contracts beside the pool whose logs are read. A row follows from an event of the pool and goes with it
-- (`crates/db/src/followed.rs`), and the rows of contract_event go with the row.
create table followed_contract (
    contract address primary key,
    -- timelock: an owner of the pool.
    kind text not null constraint followed_contract_kind check (kind in ('timelock')),
    -- The block of the event by which it joined.
    joined_block bigint not null,
    -- One that joins late has its logs up to fill_end read by themselves, beside the newer blocks, and up to fill_block that is done.
    -- Both null: all of its logs are there, and only then anybody sees them.
    fill_block bigint,
    fill_end bigint,
    constraint followed_contract_fills check (num_nulls(fill_block, fill_end) = 2 or (num_nulls(fill_block, fill_end) = 0 and fill_block < fill_end))
);

-- The events of followed contracts. They change nothing of the tables below: what follows from them is made when it is read.
create table contract_event (
    block_number bigint not null,
    log_index integer not null,
    block_hash hash not null,
    block_time bigint not null,
    transaction_hash hash not null,
    contract address not null,
    -- The event's name in the contract.
    kind text not null,
    -- Of a timelock: the operation it is about.
    operation hash,
    detail jsonb not null,
    primary key (block_number, log_index),
    constraint contract_event_is_on_a_chain check (block_number >= 0 and log_index >= 0 and block_time >= 0)
);
create index contract_event_by_operation on contract_event (contract, operation, block_number, log_index);

-- Logs of the contracts that this version could not decode, whole, so that a later version can. The indexer goes on without
-- them and its health is degraded while one is here. Written in the transaction of their block's range; a reorg removes them.
create table dead_letter (
    block_number bigint not null,
    log_index integer not null,
    block_hash hash not null,
    block_time bigint not null,
    transaction_hash hash not null,
    contract address not null,
    topics bytea[] not null,
    data bytea not null,
    reason text not null,
    seen_at timestamptz not null default now(),
    primary key (block_number, log_index),
    constraint dead_letter_is_on_a_chain check (block_number >= 0 and log_index >= 0 and block_time >= 0)
);

create table node (
    node address primary key,
    node_index bigint not null,
    proof smallint not null,
    registered_at bigint not null,
    -- 1 active, 2 closed, 3 retired
    status smallint not null,
    cap_link bigint not null,
    penalty_until bigint not null,
    retired_at bigint not null,
    total_shares amount not null,
    assets amount not null,
    active_shares amount not null,
    acc_per_share amount not null,
    unvested amount not null,
    vest_end bigint not null,
    last_update bigint not null,
    penalty_bps integer not null,
    penalty_slot smallint not null,
    bucket_level bigint not null,
    bucket_at bigint not null,
    block_number bigint not null
);

create table position (
    node address not null,
    staker address not null,
    position_shares amount not null,
    position_debt amount not null,
    block_number bigint not null,
    primary key (node, staker)
);
-- Both answer counts of stakers from the index alone: a million positions are counted once a block, not once a request.
create index position_by_staker on position (staker) include (position_shares);
create index position_active on position (node, position_shares desc, staker) where position_shares > 0;

create table ticket (
    node address not null,
    staker address not null,
    ticket bigint not null,
    ticket_shares amount not null,
    ready_at bigint not null,
    block_number bigint not null,
    primary key (node, staker, ticket)
);
create index ticket_by_staker on ticket (staker, node, ticket) where ticket_shares > 0;

create table pool (
    pool_id smallint primary key default 1 constraint pool_is_one check (pool_id = 1),
    accounted amount not null,
    fees_owed amount not null,
    sink_owed amount not null,
    fee_bps integer not null,
    fee_recipient address not null,
    default_cap_link bigint not null,
    paused_until bigint not null,
    live_nodes bigint not null,
    registration_level bigint not null,
    registration_at bigint not null,
    network_reported bigint not null,
    network_reported_at bigint not null,
    network_ceiling bigint not null,
    proofless_allowed boolean not null,
    owner address not null,
    pending_owner address not null,
    offer_ends_at bigint not null default 0,
    block_number bigint not null
);

create table role (
    account address primary key,
    -- The sum of 1 registrar, 2 guardian, 4 slasher, 8 reporter; 0 when all were taken away.
    roles smallint not null,
    block_number bigint not null
);

create table penalty_slot (
    slot smallint primary key,
    slot_ends_at bigint not null,
    block_number bigint not null
);

-- What readers were told before: the hashes of past blocks, and from which block on what was told had to be told anew.
-- Written by the indexer only.

-- Blocks that `block` no longer holds, because a reorg can't reach them: the newest hundred thousand block numbers.
create table past_block (
    block_number bigint primary key,
    block_hash hash not null,
    block_time bigint not null
);

-- How often rows that readers may have seen were replaced. One row each time; that of a reorg goes with its past blocks.
alter table cursor add column revision bigint not null default 0;
create table revision (
    revision bigint primary key,
    -- What was told of this block and those above may be wrong.
    first_invalid bigint not null,
    -- Where the cursor stood: nobody was told of a block above it.
    through_block bigint not null,
    -- Whether rows may have changed in blocks that are the same blocks as before.
    corrects boolean not null
);

-- What a node's shares were worth at some event.
create index event_of_node_assets on event (node, block_number desc, log_index desc) where assets is not null;

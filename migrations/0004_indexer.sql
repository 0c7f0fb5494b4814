-- What the indexer keeps beside the state: logs it could not read, and how its RPC endpoints behave.

-- Logs of the contract that this version could not decode, whole, so that a later version can. The indexer goes on without
-- them and its health is degraded while one is here. Written in the transaction of their block's range; a reorg removes them.
create table dead_letter (
    block_number bigint not null,
    log_index integer not null,
    block_hash hash not null,
    block_time bigint not null,
    transaction_hash hash not null,
    topics bytea[] not null,
    data bytea not null,
    reason text not null,
    seen_at timestamptz not null default now(),
    primary key (block_number, log_index)
);

-- The configured RPC endpoints by name, never by URL. Written at a bounded rate; a row outlives its endpoint's configuration,
-- so readers look at seen_at.
create table endpoint (
    name text primary key,
    -- ok, or why it is asked last: lagging, limited, unreachable, contradicting, wrong-chain.
    state text not null,
    detail text,
    head_block bigint,
    -- Answers that can't be true, since the row was made; the last one in words.
    contradictions bigint not null default 0,
    last_contradiction text,
    contradicted_at timestamptz,
    seen_at timestamptz not null default now()
);

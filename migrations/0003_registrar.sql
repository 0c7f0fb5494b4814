-- Transactions that must reach the chain once, whatever breaks. Written by the registrar only.
-- What makes it safe: the nonce is taken in the transaction that makes its slot, an intent has one slot at most, only
-- bytes that are committed here are sent, and a slot is judged by the receipts of all its attempts.

-- An account that only this deployment sends from.
create table signer (
    chain_id bigint not null,
    address address not null,
    next_nonce bigint not null constraint signer_next_nonce check (next_nonce >= 0),
    -- Why nothing is assigned at the moment, for people.
    halted text,
    primary key (chain_id, address)
);

-- What should happen on chain, once. done: mined with success, or found to have happened already; failed: mined and reverted.
create table intent (
    intent_id bigint generated always as identity primary key,
    idempotency_key text not null constraint intent_once unique,
    chain_id bigint not null,
    signer address not null,
    fleet_node_id text references fleet_node,
    kind text not null constraint intent_kind check (kind in ('fund', 'register')),
    recipient address not null,
    -- Wei.
    value amount not null,
    data bytea not null,
    state text not null default 'queued' constraint intent_state check (state in ('queued', 'assigned', 'done', 'failed')),
    -- Checks before sending that failed in a row, and when the next is due.
    attempts integer not null default 0,
    retry_at timestamptz,
    last_error text,
    created_at timestamptz not null default now(),
    foreign key (chain_id, signer) references signer
);
create index intent_queued on intent (chain_id, signer, intent_id) where state = 'queued';
create index intent_by_node on intent (fleet_node_id);
create index intent_funding on intent (chain_id, signer, created_at) where kind = 'fund';

-- One nonce of a signer. reserved: nothing signed; sent: bytes committed, so they may be anywhere; mined: an attempt is in
-- a canonical block; final: that block is finalized; foreign: somebody else used the nonce, which must never happen.
create table slot (
    chain_id bigint not null,
    signer address not null,
    nonce bigint not null,
    intent_id bigint not null references intent,
    gas_limit bigint not null,
    state text not null default 'reserved' constraint slot_state check (state in ('reserved', 'sent', 'mined', 'final', 'foreign')),
    reserved_at timestamptz not null default now(),
    primary key (chain_id, signer, nonce),
    foreign key (chain_id, signer) references signer
);
-- A nonce that somebody else used gives its intent back, to be assigned another.
create unique index slot_intent_once on slot (intent_id) where state <> 'foreign';
create index slot_open on slot (chain_id, signer, nonce) where state in ('reserved', 'sent', 'mined');

-- One signed transaction for a slot. Attempts of a slot differ in their fees only.
create table attempt (
    hash hash primary key,
    chain_id bigint not null,
    signer address not null,
    nonce bigint not null,
    attempt_number integer not null,
    raw bytea not null,
    -- Wei per gas.
    max_fee amount not null,
    tip amount not null,
    -- The head from which patience with it counts: when it was signed, or when the chain lost it.
    since_block bigint not null,
    -- The head when it was last sent; null if it may never have been, or the chain lost it since.
    sent_block bigint,
    sends integer not null default 0,
    last_answer text,
    constraint attempt_number_once unique (chain_id, signer, nonce, attempt_number),
    foreign key (chain_id, signer, nonce) references slot
);

-- Where an attempt was last seen in a block. One at most: the canonical one, or the last that was.
create table inclusion (
    hash hash primary key references attempt,
    block_number bigint not null,
    block_hash hash not null,
    succeeded boolean not null,
    gas_used bigint not null
);

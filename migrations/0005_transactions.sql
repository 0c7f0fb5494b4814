-- Transactions that must reach the chain once, whatever breaks: of every kind, for every signer. Written by whoever drives the signer.
-- What makes it safe: the nonce is taken in the transaction that makes its reservation, a request has one reservation at most, only
-- bytes that are committed here are sent, and a reservation is judged by the receipts of all its attempts.

-- An account that only this deployment sends from.
create table signer (
    chain_id bigint not null,
    address address not null,
    next_nonce bigint not null constraint signer_next_nonce check (next_nonce >= 0),
    -- Why nothing is assigned at the moment, for people.
    halted text,
    primary key (chain_id, address)
);

-- What should happen on chain, once. done: mined with success, or found to have happened already; failed: mined and reverted;
-- refused: the preflight refused it and nothing was sent; cancelled: its nonce was used for nothing instead, or it never had one.
create table transaction_request (
    transaction_request_id bigint generated always as identity primary key,
    idempotency_key text not null constraint transaction_request_once unique,
    chain_id bigint not null,
    signer address not null,
    fleet_node_id text references fleet_node,
    -- Any word: to an executable that does not know a kind, it is a plain call.
    kind text not null constraint transaction_request_kind check (kind ~ '^[a-z][a-z_]{0,31}$'),
    -- Null makes a contract.
    recipient address,
    -- Wei.
    value amount not null,
    data bytea not null,
    state text not null default 'queued' constraint transaction_request_state check (
        state in ('queued', 'assigned', 'done', 'failed', 'refused', 'cancelled')
    ),
    -- Preflights that failed in a row, and when the next is due.
    attempts integer not null default 0,
    retry_at timestamptz,
    last_error text,
    created_at timestamptz not null default now(),
    -- Wei: where the recipient has this much already, the ether is not needed.
    enough amount,
    foreign key (chain_id, signer) references signer
);
create index transaction_request_queued on transaction_request (chain_id, signer, transaction_request_id) where state = 'queued';
create index transaction_request_by_node on transaction_request (fleet_node_id);
create index transaction_request_funding on transaction_request (chain_id, signer, created_at) where kind = 'fund';
create index transaction_request_of_wallets on transaction_request (chain_id, signer, created_at) where kind in ('fund', 'top_up');
create index transaction_request_by_time on transaction_request (chain_id, signer, transaction_request_id);

-- One nonce of a signer. reserved: nothing signed; sent: bytes committed, so they may be anywhere; mined: an attempt is in
-- a canonical block; final: that block is finalized; used_elsewhere: somebody else used the nonce, which must never happen.
create table nonce_reservation (
    chain_id bigint not null,
    signer address not null,
    nonce bigint not null,
    transaction_request_id bigint not null references transaction_request,
    gas_limit bigint not null,
    state text not null default 'reserved' constraint nonce_reservation_state check (
        state in ('reserved', 'sent', 'mined', 'final', 'used_elsewhere')
    ),
    reserved_at timestamptz not null default now(),
    -- Wei of fees: the most the nonce can cost while it is open, the most it has cost since.
    cost amount not null default 0,
    -- Why it makes no progress, for people; null while all is well.
    trouble text,
    primary key (chain_id, signer, nonce),
    foreign key (chain_id, signer) references signer
);
-- A nonce that was used elsewhere gives its request back, to be assigned another.
create unique index nonce_reservation_request_once on nonce_reservation (transaction_request_id) where state <> 'used_elsewhere';
create index nonce_reservation_open on nonce_reservation (chain_id, signer, nonce) where state in ('reserved', 'sent', 'mined');
create index nonce_reservation_by_time on nonce_reservation (chain_id, signer, reserved_at);

-- One signed transaction for a reserved nonce. Attempts of one nonce differ in their fees, and in the gas limit where one had to be
-- rebuilt.
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
    -- Null: the reservation's own limit, which an attempt that had to be rebuilt does not share.
    gas_limit bigint,
    -- A payment of nothing to the signer itself, which uses the nonce up.
    cancels boolean not null default false,
    constraint attempt_number_once unique (chain_id, signer, nonce, attempt_number),
    foreign key (chain_id, signer, nonce) references nonce_reservation
);

-- The block in which an attempt was last seen. One at most: the canonical one, or the last that was.
create table receipt (
    hash hash primary key references attempt,
    block_number bigint not null,
    block_hash hash not null,
    succeeded boolean not null,
    gas_used bigint not null
);

-- What an operator requests for an open nonce; whoever drives the signer does it. Also the audit of it.
create table nonce_request (
    nonce_request_id bigint generated always as identity primary key,
    chain_id bigint not null,
    signer address not null,
    nonce bigint not null,
    action text not null constraint nonce_request_action check (action in ('bump', 'cancel', 'resend')),
    actor text not null,
    requested_at timestamptz not null default now(),
    -- When it was done or refused, and in which words.
    answered_at timestamptz,
    answer text,
    foreign key (chain_id, signer, nonce) references nonce_reservation
);
create index nonce_request_open on nonce_request (chain_id, signer, nonce) where answered_at is null;

-- Each time a person set a signer's next nonce by hand.
create table signer_resync (
    resync_id bigint generated always as identity primary key,
    chain_id bigint not null,
    signer address not null,
    from_nonce bigint not null,
    to_nonce bigint not null,
    actor text not null,
    resynced_at timestamptz not null default now(),
    foreign key (chain_id, signer) references signer
);

-- How wallets are proven by payment, what operators request of registered nodes, and what the audit found.

-- The payment by which a wallet proves itself. The amount is random and is stored before the node is asked, so that a payment
-- that was made unseen is found, and is nobody else's.
create table transfer_proof (
    fleet_node_id text primary key references fleet_node,
    wallet address not null,
    recipient address not null,
    -- Wei.
    amount amount not null,
    -- Blocks below hold no such payment.
    from_block bigint not null,
    -- The number of the last request for the payment, and of the last that somebody has taken up. A request is open while it is the
    -- higher one, and is taken up once: before the node is asked.
    wanted integer not null default 0,
    asks integer not null default 0,
    asked_at timestamptz,
    -- Why the node has sent nothing at the last request, in its words.
    refusal text,
    transaction_hash hash,
    block_number bigint,
    proven_at timestamptz
);

-- What an operator requests of a registered node; the registrar makes it a transaction. Also the audit of it.
create table node_request (
    node_request_id bigint generated always as identity primary key,
    fleet_node_id text not null references fleet_node,
    action text not null constraint node_request_action check (action in ('close', 'reopen')),
    actor text not null,
    reason text not null,
    requested_at timestamptz not null default now(),
    -- Null until the registrar has seen it.
    transaction_request_id bigint references transaction_request
);
create unique index node_request_open on node_request (fleet_node_id) where transaction_request_id is null;

-- The newest comparisons of the nodes here with those of the contract.
create table node_audit (
    node_audit_id bigint generated always as identity primary key,
    audited_at timestamptz not null default now(),
    block_number bigint not null,
    block_hash hash not null,
    nodes_on_chain integer not null,
    nodes_known integer not null,
    -- A list of {"kind", "wallet", "node_id", "sentence"}.
    findings jsonb not null
);

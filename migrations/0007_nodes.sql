-- Nodes that this fleet does not run, how wallets are proven, what operators ask of registered nodes, and what the audit found.

alter table fleet_node
    -- Who says that there is such a node: an operator's call (the fleet runs it), the registrar's settings, a file of its
    -- directory, or the contract (an operator adopted it).
    add column source text not null default 'fleet'
        constraint fleet_node_source check (source in ('fleet', 'settings', 'directory', 'chain')),
    -- The name in the settings or the directory.
    add column listed_name text constraint fleet_node_listed_name_length check (length(listed_name) between 1 and 100),
    add column proof_mode text not null default 'signature'
        constraint fleet_node_proof_mode check (proof_mode in ('signature', 'transfer', 'api')),
    add constraint fleet_node_listed_name_kind check ((source in ('settings', 'directory')) = (listed_name is not null));
create unique index fleet_node_listed_once on fleet_node (listed_name);

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
    asks integer not null default 0,
    asked_at timestamptz,
    transaction_hash hash,
    block_number bigint,
    proven_at timestamptz
);

-- What an operator asks of a registered node; the registrar makes it a transaction. Also the audit of it.
create table node_request (
    node_request_id bigint generated always as identity primary key,
    fleet_node_id text not null references fleet_node,
    action text not null constraint node_request_action check (action in ('close', 'reopen')),
    actor text not null,
    reason text not null,
    requested_at timestamptz not null default now(),
    -- Null until the registrar has seen it.
    intent_id bigint references intent
);
create unique index node_request_open on node_request (fleet_node_id) where intent_id is null;

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

create index intent_of_wallets on intent (chain_id, signer, created_at) where kind in ('fund', 'top_up');

-- The durable path of 0003 carries every kind of transaction, for every signer: the registrar's own duties, the reporter's,
-- and operators' commands.

-- Any word: to an executable that does not know a kind, it is a plain call.
alter table intent drop constraint intent_kind;
alter table intent add constraint intent_kind check (kind ~ '^[a-z][a-z_]{0,31}$');
-- refused: a check before sending refused it and nothing was sent; cancelled: its nonce was used for nothing instead, or it
-- never had one.
alter table intent drop constraint intent_state;
alter table intent add constraint intent_state check (state in ('queued', 'assigned', 'done', 'failed', 'refused', 'cancelled'));
-- Null makes a contract.
alter table intent alter column recipient drop not null;
-- Wei: where the recipient has this much already, the ether is not needed.
alter table intent add column enough amount;
create index intent_by_time on intent (chain_id, signer, intent_id);

-- Wei of fees: the most the nonce can cost while it is open, the most it has cost since.
alter table slot add column cost amount not null default 0;
-- Why it does not get on, for people; null while all is well.
alter table slot add column trouble text;
create index slot_by_time on slot (chain_id, signer, reserved_at);

-- Null: the slot's own limit, which an attempt that had to be built anew does not share.
alter table attempt add column gas_limit bigint;
-- A payment of nothing to the signer itself, which uses the nonce up.
alter table attempt add column cancels boolean not null default false;

-- What an operator wants done about an open nonce; whoever drives the signer does it. Also the audit of it.
create table slot_request (
    request_id bigint generated always as identity primary key,
    chain_id bigint not null,
    signer address not null,
    nonce bigint not null,
    action text not null constraint slot_request_action check (action in ('bump', 'cancel', 'resend')),
    actor text not null,
    requested_at timestamptz not null default now(),
    -- When it was done or refused, and in which words.
    answered_at timestamptz,
    answer text,
    foreign key (chain_id, signer, nonce) references slot
);
create index slot_request_open on slot_request (chain_id, signer, nonce) where answered_at is null;

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

-- Where each node's earnings wait, as the role that passes them on last saw it. Written by that role alone; what happened on the chain
-- does not follow from it: a database that lost it has it again at the next look.

create table earnings_source (
    -- The node's.
    wallet address not null,
    -- plain: LINK at the node's own contract; operator: at its Operator; feed: what a feed owes it.
    kind text not null constraint earnings_source_kind check (kind in ('plain', 'operator', 'feed')),
    -- The contract that it waits at.
    source address not null,
    -- The final block that it was looked at.
    block_number bigint not null,
    -- Juels that can be passed on.
    waiting amount not null,
    -- Juels that requests have paid which nobody has answered; an Operator's.
    unanswered amount not null default 0,
    -- Chain time since which so much waits that it is to be passed on, and since which requests wait and the wallet sends nothing.
    waiting_since bigint,
    silent_since bigint,
    -- The wallet's at that block.
    nonce bigint not null default 0,
    -- The block that passed on what waited last, and its time.
    passed_block bigint,
    passed_at bigint,
    -- Why nothing can be passed on, for people.
    trouble text constraint earnings_source_trouble check (length(trouble) between 1 and 1000),
    primary key (wallet, kind, source)
);

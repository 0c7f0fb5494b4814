-- What consumers ask nodes for, and what becomes of it: the Operators where requests arrive, the jobs that requests can name, and views of what
-- the Operators' logs tell.

-- An executable that does not know this kind can't read the set of followed contracts.
update compatibility set needs = 10;

alter table followed_contract
    drop constraint followed_contract_kind,
    -- timelock: an owner of the pool. operator: where requests for a node arrive; it joins because node_operator says so, and no event of the chain.
    add constraint followed_contract_kind check (kind in ('timelock', 'operator')),
    -- Of an Operator: the wallet of the node that it serves. Its joined_block is 0: no reorg takes it back.
    add column node address,
    add constraint followed_contract_node check ((kind = 'operator') = (node is not null));

-- The Operators that were ever named for a node, each with the node that was named it last. Written by whoever names one at a node.
create table node_operator (
    operator address primary key,
    fleet_node_id text not null references fleet_node,
    -- named: at the node. spec: by a job of the node.
    reason text not null constraint node_operator_reason check (reason in ('named', 'spec')),
    named_at timestamptz not null default clock_timestamp()
);
create index node_operator_by_node on node_operator (fleet_node_id);
insert into node_operator (operator, fleet_node_id, reason) select operator, fleet_node_id, 'named' from fleet_node where operator is not null;

-- The jobs that requests can name, as the fleet has given them to its nodes: what a node shall answer. A job that changes has a row for each
-- time it was another. Written by the fleet.
create table node_job (
    fleet_node_id text not null references fleet_node,
    name text not null,
    -- It answers requests in the blocks after this one,
    since_block bigint not null,
    -- and up to this one; null while the node has it.
    until_block bigint,
    operator address not null,
    -- How a request names it: the job's id as text, and as bytes.
    spec_ids bytea[] not null constraint node_job_spec_ids check (cardinality(spec_ids) = 2),
    -- Juels.
    least_payment amount not null,
    -- Who may ask; nobody is left out where it is empty.
    requesters bytea[] not null default '{}',
    primary key (fleet_node_id, name, since_block),
    constraint node_job_blocks check (until_block >= since_block)
);
create unique index node_job_at_a_time on node_job (fleet_node_id, name) where until_block is null;
create index node_job_by_operator on node_job (operator);

-- What is announced is found without walking over requests, and requests by Operator and time.
create index contract_event_of_timelock on contract_event (block_number, log_index)
    where kind in ('CallScheduled', 'CallExecuted', 'CallSalt', 'Cancelled', 'MinDelayChange');
create index contract_event_request on contract_event (contract, block_time, block_number, log_index) where kind = 'OracleRequest';

-- Each request that has reached an Operator of a node, with how it ended, if it did. The number of a request is its consumer's choice and may
-- come again after an end, and then has two rows. One that comes again before, which Chainlink's Operator refuses, stays without an end: an
-- answer pays one request. Of an Operator whose old logs are still being read there is nothing. Events may be ahead of what readers see: they
-- take no row above their block, and no end.
create view oracle_request as
    select f.node, e.contract as operator, e.operation as request_id,
           e.block_number, e.log_index, e.block_hash, e.block_time, e.transaction_hash,
           decode(substr(e.detail ->> 'spec_id', 3), 'hex') as spec_id, decode(substr(e.detail ->> 'requester', 3), 'hex') as requester,
           (e.detail ->> 'payment_juels')::numeric as payment,
           -- From when on its consumer may take the payment back.
           (e.detail ->> 'expires_at')::bigint as expires_at,
           -- Whether it names a job that the node had then, pays what that job asks for, and comes from who may ask: whether an answer is due.
           exists (
               select from node_job j join fleet_node n using (fleet_node_id)
                where n.wallet = f.node and j.operator = e.contract
                  and decode(substr(e.detail ->> 'spec_id', 3), 'hex') = any (j.spec_ids)
                  and (e.detail ->> 'payment_juels')::numeric >= j.least_payment
                  and (j.requesters = '{}' or decode(substr(e.detail ->> 'requester', 3), 'hex') = any (j.requesters))
                  and e.block_number > j.since_block and (j.until_block is null or e.block_number <= j.until_block)
           ) and not exists (select from node p where p.node = f.node and p.retired_at between 1 and e.block_time) as is_due,
           case ended.kind when 'OracleResponse' then 'answered' when 'CancelOracleRequest' then 'refunded' end as ended,
           ended.block_number as ended_block, ended.log_index as ended_log_index, ended.block_time as ended_time,
           ended.transaction_hash as ended_transaction
      from contract_event e
      join followed_contract f on f.contract = e.contract and f.kind = 'operator' and f.fill_block is null
      left join lateral (
           select * from contract_event r
            where r.contract = e.contract and r.operation = e.operation
              and r.kind in ('OracleRequest', 'OracleResponse', 'CancelOracleRequest')
              and (r.block_number, r.log_index) > (e.block_number, e.log_index)
            order by r.block_number, r.log_index limit 1
      ) ended on ended.kind <> 'OracleRequest'
     where e.kind = 'OracleRequest';

-- What each followed Operator says of itself, as the indexer last read it at a final block. Who owns it and who may answer change by an event of
-- its own alone, so what is here holds until there is one.
create table operator_state (
    operator address primary key,
    block_number bigint not null constraint operator_state_block check (block_number >= 0),
    -- Whether its code is that of Chainlink's Operator, for the pool's token.
    is_known boolean not null,
    -- Whether it belongs to the own contract of the node that it serves, as the factory makes it.
    is_owned boolean not null,
    -- Who may answer.
    senders bytea[] not null,
    -- Juels that its owner can withdraw: what has been earned and not passed on.
    withdrawable amount not null
);

-- What the transactions in which answers stand have cost, as the indexer has read it of those that are final.
create table answer_fee (
    transaction_hash hash primary key,
    -- Who has paid it; null where the endpoint that was asked has no receipt any more.
    payer address,
    wei amount,
    constraint answer_fee_has_payer_and_wei check ((payer is null) = (wei is null))
);

create view public_request as
    select '0x' || encode(r.node, 'hex') as node, '0x' || encode(r.operator, 'hex') as operator, '0x' || encode(r.request_id, 'hex') as request_id,
           r.block_number, to_timestamp(r.block_time) as asked_at, '0x' || encode(r.transaction_hash, 'hex') as transaction_hash,
           '0x' || encode(r.requester, 'hex') as requester, r.payment as payment_juels, r.payment / 1e18 as payment_link, r.is_due,
           case when r.ended_block <= c.block_number then r.ended when r.expires_at <= c.block_time then 'missing' else 'open' end as state,
           to_timestamp(r.expires_at) as expires_at,
           case when r.ended_block <= c.block_number then to_timestamp(r.ended_time) end as ended_at,
           coalesce(r.ended_block <= c.block_number and r.ended = 'answered' and r.ended_time >= r.expires_at, false) as is_late,
           coalesce(case when r.ended_block <= c.block_number then r.ended_block end, r.block_number) <= c.finalized_block as is_final,
           -- Of its answer, where the node's wallet has paid it.
           case when r.ended_block <= c.block_number and r.ended = 'answered' and a.payer = r.node then a.wei end as fee_wei
      from readable_block c join oracle_request r on r.block_number <= c.block_number
      left join answer_fee a on a.transaction_hash = r.ended_transaction;

create view public_node_earnings as
    select node, date_trunc('day', asked_at, 'UTC') as starts_at,
           count(*) filter (where is_due) as requests, count(*) filter (where is_due and state = 'answered') as answered,
           count(*) filter (where is_due and is_late) as late, count(*) filter (where is_due and state = 'refunded') as refunded,
           count(*) filter (where is_due and state = 'missing') as missing, count(*) filter (where is_due and state = 'open') as open,
           count(*) filter (where not is_due) as others,
           coalesce(sum(payment_juels) filter (where state = 'answered'), 0) as earned_juels,
           coalesce(sum(payment_juels) filter (where state = 'answered'), 0) / 1e18 as earned_link
      from public_request group by node, date_trunc('day', asked_at, 'UTC');

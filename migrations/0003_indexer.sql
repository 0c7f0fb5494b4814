-- What the indexer keeps beside the state: how its RPC endpoints behave, what comparisons with the contract found, and the
-- indexes that it leaves out while it backfills. Written by the indexer only.

-- The configured RPC endpoints by name, never by URL. Written at a bounded rate; a row outlives its endpoint's configuration,
-- so readers look at seen_at.
create table endpoint (
    name text primary key,
    -- ok, or why it is asked last: limited, lagging, faulty, unreachable, wrong_chain.
    state text not null,
    detail text,
    head_block bigint constraint endpoint_head_is_on_a_chain check (head_block >= 0),
    -- Answers that can't be true, since the row was made; the last one in words.
    contradictions bigint not null default 0,
    last_contradiction text,
    contradicted_at timestamptz,
    seen_at timestamptz not null default now()
);

-- What comparisons of the database with the contract found, newest last; only the newest are kept.
create table verification (
    verification_id bigint generated always as identity primary key,
    verified_at timestamptz not null default now(),
    -- The block at which both were read.
    block_number bigint not null,
    block_hash hash not null,
    -- all: every row and every event; sample: what changed lately and a random sample.
    scope text not null constraint verification_scope check (scope in ('all', 'sample')),
    endpoint text not null,
    nodes bigint not null,
    positions bigint not null,
    tickets bigint not null,
    events bigint not null,
    differences bigint not null,
    -- Null while the two are equal, or where nobody could find it.
    first_bad_block bigint,
    -- The first few differences in words.
    examples text[] not null,
    elapsed_ms bigint not null
);

-- The definitions of the indexes that are not there: dropped before a first backfill, and built one by one behind it. Empty otherwise.
create table deferred_index (
    name text primary key,
    definition text not null
);

-- Dropping and building indexes needs their owner. The indexer is none: it calls these functions, which run as the owner.

-- Drops the indexes of the large tables, except their primary keys, unless they are dropped already.
create function defer_indexes() returns void language plpgsql security definer as $$
declare
    index text;
begin
    if exists (select from deferred_index) then
        return;
    end if;
    insert into deferred_index
        select i.indexname, i.indexdef from pg_catalog.pg_indexes i
         where i.schemaname = current_schema() and i.tablename in ('event', 'position', 'ticket', 'statistic')
           and not exists (select from pg_catalog.pg_constraint c where c.conname = i.indexname and c.contype in ('p', 'u'))
           -- Few rows are in these: keeping them costs less than another reading of the whole table.
           and i.indexname not in ('event_by_time', 'event_of_authority', 'event_of_node_setting', 'event_registration');
    for index in select name from deferred_index loop
        execute format('drop index %I', index);
    end loop;
end
$$;

-- Builds one of those that are dropped, and says whether there was one. What is written meanwhile into its table waits, and nobody else:
-- the caller's transaction holds nothing but this. Where somebody builds it already, another is taken.
create function build_index() returns boolean language plpgsql security definer set maintenance_work_mem = '256MB' as $$
declare
    next deferred_index;
begin
    select * into next from deferred_index order by name limit 1 for update skip locked;
    if next is null then
        return false;
    end if;
    execute next.definition;
    delete from deferred_index where name = next.name;
    return true;
end
$$;

-- Builds all that are dropped: for what is about to need them in the same transaction.
create function build_indexes() returns void language plpgsql security definer set maintenance_work_mem = '256MB' as $$
declare
    next deferred_index;
begin
    for next in select * from deferred_index order by name for update loop
        execute next.definition;
        delete from deferred_index where name = next.name;
    end loop;
end
$$;

-- Refuses the statement that asks it, and with it all that the statement would have written, unless whoever writes still has the lease, and
-- the cursor stood where he took it to stand.
create function fence(is_held boolean, is_there boolean) returns boolean language plpgsql as $$
begin
    if not is_held then
        raise exception 'the lease has passed to another instance' using errcode = 'LP001';
    elsif not is_there then
        raise exception 'the cursor stands elsewhere' using errcode = 'LP002';
    end if;
    return true;
end
$$;

-- Tells the planner about the tables that have grown from nothing.
create function analyze_tables() returns void language plpgsql security definer as $$
begin
    analyze event, node, position, ticket, statistic;
end
$$;

-- Nobody may slip them other tables: they look into their own schema alone, and into temporary tables last.
do $$
begin
    execute format('alter function defer_indexes() set search_path = %I, pg_temp', current_schema());
    execute format('alter function build_index() set search_path = %I, pg_temp', current_schema());
    execute format('alter function build_indexes() set search_path = %I, pg_temp', current_schema());
    execute format('alter function analyze_tables() set search_path = %I, pg_temp', current_schema());
end
$$;
revoke all on function defer_indexes(), build_index(), build_indexes(), analyze_tables() from public;

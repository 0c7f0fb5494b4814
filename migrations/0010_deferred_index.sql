-- Dropping and building indexes needs their owner. The indexer is none: it calls these two functions, which run as the owner.
-- An older indexer would make and drop the table itself.
update compatibility set needs = 10;

-- The definitions of the indexes that are away during a first backfill; empty otherwise. An older indexer that was stopped in
-- its backfill has left the table.
create table if not exists deferred_index (name text, definition text);
alter table deferred_index alter column definition set not null, add constraint deferred_index_pkey primary key (name);

-- Takes the indexes of the large tables away, except their primary keys, unless they are away already.
create function defer_indexes() returns void language plpgsql security definer as $$
declare
    index text;
begin
    if exists (select from deferred_index) then
        return;
    end if;
    insert into deferred_index
        select i.indexname, i.indexdef from pg_catalog.pg_indexes i
         where i.schemaname = current_schema() and i.tablename in ('event', 'position', 'ticket')
           and not exists (select from pg_catalog.pg_constraint c where c.conname = i.indexname and c.contype in ('p', 'u'));
    for index in select name from deferred_index loop
        execute format('drop index %I', index);
    end loop;
end
$$;

-- Builds those that are away, and tells the planner about the tables.
create function build_indexes() returns void language plpgsql security definer set maintenance_work_mem = '256MB' as $$
declare
    statement text;
begin
    for statement in select definition from deferred_index order by name loop
        execute statement;
    end loop;
    delete from deferred_index;
    analyze event, node, position, ticket;
end
$$;

-- Nobody may slip them other tables: they look into their own schema alone, and into temporary tables last.
do $$
begin
    execute format('alter function defer_indexes() set search_path = %I, pg_temp', current_schema());
    execute format('alter function build_indexes() set search_path = %I, pg_temp', current_schema());
end
$$;
revoke all on function defer_indexes(), build_indexes() from public;

-- The fleet's user of the nodes' own Postgres (fleet.node_database_url_file), which is not the pool's. Once a server, by a superuser (on RDS: by
-- the master user), then give it a password: \password linkpool_nodes
--
-- It makes a role and a database for each node (CREATEROLE, CREATEDB) and sees which of their processes are connected and when they were last
-- heard of (pg_read_all_stats). It reads nothing of another user's, and each node is let into its own database alone.
do $$
begin
    if not exists (select from pg_roles where rolname = 'linkpool_nodes') then
        create role linkpool_nodes login;
    end if;
end
$$;
alter role linkpool_nodes createdb createrole;
grant pg_read_all_stats to linkpool_nodes;

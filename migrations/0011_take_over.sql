-- What a fleet needs to take over nodes that another fleet has started.

-- The login of a node's API, sealed with the key that the settings of every fleet and registrar name (fleet.seal_key_file).
create table fleet_login (
    fleet_node_id text primary key references fleet_node,
    sealed bytea not null constraint fleet_login_length check (octet_length(sealed) between 42 and 4096),
    made_at timestamptz not null default now()
);

-- Where the replicas run, in the words of the backend that runs them: for the local one the machine and a directory on it.
alter table fleet_replica add column place text;

-- The nodes that the pool wants, and what was last seen of them. Written by operators' calls, the fleet and the registrar.
-- Each column of fleet_node has one writer: requests are the operator's, health is the fleet's, the wallet and what follows
-- from it the registrar's; the phase passes from the first to the last, always by compare-and-set.

-- Who does the work of a role at the moment. The epoch rises with each change of holder; a transaction that states an
-- old one is refused. Nothing that must never happen relies on it.
create table lease (
    name text primary key,
    holder uuid not null,
    epoch bigint not null,
    expires_at timestamptz not null,
    -- For how long the holder takes the lease each time. One that ends later than that was taken by a clock that has been set back
    -- since. Whoever asks can't judge it by a term of its own: another version or setting may take it for longer.
    term interval constraint lease_term_positive check (term > interval '0')
);

-- One call of an operator. The same key with the same request returns the same operation.
create table operation (
    operation_id uuid primary key default gen_random_uuid(),
    idempotency_key text not null constraint operation_once unique
        constraint operation_key_length check (length(idempotency_key) between 1 and 200),
    actor text not null,
    kind text not null,
    request jsonb not null,
    created_at timestamptz not null default now()
);

-- What the replicas of a generation are started with, where that is not what the settings say. Never changed.
create table fleet_release (
    release_number integer primary key constraint fleet_release_number check (release_number > 0),
    made_at timestamptz not null default now(),
    -- A path on the fleet's machine; null for the program of the settings.
    program text constraint fleet_release_program_length check (length(program) between 1 and 1000),
    -- The one that the program must have; any, if it is not said.
    version text constraint fleet_release_version_length check (length(version) between 1 and 100),
    -- Of its configuration, where it has one of its own in the place of the settings'.
    config_digest bytea constraint fleet_release_digest check (octet_length(config_digest) = 32)
);

-- Apart, because a configuration may hold a key.
create table fleet_release_config (
    release_number integer primary key references fleet_release,
    config text not null constraint fleet_release_config_length check (length(config) <= 65536)
);

-- One LinkPool node: one wallet, run by the replicas of one set.
create table fleet_node (
    -- Random, so that a database restored from a backup never hands out a name that is in use.
    fleet_node_id text primary key default substr(replace(gen_random_uuid()::text, '-', ''), 1, 12)
        constraint fleet_node_id_form check (fleet_node_id ~ '^[0-9a-f]{12}$'),
    operation_id uuid not null references operation,
    created_at timestamptz not null default now(),
    -- The one that serves, or is to serve.
    generation integer not null default 1 constraint fleet_node_generation check (generation > 0),
    -- The newest that was ever made: a number is never used again.
    last_generation integer not null default 1 constraint fleet_node_last_generation check (last_generation >= generation),
    -- What the replicas of the generation are started with; null for what the settings say.
    release_number integer references fleet_release,
    -- The version that it was last seen to run.
    version text,
    replica_count smallint not null default 2 constraint fleet_node_replica_count check (replica_count between 1 and 2),
    phase text not null default 'requested' constraint fleet_node_phase check (phase in (
        'requested', 'provisioning', 'booting', 'healthy', 'wallet_known', 'proven', 'registering', 'open', 'quarantined'
    )),
    phase_since timestamptz not null default now(),
    -- Whether the registration is in a finalized block.
    is_final boolean not null default false,
    -- The pair rule, now: one replica serves and the other waits.
    health text not null default 'down' constraint fleet_node_health check (health in ('down', 'degraded', 'healthy')),
    health_since timestamptz not null default now(),
    wallet address constraint fleet_node_wallet_once unique,
    -- The Operator contract whose requests the node answers; an operator names it. One serves one node: of two that watch it, both
    -- answer each request, and the second pays for a transaction that reverts.
    operator address constraint fleet_node_operator_once unique,
    proof bytea constraint fleet_node_proof_length check (octet_length(proof) = 65),
    -- Unix seconds after which the contract refuses the proof.
    proof_deadline bigint,
    registered_block bigint,
    -- Failures in a row of the step that the phase waits for, and when it is tried again.
    attempts integer not null default 0,
    retry_at timestamptz,
    last_error text,
    -- What the step waits for, where that is no failure.
    waiting_for text,
    -- The number of the node's last event.
    event_number integer not null default 0,
    -- Who says that there is such a node: an operator's call (the fleet runs it), the registrar's settings, a file of its
    -- directory, or the contract (an operator adopted it).
    source text not null default 'fleet' constraint fleet_node_source check (source in ('fleet', 'settings', 'directory', 'chain')),
    -- The name in the settings or the directory.
    listed_name text constraint fleet_node_listed_name_length check (length(listed_name) between 1 and 100),
    -- What the public calls it, where operators have given it a name.
    public_name text constraint fleet_node_public_name_once unique
        constraint fleet_node_public_name_length check (length(public_name) between 1 and 40),
    -- How far it is on its way out; null for one that runs.
    ending text constraint fleet_node_ending check (ending in ('closing', 'preparing', 'retiring', 'draining', 'stopped')),
    ending_since timestamptz,
    -- When its database was kept last, and why it could not be since.
    kept_at timestamptz,
    keep_error text,
    -- Up to when its health stands in fleet_health_hour.
    health_counted_at timestamptz,
    proof_mode text not null default 'signature' constraint fleet_node_proof_mode check (proof_mode in ('signature', 'transfer', 'api')),
    constraint fleet_node_listed_name_kind check ((source in ('settings', 'directory')) = (listed_name is not null))
);
create index fleet_node_by_operation on fleet_node (operation_id);
create index fleet_node_unfinished on fleet_node (phase) where phase <> 'open' or not is_final;
create unique index fleet_node_listed_once on fleet_node (listed_name);

-- Whether no wallet is funded before its node's database is kept, as the fleet that leads says.
create table keeping (
    keeping_id smallint primary key default 1 constraint keeping_is_one check (keeping_id = 1),
    must_keep boolean not null
);
insert into keeping (must_keep) values (false);

-- How long each node was what, hour by hour: its uptime. What nobody looked at is in none of them.
create table fleet_health_hour (
    fleet_node_id text not null references fleet_node,
    hour timestamptz not null,
    healthy_seconds double precision not null,
    degraded_seconds double precision not null,
    down_seconds double precision not null,
    primary key (fleet_node_id, hour)
);
create index fleet_health_hour_by_hour on fleet_health_hour (hour);

-- What the fleet last saw of each replica; a hint for whoever wants to reach it.
create table fleet_replica (
    fleet_node_id text not null references fleet_node,
    generation integer not null,
    -- Which replica it is, in the words of the backend that runs it. No two replicas of a node ever have the same.
    replica_id text not null constraint fleet_replica_id_length check (length(replica_id) between 1 and 200),
    state text not null constraint fleet_replica_state check (state in ('starting', 'waiting', 'serving', 'failing', 'backing_off', 'stopped')),
    -- Where its API answers, and the file that holds the login; null while it does not listen.
    base_url text,
    credentials_file text,
    -- The same for an admin's login, where somebody else's node must still prove itself by a payment.
    admin_credentials_file text,
    starts bigint not null,
    detail text,
    seen_at timestamptz not null default now(),
    -- Where it runs, in the words of the backend that runs it: for the local one the machine and a directory on it.
    location text,
    primary key (fleet_node_id, replica_id)
);

-- The port at which a replica answers, where its program is told one: nobody else of its machine has it.
create table fleet_port (
    machine text not null,
    port integer not null constraint fleet_port_range check (port between 1 and 65535),
    fleet_node_id text not null references fleet_node,
    replica_id text not null,
    primary key (machine, port),
    constraint fleet_port_once unique (machine, fleet_node_id, replica_id)
);

-- What happened to each node, in order and without gaps: feeds the operator's stream and is the audit. Append-only.
create table fleet_event (
    fleet_node_id text not null references fleet_node,
    event_number integer not null,
    happened_at timestamptz not null default clock_timestamp(),
    kind text not null,
    detail jsonb not null default '{}',
    primary key (fleet_node_id, event_number)
);
create index fleet_event_replacements on fleet_event (happened_at) where kind = 'replica';

-- The secrets of a node that a fleet runs: what the next fleet needs to take it over. Sealed with the key that the settings of every
-- fleet and registrar name (fleet.seal_key_file), each under its node and kind, so that none opens in another's place. A keystore's
-- password is made once and kept for ever: without it a node's wallet is lost.
create table fleet_secret (
    fleet_node_id text not null references fleet_node,
    kind text not null constraint fleet_secret_kind check (kind in (
        'admin_login', 'keystore_password', 'database_password', 'fleet_login', 'fleet_token', 'registrar_login', 'registrar_token'
    )),
    sealed bytea not null constraint fleet_secret_length check (octet_length(sealed) between 42 and 4096),
    made_at timestamptz not null default now(),
    primary key (fleet_node_id, kind)
);

-- What the registrar reads of them. A barrier: no condition of a reader's own is tried on the rows that it leaves out.
create view registrar_secret with (security_barrier) as
    select fleet_node_id, sealed from fleet_secret where kind = 'registrar_token';

-- What the nodes that fleets run shall have: bridges and jobs. A version a change; the newest counts.
create table job_set (
    version integer primary key constraint job_set_version check (version > 0),
    made_at timestamptz not null default now(),
    actor text not null,
    reason text
);

-- {"bridges": {…}, "jobs": {…}}. Apart, because an adapter's address may hold a key.
create table job_set_content (
    version integer primary key references job_set,
    content jsonb not null
);

-- What a node was given of it, written down before the node is asked and once it has answered.
create table job_item (
    fleet_node_id text not null references fleet_node,
    kind text not null constraint job_item_kind check (kind in ('bridge', 'job')),
    name text not null,
    state text not null constraint job_item_state check (state in ('creating', 'updating', 'given')),
    -- Of what it was given, with everything filled in.
    digest bytea not null constraint job_item_digest check (octet_length(digest) = 32),
    changed_at timestamptz not null default clock_timestamp(),
    primary key (fleet_node_id, kind, name)
);

-- How far the fleet is with what it gives to a node.
create table node_feed (
    fleet_node_id text primary key references fleet_node,
    -- Why its users and tokens could not be made, or tried.
    access_error text,
    -- The version that it was last compared with; 0 before.
    job_version integer not null default 0,
    -- Whether it has all of that version whose variables are known.
    is_complete boolean not null default false,
    -- What kept the comparison from its end.
    job_error text,
    -- {"waiting": […], "refused": […], "by_others": […], "kept": […]}
    detail jsonb not null default '{}',
    compared_at timestamptz
);

-- One roll-out: every node of the fleet is to run this release. Of several that were asked for, the newest counts.
create table rollout (
    rollout_id bigint generated always as identity primary key,
    operation_id uuid not null constraint rollout_once unique references operation,
    release_number integer not null references fleet_release,
    actor text not null,
    reason text not null,
    started_at timestamptz not null default now(),
    state text not null default 'running' constraint rollout_state check (state in (
        'running', 'paused', 'halted', 'aborted', 'superseded', 'done'
    )),
    state_since timestamptz not null default now(),
    -- Why it is paused or halted.
    why text,
    -- 1: one node, 2: a tenth of them, 3: all. Nodes of a later wave wait.
    wave smallint not null default 1 constraint rollout_wave check (wave between 1 and 3),
    -- Whether it pauses by itself before each further wave.
    is_gated boolean not null,
    -- Nodes under way at once.
    parallel smallint not null constraint rollout_parallel check (parallel between 1 and 100),
    -- How long a node is watched before what it ran until then is given up.
    bake interval not null
);
create unique index rollout_one_at_a_time on rollout ((true)) where state in ('running', 'paused', 'halted');

-- A node's way through a roll-out.
create table rollout_node (
    rollout_id bigint not null references rollout,
    fleet_node_id text not null references fleet_node,
    wave smallint not null,
    step text not null default 'queued' constraint rollout_node_step check (step in (
        'queued', 'snapshot', 'create', 'wait', 'stop', 'check', 'bake', 'delete', 'undo', 'done', 'aborted', 'failed', 'dropped'
    )),
    step_since timestamptz not null default now(),
    -- When the step is given up; null for one that waits for others.
    deadline timestamptz,
    from_generation integer,
    to_generation integer,
    -- What the generation before runs; null for what the settings say.
    from_release integer references fleet_release,
    -- Whether the new program is a newer one: then there is no way back once it has held the lease.
    is_door boolean not null default false,
    -- Whether it is on its way back: the generations have changed places.
    is_back boolean not null default false,
    error text,
    -- What was seen of the node before, and where its database was kept.
    before jsonb not null default '{}',
    primary key (rollout_id, fleet_node_id)
);
create unique index rollout_node_one_at_a_time on rollout_node (fleet_node_id)
    where step in ('snapshot', 'create', 'wait', 'stop', 'check', 'bake', 'delete', 'undo');

-- What the contract was made with and the guard counts by, as the registrar has read it: it never changes.
create table guard_terms (
    guard_terms_id smallint primary key default 1 constraint guard_terms_is_one check (guard_terms_id = 1),
    max_share_bps integer not null constraint guard_terms_share check (max_share_bps between 1 and 10000),
    report_age_seconds bigint not null constraint guard_terms_age check (report_age_seconds > 0)
);

-- How automatic scaling stands. It outlives every fleet: what it was kept from, it stays kept from.
create table autoscale (
    autoscale_id smallint primary key default 1 constraint autoscale_is_one check (autoscale_id = 1),
    -- The finalized block of the last decision: there is one for each.
    decided_block bigint not null default 0,
    -- The network's size when the guard kept it from a node, and when; null while it does not.
    blocked_network bigint,
    blocked_at timestamptz,
    -- Why it does nothing until an operator says otherwise; failed nodes that are older than when he did count no more.
    stopped_why text,
    resumed_at timestamptz not null default '-infinity'
);
insert into autoscale default values;

-- Each decision with what it was made from. The oldest go.
create table autoscale_decision (
    decision_id bigint generated always as identity primary key,
    decided_at timestamptz not null default clock_timestamp(),
    block_number bigint not null,
    decision text not null constraint autoscale_decision_kind check (decision in ('add', 'hold', 'block', 'stop')),
    why text not null,
    inputs jsonb not null
);

-- An operator has lifted hysteresis, dwell and budgets for a time; the contract's own sum never.
create table guard_override (
    guard_override_id bigint generated always as identity primary key,
    actor text not null,
    reason text not null,
    made_at timestamptz not null default now(),
    ends_at timestamptz not null
);

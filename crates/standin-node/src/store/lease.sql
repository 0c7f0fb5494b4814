SET LOCAL client_min_messages = warning;

CREATE SCHEMA IF NOT EXISTS {schema};

CREATE TABLE IF NOT EXISTS {schema}.lease_lock (
    client_id  uuid NOT NULL,
    expires_at timestamptz NOT NULL
);

-- The expression is the same for every row, so there can be one row only.
CREATE UNIQUE INDEX IF NOT EXISTS only_one_lease_lock ON {schema}.lease_lock ((client_id IS NOT NULL));

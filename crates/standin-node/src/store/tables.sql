SET LOCAL client_min_messages = warning;

-- Private keys lie here in the clear: this is a stand-in for a node, not a node.
CREATE TABLE IF NOT EXISTS {schema}.evm_key (
    address      bytea PRIMARY KEY CHECK (octet_length(address) = 20),
    private_key  bytea NOT NULL CHECK (octet_length(private_key) = 32),
    evm_chain_id bigint NOT NULL CHECK (evm_chain_id >= 0),
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS {schema}.api_user (
    email         text PRIMARY KEY,
    role          text NOT NULL CHECK (role IN ('view', 'run', 'edit', 'admin')),
    salt          bytea NOT NULL,
    password_hash bytea NOT NULL,
    token_key     text UNIQUE,
    token_hash    bytea,
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS {schema}.api_session (
    session_hash bytea PRIMARY KEY,
    email        text NOT NULL REFERENCES {schema}.api_user,
    last_used_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS {schema}.fault_switch (
    setting text PRIMARY KEY
);

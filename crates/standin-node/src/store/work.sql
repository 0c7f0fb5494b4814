-- Where the work looks first after a boot: the newest block that it has seen.
CREATE TABLE IF NOT EXISTS {schema}.work_head (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    height  bigint NOT NULL CHECK (height >= 0)
);

-- What a run answers: a request as it stands in one block. In another block it is another request.
CREATE TABLE IF NOT EXISTS {schema}.oracle_request (
    run_id     bigint PRIMARY KEY REFERENCES {schema}.job_run ON DELETE CASCADE,
    job_id     int NOT NULL REFERENCES {schema}.job ON DELETE CASCADE,
    block_hash bytea NOT NULL CHECK (octet_length(block_hash) = 32),
    log_index  bigint NOT NULL CHECK (log_index >= 0),
    request    jsonb NOT NULL,
    UNIQUE (job_id, block_hash, log_index)
);

-- The wallet's transactions, one for a request at most. One with a nonce is signed, and these bytes are sent until they are mined.
-- Its job and run may be gone by then: what was answered stays answered.
CREATE TABLE IF NOT EXISTS {schema}.evm_tx (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id            bigint UNIQUE REFERENCES {schema}.job_run ON DELETE SET NULL,
    request_block     bytea NOT NULL,
    request_log       bigint NOT NULL,
    sender            bytea NOT NULL CHECK (octet_length(sender) = 20),
    recipient         bytea NOT NULL CHECK (octet_length(recipient) = 20),
    calldata          bytea NOT NULL,
    gas_limit         bigint NOT NULL CHECK (gas_limit > 0),
    min_confirmations bigint,
    fail_on_revert    boolean NOT NULL,
    state             text NOT NULL DEFAULT 'unstarted'
        CHECK (state IN ('unstarted', 'in_progress', 'unconfirmed', 'confirmed', 'finalized')),
    nonce             bigint CHECK (nonce >= 0),
    raw               bytea,
    hash              bytea CHECK (octet_length(hash) = 32),
    sent_height       bigint NOT NULL DEFAULT 0,
    block_hash        bytea CHECK (octet_length(block_hash) = 32),
    UNIQUE (recipient, request_block, request_log),
    UNIQUE (sender, nonce),
    CHECK ((state = 'unstarted') = (nonce IS NULL) AND (nonce IS NULL) = (raw IS NULL) AND (raw IS NULL) = (hash IS NULL)),
    CHECK ((state IN ('confirmed', 'finalized')) = (block_hash IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS evm_tx_open ON {schema}.evm_tx (state) WHERE state <> 'finalized';

SET LOCAL client_min_messages = warning;

-- A node's tables, by their names: whoever restores a node looks into them.
CREATE SCHEMA IF NOT EXISTS evm;
CREATE OR REPLACE VIEW evm.key_states AS SELECT address, evm_chain_id, disabled FROM {schema}.evm_key;
CREATE OR REPLACE VIEW evm.txes AS SELECT id, sender AS from_address, nonce, state FROM {schema}.evm_tx;
CREATE OR REPLACE VIEW {schema}.pipeline_runs AS SELECT id FROM {schema}.job_run;

-- The database users of LinkPool's roles, each with what it writes and no more.
--
--     linkpool migrate                                  # as the owner, which is the user that makes the tables
--     psql --set ON_ERROR_STOP=1 --file docs/database-roles.sql "$OWNER_URL"
--     psql "$OWNER_URL" --command '\password linkpool_api'    # and so on: without a password nobody gets in
--
-- The owner needs CREATEROLE, or somebody who has it makes the eight users first. Run it as often as you like: it takes away what
-- does not stand here. `linkpool migrate` gives to users of these names what is listed below for the tables that it makes.
-- `linkpool doctor --role api` (index, registrar, fleet, reporter, earnings, operator) lists what is missing. Users of other names:
-- `grant linkpool_api to my_user`.
--
-- A test runs this file, and then every role and command as its user.

begin;

do $$
declare
    name text;
begin
    foreach name in array array['linkpool_api', 'linkpool_indexer', 'linkpool_registrar', 'linkpool_fleet', 'linkpool_reporter', 'linkpool_earnings', 'linkpool_operator', 'linkpool_dashboard'] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I login', name);
        end if;
    end loop;
    -- Anybody may make temporary tables otherwise.
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to linkpool_api, linkpool_indexer, linkpool_registrar, linkpool_fleet, linkpool_reporter, linkpool_earnings, linkpool_operator, linkpool_dashboard', current_database());
end
$$;

revoke all on all tables in schema public
    from public, linkpool_api, linkpool_indexer, linkpool_registrar, linkpool_fleet, linkpool_reporter, linkpool_earnings, linkpool_operator, linkpool_dashboard;
revoke create on schema public
    from public, linkpool_api, linkpool_indexer, linkpool_registrar, linkpool_fleet, linkpool_reporter, linkpool_earnings, linkpool_operator, linkpool_dashboard;
grant usage on schema public
    to linkpool_api, linkpool_indexer, linkpool_registrar, linkpool_fleet, linkpool_reporter, linkpool_earnings, linkpool_operator, linkpool_dashboard;

-- Everybody reads: no secret stands in these tables.
grant select on
    _sqlx_migrations, compatibility, deferred_index,
    deployment, cursor, readable_block, block, event, followed_contract, contract_event, announcement, oracle_request, operator_state, answer_fee, dead_letter, node, position, ticket, pool, role, penalty_slot,
    statistic, staker, node_history, pool_history, past_block, revision, verification, endpoint,
    operation, fleet_node, fleet_release, fleet_health_hour, fleet_replica, fleet_port, fleet_event, rollout, rollout_node,
    keeping, guard_terms, autoscale, autoscale_decision, guard_override, transfer_proof, node_request, node_audit,
    job_set, job_item, node_feed, node_operator, node_job,
    earnings_source,
    lease, signer, signer_resync, transaction_request, nonce_reservation, nonce_request, attempt, receipt
    to linkpool_api, linkpool_indexer, linkpool_registrar, linkpool_fleet, linkpool_reporter, linkpool_earnings, linkpool_operator;

-- The secrets of the nodes. They are sealed, and still nobody's business but the fleet's, which makes them; the registrar reads what
-- lets it in at the nodes, and no other. The addresses of adapters may hold a key, and so may a configuration.
grant select on fleet_secret, job_set_content, fleet_release_config to linkpool_fleet;
grant select on registrar_secret to linkpool_fleet, linkpool_registrar;

-- linkpool_api: `linkpool api` writes nothing. Also for commands that look (doctor, tx list, signer status, verify).

-- linkpool_indexer: `linkpool index`, `repair` and `verify --repair` alone write what the chain says.
grant insert, update, delete, truncate on
    deployment, cursor, block, event, followed_contract, contract_event, operator_state, answer_fee, dead_letter, node, position, ticket, pool, role, penalty_slot,
    statistic, staker, node_history, pool_history, past_block, revision, verification
    to linkpool_indexer;
grant insert, update on endpoint, lease to linkpool_indexer;
grant execute on function defer_indexes(), build_index(), build_indexes(), analyze_tables() to linkpool_indexer;

-- linkpool_registrar: transactions, the nodes' way into the contract, and the sight of nodes that others run.
grant insert, update on lease, signer, transaction_request, nonce_reservation, attempt, receipt to linkpool_registrar;
grant delete on receipt to linkpool_registrar;
grant update on nonce_request, node_request to linkpool_registrar;
grant insert on operation to linkpool_registrar;
grant insert, update on fleet_node, transfer_proof to linkpool_registrar;
grant insert on fleet_event to linkpool_registrar;
grant insert, update, delete on fleet_replica, fleet_health_hour to linkpool_registrar;
grant insert, delete on node_audit to linkpool_registrar;
grant insert, update on guard_terms to linkpool_registrar;

-- linkpool_fleet: the nodes that run, and what operators ask for at its listener. The nodes keep their own data elsewhere
-- (fleet.node_database_url_file), where it has another user: docs/node-database-role.sql.
grant insert, update on lease, fleet_node to linkpool_fleet;
grant insert, update, delete on fleet_replica, fleet_port, fleet_health_hour to linkpool_fleet;
grant insert, update on fleet_secret, node_feed to linkpool_fleet;
grant insert, update, delete on job_item to linkpool_fleet;
grant insert, update on node_operator, node_job to linkpool_fleet;
grant insert on job_set, job_set_content, fleet_release, fleet_release_config to linkpool_fleet;
grant insert, update on rollout, rollout_node to linkpool_fleet;
grant update on autoscale, keeping to linkpool_fleet;
grant insert, delete on autoscale_decision to linkpool_fleet;
grant insert on guard_override to linkpool_fleet;
-- That a node's payment was asked for, and what became of it.
grant update on transfer_proof to linkpool_fleet;
grant insert on operation, fleet_event, node_request to linkpool_fleet;
-- What operators want done about a transaction: whoever drives its account does it. One that nobody drives yet is taken out at once.
grant insert on nonce_request to linkpool_fleet;
grant update on transaction_request to linkpool_fleet;

-- linkpool_reporter: the transactions of its own account.
grant insert, update on lease, signer, transaction_request, nonce_reservation, attempt, receipt to linkpool_reporter;
grant delete on receipt to linkpool_reporter;
grant update on nonce_request to linkpool_reporter;

-- linkpool_earnings: the transactions of its own account, and what it has seen.
grant insert, update on lease, signer, transaction_request, nonce_reservation, attempt, receipt to linkpool_earnings;
grant delete on receipt to linkpool_earnings;
grant update on nonce_request to linkpool_earnings;
grant insert, update, delete on earnings_source to linkpool_earnings;
-- The Operator that it has made for a node is named at the node.
grant update on fleet_node to linkpool_earnings;
grant insert on fleet_event to linkpool_earnings;
grant insert, update on node_operator to linkpool_earnings;

-- linkpool_operator: commands that sign or change what is sent (deploy, reward, penalty, guard report, node retire, tx, signer
-- resync). Where no role is at work they drive the account themselves, a node's registration included.
grant insert, update on lease, signer, transaction_request, nonce_reservation, nonce_request, attempt, receipt to linkpool_operator;
grant delete on receipt to linkpool_operator;
grant insert on signer_resync, fleet_event to linkpool_operator;
grant update on fleet_node to linkpool_operator;
grant insert, update on node_operator to linkpool_operator;

-- linkpool_dashboard: for people and boards that ask in SQL (docs/dashboards.md). It sees the public views and no table. A statement of
-- its takes ten seconds at most, and it gets five connections, so that it slows nobody.
grant select on
    public_as_of, public_node, public_position, public_ticket, public_event, public_announcement, public_request, public_node_earnings, public_pool_history, public_node_history
    to linkpool_dashboard;
alter role linkpool_dashboard set statement_timeout = '10s';
alter role linkpool_dashboard set default_transaction_read_only = on;
alter role linkpool_dashboard connection limit 5;

commit;

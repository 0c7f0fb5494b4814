//! What Chainlink nodes are started with: their program, its configuration, and their own Postgres.

use linkpool_fleet::local::Chainlink;
use linkpool_fleet_ecs::EcsBackend;

use super::report::Report;
use crate::config::{Config, Program, fleet::Backend};

/// Asks each whether it is what a fleet needs. Nothing is made, but for files in a folder of this check-up's own.
pub async fn check(config: &Config, chain_id: u64, report: &mut Report) {
    // A user or machine that runs no nodes has no settings for them.
    if config.fleet.backend == Backend::Ecs {
        return ecs(config, chain_id, report).await;
    }
    if config.fleet.program() != Program::Chainlink || config.fleet.node_database_url_file.is_none() {
        return;
    }
    let chainlink = match config.fleet.chainlink(chain_id, &config.chain) {
        Ok(spec) => Chainlink::new(spec),
        Err(error) => return report.fail("node-program", error.to_string(), "correct [fleet] in linkpool.toml"),
    };
    program(&chainlink, report).await;
    server(&chainlink, report).await;
}

/// That the settings are whole, that AWS knows this program, and that there is a cluster.
async fn ecs(config: &Config, chain_id: u64, report: &mut Report) {
    let backend = match config.ecs(chain_id) {
        Ok((aws, ecs)) => EcsBackend::new(aws, ecs),
        Err(error) => return report.fail("ecs", error.to_string(), "correct [ecs] in linkpool.toml"),
    };
    match backend {
        Err(error) => report.fail("ecs", error.to_string(), "nodes that run go on; none is made"),
        Ok(backend) => match backend.check().await {
            Ok(sentence) => report.ok("ecs", sentence),
            Err(reason) => report.fail("ecs", reason, "nodes that run go on; none is made"),
        },
    }
}

async fn program(chainlink: &Chainlink, report: &mut Report) {
    let version = match chainlink.version().await {
        Ok(version) => version,
        Err(reason) => return report.fail("node-program", reason, "correct fleet.node_program"),
    };
    match chainlink.check_configuration().await {
        Ok(()) => report.ok("node-program", format!("Chainlink {version}, which takes the configuration that a node would get")),
        Err(reason) => report.fail("node-program", reason, "then run `linkpool doctor` again"),
    }
}

async fn server(chainlink: &Chainlink, report: &mut Report) {
    let (server, version) = match chainlink.server().await {
        Ok(server) => server,
        Err(error) => return report.fail("node-postgres", error.to_string(), "nodes that run go on; none is started"),
    };
    match server.lacking().await {
        Ok(lacking) if lacking.is_empty() => {
            report.ok("node-postgres", format!("the nodes' own Postgres is {version}, and its user may do what a fleet does"));
        }
        Ok(lacking) => {
            let sentence = format!("the user {} of the nodes' Postgres lacks {}", server.user(), lacking.join(", "));
            report.fail("node-postgres", sentence, "run docs/node-database-role.sql there, as a superuser");
        }
        Err(error) => report.fail("node-postgres", error.to_string(), "repeat when it answers"),
    }
}

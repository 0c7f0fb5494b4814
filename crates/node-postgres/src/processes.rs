//! Which processes of nodes are connected: one question for all nodes of the server.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use sqlx::{PgConnection, Row};

use crate::{
    Result, Server,
    connect::{open, within},
    server::ASK_TIMEOUT,
};

/// A process of a node, by its connections. A Chainlink node names each of them `Chainlink <version> |App|<id>`, and the id is
/// what its lease is held by.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeProcess {
    pub database: String,
    pub id: String,
    /// The ports from which it is connected: by them it is told which process of a machine it is.
    pub ports: Vec<u16>,
    /// The addresses from which it is connected: by them, where each process has one of its own.
    pub addresses: Vec<IpAddr>,
    /// How long ago the server last heard from it. A process that lives, asks for its lease several times in a second.
    pub silent: Duration,
}

impl Server {
    /// All that are connected to databases whose names begin with `prefix`.
    ///
    /// # Errors
    /// If the server can't be asked; then nothing is known of any process.
    pub async fn processes(&self, prefix: &str) -> Result<Vec<NodeProcess>> {
        let mut kept = self.kept.lock().await;
        // Not put back where the question was cut off or failed.
        let taken = kept.take();
        let (connection, processes) = within(ASK_TIMEOUT, async {
            let mut connection = match taken {
                Some(connection) => connection,
                None => open(&self.options, ASK_TIMEOUT).await?,
            };
            let processes = ask(&mut connection, prefix).await?;
            Ok((connection, processes))
        })
        .await?;
        *kept = Some(connection);
        Ok(processes)
    }
}

async fn ask(connection: &mut PgConnection, prefix: &str) -> Result<Vec<NodeProcess>> {
    // Of a user who may not see them, times, ports and addresses are null: then a process counts as heard of now.
    let ask = "select datname, right(application_name, 36), coalesce(client_port, -1),
                coalesce(extract(epoch from clock_timestamp() - greatest(backend_start, query_start, state_change)), 0)::float8,
                coalesce(host(client_addr), '')
           from pg_stat_activity where starts_with(datname, $1) and application_name like 'Chainlink%|App|%'";
    let mut found = HashMap::<(String, String), NodeProcess>::new();
    for row in sqlx::query(ask).bind(prefix).fetch_all(connection).await? {
        let (database, id): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let silent = Duration::try_from_secs_f64(row.try_get(3)?).unwrap_or_default();
        let made =
            || NodeProcess { database: database.clone(), id: id.clone(), ports: Vec::new(), addresses: Vec::new(), silent };
        let process = found.entry((database.clone(), id.clone())).or_insert_with(made);
        process.silent = process.silent.min(silent);
        process.ports.extend(u16::try_from(row.try_get::<i32, _>(2)?).ok().filter(|port| *port > 0));
        process.addresses.extend(row.try_get::<String, _>(4)?.parse::<IpAddr>());
    }
    Ok(found.into_values().collect())
}

//! What an operator's check-up asks of the database itself: its clock, its leases, and which roles are connected, with the schema each
//! was made for. The server shows an application's name to every user, so that a role needs no right to tell, and what is told ends with
//! its connection.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Database, Result,
    column::row,
    statement::{all, args, one},
};

/// Roles of one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connected {
    /// Such as `index`.
    pub role: String,
    /// Of the executable.
    pub version: String,
    /// The newest migration it knows.
    pub schema: i64,
}

fn read(application: &str) -> Option<Connected> {
    let words: Vec<&str> = application.split(' ').collect();
    let ["linkpool", role, version, "schema", schema] = words.as_slice() else { return None };
    Some(Connected { role: (*role).into(), version: (*version).into(), schema: schema.parse().ok()? })
}

impl Database {
    /// The roles that are connected to this database, with their connections.
    pub async fn connected_roles(&self) -> Result<BTreeMap<Connected, usize>> {
        let select = "select application_name from pg_stat_activity where datname = current_database() and application_name like 'linkpool % schema %'";
        let names: Vec<String> = all(&self.pool, select, args![]).await?;
        let mut found = BTreeMap::new();
        for connected in names.iter().filter_map(|name| read(name)) {
            *found.entry(connected).or_default() += 1;
        }
        Ok(found)
    }
}

row! {
    /// Who holds a role's lease.
    #[derive(Debug, Clone, PartialEq)]
    Holder {
        /// The role, or the account that is driven.
        name: String,
        holder: Uuid,
        /// How often it has changed hands.
        epoch: i64,
        /// Seconds until it runs out; negative since it has.
        expires_in_seconds: f64,
    }
}

impl Database {
    /// The database's clock, by which leases run.
    pub async fn clock(&self) -> Result<DateTime<Utc>> {
        one(&self.pool, "select clock_timestamp()", args![]).await
    }

    /// Every lease that was ever taken, by name.
    pub async fn leases(&self) -> Result<Vec<Holder>> {
        let select = "select name, holder, epoch, extract(epoch from expires_at - clock_timestamp())::float8 as expires_in_seconds from lease order by name";
        all(&self.pool, select, args![]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{connect::application, schema::Schema};

    #[test]
    fn a_role_is_read_as_it_was_written_and_fits_into_what_the_server_keeps() {
        let written = application("registrar");
        assert!(written.len() < 63, "{written}");
        let connected = read(&written).unwrap();
        assert_eq!((connected.role.as_str(), connected.schema), ("registrar", Schema::known()));
        assert_eq!(read("linkpool"), None);
        assert_eq!(read("psql schema"), None);
    }
}

//! Which roles are connected, and which schema each was made for: the server shows an application's name to every user, so that
//! a role needs no right to tell, and what is told ends with its connection.

use std::collections::BTreeMap;

use crate::{
    Database, Result,
    statement::{all, args},
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

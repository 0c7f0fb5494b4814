//! What each of the roles' database users may do. `docs/database-roles.sql` says it, for people and for us.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;

use crate::{Database, Result, pool::Connection};

const FILE: &str = include_str!("../../../docs/database-roles.sql");

/// The roles' users of the file, in its order.
pub const USERS: [&str; 7] = [
    "linkpool_api",
    "linkpool_indexer",
    "linkpool_registrar",
    "linkpool_fleet",
    "linkpool_reporter",
    "linkpool_earnings",
    "linkpool_operator",
];

/// The users of the file that are nobody's role: dashboards.
pub const READERS: [&str; 1] = ["linkpool_dashboard"];

/// A statement of the file: these rights on these objects for these users.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Grant {
    /// `select`, `insert`, …
    rights: Vec<String>,
    /// `table` or `function`.
    kind: &'static str,
    objects: Vec<String>,
    users: Vec<String>,
}

/// A right that a user lacks or has too many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, derive_more::Display)]
#[display("{right} on {object}")]
pub struct Right {
    /// Such as `insert` or `execute`.
    pub right: String,
    /// A table, or a function with its brackets.
    pub object: String,
}

/// The rights that the file gives to a user.
pub fn rights_of(user: &str) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for grant in statements().iter().filter(|grant| grant.users.iter().any(|found| found == user)) {
        for object in &grant.objects {
            rights.extend(grant.rights.iter().map(|right| Right { right: right.clone(), object: object.clone() }));
        }
    }
    rights
}

impl Database {
    /// Which of [`USERS`] this connection acts as: its own name, and those of groups that it is in. None for a superuser, who may
    /// do everything as himself.
    pub async fn acts_as(&self) -> Result<Vec<String>> {
        let users: Vec<String> = USERS.iter().map(ToString::to_string).collect();
        Ok(sqlx::query_scalar(
            "select rolname::text from pg_roles where rolname = any($1) and pg_has_role(oid, 'usage')
                and not (select rolsuper from pg_roles where rolname = current_user) order by rolname",
        )
        .bind(users)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The rights that `user` of the file should have and that this connection lacks.
    pub async fn missing_rights(&self, user: &str) -> Result<Vec<Right>> {
        let (tables, functions): (Vec<Right>, Vec<Right>) =
            rights_of(user).into_iter().partition(|right| !right.object.ends_with(')'));
        let mut missing = self.lacking("has_table_privilege(to_regclass(object), privilege)", tables).await?;
        missing.extend(self.lacking("has_function_privilege(to_regprocedure(object), privilege)", functions).await?);
        Ok(missing)
    }

    /// `holds` is a condition of ours over the columns `object` and `privilege`. A table that is not there counts as lacking.
    async fn lacking(&self, holds: &'static str, rights: Vec<Right>) -> Result<Vec<Right>> {
        let (names, objects): (Vec<String>, Vec<String>) = rights.into_iter().map(|right| (right.right, right.object)).unzip();
        let found: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(format!(
            "select privilege, object from unnest($1::text[], $2::text[]) as asked (privilege, object)
              where not coalesce({holds}, false)"
        )))
        .bind(names)
        .bind(objects)
        .fetch_all(&self.pool)
        .await?;
        Ok(found.into_iter().map(|(right, object)| Right { right, object }).collect())
    }
}

/// Gives the users that exist what the file gives them. For the tables' owner.
pub(crate) async fn give(connection: &mut Connection) -> Result<()> {
    let users: Vec<String> = USERS.iter().chain(&READERS).map(ToString::to_string).collect();
    let there: Vec<String> = sqlx::query_scalar("select rolname::text from pg_roles where rolname = any($1)")
        .bind(users)
        .fetch_all(&mut *connection)
        .await?;
    for grant in statements() {
        let users: Vec<&str> = grant.users.iter().filter(|user| there.contains(user)).map(String::as_str).collect();
        if !users.is_empty() {
            let kind = grant.kind;
            let (rights, objects) = (grant.rights.join(", "), grant.objects.join(", "));
            let sql = format!("grant {rights} on {kind} {objects} to {}", users.join(", "));
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// The grants on tables and functions, without comments and line breaks.
fn statements() -> Vec<Grant> {
    let code: Vec<&str> = FILE.lines().filter_map(|line| line.split("--").next()).collect();
    code.join(" ").split(';').filter_map(grant).collect()
}

fn grant(statement: &str) -> Option<Grant> {
    let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let (rights, rest) = words.strip_prefix("grant ")?.split_once(" on ")?;
    let (objects, users) = rest.split_once(" to ")?;
    let (kind, objects) = match objects.strip_prefix("function ") {
        Some(functions) => ("function", functions),
        None if objects.starts_with("schema ") || objects.starts_with("database ") => return None,
        None => ("table", objects),
    };
    let list = |text: &str| text.split(',').map(|word| word.trim().to_owned()).collect();
    Some(Grant { rights: list(rights), kind, objects: list(objects), users: list(users) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_read_as_its_rights_objects_and_users() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let found = grant("\n grant select, insert\n  on a,\n b to x, y").unwrap();
        let expected = Grant { rights: words("select insert"), kind: "table", objects: words("a b"), users: words("x y") };
        assert_eq!(found, expected);
        assert_eq!(grant("grant execute on function f(), g() to x").unwrap().objects, words("f() g()"));
        assert_eq!(grant("grant usage on schema public to x"), None);
        assert_eq!(grant("revoke all on a from x"), None);
    }

    #[test]
    fn every_user_of_the_file_is_known_and_the_apis_may_read_and_nothing_else() {
        let named: BTreeSet<String> = statements().into_iter().flat_map(|grant| grant.users).collect();
        assert_eq!(named, USERS.iter().chain(&READERS).map(ToString::to_string).collect());
        let rights: BTreeSet<String> = rights_of("linkpool_api").into_iter().map(|right| right.right).collect();
        assert_eq!(rights, BTreeSet::from(["select".to_owned()]));
    }
}

//! A server and who we are there, and whether it is one that we can use.

use std::str::FromStr;

use sqlx::{ConnectOptions, Row, postgres::PgConnectOptions};

use crate::{
    Error, Result,
    connect::{Connect, Reread},
    pool::{Rules, session},
};

/// SQLSTATE 28000 and 28P01: invalid authorization, invalid password.
const REFUSED: [&str; 2] = ["28000", "28P01"];
/// MERGE needs Postgres 15.
const OLDEST: u32 = 150_000;

/// A server, a database on it, and who we are there.
#[derive(Clone, derive_more::Debug)]
// The options hold a password.
#[debug("Target({})", options.get_host())]
pub(crate) struct Target {
    options: PgConnectOptions,
    application: String,
    reread: Option<Reread>,
}

impl Target {
    pub fn of(connect: &Connect) -> Result<Self> {
        let options = parse(&connect.url, &connect.application)?;
        Ok(Self { options, application: connect.application.clone(), reread: connect.reread.clone() })
    }

    pub fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// The options as they are by now, if `error` is the server's refusal of the user and there is somewhere to read them again.
    pub fn renewed(&self, error: &sqlx::Error) -> Option<PgConnectOptions> {
        let reread = self.reread.as_ref().filter(|_| is_refusal(error))?;
        let url = reread().inspect_err(|reason| tracing::warn!(reason, "the database URL can't be read again")).ok()?;
        parse(&url, &self.application).ok()
    }

    /// One direct attempt, as the pools will make theirs: a pool retries a refused connection until its time-out, and tells no reason.
    pub async fn check(&self, rules: &Rules) -> Result<()> {
        let server = format!("{}:{}", self.options.get_host(), self.options.get_port());
        // Nobody else sets this, so it tells whether a session keeps what it begins with.
        let options = session(self.options(), rules).options([("linkpool.session", "kept")]);
        let mut connection = match tokio::time::timeout(rules.patience, options.connect()).await {
            Err(_) => return Err(Error::Unreachable { server, cause: "no answer in time".into() }),
            Ok(Err(error)) => return Err(why_not(error, server, self.options.get_username().to_owned())),
            Ok(Ok(connection)) => connection,
        };
        let asked =
            sqlx::raw_sql("select current_setting('server_version_num'), current_setting('linkpool.session', true) = 'kept'");
        let answer = asked.fetch_one(&mut connection).await?;
        let (version, kept): (String, Option<bool>) = (answer.try_get(0)?, answer.try_get(1)?);
        match version.parse::<u32>().map_err(|_| Error::Corrupt(format!("a server of version `{version}`")))? {
            old @ ..OLDEST => Err(Error::TooOld { server, found: (old / 10_000).to_string() }),
            _ if kept != Some(true) => Err(Error::Pooler { server, cause: "it ignores what a session begins with".into() }),
            _ => Ok(()),
        }
    }
}

fn parse(url: &str, application: &str) -> Result<PgConnectOptions> {
    // The driver takes any scheme.
    let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
    let options = PgConnectOptions::from_str(url).ok().filter(|_| is_postgres).ok_or(Error::Url)?;
    Ok(options.application_name(application))
}

fn is_refusal(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(refusal) if refusal.code().is_some_and(|code| REFUSED.contains(&code.as_ref())))
}

fn why_not(error: sqlx::Error, server: String, user: String) -> Error {
    let cause = error.to_string();
    match error {
        error if is_refusal(&error) => Error::Refused { server, user },
        // Postgres itself knows every parameter that we begin with.
        error if is_protocol_violation(&error) => Error::Pooler { server, cause },
        _ => Error::Unreachable { server, cause },
    }
}

/// SQLSTATE 08P01.
fn is_protocol_violation(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(refusal) if refusal.code().as_deref() == Some("08P01"))
}

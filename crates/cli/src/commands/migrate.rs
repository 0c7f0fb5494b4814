//! `linkpool migrate`: the only command that changes the schema.

use anyhow::Result;
use clap::Args;
use linkpool_db::{Database, schema::Schema};

use crate::{config::Config, output::answer};

#[derive(Debug, Args)]
pub struct Migrate {
    /// Change nothing; exit 3 if there is something to apply, or if the database is too new for this executable
    #[arg(long)]
    check: bool,
}

pub async fn run(config: &Config, options: &Migrate) -> Result<()> {
    let database = Database::connect(&config.database()?).await?;
    if options.check {
        let schema = database.schema().await?;
        for migration in &schema.missing {
            answer!("would apply {} ({})", migration.number, migration.name);
        }
        schema.check()?;
    } else {
        for migration in database.migrate().await? {
            answer!("applied {} ({})", migration.number, migration.name);
        }
    }
    answer!("{}", sentence(&database.schema().await?));
    database.close().await;
    Ok(())
}

fn sentence(schema: &Schema) -> String {
    let Schema { found, known, .. } = schema;
    if found > known {
        format!("the database has schema {found}, newer than this linkpool's {known}, which works on it")
    } else {
        format!("the database is up to date: schema {found}")
    }
}
